"""How many patients come to sites with gamma-distributed rates: exact sums of negative binomials.

A site whose rate is gamma(shape, rate), mean shape / rate patients a month, gives a negative
binomial number in so many months (Anisimov and Fedorov, Modelling, prediction and adaptive
adjustment of recruitment in multicentre trials, Statistics in Medicine 26, 2007). Arrays have a row
for each site; each column is a day, a trial, or another case of its own.
"""

from __future__ import annotations

import math

import numpy as np

from doseline.demand.luck import Floats
from doseline.errors import QuantityError

_HUGE = 1e200  # the recursion is scaled down where it passes this


def count_chances(most: int, shape: Floats, rate: Floats, months: Floats) -> Floats:
    """The chance of 0, 1, ... `most` patients (rows) at all sites together, for each column.

    `shape` and `rate` [months] of each site are arrays of sites, or of sites by columns; `months`
    is the open time of each site in each column. By the recursion that follows from the logarithm
    of the probability generating function, z G'/G = sum of h_m z^m with h_m = sum over the sites of
    shape x q^m and q = months / (rate + months): j p_j = h_1 p_(j-1) + ... + h_j p_0. All its terms
    are positive, so nothing cancels.

    >>> one_site = count_chances(1, np.array([2.0]), np.array([4.0]), np.array([[12.0]]))
    >>> one_site[:, 0].tolist()
    [0.0625, 0.09375]
    """
    chance, level = _scaled_chances(most, _by_column(shape), _by_column(rate), months)
    return np.asarray(chance * np.exp(level), dtype=np.float64)


def chance_by(needed: int, shape: Floats, rate: Floats, months: Floats) -> Floats:
    """The chance that at least `needed` patients come, for each column; see `count_chances`.

    Where the columns are days, this is how likely the trial fills by the end of each.

    >>> chance_by(2, np.array([2.0]), np.array([4.0]), np.array([[0.0, 12.0]])).tolist()
    [0.0, 0.84375]
    """
    if needed <= 0:
        return np.ones(months.shape[1])
    chance, level = _scaled_chances(needed - 1, _by_column(shape), _by_column(rate), months)
    return np.asarray(np.maximum(1.0 - chance.sum(axis=0) * np.exp(level), 0.0), dtype=np.float64)


def _by_column(values: Floats) -> Floats:
    return values if values.ndim == 2 else values[:, None]


def _scaled_chances(
    most: int, shape: Floats, rate: Floats, months: Floats
) -> tuple[Floats, Floats]:
    """The chances of `count_chances` divided by a number of each column, and its logarithm."""
    odds = months / rate
    level = -(shape * np.log1p(odds)).sum(axis=0)
    share = odds / (1.0 + odds)
    power = np.broadcast_to(shape, months.shape).copy()
    chance = np.zeros((most + 1, months.shape[1]))
    weight = np.zeros((most, months.shape[1]))
    chance[0] = 1.0
    for j in range(1, most + 1):
        power *= share
        weight[j - 1] = power.sum(axis=0)
        chance[j] = np.einsum("mc,mc->c", weight[:j], chance[j - 1 :: -1]) / j
        huge = chance[j] > _HUGE
        if huge.any():
            chance[: j + 1, huge] /= _HUGE
            level[huge] += math.log(_HUGE)
    return chance, level


def mean_months_to(number: int, shape: float, rate: float) -> float:
    """The mean time to the `number`-th patient of sites that are all open from the start. [months]

    `shape` is the sum over the sites, which share one `rate`: number x rate / (shape - 1), from
    Pearson's type VI (Anisimov and Fedorov, 2007). Raises QuantityError where there is no mean,
    for a shape of 1 or less.

    >>> round(mean_months_to(50, shape=20 * 2.0, rate=4.0), 3)
    5.128
    """
    if not shape > 1.0:
        raise QuantityError(f"a mean time needs shapes of more than 1 in all, got {shape}")
    return number * rate / (shape - 1.0)


def months_to(number: int, shape: float, rate: float, share: float) -> float:
    """The time within which the `number`-th patient comes in a share of futures. [months]

    All sites are open from the start, as in `mean_months_to`: the time over `rate` has a beta prime
    distribution, which is Pearson's type VI.

    >>> round(months_to(50, 40.0, 4.0, 0.05), 2), round(months_to(50, 40.0, 4.0, 0.95), 2)
    (3.53, 7.13)
    """
    from scipy.stats import betaprime  # slow to load, and seldom asked for

    return float(rate * betaprime.ppf(share, number, shape))
