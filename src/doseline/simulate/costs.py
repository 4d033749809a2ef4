"""What is owed whether a batch is made or not, month by month.

Reservations count each weekly reserved slot for the months in which it may be used (a fortnightly
one as a half); fixed cost runs while the plant is open and its contract holds. Transfer is paid
when it begins, if that falls into the time simulated; what was paid before is sunk. Exit is paid
at the end of the term or when the plant closes. Isotope for stand-ins is bought for every week in
which the plant has a slot. Fees that a site owes for cancelling are not counted.
"""

from __future__ import annotations

import calendar
from datetime import date

from doseline.programme.contract import Contract
from doseline.programme.manufacturer import Manufacturer
from doseline.simulate.future import Future
from doseline.simulate.world import month_number


def add_fixed_costs(f: Future) -> None:
    """Add to the book what does not hang on any single batch, and the cost of waste."""
    for plant in f.programme.manufacturers:
        contract = f.programme.contract.get(plant.id)
        if contract is not None:
            owed_by_contract(f, plant, contract)
            take_or_pay(f, contract)
        _standing_isotope(f, plant)
    _slots_usable(f)
    price = f.programme.costs.waste_cents_per_mbq
    if price:
        for name in ("wasted:making", "wasted:dose"):
            for month, kbq in list(f.book.months[name].items()):
                f.book.months["cost:waste"][month] += round(kbq * price / 1000)


def owed_by_contract(f: Future, plant: Manufacturer, contract: Contract) -> None:
    """Add what a contract asks whatever happens: reservation, fixed cost, transfer, exit."""
    _monthly(f, plant, contract)
    _once(f, plant, contract)


def _add(f: Future, item: str, month: int, cents: float) -> None:
    if cents:
        f.book.months[f"cost:{item}"][month] += round(cents)


def _span(f: Future, *ends: tuple[date | None, date | None]) -> tuple[date, date]:
    first, last = f.world.from_on, f.world.until_on
    for begins, ends_on in ends:
        first = max(first, begins) if begins else first
        last = min(last, ends_on) if ends_on else last
    return first, last


def _share(month: int, first: date, last: date) -> float:
    """The share of a month that lies between two days, both counted."""
    year, number = divmod(month, 12)
    days = calendar.monthrange(year, number + 1)[1]
    begin = max(first, date(year, number + 1, 1))
    end = min(last, date(year, number + 1, days))
    return max(0, (end - begin).days + 1) / days


def _monthly(f: Future, plant: Manufacturer, contract: Contract) -> None:
    term = (contract.from_on, contract.until_on)
    first, last = _span(f, term, (None, plant.closes_on))
    for month in range(month_number(first), month_number(last) + 1):
        fixed = contract.fixed_per_year_cents / 12
        _add(f, "fixed", month, fixed * _share(month, first, last))
    if not contract.reservation_per_month_cents:
        return
    for line in plant.lines:
        for rule in line.slots:
            if rule.kind == "reserved":
                made = _made_from(plant, line.products)
                begin, end = _span(f, term, (made, plant.closes_on), (rule.from_on, rule.until_on))
                cents = contract.reservation_per_month_cents / rule.every_weeks
                for month in range(month_number(begin), month_number(end) + 1):
                    _add(f, "reservation", month, cents * _share(month, begin, end))


def _made_from(plant: Manufacturer, products: tuple[str, ...]) -> date | None:
    return min((a.from_on for a in plant.makes if a.product in products), default=None)


def _once(f: Future, plant: Manufacturer, contract: Contract) -> None:
    begun = [a.transfer_starts_on for a in plant.makes if a.transfer_starts_on]
    if contract.transfer_cents:
        at = min(begun) if begun else contract.from_on or f.world.from_on
        if f.world.from_on <= at <= f.world.until_on:
            _add(f, "transfer", month_number(at), contract.transfer_cents)
    ends = [d for d in (contract.until_on, plant.closes_on) if d]
    if contract.exit_cents and ends and f.world.from_on <= min(ends) <= f.world.until_on:
        _add(f, "exit", month_number(min(ends)), contract.exit_cents)


def take_or_pay(f: Future, contract: Contract) -> None:
    """Batches paid for in a full calendar year of the term, and not made."""
    if not contract.take_or_pay_batches:
        return
    first, last = _span(f, (contract.from_on, contract.until_on))
    for year in range(first.year, last.year + 1):
        if first <= date(year, 1, 1) and date(year, 12, 31) <= last:
            made = f.batches_of_year[contract.manufacturer, year]
            short = max(0, contract.take_or_pay_batches - made)
            _add(f, "take_or_pay", year * 12 + 11, short * contract.batch_fee_cents)


def _standing_isotope(f: Future, plant: Manufacturer) -> None:
    if not plant.standing_isotope_mbq or not f.policy.backup:
        return
    weeks: dict[tuple[str, tuple[int, int]], tuple[int, str]] = {}
    for place in f.world.places:
        on = place.slot.starts_on
        mine = place.plant.id == plant.id and bool(place.slot.isotope)
        if mine and f.world.from_on <= on <= f.world.until_on and not f.known.takes(place):
            key = (place.product.nuclide or "", place.week)
            weeks.setdefault(key, (month_number(on), place.slot.isotope[0].source))
    for month, source_id in weeks.values():
        source = f.programme.source[source_id]
        _add(f, "standing_isotope", month, plant.standing_isotope_mbq * source.price_cents_per_mbq)
        _add(f, "isotope_freight", month, source.freight_cents)


def _slots_usable(f: Future) -> None:
    """Slots of the time simulated that no known shock took; one for all products of a place."""
    seen = set()
    for place in f.world.places:
        key = (place.line.id, place.slot.charge_at)
        on = place.slot.starts_on
        inside = f.world.from_on <= on <= f.world.until_on
        if inside and key not in seen and not f.known.takes(place):
            seen.add(key)
            f.book.months["slots_usable"][month_number(on)] += 1
