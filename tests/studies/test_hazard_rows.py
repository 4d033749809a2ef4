"""Hazards reach simulate, compare and assess, and are told beside their closed forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from doseline.programme.hazard import Hazard, Lasts
from doseline.studies.comparison import compare_study
from doseline.studies.documents import Document
from doseline.studies.hazards import hazard_rows
from doseline.studies.progress import silent
from doseline.studies.runs import Play
from doseline.studies.simulation import SimulateAsked, simulate_study
from doseline.studies.sufficiency import assess
from tests.hand_world import FILE, world

HAZARDS = """
designs:
  - {id: one, name: the plant, plants: [{manufacturer: plant}]}
hazards:
  - id: stops
    name: Stops
    hits: manufacturer
    targets: [plant]
    per_year: 12
    lasts: {exactly: 14 d}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "programme.yaml"
    found.write_text(FILE.read_text("utf-8") + HAZARDS, "utf-8")
    return found


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    found = tmp_path / "calm.yaml"
    found.write_text(FILE.read_text("utf-8") + HAZARDS.split("hazards:")[0], "utf-8")
    return found


def simulated(path: Path) -> Document:
    asked = SimulateAsked(seed=2, replications=8)
    document, _ = simulate_study(path, asked, out=None, progress=silent)
    return document


def test_simulate_plays_hazards_and_tells_them(path: Path, calm: Path) -> None:
    struck, quiet = simulated(path), simulated(calm)
    assert quiet["hazards"] == []
    (row,) = struck["hazards"]
    assert row["standing"] == pytest.approx(1 / (1 + 12 * 14 / 365.25))
    assert row["down_share"]["mean"] > 0.1
    assert struck["kpis"]["otif"]["mean"] < quiet["kpis"]["otif"]["mean"]


def test_compare_tells_hazards_once_for_all_designs(path: Path) -> None:
    document, _ = compare_study(
        path, ["one", "one"], replications=3, from_on=None, until_on=None, scenario=None, seed=2,
        workers=1, out=None, progress=lambda what, done, total: None,
    )  # fmt: skip
    assert [h["hazard"] for h in document["hazards"]] == ["stops"]


def test_assess_plays_hazards(path: Path) -> None:
    law = Hazard("stops", "Stops", "manufacturer", ("plant",), 300.0, Lasts(exactly_min=14 * 1440))
    struck = assess(replace(world(), hazards=(law,)), seed=3, replications=4)
    quiet = assess(world(), seed=3, replications=4)
    assert struck.questions[0].otif.mean < quiet.questions[0].otif.mean
    (row,) = struck.hazards
    assert row.down_share.low > 0.5
    assert quiet.hazards == ()


def test_a_drawn_share_of_days_agrees_with_its_law() -> None:
    law = Hazard("stops", "Stops", "manufacturer", ("plant",), 12.0, Lasts(exactly_min=14 * 1440))
    programme = replace(world(), until_on=date(2034, 1, 1), hazards=(law,))
    (row,) = hazard_rows(programme, Play(5, 60), date(2025, 1, 1), programme.until_on)
    assert row.down_share.low <= 1 - row.standing <= row.down_share.high
    years = (programme.until_on - date(2025, 1, 1)).days / 365.25
    assert row.stops.low <= years * 12 * row.standing <= row.stops.high
