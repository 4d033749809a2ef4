"""What is known of the demand of futures stands beside the futures that it belongs to."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.simulate import Period
from doseline.studies.controls import Controls, weighing
from doseline.studies.figures import service
from doseline.studies.planned import planned_demand
from doseline.studies.runs import Play, cases_of, periods, play
from doseline.studies.served import Served, served_of
from tests.hand_world import world

EXAMPLES = Path(__file__).parents[2] / "examples"


@lru_cache
def programme() -> Programme:
    return read_programme(EXAMPLES / "clr131" / "programme.yaml")


def year() -> Period:
    (found,) = periods([q for q in programme().questions if q.id == "us_y3"])
    return found


def known(first: int, futures: int) -> Controls:
    p, span = programme(), (year().from_on, year().until_on)
    run = Play(4, futures, first=first)
    under = p.under("madison_and_hamilton")
    return planned_demand(under, run, (year(),), *span, cases_of(p))[year().id]


@lru_cache
def served() -> Served:
    pytest.importorskip("numba")
    p, span = programme(), (year().from_on, year().until_on)
    result = play(
        p.under("madison_and_hamilton"), Play(4, 150, engine="kernel"), counted=(year(),),
        from_on=span[0], until_on=span[1], cases=cases_of(p),
    )  # fmt: skip
    return served_of(result, year().id, known(0, 150))


def test_parts_know_what_the_whole_knows() -> None:
    whole = known(0, 12)
    assert Controls.together([known(0, 5), known(5, 7)]) == whole
    assert len(whole.means) == len(whole.rows[0])


def test_doses_due_are_those_that_were_planned() -> None:
    """Each future beside its own; in another order they would have nothing in common."""
    kinds = len(served().controls.means) - len(known(0, 1).means)
    planned = [row[kinds] for row in served().controls.rows]
    assert np.corrcoef(planned, served().due)[0, 1] > 0.85


def test_luck_taken_back_makes_the_interval_narrower() -> None:
    s = served()
    plain, without = service(s.on_time, s.due), service(s.on_time, s.due, weighing(s.controls))
    assert without.high - without.low < 0.85 * (plain.high - plain.low)
    assert plain.low < without.mean < plain.high


def test_where_there_is_no_market_nothing_is_known() -> None:
    p = world()
    found = planned_demand(p, Play(1, 3), periods(p.questions), p.from_on, p.until_on, None)
    assert [c.rows for c in found.values()] == [((), (), ())]
