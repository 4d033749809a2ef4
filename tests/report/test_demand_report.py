"""The report of a demand: it says every number of the picture, and nothing else."""

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from doseline.demand import Band, PeriodDemand
from doseline.demand.coverage import coverage
from doseline.demand.rates import RatePrior
from doseline.programme.scenario import Scenario
from doseline.report import charts, demand_html, report_html, write_demand_report
from doseline.report.demand_figures import WEEKS_NARROW, WEEKS_WIDE, phases, stretches
from doseline.report.forecast_section import until_full
from doseline.report.words import BANDS, ESTIMATED, NO_CHARTS, NO_PREDICTION, RATES
from tests.report import made_up, made_up_demand
from tests.report.page_reader import Page


def shown(value: float) -> str:
    """A number of orders as it should stand on the page."""
    return (f"{value:,.0f}" if value >= 100 else f"{value:.1f}").removesuffix(".0")


def band_row(b: Band) -> list[str]:
    return [shown(v) for v in (b.mean, b.low_95, b.low_90, b.low_50, b.median, b.high_50,
                               b.high_90, b.high_95)]  # fmt: skip


def day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def bodies(page: Page, table: str) -> list[list[str]]:
    """The rows of a table below its head."""
    return page.cells[table][1:]


def plain(page: Page) -> str:
    return page.text.replace("\u00a0", " ")


@pytest.fixture(scope="module")
def html() -> str:
    return demand_html(made_up_demand.picture(), made_up_demand.programme())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.fixture(scope="module")
def bare() -> Page:
    return Page(demand_html(made_up_demand.empty(), made_up.programme()))


# -- the numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", [None, 1, 2, 3, "paths"])
def test_every_number_of_every_month_and_week_is_on_the_page(
    page: Page, place: int | str | None
) -> None:
    picture = made_up_demand.picture()
    months: Iterable[PeriodDemand] = picture.months
    weeks: Iterable[PeriodDemand] = picture.weeks
    key = "all"
    if isinstance(place, int):
        months, weeks = picture.protocols[place - 1].months, picture.protocols[place - 1].weeks
        key = f"protocol-{place}"
    if place == "paths":
        assert picture.paths
        months, weeks, key = picture.paths.months, (), "paths"
    assert bodies(page, f"{key}-months-table") == [
        [f"{m.from_on:%b %Y}", *band_row(m.orders)] for m in months
    ]
    if weeks:
        assert bodies(page, f"{key}-weeks-table") == [
            [day(w.from_on), *band_row(w.orders)] for w in weeks
        ]


def test_each_trial_and_market_tells_its_patients_orders_and_rate(page: Page) -> None:
    rows = bodies(page, "protocols-table")
    for found, row in zip(made_up_demand.protocols(), rows, strict=True):
        o, p = found.orders, found.patients
        name, patients, orders, a_week, cancelled = row
        said = found.name + {"standing": "standing demand"}.get(found.kind, found.kind)
        assert name.startswith(f"{said}{RATES[found.rests_on.rates][0]}")
        assert cancelled == shown(sum(v for _, v in found.cancelled))
        if found.kind == "standing":
            assert (patients, orders, a_week) == ("none", "16", "0.08")
            continue
        assert patients == f"{shown(p.median)} ({shown(p.low_90)} to {shown(p.high_90)})"
        assert orders == f"{shown(o.median)} ({shown(o.low_90)} to {shown(o.high_90)})"
        w, digits = found.a_week, 2 if found.a_week.mean < 10 else 1
        assert a_week == f"{w.mean:.{digits}f} ({w.low:.{digits}f} to {w.high:.{digits}f})"


def test_every_band_of_a_whole_future_is_in_a_table(page: Page) -> None:
    picture = made_up_demand.picture()
    assert picture.paths
    trial = picture.protocols[0]
    for table, columns in (
        ("all-span", [picture.orders]),
        ("paths-span", [picture.paths.orders]),
        ("protocol-1-span", [trial.patients, trial.orders]),
    ):
        rows = bodies(page, table)
        assert [r[1:] for r in rows] == [
            [shown(b.mean) for b in columns],
            [shown(b.median) for b in columns],
            [f"{shown(b.low_50)} to {shown(b.high_50)}" for b in columns],
            [f"{shown(b.low_90)} to {shown(b.high_90)}" for b in columns],
            [f"{shown(b.low_95)} to {shown(b.high_95)}" for b in columns],
        ]


def test_cancelled_orders_are_told_by_when_they_were_cancelled(page: Page) -> None:
    assert "19.7 before the lock, 7.7 after production, on average" in plain(page)


def test_activity_at_the_infusion_stands_in_gbq_and_in_mci(page: Page) -> None:
    rows = bodies(page, "products-table")
    mean = 3_456_789.0 * 1.07
    assert rows[0] == ["CLR 131"]
    assert rows[1] == ["Mean", shown(3277.0 * 1.07), f"{mean / 1e3:,.0f}", f"{mean / 37:,.0f}"]
    assert rows[6:8] == [["Cold kit"], ["Mean", "1", "none", "none"]]


def test_a_rule_tells_its_boundaries_and_how_it_turns_out(page: Page) -> None:
    rule = made_up_demand.protocols()[0].rule
    assert rule
    for line in (*rule.boundaries, rule.method):
        assert line in page.text
    assert bodies(page, "protocol-1-rule") == [
        ["success as assumed", "82.1 % (80.4 to 83.8)"],
        ["success as played", "73.2 % (68.1 to 77.7)"],
        ["events", "111 (111 to 112)"],
        ["success at the null", "2.5 %"],
        ["patients at arm_1", "7.5"],
    ]
    assert NO_PREDICTION in page.text


def test_every_path_tells_its_share_its_stated_chance_and_its_orders(page: Page) -> None:
    first, second = bodies(page, "ways")
    assert first == [
        "Every stage succeedssucceeded: Phase II, The launch", "58.2 % (53.4 to 63.0)",
        "a trial\u2019s own rule decides", "3,211 (1,509 to 6,165)3,436 on average",
    ]  # fmt: skip
    assert second[0] == "Stops at Phase IIno stage succeeded"
    assert second[1:3] == ["41.8 % (37.0 to 46.6)", "42.0 %"]


def test_the_page_says_that_bands_are_about_one_future_and_tells_its_method(page: Page) -> None:
    assert BANDS.replace("\u00a0", " ") in plain(page)
    for line in (*made_up_demand.picture().method, "321", "seed 11"):
        assert line in page.text


# -- enrolment -----------------------------------------------------------------------------


def test_a_forecast_gives_the_end_as_dates_and_the_chance_to_fill(page: Page) -> None:
    found = made_up_demand.forecasts()[0].forecast
    end = found.end
    dates = [day(date.fromordinal(int(x or 0))) for x in (
        end.median, end.low_50, end.high_50, end.low_90, end.high_90, end.low_95, end.high_95,
    )]  # fmt: skip
    assert bodies(page, "forecast-1-end") == [
        ["The last patient", dates[0], *(f"{dates[k]} to {dates[k + 1]}" for k in (1, 3, 5))]
    ]
    assert f"15 of 40 patients by {day(date.fromordinal(found.cut_day))}" in plain(page)
    assert f"in nine of ten the last patient comes from {dates[3]} to {dates[4]}" in plain(page)
    assert "is above 99.9 %." in plain(page)
    assert found.filled_fraction > 0.999


def test_a_trial_that_may_not_fill_is_not_given_a_day(page: Page) -> None:
    found = made_up_demand.forecasts()[1].forecast
    last = day(date.fromordinal(found.last_day))
    assert found.end.median is None
    assert bodies(page, "forecast-2-end")[0][1] == f"after {last}"
    assert f"The chance to fill by {last} is {100 * found.filled_fraction:.1f} %" in plain(page)


def test_a_full_trial_is_said_to_be_full_and_forecasts_nothing(page: Page) -> None:
    assert "15 of 15 patients by" in page.text
    assert "the trial is full." in page.text
    assert "forecast-3-end" not in page.ids


def test_only_an_estimated_forecast_warns_that_it_is_too_narrow(page: Page) -> None:
    notices = [p for p in page.all("p") if p.get("class") == "notice"]
    assert len(notices) == 1
    assert ESTIMATED.replace("\u00a0", " ") in plain(page)


def test_the_warning_says_what_is_measured() -> None:
    said = [int(found) / 100 for found in re.findall(r"(\d+)\u00a0% (?:of|at)", ESTIMATED)]
    opens = [10.0 * n / 20 for n in range(20)]
    measured = coverage(RatePrior(2.0, 0.5), opens, patients=120, trials=1500, estimate=True)
    assert said == pytest.approx([at.held_90 for at in measured], abs=0.035)


def test_the_course_of_enrolment_stands_in_numbers_until_the_trial_is_full(page: Page) -> None:
    found = made_up_demand.forecasts()[0]
    rows = until_full(found)
    assert len(rows) < len(found.forecast.by_month)
    assert rows[-1].patients.low_95 == found.forecast.target > rows[-2].patients.low_95
    assert bodies(page, "forecast-1-table") == [[day(r.by_on), *band_row(r.patients)] for r in rows]


def test_every_site_tells_its_rate_given_the_record(page: Page) -> None:
    sites = made_up_demand.forecasts()[0].forecast.sites
    rows = bodies(page, "forecast-1-sites")
    assert [r[0] for r in rows] == ["Boston", "Houston", "Seattle", "Lyon"]
    assert [r[1:] for r in rows] == [
        [str(s.patients), f"{s.months:.1f}", f"{s.per_month:.3f}",
         f"{s.low_90:.3f} to {s.high_90:.3f}"]
        for s in sites
    ]  # fmt: skip


# -- the drawings --------------------------------------------------------------------------


def test_each_chart_is_drawn_wide_and_narrow_with_its_numbers_beneath(html: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == 9  # all 2, trial 2, market 2, paths 1, forecasts 2
    for figure in figures:
        drawn = [len(re.findall(r'<svg class="chart"[^>]*>', part)) for part in
                 re.split(r'<div class="narrow">', figure)]  # fmt: skip
        assert len(drawn) == 2
        assert min(drawn) >= 1
        assert "<table" in figure


def test_what_is_the_same_in_every_future_needs_no_chart(page: Page) -> None:
    assert "every future drawn: orders in 3 of the 4 months from February 2021 on" in page.text
    assert "Too few for a chart" in page.text
    assert "protocol-3-months-figure" not in page.ids


def test_a_long_stretch_is_drawn_in_parts_that_hold_every_week_once() -> None:
    rows = made_up_demand.weeks(date(2017, 1, 2), made_up_demand.wave(835, 3.0))
    for most in (WEEKS_WIDE, WEEKS_NARROW):
        (whole,) = phases(rows, "week", None)
        parts = stretches(whole, most)
        assert [r for p in parts for r in p.rows] == list(rows)
        assert max(len(p.rows) for p in parts) <= most
        assert len({p.top for p in parts}) == 1
        assert all(r.orders.high_90 <= p.top for p in parts for r in p.rows)


@pytest.mark.parametrize("unit", ["month", "week"])
def test_the_chart_before_the_launch_ends_where_the_trials_end(unit: str) -> None:
    picture = made_up_demand.picture()
    trial, market, _ = picture.protocols
    before, after = phases(getattr(picture, f"{unit}s"), unit, made_up_demand.LAUNCH)
    assert before.rows == getattr(trial, f"{unit}s")
    assert after.rows == getattr(market, f"{unit}s")
    assert before.top < after.top


def test_a_drawn_band_holds_what_the_rows_say_and_lasts_to_the_end_of_the_last_week() -> None:
    rows = made_up_demand.weeks(date(2021, 1, 18), [1.0, 3.0])
    band, *_ = charts.demand_bands(rows, 700, "", "week", 7.0)["layer"]
    values = band["data"]["values"]
    assert [v["on"] for v in values] == ["2021-01-18", "2021-01-25", "2021-02-01"]
    assert [v["high90"] for v in values] == pytest.approx([1.92, 5.76, 5.76])
    assert [v["low50"] for v in values] == pytest.approx([0.81, 2.43, 2.43])


@pytest.mark.parametrize("number", [1, 3, 14, 40, 190])
def test_no_two_ticks_of_the_axis_of_days_are_called_the_same(number: int) -> None:
    pytest.importorskip("vl_convert")
    rows = made_up_demand.months(date(2024, 1, 1), made_up_demand.wave(number, 9.0))
    svg = charts.svg(charts.demand_bands(rows, 700, "", "month", 80.0))
    names = re.findall(r">((?:\d\d )?(?:[A-Z][a-z]{2} \d\d|20\d\d))<", svg)
    assert 2 <= len(names) == len(set(names)) <= 13


def test_without_the_charts_extra_every_table_stays(
    monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    without = Page(demand_html(made_up_demand.picture(), made_up_demand.programme()))
    assert NO_CHARTS in without.text
    assert without.cells == page.cells
    assert not without.charts
    assert page.charts


# -- the page ------------------------------------------------------------------------------


def test_the_page_is_whole_and_its_links_lead_somewhere(page: Page, bare: Page) -> None:
    for read in (page, bare):
        assert read.open == []
        assert len(read.ids) == len(set(read.ids))
        links = [str(a["href"]) for a in read.all("a")]
        assert all(to.startswith("#") for to in links)
        assert {to[1:] for to in links} <= set(read.ids)


def test_nothing_is_fetched_and_nothing_runs(html: str, page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "image", "use"} & {
        tag for tag, _ in page.elements
    }
    assert not any("src" in given or "xlink:href" in given for _, given in page.elements)
    assert not any(name.startswith("on") for _, given in page.elements for name in given)
    assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", html))
    assert not re.search(r"https?://(?!www\.w3\.org/)", html)
    policy = next(m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert str(policy["content"]).startswith("default-src 'none'")


def test_every_table_is_told_and_its_rows_are_even(page: Page) -> None:
    assert len(page.all("caption")) == page.tables
    assert all(len(set(widths)) == 1 for widths in page.rows.values()), page.rows
    assert all(th.get("scope") in ("col", "row", "rowgroup") for th in page.all("th"))


def test_no_number_is_printed_that_is_not_one(html: str) -> None:
    assert not re.search(r"\bnan\b|\binf\b|>None<|None to|to None", html)


def test_a_hostile_name_stays_a_name() -> None:
    name = "<script>alert(\"x\")</script> & 'co'"
    known = made_up_demand.picture(name)
    rule = known.protocols[0].rule
    assert rule
    worse = replace(
        known,
        protocols=tuple(
            replace(p, name=name, rule=replace(rule, name=name, boundaries=(name,)))
            for p in known.protocols
        ),
        forecasts=tuple(replace(f, name=name) for f in known.forecasts),
        method=(name,),
    )
    world = made_up_demand.programme(name)
    world = replace(
        world,
        stages=tuple(replace(s, name=name) for s in world.stages),
        products=tuple(replace(p, name=name) for p in world.products),
    )
    read = Page(demand_html(worse, world))
    assert "script" not in {tag for tag, _ in read.elements}
    assert read.open == []
    assert name in read.text


def test_a_demand_of_nothing_says_so_and_shows_no_empty_part(bare: Page) -> None:
    assert "No dose is asked for from" in bare.text
    assert not {"protocols", "products", "paths", "forecasts"} & set(bare.ids)
    assert not bare.charts


def test_without_stages_or_a_record_those_parts_are_left_out() -> None:
    little = replace(made_up_demand.picture(), paths=None, forecasts=())
    read = Page(demand_html(little, made_up.programme()))
    assert not {"paths", "forecasts", "ways"} & set(read.ids)
    assert {"all", "protocols", "products", "method"} <= set(read.ids)
    assert {str(a["href"])[1:] for a in read.all("a")} <= set(read.ids)


def test_a_scenario_is_named_at_the_top_and_in_the_method() -> None:
    alert = Scenario("alert", "Import alert <late>", ())
    hit = replace(made_up_demand.empty(), scenario="alert")
    read = Page(demand_html(hit, replace(made_up.programme(), scenarios=(alert,))))
    assert "scenario: Import alert <late>" in read.text
    assert "ScenarioImport alert <late>" in read.text


def test_the_same_picture_gives_the_same_page(html: str) -> None:
    assert demand_html(made_up_demand.picture(), made_up_demand.programme()) == html


def test_the_report_is_written_whole_where_it_is_asked_for(tmp_path: Path) -> None:
    where, world = tmp_path / "a" / "demand.html", made_up.programme()
    for known in (made_up_demand.empty(), replace(made_up_demand.empty(), seed=12)):
        assert write_demand_report(known, world, where) == where
        assert where.read_text(encoding="utf-8") == demand_html(known, world)
        assert [p.name for p in where.parent.iterdir()] == ["demand.html"]


# -- within the report of an assessment ----------------------------------------------------


def assessed(**changes: Any) -> Page:
    """The report of an assessment of nothing but its questions and its demand."""
    known, world = made_up.empty()
    told = replace(known, questions=made_up.answers(), **changes)
    return Page(report_html(told, replace(world, file="mine.yaml")))


def test_an_assessment_tells_the_doses_asked_for_in_short() -> None:
    read = assessed(demand=made_up_demand.picture())
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert {"demand", "doses"} <= set(read.ids)
    for row, begins in zip(
        bodies(read, "protocols-table"),
        (
            "Pivotal trialtrialrecorded",
            "United Statesmarketstated",
            "Cold kitstanding demandstated",
        ),
        strict=True,
    ):
        assert row[0].startswith(begins)
    weeks = [r[0] for r in bodies(read, "doses-weeks-table")]
    assert weeks == [day(w.from_on) for w in made_up_demand.protocols()[0].weeks]
    assert "doseline demand mine.yaml --out demand" in read.text


def test_the_weeks_of_an_assessment_are_those_of_its_first_question() -> None:
    span = replace(made_up.answers()[0], from_on=date(2021, 3, 3), until_on=date(2021, 3, 29))
    known, world = made_up.empty()
    told = replace(known, questions=(span,), demand=made_up_demand.picture())
    read = Page(report_html(told, world))
    monday = date(2021, 3, 1)
    assert [r[0] for r in bodies(read, "doses-weeks-table")] == [
        day(monday + timedelta(weeks=k)) for k in range(5)
    ]


def test_an_assessment_without_a_picture_of_the_demand_leaves_the_section_out() -> None:
    read = assessed(demand=None)
    assert "doses" not in read.ids
    assert "#doses" not in {a["href"] for a in read.all("a")}


def test_an_assessment_in_which_nothing_is_asked_for_says_so() -> None:
    assert "No dose is asked for." in assessed(demand=made_up_demand.empty()).text


def test_a_risk_says_what_it_takes_away_as_written_and_over_all_paths() -> None:
    picture = made_up_demand.picture()
    html = demand_html(picture, made_up_demand.programme())
    section = html.split('id="risks"')[1].split("</section>")[0]
    for shown in ("A rival &amp; its drug", "takes four in ten", "hindsight"):
        assert shown in section
    for change in ("\u22121,234", "\u221291.5", "26.2"):
        assert change in section
    calm = replace(picture, risks=())
    assert 'id="risks"' not in demand_html(calm, made_up_demand.programme())


# -- what it rests on ----------------------------------------------------------------------


def test_badges_say_what_each_trial_and_market_rests_on(html: str, page: Page) -> None:
    rows = bodies(page, "protocols-table")
    said = [" ".join(row[0].replace("\u00a0", " ").split()) for row in rows]
    assert "recorded so far assumed: 47 of 118 inputs hindsight: 31 of 118 inputs" in said[0]
    assert "5 real orders 1 forecast order" in said[0]
    assert "stated rates assumed: 1,234 of 1,234 inputs" in said[1]
    assert "hindsight" not in said[1]
    assert "stated rates" in said[2]
    assert "assumed" not in said[2]
    # in the table and again in the section of each
    assert html.count(">recorded so far<") == 2
    assert html.count(">stated rates<") == 4


def test_success_as_played_its_reason_and_the_fees_of_the_sites_are_on_the_page(
    page: Page,
) -> None:
    rows = {row[0]: row[1] for row in bodies(page, "protocol-1-rule")}
    assert rows["success as played"].replace("\u00a0", " ") == "73.2 % (68.1 to 77.7)"
    text = plain(page)
    assert "Success as played: it closes on its last day, full & followed or not." in text
    assert "8,123 (7,011 to 9,235)" in text
    assert text.count("Fees of the sites for cancelling") == 1
