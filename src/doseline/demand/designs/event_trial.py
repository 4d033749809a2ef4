"""Two-arm trials of an event, such as progression: simulated from entry to the look that ends it.

The median of the control arm and the hazard ratio are inputs, times to the event and to dropout are
exponential; how a patient fares is not predicted. A look is taken when its events have been seen,
and stops the trial if the log-rank z is above the boundary. Streams are `design:entry`,
`design:event` and `design:dropout`; a trial is the entity, a patient's number the index, so that a
patient has the same luck under every hazard ratio and every plan of looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.chance import stream, uniform_array
from doseline.demand.designs.estimate import Estimate, check_trials, mean, share
from doseline.demand.designs.group_sequential import boundaries, events_at
from doseline.errors import QuantityError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EventTrial:
    """A group sequential trial of a time to an event. [months]

    `events` are planned for the last look, `looks` are shares of them, `alpha` is one-sided.
    Patients enter evenly over `accrual` months, or at the times given; they are allocated in turn,
    so that `treated_share` of them get the new treatment. `dropout` is the share of those still
    watched that leave in a year. Raises QuantityError for input that cannot be.
    """

    patients: int
    control_median: float
    hazard_ratio: float
    events: int
    accrual: float | tuple[float, ...]
    looks: tuple[float, ...] = (1.0,)
    alpha: float = 0.025
    treated_share: float = 0.5
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if not (self.control_median > 0.0 and self.hazard_ratio > 0.0):
            raise QuantityError("the median of control and the hazard ratio must be above 0")
        if not 1 <= self.events <= self.patients:
            raise QuantityError(f"{self.patients} patients cannot have {self.events} events")
        if not (0.0 < self.treated_share < 1.0 and 0.0 <= self.dropout < 1.0):
            raise QuantityError("the treated share lies between 0 and 1, dropout from 0 to below 1")
        if isinstance(self.accrual, tuple):
            if len(self.accrual) != self.patients or min(self.accrual) < 0.0:
                raise QuantityError("every patient needs a time of entry, from 0 on")
        elif not self.accrual >= 0.0:
            raise QuantityError(f"accrual takes at least 0 months, got {self.accrual}")
        events_at(self.looks, self.events)


@dataclass(frozen=True, slots=True)
class LookCharacteristics:
    """One look over simulated trials.

    `stops` is the share of all trials that end here with success. `reached` and `at_months` (since
    the first patient could enter) are those of the look's events in trials that never stop early;
    `at_months` is None where fewer than two get so far.
    """

    events: int
    bound: float
    stops: Estimate
    reached: Estimate
    at_months: Estimate | None


@dataclass(frozen=True, slots=True)
class EventTrialCharacteristics:
    """A group sequential trial over simulated trials: each look, success, and means at the end.

    The end is the look that stops, else the last look; where its events never come, the day the
    last patient is no longer watched, without a test. `patients` are those entered by then.
    """

    looks: tuple[LookCharacteristics, ...]
    success: Estimate
    events: Estimate
    patients: Estimate
    months: Estimate


@dataclass(frozen=True, slots=True)
class Histories:
    """Trials (rows) of patients (columns): entry, months watched, and when the event is seen."""

    entry: Floats
    watched: Floats
    seen_at: Floats
    treated: Bools


def event_trial_characteristics(
    trial: EventTrial, seed: int, trials: int = 2000
) -> EventTrialCharacteristics:
    """What a group sequential trial does, by simulating it.

    >>> plan = EventTrial(120, 6.0, 0.5, events=88, accrual=12.0, looks=(0.5, 1.0))
    >>> found = event_trial_characteristics(plan, seed=1, trials=100)
    >>> [look.events for look in found.looks], found.success.value > 0.8
    ([44, 88], True)
    """
    check_trials(trials)
    planned = events_at(trial.looks, trial.events)
    bounds = boundaries(tuple(n / trial.events for n in planned), trial.alpha)
    made = histories(trial, seed, trials)
    in_order = np.sort(made.seen_at, axis=1)
    ends = (made.entry + made.watched).max(axis=1)
    going = np.ones(trials, dtype=np.bool_)
    looks: list[LookCharacteristics] = []
    for number, bound in zip(planned, bounds, strict=True):
        at = in_order[:, number - 1]
        reached = np.isfinite(at)
        stops = np.zeros(trials, dtype=np.bool_)
        for row in np.flatnonzero(going & reached).tolist():
            stops[row] = log_rank(made, row, float(at[row])) > bound
        last = number == planned[-1]
        ends = np.where(going & reached & (stops | last), at, ends)
        going &= ~stops
        times = mean(at[reached]) if int(reached.sum()) > 1 else None
        looks.append(LookCharacteristics(number, bound, share(stops), share(reached), times))
    return EventTrialCharacteristics(
        looks=tuple(looks),
        success=share(~going),
        events=mean((made.seen_at <= ends[:, None]).sum(axis=1)),
        patients=mean((made.entry <= ends[:, None]).sum(axis=1)),
        months=mean(ends),
    )


def histories(trial: EventTrial, seed: int, trials: int) -> Histories:
    """What happens to every patient of so many trials, as if none of them ever ended."""
    rows, number = np.arange(trials)[:, None], np.arange(trial.patients)
    turn = np.floor((number + 1) * trial.treated_share + 1e-9)
    treated = turn > np.floor(number * trial.treated_share + 1e-9)

    def waits(source: str) -> Floats:
        drawn = uniform_array(stream(seed, 0, source), rows, number[None, :])
        return np.asarray(-np.log1p(-drawn), dtype=np.float64)

    hazard = math.log(2.0) / trial.control_median * np.where(treated, trial.hazard_ratio, 1.0)
    event = waits("design:event") / hazard
    leaves = np.full_like(event, np.inf)
    if trial.dropout > 0.0:
        leaves = waits("design:dropout") * (12.0 / -math.log1p(-trial.dropout))
    if isinstance(trial.accrual, tuple):
        entry = np.broadcast_to(np.array(trial.accrual), event.shape)
    else:
        drawn = uniform_array(stream(seed, 0, "design:entry"), rows, number[None, :])
        entry = drawn * trial.accrual
    seen_at = np.where(event <= leaves, entry + event, np.inf)
    return Histories(entry, np.minimum(event, leaves), seen_at, treated)


def log_rank(made: Histories, row: int, at: float) -> float:
    """The log-rank z of one trial at a time, above 0 where the treated fare better.

    0 where there is nothing to compare. (Mantel, Cancer Chemotherapy Reports 50 (1966) 163-170.)
    """
    entry = made.entry[row]
    seen = made.seen_at[row] <= at
    until = np.minimum(made.watched[row], at - entry)
    here = entry < at
    control = here & ~made.treated
    times, deaths = np.unique(until[here & seen], return_counts=True)
    risk = _at_risk(until[here], times)
    of_control = _at_risk(until[control], times)
    chance = deaths / risk
    expected = float((of_control * chance).sum())
    others = np.maximum(risk - 1, 1)
    spread = of_control * (risk - of_control) * chance * (risk - deaths) / (risk * others)
    variance = float(spread.sum())
    if variance <= 0.0:
        return 0.0
    return (int((control & seen).sum()) - expected) / math.sqrt(variance)


def _at_risk(until: Floats, times: Floats) -> Floats:
    """How many are still watched at each time."""
    ordered = np.sort(until)
    return np.asarray(ordered.size - np.searchsorted(ordered, times), dtype=np.float64)
