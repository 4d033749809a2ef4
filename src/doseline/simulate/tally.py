"""Counts how orders fared, by period and protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.cost import Penalty
from doseline.simulate.result import Period, Service
from doseline.simulate.world import month_number


@dataclass(slots=True)
class _Row:
    due: int = 0
    on_time: int = 0
    delayed: int = 0
    missed: int = 0
    out_of_tolerance: int = 0
    cancelled: int = 0
    enrolled: int = 0
    penalties_cents: int = 0
    first_shortfall: int | None = None
    last_dose: int | None = None
    causes: Counter[str] = field(default_factory=Counter)
    months: dict[int, list[int]] = field(default_factory=dict)
    short: list[tuple[str, int]] = field(default_factory=list)


class Tally:
    """One row for each period and protocol that had orders."""

    def __init__(self, programme: Programme, periods: Sequence[Period]) -> None:
        self.periods = tuple(periods)
        self._rows: dict[tuple[int, str], _Row] = {}
        self._penalty: dict[str, Penalty] = {}
        self.programme = programme

    def penalty(self, protocol: str) -> Penalty:
        """The penalties of a protocol, remembered."""
        if protocol not in self._penalty:
            self._penalty[protocol] = self.programme.penalty(protocol)
        return self._penalty[protocol]

    def _counting(self, order: DoseOrder) -> list[_Row]:
        found = []
        for i, period in enumerate(self.periods):
            if period.from_on <= order.wanted_on <= period.until_on and (
                not period.protocols or order.protocol in period.protocols
            ):
                found.append(self._rows.setdefault((i, order.protocol), _Row()))
        return found

    def cancelled(self, order: DoseOrder) -> None:
        """An order was cancelled by the patient or the site."""
        for row in self._counting(order):
            row.cancelled += 1

    def missed(self, order: DoseOrder, cause: str) -> int:
        """An order was missed; what that costs. [cents]"""
        law = self.penalty(order.protocol)
        cents = law.missed_started_cents if order.started else law.missed_new_cents
        for row in self._counting(order):
            self._short(row, order, 3, cause)
            row.missed += 1
            row.penalties_cents += cents
        return cents

    def given(self, order: DoseOrder, day: int, within: bool, cause: str, first_dose: bool) -> int:
        """An order was given on a day (ordinal); what it costs off its day or tolerance. [cents]"""
        wanted = order.wanted_on.toordinal()
        cents = self.moving_cents(order, day)
        if not within:
            cents += self.penalty(order.protocol).out_of_tolerance_cents
        for row in self._counting(order):
            row.out_of_tolerance += not within
            row.enrolled += first_dose
            row.last_dose = max(row.last_dose or day, day)
            row.penalties_cents += cents
            if day != wanted:
                self._short(row, order, 2, cause)
                row.delayed += 1
            elif within:
                row.on_time += 1
                row.due += 1
                self._month(row, order)[0] += 1
                self._month(row, order)[1] += 1
            else:
                self._short(row, order, None, "out of tolerance")
        return cents

    def moving_cents(self, order: DoseOrder, day: int) -> int:
        """What it costs to give a dose on another day. [cents]"""
        moved = abs(day - order.wanted_on.toordinal())
        if moved == 0:
            return 0
        law = self.penalty(order.protocol)
        inside = order.earliest_on.toordinal() <= day <= order.latest_on.toordinal()
        return law.moved_day_cents * moved if inside else law.moved_outside_cents

    def _short(self, row: _Row, order: DoseOrder, column: int | None, cause: str) -> None:
        row.due += 1
        row.causes[cause or "unknown"] += 1
        month = self._month(row, order)
        month[0] += 1
        if column is not None:
            month[column] += 1
            row.short.append((order.id, order.wanted_on.toordinal()))
        wanted = order.wanted_on.toordinal()
        row.first_shortfall = min(row.first_shortfall or wanted, wanted)

    def _month(self, row: _Row, order: DoseOrder) -> list[int]:
        return row.months.setdefault(month_number(order.wanted_on), [0, 0, 0, 0])

    def services(self, replication: int) -> tuple[Service, ...]:
        """The rows, in the order of periods and protocols."""
        return tuple(
            Service(
                replication=replication,
                period=self.periods[i].id,
                protocol=protocol,
                due=row.due,
                on_time=row.on_time,
                delayed=row.delayed,
                missed=row.missed,
                out_of_tolerance=row.out_of_tolerance,
                cancelled=row.cancelled,
                enrolled=row.enrolled,
                penalties_cents=row.penalties_cents,
                first_shortfall_on=_date(row.first_shortfall),
                last_dose_on=_date(row.last_dose),
                causes=dict(sorted(row.causes.items())),
                by_month={m: (n[0], n[1], n[2], n[3]) for m, n in sorted(row.months.items())},
                short=tuple(sorted(row.short)),
            )
            for (i, protocol), row in sorted(self._rows.items())
        )


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(day)
