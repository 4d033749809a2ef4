"""What a scenario does to a design: the same luck with the shock and without."""

from __future__ import annotations

from datetime import date, timedelta

from doseline.programme import Programme
from doseline.programme.scenario import Scenario
from doseline.simulate import Period, SimulationResult
from doseline.studies.assessment import ScenarioRow, ShockWeek
from doseline.studies.figures import Figure, count_figure, mean_figure, service
from doseline.studies.progress import Progress, silent
from doseline.studies.runs import FINISHES, Play, cases_of, play

FOR_GOOD = timedelta(weeks=52)
AFTERWARDS = timedelta(weeks=16)
BEFORE = timedelta(weeks=4)
WEEK = timedelta(weeks=1)
WINDOW = "window"


def scenario_row(
    programme: Programme, scenario: Scenario, run: Play, progress: Progress = silent
) -> ScenarioRow:
    """Play a scenario on a programme under a design, over the shock and the weeks after it.

    A shock for good is measured over its first year. Weeks are told from four weeks before it.
    """
    from_on, until_on = measured(programme, scenario)
    weeks = _weeks(programme, from_on, until_on)
    counted = (Period(WINDOW, (), from_on, until_on), *weeks)
    results = [
        play(
            programme,
            run,
            scenario=name,
            counted=counted,
            from_on=weeks[0].from_on,
            until_on=min(programme.until_on, until_on + FINISHES),
            cases=cases_of(programme),
            progress=progress,
            what=f"scenario {scenario.id}",
        )
        for name in (None, scenario.id)
    ]
    calm, hit = results
    rows = hit.by_period[WINDOW]
    return ScenarioRow(
        scenario=scenario.id,
        name=scenario.name,
        why=scenario.why,
        hindsight=scenario.hindsight,
        design=programme.design or "",
        from_on=from_on,
        measured_until_on=until_on,
        replications=run.replications,
        orders=mean_figure([float(sum(r.due for r in reps)) for reps in rows]),
        otif=_otif(hit),
        otif_without=_otif(calm),
        extra_delayed=_extra(calm, hit, "delayed"),
        extra_missed=_extra(calm, hit, "missed"),
        days_to_recover=mean_figure(
            [
                float(_recovery(before, after, from_on))
                for before, after in zip(_short(calm), _short(hit), strict=True)
            ]
        ),
        weeks=tuple(_week(week, calm, hit) for week in weeks),
        for_good=any(shock.until_on is None for shock in scenario.shocks),
    )


def _weeks(programme: Programme, from_on: date, until_on: date) -> tuple[Period, ...]:
    """The weeks of a window, from four weeks before it, each named by its Monday."""
    first = max(programme.from_on, from_on - BEFORE)
    monday = first - timedelta(days=first.weekday())
    found = []
    while monday <= until_on:
        days = max(first, monday), min(until_on, monday + WEEK - timedelta(days=1))
        found.append(Period(monday.isoformat(), (), *days))
        monday += WEEK
    return tuple(found)


def _week(week: Period, calm: SimulationResult, hit: SimulationResult) -> ShockWeek:
    def a_future(result: SimulationResult, name: str) -> Figure:
        rows = result.by_period[week.id]
        return count_figure([float(sum(getattr(r, name) for r in reps)) for reps in rows])

    return ShockWeek(
        week=date.fromisoformat(week.id),
        due=a_future(hit, "due"),
        due_without=a_future(calm, "due"),
        on_time=a_future(hit, "on_time"),
        on_time_without=a_future(calm, "on_time"),
    )


def measured(programme: Programme, scenario: Scenario) -> tuple[date, date]:
    """The days over which a scenario is measured."""
    from_on = min(s.from_on for s in scenario.shocks)
    last = max(s.until_on or s.from_on + FOR_GOOD for s in scenario.shocks)
    return max(programme.from_on, from_on), min(programme.until_on, last + AFTERWARDS)


def _otif(result: SimulationResult) -> Figure:
    rows = result.by_period[WINDOW]
    return service(
        [float(sum(r.on_time for r in reps)) for reps in rows],
        [float(sum(r.due for r in reps)) for reps in rows],
    )


def _extra(calm: SimulationResult, hit: SimulationResult, name: str) -> Figure:
    pairs = zip(calm.by_period[WINDOW], hit.by_period[WINDOW], strict=True)
    return mean_figure(
        [
            float(sum(getattr(r, name) for r in b) - sum(getattr(r, name) for r in a))
            for a, b in pairs
        ]
    )


def _short(result: SimulationResult) -> list[dict[str, int]]:
    """The orders delayed or missed in each replication, with the day wanted (ordinal)."""
    return [
        {order: day for row in reps for order, day in row.short}
        for reps in result.by_period[WINDOW]
    ]


def _recovery(calm: dict[str, int], hit: dict[str, int], from_on: date) -> int:
    """Days from the first day of a shock to the last order short only because of it."""
    days = [day for order, day in hit.items() if order not in calm]
    return max((day - from_on.toordinal() + 1 for day in days), default=0)
