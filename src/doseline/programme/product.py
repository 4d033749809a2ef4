"""What is made: a carrier, a payload, and the recipe that joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from doseline.errors import QuantityError
from doseline.nuclides import nuclide

Phase = Literal["receipt", "setup", "make", "fill", "qc", "release", "pack"]
Fill = Literal["activity", "volume", "units"]


@dataclass(frozen=True, slots=True)
class Triangular:
    """A duration drawn between two ends, most often near the mode. [min]

    >>> Triangular(60, 120, 360).mean
    180.0
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.mode <= self.high:
            raise QuantityError(
                f"a triangular duration rises from low to mode to high, "
                f"got {self.low}, {self.mode}, {self.high}"
            )

    @property
    def mean(self) -> float:
        """The mean of the distribution. [min]"""
        return (self.low + self.mode + self.high) / 3.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the recipe, with what it takes and what it loses."""

    id: Annotated[str, "name of the step"]
    phase: Annotated[
        Phase,
        "receipt and setup end before labelling starts; make and fill run up to EOS; "
        "qc and release follow EOS; pack runs beside them",
    ]
    planned_min: Annotated[int, "duration the planner uses, and that holds with chance off"]
    chance: Annotated[Triangular | None, "duration drawn when chance is on"] = None
    per_vial_min: Annotated[
        float, "added for each vial (of a fill step: the line's own minutes a vial)"
    ] = 0.0
    per_vial_chance: Annotated[
        Triangular | None, "factor on the minutes a vial, drawn when chance is on"
    ] = None
    at_most_min: Annotated[int | None, "planned duration never exceeds this"] = None
    yield_fraction: Annotated[float, "decay-corrected yield the planner uses"] = 1.0
    yield_mean_fraction: Annotated[float | None, "mean of the yield when chance is on"] = None
    yield_sd_fraction: Annotated[float, "standard deviation of the yield"] = 0.0
    repeat_fraction: Annotated[float, "chance of a repeat or a hold"] = 0.0
    repeat: Annotated[Triangular | None, "what a repeat or a hold adds"] = None


@dataclass(frozen=True, slots=True)
class Product:
    """A radiopharmaceutical, or a cold product beside it (nuclide left out)."""

    id: Annotated[str, "short name used everywhere in the file"]
    name: Annotated[str, "name in print"]
    carrier: Annotated[str, "the molecule that finds the target"]
    payload: Annotated[str, "what the carrier brings"]
    shelf_life_min: Annotated[int, "from EOS to the last moment of use"]
    recipe: Annotated[tuple[Step, ...], "the process, step by step"]
    nuclide: Annotated[str | None, "radionuclide; none for a cold product"] = None
    half_life_min: Annotated[
        float | None, "pinned half-life; left out, the value of the nuclide table holds"
    ] = None
    fill: Annotated[
        Fill,
        "to the activity at the planned infusion; to the volume that holds it at a fixed "
        "concentration, as far as the vial takes it; or in units",
    ] = "activity"
    concentration_mbq_per_ml: Annotated[float | None, "activity concentration at EOS"] = None
    fill_volume_ml: Annotated[
        float | None, "most that a vial takes when its volume follows from the concentration"
    ] = None
    tolerance_fraction: Annotated[float, "administered against ordered activity, for OTIF"] = 0.10
    hard_tolerance_fraction: Annotated[float, "beyond this the dose is not given"] = 0.20
    overfill_fraction: Annotated[float, "extra activity in a vial that stays behind"] = 0.0
    samples_fraction: Annotated[float, "share of the bulk at EOS that goes to QC and retain"] = 0.0
    vial_rejected_fraction: Annotated[float, "chance that a filled vial is rejected"] = 0.0
    storage: Annotated[str, "how it is kept"] = ""
    preparation_min: Annotated[int, "from receipt at the site to the earliest use"] = 0
    infusion_min: Annotated[int, "duration of the infusion"] = 0
    shipper_hold_min: Annotated[int | None, "the package keeps its temperature so long"] = None
    fill_sd_fraction: Annotated[float, "error of the filled activity"] = 0.0
    assay_sd_fraction: Annotated[float, "error of the site's dose calibrator"] = 0.0
    price_cents: Annotated[int, "price of a dose"] = 0

    @property
    def decays(self) -> bool:
        """Whether the product carries a radionuclide."""
        return self.nuclide is not None

    @property
    def vial_limit_mbq(self) -> float:
        """The most activity that a vial holds at EOS at the fixed concentration. [MBq]

        Infinite where the product is not filled to volume.
        """
        if self.fill != "volume":
            return float("inf")
        return (self.concentration_mbq_per_ml or 0.0) * (self.fill_volume_ml or 0.0)

    @property
    def half_life(self) -> float:
        """The half-life in force; infinite for a cold product. [min]"""
        if self.half_life_min is not None:
            return self.half_life_min
        return nuclide(self.nuclide).half_life_min if self.nuclide else float("inf")
