"""A table in: a CSV file with declared columns, every fault at once with its line and column."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doseline.errors import (
    DoselineError,
    Fault,
    InputError,
    ProgrammeError,
    QuantityError,
    did_you_mean,
)
from doseline.formats.file_text import read_text
from doseline.formats.forms import Form

__all__ = ["FAULTS_SHOWN", "Column", "Row", "Table", "id_of", "read_table", "refused"]

FAULTS_SHOWN = 50
"""So many faults of a table are told; of the others only how many they are."""

LONGEST_CELL = 200
_SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
_TEXT = "CSV text (a spreadsheet saves it as CSV UTF-8)"
_BIG_POWER = re.compile(r"[eE][+-]?0*\d{3,}")
_SPREADSHEET = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)|#+")
_OTHER_DATE = re.compile(r"(?!\d{4}-\d{2}-\d{2}$)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b.*|\d{5}(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the form of its cells, and the bounds of a number.

    A `needed` one stands in every file and is filled in every row; an empty cell of another one
    has the value `default`.
    """

    name: str
    form: Form
    needed: bool = False
    default: Any = None
    at_least: float = -math.inf
    at_most: float = math.inf


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line on which it starts, and what its cells mean; faulty cells are left out."""

    line: int
    values: Mapping[str, Any]

    def has(self, *names: str) -> bool:
        """Whether the cells of all these columns are sound (or empty, where they may be)."""
        return all(name in self.values for name in names)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: the line of its heading, the columns in it, its rows, its faults."""

    file: str
    line: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]

    def fault(self, line: int, column: str, message: str) -> Fault:
        """A fault in a cell of the table."""
        return Fault(self.file, line, column, message)


def id_of(what: str, ids: Collection[str]) -> Form:
    """The form of a cell that names something declared elsewhere, such as a site."""
    known = sorted(ids)
    shown = f"; known: {', '.join(known[:8])}{', ...' if len(known) > 8 else ''}"
    looks = f"the id of {what}"

    def read(text: str, _: str) -> str:
        if text not in ids:
            hint = did_you_mean(text, known) or (shown if known else "; there is none")
            raise QuantityError(f'found "{text}", expected {looks}{hint}')
        return text

    return Form(looks, looks, read, lambda value, _: str(value), {}, counts=False)


def refused(faults: Iterable[Fault]) -> InputError:
    """The error for the faults of a table, in the order of its lines, the first of many."""
    listed = sorted(dict.fromkeys(faults), key=lambda f: f.line)
    more = len(listed) - FAULTS_SHOWN
    if more > 0:
        last = Fault(listed[0].file, 0, "", f"and {more:,} more of such faults")
        listed = [*listed[:FAULTS_SHOWN], last]
    return InputError(listed)


def read_table(path: str | os.PathLike[str], columns: Sequence[Column], expected: str) -> Table:
    """The table of a file whose first row names its columns, in any order.

    Columns are separated by commas, semicolons or tabs, whichever the heading uses; spaces around
    a cell and rows without a filled cell do not count. Faults in cells stand in the table; raises
    InputError where there is no table to read. `expected` says what kind of file it should be.
    """
    name = os.fspath(path)
    try:
        text = read_text(name, expected=expected, text=_TEXT)
    except ProgrammeError as error:
        raise InputError(error.faults) from None
    known = {column.name: column for column in columns}
    separator = max(_SEPARATORS, key=lambda mark: _known_in_heading(text, mark, known))
    faults: list[Fault] = []
    records = _records(name, text, separator, faults)
    line, heading = next(records, (0, []))
    if not known.keys() & set(heading):
        raise InputError(faults or _no_heading(name, line, heading, columns))
    while not heading[-1]:
        heading.pop()
    faults += _heading_faults(name, line, heading, columns)
    cells = _Cells(name, tuple(heading), known, separator)
    rows = tuple(row for record in records if (row := cells.row(*record, faults)) is not None)
    return Table(name, line, tuple(c for c in known if c in heading), rows, tuple(faults))


def _known_in_heading(text: str, separator: str, known: Collection[str]) -> int:
    _, heading = next(_records("", text, separator, []), (0, []))
    return len(set(heading) & set(known))


def _records(
    name: str, text: str, separator: str, faults: list[Fault]
) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the line on which it starts."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    line = 1
    while True:
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            message = (
                'a quoted cell does not end as it should; expected a closing " right before '
                f'{_SEPARATORS[separator]} or the end of the line, and "" for a quote inside'
            )
            faults.append(Fault(name, line, "", message))
            return
        if any(cells):
            yield line, cells
        line = reader.line_num + 1


def _no_heading(name: str, line: int, heading: Sequence[str], columns: Sequence[Column]) -> Fault:
    wanted = f"a heading such as {','.join(c.name for c in columns if c.needed)}"
    if not heading:
        return Fault(name, 0, "", f"is empty; expected {wanted}")
    wanted += ", separated by commas, semicolons or tabs"
    return Fault(name, line, "", f'found "{_short(",".join(heading))}", expected {wanted}')


def _heading_faults(
    name: str, line: int, heading: Sequence[str], columns: Sequence[Column]
) -> Iterator[Fault]:
    known = [column.name for column in columns]
    for number, column in enumerate(heading, 1):
        shown = _short(column)
        if not column:
            message = f"column {number} has no name; expected one of {', '.join(known)}"
            yield Fault(name, line, "", message)
        elif column not in known:
            hint = did_you_mean(shown, known) or f"; expected one of {', '.join(known)}"
            yield Fault(name, line, shown, f"unknown column{hint}")
        elif column in heading[: number - 1]:
            first = heading.index(column) + 1
            message = f"stands twice, as column {first} and {number}; expected it once"
            yield Fault(name, line, shown, message)
    for one in columns:
        if one.needed and one.name not in heading:
            yield Fault(name, line, one.name, f"missing; expected a column with {one.form.looks}")


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 60 else f"{plain[:60]}..."


@dataclass(frozen=True, slots=True)
class _Unread:
    """Why a cell was refused."""

    message: str


class _Cells:
    """Reads the cells of one table, each text of a column once."""

    def __init__(
        self, file: str, heading: tuple[str, ...], known: Mapping[str, Column], separator: str
    ) -> None:
        self.file = file
        self.heading = heading
        self.known = known
        self.separator = separator
        self.at = {name: heading.index(name) for name in known if name in heading}
        self.read: dict[tuple[str, str], Any] = {}

    def row(self, line: int, cells: list[str], faults: list[Fault]) -> Row | None:
        """What a row means; None where its cells cannot be told apart."""
        width = len(self.heading)
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) != width:
            faults.append(Fault(self.file, line, "", self._ragged(cells)))
            return None
        values: dict[str, Any] = {}
        for name, column in self.known.items():
            text = cells[self.at[name]] if name in self.at else ""
            if name not in self.at and column.needed:
                continue  # told at the heading
            value = self._value(column, text)
            if isinstance(value, _Unread):
                faults.append(Fault(self.file, line, name, value.message))
            else:
                values[name] = value
        return Row(line, values)

    def _ragged(self, cells: Sequence[str]) -> str:
        width = len(self.heading)
        found = f"{len(cells)} cell{'s' if len(cells) != 1 else ''}"
        message = f"found {found}, expected {width}, one for each column of the heading"
        for mark, word in _SEPARATORS.items():
            if mark != self.separator and len(self.separator.join(cells).split(mark)) == width:
                return f"{message}; {word} separates here, {_SEPARATORS[self.separator]} above"
        return message

    def _value(self, column: Column, text: str) -> Any:
        key = (column.name, text)
        if key not in self.read:
            self.read[key] = _meaning(column, text)
        return self.read[key]


def _meaning(column: Column, text: str) -> Any:
    """What a cell means, or why it is refused."""
    form = column.form
    if not text:
        if column.needed:
            return _Unread(f"found nothing, expected {form.looks}")
        return column.default
    shown = f'found "{_short(text)}"'
    if len(text) > LONGEST_CELL:
        return _Unread(f"{shown}, {len(text):,} characters, expected {form.looks}")
    if _SPREADSHEET.fullmatch(text):
        return _Unread(f"{shown}, an error of the spreadsheet, expected {form.looks}")
    if form.counts and "," in text:
        return _Unread(f"{shown}, expected {form.looks}; the decimal sign is a point, no comma")
    if form.counts and _BIG_POWER.search(text):
        return _Unread(f"{shown}, expected {form.looks}; it is too large or too small")
    try:
        value = form.read(text, "")
    except (DoselineError, OverflowError) as error:
        hint = ""
        if form.name == "date" and _OTHER_DATE.fullmatch(text):
            hint = "; ISO 8601: the year, the month, the day"
        return _Unread(" ".join(f"{error}{hint}".split()))
    if isinstance(value, int | float) and not column.at_least <= value <= column.at_most:
        ends = f"at least {column.at_least:g}" if value < column.at_least else ""
        return _Unread(f"{shown}, expected {ends or f'at most {column.at_most:,g}'}")
    return value
