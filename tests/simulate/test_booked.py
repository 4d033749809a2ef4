"""Columns of counts say what plain dictionaries say."""

import pickle
from datetime import date

import numpy as np
import pytest

from doseline.simulate.booked import Book, Booked, Short, Shorts
from doseline.simulate.result import Period, Replication

TABLE = np.array([[[1, 0, 3], [0, 0, 0]], [[0, 5, 0], [7, 0, 2]]])
MONTH = 2026 * 12
ALWAYS = {"cost:fixed": {MONTH: 10, MONTH + 2: 20}}
MORE: tuple[dict[str, dict[int, int]], ...] = ({}, {"cost:waste": {MONTH + 1: 4}})
PLAIN = (
    {"a": {MONTH: 1, MONTH + 2: 3}, **ALWAYS},
    {"a": {MONTH + 1: 5}, "b": {MONTH: 7, MONTH + 2: 2}, **ALWAYS, **MORE[1]},
)


def booked() -> Booked:
    return Booked(("a", "b"), MONTH, TABLE, ALWAYS, MORE)


@pytest.mark.parametrize("place", [0, 1])
def test_a_book_is_the_plain_mapping(place: int) -> None:
    book = Book(booked(), place)
    assert book == PLAIN[place]
    assert list(book) == sorted(PLAIN[place])
    assert pickle.loads(pickle.dumps(book)) == PLAIN[place]
    assert "c" not in book
    assert book != PLAIN[1 - place]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", ["a", "b", "c", "cost:fixed", "cost:waste"])
def test_totals_are_those_of_the_plain_mapping(place: int, name: str) -> None:
    columns = Replication(place, Book(booked(), place))
    plain = Replication(place, PLAIN[place])
    spans = (
        None,
        Period("x", (), date(2026, 2, 1), date(2026, 3, 31)),
        Period("x", (), date(2025, 1, 1), date(2025, 12, 31)),
        Period("x", (), date(2020, 1, 1), date(2026, 1, 31)),
    )
    for span in spans:
        assert columns.total(name, span) == plain.total(name, span)
    assert columns.costs == plain.costs


def test_the_doses_that_fell_short_are_named_where_somebody_looks() -> None:
    rows = [
        [0, 0, 2, 0, 1, 0, 0, 5, 0],
        [1, 2, 2, 12, 2, 1, 0, 6, 0],
        [1, 0, 2, 0, 1, 0, 2, 7, 0],
        [1, 0, 2, 0, 3, 0, 0, 7, 1],
        [1, 0, 2, 0, 4, 0, 0, 9, 0],
    ]
    shorts = Shorts(b"zzP-", np.array(rows))
    found = Short(shorts, 1, 0, 6, 8)
    assert found == (("P-12/2.1", 6), ("zz/1~2", 7))
    assert found == Short(pickle.loads(pickle.dumps(shorts)), 1, 0, 6, 8)
    assert found != Short(shorts, 0, 0, 0, 9)
    assert len(found) == 2
    assert found[0] == ("P-12/2.1", 6)
