"""On tiny worlds no schedule has a lower cost and price of unsecured doses than the secured plan.

Schedules are enumerated as in `test_against_brute_force`, each with more and more lots of isotope
ordered for its batches, and each is audited.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product as pairs

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.plan.failures.audit import audit
from doseline.plan.failures.protection import Secured, secure
from doseline.plan.model.candidates import gather
from doseline.plan.model.costs import count
from doseline.plan.model.sets import Sets
from doseline.programme import Programme
from tests.plan.test_against_brute_force import (
    CENTS,
    EXACT,
    Found,
    Way,
    _breaks,
    _rank,
    built,
    ways,
)
from tests.plan.tiny import FROM, UNTIL, World, worlds
from tests.plan.tiny_limits import LIMITS

LEFT_OUT = {"site possession", "spare vials"}
"""Limits at which the model is careful: it forbids a little that checker or audit allow."""

DAY = timedelta(days=1)
MORE_LOTS = 2
"""A lot of 3,000 MBq is a dose or two, so two more of them suffice for three doses."""


@dataclass
class Best:
    """Doses left, then the least cost and price; how many are unsecured there."""

    rank: tuple[int, int]
    cents: float
    without: int


def schedules(
    programme: Programme, orders: Sequence[DoseOrder]
) -> Iterator[tuple[tuple[int, int], Schedule]]:
    """Every schedule that the checker passes, and its place by doses (lower is better)."""
    found = Found((1, 1, 0))
    lists = ways(programme, orders, found)

    def decided(taken: list[Way], i: int) -> Iterator[list[Way]]:
        if i == len(orders):
            yield taken
            return
        for way in lists[i]:
            if any(w.batch != way.batch and w.batch.id == way.batch.id for w in taken):
                continue
            if not taken or not _breaks(programme, orders, [*taken, way]):
                yield from decided([*taken, way], i + 1)
        yield from decided(taken, i + 1)

    for taken in decided([], 0):
        served = [orders[w.order] for w in taken]
        yield _rank(programme, served), built(programme, orders, taken)


def with_more_isotope(programme: Programme, schedule: Schedule) -> Iterator[Schedule]:
    """A schedule with no, one or more further lots in each of its batches."""
    options = [range(MORE_LOTS + 1 if b.source else 1) for b in schedule.batches]
    for more in pairs(*options):
        batches = []
        for batch, n in zip(schedule.batches, more, strict=True):
            lot = programme.source[batch.source].lot_mbq if batch.source else 0.0
            lots = batch.isotope_lots + n
            batches.append(replace(batch, isotope_lots=lots, isotope_mbq=lots * lot))
        yield replace(schedule, batches=tuple(batches))


def least(programme: Programme, orders: tuple[DoseOrder, ...], price: int) -> Best:
    """The best of all schedules: most doses, then cost and the price of those unsecured."""
    ranked = list(schedules(programme, orders))
    first = min(rank for rank, _ in ranked)
    sets = gather(programme, orders, FROM, UNTIL, None)
    every = [
        (_cents(sets, one), n, one)
        for n, (rank, schedule) in enumerate(ranked)
        if rank == first
        for one in with_more_isotope(programme, schedule)
    ]
    best = Best(first, math.inf, 0)
    for cents, _, schedule in sorted(every, key=lambda row: row[:2]):
        if cents >= best.cents:
            break
        if breaches(programme, schedule, orders):
            continue
        found = audit(programme, orders, schedule, from_on=FROM, until_on=UNTIL, kinds=())
        total = cents + price * len(found.unsecured)
        if total < best.cents:
            best = Best(first, total, len(found.unsecured))
    return best


def _cents(sets: Sets, schedule: Schedule) -> int:
    return count(sets, schedule).total_cents


def set_against(world: World, price: int) -> tuple[Secured, Secured]:
    """The best of all schedules is as good as the secured plan; that, and the plan for no price."""
    programme, orders = world.programme, world.orders
    best = least(programme, orders, price)
    curve = secure(programme, orders, [price], from_on=FROM, until_on=UNTIL, limits=EXACT)
    (point,) = curve.points
    served = [o for o in orders if o.id in point.plan.schedule.allocation]
    assert (point.plan.breaches, _rank(programme, served)) == ((), best.rank)
    assert point.converged, world.limits
    assert point.total_cents <= best.cents + CENTS, (world.limits, point.total_cents, best)
    assert best.cents <= point.total_cents + CENTS, (world.limits, point.total_cents, best)
    assert point.bound_cents <= best.cents + CENTS
    return point, curve.cheapest


def waiting(world: World, lock_min: int) -> World:
    """The world with windows of three days and slots enough: some of its doses can be secured."""
    orders = tuple(
        replace(o, earliest_on=max(o.wanted_on - DAY, FROM), latest_on=o.wanted_on + 2 * DAY)
        for o in world.orders
    )
    sources = tuple(replace(s, lock_min=lock_min) for s in world.roomy.sources)
    limits = tuple(x for x in world.limits if x not in LEFT_OUT)
    return World(replace(world.roomy, sources=sources), (*limits, "lots"), orders)


PRICES = st.sampled_from((100_000, 900_000, 3_000_000))


def compare(examples: int) -> tuple[int, int]:
    """Sets secured plans against brute force: in how many worlds protection paid, and in all."""
    paid, all_of_them = [0], [0]

    @seed(11)
    @settings(max_examples=examples, deadline=None)
    @given(worlds(most=2), PRICES, st.sampled_from((1440, 3 * 1440)))
    def each(world: World, price: int, lock_min: int) -> None:
        roomy = waiting(world, lock_min)
        point, nominal = set_against(roomy, price)
        all_of_them[0] += 1
        paid[0] += point.unsecured < nominal.unsecured

    each()
    return paid[0], all_of_them[0]


def test_no_schedule_is_better_than_the_secured_plan() -> None:
    assert set(LIMITS) >= LEFT_OUT
    paid, worlds_seen = compare(12)
    assert worlds_seen >= 10
    assert paid >= 1, "protection is worth its price in some of them"
