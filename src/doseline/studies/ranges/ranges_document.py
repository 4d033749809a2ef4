"""Inputs over their ranges, as a document says them."""

from __future__ import annotations

from typing import Any

from doseline.studies.figures import figure
from doseline.studies.ranges.found import End, Sensitivity

Document = dict[str, Any]


def ranges_document(found: Sensitivity) -> Document:
    """Inputs over their ranges, for one question."""
    return {
        "question": found.question,
        "design": found.design or None,
        "replications": found.replications,
        "base_replications": found.base_replications,
        "base": _end(found.base),
        "inputs": [
            {
                "id": e.range.id,
                "name": e.range.name,
                "fields": list(e.range.fields),
                "assumed": e.range.assumed,
                "value": e.range.value,
                "moves_verdict": e.moves,
                "low": {"value": e.range.low, **_end(e.low)},
                "high": {"value": e.range.high, **_end(e.high)},
            }
            for e in found.effects
        ],
        "moving": [e.range.id for e in found.moving],
        "without_range": {u.section: u.inputs for u in found.unstated},
    }


def _end(found: End) -> Document:
    return {
        "otif": figure(found.otif),
        "otif_change": figure(found.otif_change),
        "headroom": found.headroom,
        "cost": figure(found.cost),
        "cost_change": figure(found.cost_change),
        "sufficient": found.sufficient,
        "not_moved": list(found.stuck),
    }
