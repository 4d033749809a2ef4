"""The table of many futures holds what the plain form gives, one patient at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.demand import orders, patients
from doseline.demand.drawing import Drawing
from doseline.demand.table import OrderTable, counted, order_table
from doseline.formats import read_programme
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.market import StandingDemand
from doseline.programme.policy import Policy
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.trial import (
    Arm,
    DoseRate,
    DoseRule,
    Enrolment,
    GateRow,
    RegionEnrolment,
    Visit,
)
from tests.demand.worlds import busy_trial, with_market
from tests.strategies import small_programmes

EVENTFUL = Ordering(
    cancelled_before_lock_fraction=0.15,
    cancelled_before_production_fraction=0.1,
    cancelled_after_production_fraction=0.1,
    moved_by_site_fraction=0.3,
)
GATE = (
    GateRow("pass", 0.4),
    GateRow("delay", 0.1, delay_mean_min=14 * 1440, because="platelets"),
    GateRow("delay", 0.1, delay_mean_min=35 * 1440, because="neutrophils"),
    GateRow("reduce", 0.2, factor=0.75, lasts=True),
    GateRow("reduce", 0.1, factor=0.9),
    GateRow("stop", 0.1),
)
PER_M2 = DoseRule(DoseRate(555.0, "m2"), size_cap=2.0, cap_mbq=1100.0, rounded_to_mbq=3.7)
COURSE = Arm(
    "course",
    PER_M2,
    (
        Visit(1, 3, 3, dose=DoseRule(DoseRate(185.0, "flat"))),
        Visit(8, 1, 3, 0.9, gate=GATE),
        Visit(57, 3, 14, gate=GATE),
        Visit(71, 1, 3, 0.9, dose_factor=0.5),
    ),
)
Row = tuple[object, ...]


def rows_of(programme: Programme, found: Iterable[DoseOrder]) -> Counter[Row]:
    return Counter(
        (
            *(o.protocol, o.product, o.site, o.course_number, o.wanted_on.toordinal()),
            *(o.earliest_on.toordinal(), o.latest_on.toordinal()),
            *(round(o.activity_mbq, 6), o.started),
        )
        for o in found
    )


def rows_in(table: OrderTable, replication: int) -> Counter[Row]:
    t = table.picked(table.replication == replication)
    columns = (
        [table.protocols[n] for n in t.protocol],
        [table.products[n] for n in t.product],
        [table.sites[n] for n in t.site],
        *(c.tolist() for c in (t.course_number, t.wanted, t.earliest, t.latest)),
        np.round(t.activity_mbq, 6).tolist(),
        (t.started > 0).tolist(),
    )
    return Counter(zip(*columns, strict=True))


def assert_the_same(
    programme: Programme, replications: Sequence[int], drawing: Drawing | None = None
) -> None:
    table = order_table(programme, 3, replications, drawing=drawing)
    for replication in replications:
        drawn = patients(programme, 3, replication, drawing=drawing)
        every = orders(programme, drawn, with_cancelled=True)
        assert rows_in(table, replication) == rows_of(programme, every)
        assert rows_in(table.kept, replication) == rows_of(programme, orders(programme, drawn))


def test_an_eventful_trial_is_the_same_in_both_forms() -> None:
    programme = replace(busy_trial(2.0, arms=(COURSE,)), ordering=EVENTFUL)
    assert_the_same(programme, range(4))
    table = order_table(programme, 3, range(4))
    assert set(table.stage.tolist()) == {0, 1, 2, 3}
    assert table.attempt.max() == 2


def test_an_eventful_market_is_the_same_in_both_forms() -> None:
    programme = replace(with_market((300, 500), arm=COURSE, spread_shape=3.0), ordering=EVENTFUL)
    assert_the_same(programme, (5, 2, 9))


def test_a_policy_without_reorders_or_with_many_is_the_same_in_both_forms() -> None:
    plain = replace(busy_trial(1.0, arms=(COURSE,)), ordering=EVENTFUL)
    for policy in (Policy(reorder_missed=False), Policy(reorder_at_most=5)):
        assert_the_same(replace(plain, policy=policy), (0, 1))


def test_standing_demand_stands_in_every_replication() -> None:
    standing = StandingDemand(
        "cold", "dose", "tokyo", 5, 30 * 1440, date(2024, 1, 5), date(2024, 3, 20), late_days=6
    )
    programme = replace(busy_trial(0.5), standing_demand=(standing,))
    assert_the_same(programme, range(3))


def test_seasons_regions_caps_and_shocks_are_the_same_in_both_forms() -> None:
    enrolment = Enrolment(
        1.0,
        2.0,
        regions=(RegionEnrolment(("JP",), per_site_month=2.0, patients=20),),
        seasons=(1.0,) * 6 + (0.0, 0.5) + (1.0,) * 4,
        site_patients=22,
    )
    programme = busy_trial(arms=(COURSE,), enrolment=enrolment, waits_min=60 * 1440)
    shock = Shock("trial", ("trial",), date(2024, 5, 1), date(2024, 9, 1), left_fraction=0.3)
    drawing = Drawing(scenario=Scenario("s", "a shock", (shock,)))
    assert_the_same(programme, range(4), drawing)


@given(programme=small_programmes(), first=st.integers(0, 50))
@settings(max_examples=40)
def test_any_small_programme_is_the_same_in_both_forms(programme: Programme, first: int) -> None:
    assert_the_same(replace(programme, ordering=EVENTFUL), (first, first + 7))


@pytest.fixture(scope="module")
def clr131(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def test_the_reference_case_is_the_same_in_both_forms(clr131: Programme) -> None:
    assert_the_same(clr131, (0, 1))


def test_a_table_of_many_replications_holds_those_of_each(clr131: Programme) -> None:
    whole = order_table(clr131, 7, (4, 0, 2), protocols={"clover_wam", "eu_market"})
    for replication in (4, 0, 2):
        alone = order_table(clr131, 7, (replication,), protocols={"clover_wam", "eu_market"})
        assert rows_in(whole, replication) == rows_in(alone, replication)


def test_orders_are_counted_in_each_replication_by_a_key() -> None:
    programme = busy_trial(1.0)
    table = order_table(programme, 1, (3, 1, 8)).kept
    by_site = counted(table, table.site, len(table.sites))
    assert table.replications == (1, 3, 8)
    for row, replication in zip(by_site, (1, 3, 8), strict=True):
        mine = table.picked(table.replication == replication)
        assert row.tolist() == np.bincount(mine.site, minlength=2).tolist()
    given_mbq = counted(table, table.site, len(table.sites), table.activity_mbq)
    assert given_mbq.sum() == pytest.approx(table.activity_mbq.sum())


def test_only_the_days_and_protocols_asked_for_are_in_it() -> None:
    programme = replace(busy_trial(1.0), markets=with_market().markets)
    sites = with_market().sites
    programme = replace(programme, sites=sites)
    table = order_table(
        programme, 1, (0,), date(2025, 3, 1), date(2025, 4, 30), protocols={"market"}
    )
    assert len(table) > 0
    assert {table.protocols[n] for n in table.protocol} == {"market"}
    assert table.wanted.min() >= date(2025, 3, 1).toordinal()
    assert table.wanted.max() <= date(2025, 4, 30).toordinal()


def test_a_programme_without_demand_gives_an_empty_table() -> None:
    table = order_table(replace(busy_trial(), trials=()), 1, range(3))
    assert len(table) == 0
    assert counted(table, table.site, 2).tolist() == [[0.0, 0.0]] * 3
