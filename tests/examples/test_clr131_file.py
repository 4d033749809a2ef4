"""The reference example against its parameter sheet: what stands in the file, computed from it.

Rows are those of the sheet's sanity checks (section 19), each computed by hand there.
"""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from doseline.demand.market import market_years, patients_in
from doseline.formats import read_programme
from doseline.formats.basis import BASIS_WORDS
from doseline.programme import Programme
from doseline.programme.making import make_min, pack_min, planned_yield, release_min
from doseline.programme.manufacturer import Line, Manufacturer
from doseline.programme.market import Market, UptakeCase
from doseline.programme.scenario import Shock
from doseline.programme.trial import Arm, Trial
from doseline.quantities import MBQ_PER_MCI

DAYS_IN_A_MONTH = 30.4375
WEEKS_OF_TREATMENT = 50  # in a market year, by the sheet
US_YEARS = range(2026, 2031)  # market years 1 to 5


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "examples" / "clr131"


@pytest.fixture(scope="module")
def programme(folder: Path) -> Programme:
    return read_programme(folder / "programme.yaml")


@pytest.fixture(scope="module")
def hindsight(folder: Path) -> Programme:
    return read_programme(folder / "hindsight.yaml")


def site_months(programme: Programme, trial: Trial, market: str | None = None) -> float:
    days = 0
    for name in trial.sites:
        site = programme.site[name]
        if market in (None, site.market):
            days += (trial.until_on - max(trial.from_on, site.active_from_on or date.min)).days
    return days / DAYS_IN_A_MONTH


def doses_per_patient(arm: Arm) -> float:
    reached, doses = 1.0, 0.0
    for visit in arm.visits:
        stopped = sum(row.chance_fraction for row in visit.gate if row.outcome == "stop")
        reached *= visit.continues_fraction * (1 - stopped)
        doses += reached
    return doses


def vials_a_week(plant: Manufacturer, line: Line, slots: int) -> float:
    return slots * line.vials_max * (52 - len(plant.closed_weeks)) / 52


def patients_of(market: Market, name: str, year: int) -> int:
    if year < market.from_on.year:
        return 0
    (case,) = [c for c in market.cases if c.name == name]
    (found,) = [y for y in market_years(market) if y.from_on.year == year]
    return round(patients_in(market, case, found))


def doses_a_week(programme: Programme, name: str, year: int) -> float:
    return sum(
        patients_of(m, name, year) * (m.doses_per_patient or 0.0) / WEEKS_OF_TREATMENT
        for m in programme.markets
    )


def first_year_above(programme: Programme, name: str, capacity: float) -> int | None:
    years = range(2026, 2033)
    return next((y for y in years if doses_a_week(programme, name, y) > 0.85 * capacity), None)


def shock_of(programme: Programme, scenario: str, protocol: str) -> Shock:
    (shocks,) = [s.shocks for s in programme.scenarios if s.id == scenario]
    (found,) = [s for s in shocks if protocol in s.protocols]
    return found


def days_of(shock: Shock) -> int:
    assert shock.until_on is not None
    return (shock.until_on - shock.from_on).days + 1


# -- where the numbers come from -------------------------------------------------------------


def test_every_number_of_both_files_says_where_it_comes_from(
    programme: Programme, hindsight: Programme
) -> None:
    assert len(programme.inputs) > 1000
    for found in (programme, hindsight):
        assert [i.field for i in found.inputs if not i.basis] == []


def test_every_basis_is_a_declared_reference_or_one_of_the_three_words(
    hindsight: Programme,
) -> None:
    declared = {r.id for r in hindsight.references}
    used = {b for i in hindsight.inputs for b in i.basis} - set(BASIS_WORDS)
    assert used <= declared


def test_every_reference_has_a_page_and_is_used(programme: Programme) -> None:
    used = {b for i in programme.inputs for b in i.basis}
    for reference in programme.references:
        assert reference.id in used
        assert re.match(r"https?://", reference.address)
        assert reference.says


def test_the_three_marks_stand_beside_the_numbers_they_are_meant_for(
    programme: Programme,
) -> None:
    basis = {i.field: i.basis for i in programme.inputs}
    assert basis["as_of"] == ("S1",)
    assert "assumption" in basis["products[0].shelf_life"]
    assert basis["products[0].half_life"] == ("S30",)
    assert basis["trials[2].patients"] == ("S21", "hindsight")
    assert all("hindsight" in b for f, b in basis.items() if f.startswith("questions"))
    assert 0 < len(programme.hindsight) < len(programme.inputs)


def test_a_range_spans_its_value_wherever_one_is_given(hindsight: Programme) -> None:
    ranges = [i for i in hindsight.inputs if i.low is not None]
    assert len(ranges) > 50
    assert all(i.high is not None for i in ranges)


# -- what stands in the file -----------------------------------------------------------------


def test_the_file_holds_what_the_sheet_names(programme: Programme) -> None:
    assert programme.as_of_on == date(2016, 11, 28)
    assert (programme.from_on, programme.until_on) == (date(2016, 12, 1), date(2032, 12, 31))
    assert set(programme.product) == {"clr131", "clr124", "clr1602_ptx"}
    assert set(programme.manufacturer) == {"madison", "hamilton"}
    assert set(programme.trial) == {"phase1_mm", "clover1", "clover_wam", "clr124_imaging"}
    assert set(programme.market) == {"us_market", "eu_market"}
    assert programme.main_design == "madison_and_hamilton"
    assert len(programme.questions) == 11


@pytest.mark.parametrize(
    ("prefix", "count"), [("F", 4), ("P", 15), ("W", 22), ("U", 24), ("E", 15)]
)
def test_there_are_as_many_sites_as_in_the_sheet(
    programme: Programme, prefix: str, count: int
) -> None:
    assert sum(1 for s in programme.sites if s.id.startswith(prefix)) == count


def test_ten_sites_of_phase_two_were_open_on_the_day_of_the_alert(programme: Programme) -> None:
    opened = [programme.site[s].active_from_on for s in programme.trial["clover1"].sites]
    assert sum(1 for on in opened if on is not None and on <= date(2018, 8, 7)) == 10


def test_sites_of_one_city_are_one_consignee(programme: Programme) -> None:
    members = {name: {s.id for s in sites} for name, sites in programme.consignee.items()}
    assert {"F01", "P01", "U01"} <= members["madison_wi"]
    assert {"P02", "W01", "U02"} <= members["rochester_mn"]
    assert members["phoenix_clinic"] == {"P14"}


def test_market_sites_open_year_by_year(programme: Programme) -> None:
    def opened(market: str, year: int) -> int:
        sites = programme.market[market].sites
        return sum(1 for s in sites if s.opens_year <= year)

    assert [opened("us_market", y) for y in range(1, 6)] == [12, 18, 24, 24, 24]
    assert [opened("eu_market", y) - 1 for y in range(1, 6)] == [6, 9, 12, 15, 15]  # and London


def test_the_file_says_plainly_that_the_regimen_was_not_known(programme: Programme) -> None:
    said = programme.trial["clover_wam"].candidate_regimens
    assert all(word in said for word in ("31.25", "15.625", "15 mCi/m2", "1, 15, 57 and 71"))
    assert "hindsight" in said


def test_no_permission_of_the_file_foresees_the_alert(programme: Programme) -> None:
    assert all(p.until_on is None for p in programme.permissions)


def test_madisons_counterfactual_permissions_hold_only_where_the_plant_is_kept(
    programme: Programme,
) -> None:
    def protocols(design: str) -> set[str]:
        under = programme.under(design)
        return {x for p in under.permissions if p.manufacturer == "madison" for x in p.protocols}

    later = {"clover_wam", "us_market", "eu_market"}
    assert later <= protocols("madison_only") & protocols("madison_and_hamilton")
    assert not later & (protocols("hamilton_only") | protocols("hamilton_two_slots"))


def test_every_design_and_scenario_of_the_sheet_is_there(hindsight: Programme) -> None:
    assert {d.id for d in hindsight.designs} == {
        "madison_only",
        "madison_and_hamilton",
        "hamilton_only",
        "hamilton_two_slots",
        "hamilton_commercial",
        "two_contract_manufacturers",
        "commercial_pair",
        "commercial_three",
        "as_it_happened",
    }
    assert {s.id for s in hindsight.scenarios} >= {
        "import_alert_2018",
        "import_alert_in_pivotal",
        "madison_closes",
        "nru_closes",
        "reactor_outage",
        "reactor_outage_autumn",
        "quality_stop_one_firm",
        "particles_in_vials",
        "border_hold",
        "air_freight_collapse",
        "winter_storm",
        "two_failures_in_a_row",
        "licence_lapses",
        "iodine_and_alert",
    }


def test_every_design_can_be_applied(hindsight: Programme) -> None:
    for design in hindsight.designs:
        under = hindsight.under(design.id)
        used = {u.manufacturer: u for u in design.plants}
        assert set(under.manufacturer) == set(used)
        assert all(ln.slots for m in under.manufacturers for ln in m.lines)


def test_shutdown_weeks_of_no_two_plants_coincide(hindsight: Programme) -> None:
    weeks = [w for m in hindsight.manufacturers for w in m.closed_weeks]
    assert len(weeks) == len(set(weeks)) == 8 + 4 * 6


# -- making: rows 12, 13, 18, 40, 51-53, 55 --------------------------------------------------


def test_the_planned_yield_is_the_product_of_its_steps(programme: Programme) -> None:
    recipe = programme.product["clr131"].recipe
    mean = math.prod(
        s.yield_fraction if s.yield_mean_fraction is None else s.yield_mean_fraction for s in recipe
    )
    assert planned_yield(programme.product["clr131"]) == pytest.approx(0.580545, abs=1e-6)
    assert mean == pytest.approx(0.663480, abs=1e-6)


def test_the_low_and_high_yield_of_labelling_span_half_to_two_thirds_over_all(
    programme: Programme,
) -> None:
    (labelling,) = [i for i in programme.inputs if i.field.endswith("recipe[2].yield")]
    rest = planned_yield(programme.product["clr131"]) / 0.70
    assert labelling.low is not None
    assert labelling.high is not None
    low, high = (float(x.removesuffix("%")) / 100 for x in (labelling.low, labelling.high))
    assert (low * rest, high * rest) == pytest.approx((0.50, 0.66), abs=1e-3)


@pytest.mark.parametrize(
    ("line", "vials", "eos", "released"),
    [
        ("hamilton-1", 8, "11:50", "19:20"),
        ("madison-1", 6, "11:30", "19:00"),
        ("hamilton-2", 30, "12:00", "19:30"),
        ("hamilton-1", 12, "12:30", "20:00"),
    ],
)
def test_a_batch_of_five_in_the_morning_meets_its_planned_hours(
    programme: Programme, line: str, vials: int, eos: str, released: str
) -> None:
    product = programme.product["clr131"]
    eos_min = 5 * 60 + make_min(product, programme.line[line][1], vials)
    released_min = eos_min + release_min(product)
    assert f"{eos_min // 60:02}:{eos_min % 60:02}" == eos
    assert f"{released_min // 60:02}:{released_min % 60:02}" == released
    assert pack_min(product, vials) < release_min(product)


def test_a_batch_of_eight_takes_six_hours_and_fifty_minutes(programme: Programme) -> None:
    minutes = make_min(programme.product["clr131"], programme.line["hamilton-1"][1], 8)
    assert minutes == 410


@pytest.mark.parametrize(
    ("line", "vials", "bulk_mci"),
    [("madison-1", 6, 300), ("hamilton-1", 12, 600), ("hamilton-2", 30, 1500)],
)
def test_lines_are_as_large_as_in_the_sheet(
    programme: Programme, line: str, vials: int, bulk_mci: float
) -> None:
    found = programme.line[line][1]
    assert found.vials_max == vials
    assert found.bulk_max_mbq == pytest.approx(bulk_mci * MBQ_PER_MCI)
    assert found.turnaround_min == 36 * 60


@pytest.mark.parametrize(("plant", "chance"), [("madison", 0.0633), ("hamilton", 0.0490)])
def test_a_batch_fails_for_any_cause_as_often_as_the_sheet_says(
    programme: Programme, plant: str, chance: float
) -> None:
    causes = programme.manufacturer[plant].failures
    assert 1 - math.prod(1 - c.chance_fraction for c in causes) == pytest.approx(chance, abs=1e-4)


def test_the_causes_of_a_later_plant_add_up_to_its_mature_chance(hindsight: Programme) -> None:
    for name in ("springfield_nj", "indianapolis", "mol"):
        plant = hindsight.manufacturer[name]
        assert plant.learning is not None
        found = 1 - math.prod(1 - c.chance_fraction for c in plant.failures)
        assert found == pytest.approx(plant.learning.floor_fraction, abs=5e-4)


# -- patients and doses: rows 22-25, 28-31, 35, 56 -------------------------------------------


def test_a_pivotal_patient_gets_three_and_a_half_doses(programme: Programme) -> None:
    (arm,) = programme.trial["clover_wam"].arms
    assert doses_per_patient(arm) == pytest.approx(3.5246, abs=1e-4)
    assert 65 * doses_per_patient(arm) == pytest.approx(229.1, abs=0.1)
    assert [m.arm for m in programme.markets] == [arm, arm]


def test_the_gate_of_day_57_passes_delays_and_stops_as_the_sheet_says(
    programme: Programme,
) -> None:
    (arm,) = programme.trial["clover_wam"].arms
    share = {row.outcome: row.chance_fraction for row in arm.visits[2].gate}
    assert sum(share.values()) == pytest.approx(1.0)
    assert share["pass"] + share["delay"] == pytest.approx(0.85)
    assert share["delay"] / 0.85 == pytest.approx(0.35)


def test_the_pivotal_trial_lasts_168_weeks(programme: Programme) -> None:
    trial = programme.trial["clover_wam"]
    assert trial.ends_on is not None
    days = (trial.ends_on - trial.from_on).days
    assert days == 1178
    assert days / 7 == pytest.approx(168.3, abs=0.1)
    assert 65 * doses_per_patient(trial.arms[0]) / (days / 7) == pytest.approx(1.36, abs=0.01)


def test_the_last_patient_of_the_pivotal_trial_ends_with_it(programme: Programme) -> None:
    trial = programme.trial["clover_wam"]
    last = trial.until_on + timedelta(days=trial.arms[0].visits[-1].day - 1)
    assert last == trial.ends_on


def test_the_pivotal_trial_would_enrol_66_patients_uncapped(programme: Programme) -> None:
    trial = programme.trial["clover_wam"]
    months = site_months(programme, trial)
    assert months == pytest.approx(600.08, abs=0.01)
    assert trial.enrolment.per_site_month * months == pytest.approx(66.0, abs=0.1)
    assert trial.enrolment.per_site_month * site_months(programme, trial, "US") == pytest.approx(
        42.1, abs=0.1
    )


def test_the_spread_of_enrolment_is_that_of_a_poisson_gamma(programme: Programme) -> None:
    trial = programme.trial["clover_wam"]
    variance = 0.0
    for name in trial.sites:
        opened = programme.site[name].active_from_on
        assert opened is not None
        mean = trial.enrolment.per_site_month * (trial.until_on - opened).days / DAYS_IN_A_MONTH
        variance += mean + mean**2 / trial.enrolment.shape
    assert math.sqrt(variance) == pytest.approx(13.0, abs=0.1)


def test_phase_two_would_enrol_80_patients_without_a_shock(programme: Programme) -> None:
    trial = programme.trial["clover1"]
    months = site_months(programme, trial)
    assert months == pytest.approx(400.9, abs=0.1)
    assert trial.enrolment.per_site_month * months == pytest.approx(80.2, abs=0.1)


def test_phase_two_expects_167_and_a_half_doses(programme: Programme) -> None:
    trial = programme.trial["clover1"]
    doses = sum(arm.patients * doses_per_patient(arm) for arm in trial.arms)
    assert doses == pytest.approx(30 + 137.5)


def test_phase_one_gives_35_doses_from_the_start_of_the_file(programme: Programme) -> None:
    trial = programme.trial["phase1_mm"]
    doses = sum(arm.patients * doses_per_patient(arm) for arm in trial.arms)
    assert doses == pytest.approx(3 + 8 + 8 + 16)
    assert sum(arm.patients for arm in trial.arms) == trial.patients == 31 - 12


def test_visits_of_a_patient_first_dosed_on_a_thursday_fall_on_thursdays(
    programme: Programme,
) -> None:
    first = date(2022, 5, 12)
    visits = programme.trial["clover_wam"].arms[0].visits
    days = [first + timedelta(days=v.day - 1) for v in visits]
    assert days == [first, date(2022, 5, 26), date(2022, 7, 7), date(2022, 7, 21)]
    assert {d.strftime("%A") for d in days} == {"Thursday"}


def test_the_mean_body_surface_is_that_of_the_sheet(programme: Programme) -> None:
    for trial in programme.trials:
        groups = trial.size.groups
        mean = sum(g.share_fraction * g.mean for g in groups)
        square = sum(g.share_fraction * (g.sd**2 + g.mean**2) for g in groups)
        assert mean == pytest.approx(1.890, abs=1e-3)
        assert math.sqrt(square - mean**2) == pytest.approx(0.224, abs=1e-3)


# -- dates: rows 32-34 -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "days"),
    [("phase1_mm", 97), ("clover1", 97), ("clover2", 224), ("clover_wam", 520)],
)
def test_the_alert_ends_protocol_by_protocol(
    hindsight: Programme, protocol: str, days: int
) -> None:
    shock = shock_of(hindsight, "import_alert_2018", protocol)
    assert shock.from_on == date(2018, 8, 7)
    assert shock.markets == ("US",)
    assert days_of(shock) == days


def test_the_same_alert_in_the_pivotal_trial_lasts_as_long(hindsight: Programme) -> None:
    assert days_of(shock_of(hindsight, "import_alert_in_pivotal", "clover_wam")) == 97
    assert days_of(shock_of(hindsight, "import_alert_no_exemption", "clover_wam")) == 224


def test_madison_ends_38_days_before_the_alert_and_617_after_the_decision(
    hindsight: Programme,
) -> None:
    (madison,) = [
        u
        for d in hindsight.designs
        if d.id == "as_it_happened"
        for u in d.plants
        if u.manufacturer == "madison"
    ]
    alert = shock_of(hindsight, "import_alert_2018", "clover1").from_on
    (signed,) = [m.transfer_starts_on for m in hindsight.manufacturer["springfield_nj"].makes]
    assert madison.until_on is not None
    assert signed is not None
    assert (alert - madison.until_on).days == 38
    assert (signed - madison.until_on).days == 1144
    assert (alert - hindsight.as_of_on).days == 617


# -- capacity against demand: rows 37-39 -----------------------------------------------------


@pytest.mark.parametrize(
    ("line", "slots", "vials"),
    [
        ("madison-1", 1, 5.1),
        ("hamilton-1", 1, 10.6),
        ("hamilton-1", 2, 21.2),
        ("hamilton-2", 2, 53.1),
        ("nj-1", 2, 70.8),
    ],
)
def test_a_line_sustains_so_many_vials_a_week(
    hindsight: Programme, line: str, slots: int, vials: float
) -> None:
    assert vials_a_week(*hindsight.line[line], slots) == pytest.approx(vials, abs=0.1)


@pytest.mark.parametrize(
    ("case", "doses"),
    [
        ("low", [1.40, 2.10, 3.64, 4.76, 5.88, 6.30, 6.72]),
        ("base", [4.27, 5.88, 10.43, 13.37, 16.45, 17.71, 18.83]),
        ("high", [11.97, 19.95, 35.14, 47.88, 56.63, 61.46, 63.84]),
    ],
)
def test_the_markets_ask_for_so_many_doses_a_week(
    programme: Programme, case: str, doses: list[float]
) -> None:
    found = [doses_a_week(programme, case, year) for year in range(2026, 2033)]
    assert found == pytest.approx(doses, abs=0.01)


@pytest.mark.parametrize(
    ("line", "slots", "base", "high"),
    [
        ("madison-1", 1, 2027, 2026),
        ("hamilton-1", 1, 2028, 2026),
        ("hamilton-1", 2, 2032, 2027),
        ("hamilton-2", 2, None, 2029),
    ],
)
def test_mean_demand_outgrows_a_line_in_the_year_of_the_sheet(
    programme: Programme, line: str, slots: int, base: int | None, high: int
) -> None:
    capacity = vials_a_week(*programme.line[line], slots)
    assert first_year_above(programme, "base", capacity) == base
    assert first_year_above(programme, "high", capacity) == high


def test_new_jersey_and_indiana_together_are_never_outgrown(hindsight: Programme) -> None:
    capacity = sum(vials_a_week(*hindsight.line[name], 2) for name in ("nj-1", "in-1"))
    assert capacity == pytest.approx(141.5, abs=0.1)
    assert first_year_above(hindsight, "high", capacity) is None


def test_the_european_cases_are_six_tenths_of_the_american(programme: Programme) -> None:
    def by_name(market: str) -> dict[str, UptakeCase]:
        return {c.name: c for c in programme.market[market].cases}

    us, eu = by_name("us_market"), by_name("eu_market")
    for name in ("low", "base", "high"):
        wanted = [0.6 * patients_of(programme.market["us_market"], name, y) for y in US_YEARS]
        assert list(eu[name].patients) == pytest.approx(wanted, abs=0.5)
        assert us[name].weight_fraction == eu[name].weight_fraction
