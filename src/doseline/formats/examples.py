"""The example programmes, as texts that can be written where one wants them."""

from __future__ import annotations

import re
from pathlib import Path

from doseline.errors import Fault, InputError, did_you_mean

__all__ = ["example_files", "example_names"]

_HERE = Path(__file__).resolve()
_PLACES = (_HERE.parents[1] / "examples", _HERE.parents[3] / "examples")
_MAIN = "programme.yaml"


def _folders() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for place in _PLACES:
        for main in sorted(place.glob(f"*/{_MAIN}")):
            found.setdefault(main.parent.name, main.parent)
    return found


def example_names() -> tuple[str, ...]:
    """The names of the examples."""
    return tuple(_folders())


def example_files(name: str, main: str = _MAIN) -> dict[str, str]:
    """The files of an example by name, its programme file under the name `main`.

    Raises InputError where there is no such example.
    """
    folders = _folders()
    if name not in folders:
        known = ", ".join(folders) or "none is installed"
        hint = did_you_mean(name, folders)
        message = f'found "{name}", expected the name of an example{hint}; known: {known}'
        raise InputError(Fault("example", 0, "", message))
    files = {}
    for path in sorted(folders[name].glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if main != _MAIN:
            text = re.sub(rf"(?m)^extends: {re.escape(_MAIN)}\b", f"extends: {main}", text)
        files[main if path.name == _MAIN else path.name] = text
    return files
