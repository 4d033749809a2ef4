from __future__ import annotations

from math import comb, log, prod

import numpy as np
import pytest
from scipy.stats import beta, binom

from doseline.chance import stream
from doseline.demand.designs import (
    Boin,
    Estimate,
    ThreePlusThree,
    TwoStage,
    chance_of_success,
    chance_to_stop_early,
    dose_finding_characteristics,
    expected_patients,
    two_stage_characteristics,
)
from doseline.demand.designs.estimate import mean, share
from doseline.errors import QuantityError

TOXICITY = (0.08, 0.20, 0.30, 0.45)
TRIALS = 4000


def assert_near(found: Estimate, exact: float) -> None:
    """Within four standard errors of the exact value."""
    spread = max(found.error, 1e-4)
    assert found.value == pytest.approx(exact, abs=4 * spread)


def three_plus_three_mtd(toxicity: tuple[float, ...]) -> list[float]:
    """The chance that each level is the maximum tolerated dose, by the closed form.

    Lin and Shih, Statistical properties of the traditional algorithm-based designs for phase I
    cancer clinical trials, Biostatistics 2 (2001) 203-215: `clear` passes with three patients,
    `just` with six, `again` is at most one toxicity among three more. A trial that fails at a level
    falls back to the highest one below that passed with six or passes with three more.
    """
    clear = [(1 - p) ** 3 for p in toxicity]
    just = [3 * p * (1 - p) ** 2 * (1 - p) ** 3 for p in toxicity]
    again = [(1 - p) ** 3 + 3 * p * (1 - p) ** 2 for p in toxicity]
    top = len(toxicity) - 1
    fails = [1 - c - j for c, j in zip(clear, just, strict=True)]
    held = clear[top] * again[top] + just[top]
    fails[top] = 1 - held
    chances = []
    for i in range(top):
        here = prod(clear[d] + just[d] for d in range(i)) * (just[i] + clear[i] * again[i])
        above = sum(
            prod(clear[d] * (1 - again[d]) for d in range(i + 1, j)) * fails[j]
            for j in range(i + 1, top + 1)
        )
        chances.append(here * above)
    return [*chances, prod(clear[d] + just[d] for d in range(top)) * held]


def test_three_plus_three_selects_as_the_closed_form_says() -> None:
    found = dose_finding_characteristics(ThreePlusThree(), TOXICITY, seed=3, trials=TRIALS)
    exact = three_plus_three_mtd(TOXICITY)
    for level, chance in zip(found.levels, exact, strict=True):
        assert_near(level.selected, chance)
    assert_near(found.stopped_for_toxicity, 1 - sum(exact))


def test_three_plus_three_reaches_a_level_as_the_closed_form_says() -> None:
    found = dose_finding_characteristics(ThreePlusThree(), TOXICITY, seed=4, trials=TRIALS)
    passed = [(1 - p) ** 3 + 3 * p * (1 - p) ** 5 for p in TOXICITY]
    for level in range(4):
        assert_near(found.levels[level].patients_share[0], 1 - prod(passed[:level]))
        assert len(found.levels[level].patients_share) == 7


def boin_exactly(
    target: float, toxicity: tuple[float, float], patients: int
) -> tuple[list[float], list[float]]:
    """Selection of either of two levels, and patients at each, over all courses of a BOIN trial.

    Written from the paper's formulas: cohorts of three, every course weighed by its chance.
    """
    safe, toxic = 0.6 * target, 1.4 * target
    low = log((1 - safe) / (1 - target)) / log(target * (1 - safe) / (safe * (1 - target)))
    high = log((1 - target) / (1 - toxic)) / log(toxic * (1 - target) / (target * (1 - toxic)))
    selected, mean_patients = [0.0, 0.0], [0.0, 0.0]

    def given_up(n: int, x: int) -> bool:
        return n >= 3 and float(beta.sf(target, 1 + x, 1 + n - x)) > 0.95

    def choose(n: list[int], x: list[int]) -> int | None:
        if given_up(n[0], x[0]):
            return None
        if n[1] == 0 or given_up(n[1], x[1]):
            return 0
        p = [(x[d] + 0.05) / (n[d] + 0.1) for d in (0, 1)]
        if p[0] >= p[1]:
            w = [(n[d] + 1.1) / (p[d] * (1 - p[d])) for d in (0, 1)]
            pooled = (w[0] * p[0] + w[1] * p[1]) / (w[0] + w[1])
            return 1 if pooled < target else 0
        return 0 if abs(p[0] - target) <= abs(p[1] - target) else 1

    def go(n: list[int], x: list[int], at: int, chance: float) -> None:
        if sum(n) >= patients or given_up(n[0], x[0]):
            mtd = choose(n, x)
            if mtd is not None:
                selected[mtd] += chance
            for d in (0, 1):
                mean_patients[d] += chance * n[d]
            return
        for hit in range(4):
            m, y = n.copy(), x.copy()
            m[at] += 3
            y[at] += hit
            seen = y[at] / m[at]
            goes = at + (1 if seen <= low else -1 if seen >= high else 0)
            if goes > 0 and given_up(m[1], y[1]):
                goes = 0
            p = toxicity[at]
            weight = comb(3, hit) * p**hit * (1 - p) ** (3 - hit)
            go(m, y, min(max(goes, 0), 1), chance * weight)

    go([0, 0], [0, 0], 0, 1.0)
    return selected, mean_patients


def test_boin_selects_and_treats_as_all_its_courses_together_do() -> None:
    toxicity = (0.22, 0.40)
    selected, patients = boin_exactly(0.25, toxicity, 15)
    found = dose_finding_characteristics(Boin(0.25, 15), toxicity, seed=5, trials=TRIALS)
    for d, level in enumerate(found.levels):
        assert_near(level.selected, selected[d])
        assert_near(level.patients, patients[d])
        assert_near(level.toxicities, patients[d] * toxicity[d])
    assert_near(found.stopped_for_toxicity, 1 - sum(selected))


def test_the_parts_of_a_dose_finding_trial_add_up() -> None:
    found = dose_finding_characteristics(Boin(0.30, 20), TOXICITY, seed=6, trials=300, cohort=3)
    assert sum(v.patients.value for v in found.levels) == pytest.approx(found.patients.value)
    assert sum(v.toxicities.value for v in found.levels) == pytest.approx(found.toxicities.value)
    chosen = sum(v.selected.value for v in found.levels)
    assert chosen + found.stopped_for_toxicity.value == pytest.approx(1.0)
    for level in found.levels:
        shares = [s.value for s in level.patients_share]
        assert sum(shares) == pytest.approx(1.0)
        assert sum(k * s for k, s in enumerate(shares)) == pytest.approx(level.patients.value)
    assert found.patients.value <= 20  # the last cohort is smaller


def test_nobody_is_treated_twice_at_a_dose_that_is_surely_toxic() -> None:
    found = dose_finding_characteristics(ThreePlusThree(), (1.0, 1.0), seed=1, trials=10)
    assert found.stopped_for_toxicity.value == 1.0
    assert (found.patients.value, found.toxicities.value) == (3.0, 3.0)


def test_a_trial_may_begin_above_the_lowest_level() -> None:
    found = dose_finding_characteristics(ThreePlusThree(), (0.0, 0.0), 1, trials=10, start=1)
    assert [v.patients.value for v in found.levels] == [0.0, 6.0]


def test_the_patient_of_a_trial_has_the_luck_of_its_key() -> None:
    found = dose_finding_characteristics(Boin(0.30, 1), (0.4,), seed=9, trials=50, cohort=1)
    chance = stream(9, 0, "design:toxicity")
    assert found.toxicities.value == sum(chance.chance(0.4, k, 0) for k in range(50)) / 50


@pytest.mark.parametrize("response", [0.10, 0.30])
def test_two_stage_trials_turn_out_as_their_exact_chances_say(response: float) -> None:
    rule = TwoStage(1, 10, 5, 29)
    found = two_stage_characteristics(rule, response, seed=2, trials=TRIALS)
    assert_near(found.early_stop, chance_to_stop_early(rule, response))
    assert_near(found.success, chance_of_success(rule, response))
    assert_near(found.patients, expected_patients(rule, response))


def test_the_same_seed_gives_the_same_figures_and_another_does_not() -> None:
    rule = TwoStage(1, 10, 5, 29)
    first, again, other = (two_stage_characteristics(rule, 0.2, s, 200) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rule = TwoStage(3, 13, 12, 43)
    exact = expected_patients(rule, 0.2)
    held = 0
    for seed in range(100):
        found = two_stage_characteristics(rule, 0.2, seed, trials=100).patients
        held += found.low_95 <= exact <= found.high_95
    assert binom.cdf(held, 100, 0.95) > 1e-3
    assert binom.sf(held - 1, 100, 0.95) > 1e-3


def test_what_never_happened_still_has_an_interval() -> None:
    never = share(np.zeros(50, dtype=np.bool_))
    assert (never.value, never.error, never.low_95) == (0.0, 0.0, 0.0)
    assert never.high_95 == pytest.approx(1 - 0.025 ** (1 / 50))


def test_input_that_cannot_be_is_refused() -> None:
    with pytest.raises(QuantityError, match="two simulated trials"):
        two_stage_characteristics(TwoStage(1, 10, 5, 29), 0.2, 1, trials=1)
    with pytest.raises(QuantityError, match="from 0 to 1"):
        two_stage_characteristics(TwoStage(1, 10, 5, 29), 1.2, 1)
    with pytest.raises(QuantityError, match="share of toxicity"):
        dose_finding_characteristics(ThreePlusThree(), (0.1, 1.2), 1)
    with pytest.raises(QuantityError, match="share of toxicity"):
        dose_finding_characteristics(ThreePlusThree(), (), 1)
    with pytest.raises(QuantityError, match="cohort"):
        dose_finding_characteristics(ThreePlusThree(), (0.1,), 1, cohort=0)
    with pytest.raises(QuantityError, match="level 2"):
        dose_finding_characteristics(ThreePlusThree(), (0.1,), 1, start=2)
    with pytest.raises(QuantityError, match="two simulated trials"):
        mean(np.array([1.0]))
