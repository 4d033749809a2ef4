"""The replay of the import alert: run in small, and its page held to the long run."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HISTORY = Path("examples") / "clr131" / "history"


@pytest.fixture(scope="module")
def replay(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("replay", repository / HISTORY / "replay.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def long_run(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repository / HISTORY / "replay.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def small_run(replay: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("replay") / "replay.json"
    found: dict[str, Any] = replay.main(
        ["--replications", "2", "--hazard-futures", "40", "--out", str(out)]
    )
    assert json.loads(out.read_text("utf-8")) == found
    return found


def test_the_tables_of_the_page_are_those_of_the_long_run(
    replay: ModuleType, long_run: dict[str, Any], repository: Path
) -> None:
    page = (repository / "docs" / "guides" / "import-alert.md").read_text("utf-8")
    for table in replay.tables(long_run).values():
        assert table in page
    assert f"seed {long_run['seed']}" in page
    assert f"{long_run['replications']} replications" in page


def test_the_judgements_of_the_page_rest_on_the_long_run(
    replay: ModuleType, long_run: dict[str, Any], repository: Path
) -> None:
    page = (repository / "docs" / "guides" / "import-alert.md").read_text("utf-8")
    words = " ".join(page.split())
    for what, figure in replay.judgement(long_run).items():
        assert figure in words, what


@pytest.mark.parametrize("which", ["long_run", "small_run"])
def test_nothing_for_an_adult_leaves_hamilton_in_the_97_days(
    which: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(which)["hindsight"]
    assert found["as_it_happened"]["given_in_the_97_days"]["high"] == 0.0
    assert found["as_it_happened"]["days_to_next_dose"]["mean"] >= 97
    assert found["madison_kept"]["given_in_the_97_days"]["mean"] > 0
    first = found["as_it_happened"].get("first_paediatric_dose_days")
    assert first is None or first["mean"] >= 224


def test_two_sources_stand_still_less_than_one_and_less_apart_than_together(
    long_run: dict[str, Any],
) -> None:
    then = long_run["known_then"]
    lost = {name: then[name]["days_lost"] for name in then if "days_lost" in then[name]}
    assert lost["both"]["high"] < lost["madison_only"]["low"]
    assert lost["madison_only"]["high"] < lost["hamilton_instead"]["low"]
    assert lost["both_apart"]["mean"] < lost["both"]["mean"] < lost["both_half_common"]["mean"]


def test_the_small_run_agrees_with_the_long_one(
    small_run: dict[str, Any], long_run: dict[str, Any]
) -> None:
    """Two futures lie within five standard deviations of one, told from the long run's interval."""
    n = long_run["replications"]
    for part in ("as_it_happened", "madison_kept"):
        for key in ("due", "delayed", "missed", "cost"):
            small = small_run["hindsight"][part][key]["mean"]
            told = long_run["hindsight"][part][key]
            deviation = (told["high"] - told["mean"]) * math.sqrt(n) / 2.0
            assert abs(small - told["mean"]) <= 5 * deviation, (part, key)
