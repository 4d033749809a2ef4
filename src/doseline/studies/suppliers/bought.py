"""What each further supplier buys, as it was found: one frozen record a supplier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from doseline.studies.figures import Figure


@dataclass(frozen=True, slots=True)
class Part:
    """What one cause adds to the gain: in OTIF, and in doses on time a future."""

    cause: str
    otif: Figure
    doses: Figure


@dataclass(frozen=True, slots=True)
class Bought:
    """What a supplier buys beside those before it.

    The parts begin with `capacity`, the gain where no cause acts, and add up to `gain`, the gain
    in the world as it is. `cost_per_dose` is the further cost by the further doses on time; None
    where there are none beyond doubt.
    """

    supplier: str
    beside: tuple[str, ...]
    before: Figure
    after: Figure
    gain: Figure
    doses: Figure
    parts: tuple[Part, ...]
    cost_before: Figure
    cost: Figure
    cost_per_dose: float | None


@dataclass(frozen=True)
class Suppliers:
    """The suppliers of a design one after the other, for one question.

    `order` is that in which causes are switched on; with `shapley` each part is the mean over all
    orders. `names` are the suppliers in print.
    """

    question: str
    name: str
    design: str
    order: tuple[str, ...]
    shapley: bool
    replications: int
    bought: tuple[Bought, ...]
    names: Mapping[str, str]
    seconds: float = 0.0
