"""A programme file that extends another: the other is read first, this one on top of it.

Mappings are joined key by key. Lists of entries with an `id` (contracts: with a manufacturer,
penalties: with a protocol) are joined entry by entry; a list of numbers is a value and is replaced;
any other list grows by the entries that it does not have yet. Everything else is replaced.
"""

from __future__ import annotations

import os
import re

from doseline.errors import Fault, ProgrammeError
from doseline.formats.basis import Settled, settle
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar, read_tree

__all__ = ["joined", "read_files"]

_KEYS = {"contracts": "manufacturer", "penalties": "protocol"}
_NUMBER = re.compile(r"[+-]?[\d.][\d.,]*\s*%?")
_LIMIT_FILES = 20


def read_files(path: str, found: Settled) -> Mapping:
    """The tree of a file and of those it extends, each value with its basis.

    Raises ProgrammeError with the faults of every file that is not sound YAML.
    """
    faults: list[Fault] = []
    trees: list[Mapping] = []
    names: list[str] = []
    following: str | None = path
    at: Fault | None = None
    while following is not None:
        tree = _one(following, at, faults)
        if tree is None:
            break
        names.append(os.path.realpath(following))
        trees.append(tree)
        at, following = _base_of(tree, following, names, faults)
    if faults:
        raise ProgrammeError(faults)
    result = _settled(trees[-1], found)
    for tree in reversed(trees[:-1]):
        result = joined(result, _settled(tree, found))
    return result


def _one(path: str, at: Fault | None, faults: list[Fault]) -> Mapping | None:
    try:
        return read_tree(path, at)
    except ProgrammeError as error:
        faults.extend(error.faults)
        return None


def _settled(tree: Mapping, found: Settled) -> Mapping:
    result = settle(tree, found)
    if isinstance(result, Mapping):
        return result
    raise ProgrammeError(
        Fault(tree.file, tree.line, "value", "unknown key; expected name, as_of, from, until, ...")
    )


def _base_of(
    tree: Mapping, path: str, names: list[str], faults: list[Fault]
) -> tuple[Fault | None, str | None]:
    node = tree.entries.pop("extends", None)
    if node is None:
        return None, None
    at = Fault(node.file, node.line, "extends", "")
    if not isinstance(node, Scalar) or node.empty:
        message = f"found {node.shown()}, expected the path of a programme file"
        faults.append(Fault(at.file, at.line, at.field, message))
        return at, None
    base = os.path.normpath(os.path.join(os.path.dirname(path), node.text))
    if os.path.realpath(base) in names:
        message = f"{node.shown()} extends this file in turn; take one of the two out"
        faults.append(Fault(at.file, at.line, at.field, message))
        return at, None
    if len(names) >= _LIMIT_FILES:
        message = f"the {_LIMIT_FILES}th file in a row; a chain of files may not be longer"
        faults.append(Fault(at.file, at.line, at.field, message))
        return at, None
    return at, base


def joined(base: Mapping, over: Mapping) -> Mapping:
    """The one mapping on top of the other."""
    entries = dict(base.entries)
    for key, value in over.entries.items():
        entries[key] = _one_value(entries.get(key), value, key)
    return Mapping(over.file, over.line, over.flow, over.start, entries, {**base.keys, **over.keys})


def _one_value(base: Node | None, over: Node, key: str) -> Node:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return joined(base, over)
    if isinstance(base, Items) and isinstance(over, Items):
        return _one_list(base, over, _KEYS.get(key, "id"))
    return over


def _one_list(base: Items, over: Items, key: str) -> Items:
    numbers = [isinstance(v, Scalar) and _NUMBER.fullmatch(v.text) for v in over.values]
    if numbers and all(numbers):
        return over
    values = list(base.values)
    place = {name: i for i, v in enumerate(values) if (name := _name(v, key)) is not None}
    texts = {v.text for v in values if isinstance(v, Scalar)}
    for value in over.values:
        at = place.get(_name(value, key) or "")
        if at is not None:
            values[at] = _one_value(values[at], value, "")
        elif not (isinstance(value, Scalar) and value.text in texts):
            values.append(value)
    return Items(over.file, over.line, values)


def _name(node: Node, key: str) -> str | None:
    own = node.entries.get(key) if isinstance(node, Mapping) else None
    return own.text if isinstance(own, Scalar) else None
