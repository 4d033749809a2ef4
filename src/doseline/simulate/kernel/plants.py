"""The plants of a world as tables: their lines, contracts, failures and borders."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from doseline.chance import stable_hash
from doseline.programme.manufacturer import Manufacturer
from doseline.simulate.crossings import border_between
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.rows import rows, triangle
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.words import STAGES


def plants(t: Tables) -> None:
    """Make the tables of the plants."""
    p = t.programme
    contract_of = _contracts(t)
    found: list[dict[str, Any]] = []
    causes: list[dict[str, Any]] = []
    borders: list[int] = []
    for m in p.manufacturers:
        found.append(
            {
                **_plant(t, m),
                "cause_off": len(causes),
                "cause_n": len(m.failures),
                "contract": contract_of.get(m.id, -1),
            }
        )
        causes += [
            {
                "code": t.causes.index(x.cause),
                "stage": STAGES.index(x.stage),
                "chance": x.chance_fraction,
            }
            for x in m.failures
        ]
        for market in t.markets:
            border = border_between(p, m.country, str(market))
            borders.append(-1 if border is None else t.borders[border.id])
    t.tables |= {
        "plants": rows("plants", found),
        "lines": rows("lines", _lines(t)),
        "causes": rows("causes", causes),
        "border_of": np.array(borders or [-1], np.int32),
    }


def _plant(t: Tables, m: Manufacturer) -> dict[str, Any]:
    law = m.learning
    return {
        "zone": t.zone(m.zone),
        "firm": t.firms[m.firm],
        "batches_per_day": m.batches_per_day,
        "qc_per_day": m.qc_releases_per_day,
        "has_limit": m.possession_limit_mbq is not None,
        "limit": m.possession_limit_mbq or 0.0,
        "waste_kept": m.waste_kept_min,
        "usable": m.usable_slots_fraction,
        "mature": 1.0 - math.prod(1.0 - x.chance_fraction for x in m.failures),
        "total": sum(x.chance_fraction for x in m.failures),
        "learns": law is not None,
        "first": law.first_fraction if law else 0.0,
        "floor": law.floor_fraction if law else 0.0,
        "halved": law.halved_after_batches if law else 1.0,
        "cluster": m.failures_cluster_factor,
        "corrects": m.corrective_action is not None,
        **triangle(m.corrective_action),
        "standing_mbq": m.standing_isotope_mbq,
        "hash": stable_hash(m.id),
    }


def _lines(t: Tables) -> list[dict[str, Any]]:
    return [
        {
            "plant": t.plants[plant.id],
            "vial_min": line.vial_min,
            "stream": stable_hash(f"line:{name}"),
            "made_before": t.world.experience.get(name, 0),
        }
        for name, (plant, line) in t.programme.line.items()
    ]


def _contracts(t: Tables) -> dict[str, int]:
    """Make the tables of the contracts; the place of each plant's."""
    contracts: list[dict[str, Any]] = []
    tiers: list[dict[str, Any]] = []
    place: dict[str, int] = {}
    for m in t.programme.manufacturers:
        contract = t.programme.contract.get(m.id)
        if contract is None:
            continue
        place[m.id] = len(contracts)
        listed = sorted(contract.tiers, key=lambda tier: tier.from_batch)
        contracts.append(
            {
                "batch_fee": contract.batch_fee_cents,
                "vials_included": min(contract.vials_included, NEVER),
                "extra_vial": contract.extra_vial_cents,
                "late_cancel": contract.late_cancel_fraction,
                "tier_off": len(tiers),
                "tier_n": len(listed),
            }
        )
        tiers += [{"from_batch": tier.from_batch, "fee": tier.fee_cents} for tier in listed]
    t.tables |= {"contracts": rows("contracts", contracts), "tiers": rows("tiers", tiers)}
    return place
