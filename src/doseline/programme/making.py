"""How long a batch takes and what it yields, as planned, from its recipe and its line."""

from __future__ import annotations

import math

from doseline.programme.manufacturer import Line
from doseline.programme.product import Phase, Product
from doseline.programme.rules import fill_min

MAKING: tuple[Phase, ...] = ("make", "fill")


def planned_min(product: Product, phase: Phase) -> int:
    """Planned minutes of the steps of one phase, without what each vial adds."""
    return sum(s.planned_min for s in product.recipe if s.phase == phase)


def make_min(product: Product, line: Line, vials: int) -> int:
    """Planned minutes from the start of labelling to EOS, filling `vials` vials.

    Rounded up to a whole minute. [conventions 2.5]
    """
    total = float(planned_min(product, "make"))
    for step in product.recipe:
        if step.phase == "fill":
            total += fill_min(step.planned_min, vials, line.vial_min)
    return math.ceil(total - 1e-9)


def pack_min(product: Product, vials: int) -> int:
    """Planned minutes from EOS until the vials are packed."""
    total = 0.0
    for step in product.recipe:
        if step.phase == "pack":
            planned = step.planned_min + vials * step.per_vial_min
            total += planned if step.at_most_min is None else min(planned, step.at_most_min)
    return math.ceil(total - 1e-9)


def release_min(product: Product) -> int:
    """Planned minutes from EOS to release: QC, then the QA release."""
    return planned_min(product, "qc") + planned_min(product, "release")


def ready_min(product: Product, vials: int) -> int:
    """Planned minutes from EOS until a package can leave: released and packed."""
    return max(release_min(product), pack_min(product, vials))


def planned_yield(product: Product) -> float:
    """Decay-corrected yield from charge to filled vials that the planner uses."""
    return math.prod(s.yield_fraction for s in product.recipe if s.phase in MAKING)
