"""The kernel against the reference on many random worlds."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.simulate.kernel.busy_worlds import Case, busy_cases
from tests.simulate.kernel.test_kernel_equals_reference import equal_on


@pytest.mark.soak
@given(busy_cases())
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_kernel_equals_the_reference_on_five_hundred_random_worlds(case: Case) -> None:
    equal_on(case)
