"""What can still be done for the doses that a contingency strikes, all else standing as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from doseline.operations.schedule import Allocation, Batch
from doseline.plan.failures.contingencies import Loss
from doseline.plan.failures.ground import Ground, as_it_stands
from doseline.plan.failures.openings import open_place, planned_in
from doseline.plan.model.candidates import best_choice, window
from doseline.plan.model.sets import Choice, Place, Sets

DAY = 1440
_LONGEST_MAKE_MIN = 3 * DAY


@dataclass(frozen=True)
class Recourse:
    """The part of a plan that a contingency can still reach, as sets of the model.

    The first `struck` orders are those struck, with all that can still serve them. The choices in
    `held` are taken already; `planned` are the batches, by place, that can still be enlarged, and
    `ordered` those of them whose isotope can no longer be changed.
    """

    sets: Sets
    struck: int
    held: tuple[int, ...]
    planned: Mapping[int, Batch]
    ordered: frozenset[int]


def struck_by(ground: Ground, loss: Loss) -> tuple[Allocation, ...]:
    """The doses of the batches that a contingency takes away."""
    return tuple(dose for batch in loss.batches for dose in ground.of_batch.get(batch.id, ()))


def recourse(ground: Ground, loss: Loss) -> Recourse | None:
    """What is in reach of the doses that a contingency strikes; None where nothing is.

    What only bounds it comes along as it stands: other doses of the batches in reach and of the
    same consignees, other batches on the same lines, of the same plants and of the same sources.
    """
    struck = struck_by(ground, loss)
    opened = _opened(ground, loss, struck)
    ways = [*_by_opened(ground, struck, opened), *_from_stock(ground, loss, struck)]
    if not ways:
        return None
    reached = {place.slot.id: place for _, place in ways}
    held = _held(ground, struck, ways, reached)
    beside = _beside(ground, loss, list(reached.values()))
    places = {**{place.slot.id: place for _, place in held}, **beside, **reached}
    return _sliced(ground, loss, struck, ways, held, places)


Way = tuple[Choice, Place]


def _opened(ground: Ground, loss: Loss, struck: tuple[Allocation, ...]) -> dict[int, Place]:
    """The places that struck doses could be served from, as far as they are still open."""
    sets = ground.sets
    wanted = {
        sets.choices[r].place
        for dose in struck
        for r in sets.of_order[sets.order_of_id[dose.order]]
    }
    found = {s: open_place(ground, loss, sets.places[s]) for s in sorted(wanted)}
    return {s: place for s, place in found.items() if place is not None}


def _by_opened(
    ground: Ground, struck: tuple[Allocation, ...], opened: dict[int, Place]
) -> Iterator[Way]:
    sets = ground.sets
    for dose in struck:
        for r in sets.of_order[sets.order_of_id[dose.order]]:
            choice = sets.choices[r]
            if choice.place in opened:
                yield choice, opened[choice.place]


def _from_stock(ground: Ground, loss: Loss, struck: tuple[Allocation, ...]) -> Iterator[Way]:
    """Vials to spare of batches that have begun, sent once the contingency is known."""
    sets, programme = ground.sets, ground.sets.programme
    for batch in ground.schedule.batches:
        now_at = ground.decides_at(batch.manufacturer, loss.known_at)
        lasts = programme.product[batch.product].shelf_life_min
        if batch in loss.batches or not batch.charge_at < now_at < batch.eos_at + lasts:
            continue
        frozen = ground.frozen[batch.id]
        used = sum(ground.order(d).units for d in ground.of_batch.get(batch.id, ()))
        if used >= frozen.slot.vials_max:
            continue
        place = replace(frozen, locked=replace(batch, released_at=max(batch.released_at, now_at)))
        for dose in struck:
            order = ground.order(dose)
            if order.product != batch.product:
                continue
            i = sets.order_of_id[order.id]
            for on in window(programme, order):
                choice = best_choice(sets.ways, order, i, place, 0, on, {})
                if choice is not None:
                    yield choice, place


def _held(
    ground: Ground, struck: tuple[Allocation, ...], ways: list[Way], reached: dict[str, Place]
) -> list[Way]:
    """The doses that stand: those of the batches in reach, and those at the same consignees."""
    gone = {dose.order for dose in struck}
    found: dict[str, Way] = {}
    for slot_id, place in reached.items():
        batch = ground.batch_in.get(slot_id)
        for dose in ground.of_batch.get(batch.id, ()) if batch is not None else ():
            if dose.order in gone:
                continue
            if place.locked is None:
                found[dose.order] = ground.sets.choices[ground.chosen[dose.order]], place
            else:
                found[dose.order] = as_it_stands(ground, dose), place
    for name, (since_at, until_at) in _stays(ground, ways).items():
        for dose in ground.bound_for.get(name, ()):
            if dose.order in gone or dose.order in found:
                continue
            received_at = ground.schedule.shipment[dose.shipment].received_at
            if received_at <= until_at and dose.use_at >= since_at:
                found[dose.order] = as_it_stands(ground, dose), ground.frozen[dose.batch]
    return list(found.values())


def _stays(ground: Ground, ways: list[Way]) -> dict[str, tuple[int, int]]:
    """Between which instants struck doses may be on the hands of each consignee, a day around."""
    programme, found = ground.sets.programme, dict[str, tuple[int, int]]()
    for choice, _ in ways:
        name = programme.site[ground.sets.orders[choice.order].site].consignee
        since_at, until_at = choice.received_first_at - DAY, choice.route.use_at + DAY
        low, high = found.get(name, (since_at, until_at))
        found[name] = min(low, since_at), max(high, until_at)
    return found


def _beside(ground: Ground, loss: Loss, reached: list[Place]) -> dict[str, Place]:
    """The other batches of the schedule that share a limit with a place in reach."""
    spans = {name: _span(ground, name) for name in {p.slot.manufacturer for p in reached}}
    charges = {
        name: [p.slot.charge_at for p in reached if p.slot.manufacturer == name] for name in spans
    }
    weeks = {(o.source, o.week) for p in reached for o in p.isotope}
    sent = {a.batch for a in ground.sets.sent}
    found: dict[str, Place] = {}
    for batch in ground.schedule.batches:
        plant = batch.manufacturer
        near = plant in spans and (
            min(charges[plant]) - spans[plant]
            <= batch.charge_at
            <= max(charges[plant]) + spans[plant]
        )
        if batch in loss.batches and batch.charge_at >= loss.known_at:
            continue
        if near or batch.id in sent or _fed_in(ground, batch) in weeks:
            found[batch.slot] = ground.frozen[batch.id]
    return found


def _span(ground: Ground, plant_id: str) -> int:
    """How far apart two batches of a plant can be and still share a limit of it. [min]"""
    plant = ground.sets.programme.manufacturer[plant_id]
    held = max(line.turnaround_min + line.changeover_min for line in plant.lines)
    kept = plant.waste_kept_min if plant.possession_limit_mbq is not None else 0
    return _LONGEST_MAKE_MIN + max(held, kept + 9 * DAY if kept else DAY)


def _fed_in(ground: Ground, batch: Batch) -> tuple[str | None, tuple[int, int]] | None:
    if batch.isotope_at is None:
        return None
    zone = ground.sets.programme.manufacturer[batch.manufacturer].zone
    year, week, _ = ground.sets.programme.clock.day(batch.isotope_at, zone).isocalendar()
    return batch.source, (year, week)


def _bought(ground: Ground, loss: Loss) -> tuple[Batch, ...]:
    """Batches that are lost before labelling begins, and whose isotope is ordered all the same."""
    source = ground.sets.programme.source
    return tuple(
        b
        for b in loss.batches
        if b.charge_at >= loss.known_at
        and b.source is not None
        and b.isotope_at is not None
        and b.isotope_at - source[b.source].lock_min
        < ground.decides_at(b.manufacturer, loss.known_at)
    )


def _sliced(
    ground: Ground,
    loss: Loss,
    struck: tuple[Allocation, ...],
    ways: list[Way],
    held: list[Way],
    places: dict[str, Place],
) -> Recourse:
    sets = ground.sets
    ordered = sorted(places.values(), key=lambda p: (p.slot.charge_at, p.slot.id))
    position = {p.slot.id: s for s, p in enumerate(ordered)}
    orders = [sets.order_of_id[dose.order] for dose in struck]
    orders += [choice.order for choice, _ in held]
    number = {i: n for n, i in enumerate(orders)}
    choices = tuple(
        replace(choice, order=number[choice.order], place=position[place.slot.id])
        for choice, place in (*ways, *held)
    )
    still = {s: planned_in(ground, loss, p.slot.id) for s, p in enumerate(ordered) if not p.locked}
    planned = {s: batch for s, batch in still.items() if batch is not None}
    return Recourse(
        sets=replace(
            sets,
            programme=ground.lean,
            orders=tuple(sets.orders[i] for i in orders),
            places=tuple(ordered),
            choices=choices,
            bought=(*sets.bought, *_bought(ground, loss)),
        ),
        struck=len(struck),
        held=tuple(range(len(ways), len(choices))),
        planned=planned,
        ordered=frozenset(
            s
            for s in planned
            if any(
                o.lock_at < ground.decides_at(ordered[s].slot.manufacturer, loss.known_at)
                for o in ordered[s].isotope
            )
        ),
    )
