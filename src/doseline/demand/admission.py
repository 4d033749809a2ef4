"""Who is treated in a trial: arrivals are given places, one after the other, as its rule says.

A patient who is ready waits for a place (a cohort that opens, a stagger, a first stage under
review), as long as the trial says; then for a day on which the site treats. What the patients'
outcomes are is drawn beforehand with the rates that the trial assumes; nothing is predicted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol

from doseline.demand.enrolment import region_of, whole_days
from doseline.demand.treatment_days import SiteDays
from doseline.programme import Programme
from doseline.programme.trial import RegionEnrolment, Trial


@dataclass(frozen=True, slots=True)
class Ready:
    """A patient who has been screened: the row among the arrivals, the site's row, the day.

    One who is `known` has been enrolled already, whatever the rule would say.
    """

    row: int
    site: int
    day: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """An arm with room, and the first day on which it may be taken; perhaps as a control.

    A cohort opens only once every patient of the cohort before has been observed: `waits_days`
    after the last first dose of it.
    """

    arm: int
    day: int
    control: bool = False
    cohort: int = 0
    waits_days: int = 0


@dataclass(frozen=True, slots=True)
class Admitted:
    """A patient with a place: the row among the arrivals, the arm, the first dose's day.

    A control patient is followed, and asks for no dose.
    """

    row: int
    site: int
    arm: int
    day: int
    control: bool = False
    cohort: int = 0
    waits_days: int = 0
    known: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended: whether by its own rule it succeeded, and the day that was known."""

    succeeded: bool
    known_on: int


class Rule(Protocol):
    """What decides who gets the next place."""

    def place(self, ready: int, row: int) -> Place | None:
        """The place of the next patient, ready on a day; None where there will be no more."""

    def took(self, admitted: Admitted) -> None:
        """Note that a place was taken."""

    def settled(self, taken: list[Admitted]) -> list[Admitted]:
        """Those who keep their places, everybody having come who came."""

    def outcome(self) -> Outcome:
        """How the trial ended, once that is settled."""


def admitted(
    programme: Programme, trial: Trial, rule: Rule, queue: Sequence[Ready], days: SiteDays
) -> Iterator[Admitted]:
    """Those of a queue who get a place, in order; the queue is in the order of days."""
    caps = _Caps(programme, trial)
    waits = None if trial.waits_min is None else whole_days(trial.waits_min)
    for patient in queue:
        if caps.full(patient.site) and not patient.known:
            continue
        place = rule.place(patient.day, patient.row)
        if place is None and not patient.known:
            return
        if place is None:
            place = Place(len(trial.arms) - 1, patient.day)
        elif patient.known:
            place = replace(place, day=min(place.day, patient.day))
        day = days.next_day(patient.site, max(patient.day, place.day))
        if day is None or (waits is not None and place.day - patient.day > waits):
            continue
        taken = Admitted(
            patient.row,
            patient.site,
            place.arm,
            day,
            place.control,
            place.cohort,
            place.waits_days,
            patient.known,
        )
        caps.took(patient.site)
        rule.took(taken)
        yield taken


class _Caps:
    """How many a site and a region may still enrol."""

    def __init__(self, programme: Programme, trial: Trial) -> None:
        self.most = trial.enrolment.site_patients
        self.regions = [region_of(trial, programme.site[s]) for s in trial.sites]
        self.idle = not self.most and not any(r and r.patients for r in self.regions)
        self.by_site = [0] * len(trial.sites)
        self.by_region: dict[RegionEnrolment, int] = {}

    def full(self, site: int) -> bool:
        if self.idle:
            return False
        region = self.regions[site]
        if region and region.patients and self.by_region.get(region, 0) >= region.patients:
            return True
        return bool(self.most) and self.by_site[site] >= self.most

    def took(self, site: int) -> None:
        self.by_site[site] += 1
        region = self.regions[site]
        if region is not None:
            self.by_region[region] = self.by_region.get(region, 0) + 1


def places(trial: Trial) -> Iterator[tuple[int, int]]:
    """The arm of each patient up to the trial's cap, in order, and the patient's rank in it."""
    left = trial.patients
    for number, arm in enumerate(trial.arms):
        taken = min(left, arm.patients or left)
        for rank in range(taken):
            yield number, rank
        left -= taken


@dataclass
class InOrder:
    """Arms fill in order up to their numbers; a patient waits for theirs.

    An arm opens on its own day and, where the arm before is observed first, so long after that
    one's last first dose.
    """

    trial: Trial
    left: list[int] = field(init=False)
    free_from: list[int] = field(init=False)
    closes: int = field(init=False)
    last_dose: int = 0

    def __post_init__(self) -> None:
        self.left = [number for number, _ in places(self.trial)][::-1]
        self.free_from = [a.from_on.toordinal() if a.from_on else 0 for a in self.trial.arms]
        self.closes = self.trial.until_on.toordinal()

    def place(self, ready: int, row: int) -> Place | None:
        """The arm of the next patient; None once all are full."""
        if not self.left:
            return None
        arm = self.left[-1]
        waits = whole_days(self.trial.arms[arm - 1].observed_min) if arm else 0
        return Place(arm, self.free_from[arm], cohort=arm, waits_days=waits)

    def took(self, admitted: Admitted) -> None:
        """Stagger the arm, and let the next open once this one has been observed."""
        number, arm = admitted.arm, self.trial.arms[admitted.arm]
        if self.left:
            self.left.pop()
        self.last_dose = max(self.last_dose, admitted.day)
        self.free_from[number] = admitted.day + whole_days(arm.stagger_min)
        following = number + 1
        if arm.observed_min and following < len(self.free_from):
            opens = self.last_dose + whole_days(arm.observed_min)
            self.free_from[following] = max(self.free_from[following], opens)

    def settled(self, taken: list[Admitted]) -> list[Admitted]:
        """Everybody who got a place keeps it."""
        return taken

    def outcome(self) -> Outcome:
        """A trial without a rule succeeds by its stated chance alone, if it treats anybody.

        Known at its last dose if it is full, and else not before its last day.
        """
        ends = self.last_dose if not self.left else max(self.last_dose, self.closes)
        return Outcome(self.last_dose > 0, ends)


def fills_in_order(programme: Programme, trial: Trial) -> bool:
    """Whether patients take the places of one arm in order: no rule, stagger, wait or cap."""
    ruled = trial.dose_finding or trial.response_rule or trial.event_rule
    waits = any(a.stagger_min or a.observed_min or a.from_on is not None for a in trial.arms)
    if ruled or waits or len(trial.arms) > 1 or trial.waits_min is not None:
        return False
    return _Caps(programme, trial).idle


def last_day(trial: Trial) -> date:
    """The last day on which a trial enrols or doses, as written."""
    return max(trial.until_on, trial.ends_on or trial.until_on)
