"""The frontier, the waterfall of suppliers and the tornado of assumptions."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from doseline.report import report_html
from doseline.report.ranges_section import ranges_section
from doseline.report.suppliers_section import suppliers_section
from doseline.studies.ranges.found import Sensitivity
from tests.report import made_up, made_up_studies
from tests.report.page_reader import Page


@pytest.fixture(scope="module")
def html() -> str:
    whole = made_up_studies.with_studies(made_up.assessment())
    return report_html(whole, made_up.programme())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def section(html: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', html, flags=re.DOTALL)
    assert found is not None
    return found[0]


def test_every_element_is_closed_and_no_id_is_given_twice(page: Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize(("name", "charts"), [("frontier", 1), ("suppliers", 2), ("ranges", 1)])
def test_every_chart_is_drawn_wide_and_narrow_told_in_words_and_has_its_table(
    html: str, name: str, charts: int
) -> None:
    own = section(html, name)
    assert own.count("<figure") == charts
    drawn = re.findall(r'<svg class="chart" [^>]*role="img" aria-label="([^"]+)"', own)
    assert len(drawn) == 2 * charts
    assert all(len(said) > 40 for said in drawn)
    assert own.count("<table") >= charts


def test_the_contents_name_what_is_there_and_nothing_else(page: Page) -> None:
    assert "What moves the verdict" in page.text
    bare = Page(report_html(made_up.assessment(), made_up.programme()))
    assert "What moves the verdict" not in bare.text
    assert "A second supplier" not in bare.text


def test_rows_of_every_table_are_even(page: Page) -> None:
    assert all(len(set(widths)) == 1 for widths in page.rows.values()), page.rows


def test_what_moves_the_verdict_is_named(html: str) -> None:
    own = section(html, "ranges")
    assert "The verdict, not sufficient, is moved by: floor (manufacturers, learning)" in own
    assert own.count("moves the verdict") >= 4
    assert "359 inputs are assumed without a range" in own


def test_what_could_not_be_moved_is_said(html: str) -> None:
    assert "not moved: manufacturers[0].learning.floor at 9 %" in section(html, "ranges")


def test_inputs_without_effect_are_told_in_a_line(html: str) -> None:
    own = section(html, "ranges")
    assert "Without any effect on this question under this design: price (products)" in own


def test_a_question_that_no_range_moves_has_no_chart() -> None:
    (one,) = made_up_studies.sensitivities()
    still: Sensitivity = replace(one, effects=one.effects[-1:])
    own = ranges_section(replace(made_up.assessment(), ranges=(still,)))
    assert "<svg" not in own.split("</figcaption>")[1].split("<table")[0]
    assert "No stated range moves it" in own


def test_the_order_of_switching_on_is_stated(html: str) -> None:
    own = section(html, "suppliers")
    assert "separate failures, common cause, ramp-up, permission lag, border" in own
    averaged = replace(made_up_studies.suppliers(), shapley=True)
    assert "mean over every order" in suppliers_section(averaged, "USD")


def test_a_supplier_that_gives_no_dose_beyond_doubt_has_no_price_of_a_dose(html: str) -> None:
    own = section(html, "suppliers")
    assert "that it gives more doses on time is not beyond doubt" in own
    assert "for each further dose on time" in own


def test_the_parts_in_the_table_add_up_to_the_gain(html: str) -> None:
    first = re.search(r'<table[^>]*id="supplier-0-parts".*?</table>', html, flags=re.DOTALL)
    assert first is not None
    cells = re.findall(r"<td[^>]*>(.*?)</td>", first[0], flags=re.DOTALL)
    points = [
        float(re.sub(r"<[^>]+>", "", c).split("\u00a0points")[0].replace("\u2212", "-"))
        for c in cells[::2]
    ]
    assert sum(points[:-1]) == pytest.approx(points[-1], abs=0.35)


def test_designs_beaten_by_another_are_not_on_the_frontier(html: str) -> None:
    own = section(html, "frontier")
    assert "beaten by no other" in own
    assert re.search(r"\d of 3 designs", own)
