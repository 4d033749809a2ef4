"""The folder that `doseline plan --out` leaves, as far as a new plan begins with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from doseline.errors import Fault, InputError, did_you_mean
from doseline.formats.records import plain, read_json, record, records
from doseline.formats.results import write_json_atomically
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.programme import Programme

__all__ = ["ORDERS", "PLAN", "SCHEDULE", "PlanFolder", "read_plan_folder", "write_plan_folder"]

PLAN, SCHEDULE, ORDERS = "plan.json", "schedule.json", "orders.json"


@dataclass(frozen=True)
class PlanFolder:
    """A plan as it was left: its design, the days planned, its orders and its schedule.

    `kinds` says of which kind orders of a file are; the others were drawn.
    """

    path: Path
    design: str | None
    from_on: date
    until_on: date
    orders: tuple[DoseOrder, ...]
    schedule: Schedule
    kinds: Mapping[str, str]


def write_plan_folder(out: Path, orders: Sequence[DoseOrder], schedule: Schedule) -> None:
    """Leave the orders and the schedule of a plan beside its `plan.json`, number for number."""
    write_json_atomically(out / ORDERS, plain(tuple(orders)))
    write_json_atomically(out / SCHEDULE, plain(schedule))


def read_plan_folder(path: Path) -> PlanFolder:
    """The plan in a folder. Raises InputError with every fault of its files."""
    said, name = read_json(path / PLAN), str(path / PLAN)
    if not isinstance(said, dict):
        raise InputError(Fault(name, 0, "", "expected the document of a plan"))
    days: dict[str, date] = {}
    faults = []
    for key in ("from", "until"):
        try:
            days[key] = date.fromisoformat(str(said.get(key)))
        except (TypeError, ValueError):
            message = f"found {said.get(key)!r}, expected a day such as 2022-05-09"
            faults.append(Fault(name, 0, key, message))
    if faults:
        raise InputError(faults)
    schedule = record(Schedule, read_json(path / SCHEDULE), str(path / SCHEDULE))
    orders = records(DoseOrder, read_json(path / ORDERS), str(path / ORDERS))
    rows = [row for key in ("doses", "unmet") for row in said.get(key, ())]
    kinds = {row["order"]: row["kind"] for row in rows if row.get("kind", "drawn") != "drawn"}
    design = schedule.design
    return PlanFolder(path, design, days["from"], days["until"], orders, schedule, kinds)


def strangers(folder: PlanFolder, programme: Programme) -> Iterator[Fault]:
    """Faults where the files of a plan name what the programme does not hold."""
    protocols = {*programme.trial, *programme.market}
    for n, order in enumerate(folder.orders):
        at = f"[{n}]"
        yield from _unknown(folder, ORDERS, f"{at}.site", order.site, programme.site)
        yield from _unknown(folder, ORDERS, f"{at}.product", order.product, programme.product)
        yield from _unknown(folder, ORDERS, f"{at}.protocol", order.protocol, protocols)
    for n, b in enumerate(folder.schedule.batches):
        at = f"batches[{n}]"
        yield from _unknown(folder, SCHEDULE, f"{at}.line", b.line, programme.line)
        yield from _unknown(folder, SCHEDULE, f"{at}.product", b.product, programme.product)
        if b.source is not None:
            yield from _unknown(folder, SCHEDULE, f"{at}.source", b.source, programme.source)
    for n, s in enumerate(folder.schedule.shipments):
        yield from _unknown(folder, SCHEDULE, f"shipments[{n}].lane", s.lane, programme.lane)
        batch = folder.schedule.batch
        yield from _unknown(folder, SCHEDULE, f"shipments[{n}].batch", s.batch, batch)
    known: dict[str, Any] = {o.id: o for o in folder.orders}
    for n, a in enumerate(folder.schedule.allocations):
        at = f"allocations[{n}]"
        yield from _unknown(folder, SCHEDULE, f"{at}.order", a.order, known)
        yield from _unknown(folder, SCHEDULE, f"{at}.batch", a.batch, folder.schedule.batch)
        shipment = folder.schedule.shipment
        yield from _unknown(folder, SCHEDULE, f"{at}.shipment", a.shipment, shipment)


def _unknown(
    folder: PlanFolder, file: str, field: str, found: str, known: Collection[str]
) -> Iterator[Fault]:
    if found not in known:
        what = field.rpartition(".")[2]
        hint = did_you_mean(found, known)
        message = f'found "{found}", expected a {what} of the programme or the plan{hint}'
        yield Fault(str(folder.path / file), 0, field, message)
