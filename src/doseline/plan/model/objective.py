"""What the planner pays for, one function a term. [model O1-O8]

Costs are in cents. What is owed whatever the plan (reservations, fixed cost) is no term here.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Shipment
from doseline.plan.model.matrix import Limit, Matrix, Term
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem
from doseline.programme import Programme
from doseline.programme.contract import Contract


def doses_unmet(problem: Problem) -> dict[int, float]:
    """The weight of each order in the number unmet. [model O1]

    Where started courses come first, one of them outweighs all new starts together.
    """
    orders = problem.sets.orders
    first = problem.sets.programme.policy.started_courses_first
    heavy = 1.0 + sum(1 for o in orders if not o.started) if first else 1.0
    return {problem.unmet[i]: heavy if o.started else 1.0 for i, o in enumerate(orders)}


def unmet_cents(programme: Programme, protocol: str, started: bool) -> int:
    """What a dose that is not given costs."""
    penalty = programme.penalty(protocol)
    return penalty.missed_started_cents if started else penalty.missed_new_cents


def penalties(problem: Problem) -> None:
    """A dose missed, and each day that a dose is moved. [model O2]

    Where moving costs nothing a day counts a cent, so that nobody is moved for no reason.
    """
    sets, cost = problem.sets, problem.matrix.cost
    for i, order in enumerate(sets.orders):
        cost[problem.unmet[i]] += unmet_cents(sets.programme, order.protocol, order.started)
    for r, choice in enumerate(sets.choices):
        protocol = sets.orders[choice.order].protocol
        moved = sets.programme.penalty(protocol).moved_day_cents
        cost[problem.serve[r]] += (moved or 1) * choice.moved_days
    known = {o.id: o for o in sets.sent_orders}
    problem.matrix.constant += sum(
        moved_cents(sets.programme, known[a.order], a.use_at) for a in sets.sent
    )


def moved_cents(programme: Programme, order: DoseOrder, use_at: int) -> int:
    """What it costs that a dose is not used on the day wanted."""
    on = programme.clock.day(use_at, programme.site[order.site].zone)
    return abs((on - order.wanted_on).days) * programme.penalty(order.protocol).moved_day_cents


def tie_breaks_cents(sets: Sets) -> int:
    """The most that days moved for nothing can add to the model's cost."""
    free = [
        (c.order, c.moved_days)
        for c in sets.choices
        if not sets.programme.penalty(sets.orders[c.order].protocol).moved_day_cents
    ]
    most: dict[int, int] = {}
    for i, days in free:
        most[i] = max(most.get(i, 0), days)
    return sum(most.values())


def options_called_off(problem: Problem) -> None:
    """The fee of an option. [model O3]"""
    for s, place in enumerate(problem.sets.places):
        problem.matrix.cost[problem.made[s]] += place.slot.fee_cents


def isotope(problem: Problem) -> None:
    """Whole lots, and the freight of a consignment. [model O4]"""
    cost = problem.matrix.cost
    for (s, name), column in problem.lots.items():
        source = problem.sets.programme.source[name]
        cost[column] += source.lot_mbq * source.price_cents_per_mbq
        cost[problem.fed[s, name]] += source.freight_cents
    for place in problem.sets.places:
        batch = place.locked
        if batch is not None and batch.source is not None:
            source = problem.sets.programme.source[batch.source]
            problem.matrix.constant += source.freight_cents
            problem.matrix.constant += batch.isotope_mbq * source.price_cents_per_mbq


def freight(problem: Problem) -> None:
    """The first package of a shipment, and further ones; import testing of a batch. [model O5]"""
    sets, cost = problem.sets, problem.matrix.cost
    programme = sets.programme
    for (_, _, lane_id, _), column in problem.parcel.items():
        lane = programme.lane[lane_id]
        further = programme.carrier[lane.carrier].second_package_fraction
        cost[column] += lane.cost_cents * (1.0 - further)
    for r, choice in enumerate(sets.choices):
        lane = programme.lane[choice.route.journey.lane]
        further = programme.carrier[lane.carrier].second_package_fraction
        cost[problem.serve[r]] += lane.cost_cents * further
    already = tested_already(sets)
    for (s, p), column in problem.tested.items():
        if (s, p) not in already:
            cost[column] += programme.permissions[p].testing_cents
    problem.matrix.constant += sum(already.values())
    problem.matrix.constant += sum(freight_cents(programme, s) for s in sets.sent_shipments)


def tested_already(sets: Sets) -> dict[tuple[int, int], int]:
    """What import testing of vials on their way costs, by place and permission: once a batch."""
    shipments = {s.id: s for s in sets.sent_shipments}
    orders = {o.id: o for o in sets.sent_orders}
    places = {p.locked.id: s for s, p in enumerate(sets.places) if p.locked is not None}
    found: dict[tuple[int, int], int] = {}
    for sent in sets.sent:
        shipment, order = shipments[sent.shipment], orders[sent.order]
        s = places[shipment.batch]
        leave = sets.ways.permission_of(
            sets.places[s].slot.manufacturer,
            sets.programme.site[order.site],
            order.protocol,
            shipment.received_at,
        )
        if leave is not None and leave.testing_cents:
            found[s, sets.ways.permits.number(leave)] = leave.testing_cents
    return found


def freight_cents(programme: Programme, shipment: Shipment) -> float:
    """What a shipment costs: its first package, and the carrier's share of it for each other."""
    lane = programme.lane[shipment.lane]
    further = programme.carrier[lane.carrier].second_package_fraction
    return lane.cost_cents * (1.0 + further * (shipment.packages - 1))


def extra_vials(problem: Problem) -> None:
    """Vials beyond those that the fee covers. [model O6]"""
    sets = problem.sets
    for s, extra in problem.extra.items():
        contract = sets.programme.contract[sets.places[s].slot.manufacturer]
        problem.matrix.cost[extra] += contract.extra_vial_cents
        covered = (problem.made[s], -float(contract.vials_included))
        limit = Limit("extra vials", sets.places[s].slot.id)
        problem.matrix.row(limit, [*problem.filled(s), covered, (extra, -1.0)], upper=0.0)
    for place in sets.places:
        contract_or_none = sets.programme.contract.get(place.slot.manufacturer)
        if place.locked is not None and contract_or_none is not None:
            beyond = max(0, place.locked.vials - contract_or_none.vials_included)
            problem.matrix.constant += beyond * contract_or_none.extra_vial_cents


def batch_fees(problem: Problem) -> None:
    """The fee of a batch by its tier, and what is paid for batches not made. [model O7]"""
    sets = problem.sets
    years: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for s, place in enumerate(sets.places):
        made = (problem.made[s], place.count)
        years[place.slot.manufacturer, place.slot.starts_on.year].append(made)
    for contract in sets.programme.contracts:
        for year in range(sets.from_on.year, sets.until_on.year + 1):
            years.setdefault((contract.manufacturer, year), [])
    for (plant, year), mine in years.items():
        contract_or_none = sets.programme.contract.get(plant)
        if contract_or_none is not None:
            count = sum(most for _, most in mine)
            _fees_of_a_year(problem, contract_or_none, year, [c for c, _ in mine], count)


def _fees_of_a_year(
    problem: Problem, contract: Contract, year: int, made: list[int], count: int
) -> None:
    matrix = problem.matrix
    where = f"{contract.manufacturer} {year}"
    for column in made:
        matrix.cost[column] += contract.batch_fee_cents
    owed = owed_batches(problem.sets, contract, year)
    if owed > 0:
        short = matrix.column(owed, cost=float(contract.batch_fee_cents))
        terms: list[Term] = [(column, 1.0) for column in made]
        matrix.row(Limit("take or pay", where), [*terms, (short, 1.0)], lower=owed)
    steps = sorted(contract.tiers, key=lambda t: t.from_batch)
    ends = [*(t.from_batch - 1 for t in steps[1:]), count]
    for step, last in zip(steps, ends, strict=False):
        if step.from_batch <= count:
            saved = step.fee_cents - contract.batch_fee_cents
            numbers = (step.from_batch, min(last, count), count)
            tier(matrix, Limit("tier", where), made, numbers, float(saved))


def tier(
    matrix: Matrix, limit: Limit, made: list[int], numbers: tuple[int, int, int], cost: float
) -> None:
    """Counts the batches of a year that fall between two numbers: min(n, last) - first + 1.

    `numbers` are the first and the last, and the most batches there can be.
    """
    first, last, count = numbers
    size = last - first + 1
    if size <= 0:
        return
    total: list[Term] = [(column, 1.0) for column in made]
    within = matrix.column(float(size), cost=cost)
    reached = matrix.binary()
    above = matrix.column(float(max(count - first + 1 - size, 0)))
    below = matrix.column(float(first - 1))
    matrix.row(limit, [*total, (within, -1.0), (above, -1.0), (below, -1.0)], lower=0.0, upper=0.0)
    matrix.row(limit, [(within, 1.0), (reached, -float(size))], upper=0.0)
    matrix.row(limit, [(below, 1.0), (reached, -float(first - 1))], lower=0.0)
    full = matrix.binary()
    matrix.row(limit, [(within, 1.0), (full, -float(size))], lower=0.0)
    matrix.row(limit, [(above, 1.0), (full, -float(count))], upper=0.0)


def owed_batches(sets: Sets, contract: Contract, year: int) -> float:
    """Batches paid for in a year, in the share of the year that the plan covers. [model A5]"""
    first = max(d for d in (sets.from_on, date(year, 1, 1), contract.from_on) if d is not None)
    last = min(d for d in (sets.until_on, date(year, 12, 31), contract.until_on) if d is not None)
    days = (last - first + timedelta(days=1)).days
    whole = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    return contract.take_or_pay_batches * max(days, 0) / whole


COSTS = (
    penalties,
    options_called_off,
    isotope,
    freight,
    extra_vials,
    batch_fees,
)
