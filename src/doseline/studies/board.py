"""A stretch of weeks planned in detail: what the operating plan looks like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from doseline.demand import orders, patients
from doseline.operations.offer import offer_of
from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, plan
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.studies.assessment import BoardPlan, MovedDose

WEEKS = 6


def example_weeks(programme: Programme, seed: int, weeks: int = WEEKS) -> tuple[BoardPlan, ...]:
    """Plan the middle weeks of each question, for one sample of the orders of all protocols.

    Questions with the same middle share their weeks. Those in which no order is wanted are left
    out, so the tuple is empty where the programme asks no question.
    """
    questions: dict[date, list[str]] = {}
    for question in programme.questions:
        questions.setdefault(middle_monday(question), []).append(question.id)
    asked = sample(programme, seed) if questions else ()
    found = []
    for from_on, names in questions.items():
        until_on = min(from_on + timedelta(weeks=weeks, days=-1), programme.until_on)
        wanted = tuple(o for o in asked if from_on <= o.wanted_on <= until_on)
        if wanted:
            planned = plan(
                programme, wanted, from_on=from_on, until_on=until_on, limits=Limits(seconds=20.0)
            )
            found.append(board_of(programme, planned, wanted, from_on, until_on, names))
    return tuple(found)


def middle_monday(question: Question) -> date:
    """The Monday of the week in the middle of a question."""
    middle = question.from_on + (question.until_on - question.from_on) // 2
    return middle - timedelta(days=middle.weekday())


def board_of(
    programme: Programme,
    planned: Plan,
    wanted: Sequence[DoseOrder],
    from_on: date,
    until_on: date,
    questions: Sequence[str] = (),
) -> BoardPlan:
    """A plan with its days, its orders and its questions, to be shown as a board."""
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
        moved=tuple(MovedDose(s.order, s.wanted_on, s.use_on, s.reason) for s in planned.shifted),
        breaches=len(planned.breaches),
        method=planned.method,
        questions=tuple(questions),
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
