"""`doseline plan --secure`: what is told, what is left, and the picture."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from doseline.cli import app
from doseline.formats import read_programme
from doseline.report.security_svg import security_svg
from doseline.studies.security import prices_of, security_lines

ONE_CELL = Path(__file__).parents[1] / "data" / "one_cell_two_sites.yaml"
SVG = "{http://www.w3.org/2000/svg}"


def run(*words: str) -> str:
    common = ["plan", str(ONE_CELL), "--from", "2024-01-22", "--weeks", "3"]
    result = CliRunner().invoke(app, [*common, *words])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("secure")
    words = ("--secure-curve", "--secure", "90000", "--audit", "--out", str(out))
    (out / "said.txt").write_text(run(*words), encoding="utf-8")
    return out


def told(left: Path) -> Any:
    return json.loads((left / "plan.json").read_text(encoding="utf-8"))


def test_the_curve_has_a_point_for_each_price_and_the_audit_counts_the_same(left: Path) -> None:
    said = told(left)
    security, named = said["security"], said["security"]["points"]
    assert [p["price"] for p in named] == sorted(p["price"] for p in named)
    assert (len(named), named[0]["price"], named[-1]["price"]) == (9, 0.0, 90_000.0)
    mine = named[-1]
    assert security["price"] == 90_000.0
    assert mine["cost"] == said["objective"]
    assert mine["unsecured_orders"] == said["n1"]["unsecured"]
    assert {u["order"] for u in security["never"]} >= set(said["n1"]["never"])
    assert all(p["breaches"] == 0 and p["bound"] <= p["total"] for p in named)


def test_the_plan_of_a_price_is_verified_like_any_other(left: Path) -> None:
    result = CliRunner().invoke(app, ["plan", "--verify", str(left)])
    assert result.exit_code == 0, result.output


def test_each_price_leaves_its_plan_and_says_which_doses_have_a_second_chance(left: Path) -> None:
    security = told(left)["security"]
    for point in security["points"][1:]:
        folder = left / "security" / f"{point['price']:g}"
        with (folder / "doses.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        without = {r["order"] for r in rows if r["second_chance"] == "false"}
        assert without == set(point["unsecured_orders"])
    with (left / "security.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(security["points"])


def test_the_summary_names_every_price_and_what_no_plan_could_secure(left: Path) -> None:
    said = (left / "said.txt").read_text(encoding="utf-8")
    security = told(left)["security"]
    for line in security_lines(security, "USD"):
        assert line in said
    assert said.count(" a dose: USD ") == 8


def test_the_picture_says_in_words_what_it_shows(left: Path) -> None:
    security = told(left)["security"]
    assert security["picture"] == "security.svg"
    drawing = ET.fromstring((left / "security.svg").read_text(encoding="utf-8"))
    named = {el.get("id"): el.text or "" for el in drawing if el.get("id")}
    assert drawing.get("role") == "img"
    assert drawing.get("aria-labelledby", "").split() == list(named)
    for point in security["points"]:
        assert f"cost USD {point['cost']:,.0f}, {point['unsecured']} of" in named["security-desc"]


def made_up(*rows: tuple[float, float, int, bool]) -> dict[str, Any]:
    points = [
        {"price": price, "cost": cost, "unsecured": without, "converged": sure}
        for price, cost, without, sure in rows
    ]
    return {"doses": 42, "never": [{"order": "a"}] * 15, "points": points}


def test_equal_plans_are_one_point_and_what_has_not_converged_is_an_open_one() -> None:
    security = made_up((0, 300e3, 37, True), (700, 301e3, 31, True), (1400, 301e3, 31, False))
    security["points"].append({"price": 9e3, "cost": 390e3, "unsecured": 15, "converged": False})
    drawing = ET.fromstring(security_svg(security, "USD"))
    marks = drawing.findall(f"{SVG}circle")
    assert [m.get("fill") == m.get("stroke") for m in marks] == [True, True, False]
    across = [float(m.get("cx", "nan")) for m in marks]
    assert across == sorted(across, reverse=True), "fewer unsecured doses stand to the left"
    floor = [float(el.get("x1", "0")) for el in drawing.iter(f"{SVG}line")][-1]
    assert floor == across[-1], "the last point is on the line of doses that no plan could secure"


@pytest.mark.parametrize("costs", [(300e3, 300e3), (0.0, 0.0), (12.0, 9e9)])
def test_any_span_of_costs_can_be_drawn(costs: tuple[float, float]) -> None:
    security = made_up((0, costs[0], 0, True), (5, costs[1], 0, True))
    assert ET.fromstring(security_svg(security, "USD")).get("width") == "760"


def test_without_a_price_nothing_is_said_of_protection() -> None:
    assert json.loads(run("--json"))["security"] is None


def test_the_curve_goes_up_to_what_a_missed_dose_costs() -> None:
    programme = read_programme(ONE_CELL)
    missed = max(p.missed_new_cents for p in programme.penalties) if programme.penalties else 0
    found = prices_of(programme, (), curve=True)
    assert len(found) == 7
    assert found[-1] == pytest.approx(missed or 6_400_000, rel=0.05)
    assert prices_of(programme, (10.0, 5.0, 10.0), curve=False) == (500, 1000)
