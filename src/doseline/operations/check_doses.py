"""A dose against its order, its batch, the hours of its site, and what its consignee may hold."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from doseline.operations.check_case import (
    Case,
    Served,
    at_most,
    breach,
    near,
    site_treats,
)
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.schedule import Shipment
from doseline.programme.rules import activity_at_eos, decay_factor


def dose_breaches(case: Case) -> Iterator[Breach]:
    """Every breach of a dose, then those of the orders as a whole and of each consignee."""
    for row in case.served:
        yield from _dose(case, row)
        yield from _hours(case, row)
        if row.shipment is not None:
            yield from _package(case, row, row.shipment)
    yield from _orders(case)
    yield from _capacity(case)
    yield from _possession(case)


# -- one dose ------------------------------------------------------------------------------


def _dose(case: Case, row: Served) -> Iterator[Breach]:
    order, batch, use_at = row.order, row.batch, row.allocation.use_at
    product = case.product(batch)
    if order.product != batch.product:
        text = f"ordered {order.product}, and batch {batch.id} is {batch.product}"
        yield breach(
            BreachKind.WRONG_PRODUCT, (order.id, batch.id), f"{text}; expected the same", use_at
        )
        return
    wanted = activity_at_eos(order.activity_mbq, use_at - batch.eos_at, product.half_life)
    if not near(row.allocation.eos_mbq, wanted):
        text = f"vial of {row.allocation.eos_mbq:,.4f} MBq at EOS, expected {wanted:,.4f} MBq for"
        text = f"{text} the {order.activity_mbq:,.4f} MBq ordered"
        yield breach(BreachKind.WRONG_DOSE, (order.id, batch.id), text, use_at)
    content = row.allocation.eos_mbq * (1.0 + product.overfill_fraction)
    if content > product.vial_limit_mbq * (1.0 + 1e-6):
        text = f"vial of {content:,.4f} MBq at EOS, expected at most {product.vial_limit_mbq:,.4f}"
        text = f"{text} MBq in {product.fill_volume_ml} mL"
        yield breach(BreachKind.VIAL_TOO_SMALL, (order.id, batch.id), text, use_at)
    ends, last = use_at + product.infusion_min, batch.eos_at + product.shelf_life_min
    if ends > last:
        zone = case.programme.site[order.site].zone
        text = f"infusion ends {case.told(ends, zone)}, expected by {case.told(last, zone)}, when"
        text = f"{text} the shelf life ends"
        yield breach(BreachKind.USED_AFTER_SHELF_LIFE, (order.id, batch.id), text, use_at)


def _hours(case: Case, row: Served) -> Iterator[Breach]:
    order, use_at = row.order, row.allocation.use_at
    site, clock = case.programme.site[order.site], case.programme.clock
    day = clock.day(use_at, site.zone)
    if not order.earliest_on <= day <= order.latest_on:
        text = f"used on {day}, expected {order.earliest_on} to {order.latest_on}"
        yield breach(BreachKind.OUTSIDE_WINDOW, order.id, text, use_at)
    if not site_treats(site, day):
        days = "/".join(site.treatment_weekdays)
        text = f"used on {day:%A} {day}, expected a day on which {site.id} treats: {days}"
        yield breach(BreachKind.NO_TREATMENT_DAY, order.id, text, use_at)
    earliest = clock.at(day, site.infusion_earliest, site.zone)
    latest = clock.at(day, site.infusion_latest, site.zone)
    if not earliest <= use_at <= latest:
        text = f"used {case.told(use_at, site.zone)}, expected {site.infusion_earliest:%H:%M} to"
        text = f"{text} {site.infusion_latest:%H:%M}"
        yield breach(BreachKind.OUTSIDE_INFUSION_HOURS, order.id, text, use_at)


def _package(case: Case, row: Served, shipment: Shipment) -> Iterator[Breach]:
    order, use_at = row.order, row.allocation.use_at
    if shipment.batch != row.batch.id or shipment.site != order.site:
        text = f"comes with a shipment of batch {shipment.batch} to {shipment.site}, expected one"
        text = f"{text} of batch {row.batch.id} to {order.site}"
        yield breach(BreachKind.SHIPMENT_OF_ANOTHER, (order.id, shipment.id), text, use_at)
        return
    ready = shipment.received_at + case.product(row.batch).preparation_min
    if use_at < ready:
        zone = case.programme.site[order.site].zone
        text = f"used {case.told(use_at, zone)}, expected {case.told(ready, zone)} or later, once"
        text = f"{text} received and prepared"
        yield breach(BreachKind.USED_BEFORE_PREPARED, (order.id, shipment.id), text, use_at)


# -- all orders ----------------------------------------------------------------------------


def _orders(case: Case) -> Iterator[Breach]:
    served = Counter(a.order for a in case.schedule.allocations)
    unmet = {u.order for u in case.schedule.unmet}
    before = set(case.standing.served) if case.standing else set()
    for order, times in served.items():
        if times + (order in before) > 1:
            text = f"served {times} times in the schedule"
            text += ", and served before" if order in before else ""
            yield breach(BreachKind.SERVED_TWICE, order, f"{text}; expected once")
        if order in unmet:
            text = "allocated, and listed as unmet; expected one of them"
            yield breach(BreachKind.SERVED_AND_UNMET, order, text)
    for order in case.order:
        if order not in served and order not in unmet and order not in before:
            text = "neither allocated nor unmet; expected one of them"
            yield breach(BreachKind.ORDER_FORGOTTEN, order, text)


# -- consignees ----------------------------------------------------------------------------


def _capacity(case: Case) -> Iterator[Breach]:
    """Sites of one consignee share its capacity, the largest figure among them."""
    days: dict[tuple[str, date], list[Served]] = defaultdict(list)
    for row in case.served:
        site = case.programme.site[row.order.site]
        day = case.programme.clock.day(row.allocation.use_at, site.zone)
        days[site.consignee, day].append(row)
    for (consignee, day), rows in days.items():
        most = max(s.daily_capacity for s in case.programme.consignee[consignee])
        if len(rows) > most:
            ids = [row.order.id for row in rows]
            text = f"{consignee} gives {len(rows)} doses on {day}, expected at most {most}"
            first = min(row.allocation.use_at for row in rows)
            yield breach(BreachKind.CONSIGNEE_CAPACITY_EXCEEDED, ids, text, first)


def _possession(case: Case) -> Iterator[Breach]:
    """At each receipt of a consignee, the vials received and not yet used keep its licence.

    Sites of one consignee share the limit, the largest figure among their licences.
    """
    hands: dict[str, list[tuple[Served, Shipment]]] = defaultdict(list)
    for row in case.served:
        if row.shipment is not None and case.product(row.batch).decays:
            hands[case.programme.site[row.order.site].consignee].append((row, row.shipment))
    for consignee, rows in hands.items():
        licences = [s.licence for s in case.programme.consignee[consignee] if s.licence]
        if not licences:
            continue
        limit = max(licence.limit_mbq for licence in licences)
        rows.sort(key=lambda r: r[1].received_at)
        held: list[tuple[Served, Shipment]] = []
        for i, (row, shipment) in enumerate(rows):
            at = shipment.received_at
            held = [r for r in held if r[0].allocation.use_at > at]
            held.append((row, shipment))
            if i + 1 < len(rows) and rows[i + 1][1].received_at == at:
                continue  # more comes in the same minute
            total = math.fsum(_on_hand(case, r[0], at) for r in held)
            if not at_most(total, limit):
                ids = [r[0].order.id for r in held]
                text = f"{consignee} holds {total:,.4f} MBq at a receipt, expected at most"
                yield breach(
                    BreachKind.CONSIGNEE_POSSESSION_EXCEEDED, ids, f"{text} {limit:,.4f} MBq", at
                )


def _on_hand(case: Case, row: Served, at: int) -> float:
    left = decay_factor(at - row.batch.eos_at, case.product(row.batch).half_life)
    return row.allocation.eos_mbq * row.order.units * left
