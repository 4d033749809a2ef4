"""The planner: which batches, when, where, how large, and which dose comes out of which."""

from doseline.plan.failures.audit import Audit, Contingency, audit
from doseline.plan.failures.protection import Curve, Secured, secure
from doseline.plan.long_term.headroom import Headroom, MonthUse, headroom
from doseline.plan.long_term.tactical import Tactical, tactical
from doseline.plan.model.costs import Breakdown
from doseline.plan.model.pins import Pin
from doseline.plan.plan import Plan, Status, plan
from doseline.plan.proof.certificate import Certificate
from doseline.plan.proof.verify import Verified, verify
from doseline.plan.reasons.explain import Shifted
from doseline.plan.reasons.remedies import Change
from doseline.plan.reasons.why import Saving, Why, why
from doseline.plan.reasons.worth import Worth, worth
from doseline.plan.replanning.calls import Call, Told
from doseline.plan.replanning.moves import Changed, Moved
from doseline.plan.replanning.replan import Alternative, Replan, Way, replan
from doseline.plan.solving.solve import Limits

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
