"""Hazards against their closed forms: how often, how long, apart and together, known to nobody."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.operations.events import Event, ShockBegan
from doseline.programme import Programme
from doseline.programme.hazard import YEAR_MIN, Hazard, Lasts
from doseline.programme.lane import Border, BorderOutcome
from doseline.programme.product import Triangular
from doseline.programme.scenario import Scenario, Shock
from doseline.simulate import history, kpis, simulate
from doseline.simulate.hazards import dated_shocks, hazard_shocks
from doseline.simulate.shocks import covers
from doseline.simulate.world import DAY
from tests.hand_world import world
from tests.simulate.worlds import FROM, UNTIL, Weekly, tiny, with_second_plant

YEARS = 40
LATER = date(FROM.year + YEARS, 1, 1)
REPLICATIONS = 150
MONTH = Lasts(mean_min=30 * DAY)


def hazard(**more: object) -> Hazard:
    """Two lines, each struck twice a year of standing for a month, on its own."""
    return replace(Hazard("cells", "cells", "line", ("a", "b"), 2.0, MONTH), **more)  # type: ignore[arg-type]


def under(*hazards: Hazard, programme: Programme | None = None) -> Programme:
    return replace(programme or world(), hazards=hazards)


def drawn(programme: Programme, replication: int, until_on: date = LATER) -> tuple[Shock, ...]:
    return hazard_shocks(programme, seed=3, replication=replication, until_on=until_on)


def days_down(shocks: Iterable[Shock], target: str, until_on: date = LATER) -> set[int]:
    """The days (ordinals) on which a target is down."""
    found: set[int] = set()
    for s in shocks:
        if target in s.targets:
            assert s.until_on is not None
            found |= set(range(s.from_on.toordinal(), min(s.until_on, until_on).toordinal() + 1))
    return found


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean of independent values and its standard error."""
    mean = math.fsum(values) / len(values)
    spread = math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)
    return mean, math.sqrt(spread / len(values))


def share_down(law: Hazard, *targets: str) -> tuple[float, float]:
    """The drawn share of days on which all of some targets are down, with its standard error."""
    programme, days = under(law), (LATER - FROM).days + 1
    shares = []
    for n in range(REPLICATIONS):
        shocks = drawn(programme, n)
        down = set.intersection(*(days_down(shocks, t) for t in targets))
        shares.append(len(down) / days)
    return mean_and_error(shares)


# -- closed forms ----------------------------------------------------------------------------

LAWS = {
    "exactly": Lasts(exactly_min=21 * DAY),
    "exponential": MONTH,
    "lognormal": Lasts(median_min=21 * DAY, p90_min=56 * DAY),
    "triangular": Lasts(between=Triangular(3 * DAY, 14 * DAY, 45 * DAY)),
    "less than a day": Lasts(exactly_min=DAY // 2),
}


@pytest.mark.parametrize("name", LAWS)
def test_availability_is_mtbf_over_mtbf_plus_mttr(name: str) -> None:
    law = hazard(lasts=LAWS[name])
    mtbf, mttr = YEAR_MIN / 2.0, LAWS[name].expected_min
    assert law.availability == pytest.approx(mtbf / (mtbf + mttr))
    down, error = share_down(law, "a")
    # Everything stands on the first day: over so many years that is less than a tenth of an error.
    assert abs((1.0 - down) - law.availability) < 4 * error + 0.1 * mttr / (YEARS * YEAR_MIN)
    assert error < 0.01


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_a_drawn_length_has_the_mean_of_its_law(law: Lasts) -> None:
    shares = [(i + 0.5) / 20_000 for i in range(20_000)]
    mean = math.fsum(law.drawn_min(u) for u in shares) / len(shares)
    assert mean == pytest.approx(law.expected_min, rel=2e-3)


@pytest.mark.parametrize("beta", [0.0, 0.1, 0.5, 1.0])
def test_two_of_a_group_are_down_together_as_the_beta_factor_says(beta: float) -> None:
    law = hazard(common_fraction=beta)
    own = 1.0 / (1.0 + 2.0 * (1 - beta) * 30 * DAY / YEAR_MIN)
    common = 1.0 / (1.0 + 2.0 * beta * 30 * DAY / YEAR_MIN)
    both = 1.0 - common * (1.0 - (1.0 - own) ** 2)
    assert law.all_down(2) == pytest.approx(both)
    down, error = share_down(law, "a", "b")
    assert abs(down - both) < 4 * error
    alone, error = share_down(law, "a")
    assert abs((1.0 - alone) - own * common) < 4 * error


def test_a_common_cause_makes_a_joint_outage_many_times_as_likely() -> None:
    apart, together = hazard().all_down(2), hazard(common_fraction=0.1).all_down(2)
    assert together > 1.5 * apart
    assert hazard(common_fraction=1.0).all_down(2) == 1.0 - hazard(common_fraction=1.0).availability


def test_the_mean_number_of_stops_is_that_of_a_renewal_process() -> None:
    """Exponential up and down times: m(T) = T/(u+d) - (d/(u+d))^2 (1 - exp(-T(1/u+1/d))) + 1 - ...

    The renewal function of stops from a standing start, u and d the mean times up and down:
    m(T) = T/(u + d) + (d/(u + d))^2 (1 - exp(-(1/u + 1/d) T)).
    """
    u, d, t = YEAR_MIN / 2.0, 30.0 * DAY, float(YEARS * YEAR_MIN)
    expected = t / (u + d) + (d / (u + d)) ** 2 * (1 - math.exp(-(1 / u + 1 / d) * t))
    programme = under(hazard())
    counts = [
        # A stop that holds no noon is no shock; of exponential lengths of 30 d that is 1 in 60.
        float(sum("a" in s.targets for s in drawn(programme, n)))
        for n in range(REPLICATIONS)
    ]
    mean, error = mean_and_error(counts)
    no_noon = 1.0 - (1.0 - math.exp(-1 / 30)) * 30  # the mean of exp(-x/30) over a day, from 1
    assert abs(mean - expected * (1.0 - no_noon)) < 4 * error


def test_stops_of_a_fixed_length_all_last_it_to_the_day() -> None:
    law = hazard(lasts=Lasts(exactly_min=97 * DAY))
    for shock in drawn(under(law), 0):
        assert shock.until_on is not None
        assert (shock.until_on - shock.from_on).days + 1 == 97


# -- keys ------------------------------------------------------------------------------------


def test_a_hazard_more_leaves_the_stops_of_the_others_alone() -> None:
    first = hazard(common_fraction=0.2)
    second = replace(first, id="reactors", hits="source", targets=("reactor",), common_fraction=0.0)
    alone = drawn(under(first), 5)
    assert alone == tuple(s for s in drawn(under(first, second), 5) if s.of == "cells")


def test_a_target_more_leaves_the_own_stops_of_the_others_alone() -> None:
    def own(law: Hazard) -> list[Shock]:
        return [s for s in drawn(under(law), 5) if s.targets == ("a",)]

    assert own(hazard()) == own(hazard(targets=("a", "b", "c")))
    assert own(hazard(common_fraction=0.2))


def test_a_longer_horizon_only_adds_stops() -> None:
    programme = under(hazard())
    short = drawn(programme, 2, date(2030, 1, 1))
    assert set(short) <= set(drawn(programme, 2))
    assert set(short) == {s for s in drawn(programme, 2) if s.from_on <= date(2030, 1, 1)}


def test_the_days_played_do_not_move_a_stop() -> None:
    programme = under(hazard())
    wide = dated_shocks(
        programme, None, seed=3, replication=1, chance=True, from_on=FROM, until_on=LATER
    )
    late = dated_shocks(
        programme,
        None,
        seed=3,
        replication=1,
        chance=True,
        from_on=date(2040, 1, 1),
        until_on=LATER,
    )
    assert late
    assert set(late) < set(wide)


# -- permissions -----------------------------------------------------------------------------


def alerts(**more: object) -> Hazard:
    found = Hazard(
        "alerts",
        "import alerts",
        "permission",
        ("plant",),
        1.0,
        Lasts(exactly_min=300 * DAY),
        returns=Lasts(median_min=97 * DAY, p90_min=224 * DAY),
    )
    return replace(found, **more)  # type: ignore[arg-type]


def two_protocols() -> Programme:
    base = world()
    permission = replace(base.permissions[0], protocols=("trial", "paediatric"))
    return replace(base, permissions=(permission,), hazards=(alerts(),))


def test_a_permission_closes_for_all_protocols_and_returns_one_by_one() -> None:
    shocks = drawn(two_protocols(), 0)
    assert {s.protocols for s in shocks} == {("trial",), ("paediatric",)}
    days = sorted({s.from_on for s in shocks})
    assert all(sum(s.from_on == day for s in shocks) == 2 for day in days)
    ends = {(s.from_on, s.until_on) for s in shocks}
    assert len(ends) > len(days)  # they come back on different days
    assert all(s.until_on and (s.until_on - s.from_on).days < 300 for s in shocks)


def test_a_protocol_returns_after_its_own_lag_at_the_latest_with_the_rest() -> None:
    programme = two_protocols()
    lasted = [
        float((s.until_on - s.from_on).days + 1)
        for n in range(60)
        for s in drawn(programme, n)
        if s.protocols == ("trial",) and s.until_on
    ]
    law = alerts().returns
    assert law is not None
    shares = [(i + 0.5) / 5000 for i in range(5000)]
    expected = math.fsum(min(law.drawn_min(u), 300 * DAY) for u in shares) / 5000 / DAY
    mean, error = mean_and_error(lasted)
    assert abs(mean - expected) < 4 * error


# -- what the simulator sees -----------------------------------------------------------------


def played(programme: Programme, replication: int = 0, **more: object) -> tuple[Event, ...]:
    return history(
        programme,
        Weekly(),
        seed=3,
        replication=replication,
        from_on=FROM,
        until_on=UNTIL,
        **more,  # type: ignore[arg-type]
    )


def often() -> Hazard:
    """The plant of the tiny world stops about once a month for a week."""
    return Hazard("stops", "stops", "manufacturer", ("plant",), 12.0, Lasts(exactly_min=7 * DAY))


def test_a_drawn_stop_is_the_dated_shock_of_a_scenario_to_the_last_event() -> None:
    """The simulator cannot tell a stop of a hazard from a shock that a scenario names."""
    programme = under(often(), programme=tiny())
    shocks = drawn(programme, 0, UNTIL)
    assert shocks
    told = played(programme)
    named = played(tiny(), scenario=Scenario("stops", "stops", shocks))
    assert told == named
    assert any(isinstance(e, ShockBegan) and e.scenario == "stops" for e in told)


def test_nobody_knows_of_a_stop_before_its_first_day() -> None:
    """Up to the first stop the history is the one without the hazard, event by event."""
    for replication in range(6):
        programme = under(often(), programme=tiny())
        told, calm = played(programme, replication), played(tiny(), replication)
        strikes = [e.at for e in told if isinstance(e, ShockBegan)]
        if strikes:
            before = [e for e in told if e.at < strikes[0]]
            assert before == [e for e in calm if e.at < strikes[0]]


def test_without_chance_no_hazard_strikes() -> None:
    programme = under(replace(often(), per_year=50.0), programme=tiny())
    assert played(programme, chance=False) == played(tiny(), chance=False)


def test_a_second_plant_helps_against_separate_stops_and_not_against_common_ones() -> None:
    """Stops of both plants at once take as much service as one plant's stops take of one."""

    def otif(programme: Programme, beta: float, targets: tuple[str, ...]) -> float:
        law = replace(often(), targets=targets, common_fraction=beta)
        result = simulate(
            under(law, programme=programme),
            Weekly(),
            seed=3,
            replications=40,
            from_on=FROM,
            until_on=UNTIL,
        )
        return float(kpis(result)["otif"]["mean"] or 0.0)

    one, two = tiny(), with_second_plant(tiny(), 0.0)
    both = ("plant", "second")
    alone = otif(one, 0.0, ("plant",))
    apart, together = otif(two, 0.0, both), otif(two, 1.0, both)
    assert apart > together + 0.05
    assert together == pytest.approx(alone, abs=0.1)


# -- lanes and borders -----------------------------------------------------------------------


def stopped(hits: str, target: str, programme: Programme | None = None) -> Sequence[Event]:
    shock = Shock(hits, (target,), FROM + timedelta(days=20), None)  # type: ignore[arg-type]
    return played(programme or tiny(), scenario=Scenario("s", "stops", (shock,)))


def given(events: Iterable[Event]) -> int:
    return sum(type(e).__name__ == "DoseAdministered" for e in events)


def test_a_lane_that_stops_is_its_carrier_stopped_where_it_has_no_other_lane() -> None:
    by_lane, by_carrier = stopped("lane", "van"), stopped("carrier", "road")
    assert given(by_lane) == given(by_carrier) < given(played(tiny()))
    assert given(stopped("lane", "flight")) == given(played(tiny()))


def test_a_border_that_closes_stops_every_lane_across_it_and_no_other() -> None:
    nothing = BorderOutcome(1.0, Triangular(0, 0, 0))
    into = Border("into_is", (), ("IS",), (nothing,))
    abroad = replace(tiny(), manufacturers=(replace(tiny().manufacturers[0], country="GB"),))
    crossed = replace(abroad, borders=(into,))
    assert given(stopped("border", "into_is", crossed)) < given(played(crossed))
    at_home = replace(tiny(), borders=(into,))
    assert given(stopped("border", "into_is", at_home)) == given(played(at_home))


def test_a_shock_that_spares_started_courses_keeps_new_patients_out_only() -> None:
    from_on = FROM + timedelta(days=20)
    two_doses = replace(world(), policy=replace(world().policy, reorder_missed=False))

    def told(spares: bool) -> tuple[Event, ...]:
        shock = Shock("permission", ("plant",), from_on, None, spares_started=spares)
        return history(
            two_doses,
            Weekly(weeks=6, visits=2),
            seed=3,
            replication=0,
            from_on=FROM,
            until_on=UNTIL,
            scenario=Scenario("s", "freeze", (shock,)),
        )

    everything, spared = told(False), told(True)
    assert (
        given(everything)
        < given(spared)
        < given(
            history(
                two_doses,
                Weekly(weeks=6, visits=2),
                seed=3,
                replication=0,
                from_on=FROM,
                until_on=UNTIL,
            )
        )
    )
    assert not covers(Shock("permission", ("plant",), from_on), FROM)
