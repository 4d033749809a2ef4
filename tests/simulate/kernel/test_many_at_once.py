"""Many replications in one call of compiled code: each is the one that is played by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest

from doseline.demand import Crowds
from doseline.formats import read_programme
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.hazard import Hazard, Lasts
from doseline.simulate import Period, dated_shocks
from doseline.simulate.reference import run
from doseline.simulate.result import Run
from doseline.simulate.world import World
from tests.hand_world import world
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, one_dose, with_second_plant

pytest.importorskip("numba")

from doseline.simulate.kernel import futures, play, room_for
from doseline.simulate.kernel.play import Asked, Kernel
from doseline.simulate.kernel.world_tables import tables_of

EXAMPLES = Path(__file__).parents[3] / "examples"
SEED = 3


class Case:
    """Replications of a world, with the shocks of each, and what the reference makes of them."""

    def __init__(
        self, programme: Programme, first: date, last: date, crowds: Sequence[Sequence[Patient]]
    ) -> None:
        self.world = World(programme, first, last)
        self.periods = (Period("all", (), first, last),)
        self.crowds = crowds
        numbers = range(len(crowds))
        self.shocks = [
            dated_shocks(programme, None, seed=SEED, replication=n, chance=True,
                         from_on=first, until_on=last)
            for n in numbers
        ]  # fmt: skip
        self.asked = Asked(crowds, SEED, numbers, self.shocks)
        self.plain = [
            run(self.world, crowds[n], seed=SEED, replication=n, periods=self.periods)
            for n in numbers
        ]

    def kernel(self) -> Kernel:
        """A kernel that has played nothing yet."""
        return Kernel(self.world, self.periods)


@lru_cache
def cohorts() -> Case:
    """Cohorts that wait for one another; no shocks."""
    p = read_programme(EXAMPLES / "first_in_human" / "programme.yaml").under(None)
    last = date(2028, 12, 31)
    return Case(p, p.from_on, last, list(Crowds(p, SEED, until_on=last).several(range(5))))


@lru_cache
def hazards() -> Case:
    """Stops that differ from future to future."""
    p = read_programme(EXAMPLES / "clr131" / "programme.yaml").under("madison_and_hamilton")
    first, last = date(2018, 1, 1), date(2018, 12, 31)
    plants, lanes = (m.id for m in p.manufacturers), (lane.id for lane in p.lanes)
    stops = Hazard("stops", "stops", "manufacturer", tuple(plants), 2.0, Lasts(mean_min=20 * 1440))
    holds = Hazard("holds", "holds", "lane", tuple(lanes), 1.0, Lasts(mean_min=5 * 1440))
    p = replace(p, hazards=(stops, holds))
    return Case(p, first, last, list(Crowds(p, SEED, until_on=last).several(range(5))))


@lru_cache
def losses() -> Case:
    """Many doses lost; all patients drawn together."""
    p = with_second_plant(failing(one_dose(world()), 0.5), 0.3)
    drawn = Crowds(p, SEED, until_on=UNTIL)
    return Case(p, FROM, UNTIL, list(drawn.several(range(8))))


CASES = pytest.mark.parametrize("case", [cohorts, hazards, losses])


def equal(found: Sequence[Run | None], case: Case) -> None:
    """Whether each is what the reference gives, and there is something in it."""
    assert len(found) == len(case.plain)
    for fast, plain in zip(found, case.plain, strict=True):
        assert fast is not None
        assert fast.replication == plain.replication
        assert fast.services == plain.services
    assert sum(r.replication.total("doses_given") for r in case.plain) > 0


def test_the_worlds_have_what_they_are_for() -> None:
    assert any(p.waits_days for p in cohorts().crowds[1])
    assert len({tuple(s) for s in hazards().shocks}) > 2
    assert sum(len(s.short) for r in losses().plain for s in r.services) > 8
    for case in (cohorts(), hazards(), losses()):
        assert len(list(case.kernel().parts(case.asked))) < len(case.crowds)


@CASES
def test_each_is_as_the_reference(case: object) -> None:
    c = case()  # type: ignore[operator]
    equal(c.kernel().several(c.asked), c)


def test_where_the_room_is_too_small_it_grows_and_the_rest_is_played_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    c = cohorts()
    monkeypatch.setattr(play, "_ORDERS", 32)
    monkeypatch.setattr(play, "_EACH", 0)
    kernel = c.kernel()
    equal(kernel.several(c.asked), c)
    assert kernel.room.size > 32


def test_where_more_is_lost_than_is_noted_at_once_the_rest_is_played_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    c = losses()
    monkeypatch.setattr(room_for, "_SHORTS", 1)
    tables_of(c.world).lent.clear()
    kernel = c.kernel()
    stops = []
    plainly = futures.run_futures

    def counted(*args: object) -> int:
        stops.append(plainly(*args))  # type: ignore[arg-type]
        return stops[-1]

    monkeypatch.setattr(play, "run_futures", counted)
    equal([*kernel._at_once(c.asked.part(1, 8))], _part(c, 1))
    assert len(stops) > 1


def test_futures_that_end_early_live_in_the_memory_of_those_that_do_not() -> None:
    """Three ends of one world in turn, twice: each as the reference plays it."""
    c = losses()
    assert not any(c.shocks)
    ends = (c.world.until_on, date(2024, 2, 29), date(2024, 2, 5))
    played = [
        (c.world.ending(end), Kernel(c.world.ending(end), c.periods).several(c.asked))
        for end in ends * 2
    ]
    due = set()
    for there, found in played:
        for n, one in enumerate(found):
            plain = run(there, c.crowds[n], seed=SEED, replication=n, periods=c.periods)
            assert one is not None
            assert (one.replication, one.services) == (plain.replication, plain.services)
        due.add(sum(s.due for one in found if one for s in one.services))
    assert len(due) == len(ends)


def test_a_future_that_ends_early_is_the_beginning_of_the_longer_one() -> None:
    c = losses()
    end = date(2024, 2, 20)
    early = (Period("early", (), FROM, date(2024, 2, 5)),)
    for n, crowd in enumerate(c.crowds):
        short, long = (
            run(w, crowd, seed=SEED, replication=n, periods=early)
            for w in (c.world.ending(end), c.world)
        )
        assert [(s.due, s.on_time, s.against_odds) for s in short.services] == [
            (s.due, s.on_time, s.against_odds) for s in long.services
        ]


def test_plain_patients_are_played_one_after_the_other() -> None:
    p = failing(one_dose(world()), 0.4)
    crowds = [Weekly()(n) for n in range(4)]
    c = Case(p, FROM, UNTIL, crowds)
    equal(c.kernel().several(c.asked), c)


def test_what_one_future_did_is_forgotten_by_the_next() -> None:
    c = losses()
    kernel = c.kernel()
    first = kernel.several(c.asked)
    equal(kernel.several(c.asked), c)
    equal(first, c)


def _part(case: Case, first: int) -> Case:
    found = object.__new__(Case)
    found.__dict__.update(case.__dict__)
    found.plain = case.plain[first:]
    return found
