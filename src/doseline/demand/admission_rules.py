"""Trials whose own rule says who is treated: dose finding, responses, and events over time.

The designs are those of `demand/designs`; here they are played patient by patient, in calendar
time, as patients arrive. A patient's toxicity, response and time to the event come from one number
each, drawn beforehand, and the shares that the trial assumes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from doseline.demand.admission import Admitted, InOrder, Outcome, Place, Rule
from doseline.demand.designs import (
    Boin,
    SingleArm,
    ThreePlusThree,
    TwoStage,
    boundaries,
    events_at,
    next_dose,
    schoenfeld_events,
    simon_minimax,
    simon_optimal,
    single_arm,
    whole_events,
)
from doseline.demand.designs.event_trial import Histories, log_rank
from doseline.demand.enrolment import MONTH_DAYS, whole_days
from doseline.demand.luck import Drawn
from doseline.programme.trial import Trial
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule


@dataclass(frozen=True, slots=True)
class Fates:
    """The numbers that decide the outcomes of the patients who arrive, a row each."""

    outcome: Sequence[float] = ()
    event: Sequence[float] = ()
    leaves: Sequence[float] = ()
    group: Sequence[float] = ()


def fates_of(trial: Trial, drawn: Drawn) -> Fates:
    """The numbers that the rule of a trial asks for; none where it has none."""

    def numbers(source: str) -> list[float]:
        found: list[float] = drawn.uniforms(source)[:, 0].tolist()
        return found

    if trial.dose_finding is not None or trial.response_rule is not None:
        return Fates(outcome=numbers("outcome"))
    if trial.event_rule is not None:
        return Fates(event=numbers("event"), leaves=numbers("leaves"), group=numbers("group"))
    return Fates()


def rule_of(trial: Trial, fates: Fates, known: int = 0, known_on: int = 0) -> Rule:
    """The rule of a trial, at its beginning.

    Where a record is given, so many patients are known to have been enrolled by its last day: what
    would have ended the trial before then has not happened.
    """
    if trial.dose_finding is not None:
        return Escalation(trial, trial.dose_finding, fates)
    if trial.response_rule is not None:
        return Responses(trial, trial.response_rule, fates, known=known)
    if trial.event_rule is not None:
        return Looks(trial, trial.event_rule, fates, known_on)
    return InOrder(trial)


# -- dose finding --------------------------------------------------------------------------


@dataclass
class Escalation:
    """Cohorts at dose levels, each opened once the one before has been observed and reviewed."""

    trial: Trial
    finding: DoseFinding
    fates: Fates
    treated: list[int] = field(init=False)
    toxic: list[int] = field(init=False)
    level: int = field(init=False)
    room: int = 0
    cohort: int = 0
    opens: int = 0
    last_dose: int = 0
    eliminated: int | None = None
    mtd: int | None = None
    expanding: bool = False
    ended: bool = False

    def __post_init__(self) -> None:
        self.treated, self.toxic = [0] * len(self.trial.arms), [0] * len(self.trial.arms)
        self.level = self.finding.start_level - 1
        self._next()

    def _next(self) -> None:
        """What the rule says of everything seen so far: a cohort, the expansion, or the end."""
        finding = self.finding
        plan = Boin(finding.target_fraction, self.trial.patients, finding.level_patients)
        step = next_dose(
            plan if finding.rule == "boin" else ThreePlusThree(),
            tuple(self.treated), tuple(self.toxic), self.level, self.eliminated,
        )  # fmt: skip
        self.eliminated = step.eliminated
        left = self.trial.patients - sum(self.treated)
        if step.level is not None and left > 0:
            self.level, self.room = step.level, min(step.at_most, finding.cohort, left)
        elif step.mtd is not None and min(finding.expansion, left) > 0:
            self.level = self.mtd = step.mtd
            self.room, self.expanding = min(finding.expansion, left), True
        else:
            self.mtd, self.ended = step.mtd, True

    def _known_on(self) -> int:
        return self.last_dose + whole_days(self.finding.observed_min)

    def _review(self) -> None:
        """A full cohort has been observed: the next may open, or none does."""
        self.opens = self._known_on() + whole_days(self.finding.review_min)
        self.cohort += 1
        if self.expanding:
            self.ended = True
        else:
            self._next()

    def place(self, ready: int, row: int) -> Place | None:
        """The open cohort, once the one before has been reviewed."""
        if self.room == 0 and not self.ended:
            self._review()
        if self.ended:
            return None
        waits = whole_days(self.finding.observed_min) + whole_days(self.finding.review_min)
        return Place(
            self.level, self.opens, cohort=self.cohort, waits_days=waits if self.cohort else 0
        )

    def took(self, admitted: Admitted) -> None:
        """A patient is treated at the level; the toxicity is known only after the observation."""
        self.room -= 1
        self.last_dose = max(self.last_dose, admitted.day)
        stagger = whole_days(self.trial.arms[admitted.arm].stagger_min)
        self.opens = max(self.opens, admitted.day + stagger) if stagger else self.opens
        if not self.expanding:
            share = self.finding.toxicity_fraction[admitted.arm]
            self.treated[admitted.arm] += 1
            self.toxic[admitted.arm] += self.fates.outcome[admitted.row] < share

    def outcome(self) -> Outcome:
        """It succeeds where it ends with a dose that may be gone on with."""
        if self.room == 0 and not self.ended:
            self._review()
        return Outcome(self.mtd is not None, self._known_on())

    def settled(self, taken: list[Admitted]) -> list[Admitted]:
        """Everybody who got a place keeps it."""
        return taken


# -- responses -----------------------------------------------------------------------------


@lru_cache(maxsize=64)
def design_of(rule: ResponseRule) -> TwoStage | SingleArm:
    """The exact design that a rule on responses asks for."""
    rates = (
        rule.null_fraction, rule.alternative_fraction, rule.alpha_fraction, rule.power_fraction
    )  # fmt: skip
    if rule.kind == "single":
        return single_arm(*rates)
    return (simon_optimal if rule.kind == "optimal" else simon_minimax)(*rates).rule


def most_patients(trial: Trial) -> int:
    """The most patients that a trial treats: its own limit, or fewer where its rule says so."""
    if trial.response_rule is None:
        return trial.patients
    design = design_of(trial.response_rule)
    return min(trial.patients, design.n if isinstance(design, TwoStage) else design.patients)


@dataclass
class Responses:
    """One stage or two: after the first, enrolment waits for its responses or goes on meanwhile."""

    trial: Trial
    rule: ResponseRule
    fates: Fates
    days: list[int] = field(default_factory=list)
    responses: list[bool] = field(default_factory=list)
    free_from: int = 0
    stopped: bool = False
    known: int = 0

    def __post_init__(self) -> None:
        self.design = design_of(self.rule)
        self.most = most_patients(self.trial)
        self.first_stage = self.design.n1 if isinstance(self.design, TwoStage) else self.most
        self.two = self.first_stage < self.most

    def _decided_on(self) -> int:
        """The day on which the outcome of the first stage has been reviewed."""
        last = max(self.days[: self.first_stage])
        return last + whole_days(self.rule.observed_min) + whole_days(self.rule.review_min)

    def _goes_on(self) -> bool:
        if self.known > self.first_stage:
            return True  # it has: more were enrolled since
        first = sum(self.responses[: self.first_stage])
        return isinstance(self.design, TwoStage) and self.design.continues(first)

    def place(self, ready: int, row: int) -> Place | None:
        """A place while there is room and the first stage has not ended the trial."""
        if len(self.days) >= self.most or self.stopped:
            return None
        opens, second = self.free_from, False
        if self.two and len(self.days) >= self.first_stage:
            decided, second = self._decided_on(), True
            if ready >= decided or self.rule.pauses:
                self.stopped = not self._goes_on()
                opens = max(opens, decided)
        if self.stopped:
            return None
        waits = whole_days(self.rule.observed_min) + whole_days(self.rule.review_min)
        held = second and self.rule.pauses
        return Place(0, opens, cohort=int(second), waits_days=waits if held else 0)

    def took(self, admitted: Admitted) -> None:
        """A patient is treated; the response is known only after the observation."""
        self.days.append(admitted.day)
        self.responses.append(self.fates.outcome[admitted.row] < self.rule.assumed_fraction)
        self.free_from = admitted.day + whole_days(self.trial.arms[0].stagger_min)

    def outcome(self) -> Outcome:
        """It succeeds with enough responses; a trial that did not fill needs as many."""
        if not self.days:
            return Outcome(False, 0)
        known = max(self.days) + whole_days(self.rule.observed_min)
        if self.two and len(self.days) >= self.first_stage and not self._goes_on():
            return Outcome(False, max(known, self._decided_on()))
        full = len(self.days) >= self.first_stage
        return Outcome(full and self.design.succeeds(sum(self.responses)), known)

    def settled(self, taken: list[Admitted]) -> list[Admitted]:
        """Everybody who got a place keeps it."""
        return taken


# -- events --------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def looks_of(rule: EventRule) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The events that each look of a rule waits for, and its boundary."""
    events = whole_events(
        schoenfeld_events(
            rule.planned_hazard_ratio,
            rule.power_fraction,
            rule.alpha_fraction,
            rule.treated_fraction,
        )
    )
    at = events_at(rule.looks_fraction, events)
    return at, boundaries(tuple(n / events for n in at), rule.alpha_fraction)


@dataclass
class Looks:
    """Treated against control: enrolment ends when the trial is full, or a look has ended it.

    A look up to `known_on`, the last day of a record, has not ended it.
    """

    trial: Trial
    rule: EventRule
    fates: Fates
    known_on: int = 0
    taken: int = 0
    ended: Outcome = Outcome(False, 0)
    stopped_on: int | None = None

    def place(self, ready: int, row: int) -> Place | None:
        """A place in one of the two groups while there is room."""
        if self.taken >= self.trial.patients:
            return None
        return Place(0, 0, control=self.fates.group[row] >= self.rule.treated_fraction)

    def took(self, admitted: Admitted) -> None:
        """Count a place."""
        self.taken += 1

    def settled(self, taken: list[Admitted]) -> list[Admitted]:
        """Those who were treated before a look ended the trial."""
        if taken:
            self._look(taken)
        if self.stopped_on is None:
            return taken
        return [a for a in taken if a.day <= self.stopped_on or a.known]

    def _look(self, taken: list[Admitted]) -> None:
        made = self._history(taken)
        seen = np.sort(made.seen_at[0])
        review = whole_days(self.rule.review_min)
        latest = float(made.entry[0].max()) + self.rule.follow_up_min / 1440.0 / MONTH_DAYS
        events, bounds = looks_of(self.rule)
        for number, bound in zip(events, bounds, strict=True):
            at = float(seen[number - 1]) if number <= len(seen) else math.inf
            last = number == events[-1] or at > latest
            if last:
                at, bound = min(at, latest), bounds[-1]
            crossed = log_rank(made, 0, at) > bound
            if at * MONTH_DAYS <= self.known_on and not last:
                continue
            if crossed or last:
                on = math.ceil(at * MONTH_DAYS - 1e-6) + review
                self.ended, self.stopped_on = Outcome(crossed, on), on
                return

    def _history(self, taken: list[Admitted]) -> Histories:
        """Everybody's time to the event, in months from the first day of the calendar."""
        row = [a.row for a in taken]
        treated = np.array([not a.control for a in taken])
        entry = np.array([[a.day for a in taken]], dtype=np.float64) / MONTH_DAYS
        hazard = math.log(2.0) * 1440.0 * MONTH_DAYS / self.rule.control_median_min
        event = -np.log1p(-np.array([[self.fates.event[n] for n in row]]))
        event = event / (hazard * np.where(treated, self.rule.assumed_hazard_ratio, 1.0))
        leaves = np.full(event.shape, np.inf)
        if self.rule.lost_a_year_fraction > 0.0:
            lost = -math.log1p(-self.rule.lost_a_year_fraction) / 12.0
            leaves = -np.log1p(-np.array([[self.fates.leaves[n] for n in row]])) / lost
        seen_at = np.where(event <= leaves, entry + event, np.inf)
        return Histories(entry, np.minimum(event, leaves), seen_at, treated)

    def outcome(self) -> Outcome:
        """It succeeds where a look crosses its boundary."""
        return self.ended
