"""The whole report: it fetches nothing, says what the record says, and can be read by everyone."""

import pickle
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from doseline.report import numerals, report_html, write_report
from doseline.report.recovery import recovers
from doseline.report.words import NO_BIOLOGY, NO_CHARTS
from doseline.studies.figures import Figure
from doseline.studies.pool import Job
from tests.report import made_up
from tests.report.page_reader import Page


@pytest.fixture(scope="module")
def html() -> str:
    return report_html(made_up.assessment(), made_up.programme())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def bare() -> Page:
    return Page(report_html(*made_up.empty()))


def test_every_element_is_closed_in_order(page: Page, bare: Page) -> None:
    assert page.open == bare.open == []


def test_no_id_is_given_twice(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))


def test_every_link_within_the_page_leads_somewhere(page: Page, bare: Page) -> None:
    for read in (page, bare):
        targets = {str(a["href"])[1:] for a in read.all("a") if str(a["href"]).startswith("#")}
        assert targets
        assert targets <= set(read.ids)


def test_nothing_is_fetched_from_anywhere(html: str, page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & {
        tag for tag, _ in page.elements
    }
    for tag, given in page.elements:
        assert "src" not in given
        assert "xlink:href" not in given
        if "href" in given:
            assert tag == "a"
    assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", html))
    assert "@import" not in html
    policy = next(m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert str(policy["content"]).startswith("default-src 'none'")


def test_no_attribute_runs_a_script(page: Page) -> None:
    handlers = {name for _, given in page.elements for name in given if name.startswith("on")}
    assert handlers == set()


def test_only_web_addresses_of_references_become_links(page: Page) -> None:
    outward = [str(a["href"]) for a in page.all("a") if not str(a["href"]).startswith("#")]
    assert outward == ["https://example.org/a?b=1&c=2"]
    assert "javascript:alert(1)" in page.text


def test_a_hostile_name_stays_a_name() -> None:
    name = "<script>alert(\"x\")</script> & 'co'"
    world = made_up.assessment(name)
    worse = replace(
        world,
        designs=tuple(replace(d, name=name) for d in world.designs),
        questions=tuple(replace(q, name=name) for q in world.questions),
        scenarios=tuple(replace(s, name=name) for s in world.scenarios),
    )
    page = Page(report_html(worse, made_up.programme(name)))
    assert "script" not in {tag for tag, _ in page.elements}
    assert name in page.text


def test_every_drawing_has_a_text_alternative_or_stands_beside_its_text(page: Page) -> None:
    drawings = page.all("svg")
    charts = [s for s in drawings if s.get("role") == "img"]
    assert len(charts) == 14  # costs, frontier, demand (two), activity, scenarios, recovery: twice
    for svg in drawings:
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label")


def test_every_figure_has_a_table_of_its_numbers(html: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == 6
    assert all("<table" in f and "<figcaption>" in f for f in figures)


def test_every_table_is_told_and_its_rows_are_even(page: Page) -> None:
    assert len(page.all("caption")) == page.tables
    assert all(len(set(widths)) == 1 for widths in page.rows.values()), page.rows
    assert all(th.get("scope") in ("col", "row", "rowgroup") for th in page.all("th"))


def test_the_page_has_its_landmarks_and_its_headings_descend_by_one(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    for landmark in ("header", "nav", "main", "footer", "h1", "title"):
        assert tags.count(landmark) == 1
    assert page.all("html")[0]["lang"] == "en"
    levels = [int(t[1]) for t in tags if re.fullmatch(r"h[1-6]", t)]
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_the_three_verdicts_are_said_in_words(page: Page) -> None:
    for word in ("\u2713 yes", "\u2715 no", "? undecided"):
        assert word in page.text
    assert "1 of 3 sufficient" in page.text


def test_the_figures_shown_are_those_of_the_record(page: Page) -> None:
    record = made_up.assessment()
    shown = page.text
    assert "97.1 % (96.2 to 97.9)" in shown
    for answer in record.questions:
        if answer.otif.mean == answer.otif.mean:
            low, high = 100 * answer.otif.low, 100 * answer.otif.high
            assert f"{100 * answer.otif.mean:.1f} % ({low:.1f} to {high:.1f})" in shown
    for design in record.designs:
        total = design.cost_total
        assert f"USD {total.mean:,.0f} ({total.low:,.0f} to {total.high:,.0f})" in shown
    for month in record.months:
        assert f"{month.month:%b %Y}" in shown
    for _, amount in record.activity:
        assert (
            f"{numerals.gbq(1000 * amount)} GBq ({numerals.mci(1000 * amount)} mCi)"
            in shown.replace("\u00a0", " ")
        )
    for field, value, spread, why in record.assumptions:
        assert f"{field}{value}{spread}{why}" in shown


def test_gbq_never_stands_without_mci_in_a_figure_of_the_plan(page: Page) -> None:
    plan = made_up.board(made_up.programme())
    for order in plan.orders[:-1]:
        gbq, mci = order.activity_mbq / 1000, order.activity_mbq / 37
        assert f"{gbq:.2f} GBq ({mci:.2f} mCi)" in page.text


def test_what_is_not_known_is_said_and_never_printed_as_nan(html: str, page: Page) -> None:
    assert "not known" in page.text
    assert not re.search(r"\bnan\b|\binf\b", html, flags=re.IGNORECASE)


def test_no_response_of_a_patient_is_predicted(page: Page) -> None:
    assert NO_BIOLOGY in page.text


def test_hindsight_is_marked_wherever_it_is_used(page: Page) -> None:
    late = [s for s in made_up.scenario_rows() if s.hindsight]
    marks = [s for s in page.all("span") if s.get("class") == "mark"]
    assert len(marks) == 2 * len(late) + len(made_up.assessment().hindsight)


def test_an_assessment_of_nothing_says_what_is_missing(bare: Page) -> None:
    for said in ("asks no question", "No design was compared", "No scenario was tried",
                 "there is no board to show"):  # fmt: skip
        assert said in bare.text


def test_without_the_charts_extra_the_report_keeps_its_tables_and_says_so(
    monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    plain = Page(report_html(made_up.assessment(), made_up.programme()))
    assert NO_CHARTS in plain.text
    assert NO_CHARTS not in page.text
    assert plain.tables == page.tables
    assert not [s for s in plain.all("svg") if s.get("role") == "img"]


def test_the_same_record_gives_the_same_page(html: str) -> None:
    assert report_html(made_up.assessment(), made_up.programme()) == html


def test_sections_may_be_drawn_elsewhere_and_in_any_order(html: str) -> None:
    programme = made_up.programme()

    def elsewhere(jobs: Sequence[Job[Any]]) -> list[Any]:
        sent = [pickle.loads(pickle.dumps(job)) for job in jobs]
        return [job(programme) for job in reversed(sent)][::-1]

    assert report_html(made_up.assessment(), programme, elsewhere) == html


def test_the_report_is_written_where_it_is_asked_for(tmp_path: Path, html: str) -> None:
    path = write_report(made_up.assessment(), made_up.programme(), tmp_path / "a" / "report.html")
    assert path == tmp_path / "a" / "report.html"
    assert path.read_text(encoding="utf-8") == html


def test_scenarios_without_a_dose_due_are_told_and_drawn_all_the_same() -> None:
    idle = tuple(
        replace(s, otif=made_up.NOWHERE, otif_without=made_up.NOWHERE)
        for s in made_up.scenario_rows()
    )
    html = report_html(replace(made_up.assessment(), scenarios=idle), made_up.programme())
    assert "No dose was due in the window of any scenario." in Page(html).text
    assert not re.search(r"\bnan\b", html, flags=re.IGNORECASE)


def test_every_shock_says_how_long_it_is_felt_or_that_it_never_ends(page: Page) -> None:
    assert "153 days to recover (121 to 190)" in page.text
    assert "for good: measured over its first year" in page.text
    rows = {s.scenario: s for s in made_up.scenario_rows()}
    assert recovers(replace(rows["alert"], days_to_recover=Figure(0.0, 0.0, 0.0))) == (
        "no dose was touched"
    )
    assert recovers(replace(rows["alert"], days_to_recover=made_up.NOWHERE)) == (
        "days to recover not known"
    )


def test_the_worst_week_of_a_shock_stands_with_its_interval(page: Page) -> None:
    week = made_up.shock_weeks(0.93, 0.31)[4]
    low, high = week.on_time.low, week.on_time.high
    said = f"{week.on_time.mean:.1f} ({low:.1f} to {high:.1f}) instead of "
    assert said in page.text


def test_hazards_are_told_where_there_are_any(page: Page) -> None:
    assert "What strikes by chance" in page.text
    calm = replace(made_up.assessment(), hazards=())
    without = Page(report_html(calm, made_up.programme()))
    assert "What strikes by chance" not in without.text
    assert "hazards" not in without.ids


def test_one_future_is_told_week_by_week_and_named(page: Page, bare: Page) -> None:
    story = made_up.story()
    for week in story.weeks:
        assert f"Week of {numerals.day(week.week)}".replace("\u00a0", " ") in page.text
    assert f"number {story.replication} has the median service (OTIF 94.1 %)" in (
        page.text.replace("\u00a0", " ")
    )
    assert "One future, week by week" not in bare.text
