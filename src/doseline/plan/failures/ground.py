"""A schedule, and all that could stand in for any part of it, gathered once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from doseline.calendars import WorkCalendar
from doseline.clock import Clock
from doseline.errors import ScheduleError
from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Journey, Route
from doseline.operations.schedule import Allocation, Batch, Schedule
from doseline.operations.slots import plant_calendar
from doseline.operations.standing import Standing
from doseline.plan.model.candidates import gather
from doseline.plan.model.places import usable
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.programme import Programme
from doseline.programme.rules import activity_at_eos


@dataclass(frozen=True)
class Ground:
    """What every contingency of a schedule is judged on.

    `lean` is the programme without spare vials: in need those are given away. `frozen` are the
    batches of the schedule as they stand, by id; `batch_in` the same by slot. `doses` are not yet
    on their way, with their orders; they stand by batch in `of_batch`, by consignee in `bound_for`.
    `chosen` is the choice of the model behind a dose, where it has one.
    """

    sets: Sets
    lean: Programme
    schedule: Schedule
    standing: Standing | None
    frozen: Mapping[str, Place]
    batch_in: Mapping[str, Batch]
    of_batch: Mapping[str, tuple[Allocation, ...]]
    bound_for: Mapping[str, tuple[Allocation, ...]]
    chosen: Mapping[str, int]
    calendars: Mapping[str, WorkCalendar]
    _decided: dict[tuple[str, int], int] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def order(self, allocation: Allocation) -> DoseOrder:
        """The order that a dose is for."""
        return self.sets.orders[self.sets.order_of_id[allocation.order]]

    def decides_at(self, plant: str, at: int) -> int:
        """The first minute from an instant on at which somebody works at a plant. [min]"""
        found = self._decided.get((plant, at))
        if found is None:
            found = decided_at(self.sets.programme.clock, self.calendars[plant], at)
            self._decided[plant, at] = found
        return found


def decided_at(clock: Clock, calendar: WorkCalendar, at: int) -> int:
    """The first minute from an instant on at which somebody works. [min]"""
    day = clock.day(at, calendar.zone)
    hours = calendar.hours(clock, day)
    if hours is None or at > hours[1]:
        hours = calendar.hours(clock, calendar.next_open_day(day + timedelta(days=1)))
    return at if hours is None else max(at, hours[0])


def survey(
    programme: Programme,
    orders: Sequence[DoseOrder],
    schedule: Schedule,
    from_on: date,
    until_on: date,
    standing: Standing | None,
) -> Ground:
    """The ground of a schedule for the orders wanted between two days.

    Raises ScheduleError where the schedule serves an order that is not among them, or by a batch
    that it does not hold.
    """
    sets = gather(programme, orders, from_on, until_on, standing)
    sent = {a.order for a in sets.sent}
    doses = [a for a in schedule.allocations if a.order not in sent]
    for dose in doses:
        if dose.order not in sets.order_of_id:
            told = "which is none of the orders of the period"
            raise ScheduleError(f"the schedule serves {dose.order}, {told}")
        if dose.batch not in schedule.batch or dose.shipment not in schedule.shipment:
            told = "by a batch or a shipment that it does not hold"
            raise ScheduleError(f"the schedule serves {dose.order} {told}")
    of_batch: dict[str, list[Allocation]] = defaultdict(list)
    bound_for: dict[str, list[Allocation]] = defaultdict(list)
    for dose in doses:
        of_batch[dose.batch].append(dose)
        site = sets.orders[sets.order_of_id[dose.order]].site
        bound_for[programme.site[site].consignee].append(dose)
    return Ground(
        sets=sets,
        lean=replace(programme, policy=replace(programme.policy, spare_vials=0)),
        schedule=schedule,
        standing=standing,
        frozen=_as_they_stand(sets, schedule),
        batch_in={b.slot: b for b in schedule.batches},
        of_batch={name: tuple(mine) for name, mine in of_batch.items()},
        bound_for={name: tuple(mine) for name, mine in bound_for.items()},
        chosen=_chosen(sets, schedule, doses),
        calendars={m.id: plant_calendar(m) for m in programme.manufacturers},
    )


def _as_they_stand(sets: Sets, schedule: Schedule) -> dict[str, Place]:
    """Each batch of a schedule as a place whose batch is fixed, less what has left it."""
    known = {p.locked.id: p for p in sets.places if p.locked is not None}
    others = tuple(b for b in schedule.batches if b.id not in known)
    found = usable(sets.programme, (), Standing(locked=others), {})
    return {**known, **{p.locked.id: p for p in found if p.locked is not None}}


def _chosen(sets: Sets, schedule: Schedule, doses: Sequence[Allocation]) -> dict[str, int]:
    """The choice behind each dose: the same place, the same day, the same lane if it is one."""
    found = {}
    for dose in doses:
        i = sets.order_of_id[dose.order]
        slot = schedule.batch[dose.batch].slot
        on, lane = _used_on(sets, sets.orders[i], dose), schedule.shipment[dose.shipment].lane
        mine = [
            r
            for r in sets.of_order[i]
            if sets.choices[r].route.use_on == on
            and sets.places[sets.choices[r].place].slot.id == slot
        ]
        if mine:
            found[dose.order] = min(mine, key=lambda r: sets.choices[r].route.journey.lane != lane)
    return found


def _used_on(sets: Sets, order: DoseOrder, dose: Allocation) -> date:
    return sets.programme.clock.day(dose.use_at, sets.programme.site[order.site].zone)


def as_it_stands(ground: Ground, dose: Allocation) -> Choice:
    """A dose of the schedule as a choice, with the times and the activity that it has there."""
    sets, order = ground.sets, ground.order(dose)
    programme = sets.programme
    slot = ground.frozen[dose.batch].slot
    shipment = ground.schedule.shipment[dose.shipment]
    on = _used_on(sets, order, dose)
    received_at, site = shipment.received_at, programme.site[order.site]
    leave = sets.ways.permission_of(slot.manufacturer, site, order.protocol, received_at)
    testing = leave.testing_min if leave else 0
    sent = Journey(shipment.lane, shipment.dispatch_at, received_at, received_at, testing)
    lead_min, half_life = dose.use_at - slot.charge_at, programme.product[order.product].half_life
    return Choice(
        order=sets.order_of_id[dose.order],
        place=0,
        route=Route(
            slot=slot,
            journey=sent,
            use_at=dose.use_at,
            use_on=on,
            eos_mbq=dose.eos_mbq,
            cost_cents=programme.lane[shipment.lane].cost_cents,
        ),
        load_mbq=activity_at_eos(order.activity_mbq, lead_min, half_life),
        moved_days=abs((on - order.wanted_on).days),
        testing_min=testing,
        received_first_at=received_at,
    )
