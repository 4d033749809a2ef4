"""Each invariant is seen broken when the guard that keeps it is taken away, and only then.

A case is a plant, what is tried there, the guard, and the number of the invariant. With the guard
the attempt is refused and nothing is broken; without it the invariant with that number says so.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from doseline.errors import ConflictError, LedgerError, LifeError, NotPermitted
from doseline.records import consequences
from doseline.records import ledger as ledger_module
from doseline.records.commands import quality as quality_commands
from doseline.records.facts.custody import ShipmentTendered
from doseline.records.facts.materials import ActivityPosted
from doseline.records.fold import TAKES, folded, materials
from doseline.records.guards import custody, people, release, things
from doseline.records.instants import instant_text
from doseline.records.invariants import INVARIANTS, broken, broken_in_entries
from doseline.records.invariants.activity import possession_is_licensed
from doseline.records.machines import MACHINES
from doseline.records.memory import MemoryStore
from doseline.records.recall import Reach, Suspects, reach
from doseline.records.state import Record, Said
from tests.records.life.plant import Plant, after, before

B = "H-18-028"
Try = Callable[[Plant], object]


def nothing(*_: object, **__: object) -> None:
    """A guard that is not there."""


def numbers(said: Iterable[str]) -> set[str]:
    return {text.partition(":")[0] for text in said}


def found(plant: Plant) -> set[str]:
    return numbers(broken(plant.record, instant_text(plant.clock.at)))


# ------------------------------------------------------------------------ what is tried


def ship_unreleased(plant: Plant) -> None:
    plant.do("dora", "shipment", "SH-9", B, "P02", "air", at_later(plant, 1200))
    pack(plant, "SH-9", f"{B}-01")


def pack(plant: Plant, shipment: str, vial: str, container: str = "TA-07") -> None:
    plant.do("dora", "pack", shipment, f"{shipment}-1", container, (vial,), 92_000, 1_700)


def tender(plant: Plant, shipment: str) -> None:
    plant.do("rhea", "survey", shipment, "SM-1")
    plant.do("dora", "documents", shipment, ("paper",))
    plant.do("dora", "ship", shipment, "carrier-a")


def at_later(plant: Plant, minutes: float) -> str:
    return instant_text(plant.clock.at + timedelta(minutes=minutes))


def give_first(plant: Plant, **changes: Any) -> None:
    """The first dose of the example, with something about it changed."""
    values = {
        "vial": f"{B}-01", "order": "O-101", "subject": "P02-007",
        "given": 1_755_000, "left": 86_000, "waste": "W-P02",
    }  # fmt: skip
    plant.do("ursula", "administer", **{**values, **changes})


def give_expired(plant: Plant) -> None:
    plant.clock.at += timedelta(hours=100)
    give_first(plant, given=1_200_000, left=60_000, directed=1, reason="late")


def give_far_less(plant: Plant) -> None:
    give_first(plant, given=1_000_000, left=841_000)


def give_to_another(plant: Plant) -> None:
    give_first(plant, subject="P02-008")


def give_recalled(plant: Plant) -> None:
    plant.do("quinn", "recall", "suspect isotope", ("I-18-0709",))
    plant.clock.pass_(5)
    give_first(plant)


def check_own_step(plant: Plant) -> None:
    plant.do("olga", "check", B, "setup")


def review_own_test(plant: Plant) -> None:
    plant.do("lena", "review", f"{B}/ph")


def both_make_and_release(plant: Plant) -> None:
    """Ruth of quality checks a step, and then releases the batch."""
    plant.do("olga", "void", B, "filtration", "gauge looked at again")
    plant.do(
        "olga", "step", B, "filtration", equipment=("HC-1",), reading=("bubble_point_kpa=385",)
    )
    plant.do("ruth", "check", B, "filtration")
    plant.do("quinn", "classify", "D-1", 0)
    plant.do("ruth", "review-record", B)
    plant.do("ruth", "release", B)


def act_untrained(plant: Plant) -> None:
    plant.clock.at += timedelta(days=4000)
    plant.do("quinn", "confirm", B)


def issue_unsigned_master(plant: Plant) -> None:
    text = (
        '{"master":"M-4","product":"clr131","version":4,"nuclide":"I-131","half_life_ms":693351360,'
        '"shelf_life_min":7200,"yield_low_ppm":1,"yield_high_ppm":999999,"steps":[{"step":"s",'
        '"text":"t","checked":0,"limits":[]}],"tests":[]}'
    )
    plant.do("ann", "master", text)
    plant.do("quinn", "issue", B, "M-4")


def correct_after_release(plant: Plant) -> None:
    plant.do("olga", "correct", B, "formulation", "ph=6.2", reason="misread")


def release_now(plant: Plant) -> None:
    plant.do("quinn", "review-record", B)
    plant.do("quinn", "release", B)


def review_and_release_unchecked(plant: Plant) -> None:
    plant.do("olga", "void", B, "filtration", "gauge looked at again")
    plant.do(
        "olga", "step", B, "filtration", equipment=("HC-1",), reading=("bubble_point_kpa=385",)
    )
    plant.do("quinn", "classify", "D-1", 0)
    release_now(plant)


def release_over_a_deviation(plant: Plant) -> None:
    plant.do("olga", "deviate", f"batch/{B}", "a vial fell")
    plant.clock.pass_(5)
    release_now(plant)


def release_unreviewed(plant: Plant) -> None:
    plant.do("quinn", "release", B)


def release_with_loose_labels(plant: Plant) -> None:
    plant.do("dora", "destroy-label", f"{B}-L3", "torn")
    plant.do("dora", "label", B)
    release_now(plant)


def order_too_much(plant: Plant) -> None:
    due = at_later(plant, 60)
    plant.do(
        "ann", "lot", "BIG", "iodide", "ire", "hamilton", due, at_later(plant, 9000), "I-131",
        "liquid", 800_000_000, due, 693_351_360,
    )  # fmt: skip
    plant.clock.pass_(60)


def old_container(plant: Plant) -> None:
    plant.do("quinn", "equipment", "TA-99", "Type A container", "container", "hamilton")
    plant.do("dora", "shipment", "SH-9", B, "P02", "air", at_later(plant, 1200))
    pack(plant, "SH-9", f"{B}-01", "TA-99")
    tender(plant, "SH-9")


def to_an_unlicensed_place(plant: Plant) -> None:
    """Its licence is on file, and nobody has looked at it."""
    plant.do("adam", "facility", "P99", "Nowhere", "America/Chicago", "US", "us-211")
    plant.do(
        "rhea", "licence", "P99", "L-P99", "I-131", "liquid", 74_000_000,
        at_later(plant, 90_000), "file",
    )  # fmt: skip
    plant.do("dora", "shipment", "SH-9", B, "P99", "air", at_later(plant, 1200))
    pack(plant, "SH-9", f"{B}-03")
    tender(plant, "SH-9")


def received_before_it_left(plant: Plant) -> None:
    plant.do("phil", "receive", "SH-041", at=at_later(plant, -1440), reason="written late")


def label_of_another(plant: Plant) -> None:
    plant.do("dora", "apply", f"{B}-L1", f"{B}-02")


def fail_late(plant: Plant) -> None:
    plant.do("lena", "test", f"{B}/sterility", "1", "raw")
    plant.do("lars", "review", f"{B}/sterility")
    plant.do("quinn", "oos", f"{B}/sterility")


def ship_after_a_recall(plant: Plant) -> None:
    plant.do("dora", "shipment", "SH-9", B, "P08", "air", at_later(plant, 1200))
    plant.do("quinn", "recall", "suspect isotope", ("I-18-0709",))
    pack(plant, "SH-9", f"{B}-03")
    tender(plant, "SH-9")


def written_late(plant: Plant) -> None:
    plant.do("olga", "deviate", f"batch/{B}", "noticed yesterday", at=at_later(plant, -90))


@dataclass(frozen=True)
class Case:
    number: str
    at: Callable[[], Plant]
    tried: Try
    guards: tuple[tuple[object, str], ...]

    def __str__(self) -> str:
        return f"{self.number}-{self.tried.__name__}-{self.guards[0][1]}"


def case(number: str, at: Callable[[], Plant], tried: Try, *guards: tuple[object, str]) -> Any:
    made = Case(number, at, tried, guards)
    return pytest.param(made, id=str(made))


CASES = (
    case("4", lambda: before("review-record"), ship_unreleased, (custody, "batch_is_released")),
    case("4", lambda: after("assay"), give_expired, (custody, "vial_is_not_expired")),
    case("4", lambda: after("assay"), give_far_less, (custody, "dosage_is_near_what_was_ordered")),
    case("4", lambda: after("assay"), give_to_another, (custody, "vial_is_for_this_subject")),
    case("5", lambda: after("step"), check_own_step, (people, "checker_is_not_performer")),
    case("5", lambda: after("test", 4), review_own_test, (people, "reviewer_is_not_tester")),
    case(
        "5", lambda: before("review-record"), both_make_and_release,
        (people, "releaser_had_no_hand_in_it"),
    ),
    case("5", lambda: after("review", 5), act_untrained, (people, "training_is_in_date")),
    case("5", lambda: before("issue"), issue_unsigned_master, (people, "master_is_signed_by_two")),
    case(
        "6", lambda: before("review-record"), review_and_release_unchecked,
        (release, "steps_are_checked"),
    ),
    case(
        "6", lambda: before("review-record"), release_over_a_deviation,
        (release, "deviations_do_not_block"),
    ),
    case("6", lambda: before("review-record"), release_unreviewed, (release, "record_is_reviewed")),
    case(
        "6", lambda: before("review-record"), release_with_loose_labels,
        (release, "labels_are_reconciled"),
    ),
    case("7", lambda: before("arrive"), order_too_much, (things, "licence_has_room")),
    case("8", lambda: after("release"), old_container, (custody, "package_is_lawful")),
    case(
        "9", lambda: after("release"), to_an_unlicensed_place,
        (custody, "consignee_licence_is_verified"),
    ),
    case(
        "10", lambda: before("receive"), received_before_it_left,
        (things, "nothing_happens_before_what_it_follows"),
    ),
    case("11", lambda: after("label"), label_of_another, (custody, "label_says_what_the_vial_is")),
    case(
        "13", lambda: after("release"), ship_after_a_recall,
        (custody, "vial_is_not_recalled"), (release, "batch_is_not_on_hold"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_with_its_guard_the_attempt_is_refused(case: Case) -> None:
    plant = case.at()
    with pytest.raises((NotPermitted, LifeError)):
        case.tried(plant)
    assert case.number not in found(plant)


@pytest.mark.parametrize("case", CASES)
def test_without_its_guard_the_invariant_says_so(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = case.at()
    for module, name in case.guards:
        monkeypatch.setattr(module, name, nothing)
    case.tried(plant)
    assert case.number in found(plant)


# ------------------------------------------------ guards that refuse nothing, or stand below


def test_1_a_posting_that_credits_only_one_side_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_sided(balances: dict[str, int], posting: ActivityPosted) -> dict[str, int]:
        return {**balances, posting.target: balances.get(posting.target, 0) + posting.kbq}

    plant = before("charge")
    plant.do("olga", "charge", B, ("I-18-0709=8614 MBq",))
    assert found(plant) == set()
    plant = before("charge")
    monkeypatch.setattr(materials, "posted", one_sided)
    plant.do("olga", "charge", B, ("I-18-0709=8614 MBq",))
    assert "1" in found(plant)


def test_2_an_account_is_never_overdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    record = after("arrive").record
    too_much = ActivityPosted("lot/I-18-0709", "stock", "lost", 99_000_000)
    said = Said("olga", "2018-07-09T18:00:00.000000Z", "2018-07-09T18:00:00.000000Z")
    with pytest.raises(LifeError, match="holds"):
        folded(record, [(too_much, said)])
    monkeypatch.setattr(materials, "posted", _posted_without_looking)
    after_it = folded(record, [(too_much, said)])
    assert "2" in numbers(broken(after_it, said.at))


def _posted_without_looking(balances: dict[str, int], posting: ActivityPosted) -> dict[str, int]:
    return {
        **balances,
        posting.source: balances.get(posting.source, 0) - posting.kbq,
        posting.target: balances.get(posting.target, 0) + posting.kbq,
    }


def two_vials_for_one_order(plant: Plant) -> None:
    vials = (f"{B}-01=2203 MBq, 10000, O-101", f"{B}-02=2264 MBq, 10000, O-101")
    plant.do("olga", "fill", B, 5_589_000, vials, (), 65_000, 3_800_000, "W-H")


def test_3_an_order_has_one_vial(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = before("fill")
    with pytest.raises(LifeError, match="O-101"):
        two_vials_for_one_order(plant)
    orders = {**MACHINES["order"], ("allocated", "VialDispensed"): "allocated"}
    monkeypatch.setitem(MACHINES, "order", orders)
    two_vials_for_one_order(plant)
    assert "3" in found(plant)


def test_6_a_change_after_the_release_voids_it_and_holds_the_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant = after("release")
    correct_after_release(plant)
    batch = plant.record.batch(B)
    assert batch.on_hold
    assert not plant.record.valid_signatures(f"batch/{B}", "released")
    assert found(plant) == set()
    monkeypatch.setattr(consequences, "stale_signatures", lambda *_: iter(()))
    plant = after("release")
    correct_after_release(plant)
    assert "6" in found(plant)


def ship_what_has_left(plant: Plant) -> None:
    plant.do("dora", "shipment", "SH-9", B, "P02", "air", at_later(plant, 1200))
    pack(plant, "SH-9", f"{B}-01")
    tender(plant, "SH-9")


def test_10_whoever_hands_a_vial_over_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of a vial packs none that has left; the guard of custody stands behind it."""
    with pytest.raises(LifeError):
        ship_what_has_left(after("ship", 2))
    packed_again = {("shipped", "VialPacked"): "packed"}
    monkeypatch.setitem(MACHINES, "vial", {**MACHINES["vial"], **packed_again})
    left_again = {("shipped", "ShipmentTendered"): "shipped"}
    monkeypatch.setitem(MACHINES, "order", {**MACHINES["order"], **left_again})
    plant = after("ship", 2)
    with pytest.raises(NotPermitted, match="is with carrier-a; hamilton cannot hand it over"):
        ship_what_has_left(plant)
    assert plant.record.vial(f"{B}-01").custody == ("hamilton", "carrier-a")
    plant = after("ship", 2)
    monkeypatch.setattr(custody, "custody_has_no_gap", nothing)
    ship_what_has_left(plant)
    assert plant.record.vial(f"{B}-01").custody == ("hamilton", "carrier-a", "carrier-a")
    assert "10" in found(plant)


def test_10_a_hand_over_that_is_forgotten_is_found_and_goes_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tendered = TAKES[ShipmentTendered]

    def forgetful(record: Record, fact: ShipmentTendered, said: Said) -> None:
        tendered(record, fact, said)
        for name in record.shipment(fact.shipment).vials:
            record.vials[name] = replace(record.vials[name], custody=("hamilton",))

    plant = before("ship")
    monkeypatch.setitem(TAKES, ShipmentTendered, forgetful)
    plant.do("dora", "ship", "SH-041", "carrier-a")
    assert "10" in found(plant)
    with pytest.raises(NotPermitted, match="is with hamilton; carrier-a cannot hand it over"):
        plant.do("phil", "receive", "SH-041")


def test_12_a_late_failure_opens_the_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = after("administer")
    fail_late(plant)
    recall = plant.record.recall("R-1")
    assert recall.automatic
    assert (recall.consignees, recall.subjects) == (("P02", "P08"), ("P02-007",))
    assert found(plant) == set()
    monkeypatch.setattr(consequences, "late_test_has_failed", lambda *_: iter(()))
    plant = after("administer")
    fail_late(plant)
    assert "12" in found(plant)


def test_13_a_closure_that_forgets_consignees_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(record: Record, suspects: Suspects) -> Reach:
        whole = reach(record, suspects)
        return Reach(whole.lots, whole.batches, whole.vials, whole.consignees[1:], whole.subjects)

    plant = after("administer")
    monkeypatch.setattr(quality_commands, "reach", forgetful)
    fail_late(plant)
    assert "13" in found(plant)


def test_4_a_recalled_vial_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = after("assay")
    with pytest.raises(NotPermitted):
        give_recalled(plant)
    plant = after("assay")
    for module, name in ((custody, "vial_is_not_recalled"), (release, "batch_is_not_on_hold")):
        monkeypatch.setattr(module, name, nothing)
    monkeypatch.setattr(custody, "vial_is_for_this_subject", nothing)  # its order was let go
    with pytest.raises(LifeError):  # the machine of the order still refuses
        give_recalled(plant)


def test_every_invariant_is_shown_broken_here() -> None:
    """Each check of `invariants` has its numbers in its docstring; so has each test above."""
    checks = (*INVARIANTS, possession_is_licensed, broken_in_entries)
    begins = [(check.__doc__ or "").split(". ")[0] for check in checks]
    wanted = {number for text in begins for number in re.findall(r"\d+", text)}
    shown = {case.values[0].number for case in CASES}
    shown |= {found[1] for name in globals() if (found := re.match(r"test_(\d+)_", name))}
    assert wanted <= shown
    assert shown == {str(number) for number in range(1, 17)}


def test_14_a_gap_in_the_entries_is_found() -> None:
    entries = list(after("release").store.entries())
    assert list(broken_in_entries(entries)) == []
    assert "14" in numbers(broken_in_entries(entries[:40] + entries[41:]))


def test_15_a_command_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def deviate(plant: Plant) -> None:
        now = instant_text(plant.clock.at)
        plant.do("olga", "deviate", f"batch/{B}", "odd", at=now, command_id="twice")

    plant = after("release")
    deviate(plant)
    deviate(plant)
    assert len(plant.record.deviations) == 1
    # The desk looks, the ledger looks, the store has a unique key: each is enough.
    monkeypatch.setattr(ledger_module.Ledger, "of_command", lambda *_: ())
    with pytest.raises(ConflictError):
        deviate(plant)
    monkeypatch.setattr(MemoryStore, "of_command", lambda *_: ())
    with pytest.raises(LedgerError):
        deviate(plant)
    plant.store._by_command.clear()
    deviate(plant)
    assert len(plant.record.deviations) == 2


def test_16_a_late_entry_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = after("release")
    with pytest.raises(NotPermitted, match="late entry"):
        written_late(plant)
    monkeypatch.setattr(things, "late_entry_says_why", nothing)
    with pytest.raises(LedgerError, match="reason"):  # the ledger has the same guard
        written_late(plant)
    monkeypatch.setattr(ledger_module.Ledger, "_in_time", nothing)
    written_late(plant)
    assert "16" in numbers(broken_in_entries(plant.store.entries()))
