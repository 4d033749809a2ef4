"""What the rule of a trial says: its boundaries in words, and how it turns out over many trials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from doseline.demand.admission_rules import design_of, looks_of
from doseline.demand.designs import (
    Boin,
    Estimate,
    SingleArm,
    ThreePlusThree,
    boin_boundaries,
    boin_table,
    chance_of_success,
    chance_to_stop_early,
    dose_finding_characteristics,
    event_trial_characteristics,
    exact_power,
    expected_patients,
)
from doseline.demand.designs.event_trial import EventTrial
from doseline.demand.enrolment import MONTH_DAYS
from doseline.programme.trial import Trial
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule
from doseline.studies.as_played import as_played, months_text
from doseline.studies.figures import Figure

TRIALS = 2000


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """A figure of a rule: a share of trials, or a number in a trial (patients, events, months)."""

    name: str
    kind: Literal["share", "number"]
    value: Figure


@dataclass(frozen=True, slots=True)
class RuleSays:
    """A trial's rule: its name, its boundaries in words, and its figures.

    Exact figures have an interval of no width; simulated ones that of their Monte Carlo error. The
    shares of toxicity and response, and the hazard ratio, are the trial's assumptions. `method`
    says how the textbook's figures were found, `as_played` why the one of the futures differs.
    """

    name: str
    boundaries: tuple[str, ...]
    figures: tuple[RuleFigure, ...]
    method: str
    as_played: str = ""


def rule_says(
    trial: Trial, seed: int, played: Figure | None = None, *, recorded: bool = False
) -> RuleSays | None:
    """What the rule of a trial says; None where it has none.

    `played` is the share of the futures in which the rule succeeds; it stands beside the
    textbook's chance of the same. `recorded` says that the futures go on from a record.
    """
    if trial.dose_finding is not None:
        found = _dose_finding(trial, trial.dose_finding, seed)
    elif trial.response_rule is not None:
        found = _responses(trial.response_rule)
    elif trial.event_rule is not None:
        found = _events(trial, trial.event_rule, seed)
    else:
        return None
    return found if played is None else _beside(found, played, as_played(trial, recorded=recorded))


ASSUMED, PLAYED = "success as assumed", "success as played"
"""The names of the textbook's chance of success, and of the share of the futures."""


def _beside(found: RuleSays, played: Figure, difference: str) -> RuleSays:
    """The share as played right behind the textbook's figure, first where there is none."""
    figures = list(found.figures)
    names = [f.name for f in figures]
    place = names.index(ASSUMED) + 1 if ASSUMED in names else 0
    figures.insert(place, RuleFigure(PLAYED, "share", played))
    return replace(found, figures=tuple(figures), as_played=difference)


def _share(name: str, found: Estimate | float) -> RuleFigure:
    return RuleFigure(name, "share", _figure(found))


def _number(name: str, found: Estimate | float) -> RuleFigure:
    return RuleFigure(name, "number", _figure(found))


def _figure(found: Estimate | float) -> Figure:
    if isinstance(found, Estimate):
        return Figure(found.value, found.low_95, found.high_95)
    return Figure(found, found, found)


def _dose_finding(trial: Trial, finding: DoseFinding, seed: int) -> RuleSays:
    boin = Boin(finding.target_fraction, trial.patients, finding.level_patients)
    rule = boin if finding.rule == "boin" else ThreePlusThree()
    found = dose_finding_characteristics(
        rule, finding.toxicity_fraction, seed, TRIALS, finding.cohort, finding.start_level - 1
    )
    none = found.stopped_for_toxicity
    before = ", before expansion" if finding.expansion else ""
    figures = [
        RuleFigure(ASSUMED, "share", Figure(1 - none.value, 1 - none.high_95, 1 - none.low_95)),
        _share("ends without a dose", none),
        _number(f"patients{before}", found.patients),
        _number(f"toxicities{before}", found.toxicities),
    ]
    for arm, level in zip(trial.arms, found.levels, strict=True):
        figures.append(_share(f"chosen: {arm.id}", level.selected))
        figures.append(_number(f"patients at {arm.id}{before}", level.patients))
    method = f"{TRIALS} trials simulated, seed {seed}; success is to end with a dose"
    if finding.expansion:
        method += (
            f"; patients and toxicities are those before the expansion, which then adds up to "
            f"{finding.expansion} at the dose found"
        )
    return RuleSays(
        "BOIN" if finding.rule == "boin" else "3+3",
        _boin_words(boin) if finding.rule == "boin" else _THREE_PLUS_THREE,
        tuple(figures),
        method,
    )


_THREE_PLUS_THREE = (
    "three patients at a level: none with a dose-limiting toxicity, go up; one, treat three more; "
    "two, go down",
    "of six at most one: go up; the dose found is the highest level with at most one of six",
)


def _boin_words(rule: Boin) -> tuple[str, ...]:
    up, down = boin_boundaries(rule.target)
    rows = [r for r in boin_table(rule, 12) if r.patients % 3 == 0]
    return (
        f"target {rule.target:.0%}: go up at a share of at most {up:.3f}, "
        f"down at {down:.3f} or more",
        *(
            f"of {r.patients}: up at {r.escalate_at_most} or fewer, down at "
            f"{r.de_escalate_at_least} or more, given up at {r.eliminate_at_least} or more"
            for r in rows
        ),
    )


def _responses(rule: ResponseRule) -> RuleSays:
    design = design_of(rule)
    null, alternative = rule.null_fraction, rule.alternative_fraction
    assumed = rule.assumed_fraction
    if isinstance(design, SingleArm):
        n, r = design.patients, design.responders
        return RuleSays(
            "one arm, exact binomial",
            (f"{n} patients; success with {r} responses or more",),
            (
                _share("success at the null", exact_power(n, r, null)),
                _share("success at the alternative", design.power),
                _share(ASSUMED, exact_power(n, r, assumed)),
            ),
            "exact",
        )
    return RuleSays(
        f"Simon, two stages, {rule.kind}",
        (
            f"stop with {design.r1} responses or fewer of {design.n1}",
            f"success with more than {design.r} of {design.n}",
        ),
        (
            _share("success at the null", chance_of_success(design, null)),
            _share("success at the alternative", chance_of_success(design, alternative)),
            _share(ASSUMED, chance_of_success(design, assumed)),
            _share("early stop as assumed", chance_to_stop_early(design, assumed)),
            _number("patients as assumed", expected_patients(design, assumed)),
            _number("patients at the null", expected_patients(design, null)),
        ),
        "exact",
    )


def _events(trial: Trial, rule: EventRule, seed: int) -> RuleSays:
    events, bounds = looks_of(rule)
    a_month = trial.enrolment.per_site_month * len(trial.sites)
    figures: list[RuleFigure] = []
    method = "boundaries by numerical integration"
    if events[-1] <= trial.patients and a_month > 0.0:
        found = event_trial_characteristics(
            EventTrial(
                trial.patients,
                rule.control_median_min / 1440.0 / MONTH_DAYS,
                rule.assumed_hazard_ratio,
                events[-1],
                trial.patients / a_month,
                tuple(n / events[-1] for n in events),
                rule.alpha_fraction,
                rule.treated_fraction,
                rule.lost_a_year_fraction,
            ),
            seed,
            TRIALS,
        )
        figures = [
            _share(ASSUMED, found.success),
            _number("events", found.events),
            _number("patients", found.patients),
            _number("months to the end", found.months),
        ]
        for number, look in enumerate(found.looks, 1):
            figures.append(_share(f"success at look {number}", look.stops))
        method += (
            f"; {TRIALS} trials simulated with even enrolment at all sites and no limit on the "
            f"follow-up, seed {seed}"
        )
    return RuleSays(
        "looks at events, O\u2019Brien-Fleming type",
        (
            *(
                f"look at {n} events: success beyond z = {z:.3f}"
                for n, z in zip(events, bounds, strict=True)
            ),
            f"at the latest {months_text(rule.follow_up_min)} after the last patient came: a last "
            f"look at the events seen by then, success beyond z = {bounds[-1]:.3f}",
        ),
        tuple(figures),
        method,
    )
