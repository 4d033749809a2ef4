"""The record as a state machine: people do what comes next, and mischief; nothing is ever broken.

After every step the sixteen invariants hold, and the record agrees with a plain model that only
watches what was done: which batches may be used, what was given to whom, where each kBq went.
"""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doseline.errors import ConflictError, LedgerError, LifeError, NotPermitted
from doseline.records.instants import instant_text
from doseline.records.invariants import broken, broken_in_entries
from tests.records.life import moves
from tests.records.life.plant import Plant, snapshots

WHERE = {"vial": "vials", "sample": "samples", "batch": "batches", "waste": "waste"}


WHICH = st.sampled_from(range(97))


class PlainModel:
    """What anybody could keep on paper beside the record."""

    def __init__(self) -> None:
        self.usable: dict[str, bool] = {}
        self.given: dict[str, str] = {}
        self.frozen: set[str] = set()
        self.sums: dict[str, Counter[str]] = {}

    def watch(self, entries: Any) -> None:
        for entry in entries:
            body = entry.body
            match entry.kind:
                case "BatchReleased" | "BatchConfirmed" | "BatchResumed":
                    self.usable[body["batch"]] = True
                case "BatchHeld" | "BatchRejected" | "BatchFailedLate":
                    self.usable[body["batch"]] = False
                case "RecallOpened":
                    self.frozen |= set(body["vials"])
                case "DoseAdministered":
                    assert body["vial"] not in self.given, "a vial was given twice"
                    assert body["vial"] not in self.frozen, "a recalled vial was given"
                    assert self.usable.get(body["vial"].rpartition("-")[0]), "an unreleased dose"
                    self.given[body["vial"]] = body["subject"]
                case "VialPacked":
                    assert body["vial"] not in self.frozen, "a recalled vial was packed"
                    assert self.usable.get(body["vial"].rpartition("-")[0]), "an unreleased vial"
                case "ActivityPosted":
                    sums = self.sums.setdefault(body["book"], Counter())
                    sums[body["source"].partition("/")[0]] -= body["kbq"]
                    sums[body["target"].partition("/")[0]] += body["kbq"]


class Life(RuleBasedStateMachine):
    """Begins somewhere in the life of the example's batch."""

    plant: Plant

    @initialize(part=st.sampled_from(range(100)))
    def begin(self, part: int) -> None:
        stage = part * len(snapshots()) // 100
        self.plant = snapshots()[stage].copied()
        self.model = _watched(stage)
        self.last: tuple[moves.Move, str, str, tuple[Any, ...]] | None = None
        self.last_entries = self.plant.desk.ledger.size
        self.looked_at = 1

    def attempt(self, move: moves.Move, secret: str | None = None) -> None:
        self.plant.clock.pass_(1)
        now = instant_text(self.plant.clock.at)
        command_id = f"m{self.plant.desk.ledger.size}/{now}"
        before = self.plant.record
        try:
            done = self.plant.do(
                move.by, move.name, move.request, at=now, reason="tried",
                command_id=command_id, secret=secret,
            )  # fmt: skip
        except (NotPermitted, LifeError):
            after = self.plant.record
            if secret is None:
                assert after is before, "a refused command changed the record"
            self.model.watch(self.plant.store.entries(from_=self.last_entries))
            self.last_entries = self.plant.desk.ledger.size
            return
        self.model.watch(done)
        self.last_entries = self.plant.desk.ledger.size
        self.last = (move, now, command_id, done)

    @rule(which=WHICH)
    def what_comes_next(self, which: int) -> None:
        found = moves.natural(self.plant.record, self._now(), self._later)
        self.attempt(found[which % len(found)])

    @rule(which=WHICH)
    def what_comes_next_three_times(self, which: int) -> None:
        for part in (which, which * 7, which * 53):
            found = moves.natural(self.plant.record, self._now(), self._later)
            self.attempt(found[part % len(found)])

    @rule(which=WHICH, by=st.sampled_from(moves.PEOPLE))
    def what_comes_next_by_anybody(self, which: int, by: str) -> None:
        found = moves.natural(self.plant.record, self._now(), self._later)
        chosen = found[which % len(found)]
        self.attempt(moves.Move(by, chosen.name, chosen.request))

    @rule(dice=st.integers(0, 2**40))
    def mischief(self, dice: int) -> None:
        self.attempt(moves.mischief(self.plant.record, _picker(dice), self._now()))

    @rule(which=WHICH)
    def wrong_secret(self, which: int) -> None:
        found = moves.natural(self.plant.record, self._now(), self._later)
        self.attempt(found[which % len(found)], secret="not it")

    @rule(hours=st.sampled_from((1, 6, 24, 72)))
    def time_passes(self, hours: int) -> None:
        self.plant.clock.at += timedelta(hours=hours)

    @rule()
    def the_last_command_is_sent_again(self) -> None:
        """15: the same answer, and one effect."""
        if self.last is None:
            return
        move, at, command_id, done = self.last
        size = self.plant.desk.ledger.size
        again = self.plant.do(
            move.by, move.name, move.request, at=at, reason="tried", command_id=command_id
        )
        assert again == done
        assert self.plant.desk.ledger.size == size

    @rule(which=WHICH)
    def another_command_under_the_same_id_is_refused(self, which: int) -> None:
        if self.last is None:
            return
        found = moves.natural(self.plant.record, self._now(), self._later)
        move = found[which % len(found)]
        if move == self.last[0]:
            return
        size = self.plant.desk.ledger.size
        try:
            self.plant.do(
                move.by, move.name, move.request, at=self.last[1], reason="tried",
                command_id=self.last[2],
            )  # fmt: skip
            raise AssertionError("the same id stood for two commands")
        except (ConflictError, NotPermitted, LifeError, LedgerError):
            assert self.plant.desk.ledger.size == size

    @invariant()
    def nothing_is_broken(self) -> None:
        if not hasattr(self, "plant"):
            return
        assert broken(self.plant.record, self._now()) == ()
        entries = self.plant.store._entries[self.looked_at - 1 :]
        assert list(broken_in_entries(entries)) == []
        self.looked_at = self.last_entries

    @invariant()
    def the_books_agree_with_the_paper(self) -> None:
        if not hasattr(self, "plant"):
            return
        for name, book in self.plant.record.books.items():
            sums = Counter[str]()
            for account, kbq in book.balances.items():
                sums[account.partition("/")[0]] += kbq
            assert sums == self.model.sums.get(name, Counter())
        given = {v.id: v.subject for v in self.plant.record.vials.values() if v.subject}
        assert given == self.model.given

    def _now(self) -> str:
        return instant_text(self.plant.clock.at)

    def _later(self, minutes: int) -> str:
        return instant_text(self.plant.clock.at + timedelta(minutes=minutes))


@cache
def _model_at(stage: int) -> PlainModel:
    model = PlainModel()
    model.watch(snapshots()[stage].store.entries())
    return model


def _watched(stage: int) -> PlainModel:
    """A model that has watched everything up to a stage."""
    return deepcopy(_model_at(stage))


def _picker(dice: int) -> Callable[[Any], Any]:
    """Takes things out of lists as one number says."""
    left = [dice]

    def pick(things: Any) -> Any:
        left[0], place = divmod(left[0], len(things))
        if not left[0]:
            left[0] = dice // 7 + place
        return things[place]

    return pick
