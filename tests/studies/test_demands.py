"""What designs share: their demand, drawn once, and ways over roads that no input touches."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from doseline.demand import crowds, expected_mix
from doseline.formats import read_programme
from doseline.operations import slots as slots_module
from doseline.operations.crowd import Crowd
from doseline.programme import Programme
from doseline.simulate import risk as risk_module
from doseline.simulate import travelled as travelled_module
from doseline.simulate.risk import risk_of
from doseline.simulate.world import World
from doseline.studies.demands import Kept, LastDrawn, as_drawn, demand_of
from doseline.studies.ranges.groups import at_end, ranges
from doseline.studies.runs import crowds_of

SPAN = date(2022, 1, 3), date(2022, 3, 27)


@pytest.fixture(scope="module")
def reference(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def test_the_demand_alone_draws_the_patients_of_the_whole(reference: Programme) -> None:
    """What `as_drawn` leaves out is not read when patients are drawn or orders expected."""
    narrowed = reference.under("hamilton_only")
    alone = as_drawn(narrowed)
    (mine,), (own,) = crowds(alone, 1, (3,)), crowds(narrowed, 1, (3,))
    assert mine.patients == own.patients
    pivotal = reference.questions[0]
    assert expected_mix(alone, pivotal) == expected_mix(narrowed, pivotal)


def test_designs_share_a_demand_and_another_enrolment_has_its_own(reference: Programme) -> None:
    one, other = (reference.under(name) for name in ("hamilton_only", "madison_only"))
    assert demand_of(one) is demand_of(other)
    trials = tuple(replace(t, patients=9) for t in reference.trials)
    assert demand_of(replace(one, trials=trials)) is not demand_of(one)


def test_what_was_drawn_is_not_drawn_again(reference: Programme) -> None:
    def drawn(programme: Programme, seed: int) -> LastDrawn:
        return crowds_of(programme, seed, *SPAN, None, None)

    one, other = (reference.under(name) for name in ("hamilton_only", "madison_only"))
    first = list(drawn(one, 5).several((0, 2)))
    again = list(drawn(other, 5).several((2, 1, 0)))
    assert (again[2] is first[0], again[0] is first[1]) == (True, True)
    assert drawn(one, 6)(0).patients != first[0].patients


def test_the_parts_of_a_span_share_what_was_drawn_and_have_the_patients_of_their_own_days(
    reference: Programme,
) -> None:
    first, last = date(2026, 1, 1), date(2029, 6, 30)
    for until_on in (date(2027, 1, 30), date(2028, 2, 29)):
        own = list(crowds_of(reference, 3, first, until_on, None, None).several((4, 5, 7)))
        part = list(crowds_of(reference, 3, first, until_on, None, None, last).several((4, 5, 7)))
        assert [c.patients for c in part] == [c.patients for c in own]
        assert [len(c) for c in part] == [len(c.patients) for c in own]
        columns = [c.columns for c in part]
        assert [None if c is None else c.first_day.tolist() for c in columns] == [
            [p.first_day for p in c.patients] for c in own
        ]


class Counted(Crowd):
    """A crowd without columns that counts how often it is counted."""

    asked = 0

    def __init__(self, patients: int) -> None:
        self.own = patients

    def __len__(self) -> int:
        Counted.asked += 1
        return self.own


def test_the_oldest_crowds_are_let_go_and_none_is_counted_again_and_again() -> None:
    """A study of many short futures would else pay for all that it has kept with each new one."""
    kept = Kept(90)
    for number in range(100):
        kept.keep((number,), Counted(8))
    assert list(kept.crowds) == [(n,) for n in range(90, 100)]
    assert Counted.asked <= 200
    kept.keep(("large",), Counted(5000))
    assert list(kept.crowds) == [("large",)]


def test_ways_are_shared_only_where_they_are_the_same(
    reference: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every input over its range: ways and slots found for another value of it are its own."""

    def looked(programme: Programme) -> list[tuple[object, ...]]:
        world = World(programme, *SPAN)
        risk = risk_of(world)
        days = range(date(2022, 1, 10).toordinal(), date(2022, 1, 17).toordinal())
        found: list[tuple[object, ...]] = []
        for day in days:
            for way in world._reach_of(("clr131", "clover_wam", "W01", day)):
                found.append((day, way.place, way.lane, way.cost_cents, risk.late(way)))
        return found

    base = reference.under("madison_and_hamilton")
    monkeypatch.setattr(travelled_module, "_known", [])
    assert looked(base)
    shared = 0
    for one in ranges(reference):
        moved = at_end(reference, one, "high")[0].under("madison_and_hamilton")
        if travelled_module.as_travelled(moved) == travelled_module.as_travelled(base):
            shared += 1
            with monkeypatch.context() as alone:
                alone.setattr(travelled_module, "_known", [])
                alone.setattr(risk_module, "_roads", {})
                alone.setattr(risk_module, "_made", {})
                alone.setattr(slots_module, "_known", [])
                own = looked(moved)
            assert looked(moved) == own
    assert shared >= 10
