"""How often a trial's own rule succeeds in the futures as they are played."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from doseline.demand.drawing import Drawing
from doseline.demand.entries import trial_entries
from doseline.demand.stages import later_by_shocks
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.trial import Trial

CHUNK = 256
"""So many futures are drawn at once, so that memory does not grow with their number."""


def successes(
    programme: Programme, trial: Trial, seed: int, samples: int, drawing: Drawing
) -> NDArray[np.bool_]:
    """Whether the rule of a trial succeeds in each of so many futures, begun as written.

    They are the futures of `demand_counts` without stages: the same patients come on the same days,
    the trial closes on its last day full or not, shocks strike and a record stands. Stated chances
    of a stage have no say.
    """
    ways, found = ways_of(programme), []
    for start in range(0, samples, CHUNK):
        numbers = range(start, min(start + CHUNK, samples))
        later = later_by_shocks(
            programme, ways, seed, numbers, drawing.scenario, drawing.so_far, drawing.estimated
        )
        entries = trial_entries(
            programme, ways, trial, seed, numbers, later_days=later.get(trial.id),
            scenario=drawing.scenario, so_far=drawing.so_far.get(trial.id),
            estimate=trial.id in drawing.estimated,
        )  # fmt: skip
        found.append(entries.succeeded.astype(np.bool_))
    return np.concatenate(found)
