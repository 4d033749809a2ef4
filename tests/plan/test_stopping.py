"""When the solver stops, and what the plan then says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, Status
from tests.hand_world import order, world
from tests.plan.variants import planned, with_line, with_site


def crowd() -> list[DoseOrder]:
    """Twelve orders of different strength, each with a window of two weeks."""
    first = date(2024, 1, 10)
    return [
        replace(
            order("reykjavik", first, 100.0 + 17 * n, f"order-{n}"),
            latest_on=first + timedelta(days=14),
            started=n % 3 == 0,
        )
        for n in range(12)
    ]


def of_crowd(**limits: float) -> Plan:
    program = with_site(with_line(world(), vials_max=4), "reykjavik", daily_capacity=6)
    return planned(crowd(), program, limits=Limits(**limits))  # type: ignore[arg-type]


def test_a_plan_stopped_by_the_clock_says_so_and_keeps_every_rule() -> None:
    found = of_crowd(seconds=0.0)
    assert found.status is Status.TIME_LIMIT
    assert not found.reproducible
    assert found.breaches == ()
    assert found.met + len(found.unmet) == 12
    assert found.bound_cents <= found.objective_cents


def test_a_plan_stopped_by_its_work_is_reproducible() -> None:
    first, second = of_crowd(looks=1), of_crowd(looks=1)
    assert first.status is Status.FEASIBLE
    assert first.reproducible
    assert first.breaches == ()
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)


def test_a_wide_gap_stops_earlier_but_stays_a_bound() -> None:
    loose, tight = of_crowd(gap=0.5), of_crowd()
    assert loose.met == tight.met
    assert loose.gap <= 0.5
    assert loose.bound_cents <= tight.objective_cents <= loose.objective_cents


@pytest.mark.parametrize("limits", [{"looks": 1}, {"seconds": 0.0}])
def test_what_the_solver_had_no_time_for_is_not_called_a_limit(limits: dict[str, float]) -> None:
    for unmet in of_crowd(**limits).unmet:
        assert "by choice" not in unmet.reason


def test_progress_is_told() -> None:
    told: list[str] = []
    planned(crowd(), progress=told.append)
    assert told[0].startswith("12 orders, ")
    assert told[1].startswith("doses: ")
