"""A part of the long tests: DOSELINE_SOAK_SHARD=2/8 runs the second eighth of them.

Each long proof stands as many tests, with a range or a seed each, so that parts run side by side.
"""

import os

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part, _, parts = os.environ.get("DOSELINE_SOAK_SHARD", "1/1").partition("/")
    soak = [item for item in items if item.get_closest_marker("soak")]
    other = [item for n, item in enumerate(soak) if n % int(parts) != int(part) - 1]
    items[:] = [item for item in items if item not in set(other)]
    config.hook.pytest_deselected(items=other)
