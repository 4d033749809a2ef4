"""What is known of each future whose mean over all futures is known too: it takes luck back.

A future in which more batches failed than their chances let expect, or more patients came, had a
service to match. How much of the service goes with such a number is estimated by regression over
the futures, and taken back: each future is weighed so that the weighted mean of every number is its
known mean. (Regression, or calibration, estimator: Deville and Särndal, JASA 87 (1992) 376; control
variates: Glasserman, Monte Carlo Methods in Financial Engineering, 2003, section 4.1.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EACH = 12
"""Of so many futures one number is made use of, the first ones first: it costs a little of what is
known to find out what each is worth."""

_LEAST = 1e-9  # of its own size: what varies less than that does not vary


@dataclass(frozen=True, slots=True)
class Controls:
    """Numbers of each future (`rows`), and the mean of each number over all futures there are.

    The numbers that tell most come first.
    """

    rows: tuple[tuple[float, ...], ...] = ()
    means: tuple[float, ...] = ()

    def first(self, futures: int) -> Controls:
        """Those of the first futures."""
        return Controls(self.rows[:futures], self.means)

    def beside(self, other: Controls) -> Controls:
        """The numbers of both, of the same futures."""
        rows = (a + b for a, b in zip(self.rows, other.rows, strict=True))
        return Controls(tuple(rows), self.means + other.means)

    @staticmethod
    def together(parts: Sequence[Controls]) -> Controls:
        """The futures of some parts, one behind the other."""
        return Controls(tuple(chain.from_iterable(p.rows for p in parts)), parts[0].means)


NONE = Controls()


@dataclass(frozen=True, slots=True)
class Weighing:
    """Futures as they weigh (1 in the mean), and what a regression on their numbers leaves.

    `freedom` is how many of the futures are left to judge its spread by.
    """

    weights: Floats
    centred: Floats
    inverse: Floats
    freedom: int

    def mean(self, values: Sequence[float] | Floats) -> float:
        """The weighted mean of one value a future."""
        return float(self.weights @ np.asarray(values, np.float64)) / len(self.weights)

    def left(self, values: Sequence[float] | Floats) -> Floats:
        """One value a future whose mean is the weighted mean, and whose spread is what is left."""
        y = np.asarray(values, np.float64)
        slope = self.inverse @ (self.centred.T @ y)
        over = y - y.mean() - self.centred @ slope
        shrinks = np.sqrt((len(y) - 1) / self.freedom)
        return np.asarray(self.mean(y) + self.weights * over * shrinks, np.float64)


def weighing(controls: Controls) -> Weighing | None:
    """How futures weigh by their numbers; None where there are too few futures, or no numbers.

    >>> luck = Controls(tuple((float(n % 5 - 2),) for n in range(30)), (0.5,))
    >>> weigh = weighing(luck)
    >>> round(weigh.mean([row[0] for row in luck.rows]), 9)
    0.5
    """
    if not controls.rows or not controls.means:
        return None
    found = np.array(controls.rows, np.float64) - np.array(controls.means)
    spread = found.std(axis=0)
    size = np.abs(found).max(axis=0)
    n = len(found)
    found = found[:, spread > _LEAST * size][:, : n // _EACH]
    numbers = found.shape[1]
    if numbers == 0:
        return None
    centred: Any = found - found.mean(axis=0)
    scale = np.sqrt((centred**2).mean(axis=0))
    centred = centred / scale
    inverse = np.linalg.pinv(centred.T @ centred, hermitian=True)
    off = n * found.mean(axis=0) / scale
    return Weighing(1.0 - centred @ (inverse @ off), centred, inverse, n - 1 - numbers)
