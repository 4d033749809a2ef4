"""How dose-finding and two-stage trials turn out, simulated with keyed chance.

The share of patients with a toxicity at each level, or with a response, is an input and the same
for all patients of a level; none of them is predicted. Every patient can be judged; one who cannot
would be replaced. A trial is an entity of the streams `design:toxicity` and `design:response`, a
patient's place in it the index, so that a patient has the same luck under every rule and share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.chance import stream, uniform_array
from doseline.demand.designs.dose_finding import DoseFinding, next_dose
from doseline.demand.designs.estimate import Estimate, check_trials, mean, share
from doseline.demand.designs.two_stage import TwoStage
from doseline.errors import QuantityError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NONE = -1  # no level


@dataclass(frozen=True, slots=True)
class LevelCharacteristics:
    """One dose level over simulated trials.

    `selected` is the share of trials that end with it as the maximum tolerated dose, `patients` and
    `toxicities` are means a trial; `patients_share[k]` is the share of trials that treat k there.
    """

    selected: Estimate
    patients: Estimate
    toxicities: Estimate
    patients_share: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class DoseFindingCharacteristics:
    """A dose-finding rule over simulated trials, level by level and as a whole.

    `stopped_for_toxicity` is the share of trials that end without a maximum tolerated dose,
    `patients` and `toxicities` are means a trial.
    """

    levels: tuple[LevelCharacteristics, ...]
    stopped_for_toxicity: Estimate
    patients: Estimate
    toxicities: Estimate


def dose_finding_characteristics(
    rule: DoseFinding,
    toxicity: tuple[float, ...],
    seed: int,
    trials: int = 2000,
    cohort: int = 3,
    start: int = 0,
) -> DoseFindingCharacteristics:
    """What a rule does if these shares of patients have a toxicity at each level (from 0).

    Cohorts of `cohort` patients, smaller where the rule wants fewer, begin at level `start`; each
    is judged before the next. Raises QuantityError for input that cannot be.

    >>> from doseline.demand.designs.boin import Boin
    >>> found = dose_finding_characteristics(Boin(0.25, 24), (0.05, 0.25, 0.5), seed=1, trials=200)
    >>> max(range(3), key=lambda level: found.levels[level].selected.value)
    1
    """
    check_trials(trials)
    if not toxicity or any(not 0.0 <= p <= 1.0 for p in toxicity):
        raise QuantityError(f"each level needs a share of toxicity from 0 to 1, got {toxicity}")
    if cohort < 1:
        raise QuantityError(f"a cohort has at least one patient, got {cohort}")
    treated, toxic, mtd = _played(rule, toxicity, seed, trials, cohort, start)
    return DoseFindingCharacteristics(
        levels=tuple(
            LevelCharacteristics(
                selected=share(mtd == level),
                patients=mean(treated[:, level]),
                toxicities=mean(toxic[:, level]),
                patients_share=tuple(
                    share(treated[:, level] == k) for k in range(int(treated[:, level].max()) + 1)
                ),
            )
            for level in range(len(toxicity))
        ),
        stopped_for_toxicity=share(mtd == _NONE),
        patients=mean(treated.sum(axis=1)),
        toxicities=mean(toxic.sum(axis=1)),
    )


def _played(
    rule: DoseFinding,
    toxicity: tuple[float, ...],
    seed: int,
    trials: int,
    cohort: int,
    start: int,
) -> tuple[Ints, Ints, Ints]:
    """Treated and toxic at each level (columns) of each trial (rows), and where it ended.

    Nobody is still observed when a cohort is judged, so the counts say what is given up.
    """
    chance = stream(seed, 0, "design:toxicity")
    levels = len(toxicity)
    treated = np.zeros((trials, levels), dtype=np.int64)
    toxic = np.zeros((trials, levels), dtype=np.int64)
    at = np.full(trials, start, dtype=np.int64)
    mtd = np.full(trials, _NONE, dtype=np.int64)
    going = np.arange(trials)
    while going.size:
        state = np.column_stack([treated[going], toxic[going], at[going]])
        level, mtd[going], at_most = _steps(rule, state, levels)
        on = level != _NONE
        going, level = going[on], level[on]
        size = np.minimum(cohort, at_most[on])
        patient = treated[going].sum(axis=1)[:, None] + np.arange(cohort)[None, :]
        drawn = uniform_array(chance, going[:, None], patient)
        hit = drawn < np.array(toxicity)[level][:, None]
        toxic[going, level] += (hit & (np.arange(cohort)[None, :] < size[:, None])).sum(axis=1)
        treated[going, level] += size
        at[going] = level
    return treated, toxic, mtd


def _steps(rule: DoseFinding, state: Ints, levels: int) -> tuple[Ints, Ints, Ints]:
    """Level, dose to end with and most patients of each trial; trials alike are asked once."""
    known, which = np.unique(state, axis=0, return_inverse=True)
    answers = np.empty((len(known), 3), dtype=np.int64)
    for row, numbers in enumerate(known.tolist()):
        treated, toxic = tuple(numbers[:levels]), tuple(numbers[levels : 2 * levels])
        step = next_dose(rule, treated, toxic, at=numbers[-1])
        answers[row] = [
            _NONE if step.level is None else step.level,
            _NONE if step.mtd is None else step.mtd,
            step.at_most,
        ]
    found = answers[which.reshape(-1)]
    return found[:, 0], found[:, 1], found[:, 2]


@dataclass(frozen=True, slots=True)
class TwoStageCharacteristics:
    """A two-stage rule over simulated trials: chances of early stop and success, patients a trial.

    `chance_to_stop_early`, `chance_of_success` and `expected_patients` give the same exactly.
    """

    early_stop: Estimate
    success: Estimate
    patients: Estimate


def two_stage_characteristics(
    rule: TwoStage, response: float, seed: int, trials: int = 2000
) -> TwoStageCharacteristics:
    """What a two-stage rule does if this share of patients responds.

    >>> found = two_stage_characteristics(TwoStage(1, 10, 5, 29), 0.10, seed=1, trials=4000)
    >>> round(found.early_stop.value, 2), round(found.early_stop.error, 3)
    (0.73, 0.007)
    """
    check_trials(trials)
    if not 0.0 <= response <= 1.0:
        raise QuantityError(f"the share that responds must be from 0 to 1, got {response}")
    chance = stream(seed, 0, "design:response")
    drawn = uniform_array(chance, np.arange(trials)[:, None], np.arange(rule.n)[None, :])
    responses = np.cumsum(drawn < response, axis=1)
    goes_on = np.array([rule.continues(k) for k in range(rule.n1 + 1)])[responses[:, rule.n1 - 1]]
    enough = np.array([rule.succeeds(k) for k in range(rule.n + 1)])[responses[:, -1]]
    return TwoStageCharacteristics(
        early_stop=share(~goes_on),
        success=share(goes_on & enough),
        patients=mean(np.where(goes_on, rule.n, rule.n1)),
    )
