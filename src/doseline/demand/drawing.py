"""Everybody who is treated in some futures, arm by arm, before any supply is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from doseline.demand.courses import Course
from doseline.demand.entries import Entries, calendar_of, trial_entries
from doseline.demand.luck import Ints, sizes
from doseline.demand.market import Starts, drawn_case, named_case, starts, won
from doseline.demand.observed import EnrolmentSoFar
from doseline.demand.replacing import Filed
from doseline.demand.stages import Paths, later_by_shocks
from doseline.demand.thinning import stays
from doseline.demand.treatment_days import SiteDays, site_days
from doseline.operations.routes import Ways
from doseline.programme import Programme
from doseline.programme.course import SEARCH_DAYS
from doseline.programme.market import Market, UptakeCase
from doseline.programme.scenario import Scenario
from doseline.programme.trial import Trial


@dataclass(frozen=True)
class Drawing:
    """What is known or asked of the futures that are drawn.

    `cases` names the uptake of markets by id, the others are drawn by weight; `scenario` strikes
    those who come; `so_far` holds the record of trials by id, and `estimated` names those whose
    rates are taken from it alone; `paths` says which stages begin, and when (without paths every
    trial and market runs as written); `filed` holds orders that take the place of drawn ones in a
    table of orders.
    """

    cases: Mapping[str, str] = field(default_factory=dict)
    scenario: Scenario | None = None
    so_far: Mapping[str, EnrolmentSoFar] = field(default_factory=dict)
    estimated: frozenset[str] = frozenset()
    paths: Paths | None = None
    filed: Filed | None = None


@dataclass(frozen=True, slots=True)
class DrawnCourse:
    """The patients of one arm of a protocol, and the treatment days of its sites."""

    protocol: str
    arm: int
    course: Course
    calendar: SiteDays
    of_trial: bool


def drawn_courses(
    programme: Programme,
    ways: Ways,
    seed: int,
    replications: Sequence[int],
    protocols: Collection[str] | None,
    drawing: Drawing,
) -> Iterator[DrawnCourse]:
    """The patients of some replications, by trial or market and arm; all luck can be drawn.

    Raises LookupError for an unknown uptake case.
    """
    later = (
        drawing.paths.later_days
        if drawing.paths
        else later_by_shocks(
            programme, ways, seed, replications, drawing.scenario, drawing.so_far, drawing.estimated
        )
    )
    for trial in programme.trials:
        if protocols is None or trial.id in protocols:
            days = later.get(trial.id)
            yield from _of_trial(programme, ways, trial, seed, replications, drawing, days)
    for market in programme.markets:
        if protocols is None or market.id in protocols:
            days = later.get(market.id)
            yield _of_market(programme, ways, market, seed, replications, drawing, days)


def _of_trial(
    programme: Programme,
    ways: Ways,
    trial: Trial,
    seed: int,
    replications: Sequence[int],
    drawing: Drawing,
    later_days: Ints | None,
) -> Iterator[DrawnCourse]:
    paths = drawing.paths
    found: Entries
    if paths is not None and trial.id in paths.entries:
        found = paths.entries[trial.id]
    else:
        found = trial_entries(
            programme, ways, trial, seed, replications, later_days=later_days,
            scenario=drawing.scenario, so_far=drawing.so_far.get(trial.id),
            estimate=trial.id in drawing.estimated,
        )  # fmt: skip
    calendar = calendar_of(programme, ways, trial)
    for number, arm in enumerate(trial.arms):
        mine = found.of_arm(number)
        if mine.site.size:
            size = sizes(mine.drawn, trial.size)
            course = Course(
                arm, mine.drawn, mine.site, mine.first_day, size, mine.cohort, mine.waits_days
            )
            yield DrawnCourse(trial.id, number, course, calendar, True)


def _of_market(
    programme: Programme,
    ways: Ways,
    market: Market,
    seed: int,
    replications: Sequence[int],
    drawing: Drawing,
    later_days: Ints | None,
) -> DrawnCourse:
    name = drawing.cases.get(market.id)
    cases: list[UptakeCase] = [
        named_case(market, name) if name else drawn_case(market, seed, r) for r in replications
    ]
    begun = starts(programme, market, cases, seed, replications)
    begun = won(market, _later(begun, market, replications, later_days, drawing.paths))
    kept = stays(drawing.scenario, "market", market.id, begun.drawn, begun.day)
    if kept is not None:
        begun = Starts(begun.drawn.picked(kept), begun.day[kept], begun.site[kept])
    calendar = market_days(programme, ways, market)
    first = calendar.snapped(begun.site, begun.day, 0, 0)
    treated = first >= 0
    drawn = begun.drawn.picked(treated)
    nothing = np.zeros(len(drawn.rank), dtype=np.int64)
    course = Course(
        market.arm,
        drawn,
        begun.site[treated],
        first[treated],
        sizes(drawn, market.size),
        nothing,
        nothing,
    )
    return DrawnCourse(market.id, 0, course, calendar, False)


def _later(
    begun: Starts,
    market: Market,
    replications: Sequence[int],
    later_days: Ints | None,
    paths: Paths | None,
) -> Starts:
    """The starts as the stages have them: later, or not at all; the market ends on its day."""
    if later_days is None:
        return begun
    place = np.searchsorted(np.asarray(replications), begun.drawn.replication)
    day: Ints = begun.day + later_days[place]
    kept = day <= market.until_on.toordinal()
    if paths is not None:
        kept &= paths.begins[market.id][place]
    return Starts(begun.drawn.picked(kept), day[kept], begun.site[kept])


def market_days(programme: Programme, ways: Ways, market: Market) -> SiteDays:
    """The treatment days of a market's sites, for as long as its courses run."""
    first = min(programme.from_on, market.from_on).toordinal()
    last = max(programme.until_on, market.until_on).toordinal() + 3 * SEARCH_DAYS
    sites = [programme.site[s.site] for s in market.sites]
    return site_days(ways, sites, first, last - first + 1)
