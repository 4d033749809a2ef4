"""What a schedule costs, counted from the schedule itself and not from the model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from doseline.operations.schedule import Batch, Schedule
from doseline.plan.model.objective import freight_cents, moved_cents, owed_batches, unmet_cents
from doseline.plan.model.sets import Sets
from doseline.programme import Programme
from doseline.programme.contract import Contract


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The cost of a schedule by kind. [cents]

    `standing_cents` (reservations, fixed cost of own plants) is owed whatever the plan does and is
    no part of the total.
    """

    batch_fees_cents: int = 0
    extra_vials_cents: int = 0
    options_cents: int = 0
    isotope_cents: int = 0
    freight_cents: int = 0
    testing_cents: int = 0
    take_or_pay_cents: int = 0
    moved_cents: int = 0
    missed_cents: int = 0
    standing_cents: int = 0

    @property
    def total_cents(self) -> int:
        """All that depends on the plan. [cents]"""
        return (
            self.batch_fees_cents
            + self.extra_vials_cents
            + self.options_cents
            + self.isotope_cents
            + self.freight_cents
            + self.testing_cents
            + self.take_or_pay_cents
            + self.moved_cents
            + self.missed_cents
        )


def count(sets: Sets, schedule: Schedule) -> Breakdown:
    """The cost of a schedule in a period, by kind. [model O2-O8]"""
    fees, owed = _fees(sets, schedule)
    served = schedule.allocation
    return Breakdown(
        batch_fees_cents=fees,
        extra_vials_cents=_extra_vials(sets.programme, schedule.batches),
        options_cents=_options(sets, schedule),
        isotope_cents=_isotope(sets.programme, schedule.batches),
        freight_cents=round(sum(freight_cents(sets.programme, s) for s in schedule.shipments)),
        testing_cents=_testing(sets, schedule),
        take_or_pay_cents=owed,
        moved_cents=sum(
            moved_cents(sets.programme, o, served[o.id].use_at)
            for o in (*sets.orders, *sets.sent_orders)
            if o.id in served
        ),
        missed_cents=sum(
            unmet_cents(sets.programme, o.protocol, o.started)
            for o in sets.orders
            if o.id not in served
        ),
        standing_cents=sum(
            owed_anyway(sets.programme, c, sets.from_on, sets.until_on)
            for c in sets.programme.contracts
        ),
    )


def fee_cents(contract: Contract, number: int) -> int:
    """The fee of the n-th batch of a calendar year, counted from 1."""
    reached = [t for t in contract.tiers if t.from_batch <= number]
    return (
        max(reached, key=lambda t: t.from_batch).fee_cents
        if reached
        else (contract.batch_fee_cents)
    )


def owed_anyway(programme: Programme, contract: Contract, from_on: date, until_on: date) -> int:
    """Reservations and fixed cost of a plant over a period, by days of the term. [model O8]"""
    term = (contract.from_on, contract.until_on)
    days = _days(from_on, until_on, term)
    total = contract.fixed_per_year_cents * days / 365.25
    for line in programme.manufacturer[contract.manufacturer].lines:
        for rule in line.slots:
            if rule.kind == "reserved":
                taken = _days(from_on, until_on, term, (rule.from_on, rule.until_on))
                months = taken / 30.4375 / rule.every_weeks
                total += contract.reservation_per_month_cents * months
    return round(total)


def _days(from_on: date, until_on: date, *spans: tuple[date | None, date | None]) -> int:
    """Days of a period that lie in every span; an open end bounds nothing."""
    first = max([from_on, *(a for a, _ in spans if a is not None)])
    last = min([until_on, *(b for _, b in spans if b is not None)])
    return max((last - first).days + 1, 0)


def _fees(sets: Sets, schedule: Schedule) -> tuple[int, int]:
    programme = sets.programme
    made: Counter[tuple[str, int]] = Counter()
    for batch in schedule.batches:
        zone = programme.manufacturer[batch.manufacturer].zone
        made[batch.manufacturer, programme.clock.day(batch.charge_at, zone).year] += 1
    fees, owed = 0, 0.0
    for contract in programme.contracts:
        for (plant, _), number in made.items():
            if plant == contract.manufacturer:
                fees += sum(fee_cents(contract, n) for n in range(1, number + 1))
        for year in range(sets.from_on.year, sets.until_on.year + 1):
            short = owed_batches(sets, contract, year) - made[contract.manufacturer, year]
            owed += max(short, 0.0) * contract.batch_fee_cents
    return fees, round(owed)


def _extra_vials(programme: Programme, batches: Sequence[Batch]) -> int:
    total = 0
    for batch in batches:
        contract = programme.contract.get(batch.manufacturer)
        if contract is not None:
            beyond = max(0, batch.vials - contract.vials_included)
            total += beyond * contract.extra_vial_cents
    return total


def _options(sets: Sets, schedule: Schedule) -> int:
    fees = {slot.id: slot.fee_cents for p in sets.places for slot in p.slots}
    return sum(fees.get(b.slot, 0) for b in schedule.batches)


def _isotope(programme: Programme, batches: Sequence[Batch]) -> int:
    total = 0.0
    for batch in batches:
        if batch.source is not None:
            source = programme.source[batch.source]
            total += batch.isotope_mbq * source.price_cents_per_mbq + source.freight_cents
    return round(total)


def _testing(sets: Sets, schedule: Schedule) -> int:
    programme = sets.programme
    orders = {o.id: o for o in (*sets.orders, *sets.sent_orders)}
    tested: dict[tuple[str, int], int] = defaultdict(int)
    for allocation in schedule.allocations:
        order = orders.get(allocation.order)
        if order is None:
            continue
        batch = schedule.batch[allocation.batch]
        site = programme.site[order.site]
        received_at = schedule.shipment[allocation.shipment].received_at
        found = sets.ways.permission_of(batch.manufacturer, site, order.protocol, received_at)
        if found is not None:
            tested[batch.id, sets.ways.permits.number(found)] = found.testing_cents
    return sum(tested.values())
