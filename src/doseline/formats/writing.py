"""A programme out: as a new text, or as changes to a file that keep everything else in it."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping as Changes
from datetime import date, time
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML

from doseline.calendars import HolidayRule
from doseline.errors import Fault, InputError, ProgrammeError, did_you_mean
from doseline.formats.basis import path_text
from doseline.formats.fields import ROOT, Spec, specs
from doseline.formats.file_text import read_text
from doseline.formats.programme_file import read_programme
from doseline.formats.results import PathLike, write_text_atomically
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar, tree_from_text
from doseline.programme import Programme
from doseline.programme.programme import Input

__all__ = ["programme_to_text", "write_programme"]

_STEP = re.compile(r"([^.\[\]]+)|\[([^\[\]]+)\]")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./%_-]*(?<! )")


def programme_to_text(programme: Programme) -> str:
    """The programme as a file; reading it gives the same programme. What is usual is left out."""
    inputs = {i.field: i for i in programme.inputs}
    tree = _section(programme, ROOT, programme.currency, inputs, ())
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 1_000_000
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _section(
    value: Any, cls: type, currency: str, inputs: dict[str, Input], path: tuple[str | int, ...]
) -> Any:
    if cls is HolidayRule and value == HolidayRule(value.region) and value.region:
        return value.region
    entries: dict[str, Any] = {}
    for spec in specs(cls):
        own, at = getattr(value, spec.name), (*path, spec.key)
        if own is None or (own == spec.default and path_text(at) not in inputs):
            continue
        if spec.many:
            entries[spec.key] = [
                _one(spec, one, currency, inputs, (*at, i)) for i, one in enumerate(own)
            ]
        else:
            entries[spec.key] = _one(spec, own, currency, inputs, at)
    return entries


def _one(
    spec: Spec, value: Any, currency: str, inputs: dict[str, Input], path: tuple[str | int, ...]
) -> Any:
    if spec.section is not None:
        return _section(value, spec.section, currency, inputs, path)
    assert spec.form is not None
    text = spec.form.write(value, currency)
    stated = inputs.get(path_text(path))
    if stated is None:
        return text
    if _reads_as(spec, stated.value, currency, value):
        text = stated.value
    beside: dict[str, Any] = {"value": text}
    for key in ("low", "high", "why"):
        if getattr(stated, key):
            beside[key] = getattr(stated, key)
    if stated.basis:
        beside["basis"] = list(stated.basis) if len(stated.basis) > 1 else stated.basis[0]
    return beside if len(beside) > 1 else text


def _reads_as(spec: Spec, text: str, currency: str, value: Any) -> bool:
    assert spec.form is not None
    try:
        return bool(spec.form.read(text.strip(), currency) == value)
    except ValueError:
        return False


def write_programme(path_in: PathLike, path_out: PathLike, changes: Changes[str, object]) -> None:
    """Write a programme file with some values changed; comments and layout stay as they are.

    `changes` maps a path such as `products[0].shelf_life` or `sites[north].daily_capacity` to the
    new value as a file says it. A key that the file does not have yet is added. Raises
    ProgrammeError, and writes nothing, where a path leads nowhere or the result is not sound.
    """
    name = os.fspath(path_in)
    text = read_text(name)
    faults: list[Fault] = []
    for path, value in changes.items():
        try:
            text = _changed(text, name, path, _yaml_text(value))
        except ProgrammeError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)

    def check(temporary: FilePath) -> None:
        try:
            read_programme(temporary)
        except ProgrammeError as error:
            out, part = os.fspath(path_out), os.fspath(temporary)
            raise ProgrammeError(
                Fault(out if f.file == part else f.file, f.line, f.field, f.message)
                for f in error.faults
            ) from None

    write_text_atomically(path_out, text, check)


def _yaml_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        value = f"{value:%H:%M}"
    text = value.isoformat() if isinstance(value, date) else str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in ("null", "true", "false", "yes", "no"):
        return text
    return json.dumps(text, ensure_ascii=False)


def _changed(text: str, file: str, path: str, new: str) -> str:
    """The text with one value replaced, or one key added."""
    tree = tree_from_text(text, file)
    steps = [key or index for key, index in _STEP.findall(path)]
    node: Node = tree
    for n, step in enumerate(steps):
        below = _below(node, step)
        if below is None and n == len(steps) - 1 and isinstance(node, Mapping):
            return _added(text, node, step, new)
        if below is None:
            known = list(node.entries) if isinstance(node, Mapping) else []
            hint = did_you_mean(step, known)
            raise ProgrammeError(Fault(file, node.line, path, f"there is no such entry{hint}"))
        node = below
    if isinstance(node, Mapping) and "value" in node.entries:
        node = node.entries["value"]
    if not isinstance(node, Scalar):
        message = f"found {node.shown()}, expected a single value to change"
        raise ProgrammeError(Fault(file, node.line, path, message))
    gap = " " if node.start == node.end else ""
    return text[: node.start] + gap + new + text[node.end :]


def _below(node: Node, step: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.entries.get(step)
    if not isinstance(node, Items):
        return None
    if step.isdecimal():
        return node.values[int(step)] if int(step) < len(node.values) else None
    for value in node.values:
        own = value.entries.get("id") if isinstance(value, Mapping) else None
        if isinstance(own, Scalar) and own.text == step:
            return value
    return None


def _added(text: str, node: Mapping, key: str, new: str) -> str:
    """The text with one key more: before the second key of a mapping, in its own column."""
    if node.flow:
        at = node.start + 1
        comma = ", " if node.entries else ""
        return f"{text[:at]}{key}: {new}{comma}{text[at:]}"
    keys = list(node.keys.values())
    first = keys[0].start
    column = first - (text.rfind("\n", 0, first) + 1)
    if len(keys) > 1:
        at = text.rfind("\n", 0, keys[1].start) + 1
        return f"{text[:at]}{' ' * column}{key}: {new}\n{text[at:]}"
    only = next(iter(node.entries.values()))
    if isinstance(only, Scalar):
        end = text.find("\n", only.end)
        end = len(text) if end < 0 else end
        return f"{text[:end]}\n{' ' * column}{key}: {new}{text[end:]}"
    return f"{text[:first]}{key}: {new}\n{' ' * column}{text[first:]}"
