"""Protocols, their courses, and the standing demand as tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from doseline.chance import stable_hash
from doseline.clock import weekday_from_text
from doseline.operations.ordering import longest_lead_min, standing_orders
from doseline.programme.trial import Arm
from doseline.simulate.kernel.rows import rows
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.words import (
    GATES,
)

_STREAMS = {
    "goes_on": "goes-on",
    "gate": "gate",
    "cancel": "cancel",
    "cancel_stage": "cancel-stage",
    "moves": "moved",
}
"""The streams of the luck of a dose, as `demand/luck.py` names them."""


def protocols(t: Tables) -> None:
    """Make the tables of the protocols."""
    p = t.programme
    found: list[dict[str, Any]] = []
    for name in t.protocols:
        law, rules = p.penalty(name), p.ordering_of(name)
        weekday = rules.placed_by_weekday
        found.append(
            {
                "moved_days": math.ceil(rules.moved_by_site_min / 1440),
                "lead": longest_lead_min(rules),
                "closes_weekday": -1 if weekday is None else weekday_from_text(weekday),
                "closes_weeks": rules.placed_before_min // (7 * 1440),
                "placed_before": rules.placed_before_min,
                "before_lock": rules.cancelled_before_lock_fraction,
                "before_production": rules.cancelled_before_production_fraction,
                "after_production": rules.cancelled_after_production_fraction,
                "moved": rules.moved_by_site_fraction,
                **{field: stable_hash(f"{source}:{name}") for field, source in _STREAMS.items()},
                "missed_started": law.missed_started_cents,
                "missed_new": law.missed_new_cents,
                "moved_day": law.moved_day_cents,
                "moved_outside": law.moved_outside_cents,
                "out_of_tolerance": law.out_of_tolerance_cents,
            }
        )
    t.tables["protocols"] = rows("protocols", found)
    arms: list[dict[str, Any]] = []
    visits: list[dict[str, Any]] = []
    gates: list[dict[str, Any]] = []
    chances: list[float] = []
    for protocol, listed in [
        *((t.id, t.arms) for t in p.trials),
        *((m.id, (m.arm,)) for m in p.markets),
    ]:
        t.arms[protocol] = len(arms)
        for arm in listed:
            arms.append({"visit_off": len(visits), "visit_n": len(arm.visits)})
            for number in range(len(arm.visits)):
                visits.append(_visit(t, arm, number, len(gates)))
                for row in arm.visits[number].gate:
                    chances.append(row.chance_fraction)
                    gates.append(
                        {
                            "outcome": GATES.index(row.outcome),
                            "lasts": row.lasts,
                            "factor": row.factor,
                        }
                    )
    t.tables |= {
        "arms": rows("arms", arms),
        "visits": rows("visits", visits),
        "gates": rows("gates", gates),
        "gate_chances": np.array(chances or [0.0]),
    }
    _standing(t)


def _visit(t: Tables, arm: Arm, number: int, gate_off: int) -> dict[str, Any]:
    v = arm.visits[number]
    rule = v.dose or arm.dose
    return {
        "day": v.day,
        "early": v.early_days,
        "late": v.late_days,
        "continues": v.continues_fraction,
        "factor": v.dose_factor,
        "gate_off": gate_off,
        "gate_n": len(v.gate),
        "product": -1 if v.product is None else t.products[v.product],
        "by_size": rule.rate.per != "flat",
        "rate": rule.rate.mbq,
        "size_cap": math.inf if rule.size_cap is None else rule.size_cap,
        "cap": math.inf if rule.cap_mbq is None else rule.cap_mbq,
        "rounded": rule.rounded_to_mbq or 0.0,
    }


def _standing(t: Tables) -> None:
    found = []
    for owner, demand in enumerate(t.programme.standing_demand):
        for o in standing_orders(t.programme, demand, t.world.ways.treats):
            found.append(
                {
                    "owner": owner,
                    "product": t.products[o.product],
                    "protocol": t.protocols[o.protocol],
                    "site": t.sites[o.site],
                    "placed_at": o.placed_at,
                    "wanted": o.wanted_on.toordinal(),
                    "earliest": o.earliest_on.toordinal(),
                    "latest": o.latest_on.toordinal(),
                    "units": o.units,
                    "number": o.course_number,
                }
            )
    t.tables["standing_orders"] = rows("standing_orders", found)
    t.numbers["standing_n"] = len(found)
