"""Doses that fall in a period if every course goes as planned: counted, and their mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pytest

from doseline.demand import Crowds
from doseline.demand.planned import Planned
from doseline.formats import read_programme
from doseline.operations.crowd import Crowd
from doseline.programme import Programme
from doseline.programme.market import Market

EXAMPLES = Path(__file__).parents[2] / "examples"
FROM, UNTIL = date(2028, 1, 1), date(2028, 12, 31)
YEAR = ((FROM, UNTIL),)
DAYS = range(date(2026, 1, 1).toordinal(), date(2029, 2, 1).toordinal())


@lru_cache
def programme() -> Programme:
    return read_programme(EXAMPLES / "clr131" / "programme.yaml").under("madison_and_hamilton")


@lru_cache
def crowds(case: str | None, futures: int) -> tuple[Crowd, ...]:
    p = programme()
    cases = {m.id: case for m in p.markets} if case else None
    drawn = Crowds(
        p, 11, date.fromordinal(DAYS.start), date.fromordinal(DAYS.stop - 1), cases,
        tuple(m.id for m in p.markets),
    )  # fmt: skip
    return tuple(drawn.several(range(futures)))


def planned(case: str | None) -> Planned:
    p = programme()
    return Planned(p, {m.id: case for m in p.markets} if case else {}, DAYS)


def markets() -> tuple[Market, ...]:
    return programme().markets


@pytest.mark.parametrize("case", ["base", "high", None])
@pytest.mark.parametrize("which", [0, 1])
def test_the_mean_in_closed_form_is_that_of_many_futures(case: str | None, which: int) -> None:
    market, known = markets()[which], planned(case)
    found = known.of_futures(market, crowds(case, 2_000), YEAR)[:, 0]
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error > 0
    assert abs(found.mean() - known.means(market, YEAR)[0]) < 4 * error


def test_halves_of_a_period_make_the_whole() -> None:
    market, known = markets()[0], planned("base")
    middle = date(2028, 7, 1)
    halves = ((FROM, date(2028, 6, 30)), (middle, UNTIL))
    parts = known.of_futures(market, crowds("base", 20), halves)
    assert parts.sum(axis=1) == pytest.approx(
        known.of_futures(market, crowds("base", 20), YEAR)[:, 0]
    )
    assert known.means(market, halves).sum() == pytest.approx(known.means(market, YEAR)[0])


def test_plain_patients_count_as_columns_do() -> None:
    market, known = markets()[1], planned("base")
    plain = [
        Crowd(len(c), None, c.place, partial(getattr, c, "patients")) for c in crowds("base", 4)
    ]
    expected = known.of_futures(market, crowds("base", 4), YEAR)
    assert known.of_futures(market, plain, YEAR) == pytest.approx(expected)


def test_courses_begun_before_the_days_counted_are_left_out_of_both() -> None:
    p, market = programme(), markets()[0]
    late = range(FROM.toordinal(), DAYS.stop)
    few, all_ = Planned(p, {market.id: "base"}, late), planned("base")
    assert few.means(market, YEAR)[0] < all_.means(market, YEAR)[0]
    found = few.of_futures(market, crowds("base", 2_000), YEAR)[:, 0]
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - few.means(market, YEAR)[0]) < 4 * error


def test_a_market_that_is_not_there_has_none() -> None:
    gone = replace(markets()[0], until_on=date(2026, 6, 1))
    assert planned("base").means(gone, YEAR)[0] == 0.0
