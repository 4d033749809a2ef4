"""The planner: which batches, when, where, how large, and which dose comes out of which."""

from doseline.plan.audit import Audit, Contingency, audit
from doseline.plan.calls import Call, Told
from doseline.plan.certificate import Certificate
from doseline.plan.costs import Breakdown
from doseline.plan.explain import Shifted
from doseline.plan.headroom import Headroom, MonthUse, headroom
from doseline.plan.moves import Changed, Moved
from doseline.plan.pins import Pin
from doseline.plan.plan import Plan, Status, plan
from doseline.plan.protection import Curve, Secured, secure
from doseline.plan.remedies import Change
from doseline.plan.replan import Alternative, Replan, Way, replan
from doseline.plan.solve import Limits
from doseline.plan.tactical import Tactical, tactical
from doseline.plan.verify import Verified, verify
from doseline.plan.why import Saving, Why, why
from doseline.plan.worth import Worth, worth

__all__ = [
    "Alternative",
    "Audit",
    "Breakdown",
    "Call",
    "Certificate",
    "Change",
    "Changed",
    "Contingency",
    "Curve",
    "Headroom",
    "Limits",
    "MonthUse",
    "Moved",
    "Pin",
    "Plan",
    "Replan",
    "Saving",
    "Secured",
    "Shifted",
    "Status",
    "Tactical",
    "Told",
    "Verified",
    "Way",
    "Why",
    "Worth",
    "audit",
    "headroom",
    "plan",
    "replan",
    "secure",
    "tactical",
    "verify",
    "why",
    "worth",
]
