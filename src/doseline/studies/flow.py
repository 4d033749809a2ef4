"""Where the activity goes, from what was played."""

from __future__ import annotations

from doseline.simulate import SimulationResult

ACCOUNTS = (
    ("lost in making", ("wasted:making",)),
    ("decayed in making", ("decayed:making",)),
    ("decayed on the way", ("decayed:dose",)),
    ("not used", ("wasted:dose",)),
    ("administered", ("administered:dose",)),
)


def activity_flow(result: SimulationResult) -> tuple[tuple[str, float], ...]:
    """Activity by fate in GBq, the mean of the replications; received is the sum of its fates."""
    count = len(result.replications)
    rows = [("received", _mean(result, ("received",), count))]
    rows += [(label, _mean(result, names, count)) for label, names in ACCOUNTS]
    return tuple(rows)


def _mean(result: SimulationResult, names: tuple[str, ...], count: int) -> float:
    kbq = sum(r.total(name) for r in result.replications for name in names)
    return kbq / count / 1e6
