"""The planner: which batches, when, where, how large, and which dose comes out of which."""

from doseline.plan.costs import Breakdown
from doseline.plan.explain import Shifted
from doseline.plan.headroom import Headroom, MonthUse, headroom
from doseline.plan.pins import Pin
from doseline.plan.plan import Plan, Status, plan
from doseline.plan.solve import Limits

__all__ = [
    "Breakdown",
    "Headroom",
    "Limits",
    "MonthUse",
    "Pin",
    "Plan",
    "Shifted",
    "Status",
    "headroom",
    "plan",
]
