"""A tiny world with up to three like cells, where one cell is too few and two are enough."""

from __future__ import annotations

from dataclasses import replace

from doseline.clock import week_time_from_text
from doseline.programme import Programme
from doseline.programme.contract import LeadTime
from doseline.programme.manufacturer import FailureCause, SlotRule
from tests.hand_world import world

TARGET = 0.63
"""Between the OTIF of one cell and of two, far from both."""


def cells(number: int = 3, target: float = TARGET) -> Programme:
    """The world known by heart with cells of one vial each, and eight patients to treat."""
    own = world()
    (plant,) = own.manufacturers
    (cell,) = plant.lines
    one = replace(
        cell,
        slots=(SlotRule(week_time_from_text("Tuesday 06:00")),),
        vials_max=1,
        turnaround_min=60,
    )
    plant = replace(
        plant,
        lines=tuple(replace(one, id=f"cell-{i}") for i in range(1, number + 1)),
        failures=(FailureCause("setup", 0.05, "before_fill"),),
        batches_per_day=number,
        qc_releases_per_day=number,
    )
    lead = LeadTime(transfer_min=30 * 1440, approval_min=10 * 1440, slot_min=14 * 1440)
    return replace(
        own,
        manufacturers=(plant,),
        contracts=(replace(own.contracts[0], lead=lead),),
        sites=tuple(replace(s, daily_capacity=4) for s in own.sites),
        trials=(replace(own.trials[0], patients=8),),
        target=replace(own.target, otif_fraction=target),
    )
