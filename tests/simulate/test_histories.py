"""Laws of every history: it obeys life, conserves activity, and hangs on nothing but its seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.operations.accounts import account, imbalances
from doseline.operations.events import (
    BatchFailed,
    BatchFilled,
    DoseAdministered,
    Event,
    LabellingStarted,
    OrderCancelled,
    OrderMissed,
    OrderMoved,
    OrderPlaced,
    ShipmentReceived,
    ShockBegan,
)
from doseline.operations.life import obeys
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.course import Luck
from doseline.programme.lane import Carrier
from doseline.programme.product import Triangular
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.source import Outages
from doseline.programme.trial import Visit
from doseline.simulate import history, simulate
from tests.simulate.worlds import (
    CALM,
    FROM,
    UNTIL,
    Weekly,
    failing,
    patient,
    tiny,
    with_second_plant,
)


def told(
    programme: Programme, patients: object, seed: int = 3, **more: object
) -> tuple[Event, ...]:
    return history(
        programme,
        patients,  # type: ignore[arg-type]
        seed=seed,
        replication=0,
        from_on=FROM,
        until_on=UNTIL,
        **more,  # type: ignore[arg-type]
    )


def rough(programme: Programme, failure: float) -> Programme:
    """A world in which nearly everything that can go wrong sometimes does."""
    product = programme.products[0]
    recipe = tuple(
        replace(
            s,
            chance=Triangular(0.5 * s.planned_min, s.planned_min, 3.0 * s.planned_min),
            yield_mean_fraction=s.yield_fraction if s.phase == "make" else None,
            yield_sd_fraction=0.1 if s.phase == "make" else 0.0,
        )
        for s in product.recipe
    )
    made = replace(
        product,
        recipe=recipe,
        overfill_fraction=0.05,
        fill_sd_fraction=0.03,
        assay_sd_fraction=0.03,
        vial_rejected_fraction=0.1,
    )
    source = replace(
        programme.sources[0],
        received_low_fraction=0.8,
        failed_fraction=0.1,
        late_fraction=0.1,
        outages=Outages(8.0, 20_000, 60_000, 0.3, 1.0),
    )
    carriers = tuple(
        replace(
            c,
            delay_fraction=0.2,
            delay=Triangular(60, 200, 900),
            day_delay_fraction=0.1,
            lost_fraction=0.05,
        )
        for c in programme.carriers
    )
    plant = replace(programme.manufacturers[0], usable_slots_fraction=0.9)
    ordering = replace(
        programme.ordering,
        cancelled_before_lock_fraction=0.1,
        cancelled_before_production_fraction=0.1,
        cancelled_after_production_fraction=0.1,
        moved_by_site_fraction=0.2,
    )
    return failing(
        replace(
            programme,
            products=(made,),
            sources=(source,),
            carriers=carriers,
            manufacturers=(plant, *programme.manufacturers[1:]),
            ordering=ordering,
        ),
        failure,
    )


def courses(programme: Programme, days: Sequence[int]) -> Programme:
    """The world with a course of several doses."""
    trial = programme.trials[0]
    visits = tuple(Visit(day=d, early_days=1, late_days=8) for d in days)
    arm = replace(trial.arms[0], visits=visits)
    return replace(programme, trials=(replace(trial, arms=(arm,)),))


@st.composite
def luck(draw: st.DrawFn) -> Luck:
    unit = st.floats(0, 1, exclude_max=True)
    return replace(CALM, cancel=draw(unit), cancel_stage=draw(unit), moved=draw(unit))


@st.composite
def futures(draw: st.DrawFn) -> tuple[Programme, tuple[Patient, ...], Scenario | None]:
    programme = tiny()
    if draw(st.booleans()):
        programme = with_second_plant(programme, draw(st.sampled_from([0.0, 0.4])))
    days = draw(st.sampled_from([(1,), (1, 8), (1, 15), (1, 8, 36)]))
    programme = rough(courses(programme, days), draw(st.sampled_from([0.0, 0.3, 1.0])))
    policy = replace(
        programme.policy,
        reorder_missed=draw(st.booleans()),
        backup=draw(st.booleans()),
        shift_days=draw(st.booleans()),
        spare_vials=draw(st.integers(0, 1)),
        preference=draw(st.sampled_from(["fewest_batches", "recoverable", "freshest", "cheapest"])),
    )
    people = tuple(
        patient(
            f"P{n}",
            date(2024, 1, 10) + timedelta(days=draw(st.integers(0, 40))),
            draw(st.sampled_from(["reykjavik", "tokyo"])),
            draw(luck()),
            visits=len(days),
        )
        for n in range(draw(st.integers(1, 6)))
    )
    shock = Shock(
        draw(st.sampled_from(["manufacturer", "permission", "source", "carrier", "site"])),
        ("plant", "reactor", "road", "air", "tokyo"),
        date(2024, 1, 20),
        date(2024, 2, 5),
    )
    scenario = draw(st.sampled_from([None, Scenario("s", "a shock", (shock,))]))
    return replace(programme, policy=policy), people, scenario


@given(futures(), st.integers(0, 1000))
@settings(max_examples=60)
def test_every_history_obeys_life_and_conserves_activity(
    future: tuple[Programme, tuple[Patient, ...], Scenario | None], seed: int
) -> None:
    programme, people, scenario = future
    events = told(programme, lambda _: people, seed, scenario=scenario)
    assert obeys(events, spare_vials=programme.policy.spare_vials) == ()
    assert imbalances(events, {p.id: p.half_life for p in programme.products}) == ()
    book = account(events)
    for (batch, name), kbq in book.balances.items():
        if name.partition(":")[1]:
            assert abs(kbq) <= 1, f"{name} of {batch} still holds {kbq} kBq"
    assert sum(book.balances.values()) == 0


@given(futures())
@settings(max_examples=15)
def test_every_order_placed_comes_to_one_end(
    future: tuple[Programme, tuple[Patient, ...], Scenario | None],
) -> None:
    programme, people, scenario = future
    events = told(programme, lambda _: people, scenario=scenario)
    placed = [e.order for e in events if isinstance(e, OrderPlaced)]
    ended = [
        e.order for e in events if isinstance(e, DoseAdministered | OrderMissed | OrderCancelled)
    ]
    assert sorted(placed) == sorted(ended)


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    programme = rough(tiny(), 0.3)
    assert told(programme, Weekly()) == told(programme, Weekly())
    assert told(programme, Weekly()) != told(programme, Weekly(), seed=4)


def test_one_worker_and_two_give_the_same_result() -> None:
    programme = rough(tiny(), 0.3)
    one, two = (
        simulate(
            programme,
            Weekly(weeks=3),
            seed=2,
            replications=5,
            from_on=FROM,
            until_on=UNTIL,
            workers=workers,
        )
        for workers in (1, 2)
    )
    assert one == two


def test_replications_can_be_run_apart() -> None:
    programme = rough(tiny(), 0.3)

    def rows(first: int, count: int) -> object:
        found = simulate(
            programme,
            Weekly(),
            seed=2,
            replications=count,
            first_replication=first,
            from_on=FROM,
            until_on=UNTIL,
        )
        return found.services

    assert rows(0, 4) == (*rows(0, 2), *rows(2, 2))  # type: ignore[misc]


def test_adding_a_courier_does_not_disturb_the_hot_cell() -> None:
    programme = rough(tiny(), 0.3)
    courier = replace(programme.lanes[0], id="courier", carrier="bike", cost_cents=10**9)
    more = replace(
        programme,
        carriers=(*programme.carriers, Carrier("bike", "charter")),
        lanes=(*programme.lanes, courier),
    )
    cell = (LabellingStarted, BatchFilled, BatchFailed)
    before, after = (
        [e for e in told(p, Weekly()) if isinstance(e, cell)] for p in (programme, more)
    )
    assert before == after
    assert before


def test_a_moved_order_is_measured_against_its_new_day() -> None:
    programme = tiny()
    ordering = replace(programme.ordering, moved_by_site_fraction=0.5)
    moved = patient("P0", date(2024, 1, 31), luck=replace(CALM, moved=0.1))
    events = told(replace(programme, ordering=ordering), lambda _: (moved,))
    assert [e.wanted_on for e in events if isinstance(e, OrderMoved)] == ["2024-02-07"]
    assert [e.on_day for e in events if isinstance(e, DoseAdministered)] == [True]


@pytest.mark.parametrize(
    ("cancel_stage", "stage"),
    [(0.1, "before_lock"), (0.5, "before_production"), (0.9, "after_production")],
)
def test_a_cancelled_order_ends_at_its_stage_and_is_left_out_of_the_service(
    cancel_stage: float, stage: str
) -> None:
    programme = tiny()
    ordering = replace(
        programme.ordering,
        cancelled_before_lock_fraction=0.2,
        cancelled_before_production_fraction=0.2,
        cancelled_after_production_fraction=0.2,
    )
    programme = replace(programme, ordering=ordering)
    luckless = patient(
        "P0", date(2024, 1, 31), luck=replace(CALM, cancel=0.1, cancel_stage=cancel_stage)
    )
    events = told(programme, lambda _: (luckless,))
    assert [e.stage for e in events if isinstance(e, OrderCancelled)] == [stage]
    result = simulate(
        programme,
        lambda _: (luckless,),
        seed=3,
        replications=1,
        from_on=FROM,
        until_on=UNTIL,
    )
    assert [(r.due, r.cancelled) for r in result.services] == [(0, 1)]


def test_doses_a_week_apart_are_ordered_before_the_first_is_given() -> None:
    programme = courses(tiny(), (1, 8))
    events = told(programme, Weekly(weeks=1, visits=2, first_on=date(2024, 1, 31)))
    placed = {e.order: e.at for e in events if isinstance(e, OrderPlaced)}
    given_at = {e.order: e.at for e in events if isinstance(e, DoseAdministered)}
    assert placed["P0/2"] < given_at["P0/1"] < given_at["P0/2"]


# -- shocks --------------------------------------------------------------------------------


def struck(programme: Programme, shock: Shock) -> tuple[Event, ...]:
    return told(programme, Weekly(), scenario=Scenario("s", "a shock", (shock,)))


def test_nothing_is_received_under_a_permission_that_a_shock_closed() -> None:
    closed = Shock("permission", ("plant",), date(2024, 2, 1), date(2024, 2, 20), markets=("IS",))
    programme = tiny()
    events = struck(programme, closed)
    first = programme.clock.day_start(date(2024, 2, 1), "UTC")
    last = programme.clock.day_start(date(2024, 2, 21), "UTC")
    assert any(isinstance(e, ShockBegan) for e in events)
    received = [e.at for e in events if isinstance(e, ShipmentReceived)]
    assert received
    assert not any(first <= at < last for at in received)
    assert any(isinstance(e, OrderMissed) for e in events)


def test_a_closed_plant_starts_no_batch_and_takes_up_again_after() -> None:
    closed = Shock("manufacturer", ("plant",), date(2024, 2, 1), date(2024, 2, 20))
    programme = tiny()
    days = {
        programme.clock.instant(e.at).date()
        for e in struck(programme, closed)
        if isinstance(e, LabellingStarted)
    }
    assert not any(closed.from_on <= d <= date(2024, 2, 20) for d in days)
    assert min(days) < closed.from_on < max(days)


def test_before_a_shock_begins_the_history_is_that_without_it() -> None:
    programme = rough(tiny(), 0.2)
    at = programme.clock.day_start(date(2024, 2, 1), "UTC")
    closed = Shock("manufacturer", ("plant",), date(2024, 2, 1), date(2024, 2, 20))
    calm = [e for e in told(programme, Weekly()) if e.at < at]
    hit = [e for e in struck(programme, closed) if e.at < at]
    assert calm == hit
    assert calm


def test_when_doses_are_short_a_started_course_takes_the_place_of_a_new_start() -> None:
    programme = courses(tiny(), (1, 15))
    cell = replace(programme.manufacturers[0].lines[0], vials_max=1)
    plant = replace(programme.manufacturers[0], lines=(cell,))
    trial = programme.trials[0]
    visits = tuple(replace(v, early_days=0, late_days=0) for v in trial.arms[0].visits)
    arm = replace(trial.arms[0], visits=visits)
    programme = replace(
        programme,
        manufacturers=(plant,),
        trials=(replace(trial, arms=(arm,)),),
        ordering=replace(programme.ordering, placed_before_min=20 * 1440),
    )
    started = patient("A", date(2024, 1, 31), visits=2)
    rival = patient("B", date(2024, 2, 14), visits=2)
    events = told(programme, lambda _: (rival, started))
    given_to = [e.order for e in events if isinstance(e, DoseAdministered)]
    assert given_to[:2] == ["A/1", "A/2"]
    assert [e.cause for e in events if isinstance(e, OrderMissed)][:1] == ["started course first"]
