"""Rules that set how many patients a trial treats. Their rates are inputs, never predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

DoseRuleKind = Literal["3+3", "boin"]
ResponseKind = Literal["optimal", "minimax", "single"]


@dataclass(frozen=True, slots=True)
class DoseFinding:
    """A Phase I trial whose arms are dose levels, lowest first.

    A cohort is treated, observed to the nadir and reviewed; the rule then says which level comes
    next. The shares with a dose-limiting toxicity are assumed.
    """

    rule: Annotated[DoseRuleKind, "3+3 or boin"]
    toxicity_fraction: Annotated[
        tuple[float, ...], "assumed share with a dose-limiting toxicity, a level each"
    ]
    target_fraction: Annotated[float, "share that is aimed at (boin)"] = 0.25
    cohort: Annotated[int, "patients of a cohort"] = 3
    observed_min: Annotated[int, "from a first dose to its outcome: to the nadir and recovery"] = (
        56 * 1440
    )
    review_min: Annotated[int, "then, until the next cohort opens"] = 0
    start_level: Annotated[int, "level of the first cohort, from 1"] = 1
    level_patients: Annotated[int, "BOIN stops once so many were treated at one level"] = 12
    expansion: Annotated[int, "patients added at the level found"] = 0


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """Patients by an exact rule on responses: Simon's two stages, or one stage."""

    kind: Annotated[ResponseKind, "optimal or minimax (Simon, two stages), or single (one stage)"]
    null_fraction: Annotated[float, "response rate that is not enough"]
    alternative_fraction: Annotated[float, "response rate that the trial is made to find"]
    assumed_fraction: Annotated[float, "response rate assumed for the forecast"]
    alpha_fraction: Annotated[float, "most chance of success at the null, one-sided"] = 0.05
    power_fraction: Annotated[float, "least chance of success at the alternative"] = 0.8
    observed_min: Annotated[int, "from a first dose until the response is known"] = 84 * 1440
    review_min: Annotated[int, "then, until enrolment may go on"] = 0
    pauses: Annotated[bool, "enrolment waits for the outcome of the first stage"] = True


@dataclass(frozen=True, slots=True)
class EventRule:
    """Looks at progression or death, treated against control, with error spent over the looks.

    Only treated patients ask for doses. The spending is that of Lan and DeMets, of the
    O'Brien-Fleming type; the number of events is Schoenfeld's.
    """

    planned_hazard_ratio: Annotated[float, "that the trial is made to find"]
    assumed_hazard_ratio: Annotated[float, "assumed for the forecast"]
    control_median_min: Annotated[int, "median time to the event without treatment"]
    treated_fraction: Annotated[float, "share of the patients who are treated"] = 0.5
    looks_fraction: Annotated[
        tuple[float, ...], "share of the events at each look, the last being all"
    ] = (1.0,)
    alpha_fraction: Annotated[float, "chance of success without an effect, one-sided"] = 0.025
    power_fraction: Annotated[float, "least chance of success at the planned ratio"] = 0.9
    lost_a_year_fraction: Annotated[float, "patients lost to follow-up a year"] = 0.0
    follow_up_min: Annotated[int, "at the latest so long after the last patient it is analysed"] = (
        3 * 525_960
    )
    review_min: Annotated[int, "from a look's events until its outcome is known"] = 0
