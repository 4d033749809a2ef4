"""Ways to a patient's day that several programmes share, as all that they depend on is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from doseline.operations.slots import Slot
from doseline.programme import Programme
from doseline.programme.cost import Costs, Ordering, Target
from doseline.programme.product import Step

_KEPT = 6


@dataclass
class Travelled:
    """The ways found so far, by product, protocol, site and day, and what they depend on."""

    programme: Programme
    slots: tuple[Slot, ...]
    ways: dict[tuple[str, str, str, int], tuple[Any, ...]] = field(default_factory=dict)


_known: list[Travelled] = []


def travelled(programme: Programme, slots: Sequence[Slot]) -> Travelled:
    """The ways found before from the same slots over the same roads, or none as yet.

    So an input that is moved over its range costs no more than what it touches.
    """
    asked = Travelled(as_travelled(programme), tuple(slots))
    for found in _known:
        if found.programme == asked.programme and found.slots == asked.slots:
            _known.remove(found)
            break
    else:
        found = asked
    _known.append(found)
    del _known[:-_KEPT]
    return found


def as_travelled(programme: Programme) -> Programme:
    """The programme without what no way, its cost or its lateness depends on.

    Demand, money but that of roads, sources (they are in the slots), what fails a batch or a vial,
    and what a batch yields.
    """
    products = tuple(
        replace(
            x, price_cents=0, vial_rejected_fraction=0.0, fill_sd_fraction=0.0,
            assay_sd_fraction=0.0, recipe=tuple(_unyielding(step) for step in x.recipe),
        )
        for x in programme.products
    )  # fmt: skip
    plants = tuple(
        replace(
            m, failures=(), learning=None, failures_cluster_factor=1.0, corrective_action=None,
            usable_slots_fraction=1.0,
        )
        for m in programme.manufacturers
    )  # fmt: skip
    return replace(
        programme, name="", products=products, manufacturers=plants, target=Target(0.0),
        price_year=None, sources=(),
        contracts=(), trials=(), markets=(), standing_demand=(), stages=(), ordering=Ordering(),
        penalties=(), costs=Costs(), designs=(), scenarios=(), hazards=(), questions=(),
        main_design=None, sizing=None, references=(), inputs=(), design=None, file="",
    )  # fmt: skip


def _unyielding(step: Step) -> Step:
    return replace(step, yield_fraction=1.0, yield_mean_fraction=None, yield_sd_fraction=0.0)
