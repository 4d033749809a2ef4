"""An entry and its exact bytes."""

from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import LedgerError
from doseline.records.entry import Draft, Entry, leaf_bytes
from doseline.records.instants import (
    instant_from_text,
    instant_text,
    microseconds_between,
    zone_of,
)

ENTRY = Entry(
    position=7,
    stream_seq=2,
    schema_version=1,
    stream="batch/B-001",
    kind="BatchReleased",
    occurred_at="2016-11-28T14:00:00.000000Z[America/Toronto]",
    recorded_at="2016-11-28T14:01:00.000000Z",
    actor="ann",
    role="qualified person",
    reason="all tests pass",
    command_id="c-1",
    content=b'{"vials":3}',
)


def test_the_bytes_of_an_entry_are_those_of_the_page() -> None:
    """Written out by hand from docs/reference/ledger.md."""
    by_hand = (
        b"doseline entry v1\n"
        b"\x00\x00\x00\x00\x00\x00\x00\x07"
        b"\x00\x00\x00\x00\x00\x00\x00\x02"
        b"\x00\x00\x00\x01"
        b"\x00\x00\x00\x0b" b"\x00\x00\x00\x0d" b"\x00\x00\x00\x2c" b"\x00\x00\x00\x1b"
        b"\x00\x00\x00\x03" b"\x00\x00\x00\x10" b"\x00\x00\x00\x0e" b"\x00\x00\x00\x03"
        b"\x00\x00\x00\x0b"
        b"batch/B-001" b"BatchReleased"
        b"2016-11-28T14:00:00.000000Z[America/Toronto]" b"2016-11-28T14:01:00.000000Z"
        b"ann" b"qualified person" b"all tests pass" b"c-1" b'{"vials":3}'
    )  # fmt: skip
    assert ENTRY.leaf_bytes() == by_hand
    assert ENTRY.leaf_hash == sha256(b"\x00" + by_hand).digest()


@pytest.mark.parametrize("name", [f.name for f in fields(Entry) if f.name != "leaf_hash"])
def test_every_field_is_in_the_hash(name: str) -> None:
    value = getattr(ENTRY, name)
    other: Any = value + 1 if isinstance(value, int) else value[:-1]
    assert replace(ENTRY, **{name: other}, leaf_hash=b"").leaf_hash != ENTRY.leaf_hash


@given(st.lists(st.binary(max_size=3), min_size=9, max_size=9), st.integers(0, 7))
def test_what_moves_from_one_text_to_the_next_changes_the_bytes(texts: Any, place: int) -> None:
    moved = list(texts)
    if not moved[place]:
        return
    moved[place], moved[place + 1] = moved[place][:-1], moved[place][-1:] + moved[place + 1]
    assert b"".join(moved) == b"".join(texts)
    assert leaf_bytes(0, 0, 1, *moved) != leaf_bytes(0, 0, 1, *texts)


def test_an_entry_comes_back_from_its_row() -> None:
    assert Entry.from_raw(ENTRY.raw()) == ENTRY


def test_a_row_without_its_hash_is_no_entry() -> None:
    row: Any = list(ENTRY.raw())
    row[7] = b"bob"
    with pytest.raises(LedgerError, match="entry 7 is not what was written"):
        Entry.from_raw(tuple(row))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"stream": "Batch 1"}, "no stream"),
        ({"stream": "batch/"}, "no stream"),
        ({"stream": "batch//1"}, "no stream"),
        ({"stream": "batch/a\nb"}, "no stream"),
        ({"kind": "batch released"}, "no kind"),
        ({"schema_version": 0}, "at least 1"),
        ({"occurred_at": "2016-11-28"}, "expected an instant"),
        ({"occurred_at": "2016-11-31T14:00:00.000000Z"}, "expected an instant"),
        ({"occurred_at": "2016-11-28T14:00:00.000000Z[Mars/Base]"}, "not a time zone"),
        ({"reason": "a\x00b"}, "null character"),
        ({"reason": "\ud800"}, "no text of Unicode"),
    ],
)
def test_a_draft_that_cannot_be_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(LedgerError, match=told):
        Draft(**{"stream": "batch/B-001", "kind": "BatchOpened", "body": {}, **change})


@given(st.datetimes(timezones=st.timezones()))
def test_the_order_of_the_text_is_the_order_of_time(at: Any) -> None:
    from datetime import UTC, datetime

    try:
        text = instant_text(at)
    except OverflowError:
        return
    assert len(text) == 27
    assert instant_from_text(text) == at.astimezone(UTC)
    middle = datetime(2016, 11, 28, tzinfo=UTC)
    assert (text < instant_text(middle)) == (at < middle)
    assert (microseconds_between(text, instant_text(middle)) > 0) == (at < middle)


def test_an_instant_keeps_the_zone_of_the_wall() -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    wall = datetime(2016, 11, 6, 1, 30, fold=1, tzinfo=ZoneInfo("America/Toronto"))
    text = instant_text(wall, "America/Toronto")
    assert text == "2016-11-06T06:30:00.000000Z[America/Toronto]"
    assert zone_of(text) == "America/Toronto"
    with pytest.raises(LedgerError, match="needs a time zone"):
        instant_text(wall.replace(tzinfo=None))
