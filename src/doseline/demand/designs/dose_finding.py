"""Dose finding step by step: from what has been seen so far to the level of the next patients.

The rules hold no chance: they are functions of patients treated and dose-limiting toxicities seen
at each level, counted from 0. Toxicities are inputs; that of a patient is not predicted. Only
patients whose time of observation is over count; whoever is still observed is the caller's to wait
for.
"""

from __future__ import annotations

from dataclasses import dataclass

from doseline.demand.designs.boin import Boin, boin_mtd, boin_row, too_toxic
from doseline.errors import QuantityError

_COHORT, _FULL = 3, 6  # patients of a first and of both cohorts of the 3+3 rule
_TOO_MANY = 2  # toxicities among them that are too many


@dataclass(frozen=True, slots=True)
class ThreePlusThree:
    """The 3+3 rule: the highest level at which at most one of six has a toxicity.

    Three patients at a level: none toxic, go up; one, treat three more; two, go down. Of six at
    most one toxic: go up. A level with two toxicities is left for good. The traditional design with
    de-escalation of Lin and Shih, Statistical properties of the traditional algorithm-based designs
    for phase I cancer clinical trials, Biostatistics 2 (2001) 203-215.
    """


DoseFinding = ThreePlusThree | Boin


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next: patients at a level, at most so many; or, where `level` is None, the end.

    `mtd` is the maximum tolerated dose that the trial ends with, None where even the lowest level
    is too toxic, and before the end. `eliminated` is the lowest level given up so far.
    """

    level: int | None
    mtd: int | None = None
    at_most: int = 0
    eliminated: int | None = None


def next_dose(
    rule: DoseFinding,
    treated: tuple[int, ...],
    toxicities: tuple[int, ...],
    at: int,
    eliminated: int | None = None,
) -> Step:
    """Which level the next cohort gets, after so many treated and toxic at each level.

    `at` is the level of the last cohort, or the one to begin with; `eliminated` is what the last
    step said. How many of `at_most` come at once is the caller's choice. Raises QuantityError for
    counts that cannot be.

    >>> next_dose(ThreePlusThree(), (3, 3, 0), (0, 1, 0), at=1)
    Step(level=1, mtd=None, at_most=3, eliminated=None)
    >>> next_dose(ThreePlusThree(), (6, 3, 0), (1, 2, 0), at=1)
    Step(level=None, mtd=0, at_most=0, eliminated=1)
    >>> next_dose(Boin(target=0.25, patients=24), (3, 3, 0), (0, 0, 0), at=1)
    Step(level=2, mtd=None, at_most=18, eliminated=None)
    """
    _check(treated, toxicities, at, eliminated)
    pairs = enumerate(zip(treated, toxicities, strict=True))
    if isinstance(rule, Boin):
        given_up = [d for d, (n, x) in pairs if too_toxic(rule, n, x)]
    else:
        given_up = [d for d, (_, x) in pairs if x >= _TOO_MANY]
    if eliminated is not None:
        given_up.append(eliminated)
    lowest = min(given_up, default=None)
    below = len(treated) if lowest is None else lowest
    if below == 0:
        return Step(None, eliminated=lowest)
    if isinstance(rule, Boin):
        return _boin_step(rule, treated, toxicities, at, below, lowest)
    return _three_plus_three_step(treated, toxicities, min(at, below - 1), below, lowest)


def _three_plus_three_step(
    treated: tuple[int, ...],
    toxicities: tuple[int, ...],
    level: int,
    below: int,
    lowest: int | None,
) -> Step:
    """Up from every level that is passed; the last one that may be used needs six patients."""
    while level + 1 < below and _passed(treated[level], toxicities[level]):
        level += 1
    n = treated[level]
    if n >= _FULL:
        return Step(None, mtd=level, eliminated=lowest)
    return Step(level, at_most=(_COHORT if n < _COHORT else _FULL) - n, eliminated=lowest)


def _passed(patients: int, toxicities: int) -> bool:
    return patients >= _FULL or (patients >= _COHORT and toxicities == 0)


def _boin_step(
    rule: Boin,
    treated: tuple[int, ...],
    toxicities: tuple[int, ...],
    at: int,
    below: int,
    lowest: int | None,
) -> Step:
    level = at
    if treated[at] > 0:
        row = boin_row(rule, treated[at])
        if toxicities[at] <= row.escalate_at_most:
            level = at + 1
        elif toxicities[at] >= row.de_escalate_at_least:
            level = max(0, at - 1)
    level = min(level, below - 1)
    left = rule.patients - sum(treated)
    enough = rule.enough is not None and level == at and treated[at] >= rule.enough
    if left <= 0 or enough:
        mtd = boin_mtd(treated, toxicities, rule.target, below)
        return Step(None, mtd=mtd, eliminated=lowest)
    return Step(level, at_most=left, eliminated=lowest)


def _check(
    treated: tuple[int, ...], toxicities: tuple[int, ...], at: int, eliminated: int | None
) -> None:
    if not treated or len(treated) != len(toxicities):
        raise QuantityError(
            f"patients treated and toxicities need one number for each level, "
            f"got {treated} and {toxicities}"
        )
    if any(not 0 <= x <= n for n, x in zip(treated, toxicities, strict=True)):
        raise QuantityError(
            f"toxicities must be from 0 to the patients treated, got {toxicities} of {treated}"
        )
    for level in (at, 0 if eliminated is None else eliminated):
        if not 0 <= level < len(treated):
            raise QuantityError(f"level {level} is not one of the {len(treated)} levels")
