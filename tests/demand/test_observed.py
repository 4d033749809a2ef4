from __future__ import annotations

from datetime import date

import pytest

from doseline.demand.observed import EnrolmentSoFar
from doseline.errors import QuantityError

JANUARY, FEBRUARY, MARCH = (date(2024, month, 1) for month in (1, 2, 3))


def test_patients_are_counted_in_all_and_by_site_in_the_order_of_opening() -> None:
    seen = EnrolmentSoFar(
        MARCH,
        {"c": MARCH, "b": FEBRUARY, "a": FEBRUARY},
        (("a", FEBRUARY), ("b", MARCH), ("a", MARCH)),
    )
    assert seen.patients == 3
    assert list(seen.by_site.items()) == [("a", 2), ("b", 1), ("c", 0)]


def test_nobody_is_enrolled_before_the_site_opened() -> None:
    with pytest.raises(QuantityError, match="at a, which opened on 2024-02-01"):
        EnrolmentSoFar(MARCH, {"a": FEBRUARY}, (("a", JANUARY),))
    with pytest.raises(QuantityError, match="at b, which has not opened"):
        EnrolmentSoFar(MARCH, {"a": JANUARY}, (("b", FEBRUARY),))


def test_nothing_happens_after_the_cut() -> None:
    with pytest.raises(QuantityError, match="after the cut on 2024-02-01"):
        EnrolmentSoFar(FEBRUARY, {"a": JANUARY}, (("a", MARCH),))
    with pytest.raises(QuantityError, match="after the cut on 2024-02-01"):
        EnrolmentSoFar(FEBRUARY, {"a": MARCH}, ())
