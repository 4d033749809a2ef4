"""Questions asked of several workshops at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doseline.studies.comparison import compare
    from doseline.studies.sufficiency import assess

__all__ = ["assess", "compare"]

_HOME = {"assess": "doseline.studies.sufficiency", "compare": "doseline.studies.comparison"}


def __getattr__(name: str) -> object:
    """Fetch a study when it is first asked for: checking a file needs no solver."""
    if name not in _HOME:
        raise AttributeError(f"module 'doseline.studies' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
