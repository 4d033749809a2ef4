"""On tiny worlds the plan is the best of all schedules, each built from the recipe and judged.

Schedules are enumerated without the planner's choices: any batch that a weekly slot could hold, any
delivery, any day of the window, any lane, any import testing. What cannot be is refused by the
checker alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import product as pairs

import pytest
from hypothesis import given, seed, settings

from doseline.operations.check import BreachKind, breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Ways, ways_of
from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment, Unmet
from doseline.plan import Limits, Plan, Status, phases, plan
from doseline.plan.model.candidates import gather
from doseline.plan.model.costs import count
from doseline.plan.model.sets import Sets
from doseline.plan.solving import whole
from doseline.programme import Programme
from doseline.programme.making import make_min, pack_min, planned_yield, release_min
from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    bulk_needed,
    decay_factor,
    isotope_lots,
)
from tests.plan.tiny import DAY, FIRST, FROM, HOUR, UNTIL, World, worlds, worlds_of_two_lanes
from tests.plan.tiny_limits import LIMITS, NOT_ALONE

EXACT = Limits(gap=0.0)
CENTS = 2
"""Freight and isotope are rounded to a cent each."""

JOINT = {
    BreachKind.LINE_HELD_TWICE,
    BreachKind.TOO_MANY_VIALS,
    BreachKind.BULK_ABOVE_LINE,
    BreachKind.TOO_MANY_BATCHES_A_DAY,
    BreachKind.TOO_MANY_RELEASES_A_DAY,
    BreachKind.OFFER_EXCEEDED,
    BreachKind.PLANT_POSSESSION_EXCEEDED,
    BreachKind.CONSIGNEE_POSSESSION_EXCEEDED,
    BreachKind.CONSIGNEE_CAPACITY_EXCEEDED,
}
"""Limits that doses break together."""

SINGLE = {
    BreachKind.LINE_BLOCKED,
    BreachKind.OUTSIDE_CONTRACT,
    BreachKind.ISOTOPE_EXPIRED,
    BreachKind.NO_PERMISSION,
    BreachKind.NO_LICENCE,
    BreachKind.NO_TREATMENT_DAY,
    BreachKind.OUTSIDE_INFUSION_HOURS,
    BreachKind.USED_AFTER_SHELF_LIFE,
    BreachKind.SHIPPER_HOLD_EXCEEDED,
}
"""Limits that a dose breaks by itself."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to serve one order: a batch of a slot, fed by a delivery, by a lane, on a day."""

    order: int
    batch: Batch
    on: date
    lane: str
    testing_min: int


@dataclass
class Found:
    """The best of all schedules, how many are as good, and what the others broke."""

    best: tuple[int, int, int]
    times: int = 0
    broken: Counter[BreachKind] = field(default_factory=Counter)
    tried: int = 0


# -- what could be -------------------------------------------------------------------------


def empty_batches(programme: Programme) -> Iterator[Batch]:
    """A batch of each product at each weekly start of each line, for each delivery before it."""
    policy, clock = programme.policy, programme.clock
    for plant in programme.manufacturers:
        for line in plant.lines:
            for rule in line.slots:
                if rule.kind == "contested" and not policy.count_contested:
                    continue
                if rule.kind == "option" and not policy.use_options:
                    continue
                for ahead in range(-1, (UNTIL - FIRST).days + 1):
                    day = FIRST + timedelta(days=ahead)
                    week = (day.toordinal() - 1) // 7
                    if day.weekday() != rule.at.weekday or week % rule.every_weeks:
                        continue
                    at = clock.at(day, rule.at.time, plant.zone)
                    for name in line.products:
                        stamp = f"{line.id}@{day}T{rule.at.time:%H:%M}"
                        stamp += f"/{name}" if len(line.products) > 1 else ""
                        batch = Batch(stamp, stamp, plant.id, line.id, name, 0, at, 0, 0, 0)
                        yield from _fed(programme, batch)


def _fed(programme: Programme, batch: Batch) -> Iterator[Batch]:
    """A batch with the last delivery of each source that comes in time for its receipt."""
    plant = programme.manufacturer[batch.manufacturer]
    if not programme.product[batch.product].decays:
        yield batch
        return
    for name in plant.sources:
        days = programme.source[name].deliveries[0]
        for back in range(9):
            day = programme.clock.day(batch.charge_at, plant.zone) - timedelta(days=back)
            at = programme.clock.at(day, days.time, plant.zone)
            if at + HOUR <= batch.charge_at and f"{day:%A}" in days.weekdays:
                yield replace(batch, source=name, isotope_at=at)
                break


def ways(programme: Programme, orders: Sequence[DoseOrder], found: Found) -> list[list[Way]]:
    """For each order every way in which it could be served alone, the checker allowing it."""
    batches = list(empty_batches(programme))
    lists: list[list[Way]] = []
    for i, order in enumerate(orders):
        lists.append([])
        site = programme.site[order.site]
        for batch in (b for b in batches if b.product == order.product):
            tests = {
                p.testing_min
                for p in programme.permissions
                if p.manufacturer == batch.manufacturer and site.market in p.markets
            }
            for on in _days(programme, order):
                near = programme.clock.day_start(on, site.zone) - batch.charge_at
                if not -DAY <= near <= 3 * DAY:
                    continue
                lanes = ways_of(programme).lanes(batch.manufacturer, site)
                for lane, testing in pairs(lanes, tests or {0}):
                    way = Way(i, batch, on, lane.id, testing)
                    if not _on_its_day(programme, orders, way):
                        continue  # it comes after that day: another way stands for the next
                    told = _breaks(programme, orders, [way])
                    found.broken.update(told)
                    if not told:
                        lists[-1].append(way)
    return lists


def _on_its_day(programme: Programme, orders: Sequence[DoseOrder], way: Way) -> bool:
    given = built(programme, orders, [way]).allocations[0]
    zone = programme.site[orders[way.order].site].zone
    return programme.clock.day(given.use_at, zone) == way.on


def _days(programme: Programme, order: DoseOrder) -> list[date]:
    if not programme.policy.shift_days:
        return [order.wanted_on]
    days = (order.latest_on - order.earliest_on).days + 1
    return [order.earliest_on + timedelta(days=n) for n in range(days)]


# -- schedules -----------------------------------------------------------------------------


def built(programme: Programme, orders: Sequence[DoseOrder], taken: Sequence[Way]) -> Schedule:
    """The schedule of some ways: each batch filled with what is taken from it, and spare vials."""
    together: dict[Batch, list[Way]] = defaultdict(list)
    for way in taken:
        together[way.batch].append(way)
    batches, shipments, allocations = [], [], []
    for empty, mine in together.items():
        batch = _timed(programme, empty, sum(orders[w.order].units for w in mine))
        rows = []
        for key in sorted({_parcel(orders, w) for w in mine}):
            packed = [w for w in mine if _parcel(orders, w) == key]
            shipment = _sent(programme, batch, *key, len(packed))
            shipments.append(shipment)
            rows += [_given(programme, orders[w.order], batch, shipment, w.on) for w in packed]
        allocations += rows
        batches.append(_charged(programme, orders, batch, rows))
    served = {a.order for a in allocations}
    unmet = tuple(Unmet(o.id, "left out") for o in orders if o.id not in served)
    return Schedule(None, tuple(batches), tuple(allocations), tuple(shipments), unmet)


def _timed(programme: Programme, batch: Batch, units: int) -> Batch:
    product, line = programme.product[batch.product], programme.line[batch.line][1]
    vials = units + programme.policy.spare_vials
    eos_at = batch.charge_at + make_min(product, line, vials)
    released_at, packed_at = eos_at + release_min(product), eos_at + pack_min(product, vials)
    return replace(batch, vials=vials, eos_at=eos_at, released_at=released_at, packed_at=packed_at)


def _parcel(orders: Sequence[DoseOrder], way: Way) -> tuple[str, str, int]:
    """What travels together: to one site, by one lane, with one time of import testing."""
    return orders[way.order].site, way.lane, way.testing_min


def _sent(
    programme: Programme, batch: Batch, site_id: str, lane_id: str, testing: int, many: int
) -> Shipment:
    roads: Ways = ways_of(programme)
    site = programme.site[site_id]
    lane = programme.lane[lane_id]
    road = roads.journey(lane, site, max(batch.released_at, batch.packed_at), testing)
    name = f"{batch.id}>{site_id}/{lane.id}/{testing}"
    return Shipment(name, batch.id, lane.id, site_id, road.dispatch_at, road.received_at, many)


def _given(
    programme: Programme, order: DoseOrder, batch: Batch, shipment: Shipment, on: date
) -> Allocation:
    product, site = programme.product[order.product], programme.site[order.site]
    usual = programme.clock.at(on, site.infusion_usual, site.zone)
    at = max(usual, shipment.received_at + product.preparation_min)
    mbq = activity_at_eos(order.activity_mbq, at - batch.eos_at, product.half_life)
    return Allocation(order.id, batch.id, shipment.id, at, mbq)


def _charged(
    programme: Programme, orders: Sequence[DoseOrder], batch: Batch, rows: Sequence[Allocation]
) -> Batch:
    """The bulk for the vials, the charge for the bulk, and whole lots for it and the overage."""
    product, policy = programme.product[batch.product], programme.policy
    if batch.source is None or batch.isotope_at is None:
        return batch
    held = math.fsum(a.eos_mbq for a in rows)
    held += policy.spare_vials * max(a.eos_mbq for a in rows)
    bulk = bulk_needed(held, product.overfill_fraction, product.samples_fraction)
    lasts, old = batch.eos_at - batch.charge_at, batch.charge_at - batch.isotope_at
    charge = activity_at_charge(bulk, planned_yield(product), lasts, product.half_life)
    lot = programme.source[batch.source].lot_mbq
    lots = max(1, isotope_lots(charge * (1 + policy.overage_fraction), old, product.half_life, lot))
    return replace(
        batch, isotope_lots=lots, isotope_mbq=lots * lot, charge_mbq=charge, bulk_mbq=bulk
    )


def _breaks(
    programme: Programme, orders: Sequence[DoseOrder], taken: Sequence[Way]
) -> set[BreachKind]:
    return {b.kind for b in breaches(programme, built(programme, orders, taken), orders)}


# -- the best of all -----------------------------------------------------------------------


def best_of_all(programme: Programme, orders: Sequence[DoseOrder]) -> Found:
    """The best of all schedules: started courses where they go first, then doses, then cost.

    Orders are decided one after the other. A limit that some doses break stays broken when more
    are served, so nothing is tried beyond it.
    """
    found = Found((1, 1, 0))
    lists = ways(programme, orders, found)
    sets = gather(programme, orders, FROM, UNTIL, None)
    _decide(programme, orders, sets, lists, [], 0, found)
    return found


def _decide(
    programme: Programme,
    orders: Sequence[DoseOrder],
    sets: Sets,
    lists: list[list[Way]],
    taken: list[Way],
    i: int,
    found: Found,
) -> None:
    hoped = [orders[w.order] for w in taken]
    hoped += [orders[j] for j in range(i, len(orders)) if lists[j]]
    if _rank(programme, hoped) > found.best[:2]:
        return
    if i == len(orders):
        found.tried += 1
        rank = _rank(programme, [orders[w.order] for w in taken])
        cents = count(sets, built(programme, orders, taken)).total_cents
        if (*rank, cents) < found.best:
            found.best, found.times = (*rank, cents), 0
        found.times += (*rank, cents) == found.best
        return
    for way in lists[i]:
        if any(w.batch != way.batch and w.batch.id == way.batch.id for w in taken):
            continue
        more = [*taken, way]
        told = _breaks(programme, orders, more) if taken else set()
        found.broken.update(told)
        if not told:
            _decide(programme, orders, sets, lists, more, i + 1, found)
    _decide(programme, orders, sets, lists, taken, i + 1, found)


def _rank(programme: Programme, served: Sequence[DoseOrder]) -> tuple[int, int]:
    """Lower is better: started courses met, where they go first, and doses met."""
    first = programme.policy.started_courses_first
    return (-sum(o.started for o in served) if first else 0, -len(served))


# -- the plan beside it --------------------------------------------------------------------


def planned(
    programme: Programme, orders: Sequence[DoseOrder], limits: Limits = EXACT
) -> tuple[Plan, tuple[int, int, int]]:
    """The plan, and its place: lower is better."""
    found = plan(programme, orders, from_on=FROM, until_on=UNTIL, limits=limits)
    assert (found.status, found.breaches) == (Status.OPTIMAL, ())
    served = [o for o in orders if o.id in found.schedule.allocation]
    return found, (*_rank(programme, served), found.objective_cents)


def no_better(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether a place is no better than another, cents of rounding aside."""
    return one[:2] > other[:2] or (one[:2] == other[:2] and one[2] >= other[2] - CENTS)


def set_against(world: World) -> Found:
    """The best of all schedules; the plan is as good, up to the care of a site's possession."""
    programme, orders = world.programme, world.orders
    found, mine = best_of_all(programme, orders), planned(programme, orders)[1]
    assert no_better(mine, found.best), (world.limits, mine, found.best)
    if not no_better(found.best, mine):
        assert "site possession" in world.limits, (world.limits, mine, found.best)
        assert no_better(best_of_all(with_care(programme), orders).best, mine)
    return found


def with_care(programme: Programme) -> Programme:
    """Sites that may hold what decays to their limit from midnight to the last receipt."""
    left = decay_factor(17 * HOUR, min(p.half_life for p in programme.products))
    sites = tuple(
        replace(s, licence=replace(s.licence, limit_mbq=s.licence.limit_mbq * left))
        if s.licence
        else s
        for s in programme.sites
    )
    return replace(programme, sites=sites)


def compare(examples: int, limits: Sequence[str] = tuple(sorted(LIMITS))) -> Counter[BreachKind]:
    """Sets plans against brute force, so many under each limit: what schedules broke, by worlds.

    The first example under each limit is the simplest world there is.
    """
    broken: Counter[BreachKind] = Counter()
    for number, limit in enumerate(limits):

        @seed(number)
        @settings(max_examples=examples)
        @given(worlds(limit))
        def each(world: World) -> None:
            broken.update(set(set_against(world).broken))

        each()
    return broken


def test_no_schedule_is_better_than_the_plan_of_three_hundred_worlds() -> None:
    """Ten worlds under each limit; every limit that schedules can break is broken by some."""
    assert 10 * len(LIMITS) >= 300
    broken = compare(10)
    assert set(broken) >= JOINT | SINGLE, (JOINT | SINGLE) - set(broken)


def test_no_schedule_is_better_than_a_plan_that_begins_with_cuts() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phases, "WITH_CUTS", 0)
        compare(4, sorted(LIMITS)[1::4])


def test_no_schedule_is_better_than_a_plan_searched_for_first_with_cuts() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phases, "SEARCHED", 0)
        patch.setattr(whole, "ROUNDS", 4)
        patch.setattr(whole, "BESIDE", 8)
        compare(4, sorted(LIMITS)[::4])


@settings(max_examples=25)
@given(worlds_of_two_lanes())
def test_no_schedule_is_better_where_orders_can_share_a_dearer_lane(world: World) -> None:
    set_against(world)


def loosening_never_hurts(world: World) -> None:
    """Each limit taken away in turn: no fewer doses, and no more cost for the same."""
    tight = planned(world.programme, world.orders)[1]
    for limit in world.limits:
        if any(limit in pair and set(pair) <= set(world.limits) for pair in NOT_ALONE):
            continue
        loose = planned(world.without(limit), world.orders)[1]
        assert no_better(tight, loose), (limit, world.limits, tight, loose)


@settings(max_examples=20)
@given(worlds())
def test_loosening_any_limit_never_worsens_the_plan(world: World) -> None:
    loosening_never_hurts(world)


@settings(max_examples=15)
@given(worlds())
def test_two_seeds_of_the_solver_give_plans_as_good(world: World) -> None:
    """The same plan, where only one is best."""
    first, mine = planned(world.programme, world.orders)
    again, other = planned(world.programme, world.orders, replace(EXACT, seed=7))
    assert mine == other
    if best_of_all(world.programme, world.orders).times == 1:
        assert again.schedule == first.schedule
