"""From the solver's values to a schedule, with the times and activities of the vials filled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace

from doseline.operations.routes import Journey, Route
from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment
from doseline.operations.slots import IsotopeOption, Slot
from doseline.plan.model.candidates import route_by
from doseline.plan.model.matrix import Floats
from doseline.plan.model.packing import packed
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.plan.model.variables import (
    Problem,
    shipment_key,
    spare_vials,
    usable_per_lot,
)
from doseline.programme.lane import Permission
from doseline.programme.making import make_min, pack_min, planned_yield, ready_min, release_min
from doseline.programme.rules import activity_at_charge, bulk_needed, isotope_lots


@dataclass(frozen=True, slots=True)
class _Load:
    """What goes by one shipment: choices with their final routes."""

    journey: Journey
    rows: tuple[tuple[Choice, Route], ...]


def extract(problem: Problem, values: Floats) -> Schedule:
    """The schedule that the values of the variables stand for, unmet orders left to explain.

    Times and activities are computed anew for the vials that each batch fills; they are never
    later or higher than those the model was solved with. [model A1-A3]
    """
    sets = problem.sets
    batches: list[Batch] = []
    shipments: list[Shipment] = list(sets.sent_shipments)
    named = {s.id for s in shipments}
    allocations: list[Allocation] = list(sets.sent)
    for s, place in enumerate(sets.places):
        taken = [sets.choices[r] for r in sets.of_place[s] if values[problem.serve[r]] > 0.5]
        if place.locked is not None:
            batches.append(place.locked)
        for slot, fed, mine in _batches(problem, s, values, taken):
            vials = sum(sets.orders[c.order].units for c in mine) + spare_vials(sets, s)
            loads = _loads(sets, place, mine, vials)
            batch = place.locked or _batch(problem, s, slot, fed, vials, loads)
            if place.locked is None:
                batches.append(batch)
            for load in loads:
                site = sets.orders[load.rows[0][0].order].site
                shipment = _shipment(batch, site, load, len(shipments), named)
                shipments.append(shipment)
                named.add(shipment.id)
                allocations += [
                    Allocation(sets.orders[c.order].id, batch.id, shipment.id, r.use_at, r.eos_mbq)
                    for c, r in load.rows
                ]
    return Schedule(
        design=sets.programme.design,
        batches=tuple(batches),
        allocations=tuple(sorted(allocations, key=lambda a: (a.use_at, a.order))),
        shipments=tuple(shipments),
    )


def _batches(
    problem: Problem, s: int, values: Floats, taken: list[Choice]
) -> list[tuple[Slot, list[IsotopeOption], list[Choice]]]:
    """The batches of a place: the slot of each, the delivery that feeds it, and its choices."""
    place = problem.sets.places[s]
    if not taken:
        return []
    if place.locked is not None or not place.twins:
        return [(place.slot, _fed(problem, s, values), taken)]
    slots = [slot for k, slot in enumerate(place.slots) if values[problem.stands[s, k]] > 0.5]
    options = _fed(problem, s, values)
    split = packed(problem.sets, s, taken, len(slots), _load_of_a_lot(problem, s, options))
    return [(slot, options[k : k + 1], split[k]) for k, slot in enumerate(slots[: len(split)])]


def _load_of_a_lot(problem: Problem, s: int, fed: list[IsotopeOption]) -> float:
    """What a lot of isotope gives to the vials of a batch, the overage taken off. [MBq]"""
    if not fed:
        return 0.0
    programme = problem.sets.programme
    lot_mbq = programme.source[fed[0].source].lot_mbq
    gives = usable_per_lot(problem.product(s), problem.sets.places[s], fed[0], lot_mbq)
    return gives / (1.0 + programme.policy.overage_fraction)


def _fed(problem: Problem, s: int, values: Floats) -> list[IsotopeOption]:
    """The deliveries that feed the batches of a place, as often as they do."""
    place = problem.sets.places[s]
    if place.locked is not None:
        return []
    if not place.twins:
        found = sorted(place.isotope, key=lambda o: -values[problem.fed[s, o.source]])
        return found[:1]
    fed = {o.source: round(values[problem.fed[s, o.source]]) for o in place.isotope}
    return [option for option in place.isotope for _ in range(fed[option.source])]


def _loads(sets: Sets, place: Place, taken: list[Choice], vials: int) -> list[_Load]:
    slot = place.slot
    product = sets.programme.product[slot.product]
    if place.locked is None:
        line = sets.programme.line[slot.line][1]
        eos_at = slot.charge_at + make_min(product, line, vials)
        ready_at = eos_at + ready_min(product, vials)
    else:
        eos_at = place.locked.eos_at
        ready_at = place.ready_at
    together: dict[tuple[int, str, str, int], list[Choice]] = defaultdict(list)
    for choice in taken:
        together[shipment_key(sets, choice)].append(choice)
    loads = []
    for (_, site_id, lane_id, testing), choices in together.items():
        site, lane = sets.programme.site[site_id], sets.programme.lane[lane_id]
        soonest = sets.ways.journey(lane, site, ready_at, testing)
        whole = _load(sets, place, choices, soonest, eos_at)
        if whole is not None:
            loads.append(whole)
            continue
        apart: dict[Journey, list[Choice]] = defaultdict(list)
        for choice in choices:
            apart[choice.route.journey].append(choice)
        found = [_load(sets, place, mine, journey, eos_at) for journey, mine in apart.items()]
        loads += [load for load in found if load is not None]
    return loads


def _load(
    sets: Sets, place: Place, choices: list[Choice], journey: Journey, eos_at: int
) -> _Load | None:
    """Choices that go by one journey, with their final routes; None where one of them cannot.

    An earlier receipt must not fall under another permission, whose testing has its own price.
    """
    rows = []
    for c in choices:
        order, on = sets.orders[c.order], c.route.use_on
        if journey != c.route.journey and _leave(sets, c, journey) != _leave(
            sets, c, c.route.journey
        ):
            return None
        route = route_by(sets.ways, order, place.slot, journey, on, eos_at, c.hour_at)
        if route is None:
            return None
        rows.append((c, route))
    return _Load(journey, tuple(rows))


def _leave(sets: Sets, choice: Choice, journey: Journey) -> Permission | None:
    order, plant = sets.orders[choice.order], sets.places[choice.place].slot.manufacturer
    site = sets.programme.site[order.site]
    return sets.ways.permission_of(plant, site, order.protocol, journey.received_at)


def _batch(
    problem: Problem,
    s: int,
    slot: Slot,
    fed: list[IsotopeOption],
    vials: int,
    loads: list[_Load],
) -> Batch:
    sets, product = problem.sets, problem.product(s)
    eos_at = slot.charge_at + make_min(product, sets.programme.line[slot.line][1], vials)
    planned = Batch(
        id=slot.id,
        slot=slot.id,
        manufacturer=slot.manufacturer,
        line=slot.line,
        product=slot.product,
        vials=vials,
        charge_at=slot.charge_at,
        eos_at=eos_at,
        released_at=eos_at + release_min(product),
        packed_at=eos_at + pack_min(product, vials),
    )
    if not product.decays or not fed:
        return planned
    option = fed[0]
    filled = [(sets.orders[c.order].units, r.eos_mbq) for ld in loads for c, r in ld.rows]
    held = sum(n * mbq for n, mbq in filled)
    held += spare_vials(sets, s) * max(mbq for _, mbq in filled)
    bulk = bulk_needed(held, product.overfill_fraction, product.samples_fraction)
    lasts, half_life = eos_at - slot.charge_at, product.half_life
    charge = activity_at_charge(bulk, planned_yield(product), lasts, half_life)
    lot_mbq = sets.programme.source[option.source].lot_mbq
    ordered = charge * (1.0 + sets.programme.policy.overage_fraction)
    lots = max(1, isotope_lots(ordered, slot.charge_at - option.delivered_at, half_life, lot_mbq))
    return replace(
        planned,
        source=option.source,
        isotope_at=option.delivered_at,
        isotope_lots=lots,
        isotope_mbq=lots * lot_mbq,
        charge_mbq=charge,
        bulk_mbq=bulk,
    )


def _shipment(
    batch: Batch, site: str, load: _Load, number: int, named: Collection[str]
) -> Shipment:
    while f"{batch.id}>{site}#{number + 1}" in named:
        number += 1
    return Shipment(
        id=f"{batch.id}>{site}#{number + 1}",
        batch=batch.id,
        lane=load.journey.lane,
        site=site,
        dispatch_at=load.journey.dispatch_at,
        received_at=load.journey.received_at,
        packages=len(load.rows),
    )
