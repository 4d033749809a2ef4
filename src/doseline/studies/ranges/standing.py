"""What a figure can depend on: a programme with everything else taken out, to be compared."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from doseline.programme import Programme
from doseline.programme.contract import Contract
from doseline.programme.cost import Target
from doseline.programme.lane import Carrier, Lane
from doseline.programme.manufacturer import Manufacturer
from doseline.programme.market import Market
from doseline.programme.product import Product, Step
from doseline.programme.source import IsotopeSource
from doseline.programme.trial import Trial

CHANCE_ONLY: dict[type, dict[str, Any]] = {
    Step: {
        "chance": None, "per_vial_chance": None, "yield_mean_fraction": None,
        "yield_sd_fraction": 0.0, "repeat_fraction": 0.0, "repeat": None,
    },
    Product: {"vial_rejected_fraction": 0.0, "fill_sd_fraction": 0.0, "assay_sd_fraction": 0.0},
    Manufacturer: {
        "learning": None, "failures": (), "failures_cluster_factor": 1.0,
        "corrective_action": None, "usable_slots_fraction": 1.0,
    },
    IsotopeSource: {
        "outages": None, "received_low_fraction": 1.0, "received_high_fraction": 1.0,
        "late_fraction": 0.0, "failed_fraction": 0.0,
    },
    Carrier: {
        "delay_fraction": 0.0, "delay": None, "day_delay_fraction": 0.0,
        "second_day_fraction": 0.0, "lost_fraction": 0.0, "winter_factor": 1.0,
    },
    Lane: {"transit": None},
    Programme: {"hazards": ()},
}  # fmt: skip
"""Fields that hold only where chance is on. Neither planner nor headroom reads them."""

_TARGETS: dict[type, dict[str, Any]] = {
    Programme: {"target": Target(0.0)},
    Contract: {"lead": None},
    Trial: {"target_otif_fraction": None},
    Market: {"target_otif_fraction": None},
}
_BESIDE: dict[str, Any] = {
    "inputs": (),
    "file": "",
    "designs": (),
    "references": (),
    "sizing": None,
}


Stripped = dict[int, tuple[Any, Any]]
"""Parts by identity, each with what is left of it, so that programmes share what they have alike.

Made for one of the functions below and for one study.
"""


def as_served(programme: Programme, known: Stripped | None = None) -> Programme:
    """Without targets and lead times: two that are equal serve and cost the same."""
    found: Programme = _without(programme, _TARGETS, {} if known is None else known, money=False)
    return replace(found, **_BESIDE)


def as_planned(programme: Programme, known: Stripped | None = None) -> Programme:
    """Without chance, money and targets: two that are equal have the same headroom."""
    taken = {**CHANCE_ONLY, **_TARGETS}
    taken[Programme] = {**CHANCE_ONLY[Programme], **_TARGETS[Programme]}
    found: Programme = _without(programme, taken, {} if known is None else known, money=True)
    return replace(found, **{**_BESIDE, "borders": ()})


def _without(value: Any, taken: dict[type, dict[str, Any]], known: Stripped, *, money: bool) -> Any:
    """What is left of a part; the part is kept beside it, so its identity stays its own."""
    if not isinstance(value, tuple) and (not is_dataclass(value) or isinstance(value, type)):
        return value
    before = known.get(id(value))
    if before is None:
        before = known[id(value)] = value, _left(value, taken, known, money=money)
    return before[1]


def _left(value: Any, taken: dict[type, dict[str, Any]], known: Stripped, *, money: bool) -> Any:
    if isinstance(value, tuple):
        return tuple(_without(v, taken, known, money=money) for v in value)
    own = taken.get(type(value), {})
    changed: dict[str, Any] = {}
    for f in fields(value):
        old = getattr(value, f.name)
        if f.name in own:
            new = own[f.name]
        elif money and f.name.endswith(("_cents", "_cents_per_mbq")):
            new = 0
        elif isinstance(old, tuple) or is_dataclass(old):
            new = _without(old, taken, known, money=money)
        else:
            continue
        if new is not old:
            changed[f.name] = new
    return replace(value, **changed) if changed else value
