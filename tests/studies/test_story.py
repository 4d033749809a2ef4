"""One future in sentences: each event that matters is told once, in its week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.operations import events as ev
from doseline.programme import Programme
from doseline.programme.scenario import Scenario, Shock
from doseline.simulate import Period, SimulationResult, history, simulate
from doseline.studies.runs import crowds_of
from doseline.studies.story import busiest, tell
from doseline.studies.typical import story_of, typical
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, tiny


def events_of(programme: Programme, scenario: Scenario | None = None) -> Sequence[ev.Event]:
    return history(
        programme,
        Weekly(),
        seed=11,
        replication=0,
        from_on=FROM,
        until_on=UNTIL,
        scenario=scenario,
    )


def told(events: Sequence[ev.Event], programme: Programme) -> list[str]:
    return [s for week in tell(programme, events, FROM, date(2024, 12, 31)) for s in week.says]


def test_every_batch_that_fails_is_told_once_with_its_cause() -> None:
    programme = failing(tiny(), 0.4)
    events = events_of(programme)
    said = told(events, programme)
    failed = [e for e in events if isinstance(e, ev.BatchFailed)]
    assert failed
    for event in failed:
        lines = [s for s in said if f"batch {event.batch} fails" in s]
        assert len(lines) == 1
        assert "in quality control (endotoxin)" in lines[0]


def test_doses_given_and_missed_add_up_to_those_of_the_events() -> None:
    programme = failing(tiny(), 0.4)
    events = events_of(programme)
    said = told(events, programme)
    missed = sum(isinstance(e, ev.OrderMissed) for e in events)
    assert sum("is missed" in s for s in said) == missed > 0
    given = sum(isinstance(e, ev.DoseAdministered) for e in events)
    one = sum(s.startswith("One dose is given") for s in said)
    more = sum(int(s.split()[0]) for s in said if s[0].isdigit())
    assert one + more == given > 0


def test_a_calm_future_tells_no_trouble() -> None:
    said = told(events_of(tiny()), tiny())
    assert said
    assert not any(word in s for s in said for word in ("fails", "missed", "lost", "held"))


def test_a_shock_is_told_by_its_name_on_its_first_day() -> None:
    on = FROM + timedelta(days=20)
    stop = Scenario("stop", "The plant stops", (Shock("manufacturer", ("plant",), on, on),))
    programme = replace(tiny(), scenarios=(stop,))
    said = told(events_of(programme, stop), programme)
    assert f"{on:%a} {on.day} {on:%b}: The plant stops begins (manufacturer: plant)." in said
    assert any("The plant stops is over" in s for s in said)


def test_the_busiest_weeks_are_those_in_which_most_went_wrong() -> None:
    programme = failing(tiny(), 0.4)
    events = events_of(programme)
    first, last = busiest(programme, events, weeks=2)
    assert first.weekday() == 0
    assert (last - first).days == 13

    def troubles(start: date) -> int:
        return sum(
            start <= programme.clock.instant(e.at).date() <= start + timedelta(days=13)
            for e in events
            if isinstance(e, ev.BatchFailed | ev.OrderMissed | ev.OrderUnpromised)
        )

    every = [first + timedelta(weeks=k) for k in range(-12, 12)]
    assert troubles(first) == max(map(troubles, every)) > 0


def played(programme: Programme, replications: int = 5) -> SimulationResult:
    """Futures with the patients that `crowds_of` gives, as an assessment plays them."""
    return simulate(
        programme,
        crowds_of(programme, 3, FROM, UNTIL, None, None),
        seed=3,
        replications=replications,
        from_on=FROM,
        until_on=UNTIL,
        periods=(Period("trial", ("trial",), FROM, UNTIL),),
    )


def test_a_typical_future_is_the_one_in_the_middle() -> None:
    programme = failing(tiny(), 0.3)
    result = played(programme)
    question = programme.questions[0]
    future = typical(question.id, question.name, result)
    assert future is not None
    story = story_of(programme, future)
    shares = {
        rows[0].replication: sum(r.on_time for r in rows) / sum(r.due for r in rows)
        for rows in result.by_period["trial"]
        if rows
    }
    assert story.otif == pytest.approx(shares[story.replication])
    assert sum(s < story.otif for s in shares.values()) <= len(shares) / 2
    assert sum(s > story.otif for s in shares.values()) <= len(shares) / 2
    assert story.weeks


def test_where_no_dose_was_due_there_is_no_story() -> None:
    nobody = simulate(
        tiny(),
        _nobody,
        seed=1,
        replications=2,
        from_on=FROM,
        until_on=UNTIL,
        periods=(Period("trial", (), FROM, UNTIL),),
    )
    assert typical("trial", "Trial", nobody) is None


def _nobody(replication: int) -> tuple[()]:
    return ()
