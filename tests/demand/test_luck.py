from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import gamma, truncnorm

from doseline.demand import patients
from doseline.demand.expected_course import delay_weeks
from doseline.demand.luck import delay_days, sizes
from doseline.operations.orders import Patient
from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, BodySize, GateRow, SizeGroup, Visit
from tests.demand.worlds import ADULTS, FLAT, busy_trial, drawn_people, with_market, with_trial

DELAY = GateRow("delay", 0.3, delay_mean_min=14 * 1440, delay_shape=2.0)
THREE = Arm("three", FLAT, (Visit(1), Visit(15), Visit(57, 3, 14, gate=(DELAY,))))


def by_id(found: tuple[Patient, ...]) -> dict[str, Patient]:
    return {p.id: p for p in found}


def test_body_size_follows_its_groups_inside_its_limits() -> None:
    found = sizes(drawn_people(40_000), ADULTS)
    assert found.min() >= 1.3
    assert found.max() <= 2.6
    parts = [
        (g.share_fraction, truncnorm((1.3 - g.mean) / g.sd, (2.6 - g.mean) / g.sd, g.mean, g.sd))
        for g in ADULTS.groups
    ]
    mean = sum(share * part.mean() for share, part in parts)
    square = sum(share * (part.var() + part.mean() ** 2) for share, part in parts)
    sd = math.sqrt(square - mean**2)
    assert mean == pytest.approx(1.890, abs=0.003)
    assert sd == pytest.approx(0.224, abs=0.005)
    assert found.mean() == pytest.approx(mean, abs=4 * sd / math.sqrt(40_000))
    assert found.std() == pytest.approx(sd, abs=4 * sd / math.sqrt(80_000))


def test_a_size_without_spread_is_its_mean() -> None:
    one = BodySize((SizeGroup(1.0, 1.9, 0.0),), 1.3, 2.6)
    assert set(sizes(drawn_people(10), one).tolist()) == {1.9}


def test_a_gates_delay_lasts_whole_weeks_and_at_least_one() -> None:
    share = np.linspace(0.0005, 0.9995, 1000)
    days = delay_days(share, DELAY)
    assert set((days % 7).tolist()) == {0}
    assert days.min() == 7
    plain = gamma.ppf(share, 2.0, scale=7.0)
    assert np.abs(days - plain)[plain > 7].max() <= 3.5


def test_the_chances_of_a_delays_weeks_are_those_of_the_draw() -> None:
    share = (np.arange(200_000) + 0.5) / 200_000
    weeks = delay_days(share, DELAY) // 7
    chances = delay_weeks(DELAY)
    assert chances.sum() == pytest.approx(1.0)
    for week in range(1, 9):
        assert np.mean(weeks == week) == pytest.approx(chances[week - 1], abs=1e-4)


def test_every_dose_has_luck_for_each_attempt_the_policy_allows() -> None:
    programme = replace(busy_trial(arms=(THREE,)), policy=Policy(reorder_at_most=4))
    found = patients(programme, 1, 0)
    assert {(len(p.luck), len(row)) for p in found for row in p.luck} == {(3, 5)}
    once = replace(programme, policy=Policy(reorder_missed=False))
    assert {len(row) for p in patients(once, 1, 0) for row in p.luck} == {1}


def test_the_weight_of_a_patient_changes_about_as_much_as_the_trial_says() -> None:
    programme = busy_trial(months=20.0, weight_change_sd_fraction=0.015)
    factors = np.array([row[0].weight_factor for p in patients(programme, 1, 0) for row in p.luck])
    assert np.median(factors) == pytest.approx(1.0, abs=5 * 0.015 / math.sqrt(len(factors)))
    assert factors.std() == pytest.approx(0.015, rel=0.1)
    assert {one.weight_factor for p in patients(busy_trial(), 1, 0) for one in p.luck[0]} == {1.0}


def test_changing_how_patients_enrol_leaves_their_other_luck_alone() -> None:
    slow, fast = busy_trial(0.5, arms=(THREE,)), busy_trial(2.0, arms=(THREE,))
    few, many = by_id(patients(slow, 1, 0)), by_id(patients(fast, 1, 0))
    assert set(few) < set(many)
    assert any(few[name].first_day != many[name].first_day for name in few)
    assert all((few[n].size, few[n].luck) == (many[n].size, many[n].luck) for n in few)


def test_changing_the_sizes_leaves_days_and_luck_alone() -> None:
    programme = busy_trial(arms=(THREE,))
    bigger = replace(ADULTS, groups=(SizeGroup(1.0, 2.2, 0.1),))
    before = patients(programme, 1, 0)
    after = patients(with_trial(programme, size=bigger), 1, 0)
    assert [p.size for p in before] != [p.size for p in after]
    assert [replace(p, size=0.0) for p in before] == [replace(p, size=0.0) for p in after]


def test_a_gate_with_another_delay_leaves_everything_else_alone() -> None:
    longer = replace(DELAY, delay_mean_min=28 * 1440)
    visits = (*THREE.visits[:2], replace(THREE.visits[2], gate=(longer,)))
    before = patients(busy_trial(arms=(THREE,)), 1, 0)
    after = patients(busy_trial(arms=(replace(THREE, visits=visits),)), 1, 0)

    def without_delay(p: Patient) -> Patient:
        return replace(
            p, luck=tuple(tuple(replace(one, gate_delay_days=0) for one in row) for row in p.luck)
        )

    assert before != after
    assert [without_delay(p) for p in before] == [without_delay(p) for p in after]


def test_more_attempts_leave_the_luck_of_the_first_ones_alone() -> None:
    programme = busy_trial(arms=(THREE,))
    few = patients(replace(programme, policy=Policy(reorder_at_most=1)), 1, 0)
    many = patients(replace(programme, policy=Policy(reorder_at_most=5)), 1, 0)
    assert [p.luck for p in few] == [tuple(row[:2] for row in p.luck) for p in many]


def test_a_market_beside_it_leaves_a_trial_alone() -> None:
    programme = busy_trial(arms=(THREE,))
    both = replace(programme, markets=with_market().markets)
    assert patients(both, 1, 0, protocols={"trial"}) == patients(programme, 1, 0)
    assert set(patients(programme, 1, 0)) < set(patients(both, 1, 0))


def test_no_two_draws_of_a_patient_are_the_same_number() -> None:
    found = patients(busy_trial(months=3.0, arms=(THREE,)), 1, 0)
    rows = [one for p in found for row in p.luck for one in row]
    for name in ("cancel", "cancel_stage", "moved"):
        values = [getattr(one, name) for one in rows]
        assert len(set(values)) == len(values)
    assert np.mean([one.cancel for one in rows]) == pytest.approx(
        0.5, abs=4 * 0.29 / len(rows) ** 0.5
    )
