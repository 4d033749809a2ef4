"""Who is treated in a trial, with how much, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from doseline.errors import QuantityError
from doseline.programme.cost import Ordering
from doseline.programme.product import Triangular
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule

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
    lasts: Annotated[bool, "the reduction holds for the doses after it too"] = False
    because: Annotated[str, "what was found, e.g. platelets below 75"] = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A dose of the protocol: its day, its window, and who gets as far.

    A dosimetric dose before therapy is a visit with a dose of its own, and often a product of its
    own.
    """

    day: Annotated[int, "day of the course, the first dose being day 1"]
    early_days: Annotated[int, "days it may come early"] = 0
    late_days: Annotated[int, "days it may come late"] = 0
    continues_fraction: Annotated[float, "share of the patients dosed before who go on to it"] = 1.0
    gate: Annotated[tuple[GateRow, ...], "table of the gate before it; none: always passed"] = ()
    dose_factor: Annotated[float, "of the arm's dose"] = 1.0
    dose: Annotated[DoseRule | None, "a dose of its own, e.g. a dosimetric one"] = None
    product: Annotated[str | None, "a product of its own, e.g. the imaging analogue"] = None


@dataclass(frozen=True, slots=True)
class Arm:
    """A schedule of doses, and how many patients it takes."""

    id: Annotated[str, "short name"]
    dose: Annotated[DoseRule, "activity of a dose"]
    visits: Annotated[tuple[Visit, ...], "doses in order"]
    patients: Annotated[int, "patients in this arm (0: the rest)"] = 0
    from_on: Annotated[date | None, "first patient no earlier"] = None
    stagger_min: Annotated[int, "time between the first doses of its patients, at least"] = 0
    observed_min: Annotated[
        int, "the next arm opens so long after its last first dose: to the nadir, and review"
    ] = 0


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
class RegionEnrolment:
    """Where sites of some markets enrol at a rate of their own, or only so many together."""

    markets: Annotated[tuple[str, ...], "markets of the sites, e.g. US or EU"]
    per_site_month: Annotated[float | None, "mean patients treated a site and month"] = None
    patients: Annotated[int, "most patients from there (0: no limit)"] = 0


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Poisson arrivals at each site, with a gamma-distributed rate (Poisson-gamma)."""

    per_site_month: Annotated[float, "mean patients treated a site and month"]
    shape: Annotated[float, "shape of the gamma of a site's rate"] = 2.0
    regions: Annotated[tuple[RegionEnrolment, ...], "what differs in some markets"] = ()
    seasons: Annotated[
        tuple[float, ...], "factor on the rate in each month, January first (none: 1 all year)"
    ] = ()
    site_patients: Annotated[int, "most patients of one site (0: no limit)"] = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One protocol: arms, sites, enrolment.

    At most one rule may set how many are treated; without one, arms fill in order up to their
    numbers.
    """

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
    screening_chance: Annotated[Triangular | None, "the same, as drawn"] = None
    screening_failed_fraction: Annotated[float, "of those consented; the rate counts treated"] = 0.0
    weight_change_sd_fraction: Annotated[float, "change of dose between order and infusion"] = 0.0
    target_otif_fraction: Annotated[float | None, "service target of its own"] = None
    waits_min: Annotated[
        int | None, "a patient waits so long for a place, then goes elsewhere (none: for ever)"
    ] = None
    dose_finding: Annotated[DoseFinding | None, "arms are dose levels, found by a rule"] = None
    response_rule: Annotated[ResponseRule | None, "patients by a rule on responses"] = None
    event_rule: Annotated[EventRule | None, "looks at events, one group against another"] = None
    ordering: Annotated[Ordering | None, "ordering rules of its own"] = None
    candidate_regimens: Annotated[str, "regimens that were open on the decision date"] = ""
