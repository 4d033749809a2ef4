"""YAML read safely into a tree in which every value knows its file and line.

Only mappings, lists and plain scalars are taken: no tags, no merge keys, one document. The size of
a file, the depth of its nesting and what its aliases unfold to are bounded, so that no input can
hold the reader up. Scalars keep the text that was written; what it means is decided by its field.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from doseline.errors import Fault, ProgrammeError
from doseline.formats.file_text import BLOCKED, read_text

__all__ = [
    "LIMIT_DEPTH",
    "LIMIT_VALUES",
    "Items",
    "Mapping",
    "Node",
    "Scalar",
    "read_tree",
    "tree_from_text",
]

LIMIT_DEPTH = 40
LIMIT_VALUES = 200_000
LIMIT_FAULTS = 1_000
_NULL = re.compile(r"~|null|Null|NULL|")
_CORE = ("str", "int", "float", "bool", "null", "seq", "map")
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in _CORE}


@dataclass(slots=True, eq=False)
class Scalar:
    """One written value: its text, its place, and what is said of where it comes from.

    `start` and `end` are the span of the text in the file, in characters.
    """

    text: str
    file: str
    line: int
    quoted: bool = False
    start: int = 0
    end: int = 0
    basis: tuple[Scalar, ...] = ()
    low: Scalar | None = None
    high: Scalar | None = None
    why: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was written: no text, `~` or `null`."""
        return not self.quoted and _NULL.fullmatch(self.text) is not None

    def shown(self) -> str:
        """The value as a message names it."""
        if self.empty:
            return "nothing"
        text = " ".join(self.text[:200].split())
        return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


@dataclass(slots=True, eq=False)
class Items:
    """A list and its place."""

    file: str
    line: int
    values: list[Node] = field(default_factory=list)

    def shown(self) -> str:
        """The list as a message names it."""
        return "a list"


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping and its place; `keys` holds each key as it was written."""

    file: str
    line: int
    flow: bool = False
    start: int = 0
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)

    def shown(self) -> str:
        """The mapping as a message names it."""
        return "a mapping"


Node: TypeAlias = Scalar | Items | Mapping


def read_tree(path: str | os.PathLike[str], at: Fault | None = None) -> Mapping:
    """The tree of a file. Raises ProgrammeError where it cannot be read or is no mapping."""
    return tree_from_text(read_text(path, at), os.fspath(path))


def tree_from_text(text: str, file: str) -> Mapping:
    """The tree of a text. Raises ProgrammeError where it is no sound YAML mapping."""
    builder = _Builder(file)
    for event in _events(text, file):
        builder.take(event)
    if builder.faults:
        raise ProgrammeError(builder.faults)
    expected = "expected a mapping that begins with a line such as name: My programme"
    if builder.root is None:
        raise ProgrammeError(Fault(file, 0, "", f"is empty; {expected}"))
    if not isinstance(builder.root, Mapping):
        if isinstance(builder.root, Scalar) and builder.root.empty:
            raise ProgrammeError(Fault(file, 0, "", f"is empty; {expected}"))
        found = builder.root.shown()
        raise ProgrammeError(Fault(file, builder.root.line, "", f"found {found}, {expected}"))
    return builder.root


def _events(text: str, file: str) -> Iterator[Any]:
    yaml = YAML(typ="safe", pure=True)
    try:
        yield from yaml.parse(text)
    except MarkedYAMLError as error:
        raise ProgrammeError(_syntax_fault(error, text, file)) from None
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise ProgrammeError(Fault(file, line, "", f"is not YAML text: {error.reason}")) from None
    except Exception as error:  # whatever else the scanner stumbles on is a fault of the text
        raise ProgrammeError(Fault(file, 0, "", f"is not YAML ({error})")) from None


def _syntax_fault(error: MarkedYAMLError, text: str, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    lines = text.splitlines()
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    problem = str(error.problem or error.context or "not YAML").split("\n")[0]
    if "\t" in here[: len(here) - len(here.lstrip())] or "'\\t'" in problem:
        return Fault(file, line, "", "a tab stands in the indentation; indent with spaces")
    hint = ""
    if "mapping values are not allowed" in problem:
        hint = "; a text with a colon and a space stands in quotes, a key at its own indentation"
    elif "expected <block end>" in problem:
        hint = "; check the indentation, and quotes and brackets that are not closed"
    return Fault(file, line, "", f"is not YAML: {problem}{hint}")


class _Builder:
    """Builds the tree from parser events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.open: list[tuple[Mapping | Items, str | None]] = []
        self.key: Scalar | None = None
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}
        self.values = 0
        self.starts: list[int] = []
        self.heights: list[int] = [0]
        self.documents = 0

    def fault(self, event: Any, message: str, field_path: str = "") -> None:
        self.faults.append(Fault(self.file, event.start_mark.line + 1, field_path, message))
        if len(self.faults) >= LIMIT_FAULTS:
            raise ProgrammeError(self.faults)

    def stop(self, event: Any, message: str) -> None:
        self.fault(event, message)
        raise ProgrammeError(self.faults)

    def take(self, event: Any) -> None:
        match event:
            case DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.stop(event, "a second document begins (---); expected one in a file")
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent() | SequenceStartEvent():
                self._start(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._end()
            case AliasEvent():
                self._alias(event)

    def _count(self, event: Any, values: int) -> None:
        self.values += values
        if self.values > LIMIT_VALUES:
            self.stop(event, f"unfolds to more than {LIMIT_VALUES:,} values; are there aliases?")

    def _scalar(self, event: Any) -> None:
        self._tag(event)
        self._count(event, 1)
        line, text, quoted = event.start_mark.line + 1, str(event.value), not event.implicit[0]
        span = event.start_mark.index, event.end_mark.index
        if not text and not quoted and self.key is not None:  # nothing stands behind the key
            line, span = self.key.line, (self.key.end + 1, self.key.end + 1)
        scalar = Scalar(text, self.file, line, quoted, *span)
        if event.anchor:
            self.anchors[str(event.anchor)] = (scalar, 1, 0)
        if BLOCKED.search(scalar.text):
            self.fault(event, "holds a control character; take it out")
        self._place(event, scalar)

    def _tag(self, event: Any) -> None:
        tag = str(event.tag) if event.tag is not None else "!"
        if tag != "!" and tag not in _CORE_TAGS:
            self.fault(event, f"the tag {tag[:60]} is not read; write a plain value")

    def _start(self, event: Any) -> None:
        self._tag(event)
        self._count(event, 1)
        self._deepen(event, 0)
        line = event.start_mark.line + 1
        node: Mapping | Items
        if isinstance(event, MappingStartEvent):
            node = Mapping(self.file, line, bool(event.flow_style), event.start_mark.index)
        else:
            node = Items(self.file, line)
        anchor = str(event.anchor) if event.anchor else None
        if anchor:
            self.anchors[anchor] = None
        self._place(event, node)
        self.open.append((node, anchor))
        self.starts.append(self.values)
        self.heights.append(0)
        self.key = None

    def _end(self) -> None:
        node, anchor = self.open.pop()
        size = self.values - self.starts.pop()
        height = self.heights.pop() + 1
        self.heights[-1] = max(self.heights[-1], height)
        if anchor:
            self.anchors[anchor] = (node, size + 1, height)
        self.key = None

    def _deepen(self, event: Any, height: int) -> None:
        self.heights[-1] = max(self.heights[-1], height)
        if len(self.open) + height >= LIMIT_DEPTH:
            self.stop(event, f"nested too deeply; a file may go {LIMIT_DEPTH} levels deep")

    def _alias(self, event: Any) -> None:
        found = self.anchors.get(str(event.anchor))
        if found is None:
            self.fault(event, f"the alias *{event.anchor} names nothing that ends before it")
            self._place(event, Scalar("", self.file, event.start_mark.line + 1))
            return
        self._count(event, found[1])
        self._deepen(event, found[2])
        self._place(event, found[0])

    def _place(self, event: Any, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1][0]
        if isinstance(parent, Items):
            parent.values.append(node)
        elif self.key is None:
            self._take_key(event, node)
        else:
            if self.key.text not in parent.entries:
                parent.entries[self.key.text] = node
                parent.keys[self.key.text] = self.key
            self.key = None

    def _take_key(self, event: Any, node: Node) -> None:
        if not isinstance(node, Scalar):
            self.stop(event, f"found {node.shown()} as a key, expected a word")
            return
        parent = self.open[-1][0]
        assert isinstance(parent, Mapping)
        if node.text == "<<":
            self.fault(event, "merge keys (<<) are not read; write the entries out")
        elif node.text in parent.keys:
            first = parent.keys[node.text].line
            message = f"the key {node.shown()} stands twice, first in line {first}"
            self.fault(event, message, " ".join(node.text[:60].split()))
        self.key = node
