"""A new plan after something has happened: as many doses as can be, then the fewest moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from time import perf_counter

from doseline.errors import ScheduleError
from doseline.operations.happened import Happening, OrderMoved, OrderPlaced, orders_after
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.plan.model.aftermath import Aftermath, aftermath
from doseline.plan.model.candidates import gather
from doseline.plan.model.keeping import (
    confirmed_lost,
    doses_moved,
    hold_dates,
    untouched,
)
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.sets import Sets
from doseline.plan.model.tiers import Tier
from doseline.plan.model.variables import Problem
from doseline.plan.phases import Progress, Proof, prove
from doseline.plan.plan import Plan, answered
from doseline.plan.replanning.calls import Call, Handover, calls
from doseline.plan.replanning.moves import Changed, Difference, Moved, difference
from doseline.plan.solving.solve import Limits
from doseline.programme import Programme


class Way(StrEnum):
    """What a new plan goes by, once as many doses are met as can be."""

    CHEAPEST = "cheapest"
    FEWEST_MOVES = "fewest moves"
    KEEP_DATES = "keep all dates"


@dataclass(frozen=True)
class Alternative:
    """A new plan, what it changes of the one before, and who must be called if it is chosen."""

    way: Way
    plan: Plan
    moved: tuple[Moved, ...]
    changed: tuple[Changed, ...]
    lost: tuple[Unmet, ...]
    calls: tuple[Call, ...]

    @property
    def cost_cents(self) -> int:
        """What the plan costs, what was lost before apart. [cents]"""
        return self.plan.objective_cents


@dataclass(frozen=True)
class Replan:
    """The new plan, what stands, what it changes, who must be called, and what else could be done.

    `moved` are confirmed doses with another day or hour; `changed` keep both and come from another
    batch or by another lane; `lost` were confirmed or are asked anew, and cannot be met.
    `alternatives` are the cheapest plan, the plan itself, and the one that keeps all dates.
    """

    plan: Plan
    standing: Standing
    moved: tuple[Moved, ...]
    changed: tuple[Changed, ...]
    lost: tuple[Unmet, ...]
    calls: tuple[Call, ...]
    alternatives: tuple[Alternative, ...]
    seconds: float


@dataclass(frozen=True)
class _Case:
    """All that the plans to choose from have in common."""

    programme: Programme
    orders: dict[str, DoseOrder]
    before: Schedule
    asked_anew: frozenset[str]
    standing: Standing
    after: Aftermath
    sets: Sets
    limits: Limits
    price_cents: int | None
    say: Progress


_LIMITS = Limits()
_CHANGED_SHARE = 0.01
"""What a change of batch or lane alone counts of a price for a dose moved."""


def replan(
    programme: Programme,
    orders: Sequence[DoseOrder],
    before: Plan | Schedule,
    happened: Happening | Sequence[Happening],
    *,
    now_at: int,
    from_on: date,
    until_on: date,
    limits: Limits = _LIMITS,
    price_moved_cents: int | None = None,
    alternatives: bool = True,
    progress: Progress | None = None,
) -> Replan:
    """The plan that takes the place of another once something has happened.

    `orders` are those of the plan before. At `now_at` what is locked, sent or given stands, and
    what happened is known. As many doses are met as can be, those of started courses first as in
    `plan`; then the fewest confirmed doses are lost, the fewest moved to another day or hour, and
    the fewest given another batch or lane; then the cost is as low as it can be. With a price for
    each dose moved (a change of batch or lane counts a hundredth), moves are weighed against the
    cost instead. `limits` hold for each alternative; without `alternatives` the plan stands alone.

    An order moved out of the period falls out of the plan. What a failed batch has cost is sunk and
    in no figure. A stopped source feeds a slot from its last delivery before the stop, if that is
    not too old; it does not send a later one. What is on its way on a closed lane arrives.

    Raises ScheduleError where what happened names what is not there, or where the period leaves out
    a confirmed dose that has not been given; SolverError where the solver fails.
    """
    began = perf_counter()
    events = (happened,) if isinstance(happened, Happening) else tuple(happened)
    schedule = before.schedule if isinstance(before, Plan) else before
    standing, after = aftermath(programme, orders, schedule, events, now_at)
    asked = orders_after(orders, events)
    _inside(asked, standing, after, from_on, until_on)
    case = _Case(
        programme=programme,
        orders={o.id: o for o in asked},
        before=schedule,
        asked_anew=frozenset(_asked_anew(events)),
        standing=standing,
        after=after,
        sets=gather(programme, asked, from_on, until_on, standing, after),
        limits=limits,
        price_cents=price_moved_cents,
        say=progress or (lambda _: None),
    )
    fewest, proof = _by(case, Way.FEWEST_MOVES)
    found = [fewest]
    if alternatives:
        cheapest, _ = _by(case, Way.CHEAPEST, proof if proof.solution.values.size else None)
        found += [cheapest, _by(case, Way.KEEP_DATES)[0]]
    best = replace(min(found, key=lambda a: _rank(case, a)), way=Way.FEWEST_MOVES)
    choice = (found[1], best, found[2]) if alternatives else (best,)
    return Replan(
        plan=best.plan,
        standing=standing,
        moved=best.moved,
        changed=best.changed,
        lost=best.lost,
        calls=best.calls,
        alternatives=choice,
        seconds=perf_counter() - began,
    )


def _asked_anew(events: Sequence[Happening]) -> list[str]:
    placed = [e.order.id for e in events if isinstance(e, OrderPlaced)]
    return placed + [e.order for e in events if isinstance(e, OrderMoved)]


def _inside(
    asked: Sequence[DoseOrder],
    standing: Standing,
    after: Aftermath,
    from_on: date,
    until_on: date,
) -> None:
    for order in asked:
        promise = after.confirmed.get(order.id)
        if promise is None or promise.allocation.use_at <= standing.now_at:
            continue
        if not from_on <= order.wanted_on <= until_on:
            text = f"confirmed order {order.id!r} is wanted on {order.wanted_on}"
            raise ScheduleError(f"{text}, expected a day from {from_on} to {until_on}")


# -- one alternative -----------------------------------------------------------------------


def _by(case: _Case, way: Way, soon: Proof | None = None) -> tuple[Alternative, Proof]:
    """The plan that goes one way, and its proof; of many orders it comes soon after another one.

    Choices are timed for full batches, so the model first hopes that batches of before stay as
    early as they were. Where one did not, and a dose moved by it, it is asked again without hope.
    """
    found, proof, expected = _solved(case, way, True, soon)
    if len(found.moved) <= expected:
        return found, proof
    again, other, _ = _solved(case, way, False, soon)
    if way is Way.KEEP_DATES or _rank(case, again) < _rank(case, found):
        return again, other
    return found, proof


def _solved(
    case: _Case, way: Way, hopeful: bool, soon: Proof | None
) -> tuple[Alternative, Proof, int]:
    """The plan that goes one way, its proof, and how many doses the model takes to be moved."""
    began = perf_counter()
    case.say(f"{way}:")
    confirmed = case.after.confirmed
    problem = constrained(case.sets)
    for term in COSTS:
        term(problem)
    moves = doses_moved(problem, confirmed, hopeful)
    if way is Way.KEEP_DATES:
        hold_dates(problem, confirmed, hopeful)
    tiers, apart = _tiers(case, problem, way, moves)
    stay = untouched(problem, confirmed, hopeful)
    proof = prove(problem, case.limits, False, case.say, tiers, untouched=stay, soon=soon)
    plan = answered(problem, proof, case.standing, began, apart)
    names, anew = case.orders, case.asked_anew
    told = difference(case.programme, names, confirmed, anew, plan.schedule)
    values = proof.solution.values
    moved = Tier(moves.name, {c: 1.0 for c, w in moves.weights.items() if w > 1.0})
    expected = moved.of(values) if values.size else 0
    return _alternative(case, way, plan, told), proof, expected


def _tiers(
    case: _Case, problem: Problem, way: Way, moves: Tier
) -> tuple[tuple[Tier, ...], dict[int, float]]:
    """What comes between the doses and the cost, and what moves count in the cost. [cents]"""
    if way is Way.CHEAPEST:
        return (), {}
    lost = confirmed_lost(problem, case.after.confirmed)
    if case.price_cents is None or way is Way.KEEP_DATES:
        return (lost, moves), {}
    price = float(case.price_cents)
    apart = {c: price * (1.0 if w > 1.0 else _CHANGED_SHARE) for c, w in moves.weights.items()}
    for column, cents in apart.items():
        problem.matrix.cost[column] += cents
    return (lost,), apart


def _alternative(case: _Case, way: Way, plan: Plan, told: Difference) -> Alternative:
    handover = Handover(case.programme, case.orders, case.before, plan.schedule, case.standing)
    return Alternative(
        way=way,
        plan=plan,
        moved=told.moved,
        changed=told.changed,
        lost=told.lost,
        calls=calls(handover),
    )


def _rank(case: _Case, found: Alternative) -> tuple[float, ...]:
    """What makes one plan better than another, counted from the schedules themselves."""
    served = found.plan.schedule.allocation
    unmet = [o for o in case.sets.orders if o.id not in served]
    first = case.programme.policy.started_courses_first
    started = sum(1 for o in unmet if o.started) if first else 0
    lost = sum(1 for u in found.lost if u.order in case.after.confirmed)
    moved, changed, cost = len(found.moved), len(found.changed), found.cost_cents
    if case.price_cents is None:
        return started, len(unmet), lost, moved, changed, cost
    return started, len(unmet), lost, cost + case.price_cents * (moved + _CHANGED_SHARE * changed)
