"""The mean fee for a cancelled order against the rule for one, day by day."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.operations.events import CancelStage
from doseline.operations.ordering import cancellation_fee_cents, mean_fee_cents
from doseline.programme.cost import Ordering

DAY = 1440
DAYS = st.integers(0, 30).map(lambda d: d * DAY)
ORDERINGS = st.builds(
    Ordering,
    placed_before_min=DAYS,
    confirmed_before_min=DAYS,
    free_cancel_before_min=DAYS,
    cancel_late_cents=st.integers(0, 100_000),
    unused_dose_cents=st.integers(0, 500_000),
    ineligible_fraction=st.floats(0, 1),
)


@given(ORDERINGS, st.sampled_from(get_args(CancelStage)))
def test_it_is_the_mean_of_the_fees_of_cancellations_spread_evenly(
    ordering: Ordering, stage: CancelStage
) -> None:
    """A second witness: a thousand cancellations, a quarter of an hour or so apart."""
    lock, placed = ordering.confirmed_before_min, ordering.placed_before_min
    late, early = (0, lock) if stage == "before_production" else (lock, placed)
    at = np.linspace(late, max(early, late), 1001)
    at = (at[:-1] + at[1:]) / 2 if early > late else at[:1] * 0 + early
    share = ordering.ineligible_fraction

    def fee(minutes: float) -> float:
        yes, no = (
            cancellation_fee_cents(ordering, stage, int(minutes), eligible=e) for e in (True, False)
        )
        return (1 - share) * yes + share * no

    expected = np.mean([fee(m) for m in at])
    assert mean_fee_cents(ordering, stage) == pytest.approx(
        expected, abs=0.002 * ordering.cancel_late_cents + 1e-6
    )


def test_it_rises_with_the_free_date_from_nothing_to_the_late_fee() -> None:
    fees = [
        mean_fee_cents(
            Ordering(20 * DAY, 10 * DAY, free_cancel_before_min=d * DAY, cancel_late_cents=500),
            "before_lock",
        )
        for d in (0, 10, 12, 15, 20, 25)
    ]
    assert fees == [0.0, 0.0, 100.0, 250.0, 500.0, 500.0]
