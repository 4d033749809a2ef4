"""Rules that trials, their rules and the stages of a programme must keep by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from doseline.demand.admission_rules import design_of, looks_of
from doseline.demand.designs import TwoStage
from doseline.errors import QuantityError
from doseline.programme.trial import Enrolment, Trial
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule

__all__ = ["dose_finding", "enrolment", "event_rule", "response_rule", "trial"]

Found = tuple[tuple[str | int, ...], str]


def enrolment(e: Enrolment) -> Iterator[Found]:
    """Seasons have a factor for each month; a region says what differs there."""
    if e.seasons and (len(e.seasons) != 12 or not sum(e.seasons) > 0):
        message = f"found {len(e.seasons)} factors, expected 12, January first, not all 0"
        yield ("seasons",), message
    for i, region in enumerate(e.regions):
        if region.per_site_month is None and not region.patients:
            yield ("regions", i), "says nothing; expected per_site_month, patients, or both"


def trial(t: Trial) -> Iterator[Found]:
    """At most one rule sets the number of patients, and it fits the arms; somebody is screened."""
    if t.screening_failed_fraction >= 1.0:
        yield ("screening_failed",), 'found "100 %", expected less, or nobody is ever treated'
    rules = {
        "dose_finding": t.dose_finding,
        "response_rule": t.response_rule,
        "event_rule": t.event_rule,
    }
    said = [key for key, rule in rules.items() if rule is not None]
    for key in said[1:]:
        yield (key,), f"stands beside {said[0]}; expected one rule at most"
    found = t.dose_finding
    if found is not None:
        if len(found.toxicity_fraction) != len(t.arms):
            shares, arms = len(found.toxicity_fraction), len(t.arms)
            message = f"found {shares} shares, expected {arms}, one for each arm"
            yield ("dose_finding", "toxicity"), message
        if found.start_level > len(t.arms):
            message = f'found "{found.start_level}", expected an arm from 1 to {len(t.arms)}'
            yield ("dose_finding", "start_level"), message
    if said and any(a.patients or a.from_on or a.observed_min for a in t.arms):
        message = f"patients, from and observed of an arm are set by {said[0]}; leave them out"
        yield ("arms",), message
    least = _least_patients(t)
    if t.patients < least:
        message = f'found "{t.patients}", expected at least {least}, which {said[0]} asks for'
        yield ("patients",), message
    if t.event_rule and any(a.stagger_min for a in t.arms):
        yield ("arms",), "a stagger has no place beside event_rule; leave it out"
    if (t.response_rule or t.event_rule) and len(t.arms) != 1:
        yield ("arms",), f"found {len(t.arms)} arms, expected one beside {said[0]}"


def _least_patients(t: Trial) -> int:
    """The fewest patients with which the rule of a trial can come to its end; 0 without one."""
    finding = t.dose_finding
    if finding is not None and finding.rule == "3+3":
        return 6 * len(t.arms)
    try:
        if t.response_rule is not None and not list(response_rule(t.response_rule)):
            design = design_of(t.response_rule)
            return design.n if isinstance(design, TwoStage) else design.patients
        if t.event_rule is not None and not list(event_rule(t.event_rule)):
            return looks_of(t.event_rule)[0][-1]
    except QuantityError:  # there is no such design, which is a fault of its own
        pass
    return 0


def dose_finding(d: DoseFinding) -> Iterator[Found]:
    """More dose is not less toxic; 3+3 treats cohorts of three."""
    for i, (below, above) in enumerate(pairwise(d.toxicity_fraction), 1):
        if above < below:
            message = f"found {above:g}, expected at least {below:g}, the share of the level before"
            yield ("toxicity", i), message
    if d.rule == "3+3" and d.cohort != 3:
        yield ("cohort",), f'found "{d.cohort}", expected 3 with the rule 3+3'
    if d.rule == "boin" and not 0.05 <= d.target_fraction <= 0.6:
        yield ("target",), f"found {d.target_fraction:g}, expected 0.05 to 0.6 (5 to 60 %)"


def response_rule(r: ResponseRule) -> Iterator[Found]:
    """The rate that is looked for lies above the one that is not enough."""
    if not r.null_fraction < r.alternative_fraction:
        message = (
            f"found {r.alternative_fraction:g}, expected more than the null rate, "
            f"{r.null_fraction:g}"
        )
        yield ("alternative",), message
    for key, value in (("null", r.null_fraction), ("alternative", r.alternative_fraction)):
        if not 0.0 < value < 1.0:
            yield (key,), f"found {value:g}, expected a share between 0 and 1, neither of them"
    faults = list(_errors(r.alpha_fraction, r.power_fraction))
    yield from faults
    if not faults and 0.0 < r.null_fraction < r.alternative_fraction < 1.0:
        yield from _designed(lambda: design_of(r), "alternative")


def event_rule(e: EventRule) -> Iterator[Found]:
    """Looks rise to all events, and an effect is looked for."""
    looks = e.looks_fraction
    rising = bool(looks) and list(looks) == sorted(set(looks)) and looks[0] > 0.0
    rising = rising and abs(looks[-1] - 1.0) <= 1e-9
    if not rising:
        yield ("looks",), "are out of order; expected rising shares, the last of them 100 %"
    if not 0.0 < e.planned_hazard_ratio < 1.0:
        message = f'found "{e.planned_hazard_ratio:g}", expected a ratio above 0 and below 1'
        yield ("planned_hazard_ratio",), message
    if not e.assumed_hazard_ratio > 0.0:
        yield ("assumed_hazard_ratio",), 'found "0", expected a ratio above 0'
    if not e.control_median_min > 0:
        yield ("control_median",), "found nothing, expected a time such as 6 months"
    if not 0.0 < e.treated_fraction < 1.0:
        message = f"found {e.treated_fraction:g}, expected a share between 0 and 1, neither of them"
        yield ("treated",), message
    yield from _errors(e.alpha_fraction, e.power_fraction)
    if rising and 0.0 < e.planned_hazard_ratio < 1.0 and 0.0 < e.treated_fraction < 1.0:
        yield from _designed(lambda: looks_of(e), "looks")


def _designed(design: Callable[[], object], key: str) -> Iterator[Found]:
    """Whether there is such a design at all; what it says where there is none."""
    try:
        design()
    except QuantityError as error:
        yield (key,), str(error)


def _errors(alpha: float, power: float) -> Iterator[Found]:
    if not 0.0 < alpha < 0.5:
        yield ("alpha",), f"found {alpha:g}, expected a share above 0 and below 0.5"
    if not alpha < power < 1.0:
        yield ("power",), f"found {power:g}, expected a share above alpha and below 1"
