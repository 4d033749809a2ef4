"""A programme file in: every fault at once, or a programme whose every number has its basis."""

from __future__ import annotations

import os
from datetime import date
from itertools import pairwise
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from doseline.errors import Fault, ProgrammeError, did_you_mean
from doseline.formats.basis import Path, Settled, path_text
from doseline.formats.extends import read_files
from doseline.formats.fields import ROOT, Spec, specs
from doseline.formats.models import RULE, adapter_of, plain, read_value
from doseline.formats.network import network_faults
from doseline.formats.observed_inputs import (
    dated_scenarios,
    observed_inputs,
    observed_references,
)
from doseline.formats.references import leaves, reference_faults
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar
from doseline.programme import Programme
from doseline.programme.programme import Input

__all__ = ["check_counts", "read_programme"]


def read_programme(path: str | os.PathLike[str]) -> Programme:
    """The programme of a file. Raises ProgrammeError with every fault that it has."""
    name = os.fspath(path)
    found = Settled()
    tree = read_files(name, found)
    currency = _currency(tree)
    faults = list(found.faults)
    sections = _sections(tree, currency, faults)
    inputs = _inputs(tree, currency, faults)
    faults += reference_faults(tree, found)
    faults += [_fault_at(tree, path, message) for path, message in network_faults(sections)]
    if faults:
        raise ProgrammeError(_in_order(faults, name))
    values = {spec.name: sections[spec.key] for spec in specs(ROOT) if spec.key in sections}
    taken = values["scenarios"]
    values["scenarios"] = dated_scenarios(taken, values["as_of_on"])
    values["references"] += observed_references(taken, values["references"])
    return Programme(**values, inputs=(*inputs, *observed_inputs(taken)), file=name)


def _in_order(faults: list[Fault], name: str) -> list[Fault]:
    once = {(f.file, f.line, f.field, f.message): f for f in faults}.values()
    return sorted(once, key=lambda f: (f.file != name, f.file, f.line, f.field))


def _currency(tree: Mapping) -> str:
    node = tree.entries.get("currency")
    return node.text if isinstance(node, Scalar) and not node.empty else "USD"


def _sections(tree: Mapping, currency: str, faults: list[Fault]) -> dict[str, Any]:
    """The sound keys of the whole file; what is wrong with the others goes to the faults."""
    sections: dict[str, Any] = {}
    keys = {spec.key: spec for spec in specs(ROOT)}
    for key in tree.entries:
        if key not in keys and key != "why":
            faults.append(_unknown_key(tree, (key,), list(keys)))
    for key, spec in keys.items():
        if key not in tree.entries:
            if spec.required:
                faults.append(Fault(tree.file, 0, key, f"missing; {spec.looks}"))
            else:
                sections[key] = spec.default
            continue
        try:
            value = plain(tree.entries[key])
            sections[key] = adapter_of(key).validate_python(value, context={"currency": currency})
        except ValidationError as error:
            for found in error.errors(include_url=False):
                faults += _faults_of(tree, key, found)
    return sections


def _faults_of(tree: Mapping, key: str, error: ErrorDetails) -> list[Fault]:
    path: Path = (key, *error["loc"])
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            parent = _spec_at(path[:-1])
            known = [s.key for s in specs(parent.section)] if parent and parent.section else []
            return [_unknown_key(tree, path, known)]
        case "missing":
            spec = _spec_at(path)
            return [_fault_at(tree, path, f"missing; {spec.looks if spec else 'a value'}")]
        case kind if kind == RULE:
            return [_fault_at(tree, (*path, *sub), text) for sub, text in context["faults"]]
        case _ if "message" in context:
            return [_fault_at(tree, path, context["message"])]
    node, whole = _node_at(tree, path)
    spec = _spec_at(path)
    found = node.shown() if whole else "nothing"
    looks = "a value"
    if spec is not None:
        one = isinstance(path[-1], int) and spec.section is not None
        looks = spec.looks.removeprefix("a list, each entry ") if one else spec.looks
        if error["type"] == "tuple_type" and isinstance(node, Scalar) and whole and not node.empty:
            looks = f"a list such as [{node.text[:60]}]"
    return [_fault_at(tree, path, f"found {found}, expected {looks}")]


def _spec_at(path: Path) -> Spec | None:
    """The declaration of the key at a path."""
    spec: Spec | None = None
    cls: type | None = ROOT
    for part in path:
        if isinstance(part, int):
            continue
        spec = next((s for s in specs(cls) if s.key == part), None) if cls else None
        cls = spec.section if spec else None
    return spec


def _node_at(tree: Node, path: Path) -> tuple[Node, bool]:
    """The entry at a path, or the nearest around it and False."""
    node = tree
    for part in path:
        below: Node | None = None
        if isinstance(node, Mapping) and isinstance(part, str):
            below = node.entries.get(part)
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.values):
            below = node.values[part]
        if below is None:
            return node, False
        node = below
    return node, True


def _fault_at(tree: Mapping, path: Path, message: str) -> Fault:
    node, _ = _node_at(tree, path)
    return Fault(node.file, node.line, path_text(path), " ".join(message.split()))


def _unknown_key(tree: Mapping, path: Path, known: list[str]) -> Fault:
    parent, _ = _node_at(tree, path[:-1])
    key = str(path[-1])
    written = parent.keys.get(key) if isinstance(parent, Mapping) else None
    place = written or parent
    hint = did_you_mean(key, known) or f"; expected {', '.join(known)}"
    if isinstance(parent, Mapping) and parent.flow and parent.entries[key].shown() == "nothing":
        hint = "; inside { } a text with a comma stands in quotes"
    shown = (*path[:-1], key[:60])
    return Fault(place.file, place.line, path_text(shown), f"unknown key{hint}")


def _inputs(tree: Mapping, currency: str, faults: list[Fault]) -> tuple[Input, ...]:
    """Every number of the file with its basis, and every other value that states one of its own."""
    inputs = []
    for leaf in leaves(tree):
        own = leaf.scalar.low or leaf.scalar.high or leaf.scalar.why
        form = leaf.spec.form
        if form is None or not (form.counts or own):
            continue
        scalar = leaf.scalar
        _check_range(leaf.spec, scalar, leaf.path, currency, faults)
        inputs.append(
            Input(
                path_text(leaf.path),
                scalar.text,
                tuple(b.text for b in scalar.basis),
                scalar.low.text if scalar.low else None,
                scalar.high.text if scalar.high else None,
                scalar.why,
            )
        )
    return tuple(inputs)


def _check_range(
    spec: Spec, scalar: Scalar, path: Path, currency: str, faults: list[Fault]
) -> None:
    ends = [("low", scalar.low), ("", scalar), ("high", scalar.high)]
    read: list[tuple[str, Scalar, Any]] = []
    for name, end in ends:
        if end is None:
            continue
        try:
            read.append((name, end, read_value(spec, end, currency)))
        except PydanticCustomError as error:
            if not name:
                return  # the value itself has been found faulty already
            at = path_text((*path, name))
            faults.append(Fault(end.file, end.line, at, " ".join(error.message().split())))
    for (_, low, a), (name, high, b) in pairwise(read):
        if not isinstance(a, int | float | date) or not b < a:
            continue
        where, other = (high, low) if name == "high" else (low, high)
        side = "at least" if name == "high" else "at most"
        at = path_text((*path, name or "low"))
        message = f"found {where.shown()}, expected {side} {other.text}"
        faults.append(Fault(where.file, where.line, at, message))


def check_counts(programme: Programme) -> dict[str, int]:
    """How many of each kind a programme holds, and on what its numbers stand."""
    counts = {spec.key: len(getattr(programme, spec.name)) for spec in specs(ROOT) if spec.many}
    lines = [line for plant in programme.manufacturers for line in plant.lines]
    counts["lines"] = len(lines)
    counts["slots"] = sum(len(line.slots) for line in lines)
    counts["inputs"] = len(programme.inputs)
    counts["assumptions"] = len(programme.assumptions)
    counts["hindsight"] = len(programme.hindsight)
    counts["unstated"] = sum(not i.basis for i in programme.inputs)
    counts["sourced"] = (
        counts["inputs"]
        - counts["unstated"]
        - sum(bool({"assumption", "hindsight"} & set(i.basis)) for i in programme.inputs)
    )
    return counts
