"""The double-entry book of activity, and the law that it follows from decay alone.

Every kBq moves from one account to another, so the book always adds up to nothing. Whether it
says the truth is a second question: the book that a history kept is compared with one worked out
anew from what was received, charged, filled, used and wasted. Both follow these conventions:

- What is left of the isotope after the charge is waste at the start of labelling; that of a batch
  given up, at its cancelling (or at its arrival, if that is later).
- What the yield, the samples and the rest of the bulk take is waste at EOS; a batch that fails
  before filling is waste, all of it, at its failure.
- A vial is emptied when it is used or wasted; what stays behind in it is waste.
- What has decayed in an account is booked when the account is next touched.

Amounts are whole kBq, so a posting is right to 1 kBq and no better. [conventions 2.4]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from doseline.operations.events import (
    ActivityMoved,
    BatchCancelled,
    BatchFailed,
    BatchFilled,
    BatchPlanned,
    Event,
    IsotopeReceived,
    LabellingStarted,
    VialFilled,
    VialUsed,
    VialWasted,
)
from doseline.programme.rules import decay_factor

__all__ = ["Book", "account", "expected_book", "imbalances"]

Place = tuple[str, str]
"""A batch and one of its accounts."""


@dataclass(frozen=True, slots=True)
class Book:
    """Balances by batch and account, and how many postings touched each. [kBq]

    `source` stands below zero by all that came in; every other account at zero or above.
    """

    balances: Mapping[Place, float]
    postings: Mapping[Place, int]

    def balance(self, account: str, batch: str | None = None) -> float:
        """What stands in an account, in one batch or in all of them. [kBq]"""
        return sum(
            kbq
            for (of, name), kbq in self.balances.items()
            if name == account and batch in (None, of)
        )


def account(events: Iterable[Event]) -> Book:
    """The book that a history kept: its `ActivityMoved` added up by batch and account. [kBq]

    >>> moved = [ActivityMoved(0, "B1", "source", "plant:B1", 900_000)]
    >>> account(moved).balance("plant:B1"), account(moved).balance("source")
    (900000, -900000)
    """
    balances: Counter[Place] = Counter()
    postings: Counter[Place] = Counter()
    for event in events:
        if isinstance(event, ActivityMoved):
            for name, kbq in (
                (event.from_account, -event.activity_kbq),
                (event.to_account, event.activity_kbq),
            ):
                balances[event.batch, name] += kbq
                postings[event.batch, name] += 1
    return Book(balances, postings)


@dataclass(slots=True)
class _Held:
    """Activity that stands in an account since an instant. [kBq]"""

    kbq: float
    since_at: int


class _Ledger:
    """Works the book out anew: what each event moves, and what has decayed before it."""

    def __init__(self, half_life_min: Mapping[str, float]) -> None:
        self.half_life_min = half_life_min
        self.balances: dict[Place, float] = {}
        self.postings: Counter[Place] = Counter()
        self._half_life: dict[str, float] = {}
        self._held: dict[Place, _Held] = {}
        self._batch_of: dict[str, str] = {}
        self._closed: set[str] = set()

    def _move(self, at: int, batch: str, source: str, to: str, kbq: float) -> None:
        for name, change in ((source, -kbq), (to, kbq)):
            place = (batch, name)
            self.balances[place] = self.balances.get(place, 0.0) + change
            self.postings[place] += 1
            if name.partition(":")[1]:
                held = self._held.setdefault(place, _Held(0.0, at))
                held.kbq += change

    def _decay(self, at: int, batch: str, name: str) -> float:
        """Book what an account has lost to decay; what is left in it. [kBq]"""
        held = self._held.setdefault((batch, name), _Held(0.0, at))
        left = held.kbq * decay_factor(at - held.since_at, self._half_life[batch])
        held.since_at = at
        if held.kbq:
            self._move(at, batch, name, "decayed", held.kbq - left)
        return held.kbq

    def _waste(self, at: int, batch: str, name: str) -> None:
        left = self._decay(at, batch, name)
        if left:
            self._move(at, batch, name, "waste", left)

    def take(self, event: Event) -> None:
        """Move what an event moves."""
        at = event.at
        match event:
            case BatchPlanned(batch=batch, product=product):
                self._half_life[batch] = self.half_life_min[product]
            case IsotopeReceived(batch=batch, activity_kbq=kbq):
                self._decay(at, batch, f"plant:{batch}")
                self._move(at, batch, "source", f"plant:{batch}", kbq)
                if batch in self._closed:
                    self._waste(at, batch, f"plant:{batch}")
            case LabellingStarted(batch=batch, charge_kbq=kbq):
                self._decay(at, batch, f"plant:{batch}")
                self._move(at, batch, f"plant:{batch}", f"bulk:{batch}", kbq)
                self._waste(at, batch, f"plant:{batch}")
            case BatchCancelled(batch=batch):
                self._closed.add(batch)
                self._waste(at, batch, f"plant:{batch}")
            case BatchFailed(batch=batch, stage="before_fill"):
                self._waste(at, batch, f"bulk:{batch}")
            case BatchFilled(batch=batch):
                self._decay(at, batch, f"bulk:{batch}")
            case VialFilled(batch=batch, vial=vial, activity_kbq=kbq):
                self._batch_of[vial] = batch
                self._decay(at, batch, f"bulk:{batch}")
                self._move(at, batch, f"bulk:{batch}", f"vial:{vial}", kbq)
            case VialUsed(vial=vial, activity_kbq=kbq):
                batch = self._batch_of[vial]
                self._decay(at, batch, f"vial:{vial}")
                self._move(at, batch, f"vial:{vial}", "patient", kbq)
                self._move(at, batch, f"vial:{vial}", "waste", event.left_kbq)
            case VialWasted(vial=vial, activity_kbq=kbq):
                batch = self._batch_of[vial]
                self._decay(at, batch, f"vial:{vial}")
                self._move(at, batch, f"vial:{vial}", "waste", kbq)

    def empty_bulks(self, filled_at: Mapping[str, int]) -> None:
        """What no vial took of a filled bulk is waste at EOS."""
        for batch, at in filled_at.items():
            self._waste(at, batch, f"bulk:{batch}")


def expected_book(events: Iterable[Event], half_life_min: Mapping[str, float]) -> Book:
    """The book that follows from what was received, charged, filled, used and wasted. [kBq]

    `half_life_min` by product; infinite for a cold one. The postings of the history are not read.
    The history is one that `life.obeys`; a batch or vial without a beginning raises LookupError.
    """
    ledger = _Ledger(half_life_min)
    filled_at: dict[str, int] = {}
    for event in events:
        ledger.take(event)
        if isinstance(event, BatchFilled):
            filled_at[event.batch] = event.at
    ledger.empty_bulks(filled_at)
    return Book(ledger.balances, ledger.postings)


def imbalances(events: Iterable[Event], half_life_min: Mapping[str, float]) -> tuple[str, ...]:
    """Where the book of a history and the decay law part, a sentence each; none where they agree.

    `half_life_min` by product. An account may differ by 1 kBq for each posting that touched it,
    which is what rounding to whole kBq can do and no more.
    """
    history = tuple(events)
    kept, expected = account(history), expected_book(history, half_life_min)
    return (*_apart(kept, expected), *_overdrawn(kept))


def _apart(kept: Book, expected: Book) -> Iterator[str]:
    for batch, name in sorted({*kept.balances, *expected.balances}):
        place = (batch, name)
        found = kept.balances.get(place, 0)
        wanted = expected.balances.get(place, 0.0)
        most = max(1, kept.postings.get(place, 0), expected.postings.get(place, 0))
        if not abs(found - wanted) <= most:
            yield (
                f"Account {name} of batch {batch} holds {found:,} kBq, and by the decay law "
                f"{wanted:,.1f} kBq; rounding explains {most} kBq."
            )


def _overdrawn(kept: Book) -> Iterator[str]:
    for (batch, name), kbq in sorted(kept.balances.items()):
        if name != "source" and kbq < -kept.postings[batch, name]:
            yield f"Account {name} of batch {batch} is overdrawn by {-kbq:,} kBq."
