"""What a future of the kernel hands back: the same rows as the reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from doseline.simulate.costs import owed_by_contract, take_or_pay
from doseline.simulate.kernel.layout import AT, COUNTS
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
    ON_TIME,
    OUT,
    ROW,
    SHORTFALL,
)
from doseline.simulate.result import Period, Replication, Run, Service


def outcome(room: Room, periods: Sequence[Period], replication: int) -> Run:
    """The rows of a replication that has run to its end."""
    return Run(Replication(replication, _months(room)), _services(room, periods, replication), ())


def _months(room: Room) -> dict[str, dict[int, int]]:
    """What was counted and spent, by name and month since year 0."""
    t = room.tables
    first = t.month0
    table = room.found["months"].reshape(len(COUNTS), t.months_n)
    found: dict[str, dict[int, int]] = {}
    which, place = np.nonzero(table)
    amounts, months = table[which, place].tolist(), (place + first).tolist()
    edges = np.searchsorted(which, np.arange(len(COUNTS) + 1)).tolist()
    for name, low, high in zip(COUNTS, edges, edges[1:], strict=False):
        if high > low:
            found[name] = dict(zip(months[low:high], amounts[low:high], strict=True))
    _owed(room, found)
    return {name: found[name] for name in sorted(found)}


def _owed(room: Room, found: dict[str, dict[int, int]]) -> None:
    """What does not hang on a single batch, and the cost of waste. As `costs.add_fixed_costs`."""
    t = room.tables
    for name, row in owed_whatever_happens(t).items():
        found[name] = dict(row)
    if any(x.take_or_pay_batches for x in t.programme.contracts):
        years = room.found["batches_of_year"].reshape(len(t.plants), t.years_n)
        made = {
            (plant, t.numbers["year0"] + int(year)): int(years[number, year])
            for plant, number in t.plants.items()
            for year in np.flatnonzero(years[number])
        }
        ledger = _ledger(t)
        ledger.batches_of_year = defaultdict(int, made)
        for contract in t.programme.contracts:
            take_or_pay(ledger, contract)
        found |= _rows(ledger)
    price = t.programme.costs.waste_cents_per_mbq
    if price:
        cost: dict[int, int] = defaultdict(int)
        for name in ("wasted:making", "wasted:dose"):
            for month, kbq in found.get(name, {}).items():
                cost[month] += round(kbq * price / 1000)
        found |= _rows(SimpleNamespace(book=SimpleNamespace(months={"cost:waste": cost})))


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


def _services(room: Room, periods: Sequence[Period], replication: int) -> tuple[Service, ...]:
    t = room.tables
    protocols = list(t.protocols)
    n = len(protocols)
    rows = room.found["rows"].reshape(-1, ROW)
    months = room.found["row_months"].reshape(-1, t.months_n, 4)
    causes = room.found["row_causes"].reshape(-1, len(t.causes))
    short = _short(room)
    found = []
    for i, period in enumerate(periods):
        for protocol in sorted(protocols):
            number = i * n + t.protocols[protocol]
            row = rows[number].tolist()
            if not row[DUE] and not row[CANCELLED_N]:
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
                    causes=_causes(t, causes[number]),
                    by_month=_by_month(t, months[number]),
                    short=_short_in(period, t.protocols[protocol], short),
                )
            )
    return tuple(found)


def _date(day: int) -> date | None:
    return date.fromordinal(day) if day else None


def _causes(tables: Tables, row: np.ndarray[Any, Any]) -> dict[str, int]:
    found = {
        tables.causes[code] or "unknown": int(row[code]) for code in np.flatnonzero(row).tolist()
    }
    return dict(sorted(found.items()))


def _by_month(tables: Tables, table: np.ndarray[Any, Any]) -> dict[int, tuple[int, int, int, int]]:
    here = np.flatnonzero(table[:, 0])
    counts = table[here].tolist()
    return {
        tables.month0 + month: (row[0], row[1], row[2], row[3])
        for month, row in zip(here.tolist(), counts, strict=True)
    }


Short = list[tuple[str, int, int]]


def _short(room: Room) -> Short:
    """The doses delayed or missed: the name of the first order, the day wanted, the protocol."""
    doses = room.found["doses"][: room.c[AT["doses_n"]]]
    orders = room.found["orders"]
    wanted = orders["wanted"][doses["order"]]
    late = (doses["alive"] != 0) & ((doses["given_day"] != wanted) | (doses["again"] != 0))
    first = doses["order"][late]
    letters = room.held["names"].tobytes()
    owners = room.held["patients"][orders["owner"][first]]
    columns = (
        owners["id_off"],
        owners["id_n"],
        owners["number"],
        *(orders[name][first] for name in ("number", "attempt", "name_n", "wanted", "protocol")),
    )
    return [
        (_named(letters[off : off + n].decode(), own, number, attempt, name_n), day, protocol)
        for off, n, own, number, attempt, name_n, day, protocol in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _named(owner: str, own: int, number: int, attempt: int, name_n: int) -> str:
    """The name of an order, as `ordering.order_for` and `future.Future.named` give it.

    `own` is the number of the owner, which stands behind the letters of some.
    """
    owner += str(own) if own else ""
    again = f".{attempt}" if attempt else ""
    taken = f"~{name_n}" if name_n > 1 else ""
    return f"{owner}/{number}{again}{taken}"


def _short_in(period: Period, protocol: int, short: Short) -> tuple[tuple[str, int], ...]:
    first, last = period.from_on.toordinal(), period.until_on.toordinal()
    return tuple(
        sorted(
            (name, day) for name, day, mine in short if mine == protocol and first <= day <= last
        )
    )
