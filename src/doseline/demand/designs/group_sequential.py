"""Group sequential trials of an event: when to look, how much it takes to stop, how many events.

Boundaries spend a one-sided error as Lan and DeMets do after O'Brien and Fleming (Discrete
sequential boundaries for clinical trials, Biometrika 70 (1983) 659-663). Their chances come by the
recursive integration of Armitage, McPherson and Rowe (Repeated significance tests on accumulating
data, Journal of the Royal Statistical Society A 132 (1969) 235-244), on Gauss-Legendre points. The
hazard ratio is an input; how a patient fares is not predicted.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from doseline.errors import QuantityError

Floats = NDArray[np.float64]

_MOST_LOOKS = 10
_FIRST, _APART = 0.01, 0.001  # the earliest look, and the least information between two
_REACH = 9.0  # standard deviations beyond which nothing is left that counts
_FAR = 40.0  # a boundary beyond this is never crossed
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def spent(fraction: float, alpha: float = 0.025) -> float:
    """The one-sided error that may have been spent at a share of the information.

    >>> round(spent(0.5), 5), round(spent(1.0), 5)
    (0.00153, 0.025)
    """
    return float(2.0 * ndtr(ndtri(alpha / 2.0) / math.sqrt(fraction)))


def boundaries(looks: tuple[float, ...], alpha: float = 0.025) -> tuple[float, ...]:
    """The z values that a trial must exceed at each look to stop with success.

    `looks` are rising shares of the information, up to 1; `alpha` is the one-sided error, spent in
    full at 1. Raises QuantityError for looks or errors that cannot be.

    >>> [round(z, 3) for z in boundaries((0.5, 0.75, 1.0))]
    [2.963, 2.359, 2.014]
    """
    from scipy.optimize import brentq  # slow to load, and seldom asked for

    _check_looks(looks)
    if not 0.001 <= alpha < 0.5:
        raise QuantityError(f"the one-sided alpha must be from 0.001 to below 0.5, got {alpha}")
    found: list[float] = []
    walk, before, used = _START, 0.0, 0.0
    for k, fraction in enumerate(looks):
        step, root = fraction - before, math.sqrt(fraction)
        allowed = spent(fraction, alpha) - used
        # crossing now for the first time is no likelier than being beyond now
        limits = -_REACH, 0.01 - float(ndtri(allowed))
        found.append(float(brentq(_excess, *limits, args=(walk, step, root, allowed), xtol=1e-10)))
        if k + 1 < len(looks):
            walk = _carried(walk, before, fraction, looks[k + 1], 0.0, found[-1])
        before, used = fraction, spent(fraction, alpha)
    return tuple(found)


def crossing(
    looks: tuple[float, ...], bounds: tuple[float, ...], drift: float = 0.0
) -> tuple[float, ...]:
    """The chance to stop with success at each look, not having stopped before.

    `drift` is the mean of z at full information, 0 without an effect; see `drift_of`. A boundary of
    infinity is a look without a chance to stop.

    >>> chances = crossing((0.5, 1.0), boundaries((0.5, 1.0)))
    >>> round(sum(chances), 6)
    0.025
    """
    _check_looks(looks)
    if len(bounds) != len(looks):
        raise QuantityError(f"{len(looks)} looks need as many boundaries, got {len(bounds)}")
    found: list[float] = []
    walk, before = _START, 0.0
    for k, (fraction, bound) in enumerate(zip(looks, bounds, strict=True)):
        found.append(_beyond(walk, fraction - before, drift, bound * math.sqrt(fraction)))
        if k + 1 < len(looks):
            walk = _carried(walk, before, fraction, looks[k + 1], drift, bound)
        before = fraction
    return tuple(found)


_Walk = tuple[Floats, Floats]  # where a trial that goes on may stand (z times root t), and chances
_START: _Walk = (np.zeros(1), np.ones(1))


def _beyond(walk: _Walk, step: float, drift: float, edge: float) -> float:
    """The chance to stand beyond an edge after one more step of information."""
    points, chances = walk
    share: Any = ndtr((points + drift * step - edge) / math.sqrt(step))
    return float(chances @ share)


def _excess(z: float, walk: _Walk, step: float, root: float, allowed: float) -> float:
    """By how much a boundary lets through more than allowed."""
    return _beyond(walk, step, 0.0, z * root) - allowed


def _carried(
    walk: _Walk, before: float, now: float, after: float, drift: float, bound: float
) -> _Walk:
    """Where the trials stand that go on: points below the boundary, as close as the steps ask."""
    points, chances = walk
    step = now - before
    low = min(0.0, drift * now) - _REACH * math.sqrt(now)
    high = min(bound, _FAR) * math.sqrt(now) + (max(0.0, drift * now) if bound > _FAR else 0.0)
    if high <= low:
        return np.zeros(1), np.zeros(1)
    panels = max(4, math.ceil((high - low) / math.sqrt(min(step, after - now))))
    half = (high - low) / panels / 2.0
    middles = low + half * (2.0 * np.arange(panels) + 1.0)
    to = (middles[:, None] + half * _POINTS[None, :]).reshape(-1)
    weights = half * np.tile(_WEIGHTS, panels) / math.sqrt(2.0 * math.pi * step)
    apart = to[:, None] - points[None, :] - drift * step
    return to, weights * (np.exp(-apart * apart / (2.0 * step)) @ chances)


def _check_looks(looks: tuple[float, ...]) -> None:
    if not 1 <= len(looks) <= _MOST_LOOKS:
        raise QuantityError(f"a trial has 1 to {_MOST_LOOKS} looks, got {len(looks)}")
    least = min((b - a for a, b in pairwise(looks)), default=1.0) + 1e-12
    if not (looks[0] >= _FIRST and looks[-1] <= 1.0 and least >= _APART):
        raise QuantityError(
            f"looks must rise from {_FIRST} to at most 1, {_APART} apart or more, got {looks}"
        )


def events_at(looks: tuple[float, ...], total_events: int) -> tuple[int, ...]:
    """How many events each look waits for, rounded up.

    Raises QuantityError where two looks would wait for the same number.

    >>> events_at((0.5, 0.75, 1.0), 227)
    (114, 171, 227)
    """
    _check_looks(looks)
    found = tuple(math.ceil(fraction * total_events - 1e-9) for fraction in looks)
    if found[0] < 1 or len(set(found)) < len(found):
        raise QuantityError(f"{total_events} events are too few for looks at {looks}")
    return found


def schoenfeld_events(
    hazard_ratio: float, power: float, alpha: float = 0.025, treated_share: float = 0.5
) -> float:
    """The events that a log-rank test needs, as a real number; `whole_events` rounds it up.

    `alpha` is one-sided, `treated_share` the part of the patients given the new treatment. One
    look at the end is meant. Schoenfeld, Sample-size formula for the proportional-hazards
    regression model, Biometrics 39 (1983) 499-503. Raises QuantityError for input that cannot be.

    >>> round(schoenfeld_events(0.6, power=0.90), 2)
    161.07
    """
    if not (0.0 < alpha < 0.5 and 0.5 <= power < 1.0):
        raise QuantityError(
            f"alpha must be above 0 and below 0.5, power from 0.5 to below 1; got {alpha}, {power}"
        )
    if not hazard_ratio < 1.0:
        raise QuantityError(f"the treated must fare better: {hazard_ratio} is not below 1")
    needed = float(ndtri(power)) - float(ndtri(alpha))
    return (needed / drift_of(hazard_ratio, 1.0, treated_share)) ** 2


def whole_events(events: float) -> int:
    """A number of events as patients have it: rounded up.

    >>> whole_events(87.48)
    88
    """
    return math.ceil(events)


def drift_of(hazard_ratio: float, events: float, treated_share: float = 0.5) -> float:
    """The mean of the log-rank z after so many events, for `crossing`. (Schoenfeld, 1983.)

    Above 0 where the treated fare better. Raises QuantityError for input that cannot be.

    >>> round(drift_of(0.6, 161.07), 2)
    3.24
    """
    if not 0.0 < hazard_ratio < math.inf:
        raise QuantityError(f"a hazard ratio must be above 0, got {hazard_ratio}")
    if not 0.0 < treated_share < 1.0:
        raise QuantityError(f"the treated share must lie between 0 and 1, got {treated_share}")
    return -math.log(hazard_ratio) * math.sqrt(treated_share * (1.0 - treated_share) * events)
