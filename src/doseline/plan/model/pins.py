"""What a plan is told beforehand: pins, and promises that stand. [model C17-C18]"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from doseline.operations.schedule import Allocation
from doseline.operations.standing import Standing
from doseline.plan.model.matrix import Limit, Term
from doseline.plan.model.variables import Problem


@dataclass(frozen=True, slots=True)
class Pin:
    """A batch that must be made; with an order, that it is served by it, on a day if one is named.

    `slot` is the slot's id, which is also the id of the batch planned in it.
    """

    slot: str
    order: str | None = None
    on: date | None = None

    def __str__(self) -> str:
        if self.order is None:
            return f"a batch in {self.slot}"
        day = f" on {self.on}" if self.on else ""
        return f"order {self.order} from {self.slot}{day}"


def pinned(problem: Problem, pins: Sequence[Pin]) -> list[str]:
    """Holds the model to the pins; returned are those that nothing can satisfy. [model C17]"""
    sets = problem.sets
    impossible = []
    for pin in pins:
        s = sets.place_of_slot.get(pin.slot)
        limit = Limit("pin", str(pin))
        if s is None:
            impossible.append(f"{pin}: there is no such slot, or it cannot be used")
        elif pin.order is None:
            if not sets.of_place[s] and sets.places[s].locked is None:
                impossible.append(f"{pin}: no order can be served by it")
            problem.matrix.row(limit, [(problem.made[s], 1.0)], lower=1.0)
        else:
            terms: list[Term] = [
                (problem.serve[r], 1.0)
                for r in sets.of_place[s]
                if sets.orders[sets.choices[r].order].id == pin.order
                and (pin.on is None or sets.choices[r].route.use_on == pin.on)
            ]
            if not terms:
                impossible.append(f"{pin}: there is no way from the one to the other")
            problem.matrix.row(limit, terms, lower=1.0)
    return impossible


def contradiction(problem: Problem, can_be: Callable[[], bool]) -> list[str]:
    """Pins that cannot be together, none of them idle: each is tried without.

    `can_be` says whether the model, as it stands at that moment, has a solution.
    """
    matrix = problem.matrix
    told = []
    for row, limit in enumerate(matrix.limits):
        if limit.rule == "pin":
            wanted, matrix.row_lower[row] = matrix.row_lower[row], -math.inf
            if can_be():
                matrix.row_lower[row] = wanted
                told.append(f"{limit.where}: cannot be together with the others named")
    return told


def promises_kept(problem: Problem, standing: Standing | None) -> None:
    """A promise that stands keeps its batch and its day. [model C18]

    Where nothing serves it any more (its batch failed, say), the order is planned anew. Whether a
    promise may be broken is left to whoever solves: until then it may not.
    """
    if standing is None:
        return
    sets = problem.sets
    slot_of = {b.id: b.slot for b in standing.locked}
    for promise in standing.promised:
        i = sets.order_of_id.get(promise.order)
        s = sets.place_of_slot.get(slot_of.get(promise.batch, promise.batch))
        if i is None or s is None or not stands(standing, promise):
            continue
        zone = sets.programme.site[sets.orders[i].site].zone
        on = sets.programme.clock.day(promise.use_at, zone)
        terms: list[Term] = [
            (problem.serve[r], 1.0)
            for r in sets.of_place[s]
            if sets.choices[r].order == i and sets.choices[r].route.use_on == on
        ]
        if terms:
            broken = problem.matrix.column(0.0)
            problem.broken.append(broken)
            problem.matrix.row(Limit("promise", promise.order), [*terms, (broken, 1.0)], lower=1.0)


def stands(standing: Standing, promise: Allocation) -> bool:
    """Whether a promise is kept: all of them, or those used before the freeze date."""
    return standing.freeze_until_at is None or promise.use_at < standing.freeze_until_at
