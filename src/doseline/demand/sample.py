"""One sample of the demand: the patients as drawn before any supply, and the orders that arise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from doseline.demand.drawing import Drawing, DrawnCourse, drawn_courses
from doseline.demand.luck import luck_tables
from doseline.operations.ordering import Offered, course_with_perfect_supply, standing_orders
from doseline.operations.orders import DoseOrder, Patient
from doseline.operations.routes import ways_of
from doseline.programme import Programme


def patients(
    programme: Programme,
    seed: int,
    replication: int,
    from_on: date | None = None,
    until_on: date | None = None,
    cases: Mapping[str, str] | None = None,
    protocols: Collection[str] | None = None,
    drawing: Drawing | None = None,
) -> tuple[Patient, ...]:
    """The patients of one replication, in the order of their first doses; all luck drawn.

    Only those whose first dose is due between two days, where days are given; `cases` names the
    uptake of markets by id (the others are drawn by weight), `protocols` keeps some trials and
    markets, `drawing` says what else is known or asked. The first dose is due on a treatment day of
    the site. Raises LookupError for an unknown uptake case.
    """
    drawing = drawing or Drawing()
    if cases:
        drawing = replace(drawing, cases={**drawing.cases, **cases})
    first = from_on.toordinal() if from_on else 0
    last = until_on.toordinal() if until_on else date.max.toordinal()
    found: list[Patient] = []
    ways = ways_of(programme)
    for drawn in drawn_courses(programme, ways, seed, (replication,), protocols, drawing):
        found += _patients(programme, drawn, first, last)
    return tuple(sorted(found, key=lambda p: (p.first_day, p.id)))


def _patients(programme: Programme, drawn: DrawnCourse, first: int, last: int) -> Iterator[Patient]:
    """The patients of one arm whose first dose is due between two days, with their luck."""
    course = drawn.course
    kept = np.flatnonzero((course.first_day >= first) & (course.first_day <= last))
    numbers = course.drawn.picked(kept)
    trial = programme.trial.get(drawn.protocol)
    product = trial.product if trial else programme.market[drawn.protocol].product
    weight_sd = trial.weight_change_sd_fraction if trial else 0.0
    luck = luck_tables(numbers, course.arm, programme.policy, weight_sd)
    columns = (course.site, course.first_day, course.cohort, course.waits_days, course.size)
    numbered = [numbers.entity, numbers.rank, *(c[kept] for c in columns)]
    rows = zip(*(c.tolist() for c in numbered), strict=True)
    for n, (entity, rank, row, day, cohort, waits, size) in enumerate(rows):
        site = drawn.calendar.sites[row]
        where = site if trial else f"Y{entity}"
        yield Patient(
            id=f"{drawn.protocol}-{where}-{rank + 1}",
            protocol=drawn.protocol,
            product=product,
            site=site,
            arm=drawn.arm,
            first_day=day,
            size=size,
            luck=luck[n],
            cohort=cohort,
            waits_days=waits,
        )


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
