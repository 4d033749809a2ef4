"""A replication as a row of a table, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from doseline.simulate import Identity, Replication, Service
from doseline.simulate.result import Run

COUNTS = (
    "due", "on_time", "delayed", "missed", "out_of_tolerance", "cancelled", "enrolled",
    "penalties_cents",
)  # fmt: skip
DAYS = ("first_shortfall_on", "last_dose_on")
_OF_A_MONTH = ("due", "on_time", "delayed", "missed")


def _fixed(*fields: tuple[str, Any]) -> Any:
    return pa.struct([pa.field(name, kind, nullable=False) for name, kind in fields])


_CAUSE = _fixed(("cause", pa.string()), ("doses", pa.int64()))
_MONTH = _fixed(("month", pa.int32()), *((name, pa.int64()) for name in _OF_A_MONTH))
_SHORT = _fixed(("order", pa.string()), ("wanted_on", pa.date32()))
_SERVICE = pa.struct(
    [
        pa.field("period", pa.string(), nullable=False),
        pa.field("protocol", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in COUNTS),
        *(pa.field(name, pa.date32()) for name in DAYS),
        pa.field("causes", pa.list_(_CAUSE), nullable=False),
        pa.field("by_month", pa.list_(_MONTH), nullable=False),
        pa.field("against_odds", pa.list_(pa.int64()), nullable=False),
        pa.field("short", pa.list_(_SHORT), nullable=False),
    ]
)
_BOOK = _fixed(("name", pa.string()), ("month", pa.int32()), ("amount", pa.int64()))

SCHEMA = pa.schema(
    [
        pa.field("run", pa.string(), nullable=False),
        pa.field("design", pa.string()),
        pa.field("scenario", pa.string()),
        pa.field("seed", pa.int64(), nullable=False),
        pa.field("replication", pa.int64(), nullable=False),
        pa.field("services", pa.list_(_SERVICE), nullable=False),
        pa.field("book", pa.list_(_BOOK), nullable=False),
    ]
)
"""One row a replication: `run` is the fingerprint, months count from year 0."""


def table_of(identity: Identity, runs: Sequence[Run]) -> Any:
    """Replications of a run as an Arrow table."""
    rows = [
        {
            "run": identity.fingerprint,
            "design": identity.design,
            "scenario": identity.scenario,
            "seed": identity.seed,
            "replication": run.replication.number,
            "services": [_service_row(s) for s in run.services],
            "book": [
                {"name": name, "month": month, "amount": int(amount)}
                for name, months in run.replication.by_month.items()
                for month, amount in months.items()
            ],
        }
        for run in runs
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def runs_of(table: Any) -> list[Run]:
    """The replications of an Arrow table, as they were."""
    return [_run(row) for row in table.to_pylist()]


def _service_row(service: Service) -> dict[str, Any]:
    return {
        "period": service.period,
        "protocol": service.protocol,
        **{name: int(getattr(service, name)) for name in COUNTS},
        **{name: getattr(service, name) for name in DAYS},
        "causes": [{"cause": c, "doses": int(n)} for c, n in service.causes.items()],
        "by_month": [
            {"month": month, **dict(zip(_OF_A_MONTH, map(int, counts), strict=True))}
            for month, counts in service.by_month.items()
        ],
        "against_odds": [int(n) for n in service.against_odds],
        "short": [
            {"order": order, "wanted_on": date.fromordinal(day)} for order, day in service.short
        ],
    }


def _run(row: dict[str, Any]) -> Run:
    number = row["replication"]
    book: dict[str, dict[int, int]] = {}
    for entry in row["book"]:
        book.setdefault(entry["name"], {})[entry["month"]] = entry["amount"]
    services = tuple(_service(number, s) for s in row["services"])
    return Run(Replication(number, book), services)


def _service(number: int, row: dict[str, Any]) -> Service:
    return Service(
        replication=number,
        period=row["period"],
        protocol=row["protocol"],
        **{name: row[name] for name in (*COUNTS, *DAYS)},
        causes={c["cause"]: c["doses"] for c in row["causes"]},
        by_month={m["month"]: tuple(m[name] for name in _OF_A_MONTH) for m in row["by_month"]},
        against_odds=tuple(row["against_odds"]),
        short=tuple((s["order"], s["wanted_on"].toordinal()) for s in row["short"]),
    )
