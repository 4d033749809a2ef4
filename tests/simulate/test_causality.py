"""Nothing reads what has not happened: another luck from an instant on changes nothing before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doseline.operations.events import Event
from doseline.simulate import reference
from doseline.simulate.fate import Fate, SlotLuck, Times
from doseline.simulate.world import DAY, Place, World
from tests.hand_world import world
from tests.simulate.kernel.busy_worlds import Case, busy_cases
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing


class LaterLuck(Fate):
    """The luck of a replication until an instant, and another's for all that is known after it."""

    world: World
    until: int

    def __init__(self, seed: int, replication: int, on: bool) -> None:
        super().__init__(seed, replication, on)
        self.other = Fate(seed + 1, replication, on)

    def _of_slot(self, slot: str) -> Fate:
        place = self.world.places[self.world.index[slot]]
        locks = [place.call_off_at, *(o.lock_at for o in place.slot.isotope)]
        return super() if min(locks) <= self.until else self.other  # type: ignore[return-value]

    def _of_day(self, day: int) -> Fate:
        starts = (day - self.world.programme.from_on.toordinal()) * DAY
        return super() if starts <= self.until + DAY else self.other  # type: ignore[return-value]

    def slot(self, line: str, slot: str) -> SlotLuck:
        return self._of_slot(slot).slot(line, slot)

    def durations(self, place: Place, vials: int) -> Times:
        return self._of_slot(place.slot.id).durations(place, vials)

    def yields(self, product: Any, line: str, slot: str) -> float:
        return self._of_slot(slot).yields(product, line, slot)

    def delivery(self, source: str, plant: str, day: int) -> Any:
        return self._of_day(day).delivery(source, plant, day)

    def package(self, lane: str, site: str, day: int, index: int) -> Any:
        return self._of_day(day).package(lane, site, day, index)

    def border(self, border: str, site: str, day: int) -> Any:
        return self._of_day(day).border(border, site, day)


def histories(
    monkeypatch: pytest.MonkeyPatch, w: World, crowd: Any, seed: int, scenario: Any, until: int
) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """Every event of a future, and of the one whose luck changes at an instant."""
    asked: dict[str, Any] = {"seed": seed, "replication": 0, "scenario": scenario}
    plain = reference.run(w, crowd, keep_events=True, **asked).events
    later = type("Later", (LaterLuck,), {"world": w, "until": until})
    with monkeypatch.context() as patched:
        patched.setattr(reference, "Fate", later)
        return plain, reference.run(w, crowd, keep_events=True, **asked).events


def until(events: tuple[Event, ...], instant: int) -> list[Event]:
    """The events up to an instant."""
    return [e for e in events if e.at <= instant]


def test_later_luck_changes_what_comes_after_and_nothing_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = World(failing(world(), 0.5), FROM, UNTIL)
    crowd = Weekly(visits=len(w.programme.trials[0].arms[0].visits))(0)
    instant = 40 * DAY
    plain, other = histories(monkeypatch, w, crowd, 5, None, instant)
    assert plain != other
    assert until(plain, instant) == until(other, instant)


@given(busy_cases(), st.integers(5, 60))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
def test_no_history_hangs_on_what_comes_later(case: Case, day: int) -> None:
    p = case.programme
    w = World(p, p.from_on, p.until_on)
    with pytest.MonkeyPatch.context() as monkeypatch:
        plain, other = histories(
            monkeypatch, w, case.patients(), case.seed, case.scenario, day * DAY
        )
    assert until(plain, day * DAY) == until(other, day * DAY)
