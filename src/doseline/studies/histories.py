"""Chosen replications from the inside: every event, every batch, every dose, as rows."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from doseline.clock import Clock
from doseline.formats.results import write_rows
from doseline.operations import events
from doseline.operations.events import Event
from doseline.stores.extra import has_tables

Row = dict[str, Any]
Columns = Mapping[str, type]


def _event_columns() -> dict[str, type]:
    """Every field of every event, under the name it has there."""
    found: dict[str, type] = {"replication": int, "event": str, "at": datetime, "use_at": datetime}
    kinds = {"int": int, "bool": bool}
    for _, cls in inspect.getmembers(events, inspect.isclass):
        if issubclass(cls, Event):
            for f in fields(cls):
                found.setdefault(f.name, kinds.get(str(f.type), str))
    return found


EVENTS: Columns = _event_columns()

BATCHES: Columns = {
    "replication": int,
    "batch": str,
    "product": str,
    "slot": str,
    "outcome": str,
    "cause": str,
    "stage": str,
    "vials_planned": int,
    "vials_filled": int,
    "source": str,
    "isotope_ordered_kbq": int,
    "isotope_received_kbq": int,
    "charge_kbq": int,
    "bulk_kbq": int,
    "planned_at": datetime,
    "locked_at": datetime,
    "labelling_at": datetime,
    "eos_at": datetime,
    "released_at": datetime,
    "certified_at": datetime,
    "ended_at": datetime,
}
"""Columns of a batch: `outcome` is certified, released, failed, cancelled or open."""

DOSES: Columns = {
    "replication": int,
    "order": str,
    "outcome": str,
    "cause": str,
    "wanted_on": date,
    "activity_kbq": int,
    "placed_at": datetime,
    "batch": str,
    "planned_use_at": datetime,
    "promises_lost": int,
    "vial": str,
    "given_at": datetime,
    "given_kbq": int,
    "within_tolerance": bool,
    "on_day": bool,
}
"""Columns of a dose order: `outcome` is given, missed, cancelled or open."""


def write_histories(
    out: Path, histories: Iterable[tuple[int, tuple[Event, ...]]], clock: Clock
) -> tuple[Path, ...]:
    """Write events, batches and doses of some replications; as Parquet where that can be had."""
    tables: dict[str, list[Row]] = {"events": [], "batches": [], "doses": []}
    for number, told in histories:
        tables["events"] += event_rows(number, told, clock)
        tables["batches"] += batch_rows(number, told, clock)
        tables["doses"] += dose_rows(number, told, clock)
    columns = {"events": EVENTS, "batches": BATCHES, "doses": DOSES}
    suffix = "parquet" if has_tables() else "csv"
    written = []
    for name, rows in tables.items():
        path = out / f"{name}.{suffix}"
        if suffix == "parquet":
            from doseline.stores.tables import write_table

            write_table(path, rows, columns[name])
        else:
            write_rows(path, rows, columns[name])
        written.append(path)
    return tuple(written)


def event_rows(number: int, told: Iterable[Event], clock: Clock) -> Iterator[Row]:
    """Events as rows, in their order; a field that an event lacks is empty."""
    for event in told:
        row: Row = {"replication": number, "event": type(event).__name__}
        for f in fields(event):
            value = getattr(event, f.name)
            if f.name in ("at", "use_at"):
                value = clock.instant(value)
            row[f.name] = "; ".join(value) if isinstance(value, tuple) else value
        yield row


def batch_rows(number: int, told: Iterable[Event], clock: Clock) -> list[Row]:
    """A row for each batch, in the order in which they were planned."""
    rows: dict[str, Row] = {}
    for event in told:
        name = getattr(event, "batch", None)
        if name is None:
            continue
        row = rows.setdefault(name, {"replication": number, "batch": name, "outcome": "open"})
        _to_batch(row, event, clock.instant(event.at))
    return list(rows.values())


def _to_batch(row: Row, event: Event, at: datetime) -> None:
    match event:
        case events.BatchPlanned():
            row |= {"planned_at": at, "slot": event.slot, "product": event.product}
        case events.BatchLocked():
            row |= {"locked_at": at, "vials_planned": event.vials}
        case events.IsotopeOrdered():
            row |= {"source": event.source, "isotope_ordered_kbq": event.activity_kbq}
        case events.IsotopeReceived():
            row |= {"source": event.source, "isotope_received_kbq": event.activity_kbq}
        case events.LabellingStarted():
            row |= {"labelling_at": at, "charge_kbq": event.charge_kbq}
        case events.BatchFilled():
            row |= {"eos_at": at, "bulk_kbq": event.bulk_kbq, "vials_filled": event.vials}
        case events.BatchReleased():
            row |= {"released_at": at, "outcome": "released"}
        case events.BatchCertified():
            row |= {"certified_at": at, "outcome": "certified"}
        case events.BatchFailed():
            row |= {"ended_at": at, "outcome": "failed", "cause": event.cause}
            row["stage"] = event.stage
        case events.BatchCancelled():
            row |= {"ended_at": at, "outcome": "cancelled", "cause": event.cause}


def dose_rows(number: int, told: Iterable[Event], clock: Clock) -> list[Row]:
    """A row for each dose order, in the order in which they were placed."""
    rows: dict[str, Row] = {}
    for event in told:
        if isinstance(event, events.OrderPlaced):
            rows[event.order] = {
                "replication": number,
                "order": event.order,
                "outcome": "open",
                "wanted_on": date.fromisoformat(event.wanted_on),
                "activity_kbq": event.activity_kbq,
                "placed_at": clock.instant(event.at),
                "promises_lost": 0,
            }
        elif (name := getattr(event, "order", None)) in rows:
            _to_dose(rows[name], event, clock)
    return list(rows.values())


def _to_dose(row: Row, event: Event, clock: Clock) -> None:
    match event:
        case events.OrderPromised():
            row |= {"batch": event.batch, "planned_use_at": clock.instant(event.use_at)}
        case events.OrderUnpromised():
            row |= {"batch": None, "planned_use_at": None, "cause": event.cause}
            row["promises_lost"] += 1
        case events.OrderMoved():
            row["wanted_on"] = date.fromisoformat(event.wanted_on)
        case events.OrderCancelled():
            row |= {"outcome": "cancelled", "cause": event.stage}
        case events.OrderMissed():
            row |= {"outcome": "missed", "cause": event.cause}
        case events.DoseAdministered():
            row |= {
                "outcome": "given",
                "vial": event.vial,
                "given_at": clock.instant(event.at),
                "given_kbq": event.activity_kbq,
                "within_tolerance": event.within_tolerance,
                "on_day": event.on_day,
            }
