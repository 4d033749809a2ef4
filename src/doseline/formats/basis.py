"""Where each number comes from: values written with a basis, and the basis of a whole section.

A value may stand alone (`120 h`) or as `{value: 120 h, low: 72 h, high: 216 h, basis: S28}`, with a
`why` if one is wanted. A `basis` beside other keys holds for every value under them that has none
of its own. `note` is for the reader alone. This is settled in each file before files are joined,
so that what one file says of itself is not said of another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from doseline.errors import Fault, did_you_mean
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar

__all__ = ["BASIS_WORDS", "Settled", "path_text", "settle"]

BASIS_WORDS = ("calc", "assumption", "hindsight")
"""What may stand as a basis beside the ids of `references`."""

_BESIDE_VALUE = ("value", "low", "high", "basis", "why", "note")

Path = tuple[str | int, ...]


@dataclass
class Settled:
    """What settling a file found: each basis that was written, with its path, and faults."""

    uses: list[tuple[Path, Scalar]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, node: Scalar | Items | Mapping, path: Path, message: str) -> None:
        """Note a fault at a place."""
        self.faults.append(Fault(node.file, node.line, path_text(path), message))


def path_text(path: Path) -> str:
    """The path of an entry as a fault names it.

    >>> path_text(("manufacturers", 0, "lines", 1, "slots"))
    'manufacturers[0].lines[1].slots'
    """
    text = ""
    for part in path:
        part = part if isinstance(part, int) else " ".join(part.split())
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def settle(node: Node, found: Settled, inherited: tuple[Scalar, ...] = (), path: Path = ()) -> Node:
    """A copy of the tree in which every value carries its own basis."""
    match node:
        case Scalar():
            return replace(node, basis=inherited)
        case Items():
            values = [settle(v, found, inherited, (*path, i)) for i, v in enumerate(node.values)]
            return Items(node.file, node.line, values)
        case _:
            return _mapping(node, found, inherited, path)


def _mapping(node: Mapping, found: Settled, inherited: tuple[Scalar, ...], path: Path) -> Node:
    own = node.entries.get("basis")
    if own is not None:
        inherited = _basis(own, found, (*path, "basis"))
    if "value" in node.entries:
        return _stated(node, found, inherited, path)
    entries = {
        key: settle(value, found, inherited, (*path, key))
        for key, value in node.entries.items()
        if key not in ("basis", "note")
    }
    return Mapping(node.file, node.line, node.flow, node.start, entries, dict(node.keys))


def _basis(node: Node, found: Settled, path: Path) -> tuple[Scalar, ...]:
    listed = node.values if isinstance(node, Items) else [node]
    scalars = tuple(n for n in listed if isinstance(n, Scalar) and not n.empty)
    if len(scalars) < len(listed) or not listed:
        found.fault(
            node, path, f"found {node.shown()}, expected the id of a reference, calc, assumption "
            "or hindsight, or a list of them",
        )  # fmt: skip
    found.uses.extend((path, scalar) for scalar in scalars)
    return scalars


def _stated(node: Mapping, found: Settled, basis: tuple[Scalar, ...], path: Path) -> Node:
    for key in node.entries:
        if key not in _BESIDE_VALUE:
            found.fault(node.keys[key], (*path, key), f"unknown key{_beside_value_hint(node, key)}")
    value = settle(node.entries["value"], found, basis, path)
    ends: dict[str, Scalar] = {}
    for name in ("low", "high"):
        end = node.entries.get(name)
        if end is None:
            continue
        if isinstance(end, Scalar) and isinstance(value, Scalar):
            ends[name] = end
        else:
            found.fault(end, (*path, name), f"found {end.shown()}, expected a single value")
    why = node.entries.get("why")
    text = why.text if isinstance(why, Scalar) else ""
    if isinstance(value, Scalar):
        return replace(value, low=ends.get("low"), high=ends.get("high"), why=text)
    if isinstance(value, Items):
        value.values = [replace(v, why=text) if isinstance(v, Scalar) else v for v in value.values]
        return value
    found.fault(value, (*path, "value"), "found a mapping, expected a single value or a list")
    return value


def _beside_value_hint(node: Mapping, key: str) -> str:
    if node.flow and node.entries[key].shown() == "nothing":
        return "; inside { } a text with a comma stands in quotes"
    hint = did_you_mean(key, _BESIDE_VALUE)
    return hint or f"; beside `value` may stand {', '.join(_BESIDE_VALUE[1:])}"
