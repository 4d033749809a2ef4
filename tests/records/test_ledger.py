"""What a ledger promises, whichever store keeps it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from doseline.errors import ConflictError, LedgerError, NotPermitted, StoreError
from doseline.records import Draft, Founding, Ledger, MemoryStore, Seal, Store
from doseline.records.merkle import Frontier
from doseline.records.verify import verify
from doseline.stores.keys import KeySigner, KeyVerifier
from doseline.stores.sqlite import SqliteStore
from tests.records.ledgers import BEGAN, FOUNDING, SIGNER, HandClock, begun, filled, write

OTHER = KeySigner.from_seed("plant.example/2", bytes(32))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return SqliteStore.create(tmp_path / "a.ledger")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(store: Store, clock: HandClock) -> Ledger:
    return begun(store, clock)


def send(ledger: Ledger, *drafts: Draft, **change: Any) -> Any:
    told: dict[str, Any] = {
        "actor": "ann",
        "role": "operator",
        "command_id": "c-1",
        "expected": {d.stream: ledger.next_seq(d.stream) for d in drafts},
    }
    return ledger.append(drafts, **{**told, **change})


OPENED = Draft("batch/B-001", "BatchOpened", {"slot": "madison-1"})
FILLED = Draft("vial/B-001/1", "VialFilled", {"activity_kbq": 3_700_000})


# --------------------------------------------------------------------------------- the whole


def test_entries_are_numbered_without_a_gap_and_in_their_streams(ledger: Ledger) -> None:
    filled(ledger, 20)
    entries = list(ledger.entries())
    assert [e.position for e in entries] == list(range(ledger.size))
    for stream in ledger.streams():
        mine = list(ledger.entries(stream))
        assert mine == [e for e in entries if e.stream == stream]
        assert [e.stream_seq for e in mine] == list(range(len(mine)))
        assert ledger.next_seq(stream) == len(mine)
        assert list(ledger.entries(stream, 1)) == mine[1:]
    assert list(ledger.entries(from_=7)) == entries[7:]
    assert ledger.streams("vial/B-001/1") == ("vial/B-001/1", "vial/B-001/1x")


def test_every_command_is_sealed_with_a_signed_checkpoint(ledger: Ledger, store: Store) -> None:
    filled(ledger, 20)
    marks = list(store.raw_seals())
    assert len(marks) == 21
    mark = ledger.checkpoint()
    assert mark.size == ledger.size
    assert mark.signed_by(SIGNER)
    found = verify(store, KeyVerifier, kept=[mark])
    assert found.sound
    assert (found.size, found.root, found.seals) == (mark.size, mark.root, 21)


def test_both_stores_write_the_same_bytes(tmp_path: Path) -> None:
    a, b = MemoryStore(), SqliteStore.create(tmp_path / "a.ledger")
    for store in (a, b):
        filled(begun(store), 12)
    assert list(a.raw()) == list(b.raw())
    assert list(a.raw_seals()) == list(b.raw_seals())
    assert a.last_seal() == b.last_seal()


def test_an_entry_says_who_when_and_why(ledger: Ledger, clock: HandClock) -> None:
    clock.pass_(60)
    (entry,) = send(ledger, replace(OPENED, reason="slot moved"))
    assert (entry.actor, entry.role, entry.reason) == ("ann", "operator", "slot moved")
    assert entry.recorded_at == "2016-11-28T14:01:00.000000Z"
    assert entry.body == {"slot": "madison-1"}
    assert entry == next(ledger.entries("batch/B-001"))


# ------------------------------------------------------------------- all or nothing, once only


def test_all_drafts_of_a_command_are_written_or_none(ledger: Ledger) -> None:
    before = ledger.size
    late = replace(FILLED, occurred_at="2016-11-28T12:00:00.000000Z")
    with pytest.raises(LedgerError, match="needs a reason"):
        send(ledger, OPENED, late)
    assert ledger.size == before
    assert ledger.next_seq("batch/B-001") == 0
    assert len(send(ledger, OPENED, FILLED)) == 2


def test_the_same_command_sent_again_has_one_effect_and_the_same_answer(ledger: Ledger) -> None:
    first = send(ledger, OPENED, FILLED)
    again = send(ledger, OPENED, FILLED, expected={"batch/B-001": 0, "vial/B-001/1": 0})
    assert again == first == ledger.of_command("c-1")
    assert ledger.size == 3


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "bob"},
        {"role": "reviewer"},
        {"drafts": (FILLED, OPENED)},
        {"drafts": (OPENED,)},
        {"drafts": (OPENED, replace(FILLED, body={"activity_kbq": 3_700_001}))},
        {"drafts": (OPENED, replace(FILLED, reason="again"))},
    ],
)
def test_a_command_id_stands_for_one_command(ledger: Ledger, change: dict[str, Any]) -> None:
    send(ledger, OPENED, FILLED)
    with pytest.raises(ConflictError, match="stands for another command"):
        send(ledger, *change.get("drafts", (OPENED, FILLED)), **without_drafts(change))


def without_drafts(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "drafts"}


def test_a_stream_that_has_moved_on_is_a_conflict(ledger: Ledger) -> None:
    seen = ledger.next_seq("batch/B-001")
    write(ledger, 1)
    with pytest.raises(ConflictError, match="batch/B-001 has 1 entries, expected 0"):
        send(ledger, OPENED, expected={"batch/B-001": seen})
    with pytest.raises(ConflictError):  # read only, but decided upon
        send(ledger, FILLED, expected={"batch/B-001": seen, "vial/B-001/1": 0})
    assert ledger.size == 2


def test_what_is_written_must_have_been_read(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="expected: missing vial/B-001/1"):
        send(ledger, OPENED, FILLED, expected={"batch/B-001": 0})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"actor": " "}, "actor"),
        ({"role": ""}, "role"),
        ({"command_id": ""}, "command_id"),
        ({"actor": None}, "actor"),
        ({"command_id": "clock/9"}, "kept for the ledger itself"),
    ],
)
def test_nobody_writes_without_a_name(ledger: Ledger, change: Any, told: str) -> None:
    with pytest.raises(LedgerError, match=told):
        send(ledger, OPENED, **change)


def test_an_empty_command_and_the_stream_of_the_ledger_are_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="at least one entry"):
        send(ledger)
    with pytest.raises(LedgerError, match="by the ledger alone"):
        send(ledger, Draft("ledger", "KeyChanged", {"key": "mine"}))


# --------------------------------------------------------------------------------- the clock


def test_time_never_goes_back_and_a_clock_behind_is_an_entry(
    ledger: Ledger, clock: HandClock, store: Store
) -> None:
    clock.pass_(3600)
    write(ledger, 1)
    clock.pass_(-600)
    written = write(ledger, 2)
    alarm = list(ledger.entries("ledger"))[-1]
    assert (alarm.kind, alarm.actor, alarm.position) == ("ClockBehind", "ledger", 2)
    assert alarm.body["behind_us"] == "600000000"
    assert alarm.body["clock"] == "2016-11-28T14:50:00.000000Z"
    assert [e.position for e in written] == [3]
    assert written[0].recorded_at == "2016-11-28T15:00:00.000000Z"
    assert ledger.of_command("command-2") == written
    clock.pass_(601)
    assert write(ledger, 3)[0].recorded_at == "2016-11-28T15:00:01.000000Z"
    assert verify(store, KeyVerifier).sound


def test_a_clock_set_right_by_a_second_is_no_alarm(ledger: Ledger, clock: HandClock) -> None:
    clock.pass_(-1.5)
    (entry,) = write(ledger, 1)
    assert entry.recorded_at == "2016-11-28T14:00:00.000000Z"
    assert ledger.next_seq("ledger") == 1


def test_any_history_of_the_clock_leaves_a_sound_ledger(store: Store) -> None:
    from random import Random

    clock, random = HandClock(), Random(7)
    ledger = begun(store, clock)
    for number in range(60):
        clock.at = BEGAN + timedelta(seconds=random.choice([-(10**7), -3, -1, 0, 1, 60, 10**7]))
        write(ledger, number)
    times = [e.recorded_at for e in ledger.entries()]
    assert times == sorted(times)
    assert verify(store, KeyVerifier).sound


def test_what_is_written_late_needs_a_reason_and_is_marked(
    ledger: Ledger, clock: HandClock
) -> None:
    clock.pass_(3600)
    late = replace(OPENED, occurred_at="2016-11-28T14:44:59.000000Z")
    with pytest.raises(LedgerError, match="more than 900 s after it occurred"):
        send(ledger, late)
    (entry,) = send(ledger, replace(late, reason="the terminal was down"))
    assert ledger.is_late(entry)
    assert entry.delay_us == 901_000_000
    in_time = replace(FILLED, occurred_at="2016-11-28T14:45:00.000000Z[America/Toronto]")
    (entry,) = send(ledger, in_time, command_id="c-2")
    assert not ledger.is_late(entry)


def test_nothing_has_occurred_in_the_future(ledger: Ledger) -> None:
    ahead = replace(OPENED, occurred_at="2016-11-28T14:01:00.000001Z", reason="why not")
    with pytest.raises(LedgerError, match="after the time of writing"):
        send(ledger, ahead)
    whole_minute = replace(OPENED, occurred_at="2016-11-28T14:01:00.000000Z")
    assert send(ledger, whole_minute)


def test_a_clock_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(LedgerError, match="needs a time zone"):
        begun(store, HandClock(BEGAN.replace(tzinfo=None)))
    assert store.last_seal() is None


# ----------------------------------------------------------------------- beginning and keys


def test_the_first_entry_says_whose_ledger_it_is(store: Store) -> None:
    demo = Founding("plant.example/demo", "eu-gmp", demo=True, late_after_s=60)
    ledger = Ledger.begin(store, HandClock(), SIGNER, demo, actor="ann", role="system")
    assert ledger.founding == demo == Founding.from_entry(ledger.genesis)
    assert ledger.checkpoint().origin == "plant.example/demo/demo"
    assert Ledger(store, HandClock(), SIGNER).founding.demo


def test_a_ledger_is_begun_once(ledger: Ledger, store: Store) -> None:
    assert begun(store).size == 1
    with pytest.raises(LedgerError, match="another ledger already"):
        Ledger.begin(
            store, HandClock(), SIGNER, replace(FOUNDING, demo=True), actor="ann", role="system"
        )


def test_an_empty_store_is_no_ledger(store: Store) -> None:
    with pytest.raises(LedgerError, match="no ledger yet"):
        Ledger(store, HandClock(), SIGNER)


def test_another_key_cannot_write(ledger: Ledger, store: Store) -> None:
    with pytest.raises(LedgerError, match="does not seal this ledger"):
        Ledger(store, HandClock(), OTHER)


def test_without_a_key_a_ledger_can_be_read_only(ledger: Ledger, store: Store) -> None:
    write(ledger, 1)
    reading = Ledger(store, HandClock(), None)
    assert reading.size == 2
    with pytest.raises(NotPermitted):
        write(reading, 2)


def test_the_key_can_be_changed_by_the_key_before(ledger: Ledger, store: Store) -> None:
    write(ledger, 1)
    after = ledger.change_key(
        OTHER, actor="ann", role="admin", command_id="key-2", reason="yearly change"
    )
    write(after, 2)
    found = verify(store, KeyVerifier, kept=[after.checkpoint()])
    assert found.sound
    assert [key.partition("+")[0] for key in found.keys] == ["plant.example", "plant.example/2"]
    with pytest.raises(LedgerError, match="does not seal this ledger"):
        write(ledger, 3)  # the old key, in a process that has not noticed
    assert verify(store, KeyVerifier).sound


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"store_id": "a b"}, "store_id"),
        ({"profile": " "}, "profile"),
        ({"late_after_s": -1}, "late_after_s"),
    ],
)
def test_a_founding_that_cannot_be_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(LedgerError, match=told):
        replace(FOUNDING, **change)


# ---------------------------------------------------------------- what a store itself refuses


def test_the_store_refuses_a_number_that_is_not_the_next(ledger: Ledger, store: Store) -> None:
    write(ledger, 1)
    last = store.last_seal()
    assert last is not None
    entry = list(ledger.entries())[-1]
    fresh = replace(last, command_id="x", checkpoint=replace(last.checkpoint, size=3))
    for changed in (
        replace(entry, position=1, stream_seq=1, leaf_hash=b""),
        replace(entry, position=3, stream_seq=1, leaf_hash=b""),
        replace(entry, position=2, stream_seq=0, leaf_hash=b""),
        replace(entry, position=2, stream_seq=2, leaf_hash=b""),
    ):
        with pytest.raises(StoreError), store.writing() as writing:
            writing.add([changed], fresh)
    right = replace(entry, position=2, stream_seq=1, leaf_hash=b"")
    for seal in (
        replace(fresh, command_id=last.command_id),
        replace(fresh, checkpoint=replace(last.checkpoint, size=2)),
        replace(fresh, checkpoint=replace(last.checkpoint, size=4)),
    ):
        with pytest.raises(StoreError), store.writing() as writing:
            writing.add([right], seal)
    assert ledger.size == 2
    assert verify(store, KeyVerifier).sound


def test_a_writer_that_fails_leaves_nothing(ledger: Ledger, store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing():
        _ = 1 // 0
    write(ledger, 1)
    assert ledger.size == 2


@pytest.mark.parametrize("consistent", [True, False])
def test_a_seal_that_is_not_of_this_key_is_not_built_upon(
    ledger: Ledger, store: Store, consistent: bool
) -> None:
    """Whoever changes the store without the key is not helped by the next command."""
    write(ledger, 1)
    last = store.last_seal()
    assert last is not None
    entry = replace(list(ledger.entries())[-1], position=2, stream_seq=1, leaf_hash=b"")
    edge = Frontier(2, last.peaks)
    edge.append(entry.leaf_hash)
    mark = replace(last.checkpoint, size=3, root=edge.root())
    forged = Seal("forged", mark.signed(OTHER if consistent else SIGNER), tuple(edge.peaks))
    if not consistent:
        forged = replace(forged, peaks=(last.peaks[0], last.peaks[0]))
    with store.writing() as writing:
        writing.add([entry], forged)
    with pytest.raises(LedgerError, match="not one of this ledger"):
        write(ledger, 2)
    assert not verify(store, KeyVerifier).sound


def test_peaks_that_were_changed_are_not_built_upon() -> None:
    """Beside a checkpoint that this very ledger made and remembers."""
    store = MemoryStore()
    ledger = begun(store)
    write(ledger, 1)
    last = store._seals[-1]
    store._seals[-1] = replace(last, peaks=(bytes(32),))
    with pytest.raises(LedgerError, match="not one of this ledger"):
        write(ledger, 2)
