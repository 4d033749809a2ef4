"""The BOIN rule of dose finding: its boundaries, its table, and the dose that it ends with.

Liu and Yuan, Bayesian optimal interval designs for phase I clinical trials, Journal of the Royal
Statistical Society C 64 (2015) 507-523. The target is an input and the toxicities are what has been
seen; the toxicity of a patient is not predicted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import betainc

from doseline.errors import QuantityError

_LEAST_TREATED = 3  # a level is not given up before so many patients
_SMALL = 0.05  # added to the toxicities, so that a level without any has a variance
_TIE = 1e-10  # among levels that fit alike: the highest below the target, the lowest above it


@dataclass(frozen=True, slots=True)
class Boin:
    """A BOIN trial: the target share with a dose-limiting toxicity, and its number of patients.

    `safe` and `toxic` are the shares that call for more and for less dose (0.6 and 1.4 times the
    target unless given). The trial stops early where it would stay at a level that has `enough`
    patients. A level is given up, with those above, once its share is above the target with a
    chance of more than `sure`, after at least three patients. Raises QuantityError for shares out
    of order.
    """

    target: float
    patients: int
    enough: int | None = None
    safe: float | None = None
    toxic: float | None = None
    sure: float = 0.95

    def __post_init__(self) -> None:
        boin_boundaries(self.target, self.safe, self.toxic)
        if self.patients < 1 or (self.enough is not None and self.enough < 1):
            raise QuantityError("a dose-finding trial needs at least one patient")
        if not 0.0 < self.sure < 1.0:
            raise QuantityError(f"`sure` must lie between 0 and 1, got {self.sure}")


@dataclass(frozen=True, slots=True)
class BoinRow:
    """What follows from the toxicities among so many patients at a level.

    `eliminate_at_least` is None where no number of toxicities gives the level up.
    """

    patients: int
    escalate_at_most: int
    de_escalate_at_least: int
    eliminate_at_least: int | None


def boin_boundaries(
    target: float, safe: float | None = None, toxic: float | None = None
) -> tuple[float, float]:
    """The observed shares up to which to escalate, and from which to de-escalate.

    Liu and Yuan (2015), with the same prior chance for each of the three hypotheses.

    >>> low, high = boin_boundaries(0.30)
    >>> round(low, 7), round(high, 7)
    (0.2364907, 0.3585195)
    """
    low = 0.6 * target if safe is None else safe
    high = 1.4 * target if toxic is None else toxic
    if not 0.0 < low < target < high < 1.0:
        raise QuantityError(
            f"safe, target and toxic shares must rise between 0 and 1, got {low}, {target}, {high}"
        )
    return _between(low, target), _between(target, high)


def _between(low: float, high: float) -> float:
    """The observed share at which two true shares are equally likely."""
    odds = high * (1.0 - low) / (low * (1.0 - high))
    return math.log((1.0 - low) / (1.0 - high)) / math.log(odds)


@lru_cache(maxsize=1 << 12)
def boin_row(rule: Boin, patients: int) -> BoinRow:
    """The row of the table for so many patients at a level.

    >>> boin_row(Boin(target=0.25, patients=30), 6)
    BoinRow(patients=6, escalate_at_most=1, de_escalate_at_least=2, eliminate_at_least=4)
    """
    if patients < 1:
        raise QuantityError(f"a row of the table needs at least one patient, got {patients}")
    low, high = boin_boundaries(rule.target, rule.safe, rule.toxic)
    seen = np.arange(patients + 1)
    posterior: Any = betainc(seen + 1, patients - seen + 1, rule.target)  # chance to be below
    sure = np.flatnonzero(1.0 - posterior > rule.sure)
    gives_up = patients >= _LEAST_TREATED and sure.size > 0
    return BoinRow(
        patients,
        escalate_at_most=math.floor(low * patients),
        de_escalate_at_least=math.ceil(high * patients),
        eliminate_at_least=int(sure[0]) if gives_up else None,
    )


def boin_table(rule: Boin, most: int) -> tuple[BoinRow, ...]:
    """The whole table that a protocol prints, for 1 to `most` patients at a level.

    >>> [row.eliminate_at_least for row in boin_table(Boin(0.25, 30), 12)][2::3]
    [3, 4, 5, 6]
    """
    return tuple(boin_row(rule, n) for n in range(1, most + 1))


def too_toxic(rule: Boin, patients: int, toxicities: int) -> bool:
    """Whether a level is given up after so many toxicities."""
    if patients < 1:
        return False
    limit = boin_row(rule, patients).eliminate_at_least
    return limit is not None and toxicities >= limit


def boin_mtd(
    treated: tuple[int, ...], toxicities: tuple[int, ...], target: float, below: int
) -> int | None:
    """The level whose share of toxicities, made to rise with dose, lies nearest to the target.

    Levels count from 0; only those below `below` that have treated somebody are looked at, None if
    there is none. A level counts by the inverse of the variance of its share. (Liu and Yuan, 2015;
    Yuan, Hess, Hilsenbeck and Gilbert, Clinical Cancer Research 22 (2016) 4291-4301.)

    >>> boin_mtd((3, 6, 12, 6), (0, 1, 3, 4), target=0.25, below=4)
    2
    """
    from scipy.optimize import isotonic_regression  # slow to load, and seldom asked for

    levels = np.array([d for d in range(below) if treated[d] > 0], dtype=np.int64)
    if not levels.size:
        return None
    n = np.array(treated, dtype=np.float64)[levels] + 2 * _SMALL
    x = np.array(toxicities, dtype=np.float64)[levels] + _SMALL
    share = x / n
    variance = share * (1.0 - share) / (n + 1.0)
    rising = isotonic_regression(share, weights=1.0 / variance).x
    apart = np.abs(rising + _TIE * np.arange(len(levels)) - target)
    return int(levels[np.argmin(apart)])
