"""The second witness: every breach of a schedule, found without looking at the planner.

The checker reads the programme's raw calendars and limits, day by day and minute by minute. It
knows nothing of the slots and routes from which a planner chooses, and nothing of a solver. Each
kind of breach is told in docs/reference/breaches.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from doseline.operations.check_batches import batch_breaches
from doseline.operations.check_case import Case, breach, unknown_of_batch
from doseline.operations.check_doses import dose_breaches
from doseline.operations.check_isotope import isotope_breaches
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.check_roads import road_breaches
from doseline.operations.check_standing import standing_breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.operations.standing import Standing
from doseline.programme import Programme

__all__ = ["Breach", "BreachKind", "breaches"]


def breaches(
    programme: Programme,
    schedule: Schedule,
    orders: Iterable[DoseOrder],
    *,
    standing: Standing | None = None,
) -> tuple[Breach, ...]:
    """Every breach of a schedule against the programme's calendars and limits.

    `programme` stands under the design that the schedule is for. `orders` are all those that the
    schedule answers: each is allocated or listed as unmet. With a `standing` what is locked or on
    its way must be kept, and nothing may be decided after its hour. An order used on another day
    of its window is moved, which is no breach. Activities agree within one part in a million;
    instants agree to the minute.
    """
    case = Case(programme, schedule, tuple(orders), standing)
    return (
        *_references(case),
        *batch_breaches(case),
        *isotope_breaches(case),
        *road_breaches(case),
        *dose_breaches(case),
        *standing_breaches(case),
    )


def _references(case: Case) -> Iterator[Breach]:
    unknown, schedule = BreachKind.UNKNOWN_REFERENCE, case.schedule
    for batch in schedule.batches:
        for text in unknown_of_batch(case, batch):
            yield breach(unknown, batch.id, text, batch.charge_at)
    for shipment in schedule.shipments:
        for kind, name, found in (
            ("batch", shipment.batch, shipment.batch in schedule.batch),
            ("lane", shipment.lane, shipment.lane in case.programme.lane),
            ("site", shipment.site, shipment.site in case.programme.site),
        ):
            if not found:
                text = f"found {kind} {name!r}, expected a known one"
                yield breach(unknown, shipment.id, text, shipment.dispatch_at)
    for row in schedule.allocations:
        for kind, name, found in (
            ("order", row.order, row.order in case.order),
            ("batch", row.batch, row.batch in schedule.batch),
            ("shipment", row.shipment, row.shipment in schedule.shipment),
        ):
            if not found:
                text = f"found {kind} {name!r}, expected a known one"
                yield breach(unknown, row.order, text, row.use_at)
    for unmet in schedule.unmet:
        if unmet.order not in case.order:
            text = f"found unmet order {unmet.order!r}, expected a known one"
            yield breach(unknown, unmet.order, text)
    for order in case.orders:
        if order.site not in case.programme.site:
            yield breach(unknown, order.id, f"found site {order.site!r}, expected a known one")
    yield from _named_twice(case)


def _named_twice(case: Case) -> Iterator[Breach]:
    for kind, names in (
        ("batches", Counter(b.id for b in case.schedule.batches)),
        ("shipments", Counter(s.id for s in case.schedule.shipments)),
        ("orders", Counter(o.id for o in case.orders)),
        ("unmet orders", Counter(u.order for u in case.schedule.unmet)),
    ):
        for name, times in names.items():
            if times > 1:
                text = f"found {times} {kind} of this name, expected one"
                yield breach(BreachKind.NAMED_TWICE, name, text)
