"""A gain split over causes: switched on one after another, or averaged over all orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

World = frozenset[str]
"""The causes that act."""


def worlds_of(causes: Sequence[str], *, shapley: bool) -> tuple[World, ...]:
    """The worlds whose gains are needed: one more than causes, or all of them.

    >>> [sorted(w) for w in worlds_of(("a", "b"), shapley=False)]
    [[], ['a'], ['a', 'b']]
    >>> len(worlds_of(("a", "b", "c"), shapley=True))
    8
    """
    if not shapley:
        return tuple(frozenset(causes[:n]) for n in range(len(causes) + 1))
    return tuple(
        frozenset(some) for n in range(len(causes) + 1) for some in combinations(causes, n)
    )


def in_order(
    gains: Mapping[World, Sequence[float]], causes: Sequence[str]
) -> dict[str, list[float]]:
    """What each cause adds to the gain when it is switched on after those before it.

    Gains are given future by future, and so is each part; the parts and the gain in the empty
    world add up to the gain in the full one.

    >>> gains = {frozenset(): [1.0], frozenset("a"): [3.0], frozenset("ab"): [2.0]}
    >>> in_order(gains, "ab")
    {'a': [2.0], 'b': [-1.0]}
    """
    parts = {}
    for n, cause in enumerate(causes):
        before, after = gains[frozenset(causes[:n])], gains[frozenset(causes[: n + 1])]
        parts[cause] = [b - a for a, b in zip(before, after, strict=True)]
    return parts


def over_all_orders(
    gains: Mapping[World, Sequence[float]], causes: Sequence[str]
) -> dict[str, list[float]]:
    """What each cause adds on average over every order of switching on: its Shapley value.

    (Shapley, A value for n-person games, Contributions to the Theory of Games II, Princeton, 1953;
    Owen, Sobol' indices and Shapley value, SIAM/ASA J. Uncertainty Quantification 2 (2014) 245.)

    >>> gains = {frozenset(): [0.0], frozenset("a"): [2.0], frozenset("b"): [0.0],
    ...          frozenset("ab"): [4.0]}
    >>> over_all_orders(gains, "ab")
    {'a': [3.0], 'b': [1.0]}
    """
    count = len(causes)
    parts = {}
    for cause in causes:
        others = [c for c in causes if c != cause]
        total = [0.0] * len(next(iter(gains.values())))
        for n in range(count):
            weight = factorial(n) * factorial(count - n - 1) / factorial(count)
            for some in combinations(others, n):
                before, after = gains[frozenset(some)], gains[frozenset((*some, cause))]
                for i, (a, b) in enumerate(zip(before, after, strict=True)):
                    total[i] += weight * (b - a)
        parts[cause] = total
    return parts
