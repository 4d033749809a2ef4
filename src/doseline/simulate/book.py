"""The book of one simulated future: its events, its activity in whole kBq, its counts by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import simpy

from doseline.operations.events import ActivityMoved, Event
from doseline.programme.rules import decay_factor

SINKS = {"patient": "administered", "waste": "wasted", "decayed": "decayed"}


@dataclass(slots=True, eq=False)
class Pot:
    """Activity in one account: exact at an instant, and in whole kBq as booked. [conventions 2.4]

    Nothing is rounded between two events: `mbq` holds at `at`, and what is booked follows it.
    """

    batch: str
    account: str
    mbq: float
    at: int
    half_life: float
    booked_kbq: int

    def mbq_at(self, at: int) -> float:
        """The activity at a later instant. [MBq]"""
        return self.mbq * decay_factor(at - self.at, self.half_life)


class Book:
    """Takes down what happens. Events are kept only where a history is wanted.

    `months` counts what is asked of the whole future (activity, batches, costs) by name and by
    month since year 0, from the first day simulated on.
    """

    def __init__(
        self, env: simpy.Environment, month_of: Callable[[int], int], counts_from: int, keep: bool
    ) -> None:
        self.env = env
        self.month_of = month_of
        self.counts_from = counts_from
        self.events: list[Event] | None = [] if keep else None
        self.months: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def tell(self, kind: Callable[..., Event], *what: object) -> None:
        """Note an event at this instant, where a history is wanted."""
        if self.events is not None:
            self.events.append(kind(self.env.now, *what))

    def count(self, name: str, amount: int, at: int | None = None) -> None:
        """Add to what is counted by month, at this instant unless another is named."""
        when = int(self.env.now) if at is None else at
        if when >= self.counts_from:
            self.months[name][self.month_of(when)] += amount

    def cost(self, item: str, cents: float, at: int | None = None) -> None:
        """Add to a cost. [cents]"""
        if cents:
            self.count(f"cost:{item}", round(cents), at)

    # -- activity --------------------------------------------------------------------------

    def _move(self, batch: str, source: str, target: str, kbq: int) -> None:
        if kbq and self.events is not None:
            self.events.append(ActivityMoved(int(self.env.now), batch, source, target, kbq))

    def enter(self, batch: str, account: str, mbq: float, half_life: float) -> Pot:
        """Activity that comes from a source into an account."""
        kbq = round(mbq * 1000)
        self._move(batch, "source", account, kbq)
        self.count("received", kbq)
        return Pot(batch, account, mbq, int(self.env.now), half_life, kbq)

    def empty(self, batch: str, account: str) -> Pot:
        """The account of a product without activity."""
        return Pot(batch, account, 0.0, int(self.env.now), float("inf"), 0)

    def decay(self, pot: Pot, phase: str) -> None:
        """Book what has decayed in a pot up to this instant."""
        now = int(self.env.now)
        pot.mbq, pot.at = pot.mbq_at(now), now
        kbq = round(pot.mbq * 1000)
        self._out(pot, "decayed", pot.booked_kbq - kbq, phase)

    def pour(self, pot: Pot, account: str, mbq: float, phase: str) -> Pot:
        """Move activity of a pot, decayed to this instant, into another account."""
        kbq = min(round(mbq * 1000), pot.booked_kbq)
        pot.mbq = max(0.0, pot.mbq - mbq)
        pot.booked_kbq -= kbq
        self._move(pot.batch, pot.account, account, kbq)
        return Pot(pot.batch, account, mbq, pot.at, pot.half_life, kbq)

    def _out(self, pot: Pot, sink: str, kbq: int, phase: str) -> None:
        if not kbq:
            return
        pot.booked_kbq -= kbq
        self._move(pot.batch, pot.account, sink, kbq)
        self.count(f"{SINKS[sink]}:{phase}", kbq)

    def spend(self, pot: Pot, sink: str, mbq: float | None, phase: str) -> int:
        """Move activity of a pot to the patient or to the waste; all of it if none is named. [kBq]

        `phase` is `making` before EOS and `dose` after it.
        """
        if mbq is None:
            kbq, pot.mbq = pot.booked_kbq, 0.0
        else:
            pot.mbq = max(0.0, pot.mbq - mbq)
            kbq = max(0, pot.booked_kbq - round(pot.mbq * 1000))
        self._out(pot, sink, kbq, phase)
        return kbq
