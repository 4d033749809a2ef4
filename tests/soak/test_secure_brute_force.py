"""Secured plans against brute force on many more tiny worlds."""

from __future__ import annotations

import pytest

from tests.plan.test_secure_brute_force import compare

pytestmark = pytest.mark.soak


def test_no_schedule_of_sixty_worlds_is_better_than_the_secured_plan() -> None:
    paid, worlds_seen = compare(60)
    assert worlds_seen == 60
    assert paid >= 15, "protection is worth its price in many of them"
