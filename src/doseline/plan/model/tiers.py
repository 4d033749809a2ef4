"""What is made as small as can be before the cost, and how it is held afterwards. [model O1]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from doseline.plan.model.matrix import Floats, Limit, Matrix
from doseline.plan.model.objective import doses_unmet, unmet_cents
from doseline.plan.model.variables import Problem

DOSES_MET = "doses met"
"""The name of the first tier: the weight of the doses that go unmet."""


class Aim(StrEnum):
    """What was solved for."""

    DOSES_FIRST = "doses, then cost"
    PRICED = "cost, doses priced"


@dataclass(frozen=True)
class Tier:
    """What is made as small as it can be after the doses and before the cost.

    `weights` are whole numbers, by columns that are 0 or 1.
    """

    name: str
    weights: Mapping[int, float]

    def of(self, values: Floats) -> int:
        """The sum over the columns that are 1."""
        return round(sum(w for c, w in self.weights.items() if values[c] > 0.5))


def doses_tier(problem: Problem) -> Tier:
    """The weight of unmet doses. A promise broken weighs as much as three doses."""
    weights = doses_unmet(problem)
    heaviest = max(weights.values(), default=1.0)
    for column in problem.broken:
        weights[column] = 3.0 * heaviest
    return Tier(DOSES_MET, weights)


def weighed(problem: Problem, weights: Mapping[int, float]) -> Matrix:
    """The matrix as it stands, with weights in the place of its costs."""
    cost = [weights.get(c, 0.0) for c in range(problem.matrix.columns)]
    return replace(problem.matrix, cost=cost, constant=0.0)


def fix_hopeless(problem: Problem) -> None:
    """An order without a choice goes unmet."""
    for i, column in enumerate(problem.unmet):
        if not problem.sets.of_order[i]:
            problem.matrix.fix(column, 1.0)


def let_promises_break(problem: Problem) -> None:
    """Promises that contradict each other may be broken, each dearer than all doses together."""
    sets = problem.sets
    dearer = 1.0 + sum(unmet_cents(sets.programme, o.protocol, o.started) for o in sets.orders)
    for column in problem.broken:
        problem.matrix.upper[column] = 1.0
        problem.matrix.cost[column] = dearer


def hold(problem: Problem, tier: Tier, most: int) -> None:
    """What comes later weighs no more: the same doses met, no more promises broken."""
    matrix, weights = problem.matrix, tier.weights
    free = [c for c in weights if matrix.lower[c] != matrix.upper[c]]
    fixed = weights.keys() - set(free)
    lost = sum(weights[c] * matrix.lower[c] for c in fixed)
    if most - lost < 0.5:
        for column in free:
            matrix.fix(column, 0.0)
        return
    terms = [(c, weights[c]) for c in free]
    matrix.row(Limit(tier.name, ""), terms, upper=most - lost + 0.25)


def hold_by_class(problem: Problem, doses: Tier, held: int) -> None:
    """As many doses unmet of started courses, and as many others, as is proven to be the least.

    One row of both weighs a part of a started course against many others; two rows do not, so the
    relaxation of what comes next is closer. Nothing is held where the weight does not tell how many
    there are of each.
    """
    told = classes(doses.weights, held)
    if told is None:
        return
    first, many, rest = told
    matrix, limit = problem.matrix, Limit(doses.name, "by class")
    matrix.row(limit, [(c, 1.0) for c in sorted(first)], lower=many, upper=many)
    others = [(c, w) for c, w in doses.weights.items() if c not in first]
    if others:
        matrix.row(limit, others, lower=rest, upper=rest)


def classes(weights: Mapping[int, float], reached: int) -> tuple[set[int], int, int] | None:
    """The columns of most weight, how many of them are 1, and what the others weigh together.

    None where a weight does not tell, as the others may weigh as much as one of most weight.

    >>> classes({0: 3.0, 1: 3.0, 2: 1.0, 3: 1.0}, 7)
    ({0, 1}, 2, 1)
    >>> classes({0: 2.0, 1: 1.0, 2: 1.0}, 2) is None
    True
    """
    heavy = max(weights.values(), default=1.0)
    if sum(w for w in weights.values() if w != heavy) >= heavy:
        return None
    many, rest = divmod(reached, round(heavy))
    return {c for c, w in weights.items() if w == heavy}, many, rest
