"""Stages of a programme: which begin, when, how likely; and what shocks do to the demand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from doseline.clock import WEEKDAYS
from doseline.demand import Drawing, EnrolmentSoFar, demand_counts, path_shares, patients
from doseline.demand.stages import Paths, drawn_paths, stated_chance
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.market import Loss
from doseline.programme.product import Triangular
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.stage import Stage
from doseline.programme.trial_rules import ResponseRule
from tests.demand.worlds import ONE_DOSE, busy_trial, trial_of, with_market

DAY, REPLICATIONS = 1440, range(400)
LAUNCH = date(2027, 1, 4)
STAGES = (
    Stage("trial", "the trial", ("trial",), succeeds_fraction=0.6, read_out_min=60 * DAY),
    Stage("filing", "the filing", after="trial", succeeds_fraction=0.8,
          takes=Triangular(200.0 * DAY, 300.0 * DAY, 400.0 * DAY), waits_min=30 * DAY),
    Stage("launch", "the launch", ("market",), after="filing"),
)  # fmt: skip


def programme(stages: tuple[Stage, ...] = STAGES, **trial: object) -> Programme:
    plain = busy_trial(1.0, patients=40, arms=(ONE_DOSE,), until_on=date(2025, 12, 31))
    market = with_market().markets[0]
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in plain.sites)
    return replace(
        plain,
        sites=sites,
        trials=(replace(trial_of(plain), **trial),),  # type: ignore[arg-type]
        markets=(replace(market, from_on=LAUNCH, until_on=date(2029, 12, 31)),),
        until_on=date(2029, 12, 31),
        stages=stages,
    )


def drawn(of: Programme, scenario: Scenario | None = None) -> Paths:
    return drawn_paths(of, ways_of(of), 3, REPLICATIONS, scenario)


def near(share: float) -> float:
    return 4 * math.sqrt(share * (1 - share) / len(REPLICATIONS))


def test_a_stage_begins_only_if_the_one_before_it_succeeded() -> None:
    trial, filing, launch = drawn(programme()).runs
    assert trial.began.all()
    assert filing.began.tolist() == trial.succeeded.tolist()
    assert launch.began.tolist() == filing.succeeded.tolist()
    assert trial.succeeded.mean() == pytest.approx(0.6, abs=near(0.6))
    assert launch.began.mean() == pytest.approx(0.48, abs=near(0.48))


def test_a_market_of_a_stage_that_never_begins_asks_for_nothing() -> None:
    world = programme()
    paths = drawn(world)
    replication = int(np.flatnonzero(~paths.begins["market"])[0])
    begun = int(np.flatnonzero(paths.begins["market"])[0])
    for number, some in ((replication, False), (begun, True)):
        one = drawn_paths(world, ways_of(world), 3, (number,))
        found = patients(world, 3, number, drawing=Drawing(paths=one))
        assert any(p.protocol == "market" for p in found) is some
        assert any(p.protocol == "trial" for p in found)


def test_a_stage_begins_as_much_later_as_the_one_before_ends_late() -> None:
    world = programme(until_on=date(2028, 12, 31))
    trial, filing, launch = drawn(world).runs
    assert (filing.first_day == trial.last_day + 30).all()
    took = filing.last_day - filing.first_day
    assert took.min() >= 200
    assert took.max() <= 400
    assert took.mean() == pytest.approx(300, abs=10)
    assert (launch.first_day == np.maximum(filing.last_day, LAUNCH.toordinal())).all()
    assert (launch.first_day > LAUNCH.toordinal()).any()
    assert (launch.first_day == LAUNCH.toordinal()).any()


def test_a_late_market_is_the_same_market_later() -> None:
    late = (STAGES[0], replace(STAGES[1], waits_min=800 * DAY), STAGES[2])
    sure = tuple(replace(s, succeeds_fraction=1.0) for s in late)
    world = programme(sure)
    one = drawn_paths(world, ways_of(world), 3, (0,))
    (days,) = one.later_days["market"].tolist()
    assert days > 200
    plain = {p.id: p for p in patients(world, 3, 0, protocols={"market"})}
    later = patients(world, 3, 0, protocols={"market"}, drawing=Drawing(paths=one))
    assert later
    for p in later:
        due = plain[p.id].first_day + days
        assert due - 7 <= p.first_day <= due + 7  # weekends
        assert (p.size, p.luck) == (plain[p.id].size, plain[p.id].luck)


def test_the_shares_of_the_paths_add_up_and_lie_about_their_stated_chances() -> None:
    world = programme()
    found = path_shares(drawn(world).ways())
    assert sum(p.share for p in found) == pytest.approx(1.0)
    stated = {p.ended_at: stated_chance(world, p) for p in found}
    expected = {(): 0.48, ("trial",): 0.4, ("filing",): 0.12}
    assert stated == {k: pytest.approx(v) for k, v in expected.items()}
    for path in found:
        assert path.share == pytest.approx(expected[path.ended_at], abs=near(path.share))
        assert path.low < path.share < path.high


def test_a_trial_with_a_rule_of_its_own_decides_its_stage() -> None:
    rule = ResponseRule("optimal", 0.10, 0.30, 1.0, observed_min=30 * DAY)
    stages = (replace(STAGES[0], succeeds_fraction=1.0), *STAGES[1:])
    good, bad = (
        programme(stages, patients=60, response_rule=replace(rule, assumed_fraction=r))
        for r in (1.0, 0.0)
    )
    assert not drawn(bad).runs[0].succeeded.any()
    run = drawn(good).runs[0]
    treated = drawn(good).entries["trial"]
    counts = np.bincount(treated.drawn.replication, minlength=len(REPLICATIONS))
    # All respond: it succeeds where the second stage is full, and else as its day comes too early.
    assert run.succeeded.tolist() == (counts >= 10).tolist()
    path = path_shares(drawn(good).ways())[0]
    assert stated_chance(good, path) is None


def test_the_demand_over_all_paths_is_that_of_each_path_by_its_share() -> None:
    world = programme()
    counts = demand_counts(world, 3, 200, stages=True)
    given = demand_counts(world, 3, 200)
    market = counts.of("product", ["market"]).sum(axis=1)
    begun = np.array(["filing" in succeeded for succeeded, _ in counts.ways])
    assert not market[~begun].any()
    assert (market[begun] > 0).all()
    written = given.of("product", ["market"]).sum(axis=1)
    days = drawn_paths(world, ways_of(world), 3, range(200)).later_days["market"]
    on_time, late = begun & (days == 0), begun & (days > 0)
    assert (market[on_time] == written[on_time]).all()
    assert (market[late] <= written[late]).all()  # what falls behind the market's last day is lost
    assert market[late].sum() < written[late].sum()
    trial = counts.of("product", ["trial"])
    assert trial.tolist() == given.of("product", ["trial"]).tolist()


# -- shocks --------------------------------------------------------------------------------


def struck(*shocks: Shock) -> Scenario:
    return Scenario("s", "a shock", shocks)


def asked(world: Programme, scenario: Scenario | None, stages: bool = False) -> tuple[float, float]:
    counts = demand_counts(world, 3, 60, drawing=Drawing(scenario=scenario), stages=stages)
    trial, market = (counts.of("product", [p]).sum() for p in ("trial", "market"))
    return float(trial), float(market)


def test_a_shock_on_a_market_takes_its_share_of_the_patients_and_adds_none() -> None:
    world = programme()
    half = struck(Shock("market", ("market",), date(2027, 1, 1), None, 0.5))
    deep = struck(Shock("market", ("market",), date(2027, 1, 1), None, 0.2))
    before = asked(world, None)
    ids = [
        {p.id for p in patients(world, 3, 0, drawing=Drawing(scenario=s))}
        for s in (None, half, deep)
    ]
    assert ids[2] < ids[1] < ids[0]
    for scenario, left in ((half, 0.5), (deep, 0.2)):
        trial, market = asked(world, scenario)
        assert trial == before[0]
        assert market == pytest.approx(left * before[1], rel=0.05)


def test_a_trial_that_is_held_enrols_nobody_meanwhile() -> None:
    world = programme()
    held = struck(Shock("trial", ("trial",), date(2024, 3, 1), date(2024, 8, 31)))
    found = patients(world, 3, 0, drawing=Drawing(scenario=held), protocols={"trial"})
    plain = patients(world, 3, 0, protocols={"trial"})
    first, last = date(2024, 3, 8).toordinal(), date(2024, 8, 31).toordinal()
    assert any(first <= p.first_day <= last for p in plain)
    assert not any(first <= p.first_day <= last for p in found)
    kept = {p.id: p for p in plain}
    assert all(kept[p.id] == p for p in found if p.id in kept)


def test_a_shock_on_a_stage_delays_it_and_all_that_follow() -> None:
    year = Triangular(365.0 * DAY, 365.0 * DAY, 365.0 * DAY)
    delay = struck(Shock("stage", ("filing",), date(2024, 1, 1), adds=year))
    world = programme()
    plain, late = drawn(world), drawn(world, delay)
    assert (late.runs[1].first_day == plain.runs[1].first_day + 365).all()
    assert late.runs[1].succeeded.tolist() == plain.runs[1].succeeded.tolist()
    assert (late.runs[2].first_day >= plain.runs[2].first_day).all()
    # Without paths every stage succeeds and begins as written, but for the shock.
    before, after = asked(world, None), asked(world, delay)
    assert after[0] == before[0]
    assert 0 < after[1] < before[1]
    launched = patients(world, 3, 0, protocols={"market"}, drawing=Drawing(scenario=delay))
    sure = programme(tuple(replace(s, succeeds_fraction=1.0) for s in STAGES))
    calm, hit = (
        drawn_paths(sure, ways_of(sure), 3, (0,), s).runs[2].first_day[0] for s in (None, delay)
    )
    assert 0 < hit - calm <= 365
    first = {p.id: p.first_day for p in patients(world, 3, 0, protocols={"market"})}
    assert launched
    for p in launched:  # the market as written, so much later; sites here treat every day
        assert p.first_day == first[p.id] + hit - calm


def test_a_delay_that_falls_into_slack_delays_nothing_behind_it() -> None:
    week = Triangular(7.0 * DAY, 7.0 * DAY, 7.0 * DAY)
    years = Triangular(730.0 * DAY, 730.0 * DAY, 730.0 * DAY)
    quick = (STAGES[0], replace(STAGES[1], takes=week, waits_min=0), STAGES[2])
    world = programme(quick, until_on=date(2025, 6, 30))
    plain = asked(world, None)
    for adds, fewer in ((week, False), (years, True)):
        hit = asked(world, struck(Shock("stage", ("filing",), date(2025, 1, 1), adds=adds)))
        assert hit[0] == plain[0]
        assert (hit[1] < plain[1]) is fewer


def test_a_stage_beside_the_one_before_keeps_its_dates_whatever_delays_that_one() -> None:
    year = Triangular(365.0 * DAY, 365.0 * DAY, 365.0 * DAY)
    world = programme((STAGES[0], STAGES[1], replace(STAGES[2], beside=True)))
    late = struck(Shock("stage", ("filing",), date(2025, 1, 1), adds=year))
    assert asked(world, late) == asked(world, None)
    first = drawn(world, late).runs[2]
    assert (first.first_day == LAUNCH.toordinal()).all()
    assert first.began.mean() == pytest.approx(0.48, abs=near(0.48))


def test_a_shock_on_a_stage_that_runs_adds_to_its_end_and_none_on_one_that_has_ended() -> None:
    year = Triangular(365.0 * DAY, 365.0 * DAY, 365.0 * DAY)
    world = programme()
    plain = drawn(world).runs[1]
    strikes = date(2026, 4, 1)
    hit = drawn(world, struck(Shock("stage", ("filing",), strikes, adds=year))).runs[1]
    begun = plain.first_day < strikes.toordinal()
    over = plain.last_day < strikes.toordinal()
    assert (begun & ~over).any()
    assert (hit.first_day - plain.first_day).tolist() == np.where(begun, 0, 365).tolist()
    assert (hit.last_day - plain.last_day).tolist() == np.where(over, 0, 365).tolist()
    much = struck(Shock("stage", ("filing",), date(2040, 1, 1), adds=year))
    assert drawn(world, much).runs[1].last_day.tolist() == plain.last_day.tolist()


def test_a_trial_with_a_record_has_begun_and_what_was_seen_stays_whatever_strikes() -> None:
    seen = EnrolmentSoFar(
        date(2024, 6, 30),
        {"reykjavik": date(2024, 1, 1)},
        tuple(("reykjavik", date(2024, 2, 1 + n)) for n in range(20)),
    )
    first = Stage("first", "the first", takes=Triangular(DAY, DAY, DAY), succeeds_fraction=0.2)
    world = programme((first, replace(STAGES[0], after="first"), *STAGES[1:]))
    year = Triangular(365.0 * DAY, 365.0 * DAY, 365.0 * DAY)
    shocks = struck(
        Shock("stage", ("first",), date(2024, 1, 1), adds=year),
        Shock("trial", ("trial",), date(2024, 1, 1), None, 0.0),
    )
    record = {"trial": seen}
    paths = drawn_paths(world, ways_of(world), 3, range(40), shocks, record)
    assert paths.runs[0].succeeded.all()
    assert paths.runs[1].began.all()
    assert not paths.later_days["trial"].any()
    for n in (0, 7):
        drawing = Drawing(scenario=shocks, so_far=record)
        found = patients(world, 3, n, protocols={"trial"}, drawing=drawing)
        assert len(found) == 20
    path = path_shares(paths.ways())[0]
    assert stated_chance(world, path, None, record) is None


def test_competitors_win_by_the_day_on_which_a_late_market_treats() -> None:
    lost = (Loss(date(2028, 1, 1), 1.0),)
    sure = tuple(replace(s, succeeds_fraction=1.0) for s in STAGES)
    plain = programme((sure[0], replace(sure[1], waits_min=300 * DAY), sure[2]))
    world = replace(plain, markets=(replace(plain.markets[0], lost=lost),))
    paths = drawn_paths(world, ways_of(world), 3, (0,))
    assert paths.later_days["market"][0] > 0
    found = patients(world, 3, 0, protocols={"market"}, drawing=Drawing(paths=paths))
    assert found
    assert max(p.first_day for p in found) < date(2028, 1, 8).toordinal()


def test_a_shock_on_a_stages_chance_leaves_its_part_of_it() -> None:
    review = struck(Shock("stage", ("filing",), date(2026, 1, 1), left_fraction=0.5))
    world = programme()
    plain, hit = drawn(world), drawn(world, review)
    assert hit.runs[0].succeeded.tolist() == plain.runs[0].succeeded.tolist()
    assert set(np.flatnonzero(hit.runs[2].began)) < set(np.flatnonzero(plain.runs[2].began))
    assert hit.runs[2].began.mean() == pytest.approx(0.24, abs=near(0.24))
