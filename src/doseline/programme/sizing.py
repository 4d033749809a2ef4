"""What may vary when the least capacity is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class PlantRange:
    """A plant that may be given fewer or more weekly slots, or be left out."""

    manufacturer: Annotated[str, "plant"]
    slots_least: Annotated[int, "fewest weekly slots; 0: it may be left out"] = 0
    slots_most: Annotated[
        int | None,
        "most weekly slots: those that the design takes first, then the plant's others in the "
        "order of the file; none: all",
    ] = None
    every_weeks: Annotated[
        tuple[int, ...], "each tried: 1 weekly, 2 every second week; none named: as the design"
    ] = ()


@dataclass(frozen=True, slots=True)
class Sizing:
    """The grid of designs that `size` looks through: each choice with every other.

    Plants that are not named stand as in the design that is sized.
    """

    plants: Annotated[
        tuple[PlantRange, ...], "plants that vary; none named: those of all designs"
    ] = ()
    overage_fraction: Annotated[
        tuple[float, ...], "isotope beyond the need, each tried; none named: as the policy"
    ] = ()
    spare_vials: Annotated[
        tuple[int, ...], "vials beyond those ordered, each tried; none named: as the policy"
    ] = ()
    standing_isotope_mbq: Annotated[
        tuple[float, ...],
        "isotope bought every week for stand-in batches at each plant, each tried; none named: as "
        "the plants",
    ] = ()
    use_options: Annotated[
        tuple[bool, ...], "slots on option called off or not, each tried; none named: as the policy"
    ] = ()
