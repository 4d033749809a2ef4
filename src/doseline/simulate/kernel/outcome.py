"""What futures of the kernel hand back: the same rows as the reference, made for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from doseline.simulate.booked import Book, Booked, Short, Shorts
from doseline.simulate.costs import owed_by_contract, take_or_pay
from doseline.simulate.kernel.laid import Ints
from doseline.simulate.kernel.layout import COUNTS
from doseline.simulate.kernel.room_for import Room
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.tallying import (
    CANCELLED_N,
    CENTS,
    DELAYED,
    DUE,
    ENROLLED,
    LAST,
    MISSED_N,
    ODDS,
    ON_TIME,
    OUT,
    ROW,
    SHORTFALL,
)
from doseline.simulate.result import Period, Replication, Run, Service


@dataclass(frozen=True)
class Told:
    """What was counted in some replications: a row each, and the doses delayed or missed in them.

    `first` is what the first replication is called in the rows of `shorts`.
    """

    room: Room
    periods: Sequence[Period]
    numbers: Sequence[int]
    counted: Ints
    faults: Sequence[int]
    shorts: Ints
    first: int


def outcomes(told: Told) -> list[Run | None]:
    """The rows of replications that have run to their end; None for those given back."""
    if not told.numbers:
        return []
    booked = _booked(told)
    return [
        None if fault else Run(Replication(number, Book(booked, place)), rows, ())
        for place, (number, fault, rows) in enumerate(
            zip(told.numbers, told.faults, _services(told), strict=True)
        )
    ]


def _booked(told: Told) -> Booked:
    """What was counted and spent, by name and month since year 0."""
    t = told.room.tables
    table = told.room.counts(told.counted, "months").reshape(-1, len(COUNTS), t.months_n)
    here = np.flatnonzero(table.any(axis=(0, 1)))
    first, until = (int(here[0]), int(here[-1]) + 1) if len(here) else (0, 0)
    always = owed_whatever_happens(t)
    found = Booked(COUNTS, t.month0 + first, table[:, :, first:until].copy(), always)
    found.more = _owed(t, told.room.counts(told.counted, "batches_of_year"), found)
    return found


def _owed(t: Tables, of_year: Ints, booked: Booked) -> list[dict[str, dict[int, int]]]:
    """What hangs on all batches together, and the cost of waste. As `costs.add_fixed_costs`."""
    price = t.programme.costs.waste_cents_per_mbq
    if not price and not any(x.take_or_pay_batches for x in t.programme.contracts):
        return []
    found = []
    for place, row in enumerate(of_year):
        more = _take_or_pay(t, row.reshape(len(t.plants), t.years_n))
        if price:
            cost: dict[int, int] = defaultdict(int)
            for name in ("wasted:making", "wasted:dose"):
                for month, kbq in booked.months(place, name).items():
                    cost[month] += round(kbq * price / 1000)
            more |= _rows(SimpleNamespace(book=SimpleNamespace(months={"cost:waste": cost})))
        found.append(more)
    return found


def _take_or_pay(t: Tables, years: Ints) -> dict[str, dict[int, int]]:
    """What is owed for batches that were not made."""
    made = {
        (plant, t.numbers["year0"] + int(year)): int(years[number, year])
        for plant, number in t.plants.items()
        for year in np.flatnonzero(years[number])
    }
    ledger = _ledger(t)
    ledger.batches_of_year = defaultdict(int, made)
    for contract in t.programme.contracts:
        take_or_pay(ledger, contract)
    return _rows(ledger)


def _ledger(tables: Tables) -> Any:
    months: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    return SimpleNamespace(
        book=SimpleNamespace(months=months), world=tables.world, programme=tables.programme
    )


def _rows(ledger: Any) -> dict[str, dict[int, int]]:
    found = {
        name: {month: cents for month, cents in sorted(row.items()) if cents}
        for name, row in ledger.book.months.items()
    }
    return {name: row for name, row in found.items() if row}


def owed_whatever_happens(tables: Tables) -> dict[str, dict[int, int]]:
    """Reservations, fixed cost, transfer and exit: the same in every future of a world."""
    if tables.owed is None:
        ledger = _ledger(tables)
        for plant in tables.programme.manufacturers:
            contract = tables.programme.contract.get(plant.id)
            if contract is not None:
                owed_by_contract(ledger, plant, contract)
        tables.owed = _rows(ledger)
    return tables.owed


# -- service -------------------------------------------------------------------------------


def _services(told: Told) -> Iterator[tuple[Service, ...]]:
    """How the doses of each period and protocol fared, of each replication."""
    t = told.room.tables
    named = [
        (i * len(t.protocols) + t.protocols[protocol], period, protocol)
        for i, period in enumerate(told.periods)
        for protocol in sorted(t.protocols)
        if not period.protocols or protocol in period.protocols
    ]
    counted, each = np.array([row for row, _, _ in named], np.int64), len(named)
    rows = _of_rows(told, "rows", (ROW,), counted)
    all_causes, all_months = _causes(told, counted), _by_month(told, counted)
    rows_short = told.shorts.copy()
    rows_short[:, 0] -= told.first
    shorts = Shorts(told.room.held["names"].tobytes(), rows_short)
    for n, (replication, mine) in enumerate(zip(told.numbers, rows.tolist(), strict=True)):
        found = []
        for number, (_, period, protocol) in enumerate(named):
            row = mine[number]
            if not row[DUE] and not row[CANCELLED_N] and not any(row[ODDS:]):
                continue
            found.append(
                Service(
                    replication=replication,
                    period=period.id,
                    protocol=protocol,
                    due=row[DUE],
                    on_time=row[ON_TIME],
                    delayed=row[DELAYED],
                    missed=row[MISSED_N],
                    out_of_tolerance=row[OUT],
                    cancelled=row[CANCELLED_N],
                    enrolled=row[ENROLLED],
                    penalties_cents=row[CENTS],
                    first_shortfall_on=_date(row[SHORTFALL]),
                    last_dose_on=_date(row[LAST]),
                    causes=all_causes[n * each + number],
                    by_month=all_months[n * each + number],
                    against_odds=tuple(row[ODDS:]),
                    short=Short(
                        shorts,
                        n,
                        t.protocols[protocol],
                        period.from_on.toordinal(),
                        period.until_on.toordinal(),
                    ),
                )
            )
        yield tuple(found)


def _date(day: int) -> date | None:
    return date.fromordinal(day) if day else None


def _of_rows(told: Told, name: str, wide: tuple[int, ...], counted: Ints) -> Ints:
    """What was counted of some rows of service: by replication, row, and what a row is wide."""
    table = told.room.counts(told.counted, name)
    return table.reshape(len(told.numbers), -1, *wide)[:, counted]


def _causes(told: Told, counted: Ints) -> list[dict[str, int]]:
    """The causes of each row of service, by name."""
    t = told.room.tables
    wide = len(t.causes)
    table = _of_rows(told, "row_causes", (wide,), counted).reshape(-1, wide)
    row, code = np.nonzero(table)
    edges = np.searchsorted(row, np.arange(len(table) + 1)).tolist()
    counts = table[row, code].tolist()
    names = [t.causes[c] or "unknown" for c in code.tolist()]
    return [
        dict(sorted(zip(names[low:high], counts[low:high], strict=True))) if high > low else {}
        for low, high in pairwise(edges)
    ]


def _by_month(told: Told, counted: Ints) -> list[dict[int, tuple[int, int, int, int]]]:
    """The months of each row of service in which doses were due."""
    t = told.room.tables
    wide = (t.months_n, 4)
    table = _of_rows(told, "row_months", wide, counted).reshape(-1, *wide)
    row, place = np.nonzero(table[:, :, 0])
    edges = np.searchsorted(row, np.arange(len(table) + 1)).tolist()
    counts = table[row, place].T.tolist()
    months = (place + t.month0).tolist()
    told_of = list(zip(months, zip(*counts, strict=True), strict=True))
    return [dict(told_of[low:high]) for low, high in pairwise(edges)]
