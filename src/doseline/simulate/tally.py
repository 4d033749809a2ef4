"""Counts how doses fared, by period and protocol.

A dose is counted once, however often it is ordered. It is due with its first order that patient
and site let stand, on the day of that order (or the day to which its site moved it), and its
period and month are those of that day. Given that day it is on time; given on another day, or by
a later order after the supply missed one, it is delayed; never given, it is missed. It is never
given where no attempts are left, the course is over, or its next order would fall behind the last
day simulated. The cause is that of the first thing that went wrong.

If the patient or the site cancels an order, its dose leaves the counts, also where the supply had
missed an earlier order of it; the order that follows is the first of a fresh dose. An order placed
ahead of the dose before it counts as missed only once that dose has made it due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.cost import Penalty
from doseline.simulate.result import NO_ODDS, Period, Service
from doseline.simulate.world import month_number


@dataclass(slots=True, eq=False)
class Dose:
    """One dose from its first live order on: `given_day` is None until it is given, if ever.

    `again` says that the supply missed an order of it and that it was ordered again.
    """

    order: DoseOrder
    cause: str = ""
    again: bool = False
    given_day: int | None = None
    within: bool = True
    first: bool = False
    penalty_cents: int = 0

    @property
    def on_day(self) -> bool:
        """Whether it was given on the day first ordered."""
        return self.given_day == self.order.wanted_on.toordinal() and not self.again


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
    against_odds: list[int] = field(default_factory=lambda: list(NO_ODDS))

    def take(self, dose: Dose) -> None:
        """Count a dose."""
        wanted = dose.order.wanted_on
        month = self.months.setdefault(month_number(wanted), [0, 0, 0, 0])
        self.due += 1
        month[0] += 1
        self.penalties_cents += dose.penalty_cents
        if dose.given_day is not None:
            self.out_of_tolerance += not dose.within
            self.enrolled += dose.first
            self.last_dose = max(self.last_dose or dose.given_day, dose.given_day)
        if dose.on_day and dose.within:
            self.on_time += 1
            month[1] += 1
            return
        day = wanted.toordinal()
        self.first_shortfall = min(self.first_shortfall or day, day)
        if dose.on_day:
            self.causes["out of tolerance"] += 1
            return
        self.causes[dose.cause or "unknown"] += 1
        self.short.append((dose.order.id, day))
        if dose.given_day is None and not dose.again:
            self.missed += 1
            month[3] += 1
        else:
            self.delayed += 1
            month[2] += 1


class Tally:
    """One row for each period and protocol that had orders."""

    def __init__(self, programme: Programme, periods: Sequence[Period]) -> None:
        self.periods = tuple(periods)
        self.programme = programme
        self._doses: dict[str, Dose] = {}
        self._cancelled: list[DoseOrder] = []
        self._penalty: dict[str, Penalty] = {}
        self._odds: dict[tuple[int, str], list[int]] = {}

    def penalty(self, protocol: str) -> Penalty:
        """The penalties of a protocol, remembered."""
        if protocol not in self._penalty:
            self._penalty[protocol] = self.programme.penalty(protocol)
        return self._penalty[protocol]

    # -- what happens to an order ----------------------------------------------------------
    # `dose` is that of an earlier order which the supply missed; None where this is the first.

    def cancelled(self, order: DoseOrder, dose: Dose | None) -> None:
        """An order was cancelled by the patient or the site: its dose leaves the counts."""
        if dose is not None:
            del self._doses[dose.order.id]
        self._cancelled.append(dose.order if dose else order)

    def ordered_again(self, order: DoseOrder, cause: str, dose: Dose | None) -> Dose:
        """An order was missed and its dose is ordered again: delayed, until it is known better."""
        dose = self._dose(order, cause, dose)
        dose.again = True
        return dose

    def missed(self, order: DoseOrder, cause: str, dose: Dose | None) -> int:
        """A dose was missed for good; what that costs. [cents]"""
        dose = self._dose(order, cause, dose)
        dose.again = False
        law = self.penalty(order.protocol)
        dose.penalty_cents = law.missed_started_cents if order.started else law.missed_new_cents
        return dose.penalty_cents

    def given(
        self, order: DoseOrder, day: int, within: bool, cause: str, first: bool, dose: Dose | None
    ) -> int:
        """A dose was given on a day (ordinal); what it costs off its day or tolerance. [cents]"""
        dose = self._dose(order, cause, dose)
        dose.given_day, dose.within, dose.first = day, within, first
        dose.penalty_cents = self.moving_cents(dose.order, day)
        if not within:
            dose.penalty_cents += self.penalty(order.protocol).out_of_tolerance_cents
        return dose.penalty_cents

    def _dose(self, order: DoseOrder, cause: str, dose: Dose | None) -> Dose:
        if dose is None:
            dose = self._doses[order.id] = Dose(order, cause)
        return dose

    def moving_cents(self, order: DoseOrder, day: int) -> int:
        """What it costs to give a dose on another day. [cents]"""
        moved = abs(day - order.wanted_on.toordinal())
        if moved == 0:
            return 0
        law = self.penalty(order.protocol)
        inside = order.earliest_on.toordinal() <= day <= order.latest_on.toordinal()
        return law.moved_day_cents * moved if inside else law.moved_outside_cents

    def note_odds(self, orders: Iterable[DoseOrder], kind: int, amount: int) -> None:
        """Orders on their first way were struck or spared by a kind of chance; see `odds`."""
        for order in orders:
            for i in self._counting(order):
                found = self._odds.setdefault((i, order.protocol), list(NO_ODDS))
                found[kind] += amount

    # -- rows ------------------------------------------------------------------------------

    def _counting(self, order: DoseOrder) -> Iterator[int]:
        for i, period in enumerate(self.periods):
            if period.from_on <= order.wanted_on <= period.until_on and (
                not period.protocols or order.protocol in period.protocols
            ):
                yield i

    def _rows(self) -> dict[tuple[int, str], _Row]:
        rows: dict[tuple[int, str], _Row] = {}
        for order in self._cancelled:
            for i in self._counting(order):
                rows.setdefault((i, order.protocol), _Row()).cancelled += 1
        for dose in self._doses.values():
            for i in self._counting(dose.order):
                rows.setdefault((i, dose.order.protocol), _Row()).take(dose)
        for key, amounts in self._odds.items():
            if any(amounts):
                rows.setdefault(key, _Row()).against_odds = amounts
        return rows

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
                against_odds=tuple(row.against_odds),
                short=tuple(sorted(row.short)),
            )
            for (i, protocol), row in sorted(self._rows().items())
        )


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(day)
