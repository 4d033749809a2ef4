"""One sample of the demand: the patients as drawn before any supply, and the orders that arise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from doseline.demand.crowds import crowds
from doseline.demand.drawing import Drawing
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
    the site. Raises LookupError for an unknown uptake case. A simulation of many replications draws
    the same patients as columns, with `crowds.Crowds`.
    """
    asked = (from_on, until_on, cases, protocols, drawing)
    return crowds(programme, seed, (replication,), *asked)[0].patients


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
