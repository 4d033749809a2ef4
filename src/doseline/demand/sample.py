"""One sample of the demand: the patients as drawn before any supply, and the orders that arise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

import numpy as np

from doseline.chance import stable_hash
from doseline.demand.enrolment import Arrival, arrivals, places, whole_days
from doseline.demand.luck import Drawn, luck_tables, sizes
from doseline.demand.market import drawn_case, named_case, starts
from doseline.operations.ordering import (
    Offered,
    course_with_perfect_supply,
    standing_orders,
)
from doseline.operations.orders import DoseOrder, Patient
from doseline.operations.routes import Ways, ways_of
from doseline.programme import Programme
from doseline.programme.course import snapped
from doseline.programme.market import Market
from doseline.programme.trial import Trial


def patients(
    programme: Programme,
    seed: int,
    replication: int,
    from_on: date | None = None,
    until_on: date | None = None,
    cases: Mapping[str, str] | None = None,
    protocols: Collection[str] | None = None,
) -> tuple[Patient, ...]:
    """The patients of one replication, in the order of their first doses; all luck drawn.

    Only those whose first dose is due between two days, where days are given; `cases` names the
    uptake of markets by id (the others are drawn by weight), `protocols` keeps some trials and
    markets. The first dose is due on a treatment day of the site. Raises LookupError for an
    unknown uptake case.
    """
    ways = ways_of(programme)
    found: list[Patient] = []
    for trial in programme.trials:
        if protocols is None or trial.id in protocols:
            found += _of_trial(programme, ways, trial, seed, replication)
    for market in programme.markets:
        if protocols is None or market.id in protocols:
            name = cases.get(market.id) if cases else None
            found += _of_market(programme, ways, market, name, seed, replication)
    first = from_on.toordinal() if from_on else 0
    last = until_on.toordinal() if until_on else date.max.toordinal()
    kept = (p for p in found if first <= p.first_day <= last)
    return tuple(sorted(kept, key=lambda p: (p.first_day, p.id)))


def orders(
    programme: Programme,
    patients: Iterable[Patient],
    from_on: date | None = None,
    until_on: date | None = None,
    protocols: Collection[str] | None = None,
    with_cancelled: bool = False,
    offered: Offered | None = None,
) -> tuple[DoseOrder, ...]:
    """The dose orders that arise with perfect supply, in the order of the days wanted.

    Every dose is given on its day, so the next visit counts from there. An order that its site
    moved stands on its new day; one that was cancelled is left out, unless asked for, and ordered
    again. Where the days on offer are known, sites order those. Standing demand is included.
    Only orders wanted between two days, the programme's own where none are given.
    """
    treats = ways_of(programme).treats
    first, last = from_on or programme.from_on, until_on or programme.until_on
    found: list[DoseOrder] = []
    for patient in patients:
        if protocols is None or patient.protocol in protocols:
            course = course_with_perfect_supply(programme, patient, treats, offered)
            found += [order for order, stage in course if stage is None or with_cancelled]
    for demand in programme.standing_demand:
        if protocols is None or demand.id in protocols:
            found += standing_orders(programme, demand, treats)
    kept = (o for o in found if first <= o.wanted_on <= last)
    return tuple(sorted(kept, key=lambda o: (o.wanted_on, o.id)))


def sampled_orders(
    programme: Programme,
    seed: int,
    samples: int,
    from_on: date | None = None,
    until_on: date | None = None,
    cases: Mapping[str, str] | None = None,
    protocols: Collection[str] | None = None,
) -> Iterator[tuple[DoseOrder, ...]]:
    """The orders of so many replications, one after the other."""
    for replication in range(samples):
        drawn = patients(
            programme, seed, replication, until_on=until_on, cases=cases, protocols=protocols
        )
        yield orders(programme, drawn, from_on, until_on, protocols)


# -- trials --------------------------------------------------------------------------------


def _of_trial(
    programme: Programme, ways: Ways, trial: Trial, seed: int, replication: int
) -> Iterator[Patient]:
    by_arm: dict[int, list[tuple[Arrival, int]]] = {}
    for arrival, number, first_day in _entries(programme, ways, trial, seed, replication):
        by_arm.setdefault(number, []).append((arrival, first_day))
    for number, entries in by_arm.items():
        drawn = Drawn(
            seed,
            replication,
            trial.id,
            np.array([stable_hash(a.site) for a, _ in entries], dtype=np.uint64),
            np.array([a.rank for a, _ in entries], dtype=np.uint64),
        )
        size = sizes(drawn, trial.size).tolist()
        arm = trial.arms[number]
        luck = luck_tables(drawn, arm, programme.policy, trial.weight_change_sd_fraction)
        for n, (arrival, first_day) in enumerate(entries):
            name = f"{trial.id}-{arrival.site}-{arrival.rank + 1}"
            yield Patient(
                id=name,
                protocol=trial.id,
                product=trial.product,
                site=arrival.site,
                arm=number,
                first_day=first_day,
                size=size[n],
                luck=luck[n],
            )


def _entries(
    programme: Programme, ways: Ways, trial: Trial, seed: int, replication: int
) -> Iterator[tuple[Arrival, int, int]]:
    """Who enters which arm, first treated when: arms fill in order, a patient waits for theirs."""
    rooms = list(places(trial))
    taken = 0
    free_from: dict[int, int] = {}
    for arrival in arrivals(programme, trial, seed, replication):
        if taken == len(rooms):
            return
        number, _ = rooms[taken]
        arm = trial.arms[number]
        opens = arm.from_on.toordinal() if arm.from_on else 0
        ready = int(arrival.at) + whole_days(trial.screening_min)
        day = _treated_from(
            programme, ways, arrival.site, max(ready, opens, free_from.get(number, 0))
        )
        if day is None:
            continue
        taken += 1
        free_from[number] = day + whole_days(arm.stagger_min)
        yield arrival, number, day


def _treated_from(programme: Programme, ways: Ways, site_id: str, day: int) -> int | None:
    """The first day, from a day on, on which a site treats; None where it does no more."""
    site = programme.site[site_id]
    try:
        return snapped(day, day, day, lambda d: ways.treats(site, d))
    except LookupError:
        return None


# -- markets -------------------------------------------------------------------------------


def _of_market(
    programme: Programme,
    ways: Ways,
    market: Market,
    name: str | None,
    seed: int,
    replication: int,
) -> Iterator[Patient]:
    case = named_case(market, name) if name else drawn_case(market, seed, replication)
    begun = starts(programme, market, case, seed, replication)
    size = sizes(begun.drawn, market.size).tolist()
    luck = luck_tables(begun.drawn, market.arm, programme.policy, 0.0)
    year, rank = begun.drawn.entity.tolist(), begun.drawn.rank.tolist()
    for n, (due, row) in enumerate(zip(begun.day.tolist(), begun.site.tolist(), strict=True)):
        site = market.sites[row].site
        first_day = _treated_from(programme, ways, site, due)
        if first_day is None:
            continue
        yield Patient(
            id=f"{market.id}-Y{year[n]}-{rank[n] + 1}",
            protocol=market.id,
            product=market.product,
            site=site,
            arm=0,
            first_day=first_day,
            size=size[n],
            luck=luck[n],
        )
