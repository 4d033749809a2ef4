"""What the commands do and refuse, one sentence each, at the plant of the guided example."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doseline.errors import LifeError, NotPermitted, TransportError
from doseline.records.blocks import blocks, overdue
from doseline.records.commands.making import DoneStep
from doseline.records.guards.custody import package_is_lawful
from doseline.records.instants import instant_text
from doseline.records.invariants import broken
from doseline.records.machines import BatchState, LotState, TestState
from doseline.records.possession import emergency_plan_ppm, share_ppm
from doseline.records.transport import Content
from tests.records.life.plant import EXAMPLE, Plant, after, before

B = "H-18-028"


def later(plant: Plant, minutes: float) -> str:
    return instant_text(plant.clock.at + timedelta(minutes=minutes))


# -- making ---------------------------------------------------------------------------------


def test_steps_are_done_in_their_order() -> None:
    with pytest.raises(NotPermitted, match="setup comes before labelling"):
        before("step").do("olga", "step", B, "labelling", equipment=("HC-1",))


def test_a_step_was_begun_when_the_entry_says() -> None:
    plant = before("step")
    done = instant_text(plant.clock.at + timedelta(minutes=90))
    begun = later(plant, 30)
    plant.clock.pass_(90)

    def setup(started: str) -> None:
        step = DoneStep(B, "setup", started, ("HC-1",), (), ("pressure_loss_pa=8",))
        plant.do("olga", "step", step)

    with pytest.raises(NotPermitted, match="cannot end before it begins"):
        setup(later(plant, 1))
    with pytest.raises(NotPermitted, match="nothing can have happened to it"):  # before its issue
        setup(later(plant, -9_000))
    setup(begun)
    step = plant.record.batch(B).steps["setup"]
    assert (step.started_at, step.done_at) == (begun, done)


def test_a_step_without_a_beginning_was_begun_as_it_ended() -> None:
    plant = before("step")
    plant.do("olga", "step", B, "setup", equipment=("HC-1",), reading=("pressure_loss_pa=8",))
    step = plant.record.batch(B).steps["setup"]
    assert step.started_at == step.done_at == instant_text(plant.clock.at)


def test_a_version_of_a_master_record_is_written_once() -> None:
    text = (EXAMPLE / "master.json").read_text(encoding="utf-8")
    with pytest.raises(LifeError, match="write another version"):
        after("issue").do("ann", "master", text.replace('"Isotope exchange', '"Other exchange'))


def test_equipment_out_of_date_is_not_used() -> None:
    plant = before("step")
    plant.do("quinn", "equipment", "HC-9", "an old cell", "cell", "hamilton")
    with pytest.raises(NotPermitted, match="calibration of HC-9 is not on record"):
        plant.do("olga", "step", B, "setup", equipment=("HC-9",), reading=("pressure_loss_pa=8",))


def test_a_lot_is_used_after_its_release() -> None:
    plant = after("arrive")
    assert plant.record.lot("I-18-0709").state is LotState.QUARANTINE
    plant.do("quinn", "issue", B, "CLR131-M-3")
    with pytest.raises(NotPermitted, match="in quarantine, not released"):
        plant.do("olga", "charge", B, ("I-18-0709=8614 MBq",))


def test_a_reading_outside_its_limit_opens_a_deviation() -> None:
    plant = before("step")
    plant.do("olga", "step", B, "setup", equipment=("HC-1",), reading=("pressure_loss_pa=21",))
    (deviation,) = plant.record.deviations.values()
    assert deviation.automatic
    assert "21, outside ... to 20" in deviation.what


def test_a_limit_without_a_reading_is_refused() -> None:
    with pytest.raises(NotPermitted, match="no reading of pressure_loss_pa"):
        before("step").do("olga", "step", B, "setup", equipment=("HC-1",))


def fill(plant: Plant, bulk_kbq: int, waste_kbq: int) -> None:
    plant.clock.pass_(60)  # at the planned EOS, the reference time of the batch
    vials = (f"{B}-01=2203 MBq, 10000, O-101", f"{B}-02=2264 MBq, 10000, O-102")
    plant.do("olga", "fill", B, bulk_kbq, vials, (), 65_000, waste_kbq, "W-H")


def test_a_yield_outside_its_limits_opens_a_deviation() -> None:
    plant = before("fill")
    fill(plant, 4_000_000, 3_860_000)
    assert [d.what for d in plant.record.deviations.values()] == ["The yield is 47.4 %."]


def test_activity_that_is_not_found_again_opens_a_deviation() -> None:
    plant = before("fill")
    fill(plant, 5_589_000, 3_000_000)
    (deviation,) = plant.record.deviations.values()
    assert "more than 5 %" in deviation.what
    assert plant.record.book(f"batch/{B}").balances["variance"] == 897_986


def test_a_correction_keeps_the_old_value_and_says_why() -> None:
    plant = after("check", 4)
    with pytest.raises(NotPermitted, match="gives its reason"):
        plant.do("olga", "correct", B, "formulation", "ph=6.2")
    entries = plant.do("olga", "correct", B, "formulation", "ph=6.2", reason="misread")
    corrected = next(e for e in entries if e.kind == "RecordCorrected")
    assert (corrected.body["old"], corrected.body["new"]) == ("6.1", "6.2")
    assert corrected.reason == "misread"
    done = next(e for e in plant.store.entries(f"batch/{B}") if b'"6.1"' in e.content)
    assert done.kind == "StepDone"  # what was written first is there still


def test_a_voided_step_is_done_again_and_both_attempts_stay() -> None:
    plant = after("check", 4)
    plant.do("olga", "void", B, "formulation", "meter was not rinsed")
    plant.do("olga", "step", B, "formulation", equipment=("HC-1",), reading=("ph=6.0",))
    batch = plant.record.batch(B)
    assert [s.attempt for s in batch.voided_steps] == [1]
    assert batch.steps["formulation"].attempt == 2


def test_what_is_charged_must_be_what_the_master_says() -> None:
    plant = before("charge")
    with pytest.raises(NotPermitted, match="charged with it, and no other"):
        plant.do("olga", "charge", B, ())


def test_an_order_that_another_batch_serves_is_not_filled_here() -> None:
    plant = before("fill")
    plant.do("nora", "cancel-order", "O-102", "ill")
    with pytest.raises(NotPermitted, match="O-102 is not promised"):
        fill(plant, 5_589_000, 3_800_000)


# -- tests and release ----------------------------------------------------------------------


def test_a_batch_leaves_before_sterility_only_with_the_test_under_way() -> None:
    plant = before("test-start", 5)
    for test in ("appearance", "ph", "radiochemical_purity", "endotoxin"):
        value = {"radiochemical_purity": "98", "ph": "6", "endotoxin": "9"}.get(test, "1")
        plant.do("lena", "test", f"{B}/{test}", value, "raw")
        plant.do("lars", "review", f"{B}/{test}")
    plant.do("quinn", "review-record", B)
    with pytest.raises(NotPermitted, match="conditional release needs it under way"):
        plant.do("quinn", "release", B)
    assert blocks(plant.record, plant.record.batch(B)) == (
        f"The test {B}/sterility is ordered; a conditional release needs it under way. "
        "[21 CFR 211.165(a)]",
    )


def test_whoever_makes_after_reviewing_voids_the_review_and_decides_no_more() -> None:
    plant = before("check")
    plant.do("quinn", "review-record", B)
    plant.do("quinn", "check", B, "setup")
    (review,) = plant.record.signatures[f"batch/{B}"]
    assert review.voided
    assert broken(plant.record, instant_text(plant.clock.at)) == ()
    with pytest.raises(NotPermitted, match="quinn"):
        plant.do("quinn", "review-record", B)


def test_no_other_test_may_be_late() -> None:
    plant = before("release")
    name = f"{B}/endotoxin"
    test = replace(plant.record.tests[name], stage="late", state=TestState.RUNNING)
    record = plant.record.copied()
    record.tests[name] = test
    assert any("before its test endotoxin" in why for why in blocks(record, record.batch(B)))


def test_a_laboratory_cause_makes_a_result_invalid_and_owes_a_repeat() -> None:
    plant = before("test", 4)
    plant.do("lena", "test", f"{B}/endotoxin", "300", "raw")
    plant.do("lars", "review", f"{B}/endotoxin")
    plant.do("quinn", "oos", f"{B}/endotoxin", "wrong dilution")
    repeat = plant.record.test(f"{B}/endotoxin/2")
    assert (repeat.state, repeat.repeats) == ("ordered", f"{B}/endotoxin")


def test_a_result_that_stands_outside_bars_the_release_for_good() -> None:
    plant = before("test", 4)
    plant.do("lena", "test", f"{B}/endotoxin", "300", "raw")
    plant.do("lars", "review", f"{B}/endotoxin")
    plant.do("quinn", "oos", f"{B}/endotoxin")
    why = blocks(plant.record, plant.record.batch(B))
    assert any("endotoxin" in said and "has not passed" in said for said in why)
    plant.do("quinn", "reject", B, "endotoxin")
    assert plant.record.order("O-101").state == "submitted"
    assert plant.record.batch(B).state is BatchState.REJECTED


def test_a_late_test_has_a_deadline() -> None:
    plant = after("release")
    assert overdue(plant.record, later(plant, 60)) == ()
    assert [t.id for t in overdue(plant.record, later(plant, 30 * 1440))] == [f"{B}/sterility"]


def test_a_release_is_final_only_when_the_late_tests_have_passed() -> None:
    plant = after("release")
    with pytest.raises(NotPermitted, match="sterility"):
        plant.do("quinn", "confirm", B)
    assert plant.record.batch(B).state is BatchState.CONDITIONALLY_RELEASED


def test_a_rejected_batch_cannot_be_released() -> None:
    plant = before("release")
    plant.do("quinn", "reject", B, "glove was torn")
    with pytest.raises(LifeError, match="is rejected"):
        plant.do("quinn", "release", B)


def under_annex_3(plant: Plant) -> Plant:
    """The same record under the EU profile, with a Qualified Person."""
    plant.do(
        "adam", "person", "petra", "Petra", "hamilton", ("qualified-person",), later(plant, 99_999)
    )
    plant.do("quinn", "identify", "petra")
    plant.desk._record = plant.record.copied()
    object.__setattr__(plant.desk._record, "profile", "eu-annex3")
    return plant


def test_under_annex_3_a_qualified_person_releases() -> None:
    plant = under_annex_3(after("review-record"))
    with pytest.raises(NotPermitted, match="takes the role qualified-person"):
        plant.do("quinn", "release", B)
    plant.do("petra", "release", B)
    assert plant.record.batch(B).state is BatchState.CONDITIONALLY_RELEASED


def test_a_batch_for_an_eu_site_is_certified_first() -> None:
    plant = after("release")
    plant.do("adam", "facility", "W16", "Leuven", "Europe/Brussels", "BE", "eu-annex3")
    plant.do(
        "rhea", "licence", "W16", "L-W16", "I-131", "liquid", 74_000_000, later(plant, 99_999), "f"
    )
    plant.do("rhea", "verify-licence", "W16", "L-W16", "copy read")
    plant.do("dora", "shipment", "SH-9", B, "W16", "air", later(plant, 2000))
    plant.do("dora", "pack", "SH-9", "P-9", "TA-07", (f"{B}-03",), 50_000, 900)
    plant.do("rhea", "survey", "SH-9", "SM-1")
    plant.do("dora", "documents", "SH-9", ("paper",))
    with pytest.raises(NotPermitted, match=r"not certified for W16.*Annex 16"):
        plant.do("dora", "ship", "SH-9", "carrier-a")
    plant.do(
        "adam", "person", "petra", "Petra", "hamilton", ("qualified-person",), later(plant, 99_999)
    )
    plant.do("quinn", "identify", "petra")
    plant.do("petra", "certify", B, "eu-annex3")
    plant.do("dora", "ship", "SH-9", "carrier-a")


# -- the road and the site ------------------------------------------------------------------


def test_a_package_is_classified_by_what_is_in_it_and_on_it() -> None:
    package = after("pack").record.packages["SH-041-1"]
    assert (package.un_number, package.category) == ("UN2915", "II-YELLOW")
    assert (package.index_tenths, package.reportable) == (2, True)


def test_a_package_beyond_the_limits_of_a_label_is_refused() -> None:
    plant = after("shipment")
    with pytest.raises(TransportError):
        plant.do("dora", "pack", "SH-041", "P", "TA-07", (f"{B}-01",), 11_000_000, 1_700)


def test_a_vial_goes_only_where_its_order_is() -> None:
    plant = after("shipment")
    with pytest.raises(NotPermitted, match="is for P08, not P02"):
        plant.do("dora", "pack", "SH-041", "P", "TA-07", (f"{B}-02",), 92_000, 1_700)


def test_a_shipment_that_is_lost_is_written_off_to_the_last_kbq() -> None:
    plant = after("ship", 2)
    held = plant.record.book(f"batch/{B}").balances[f"vial/{B}-01"]
    plant.do("dora", "lose", "SH-041", "van burnt")
    assert plant.record.book(f"batch/{B}").balances["lost"] == held
    assert plant.record.order("O-101").state == "submitted"
    assert plant.record.vial(f"{B}-01").state == "wasted"


def test_only_the_site_acts_at_the_site() -> None:
    with pytest.raises(NotPermitted, match="works at P08, not at P02"):
        before("receive").do("nora", "receive", "SH-041")


def test_a_package_looked_at_too_late_opens_a_deviation() -> None:
    plant = after("receive")
    plant.clock.pass_(181)
    plant.do("phil", "inspect", "SH-041", "P02-SM", 1, 1)
    (deviation,) = plant.record.deviations.values()
    assert "181 min after receipt" in deviation.what


def test_a_soiled_package_does_not_leave_and_opens_a_deviation_where_it_arrives() -> None:
    plant = after("receive")
    record, shipment = plant.record, plant.record.shipment("SH-041")
    package = record.packages[shipment.packages[0]]
    at = shipment.tendered_at
    for nuclide, clean, soiled in (("I-131", 40, 41), ("Ra-223", 4, 5)):
        inside = (Content(nuclide, 1),)
        wiped = [replace(package, wipe_tenths=tenths) for tenths in (clean, soiled)]
        package_is_lawful(record, wiped[0], shipment, inside, at)
        with pytest.raises(NotPermitted, match=rf"above {clean / 10:g} Bq/cm2"):
            package_is_lawful(record, wiped[1], shipment, inside, at)
    plant.do("phil", "inspect", "SH-041", "P02-SM", 41, 1)
    (deviation,) = plant.record.deviations.values()
    assert "contaminated above 4 Bq/cm2" in deviation.what


def test_a_dose_is_measured_before_it_is_given() -> None:
    plant = before("assay")
    with pytest.raises(LifeError, match="is received"):
        plant.do("ursula", "administer", f"{B}-01", "O-101", "P02-007", 1_755_000, 86_000, "W-P02")


def test_a_dosage_outside_the_limit_takes_the_authorised_user_and_a_reason() -> None:
    plant = after("assay")
    given = (f"{B}-01", "O-101", "P02-007", 1_300_000, 541_000, "W-P02")
    with pytest.raises(NotPermitted, match="20 % apart"):
        plant.do("ursula", "administer", *given)
    with pytest.raises(NotPermitted, match="may not do this"):
        plant.do("phil", "administer", *given, 1, reason="half dose")
    plant.do("ursula", "administer", *given, 1, reason="half dose after low counts")
    assert plant.record.order("O-101").state == "administered"


def test_waste_above_background_is_not_disposed_of() -> None:
    plant = before("dispose")
    with pytest.raises(NotPermitted, match="above background"):
        plant.do("rhea", "dispose", "W-H", "SM-1", "0.13", "0.12")


def test_what_a_place_holds_is_a_share_of_its_licence() -> None:
    plant = after("arrive")
    now = instant_text(plant.clock.at)
    assert share_ppm(plant.record, "hamilton", "I-131", now) == 9_154_000 * 10**6 // 740_000_000
    assert emergency_plan_ppm(plant.record, "hamilton", "I-131", now) == 24_740  # of 370 GBq


def test_a_recall_of_a_lot_reaches_the_orders_that_wait_for_its_vials() -> None:
    plant = after("release")
    plant.do("quinn", "recall", "supplier's notice", ("I-18-0709",))
    assert plant.record.order("O-101").state == "submitted"
    assert plant.record.batch(B).on_hold == "supplier's notice"
    assert plant.record.vial(f"{B}-01").recalled == "R-1"


# -- a vial for another patient -------------------------------------------------------------


def spare_for_another(plant: Plant) -> None:
    """The patient in Rochester cancels; the vial goes to a new order of the same site."""
    plant.do("phil", "cancel-order", "O-101", "infection")
    use = plant.record.order("O-102").use_at
    plant.do("phil", "order", "O-111", "clr131", "P02", "P02-009", 1_700_000, use)
    plant.do("ann", "promise", ("O-111",), B)
    plant.do("dora", "allocate", f"{B}-01", "O-111")


def test_a_vial_goes_to_another_patient_only_under_a_new_label() -> None:
    plant = after("release")
    spare_for_another(plant)
    plant.do("dora", "shipment", "SH-9", B, "P02", "air", later(plant, 1200))
    pack = ("SH-9", "P-9", "TA-07", (f"{B}-01",), 92_000, 1_700)
    with pytest.raises(NotPermitted, match="does not say what it is now"):
        plant.do("dora", "pack", *pack)
    with pytest.raises(NotPermitted, match="destroy it first"):
        plant.do("dora", "label", B)
    plant.do("dora", "destroy-label", f"{B}-L1", "another patient")
    plant.do("dora", "label", B)
    plant.do("dora", "apply", f"{B}-L5", f"{B}-01")
    with pytest.raises(NotPermitted, match="not reconciled"):
        plant.do("dora", "pack", *pack)
    plant.do("oscar", "reconcile", B)
    plant.do("dora", "pack", *pack)
    assert not plant.record.batch(B).on_hold  # the release did not rest on the label
    assert broken(plant.record, later(plant, 0)) == ()


def test_a_vial_that_has_an_order_is_not_given_to_another() -> None:
    plant = after("release")
    plant.do("phil", "order", "O-111", "clr131", "P02", "P02-009", 1_700_000, later(plant, 2000))
    plant.do("ann", "promise", ("O-111",), B)
    with pytest.raises(LifeError, match="is for order O-101 already"):
        plant.do("dora", "allocate", f"{B}-01", "O-111")
    plant.do("dora", "allocate", f"{B}-03", "O-111")
    assert plant.record.order("O-111").vial == f"{B}-03"


def test_a_vial_of_another_batch_is_not_allocated() -> None:
    plant = after("release")
    plant.do("phil", "order", "O-111", "clr131", "P02", "P02-009", 1_700_000, later(plant, 2000))
    with pytest.raises(NotPermitted, match="not promised batch"):
        plant.do("dora", "allocate", f"{B}-03", "O-111")


def test_what_would_change_nothing_is_refused() -> None:
    """Found by the stateful test: labels of a batch that has them all."""
    with pytest.raises(NotPermitted, match="change nothing"):
        after("label").do("dora", "label", B)
