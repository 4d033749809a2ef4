"""The particulars of papers as a YAML file: names, addresses, GTIN, methods, a phone."""

from __future__ import annotations

import os
from collections.abc import Mapping as MappingType
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from doseline.errors import Fault, InputError, ProgrammeError, did_you_mean
from doseline.formats.file_text import read_text
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar, tree_from_text
from doseline.records.particulars import Particulars

__all__ = ["read_particulars"]


def read_particulars(path: str | os.PathLike[str]) -> Particulars:
    """The particulars of a file. Raises InputError with every fault that it has."""
    name = os.fspath(path)
    try:
        text = read_text(name, expected="a file of particulars such as particulars.yaml")
        tree = tree_from_text(text, name)
    except ProgrammeError as error:
        raise InputError(error.faults) from None
    reader = _Reader()
    found = reader.record(Particulars, tree, "")
    if reader.faults:
        raise InputError(sorted(reader.faults, key=lambda fault: fault.line))
    assert isinstance(found, Particulars)
    return found


@dataclass
class _Reader:
    """Reads what a frozen record declares, and keeps every fault."""

    faults: list[Fault] = field(default_factory=list)

    def fault(self, node: Node, path: str, message: str) -> None:
        self.faults.append(Fault(node.file, node.line, path, message))

    def record(self, cls: Any, node: Node, path: str) -> Any:
        """A frozen record from a mapping; None where something is wrong with it."""
        if not isinstance(node, Mapping):
            self.fault(node, path, f"found {node.shown()}, expected a mapping")
            return None
        hints, known = get_type_hints(cls), {f.name: f for f in fields(cls)}
        for key, scalar in node.keys.items():
            if key not in known:
                hint = did_you_mean(key, known) or f"; expected {', '.join(known)}"
                self.fault(scalar, _joined(path, key), f"unknown key{hint}")
        values: dict[str, Any] = {}
        for name, declared in known.items():
            given, where = node.entries.get(name), _joined(path, name)
            if given is not None:
                values[name] = self.value(hints[name], given, where)
            elif declared.default is MISSING and declared.default_factory is MISSING:
                self.fault(node, where, "missing; expected a text" if hints[name] is str else
                           "missing; expected a mapping")  # fmt: skip
        return cls(**values) if not self.faults else None

    def value(self, hint: Any, node: Node, path: str) -> Any:
        """A text, a list of texts, or a mapping of names to texts or records."""
        if is_dataclass(hint):
            return self.record(hint, node, path)
        if get_origin(hint) is tuple:
            return self.texts(node, path)
        if get_origin(hint) is MappingType:
            return self.mapping(get_args(hint)[1], node, path)
        return self.text(node, path)

    def text(self, node: Node, path: str) -> str:
        if not isinstance(node, Scalar) or node.empty:
            self.fault(node, path, f"found {node.shown()}, expected a text")
            return ""
        return node.text

    def texts(self, node: Node, path: str) -> tuple[str, ...]:
        if not isinstance(node, Items):
            self.fault(node, path, f"found {node.shown()}, expected a list of texts")
            return ()
        return tuple(self.text(value, f"{path}[{n}]") for n, value in enumerate(node.values))

    def mapping(self, hint: Any, node: Node, path: str) -> dict[str, Any]:
        if not isinstance(node, Mapping):
            self.fault(node, path, f"found {node.shown()}, expected a mapping of names")
            return {}
        return {
            key: self.value(hint, value, _joined(path, key)) for key, value in node.entries.items()
        }


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
