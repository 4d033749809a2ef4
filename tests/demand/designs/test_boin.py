from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from doseline.demand.designs import Boin, boin_boundaries, boin_mtd, boin_table
from doseline.demand.designs.boin import too_toxic
from doseline.errors import QuantityError

targets = st.sampled_from([0.15, 0.20, 0.25, 0.30, 0.35, 0.40])


@given(target=targets)
def test_at_a_boundary_two_shares_of_toxicity_are_equally_likely(target: float) -> None:
    low, high = boin_boundaries(target)
    for seen, a, b in ((low, 0.6 * target, target), (high, target, 1.4 * target)):
        likelihoods = [seen * math.log(p) + (1 - seen) * math.log(1 - p) for p in (a, b)]
        assert likelihoods[0] == pytest.approx(likelihoods[1], abs=1e-12)


@given(target=targets)
def test_a_row_of_the_table_is_what_the_boundaries_say(target: float) -> None:
    low, high = boin_boundaries(target)
    for row in boin_table(Boin(target, 30), 18):
        for seen in range(row.patients + 1):
            share = seen / row.patients
            assert (seen <= row.escalate_at_most) == (share <= low)
            assert (seen >= row.de_escalate_at_least) == (share >= high)


@given(target=targets, sure=st.sampled_from([0.9, 0.95, 0.99]))
def test_a_level_is_given_up_where_it_is_surely_above_the_target(
    target: float, sure: float
) -> None:
    rule = Boin(target, 30, sure=sure)
    for n in range(19):
        for x in range(n + 1):
            above = float(beta.sf(target, 1 + x, 1 + n - x))
            assert too_toxic(rule, n, x) == (n >= 3 and above > sure)


def test_shares_of_ones_own_move_the_boundaries() -> None:
    low, high = boin_boundaries(0.30, safe=0.20, toxic=0.40)
    assert 0.20 < low < 0.30 < high < 0.40
    assert boin_boundaries(0.30, 0.18, 0.42) == pytest.approx(boin_boundaries(0.30))


def test_shares_out_of_order_are_pooled_before_the_mtd_is_chosen() -> None:
    # 2 of 6 below 1 of 6: the two levels pool to 0.236, the third has a half
    assert boin_mtd((6, 6, 6), (2, 1, 3), target=0.25, below=3) == 1
    assert boin_mtd((6, 6, 6), (2, 1, 3), target=0.22, below=3) == 0


def test_among_levels_alike_the_mtd_is_the_one_nearer_to_the_target_in_dose() -> None:
    assert boin_mtd((3, 3, 3), (0, 0, 0), target=0.25, below=3) == 2
    assert boin_mtd((3, 3, 3), (2, 2, 2), target=0.25, below=3) == 0


def test_a_level_given_up_or_never_given_is_not_chosen() -> None:
    assert boin_mtd((3, 6, 3), (0, 1, 3), target=0.30, below=2) == 1
    assert boin_mtd((3, 0, 0), (0, 0, 0), target=0.30, below=3) == 0
    assert boin_mtd((0, 0), (0, 0), target=0.30, below=2) is None


def test_a_level_with_more_patients_weighs_more_where_shares_are_pooled() -> None:
    # pooled near 0.1 with many patients below, near 0.3 with many above
    few_above = boin_mtd((30, 3, 6), (3, 0, 3), target=0.25, below=3)
    few_below = boin_mtd((3, 30, 6), (2, 6, 3), target=0.25, below=3)
    assert (few_above, few_below) == (1, 1)


@pytest.mark.parametrize(
    ("target", "safe", "toxic", "sure"),
    [
        (0.0, None, None, 0.95),
        (0.8, None, None, 0.95),
        (0.3, 0.3, None, 0.95),
        (0.3, None, 0.3, 0.95),
        (0.3, None, None, 1.0),
    ],
)
def test_a_rule_out_of_order_is_refused(
    target: float, safe: float | None, toxic: float | None, sure: float
) -> None:
    with pytest.raises(QuantityError):
        Boin(target, 30, None, safe, toxic, sure)


def test_a_trial_or_a_row_without_patients_is_refused() -> None:
    with pytest.raises(QuantityError, match="at least one patient"):
        Boin(0.25, 0)
    with pytest.raises(QuantityError, match="at least one patient"):
        Boin(0.25, 30, enough=0)
