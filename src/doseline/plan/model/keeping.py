"""What has been confirmed to a patient, and what it means to keep it: day, hour, batch and lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Journey, Route, Ways
from doseline.operations.schedule import Allocation, Batch, Shipment
from doseline.plan.model.matrix import Limit, Term
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.plan.model.tiers import Tier
from doseline.plan.model.variables import Problem
from doseline.programme.rules import activity_at_eos


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A dose as it was confirmed: its batch, its shipment, its hour and the day at its site."""

    allocation: Allocation
    batch: Batch
    shipment: Shipment
    on: date


# -- choices that keep the hour ------------------------------------------------------------


def hours_kept(
    ways: Ways,
    order: DoseOrder,
    place: Place,
    found: Sequence[Route],
    offered: Sequence[Route],
    promise: Confirmed,
) -> Iterator[tuple[Route, int]]:
    """The routes of a place on the day confirmed, each with the hour before which it is not used.

    `found` are all routes, the cheapest first. The hour confirmed is kept wherever the dose can be
    there in time and still holds: by the lane confirmed, else by the cheapest that can. The routes
    that are `offered` whatever was confirmed are choices too, at their own hours.
    """
    at = promise.allocation.use_at
    mine = place.slot.id == promise.batch.slot
    ranked = sorted(found, key=lambda r: not (mine and r.journey.lane == promise.shipment.lane))
    kept = (_at_the_hour(ways, order, place, r, at) for r in ranked if r.use_at <= at)
    routes = [next((r for r in kept if r is not None), None), *offered]
    if place.locked is not None and place.locked.id == promise.batch.id:
        routes.insert(0, _as_confirmed(ways, order, place, promise))
    seen = set()
    for route in routes:
        if route is not None and (route.journey.lane, route.use_at) not in seen:
            seen.add((route.journey.lane, route.use_at))
            yield route, at if route.use_at >= at else 0


def _at_the_hour(ways: Ways, order: DoseOrder, place: Place, route: Route, at: int) -> Route | None:
    """A route whose dose waits for the hour confirmed; None where it does not hold so long."""
    if route.use_at == at:
        return route
    product, site = ways.programme.product[order.product], ways.programme.site[order.site]
    if not ways.holds(order, place.slot, site, route.journey, at, place.eos_first_at):
        return None
    lasts = at - place.eos_first_at
    eos_mbq = activity_at_eos(order.activity_mbq, lasts, product.half_life)
    return replace(route, use_at=at, eos_mbq=eos_mbq)


def _as_confirmed(ways: Ways, order: DoseOrder, place: Place, promise: Confirmed) -> Route | None:
    """The route of a locked batch as it was confirmed, if its collection still takes place."""
    sent, lane = promise.shipment, ways.programme.lane[promise.shipment.lane]
    if ways.dispatch_at(lane, sent.dispatch_at) != sent.dispatch_at:
        return None
    site, at = ways.programme.site[order.site], sent.received_at
    leave = ways.permission_of(place.slot.manufacturer, site, order.protocol, at)
    testing = leave.testing_min if leave else 0
    way = Journey(lane.id, sent.dispatch_at, at, at, testing)
    use_at, eos_mbq = promise.allocation.use_at, promise.allocation.eos_mbq
    return Route(place.slot, way, use_at, promise.on, eos_mbq, lane.cost_cents)


# -- what a choice keeps -------------------------------------------------------------------


def keeps_hour(sets: Sets, choice: Choice, promise: Confirmed, hopeful: bool) -> bool:
    """Whether a choice keeps the day and the hour confirmed.

    A choice is timed for a full batch. Where one of the slot confirmed is late by that alone, it
    is taken to keep the hour if `hopeful`: with the vials of before the batch was ready in time.
    """
    if choice.route.use_on != promise.on:
        return False
    at = promise.allocation.use_at
    same = sets.places[choice.place].slot.id == promise.batch.slot
    return choice.route.use_at == at or (hopeful and same and choice.hour_at == at)


def kept_as_it_was(sets: Sets, choice: Choice, promise: Confirmed) -> bool:
    """Whether a choice keeps the batch and the lane confirmed."""
    slot, lane = sets.places[choice.place].slot.id, choice.route.journey.lane
    return (slot, lane) == (promise.batch.slot, promise.shipment.lane)


def confirmed_lost(problem: Problem, confirmed: Mapping[str, Confirmed]) -> Tier:
    """Confirmed doses that are lost: who was promised one has it first. [model O1a]"""
    orders = problem.sets.orders
    lost = {problem.unmet[i]: 1.0 for i, o in enumerate(orders) if o.id in confirmed}
    return Tier("confirmed doses lost", lost)


def doses_moved(problem: Problem, confirmed: Mapping[str, Confirmed], hopeful: bool) -> Tier:
    """Confirmed doses moved to another day or hour; of less weight, another batch or lane.

    One that is moved outweighs all that change their batch or lane alone. [model O1b]
    """
    sets = problem.sets
    heavy = 1.0 + sum(1 for o in sets.orders if o.id in confirmed)
    weights: dict[int, float] = {}
    for r, choice in enumerate(sets.choices):
        promise = confirmed.get(sets.orders[choice.order].id)
        if promise is None:
            continue
        if not keeps_hour(sets, choice, promise, hopeful):
            weights[problem.serve[r]] = heavy
        elif not kept_as_it_was(sets, choice, promise):
            weights[problem.serve[r]] = 1.0
    return Tier("confirmed doses moved", weights)


def hold_dates(problem: Problem, confirmed: Mapping[str, Confirmed], hopeful: bool) -> None:
    """No confirmed dose is given on another day or at another hour; it may be lost. [model C19]"""
    sets = problem.sets
    for i, order in enumerate(sets.orders):
        promise = confirmed.get(order.id)
        if promise is None:
            continue
        others: list[Term] = [
            (problem.serve[r], 1.0)
            for r in sets.of_order[i]
            if not keeps_hour(sets, sets.choices[r], promise, hopeful)
        ]
        if others:
            problem.matrix.row(Limit("date", order.id), others, upper=0.0)


def untouched(
    problem: Problem, confirmed: Mapping[str, Confirmed], hopeful: bool
) -> tuple[int, ...]:
    """The choices by which doses stay as they were, of products that lose nothing. [columns]

    What has happened touches a product where one of its doses cannot stay, or is asked for anew.
    Where it touches all, the choices of every dose that can stay.
    """
    sets = problem.sets
    stays: dict[int, int] = {}
    for r, choice in enumerate(sets.choices):
        promise = confirmed.get(sets.orders[choice.order].id)
        if promise is None or not keeps_hour(sets, choice, promise, hopeful):
            continue
        if kept_as_it_was(sets, choice, promise):
            stays.setdefault(choice.order, problem.serve[r])
    touched = {o.product for i, o in enumerate(sets.orders) if i not in stays and sets.of_order[i]}
    others = tuple(c for i, c in stays.items() if sets.orders[i].product not in touched)
    return others or tuple(stays.values())
