"""What a sound programme file means: units, basis, extends, counts."""

import time as clock
from datetime import date, time
from pathlib import Path

import pytest

from doseline.calendars import HolidayRule, WeekTime
from doseline.errors import ProgrammeError
from doseline.formats import check_counts, read_programme
from doseline.formats.fields import ROOT, all_sections, specs
from doseline.programme import Programme
from doseline.programme.product import Triangular
from doseline.programme.programme import Input
from doseline.programme.trial import DoseRate

BROKEN = Path(__file__).parent.parent / "data" / "broken"
VALID = (BROKEN / "valid.yaml").read_text()


@pytest.fixture(scope="module")
def valid() -> Programme:
    return read_programme(BROKEN / "valid.yaml")


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Programme:
    text = VALID
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "programme.yaml"
    path.write_text(text)
    return read_programme(path)


def test_values_are_read_as_people_write_them(valid: Programme) -> None:
    drug, plant = valid.product["drug"], valid.manufacturer["plant"]
    assert drug.shelf_life_min == 96 * 60
    assert drug.recipe[1].chance == Triangular(60, 120, 360)
    assert plant.lines[0].slots[0].at == WeekTime(1, time(5))
    assert plant.holidays == (HolidayRule("US"),)
    assert valid.source["reactor"].offer_per_week_mbq == 500_000
    assert valid.source["reactor"].price_cents_per_mbq == pytest.approx(300 / 37)
    assert valid.contract["plant"].batch_fee_cents == 3_000_000
    assert valid.trial["pivotal"].arms[0].dose.rate == DoseRate(4000, "m2")
    assert valid.target.otif_fraction == 0.95
    assert valid.from_on == date(2026, 1, 1)


def test_a_holiday_rule_may_be_written_out(tmp_path: Path) -> None:
    rule = "{region: CA-ON, skip: [Family], also: [Civic Holiday], add: [2026-05-04]}"
    programme = changed(tmp_path, ("holidays: [US]", f"holidays: [{rule}]"))
    assert programme.manufacturers[0].holidays == (
        HolidayRule("CA-ON", (), ("Family",), (date(2026, 5, 4),), ("Civic Holiday",)),
    )


def test_every_field_of_every_section_has_a_key_of_its_own_and_says_what_it_is() -> None:
    for cls in all_sections():
        keys = [spec.key for spec in specs(cls)]
        assert len(keys) == len(set(keys)), cls
        assert not {"basis", "note", "value", "extends"} & set(keys), cls
        assert all(spec.what for spec in specs(cls)), cls


def test_two_fields_that_would_share_a_key_are_told_apart(valid: Programme) -> None:
    keys = {spec.name: spec.key for cls in all_sections() for spec in specs(cls)}
    assert (keys["repeat_fraction"], keys["repeat"]) == ("repeat_chance", "repeat")
    assert (keys["testing_min"], keys["testing_cents"]) == ("testing", "testing_cost")


def test_the_basis_of_a_section_holds_for_the_numbers_that_have_none(valid: Programme) -> None:
    inputs = {i.field: i for i in valid.inputs}
    assert inputs["products[0].shelf_life"] == Input(
        "products[0].shelf_life", "96 h", ("S1",), "72 h", "120 h", ""
    )
    assert inputs["products[0].tolerance"].basis == ("assumption",)
    assert "products[0].name" not in inputs
    assert len(valid.assumptions) == len(valid.inputs) - 1


def test_numbers_without_a_basis_are_counted_as_unstated(tmp_path: Path) -> None:
    counts = check_counts(changed(tmp_path, ("basis: assumption\n", "")))
    assert counts["unstated"] == counts["inputs"] - 1
    assert counts["sourced"] == 1


def test_counts_by_kind(valid: Programme) -> None:
    counts = check_counts(valid)
    assert (counts["manufacturers"], counts["lines"], counts["slots"]) == (2, 2, 3)
    assert (counts["trials"], counts["markets"], counts["designs"]) == (1, 1, 2)


def test_a_value_with_a_reason_of_its_own_is_kept_even_where_it_is_no_number(
    tmp_path: Path,
) -> None:
    stated = "{value: Tuesday 05:00, basis: S1, why: agreed}"
    programme = changed(tmp_path, ("at: Tuesday 05:00", f"at: {stated}"))
    assert Input(
        "manufacturers[0].lines[0].slots[0].at", "Tuesday 05:00", ("S1",), None, None, "agreed"
    ) in (programme.inputs)


def test_what_one_file_says_of_itself_is_not_said_of_the_file_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(VALID)
    later = tmp_path / "later.yaml"
    later.write_text(
        "extends: base.yaml\nbasis: hindsight\nname: later\n"
        "sites:\n  - {id: clinic, daily_capacity: 3}\n"
        "contracts:\n  - {manufacturer: plant, batch_fee: USD 1}\n"
        "  - {manufacturer: spare, batch_fee: USD 2}\n"
        "permissions:\n  - {manufacturer: spare, markets: [US], protocols: [launch], "
        "from: 2026-07-01}\n"
    )
    programme = read_programme(later)
    assert programme.name == "later"
    assert programme.site["clinic"].daily_capacity == 3
    assert programme.site["clinic"].region == "midwest"
    assert [c.batch_fee_cents for c in programme.contracts] == [100, 200]
    assert len(programme.permissions) == 3
    assert {i.field for i in programme.hindsight} == {
        "sites[0].daily_capacity",
        "contracts[0].batch_fee",
        "contracts[1].batch_fee",
        "permissions[2].from",
    }


def test_in_an_extending_file_lists_of_numbers_are_replaced_and_other_lists_grow(
    tmp_path: Path,
) -> None:
    (tmp_path / "base.yaml").write_text(VALID)
    later = tmp_path / "later.yaml"
    later.write_text(
        "extends: base.yaml\n"
        "markets: [{id: launch, weekday_weights: [0, 0, 1, 0, 0, 0, 0]}]\n"
        "sites: [{id: clinic, treatment_weekdays: [Friday, Monday]}]\n"
    )
    programme = read_programme(later)
    assert list(programme.market["launch"].weekday_weights) == [0, 0, 1, 0, 0, 0, 0]
    assert programme.site["clinic"].treatment_weekdays == ("Wednesday", "Friday", "Monday")


def test_a_file_may_come_with_a_mark_of_its_encoding_and_with_windows_line_ends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "programme.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode())
    assert read_programme(path).name == "a small world"


def test_unquoted_times_and_yes_and_no_are_read_as_they_stand(tmp_path: Path) -> None:
    programme = changed(
        tmp_path,
        ('crew_from: "04:00"', "crew_from: 04:00"),
        ("target:", "policy: {backup: no, shift_days: yes}\ntarget:"),
    )
    assert programme.manufacturers[0].crew_from == time(4)
    assert (programme.policy.backup, programme.policy.shift_days) == (False, True)


def test_a_zero_needs_no_unit_and_an_empty_list_may_be_left_open(tmp_path: Path) -> None:
    row = '\n  - {protocol: "*", missed_started: USD 20000, missed_new: USD 10000}'
    programme = changed(tmp_path, ("planned: 14 h", "planned: 14 h\n    notice: 0"), (row, ""))
    assert programme.penalties == ()
    assert programme.lanes[0].notice_min == 0


def test_an_alias_is_read_as_what_it_names(tmp_path: Path) -> None:
    programme = changed(
        tmp_path,
        ("weekdays: [Monday, Tuesday,", "weekdays: &days [Monday, Tuesday,"),
        ("weekdays: [Monday, Tuesday, Wednesday, Thursday, Friday]", "weekdays: *days"),
    )
    assert programme.manufacturers[1].weekdays == programme.manufacturers[0].weekdays


def test_a_file_of_three_thousand_lines_is_read_quickly(tmp_path: Path) -> None:
    first, last = VALID.index("  - id: clinic\n"), VALID.index("permissions:")
    sites = [VALID[first:last].replace("clinic", f"clinic-{n}") for n in range(240)]
    path = tmp_path / "large.yaml"
    path.write_text(VALID[:last] + "".join(sites) + VALID[last:])
    assert len(path.read_text().splitlines()) > 3000
    begun = clock.process_time()
    assert len(read_programme(path).sites) == 241
    assert clock.process_time() - begun < 10  # about one second; ten on a machine that is busy


def test_a_programme_error_reads_one_line_a_fault() -> None:
    with pytest.raises(ProgrammeError) as refused:
        read_programme(BROKEN / "several_faults_at_once.yaml")
    assert len(str(refused.value).splitlines()) == len(refused.value.faults)


def test_the_programme_is_the_root_of_all_sections() -> None:
    assert next(all_sections()) is ROOT
