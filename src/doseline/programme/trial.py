"""Who is treated in a trial, with how much, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from doseline.errors import QuantityError

Unit = Literal["m2", "kg", "flat"]
GateOutcome = Literal["pass", "delay", "reduce", "stop"]


@dataclass(frozen=True, slots=True)
class DoseRate:
    """An activity for each unit of body size, or a flat one. [MBq per m2, per kg, or MBq]"""

    mbq: float
    per: Unit

    def __post_init__(self) -> None:
        if not self.mbq >= 0:
            raise QuantityError(f"a dose is at least 0 MBq, got {self.mbq}")


@dataclass(frozen=True, slots=True)
class DoseRule:
    """How a patient's size becomes an activity."""

    rate: Annotated[DoseRate, "e.g. 15 mCi/m2, 74 MBq/kg or 185 MBq"]
    size_cap: Annotated[float | None, "body surface or weight is capped here"] = None
    cap_mbq: Annotated[float | None, "most activity in a dose"] = None
    rounded_to_mbq: Annotated[float | None, "rounded to the nearest multiple"] = None


@dataclass(frozen=True, slots=True)
class GateRow:
    """One row of a gate: what may happen before a dose, and how often."""

    outcome: Annotated[GateOutcome, "pass, delay, reduce or stop"]
    chance_fraction: Annotated[float, "how often; rows of a gate add up to 1"]
    delay_mean_min: Annotated[int, "mean delay (gamma), in whole weeks once drawn"] = 0
    delay_shape: Annotated[float, "shape of the delay"] = 2.0
    factor: Annotated[float, "dose is multiplied by this when reduced"] = 1.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A dose of the protocol: its day, its window, and who gets as far."""

    day: Annotated[int, "day of the course, the first dose being day 1"]
    early_days: Annotated[int, "days it may come early"] = 0
    late_days: Annotated[int, "days it may come late"] = 0
    continues_fraction: Annotated[float, "share of the patients dosed before who go on to it"] = 1.0
    gate: Annotated[tuple[GateRow, ...], "table of the gate before it; none: always passed"] = ()
    dose_factor: Annotated[float, "of the arm's dose"] = 1.0


@dataclass(frozen=True, slots=True)
class Arm:
    """A schedule of doses, and how many patients it takes."""

    id: Annotated[str, "short name"]
    dose: Annotated[DoseRule, "activity of a dose"]
    visits: Annotated[tuple[Visit, ...], "doses in order"]
    patients: Annotated[int, "patients in this arm (0: the rest)"] = 0
    from_on: Annotated[date | None, "first patient no earlier"] = None
    stagger_min: Annotated[int, "time between the first doses of its patients, at least"] = 0


@dataclass(frozen=True, slots=True)
class SizeGroup:
    """A share of the patients with one distribution of body size."""

    share_fraction: Annotated[float, "of all patients"]
    mean: Annotated[float, "mean body surface [m2] or weight [kg]"]
    sd: Annotated[float, "standard deviation"]


@dataclass(frozen=True, slots=True)
class BodySize:
    """Body surface or weight: a mixture of normals, truncated."""

    groups: Annotated[tuple[SizeGroup, ...], "e.g. men and women"]
    low: Annotated[float, "smallest"]
    high: Annotated[float, "largest"]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Poisson arrivals at each site, with a gamma-distributed rate (Poisson-gamma)."""

    per_site_month: Annotated[float, "mean patients treated a site and month"]
    shape: Annotated[float, "shape of the gamma of a site's rate"] = 2.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One protocol: arms, sites, enrolment."""

    id: Annotated[str, "short name; also the protocol of a permission"]
    name: Annotated[str, "name in print"]
    product: Annotated[str, "product"]
    arms: Annotated[tuple[Arm, ...], "arms or cohorts, filled in order"]
    sites: Annotated[tuple[str, ...], "sites"]
    from_on: Annotated[date, "enrolment opens"]
    until_on: Annotated[date, "enrolment closes"]
    patients: Annotated[int, "most patients treated"]
    enrolment: Annotated[Enrolment, "how fast patients come"]
    size: Annotated[BodySize, "distribution of body size"]
    ends_on: Annotated[date | None, "last day of dosing for the verdict's period"] = None
    screening_min: Annotated[int, "from consent to the first dose"] = 0
    screening_failed_fraction: Annotated[float, "of those consented; the rate counts treated"] = 0.0
    weight_change_sd_fraction: Annotated[float, "change of dose between order and infusion"] = 0.0
    target_otif_fraction: Annotated[float | None, "service target of its own"] = None
    candidate_regimens: Annotated[str, "regimens that were open on the decision date"] = ""
