"""A table of declared columns: what is read, and how every fault is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doseline.errors import Fault, InputError
from doseline.formats import rows_text
from doseline.formats.csv_table import FAULTS_SHOWN, Column, Table, id_of, read_table, refused
from doseline.formats.file_text import LIMIT_LINE
from doseline.formats.forms import FORMS, choice

COLUMNS = (
    Column("name", FORMS["text"], needed=True),
    Column("day", FORMS["date"]),
    Column("count", FORMS["whole"], default=1, at_least=1, at_most=1000),
    Column("colour", choice(("red", "blue")), default="red"),
    Column("site", id_of("a site", ("tokyo", "reykjavik"))),
)
KIND = "a file of colours such as colours.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def read(folder: Path, text: str | bytes) -> Table:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, COLUMNS, KIND)


def told(folder: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    """The faults of a text, whether there is a table to read or not."""
    try:
        faults = read(folder, text).faults
    except InputError as error:
        faults = error.faults
    return [(f.line, f.field, f.message) for f in faults]


def test_cells_are_read_by_their_columns_in_any_order_and_empty_ones_mean_the_default(
    folder: Path,
) -> None:
    table = read(folder, "count,name,day\n3,first,2024-01-31\n,second,\n")
    assert table.columns == ("name", "day", "count")
    assert [dict(row.values) for row in table.rows] == [
        {"name": "first", "day": date(2024, 1, 31), "count": 3, "colour": "red", "site": None},
        {"name": "second", "day": None, "count": 1, "colour": "red", "site": None},
    ]
    assert table.faults == ()


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_table_may_come_from_any_spreadsheet(folder: Path, mark: str, ending: str) -> None:
    text = ending.join([f"name{mark}count", f"a{mark}2", "", f"b{mark}3"])
    table = read(folder, b"\xef\xbb\xbf" + text.encode())
    assert [(r["name"], r["count"], r.line) for r in table.rows] == [("a", 2, 2), ("b", 3, 4)]


def test_spaces_around_cells_and_empty_cells_at_the_end_do_not_count(folder: Path) -> None:
    table = read(folder, 'name , count,,\n "a, b",2\n  a b  ,\xa03 ,,\n,,,\n')
    assert table.faults == ()
    assert [(r["name"], r["count"]) for r in table.rows] == [("a, b", 2), ("a b", 3)]


def test_a_quoted_cell_may_run_over_lines_and_later_rows_keep_their_line(folder: Path) -> None:
    table = read(folder, 'name,count\n"one\ntwo ""three""\n",2\nlast,none\n')
    assert table.rows[0]["name"] == 'one\ntwo "three"'
    assert table.faults == (
        Fault(table.file, 5, "count", 'found "none", expected a whole number such as 12'),
    )


def test_a_row_with_a_faulty_cell_keeps_its_sound_ones(folder: Path) -> None:
    (row,) = read(folder, "name,count,day\na,many,2024-01-31\n").rows
    assert row.has("name", "day")
    assert not row.has("name", "count")


def test_every_fault_of_heading_and_rows_is_told_at_once(folder: Path) -> None:
    text = "colour,count,cuont,colour\nrad,0,1,red\nblue\nblue,1001,1,red\n"
    assert told(folder, text) == [
        (1, "cuont", "unknown column (did you mean count?)"),
        (1, "colour", "stands twice, as column 1 and 4; expected it once"),
        (1, "name", "missing; expected a column with a text"),
        (2, "count", 'found "0", expected at least 1'),
        (2, "colour", 'found "rad", expected one of red, blue (did you mean red?)'),
        (3, "", "found 1 cell, expected 4, one for each column of the heading"),
        (4, "count", 'found "1001", expected at most 1,000'),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,day\na,05/09/2022", 'found "05/09/2022", expected a date such as 2026-01-31; ISO'),
        ("name,day\na,2022-9-5", "ISO 8601: the year, the month, the day"),
        ("name,day\na,2022-09-05 00:00:00", "ISO 8601: the year, the month, the day"),
        ("name,day\na,44809", "ISO 8601: the year, the month, the day"),
        ("name,day\na,2022-02-29", "(day is out of range for month)"),
        ("name,count\na,1e9999999", "expected a whole number such as 12"),
        ('name,count\na,"1,000"', "the decimal sign is a point, no comma"),
        ("name,site\na,tokio", "expected the id of a site (did you mean tokyo?)"),
        ("name,site\na,lima", "expected the id of a site; known: reykjavik, tokyo"),
        ("name,site\n#REF!,tokyo", "an error of the spreadsheet"),
        ("name,site\n,tokyo", "found nothing, expected a text"),
        ("name;count\na,2", "a comma separates here, a semicolon above"),
        ("name,count\na,2,3", "found 3 cells, expected 2"),
        ('name,count\n"a,2\nb,3', "a quoted cell does not end as it should"),
        ("name,,count\na,,2", "column 2 has no name; expected one of name, day"),
        ("a,2\nb,3", 'found "a,2", expected a heading such as name, separated by commas'),
        ("name|count\na|2", "separated by commas, semicolons or tabs"),
        (" \n\n,,", "is empty; expected a heading such as name"),
        ("", "is empty; expected a heading such as name"),
        (b"name\n\xe4", "is not UTF-8 text"),
        ("name\na".encode("utf-16"), "is binary; expected CSV text"),
        ("name\na\x1b", "control character U+001B"),
        ("name\n" + "a" * (LIMIT_LINE + 1), "a line may hold 100,000"),
        ("name\n" + "a" * 500, "500 characters, expected a text"),
    ],
)
def test_a_fault_says_what_was_found_and_what_was_expected(
    folder: Path, text: str | bytes, said: str
) -> None:
    ((_, _, message),) = told(folder, text)
    assert said in message
    assert len(message) < 250


def test_a_file_that_is_none_is_told_with_what_was_expected(folder: Path) -> None:
    for path, said in ((folder / "nowhere.csv", "no such file"), (folder, f"expected {KIND}")):
        with pytest.raises(InputError) as error:
            read_table(path, COLUMNS, KIND)
        (fault,) = error.value.faults
        assert said in fault.message


def test_of_very_many_faults_the_first_are_told_and_the_others_counted(folder: Path) -> None:
    table = read(folder, "name,count\n" + "a,x\n" * (FAULTS_SHOWN + 1_234))
    *first, last = refused(reversed(table.faults)).faults
    assert [fault.line for fault in first] == list(range(2, FAULTS_SHOWN + 2))
    assert last.message == "and 1,234 more of such faults"


def test_no_more_is_said_where_all_faults_are_told(folder: Path) -> None:
    table = read(folder, "name,count\n" + "a,x\n" * FAULTS_SHOWN)
    assert len(refused(table.faults).faults) == FAULTS_SHOWN


PIECES = ["name", "day", "count", "site", ",", ";", "\t", "\n", "\r", '"', '""', " ", "2024-01-31",
          "1e99", "9" * 50, "-", "#N/A", "é", "\u2028", "\x85", "\ufeff", "'", "=A1"]  # fmt: skip


@given(text=st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join))
@example(text='name\n"')
@example(text='name\n"a"b')
@example(text='"name')
@settings(max_examples=300)
def test_no_text_raises_anything_but_an_input_error(folder: Path, text: str) -> None:
    for line, _, message in told(folder, text.encode("utf-8", "replace")):
        assert line >= 0
        assert not {"\n", "\r"} & set(message)


@given(data=st.binary(max_size=100))
@settings(max_examples=100)
def test_no_bytes_raise_anything_but_an_input_error(folder: Path, data: bytes) -> None:
    told(folder, data)


CELLS = st.text("ab ,;\"'\n\té", max_size=8).map(str.strip).filter(bool)


@given(
    rows=st.lists(
        st.tuples(CELLS, st.integers(1, 1000), st.dates(date(1900, 1, 1), date(2200, 12, 31))),
        max_size=5,
    )
)
def test_rows_that_were_written_are_read_back(
    folder: Path, rows: list[tuple[str, int, date]]
) -> None:
    written = [{"name": n, "count": c, "day": d} for n, c, d in rows]
    table = read(folder, rows_text(written, ("name", "count", "day")))
    assert table.faults == ()
    assert [{k: row[k] for k in ("name", "count", "day")} for row in table.rows] == written
