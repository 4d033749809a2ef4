from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.demand.designs import Boin, DoseFinding, Step, ThreePlusThree, next_dose
from doseline.errors import QuantityError

CLASSIC = ThreePlusThree()
BOIN = Boin(target=0.25, patients=24)


@pytest.mark.parametrize(
    ("treated", "toxicities", "at", "level", "at_most"),
    [
        ((0, 0, 0), (0, 0, 0), 0, 0, 3),  # the first patients
        ((2, 0, 0), (1, 0, 0), 0, 0, 1),  # a cohort is filled up
        ((3, 0, 0), (0, 0, 0), 0, 1, 3),  # none of three: up
        ((3, 0, 0), (1, 0, 0), 0, 0, 3),  # one of three: three more
        ((6, 0, 0), (1, 0, 0), 0, 1, 3),  # one of six: up
        ((3, 3, 0), (0, 2, 0), 1, 0, 3),  # two: down, to make six there
        ((3, 3, 3), (0, 0, 0), 2, 2, 3),  # at the top six are needed too
        ((3, 3, 6), (0, 0, 2), 2, 1, 3),  # two of six at the top: down
        ((3, 6, 6), (0, 2, 2), 1, 0, 3),  # and down again
    ],
)
def test_three_plus_three_goes_on(
    treated: tuple[int, ...], toxicities: tuple[int, ...], at: int, level: int, at_most: int
) -> None:
    step = next_dose(CLASSIC, treated, toxicities, at)
    assert (step.level, step.at_most, step.mtd) == (level, at_most, None)


@pytest.mark.parametrize(
    ("treated", "toxicities", "at", "mtd"),
    [
        ((3, 0, 0), (2, 0, 0), 0, None),  # even the lowest is too toxic
        ((6, 0, 0), (2, 0, 0), 0, None),
        ((6, 3, 0), (1, 2, 0), 1, 0),  # six there already
        ((6, 3, 0), (0, 2, 0), 0, 0),  # made six after coming down
        ((3, 6, 6), (0, 1, 1), 2, 2),  # the top is tolerated
        ((3, 6, 6), (0, 1, 2), 2, 1),
    ],
)
def test_three_plus_three_ends(
    treated: tuple[int, ...], toxicities: tuple[int, ...], at: int, mtd: int | None
) -> None:
    step = next_dose(CLASSIC, treated, toxicities, at)
    assert (step.level, step.mtd, step.at_most) == (None, mtd, 0)


@pytest.mark.parametrize(
    ("treated", "toxicities", "at", "level"),
    [
        ((0, 0, 0), (0, 0, 0), 0, 0),
        ((3, 0, 0), (0, 0, 0), 0, 1),  # 0 of 3 is below 0.197
        ((3, 3, 0), (0, 1, 0), 1, 0),  # 1 of 3 is above 0.298
        ((3, 9, 0), (0, 2, 0), 1, 1),  # 2 of 9 is between
        ((3, 3, 3), (0, 0, 0), 2, 2),  # nothing above the top
        ((3, 0, 0), (1, 0, 0), 0, 0),  # nothing below the bottom
        ((3, 3, 3), (0, 0, 3), 2, 1),  # 3 of 3: given up
        ((3, 6, 3), (0, 0, 3), 1, 1),  # would go up, to a level given up
    ],
)
def test_boin_goes_where_its_table_says(
    treated: tuple[int, ...], toxicities: tuple[int, ...], at: int, level: int
) -> None:
    step = next_dose(BOIN, treated, toxicities, at)
    assert (step.level, step.mtd, step.at_most) == (level, None, 24 - sum(treated))


def test_boin_ends_when_its_patients_are_treated() -> None:
    assert next_dose(BOIN, (3, 9, 12), (0, 1, 6), at=1) == Step(None, mtd=1, eliminated=2)


def test_boin_ends_without_a_dose_when_the_lowest_is_given_up() -> None:
    assert next_dose(BOIN, (3, 0, 0), (3, 0, 0), at=0) == Step(None, eliminated=0)


def test_boin_ends_early_where_it_would_stay_with_enough_patients() -> None:
    rule = Boin(target=0.25, patients=30, enough=9)
    assert next_dose(rule, (3, 9, 0), (0, 2, 0), at=1) == Step(None, mtd=1)
    assert next_dose(rule, (3, 9, 0), (0, 1, 0), at=1).level == 2  # it would not stay


@pytest.mark.parametrize("rule", [CLASSIC, BOIN])
def test_a_level_once_given_up_stays_so(rule: DoseFinding) -> None:
    step = next_dose(rule, (3, 6, 0), (0, 0, 0), at=1, eliminated=2)
    assert step.eliminated == 2
    assert step.level != 2
    assert next_dose(rule, (3, 6, 0), (0, 0, 0), at=1).level == 2


@pytest.mark.parametrize(
    ("treated", "toxicities", "at", "eliminated"),
    [
        ((), (), 0, None),
        ((3, 3), (0,), 0, None),
        ((3, 3), (0, 4), 1, None),
        ((3, 3), (0, -1), 1, None),
        ((3, 3), (0, 0), 2, None),
        ((3, 3), (0, 0), 1, 2),
    ],
)
def test_counts_that_cannot_be_are_refused(
    treated: tuple[int, ...], toxicities: tuple[int, ...], at: int, eliminated: int | None
) -> None:
    with pytest.raises(QuantityError):
        next_dose(CLASSIC, treated, toxicities, at, eliminated)


@given(
    rule=st.sampled_from([CLASSIC, BOIN, Boin(0.30, 30, enough=9)]),
    levels=st.integers(1, 5),
    cohort=st.integers(1, 4),
    luck=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_a_trial_of_any_luck_ends_and_skips_no_level(
    rule: DoseFinding, levels: int, cohort: int, luck: list[bool]
) -> None:
    treated, toxicities, at, given_up = [0] * levels, [0] * levels, 0, None
    reached = 0
    step = next_dose(rule, tuple(treated), tuple(toxicities), at)
    while step.level is not None:
        assert step.level <= reached + 1
        assert given_up is None or step.level < given_up
        reached = max(reached, step.level)
        at = step.level
        for _ in range(min(cohort, step.at_most)):
            toxicities[at] += luck[sum(treated)]
            treated[at] += 1
        step = next_dose(rule, tuple(treated), tuple(toxicities), at, given_up)
        assert step.eliminated is not None or given_up is None
        given_up = step.eliminated
    assert (step.mtd is None) == (step.eliminated == 0)
    if isinstance(rule, ThreePlusThree):
        assert max(treated) <= 6
        if step.mtd is not None:
            assert (treated[step.mtd], toxicities[step.mtd] <= 1) == (6, True)
            assert step.mtd == levels - 1 or toxicities[step.mtd + 1] >= 2
    else:
        assert sum(treated) <= rule.patients
        assert step.mtd is None or treated[step.mtd] > 0
