from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import CensoredData, logrank

from doseline.demand.designs import (
    Estimate,
    EventTrial,
    boundaries,
    crossing,
    drift_of,
    event_trial_characteristics,
    events_at,
)
from doseline.demand.designs.event_trial import Histories, histories, log_rank
from doseline.errors import QuantityError

PLAN = EventTrial(
    patients=200,
    control_median=6.0,
    hazard_ratio=0.6,
    events=161,
    accrual=12.0,
    looks=(0.5, 0.75, 1.0),
    dropout=0.05,
)


def assert_near(found: Estimate, expected: float, rough: float = 0.0) -> None:
    """Within four standard errors, and `rough` more where the other witness is an approximation."""
    assert found.value == pytest.approx(expected, abs=4 * max(found.error, 1e-3) + rough)


def seen_by(trial: EventTrial, at: float) -> float:
    """Events to expect by a time: exponential event and dropout, entry spread over the accrual."""
    assert isinstance(trial.accrual, float)
    length = trial.accrual
    leaves = -math.log(1 - trial.dropout) / 12
    total = 0.0
    for ratio, part in ((1.0, 1 - trial.treated_share), (trial.hazard_ratio, trial.treated_share)):
        hazard = math.log(2) / trial.control_median * ratio
        both = hazard + leaves

        def had(entry: float, hazard: float = hazard, both: float = both) -> float:
            return hazard / both * (1 - math.exp(-both * (at - entry))) / length

        total += trial.patients * part * quad(had, 0, min(at, length))[0]
    return total


def test_without_an_effect_a_trial_succeeds_as_often_as_alpha_allows() -> None:
    found = event_trial_characteristics(replace(PLAN, hazard_ratio=1.0), seed=1, trials=1500)
    assert_near(found.success, 0.025)
    looks = tuple(n / 161 for n in events_at(PLAN.looks, 161))
    for look, chance in zip(found.looks, crossing(looks, boundaries(looks)), strict=True):
        assert_near(look.stops, chance)


def test_with_an_effect_looks_stop_and_fall_as_the_closed_forms_say() -> None:
    """Chances from the drift of the z value, an approximation; months from the events to expect."""
    found = event_trial_characteristics(PLAN, seed=2, trials=1500)
    looks = tuple(n / 161 for n in events_at(PLAN.looks, 161))
    chances = crossing(looks, boundaries(looks), drift_of(0.6, 161))
    for look, chance in zip(found.looks, chances, strict=True):
        assert_near(look.stops, chance, rough=0.015)
        assert look.at_months is not None
        due = brentq(lambda t, n=look.events: seen_by(PLAN, t) - n, 0.1, 200.0)
        assert look.at_months.value == pytest.approx(due, rel=0.02)
    assert found.success.value == pytest.approx(sum(k.stops.value for k in found.looks))
    numbers = [look.events for look in found.looks]
    stops = [look.stops.value for look in found.looks]
    ends = [*stops[:2], 1 - sum(stops[:2])]
    assert found.events.value == pytest.approx(sum(map(float.__mul__, map(float, numbers), ends)))


def test_the_log_rank_z_is_the_one_worked_by_hand() -> None:
    """Control has events at 1 and 3, treated at 2 and 4: expected 1/2 + 2/3 + 1/2 + 1, seen 2.

    Variance 1/4 + 2/9 + 1/4 + 0.
    """
    made = Histories(
        entry=np.zeros((1, 4)),
        watched=np.array([[1.0, 2.0, 3.0, 4.0]]),
        seen_at=np.array([[1.0, 2.0, 3.0, 4.0]]),
        treated=np.array([False, True, False, True]),
    )
    assert log_rank(made, 0, 5.0) == pytest.approx((8 / 3 - 2) / math.sqrt(13 / 18))


def test_a_look_sees_only_what_has_happened_by_then() -> None:
    """At 3.5 one patient has not entered and one who entered at 1 has been watched for 2.5."""
    made = Histories(
        entry=np.array([[0.0, 1.0, 0.0, 0.5, 9.0]]),
        watched=np.array([[1.0, 5.0, 3.0, 1.5, 1.0]]),
        seen_at=np.array([[1.0, 6.0, 3.0, math.inf, 10.0]]),
        treated=np.array([False, True, False, True, True]),
    )
    # events at 1 among 4 (2 treated), at 3 among 1 (none treated): the other left at 2.5
    assert log_rank(made, 0, 3.5) == pytest.approx((1 / 2 + 0 - 0) / math.sqrt(1 / 4))


def test_the_log_rank_z_is_that_of_scipy_where_events_tie_too() -> None:
    drawn = histories(replace(PLAN, patients=60, events=30, treated_share=0.4), 5, 40)
    months = Histories(
        np.floor(drawn.entry),
        np.ceil(drawn.watched),
        np.floor(drawn.entry) + np.ceil(drawn.seen_at - drawn.entry),
        drawn.treated,
    )
    for made in (drawn, months):
        for row in range(40):
            seen = made.seen_at[row] <= 9.5
            here = made.entry[row] < 9.5
            until = np.minimum(made.watched[row], 9.5 - made.entry[row])
            arms = [
                CensoredData(uncensored=until[here & arm & seen], right=until[here & arm & ~seen])
                for arm in (~made.treated, made.treated)
            ]
            control, treated = arms
            expected = float(logrank(control, treated).statistic)
            assert log_rank(made, row, 9.5) == pytest.approx(expected, abs=1e-10)


def test_a_look_with_only_one_arm_has_nothing_to_compare() -> None:
    made = Histories(
        entry=np.array([[0.0, 2.0]]),
        watched=np.array([[1.0, 1.0]]),
        seen_at=np.array([[1.0, 3.0]]),
        treated=np.array([False, True]),
    )
    assert log_rank(made, 0, 1.0) == 0.0
    assert log_rank(made, 0, 3.0) == 0.0  # the first patient was gone before the second event


def test_histories_have_the_medians_dropouts_and_entries_asked_for() -> None:
    made = histories(replace(PLAN, patients=400, dropout=0.0, treated_share=0.25), 3, 200)
    lasts = made.seen_at - made.entry
    assert int(made.treated.sum()) == 100
    for arm, median in ((~made.treated, 6.0), (made.treated, 10.0)):
        assert np.mean(lasts[:, arm] < median) == pytest.approx(
            0.5, abs=4 * 0.5 / math.sqrt(lasts[:, arm].size)
        )
    assert 0.0 < made.entry.min() < made.entry.max() < 12.0
    assert made.entry.mean() == pytest.approx(6.0, abs=4 * 12 / math.sqrt(12 * made.entry.size))
    half = histories(replace(PLAN, hazard_ratio=1.0, dropout=0.75), 3, 400)
    leaves, hazard = math.log(4) / 12, math.log(2) / 6  # equal: half of the events are seen
    assert leaves == pytest.approx(hazard)
    assert np.isfinite(half.seen_at).mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(80_000))


def test_another_hazard_ratio_leaves_the_control_arm_and_all_entries_alone() -> None:
    one, other = histories(PLAN, 5, 3), histories(replace(PLAN, hazard_ratio=0.9), 5, 3)
    assert np.array_equal(one.entry, other.entry)
    control = ~one.treated
    assert np.array_equal(one.seen_at[:, control], other.seen_at[:, control])
    assert not np.array_equal(one.seen_at, other.seen_at)


def test_events_that_never_come_leave_a_trial_without_its_last_look() -> None:
    trial = EventTrial(60, 6.0, 0.5, events=58, accrual=6.0, looks=(0.5, 1.0), dropout=0.3)
    found = event_trial_characteristics(trial, seed=1, trials=300)
    assert found.looks[0].reached.value == 1.0
    assert found.looks[1].reached.value < 0.05
    assert found.looks[1].at_months is None or found.looks[1].at_months.value > 6.0
    assert found.success.value < 0.6  # the first look alone
    assert 29 < found.events.value < 58
    made = histories(trial, 1, 300)
    longest = (made.entry + made.watched).max(axis=1).mean()
    assert found.months.value < longest


def test_patients_enter_at_the_times_given() -> None:
    times = tuple(float(k // 2) for k in range(100))  # two a month: enrolment outlasts the trial
    trial = EventTrial(100, 3.0, 0.4, events=40, accrual=times, looks=(0.5, 1.0))
    found = event_trial_characteristics(trial, seed=1, trials=300)
    assert np.array_equal(histories(trial, 1, 2).entry[1], np.array(times))
    assert found.patients.value < 80
    assert found.patients.value == pytest.approx(2 * found.months.value, abs=2.0)


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again, other = (event_trial_characteristics(PLAN, s, 20) for s in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "numbers",
    [
        {"events": 201},
        {"events": 0},
        {"control_median": 0.0},
        {"hazard_ratio": float("nan")},
        {"treated_share": 1.0},
        {"dropout": 1.0},
        {"accrual": -1.0},
        {"accrual": (0.0, 1.0)},
        {"accrual": (-1.0,) * 200},
        {"looks": (0.5, 0.4)},
    ],
)
def test_a_trial_that_cannot_be_is_refused(numbers: dict[str, object]) -> None:
    with pytest.raises(QuantityError):
        replace(PLAN, **numbers)  # type: ignore[arg-type]
