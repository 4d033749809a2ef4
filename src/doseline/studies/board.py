"""A stretch of weeks planned in detail: what the operating plan looks like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from doseline.demand import orders, patients
from doseline.operations.offer import offer_of
from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, plan
from doseline.programme import Programme
from doseline.studies.assessment import BoardPlan

WEEKS = 6


def example_weeks(programme: Programme, seed: int, weeks: int = WEEKS) -> BoardPlan | None:
    """Plan the first question's middle weeks for one sample of its orders.

    None where the programme asks no question or no order falls into these weeks.
    """
    if not programme.questions:
        return None
    question = programme.questions[0]
    middle = question.from_on + (question.until_on - question.from_on) // 2
    from_on = middle - timedelta(days=middle.weekday())
    until_on = min(from_on + timedelta(weeks=weeks, days=-1), programme.until_on)
    asked = sample(programme, seed, question.protocols)
    wanted = tuple(o for o in asked if from_on <= o.wanted_on <= until_on)
    if not wanted:
        return None
    planned = plan(
        programme, wanted, from_on=from_on, until_on=until_on, limits=Limits(seconds=20.0)
    )
    return board_of(programme, planned, wanted, from_on, until_on)


def board_of(
    programme: Programme,
    planned: Plan,
    wanted: Sequence[DoseOrder],
    from_on: date,
    until_on: date,
) -> BoardPlan:
    """A plan with its days and its orders, to be shown as a board."""
    return BoardPlan(
        design=programme.design or "",
        from_on=from_on,
        until_on=until_on,
        orders=tuple(wanted),
        schedule=planned.schedule,
        status=str(planned.status),
        objective=planned.objective_cents / 100.0,
        bound=planned.bound_cents / 100.0,
        gap=planned.gap,
        shifted=len(planned.shifted),
        breaches=len(planned.breaches),
        method=planned.method,
    )


def sample(
    programme: Programme,
    seed: int,
    protocols: tuple[str, ...] | None = None,
    replication: int = 0,
) -> tuple[DoseOrder, ...]:
    """One sample of the orders that arise with perfect supply, on the days on offer."""
    drawn = patients(programme, seed, replication, protocols=protocols)
    offer = offer_of(programme) if programme.policy.order_days == "on_offer" else None
    return orders(programme, drawn, protocols=protocols, offered=offer)
