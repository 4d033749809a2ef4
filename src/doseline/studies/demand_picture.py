"""The demand of a programme: by month and week, by trial and market, and over all paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from doseline.demand import (
    Band,
    DemandCounts,
    Drawing,
    EnrolmentForecast,
    PeriodDemand,
    ProductDemand,
    bands,
    by_month,
    by_product,
    by_week,
    demand_counts,
    path_shares,
    successes,
)
from doseline.demand.courses import STAGES
from doseline.demand.entries import has_rule
from doseline.demand.stages import Path, share_interval, stated_chance
from doseline.operations.events import CancelStage
from doseline.operations.ordering import mean_fee_cents
from doseline.programme import Programme
from doseline.programme.scenario import DEMAND, Scenario
from doseline.programme.trial import Trial
from doseline.studies.demand_basis import RestsOn, rests_on
from doseline.studies.demand_method import method_lines, with_fees
from doseline.studies.figures import Figure, count_figure, mean_figure
from doseline.studies.progress import Progress, silent
from doseline.studies.trial_rules import RuleSays, rule_says


@dataclass(frozen=True, slots=True)
class ProtocolDemand:
    """The demand of one trial, market or standing demand, given that it begins as written.

    `orders` and `patients` count a whole future; `a_week` is the mean of its weeks from the first
    order to the last. `cancelled` counts the orders cancelled in a future by when they were: before
    the lock, before production, after it. `screened` is how many consent in a future, on average,
    for so many to be treated, controls among them; None outside trials. `fees` is what its sites
    owe in a future for cancelled orders, on average, in the programme's currency; None where
    nothing is asked for them. `rests_on` says what its futures rest on.
    """

    protocol: str
    name: str
    kind: str
    patients: Band
    orders: Band
    a_week: Figure
    cancelled: tuple[tuple[str, float], ...]
    months: tuple[PeriodDemand, ...]
    weeks: tuple[PeriodDemand, ...]
    rule: RuleSays | None = None
    screened: float | None = None
    fees: Figure | None = None
    rests_on: RestsOn = RestsOn()


@dataclass(frozen=True, slots=True)
class PathDemand:
    """One way through the stages: how likely, and the orders of a future that takes it.

    `stated` is the chance by the stated chances alone, where no trial's own rule has a say.
    """

    succeeded: tuple[str, ...]
    ended_at: tuple[str, ...]
    share: Figure
    stated: float | None
    orders: Band


@dataclass(frozen=True, slots=True)
class PathsDemand:
    """The demand over all paths: whether each stage succeeds is drawn, and when it begins."""

    paths: tuple[PathDemand, ...]
    orders: Band
    months: tuple[PeriodDemand, ...]


@dataclass(frozen=True, slots=True)
class RiskDemand:
    """What a scenario does to the demand, under the same luck as without it.

    `orders` are those of a future with it over all paths, `difference` what it adds to such a
    future (less than 0: takes away), `as_written` the same where every stage succeeds and begins as
    written but for the shocks, `markets` the share of futures, over all paths, in which a market
    asks for a dose.
    """

    scenario: str
    name: str
    why: str
    hindsight: bool
    orders: Figure
    difference: Figure
    as_written: Figure
    markets: Figure


@dataclass(frozen=True, slots=True)
class TrialForecast:
    """The end of enrolment of a trial, forecast from its record so far."""

    trial: str
    name: str
    forecast: EnrolmentForecast


@dataclass(frozen=True)
class DemandPicture:
    """What a programme asks for: bands over futures, everything given that it begins as written.

    `paths` is None where the programme states no stages.
    """

    programme: str
    as_of_on: date
    from_on: date
    until_on: date
    seed: int
    samples: int
    scenario: str | None
    orders: Band
    months: tuple[PeriodDemand, ...]
    weeks: tuple[PeriodDemand, ...]
    protocols: tuple[ProtocolDemand, ...]
    products: tuple[ProductDemand, ...]
    paths: PathsDemand | None
    forecasts: tuple[TrialForecast, ...]
    method: tuple[str, ...]
    risks: tuple[RiskDemand, ...] = ()


def demand_picture(
    programme: Programme,
    *,
    seed: int,
    samples: int,
    from_on: date | None = None,
    until_on: date | None = None,
    drawing: Drawing | None = None,
    forecasts: Iterable[TrialForecast] = (),
    risks: bool = False,
    progress: Progress = silent,
) -> DemandPicture:
    """Draw the demand of so many futures, as written and, where there are stages, over all paths.

    With `risks` also under each scenario that hits the demand, where none is asked for anyway.
    Raises LookupError for an unknown uptake case.
    """
    first, last = from_on or programme.from_on, until_on or programme.until_on
    drawing = drawing or Drawing()

    counts = demand_counts(
        programme, seed, samples, first, last, drawing=drawing,
        progress=lambda done, total: progress("futures drawn", done, total),
    )  # fmt: skip
    names = _names(programme)
    return DemandPicture(
        programme=programme.name,
        as_of_on=programme.as_of_on,
        from_on=first,
        until_on=last,
        seed=seed,
        samples=samples,
        scenario=drawing.scenario.id if drawing.scenario else None,
        orders=_total(counts, None),
        months=by_month(counts),
        weeks=by_week(counts),
        protocols=tuple(
            _protocol(programme, counts, p, *names[p], seed, samples, drawing)
            for p in counts.protocols
            if counts.of("stage", [p]).any()
        ),
        products=by_product(counts),
        paths=_paths(programme, seed, samples, first, last, drawing, progress),
        forecasts=tuple(forecasts),
        method=method_lines(programme, samples, drawing),
        risks=tuple(
            _risks(programme, seed, samples, first, last, drawing, progress) if risks else ()
        ),
    )


def _names(programme: Programme) -> Mapping[str, tuple[str, str]]:
    """The name in print and the kind of each trial, market and standing demand."""
    found = {t.id: (t.name, "trial") for t in programme.trials}
    found |= {m.id: (m.name, "market") for m in programme.markets}
    products = {p.id: p.name for p in programme.products}
    return found | {
        d.id: (products.get(d.product, d.id), "standing") for d in programme.standing_demand
    }


def _total(counts: DemandCounts, protocols: list[str] | None) -> Band:
    return bands(counts.of("product", protocols).sum(axis=1)[:, None])[0]


def _protocol(
    programme: Programme,
    counts: DemandCounts,
    protocol: str,
    name: str,
    kind: str,
    seed: int,
    samples: int,
    drawing: Drawing,
) -> ProtocolDemand:
    one = [protocol]
    trial = programme.trial.get(protocol)
    stages = counts.of("stage", one).mean(axis=0).tolist()
    people = bands(counts.of("patients", one))[0]
    rule = None
    if trial and has_rule(trial):
        played = _share(successes(programme, trial, seed, samples, drawing))
        rule = rule_says(trial, seed, played, recorded=protocol in drawing.so_far)
    return ProtocolDemand(
        protocol=protocol,
        name=name,
        kind=kind,
        patients=people,
        orders=_total(counts, one),
        a_week=_a_week(counts, one),
        cancelled=tuple(zip(STAGES[1:], stages[1:], strict=True)),
        months=by_month(counts, one),
        weeks=by_week(counts, one),
        rule=rule,
        screened=_screened(trial, people.mean) if trial else None,
        fees=None if kind == "standing" else _fees(programme, counts, protocol),
        rests_on=rests_on(programme, protocol, drawing),
    )


def _fees(programme: Programme, counts: DemandCounts, protocol: str) -> Figure | None:
    """What sites owe in a future for cancelled orders, on average, in the programme's currency."""
    ordering = programme.ordering_of(protocol)
    if not with_fees(programme, protocol):
        return None
    fees = np.array([mean_fee_cents(ordering, stage) for stage in get_args(CancelStage)]) / 100.0
    return count_figure((counts.of("stage", [protocol])[:, 1:] @ fees).tolist())


def _a_week(counts: DemandCounts, protocols: list[str]) -> Figure:
    """Orders a week of each future, from its first order's week to its last's; their mean."""
    weeks = counts.of("week", protocols)
    asked = weeks[weeks.any(axis=1)]
    if not len(asked):
        return mean_figure([0.0, 0.0])
    some = asked > 0
    length = asked.shape[1] - some[:, ::-1].argmax(axis=1) - some.argmax(axis=1)
    return mean_figure((asked.sum(axis=1) / length).tolist())


def _paths(
    programme: Programme,
    seed: int,
    samples: int,
    first: date,
    last: date,
    drawing: Drawing,
    progress: Progress,
) -> PathsDemand | None:
    if not programme.stages:
        return None
    counts = demand_counts(
        programme, seed, samples, first, last, drawing=drawing, stages=True,
        progress=lambda done, total: progress("paths drawn", done, total),
    )  # fmt: skip
    orders = counts.of("product").sum(axis=1)
    return PathsDemand(
        paths=tuple(_path(programme, p, orders, drawing) for p in path_shares(counts.ways)),
        orders=bands(orders[:, None])[0],
        months=by_month(counts),
    )


def _path(
    programme: Programme, path: Path, orders: NDArray[np.float64], drawing: Drawing
) -> PathDemand:
    return PathDemand(
        succeeded=path.succeeded,
        ended_at=path.ended_at,
        share=Figure(path.share, path.low, path.high),
        stated=stated_chance(programme, path, drawing.scenario, drawing.so_far),
        orders=bands(orders[list(path.places)][:, None])[0],
    )


def _risks(
    programme: Programme,
    seed: int,
    samples: int,
    first: date,
    last: date,
    drawing: Drawing,
    progress: Progress,
) -> Iterator[RiskDemand]:
    """What each scenario on the demand does, where no scenario is asked for anyway."""
    hitting = [s for s in programme.scenarios if any(h.hits in DEMAND for h in s.shocks)]
    if drawing.scenario is not None or not hitting:
        return

    def counted(scenario: Scenario | None, stages: bool) -> DemandCounts:
        return demand_counts(
            programme, seed, samples, first, last,
            drawing=replace(drawing, scenario=scenario), stages=stages,
        )  # fmt: skip

    def total(counts: DemandCounts) -> NDArray[np.float64]:
        return np.asarray(counts.of("product").sum(axis=1))

    staged = bool(programme.stages)
    calm, plain = total(counted(None, staged)), total(counted(None, False))
    markets = [m.id for m in programme.markets]
    for number, scenario in enumerate(hitting, 1):
        hit = counted(scenario, staged)
        written = total(counted(scenario, False)) - plain
        yield RiskDemand(
            scenario=scenario.id,
            name=scenario.name,
            why=scenario.why,
            hindsight=scenario.hindsight,
            orders=mean_figure(total(hit).tolist()),
            difference=mean_figure((total(hit) - calm).tolist()),
            as_written=mean_figure(written.tolist()),
            markets=_share(np.asarray(hit.of("product", markets).any(axis=1))),
        )
        progress("risks drawn", number, len(hitting))


def _share(which: NDArray[np.bool_]) -> Figure:
    """The share of futures, with its 95 % interval."""
    found = int(which.sum())
    return Figure(found / len(which), *share_interval(found, len(which)))


def _screened(trial: Trial, treated: float) -> float:
    """How many consent for so many to be treated: those who fail the screening, and controls."""
    if trial.event_rule is not None:
        treated /= trial.event_rule.treated_fraction
    return treated / (1.0 - trial.screening_failed_fraction)
