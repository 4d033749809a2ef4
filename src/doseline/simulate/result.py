"""What a simulation hands back: rows of counts, replication by replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from doseline.operations.events import Event
from doseline.simulate.booked import Book
from doseline.simulate.odds import KINDS
from doseline.simulate.world import month_number

_LAST = month_number(date.max)
NO_ODDS = (0,) * len(KINDS)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days for which service is counted apart, such as that of a question.

    Doses count by the day first ordered; no protocols named: all.
    """

    id: str
    protocols: tuple[str, ...]
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Service:
    """How the doses of one period and protocol fared in one replication, each counted once.

    `due` leaves out what the patient or the site cancelled. `on_time` was given on the day
    first ordered and inside tolerance; `delayed` on another day, or by a later order after the
    supply missed one; `missed` never. `by_month` holds due, on_time, delayed and missed by month
    counted from year 0; `short` the doses delayed or missed, by their first order, each with the
    day wanted (ordinal). See `tally` for the rules. `against_odds` says by kind (`odds.KINDS`) how
    often chance struck orders on their first way above its odds, in billionths of a dose; its mean
    over futures is 0.
    """

    replication: int
    period: str
    protocol: str
    due: int
    on_time: int
    delayed: int
    missed: int
    out_of_tolerance: int
    cancelled: int
    enrolled: int
    penalties_cents: int
    first_shortfall_on: date | None
    last_dose_on: date | None
    causes: Annotated[Mapping[str, int], "of delays and misses"] = field(default_factory=dict)
    by_month: Annotated[Mapping[int, tuple[int, int, int, int]], "by month"] = field(
        default_factory=dict
    )
    against_odds: Annotated[tuple[int, ...], "by kind of chance"] = NO_ODDS
    short: Annotated[Sequence[tuple[str, int]], "first orders of doses delayed or missed"] = ()

    @property
    def given(self) -> int:
        """Doses given, on whatever day."""
        return self.due - self.missed


@dataclass(frozen=True, slots=True)
class Replication:
    """What one replication made, used, wasted and cost, by name and month counted from year 0.

    Activities in kBq: `received` from sources; `made` at EOS; `administered:dose`,
    `wasted:dose`, `decayed:dose` after EOS; `wasted:making`, `decayed:making` before. Counts:
    `batches_made`, `batches_failed`, `batches_cancelled`, `vials`, `doses_given`, `slots_used`,
    `slots_usable`. Money in cents: `cost:<item>`, and `penalties` apart.
    """

    number: int
    by_month: Mapping[str, Mapping[int, int]]

    def total(self, name: str, period: Period | None = None) -> int:
        """The sum of what is counted under a name, over the months of a period."""
        first, last = 0, _LAST
        if period is not None:
            first, last = month_number(period.from_on), month_number(period.until_on)
        if isinstance(self.by_month, Book):
            return self.by_month.total(name, first, last)
        months = self.by_month.get(name, {})
        return sum(amount for month, amount in months.items() if first <= month <= last)

    @property
    def costs(self) -> dict[str, int]:
        """What was spent, by item. [cents]"""
        return {name[5:]: self.total(name) for name in sorted(self.by_month) if name[:5] == "cost:"}


@dataclass(frozen=True)
class SimulationResult:
    """The rows of a simulation, in the order of their replications.

    `kind` says what was run: the programme's standing policy, or a fixed schedule.
    """

    kind: Literal["policy", "schedule"]
    design: str | None
    scenario: str | None
    seed: int
    first_replication: int
    from_on: date
    until_on: date
    periods: tuple[Period, ...]
    replications: tuple[Replication, ...]
    services: tuple[Service, ...]

    @cached_property
    def period(self) -> dict[str, Period]:
        """Periods by id."""
        return {p.id: p for p in self.periods}

    @cached_property
    def by_period(self) -> dict[str, tuple[tuple[Service, ...], ...]]:
        """The rows of each period: a tuple for each replication, in order."""
        place = {r.number: i for i, r in enumerate(self.replications)}
        found: dict[str, list[list[Service]]] = {
            p.id: [[] for _ in self.replications] for p in self.periods
        }
        for row in self.services:
            found[row.period][place[row.replication]].append(row)
        return {name: tuple(tuple(rows) for rows in lists) for name, lists in found.items()}


@dataclass(frozen=True, slots=True)
class Run:
    """One replication with its rows and, where asked for, its history."""

    replication: Replication
    services: tuple[Service, ...]
    events: tuple[Event, ...] = ()
