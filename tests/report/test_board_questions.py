"""A week of each question: the busiest one, with every late dose of it and the reason."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.report import numerals
from doseline.report.board import weeks
from doseline.report.board_questions import busiest, weeks_section
from doseline.studies.assessment import BoardPlan
from tests.report import made_up
from tests.report.page_reader import Page


@pytest.fixture(scope="module")
def world() -> Programme:
    the = made_up.programme()
    days = the.from_on, the.until_on
    asked = [("year-1", ("us",)), ("year-2", ()), ("year-3", ())]
    return replace(the, questions=tuple(Question(q, f"The {q}", p, *days) for q, p in asked))


@pytest.fixture(scope="module")
def plan(world: Programme) -> BoardPlan:
    return made_up.board(world)


@pytest.fixture(scope="module")
def page(world: Programme) -> Page:
    return Page(weeks_section(made_up.assessment(), world))


def test_the_busiest_week_is_the_one_in_which_most_doses_are_wanted(
    plan: BoardPlan, world: Programme
) -> None:
    found = weeks(plan, world)
    wanted = {
        w.monday: sum(w.monday <= o.wanted_on < w.monday + timedelta(days=7) for o in plan.orders)
        for w in found
    }
    assert wanted[busiest(plan, found).monday] == max(wanted.values()) > min(wanted.values())


def test_each_question_has_a_row_that_counts_its_own_orders(page: Page, plan: BoardPlan) -> None:
    every, met = len(plan.orders), len(plan.schedule.allocations)
    batches = len(plan.schedule.batches)
    days = numerals.span(plan.from_on, plan.until_on).replace("\u00a0", " ")
    assert f"The year-1{days}{every}{every}{met}11{batches}" in page.text
    assert f"The year-2; The year-3{days}{every}0{met}11{batches}" in page.text


def test_every_bar_of_the_week_leads_to_its_batch(page: Page) -> None:
    bars = {str(a["href"])[1:] for a in page.all("a") if "batch-" in str(a["href"])}
    assert bars
    assert all(bar.startswith("w1-") for bar in bars)
    assert bars == {name for name in page.ids if re.fullmatch(r"w1-batch-\d+", name)}


def test_each_late_dose_of_the_week_stands_with_its_reason(
    world: Programme, plan: BoardPlan
) -> None:
    order = next(o for o in plan.orders if o.id == "o-unmet")
    fullest = busiest(plan, weeks(plan, world))
    late = replace(order, wanted_on=fullest.monday)
    orders = tuple(late if o.id == late.id else o for o in plan.orders)
    second = replace(plan, orders=orders, questions=("year-2",))
    record = replace(made_up.assessment(), boards=(plan, second))
    page = Page(weeks_section(record, world))
    assert f"not at all{plan.schedule.unmet[0].reason}" in page.text
    moved = plan.moved[0]
    inside = fullest.monday <= moved.wanted_on < fullest.monday + timedelta(days=7)
    assert (moved.reason in page.text) == inside


def test_a_week_in_which_all_is_well_says_so(world: Programme, plan: BoardPlan) -> None:
    clean = replace(plan, schedule=replace(plan.schedule, unmet=()), moved=())
    record = replace(made_up.assessment(), boards=(plan, clean))
    page = Page(weeks_section(record, world))
    assert "Every order of this week is met on the day wanted." in page.text
