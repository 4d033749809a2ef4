"""The life of the record under 50,000 stateful examples."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.records.life.stateful import Life

pytestmark = pytest.mark.soak


def test_whatever_people_try_no_invariant_is_ever_broken() -> None:
    run_state_machine_as_test(Life, settings=settings(max_examples=50_000, stateful_step_count=20))
