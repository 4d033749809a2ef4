"""What a lower bound of the model says of a plan: its cost, and the doses that could be met."""

from __future__ import annotations

import math
from fractions import Fraction

from doseline.plan.model.objective import doses_unmet
from doseline.plan.model.variables import Problem


def bound_in_cents(model_cents: float | Fraction, ties_cents: int, total_cents: int) -> int:
    """What no schedule of the model can undercut, in whole cents.

    `ties_cents` break ties alone and are left aside (`objective.tie_breaks_cents`); a plan is
    counted anew and may cost less than the model says, so the bound is never above its total.

    >>> bound_in_cents(1000.9, 30, 2000), bound_in_cents(1000.9, 30, 900)
    (970, 900)
    """
    return min(total_cents, max(0, math.floor(model_cents) - ties_cents))


def gap_of(total_cents: int, bound_cents: int) -> float:
    """The share of the cost by which a plan may be above the best.

    >>> gap_of(1000, 990), gap_of(0, 0)
    (0.01, 0.0)
    """
    return (total_cents - bound_cents) / total_cents if total_cents else 0.0


def met_at_most(problem: Problem, weight_at_least: float | Fraction, asked: int) -> int:
    """The most doses that any schedule can meet in their order of priority.

    A weight of unmet doses bounds their number by its share of the heaviest.
    """
    without = sum(1 for rows in problem.sets.of_order.values() if not rows)
    heaviest = max(doses_unmet(problem).values(), default=1.0)
    share = math.ceil(float(weight_at_least) / heaviest - 1e-6)
    return asked - max(without, share)
