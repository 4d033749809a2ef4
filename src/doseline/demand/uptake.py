"""How uptake grows: a Bass curve over the people in a funnel's reach, less those lost to others.

Bass, A new product growth for model consumer durables, Management Science 15 (1969) 215-227. Years
are market years, whole and in parts, from the launch of a country.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from doseline.demand.luck import Floats
from doseline.programme.market import Funnel, Market, UptakeCase


def bass_share(innovation: float, imitation: float, years: Floats) -> Floats:
    """The share of all who will ever start that has started so many years after launch.

    With p the innovation (above 0) and q the imitation, a year, it is
    (1 - exp(-(p + q) t)) / (1 + (q / p) exp(-(p + q) t)) (Bass, 1969); q 0 leaves 1 - exp(-p t).
    Before the launch it is 0.

    >>> [round(100 * s, 1) for s in bass_share(0.03, 0.38, np.arange(6.0)).tolist()]
    [0.0, 3.6, 8.5, 15.1, 23.3, 33.1]
    """
    passed = -(innovation + imitation) * np.maximum(years, 0.0)
    started = -innovation * np.expm1(passed) / (innovation + imitation * np.exp(passed))
    return np.asarray(started, dtype=np.float64)


def share_started(case: UptakeCase, years: Floats) -> Floats:
    """The share of a case's ceiling that has started so many years after launch.

    From the year named in `steady_after_years` on every year adds what that year added. It may
    then pass 1: those who fall ill later take the places of those treated.

    >>> case = UptakeCase("base", 1.0, (), 0.3, 0.03, 0.38, steady_after_years=5)
    >>> [round(100 * s, 1) for s in np.diff(share_started(case, np.arange(8.0))).tolist()]
    [3.6, 4.9, 6.5, 8.3, 9.8, 9.8, 9.8]
    """
    p, q, steady = case.innovation, case.imitation, case.steady_after_years
    assert p is not None
    assert q is not None
    if steady is None:
        return bass_share(p, q, years)
    before, at = bass_share(p, q, np.array([steady - 1.0, steady])).tolist()
    later = np.maximum(years - steady, 0.0) * (at - before)
    return np.asarray(bass_share(p, q, np.minimum(years, steady)) + later, dtype=np.float64)


def in_reach(funnel: Funnel, years: Floats) -> Floats:
    """The people who meet every condition of a funnel so many years after launch.

    >>> from doseline.programme.market import FunnelStep
    >>> steps = (FunnelStep("diagnosed", 0.8), FunnelStep("third line", 0.5))
    >>> in_reach(Funnel("US", 1000, steps, growth_fraction=0.1), np.array([0.0, 1.0])).round(6)
    array([400., 440.])
    """
    share = math.prod(step.share_fraction for step in funnel.steps)
    grown = (1.0 + funnel.growth_fraction) ** np.maximum(years, 0.0)
    return np.asarray(funnel.people * share * grown, dtype=np.float64)


def new_patients(funnel: Funnel, case: UptakeCase, edges: Floats) -> Floats:
    """Patients of a funnel expected to start between one edge and the next; edges in years.

    It is the ceiling times the people in reach at that time times what the curve adds: growth
    brings new patients to a year in proportion, and changes nothing of the years before.

    >>> from doseline.programme.market import FunnelStep
    >>> us = Funnel("US", 11_500, (FunnelStep("third line and later", 5_700 / 11_500),))
    >>> case = UptakeCase("base", 1.0, (), 0.3, 0.03, 0.38)
    >>> new_patients(us, case, np.arange(6.0)).round()
    array([ 61.,  84., 112., 141., 168.])
    """
    assert case.ceiling_fraction is not None
    middle = (edges[:-1] + edges[1:]) / 2.0
    added = np.diff(share_started(case, edges))
    return np.asarray(case.ceiling_fraction * in_reach(funnel, middle) * added, dtype=np.float64)


def lost_share(market: Market, day: NDArray[np.int64]) -> Floats:
    """The share of new patients lost to competitors on each of some days (ordinals)."""
    begins = np.array([loss.from_on.toordinal() for loss in market.lost], dtype=np.int64)
    shares = np.array([0.0, *(loss.lost_fraction for loss in market.lost)])
    return np.asarray(shares[np.searchsorted(begins, day, side="right")], dtype=np.float64)
