"""What every test shares: how Hypothesis searches, and where the repository is."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# `ci` tries the same examples every time, so a red run is red again; `soak` looks further.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository, where `examples/` and `docs/` lie."""
    return Path(__file__).resolve().parent.parent
