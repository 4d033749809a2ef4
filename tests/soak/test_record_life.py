"""The life of the record under 50,000 stateful examples, in parts with a seed each."""

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.records.life.stateful import Life

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("part", range(20))
def test_whatever_people_try_no_invariant_is_ever_broken(part: int) -> None:
    class Part(Life):
        """A class of its own, for a seed of its own."""

    run_state_machine_as_test(
        seed(part)(Part),
        settings=settings(
            max_examples=2_500, stateful_step_count=20, derandomize=False, database=None
        ),
    )
