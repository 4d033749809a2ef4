"""The kernel gives the reference's answer draw for draw: every count equal, every cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.simulation.worlds import commercial, trial
from doseline.demand import Crowds, Drawing, crowds, patients
from doseline.formats import read_programme
from doseline.operations.crowd import Crowd
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.scenario import Scenario
from doseline.simulate import Period, reference, simulate
from doseline.simulate.engine import run_by_kernel
from doseline.simulate.future import Future
from doseline.simulate.reference import run
from doseline.simulate.result import Run
from doseline.simulate.world import World
from tests.hand_world import world
from tests.simulate.kernel.busy_worlds import Case, busy_cases, drawn_cases
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, one_dose, with_second_plant

pytest.importorskip("numba")

from doseline.simulate.kernel.layout import AT
from doseline.simulate.kernel.play import kernel_of

EXAMPLES = Path(__file__).parents[3] / "examples"


def same(
    w: World,
    crowd: Sequence[Patient],
    periods: Sequence[Period],
    seed: int,
    replication: int,
    scenario: Scenario | None = None,
    chance: bool = True,
) -> bool:
    """Whether both engines give the same rows; the kernel must not give the replication back."""
    plain = run(w, crowd, seed=seed, replication=replication, scenario=scenario, chance=chance,
                periods=periods)  # fmt: skip
    (fast,) = run_by_kernel(
        w,
        [crowd],
        seed=seed,
        replications=[replication],
        scenario=scenario,
        chance=chance,
        periods=periods,
    )
    assert fast is not None, "the kernel gave the replication back"
    assert fast.replication == plain.replication
    assert fast.services == plain.services
    return True


def same_either_way(
    w: World, crowd: Crowd, periods: Sequence[Period], seed: int, replication: int
) -> None:
    """As `same`, for patients handed over as columns and as plain ones."""
    assert crowd.columns is not None
    assert same(w, crowd, periods, seed, replication)
    assert same(w, crowd.patients, periods, seed, replication)


def equal_on(case: Case) -> None:
    """Both engines on a random world, in two periods that overlap."""
    p = case.programme
    periods = (
        Period("all", (), p.from_on, p.until_on),
        Period("february", ("protocol",), date(2026, 2, 1), date(2026, 2, 28)),
    )
    w = World(p, p.from_on, p.until_on)
    crowd = case.patients()
    assert crowd.columns is not None
    assert same(w, crowd, periods, case.seed, 0, case.scenario, case.chance)


def test_most_random_worlds_give_doses_and_lose_some_in_many_ways() -> None:
    """Where nothing is given, or all goes well, two engines that agree show little."""
    given_doses: list[int] = []
    causes: set[str] = set()
    for case in drawn_cases(60):
        p = case.programme
        period = (Period("all", (), p.from_on, p.until_on),)
        (found,) = run_by_kernel(
            World(p, p.from_on, p.until_on), [case.patients()], seed=case.seed, replications=[0],
            scenario=case.scenario, chance=case.chance, periods=period,
        )  # fmt: skip
        assert found is not None
        given_doses.append(found.replication.total("doses_given"))
        causes |= {cause for row in found.services for cause in row.causes}
    assert sum(n > 0 for n in given_doses) >= 0.75 * len(given_doses)
    assert sum(n >= 5 for n in given_doses) >= 0.4 * len(given_doses)
    assert len(causes) >= 8, causes


@given(busy_cases())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_kernel_equals_the_reference_on_random_worlds(case: Case) -> None:
    equal_on(case)


@pytest.mark.parametrize(
    "programme",
    [
        world(),
        one_dose(world()),
        failing(one_dose(world()), 0.6),
        failing(one_dose(world()), 0.6, "before_fill"),
        with_second_plant(failing(one_dose(world()), 0.5), 0.3),
    ],
    ids=["hand", "one dose", "failing", "failing early", "second plant"],
)
def test_the_kernel_equals_the_reference_on_the_worlds_known_by_heart(
    programme: Programme,
) -> None:
    w = World(programme, FROM, UNTIL)
    crowd = Weekly(visits=len(programme.trials[0].arms[0].visits))
    for replication in range(12):
        assert same(w, crowd(replication), (), 5, replication)


def test_the_kernel_equals_the_reference_on_first_in_human() -> None:
    p = read_programme(EXAMPLES / "first_in_human" / "programme.yaml").under(None)
    first, last = p.from_on, date(2029, 12, 31)
    w = World(p, first, last)
    struck = p.scenarios[0]
    for replication, scenario in ((0, None), (1, struck)):
        crowd = crowds(p, 3, [replication], until_on=last, drawing=Drawing(scenario=scenario))[0]
        assert same(w, crowd, (Period("all", (), first, last),), 3, replication, scenario)


@lru_cache
def _clr131(design: str) -> tuple[Programme, World]:
    p = read_programme(EXAMPLES / "clr131" / "programme.yaml").under(design)
    return p, World(p, date(2017, 6, 1), date(2019, 5, 31))


@pytest.mark.parametrize(
    ("design", "scenario"),
    [
        ("madison_and_hamilton", None),
        ("madison_only", "madison_closes"),
        ("madison_and_hamilton", "import_alert_2018"),
        ("hamilton_two_slots", "reactor_outage"),
        ("madison_and_hamilton", "border_hold"),
        ("madison_and_hamilton", "air_freight_collapse"),
        ("hamilton_only", "quality_stop_one_firm"),
        ("hamilton_commercial", "licence_lapses"),
    ],
)
def test_the_kernel_equals_the_reference_on_clr131(design: str, scenario: str | None) -> None:
    p, w = _clr131(design)
    struck = {s.id: s for s in p.scenarios}[scenario] if scenario else None
    crowd = crowds(p, 11, [4], until_on=w.until_on, drawing=Drawing(scenario=struck))[0]
    assert crowd.columns is not None
    periods = (Period("all", (), w.from_on, w.until_on),)
    assert same(w, crowd, periods, 11, 4, struck)


def test_the_kernel_equals_the_reference_on_the_worlds_that_are_measured() -> None:
    for p, replications in ((trial(), 2), (commercial(300), 1)):
        w, periods = World(p, p.from_on, p.until_on), (Period("all", (), p.from_on, p.until_on),)
        for replication, crowd in enumerate(crowds(p, 1, range(replications))):
            same_either_way(w, crowd, periods, 1, replication)


def test_the_kernel_equals_the_reference_where_batches_are_large() -> None:
    p = commercial(3_000)
    w, periods = World(p, p.from_on, p.until_on), (Period("all", (), p.from_on, p.until_on),)
    crowd = crowds(p, 1, [0])[0]
    assert same(w, crowd, periods, 1, 0)


def _scarce(share: float, lot_mbq: float) -> Programme:
    """A year of a thousand doses, for so large a share of which there is isotope."""
    p = commercial(1_000)
    (source,) = p.sources
    short = replace(source, offer_per_week_mbq=share * source.offer_per_week_mbq, lot_mbq=lot_mbq)
    return replace(p, sources=(short,))


@pytest.mark.parametrize(("share", "lot_mbq"), [(0.14, 1850.0), (0.14, 0.1), (0.1, 0.37)])
def test_new_starts_that_are_tried_in_vain_leave_the_same_traces(
    share: float, lot_mbq: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sums of a batch to the last bit, and its orders in the order in which they joined it."""
    played: list[Future] = []
    finish = reference.finish

    def kept(future: Future, replication: int) -> Run:
        played.append(future)
        return finish(future, replication)

    monkeypatch.setattr(reference, "finish", kept)
    p = _scarce(share, lot_mbq)
    w, periods = World(p, p.from_on, p.until_on), (Period("all", (), p.from_on, p.until_on),)
    crowd = crowds(p, 1, [0])[0]
    assert same(w, crowd, periods, 1, 0)
    room = kernel_of(w, periods).room
    assert room.c[AT["rounds"]] > 100
    batches, orders = room.found["batches"], room.found["orders"]
    compared = 0
    for place, batch in played[0].room.batches.items():
        b = batches[room.found["batch_of"][place]]
        assert (b["load"], b["eos"]) == (batch.load_mbq, batch.eos_mbq)
        assert b["reserved"] == batch.reserved_mbq
        if b["tried_at"] == 0:
            row, here = [], int(b["first"])
            while here >= 0:
                row.append(float(orders[here]["activity"]))
                here = int(orders[here]["next"])
            assert row == [live.order.activity_mbq for live in batch.orders.values()]
            compared += len(row)
    assert compared > 100


def test_a_simulation_says_the_same_however_its_patients_are_drawn() -> None:
    p = trial()
    asked = {"seed": 4, "replications": 3, "from_on": p.from_on, "until_on": p.until_on}
    at_once = simulate(p, Crowds(p, 4), engine="kernel", **asked)  # type: ignore[arg-type]
    plain = simulate(p, partial(patients, p, 4), engine="kernel", **asked)  # type: ignore[arg-type]
    assert at_once == plain


def test_a_simulation_says_the_same_whichever_engine_played_it() -> None:
    programme = failing(one_dose(world()), 0.4)
    asked = {"seed": 9, "replications": 6, "from_on": FROM, "until_on": UNTIL}
    plain = simulate(programme, Weekly(), engine="reference", **asked)  # type: ignore[arg-type]
    fast = simulate(programme, Weekly(), engine="kernel", **asked)  # type: ignore[arg-type]
    assert plain == fast


def test_names_that_the_kernel_cannot_hold_leave_the_replication_to_the_reference() -> None:
    programme = one_dose(world())
    w = World(programme, FROM, UNTIL)
    crowd = [replace(p, id="P" * 200) for p in Weekly(weeks=1)(0)]
    assert kernel_of(w, ()).run(crowd, seed=1, replication=0) is None
