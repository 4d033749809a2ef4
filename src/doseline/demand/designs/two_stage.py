"""Two-stage trials of one arm, that stop early if few respond: Simon's optimal and minimax designs.

Simon, Optimal two-stage designs for phase II clinical trials, Controlled Clinical Trials 10 (1989)
1-10. The shares that respond under null and alternative are inputs; whether a patient responds is
not predicted. All chances are exact binomial ones, and the search leaves out only what cannot win.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.demand.designs.single_arm import check_rates, exact_power
from doseline.errors import QuantityError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop if at most `r1` of the first `n1` respond; no success if at most `r` of all `n` do.

    >>> str(TwoStage(r1=1, n1=10, r=5, n=29))
    '1/10 5/29'
    """

    r1: int
    n1: int
    r: int
    n: int

    def __post_init__(self) -> None:
        if not (0 <= self.r1 < self.n1 < self.n and self.r1 <= self.r < self.n):
            raise QuantityError(f"{self} is no two-stage design: 0 <= r1 < n1 < n, r1 <= r < n")

    def __str__(self) -> str:
        return f"{self.r1}/{self.n1} {self.r}/{self.n}"

    def continues(self, responses_at_n1: int) -> bool:
        """Whether the trial goes on to its second stage, once `n1` patients have been judged."""
        return responses_at_n1 > self.r1

    def succeeds(self, responses_at_n: int) -> bool:
        """Whether the treatment is worth going on with, once all `n` have been judged."""
        return responses_at_n > self.r


@dataclass(frozen=True, slots=True)
class SimonDesign:
    """A two-stage rule and what it gives exactly: alpha, power, and how it fares under the null."""

    rule: TwoStage
    alpha: float
    power: float
    early_stop_null: float
    patients_null: float


def chance_to_stop_early(rule: TwoStage, share: float) -> float:
    """The chance to stop after the first stage, if each patient responds with this chance.

    >>> round(chance_to_stop_early(TwoStage(1, 10, 5, 29), 0.10), 2)
    0.74
    """
    return 1.0 - exact_power(rule.n1, rule.r1 + 1, share)


def expected_patients(rule: TwoStage, share: float) -> float:
    """How many patients to expect, if each responds with this chance.

    >>> round(expected_patients(TwoStage(1, 10, 5, 29), 0.10), 1)
    15.0
    """
    return rule.n1 + (1.0 - chance_to_stop_early(rule, share)) * (rule.n - rule.n1)


def chance_of_success(rule: TwoStage, share: float) -> float:
    """The chance of success, if each patient responds with this chance.

    >>> round(chance_of_success(TwoStage(1, 10, 5, 29), 0.30), 3)
    0.805
    """
    second = rule.n - rule.n1
    total = 0.0
    for first in range(rule.r1 + 1, rule.n1 + 1):
        needed = max(0, rule.r + 1 - first)
        if needed <= second:
            exactly = math.comb(rule.n1, first) * share**first * (1.0 - share) ** (rule.n1 - first)
            total += exactly * exact_power(second, needed, share)
    return total


def simon_optimal(
    null: float, alternative: float, alpha: float, power: float, at_most: int = 400
) -> SimonDesign:
    """The design with the fewest patients to expect under the null, of at most `at_most` patients.

    Raises QuantityError for shares or errors that cannot be, and where there is no such design.

    >>> found = simon_optimal(0.10, 0.30, alpha=0.05, power=0.80)
    >>> str(found.rule), round(found.alpha, 3), round(found.patients_null, 1)
    ('1/10 5/29', 0.047, 15.0)
    """
    check_rates(null, alternative, alpha, power)
    search = _Search(null, alternative, alpha, power, at_most)
    best, found = math.inf, None
    for n in range(2, at_most + 1):
        first_stages = search.first_stages(n, best)
        if not first_stages and found is not None:
            break  # from here on every design has more patients to expect
        if search.could_do(n):
            better = search.best_of(n, first_stages, best)
            best, found = better or (best, found)
    return _described(found, null, alternative, at_most)


def simon_minimax(
    null: float, alternative: float, alpha: float, power: float, at_most: int = 400
) -> SimonDesign:
    """The design of fewest patients at most, and among those with the fewest to expect.

    Raises QuantityError for shares or errors that cannot be, and where no design of at most
    `at_most` patients will do.

    >>> str(simon_minimax(0.10, 0.30, alpha=0.05, power=0.80).rule)
    '1/15 5/25'
    """
    check_rates(null, alternative, alpha, power)
    search = _Search(null, alternative, alpha, power, at_most)
    for n in range(2, at_most + 1):
        if search.could_do(n):
            better = search.best_of(n, search.first_stages(n, math.inf), math.inf)
            if better is not None:
                return _described(better[1], null, alternative, at_most)
    return _described(None, null, alternative, at_most)


def _described(rule: TwoStage | None, null: float, alternative: float, at_most: int) -> SimonDesign:
    if rule is None:
        raise QuantityError(
            f"no two-stage design of at most {at_most} patients tells {alternative} from {null} "
            f"with this alpha and power"
        )
    return SimonDesign(
        rule,
        alpha=chance_of_success(rule, null),
        power=chance_of_success(rule, alternative),
        early_stop_null=chance_to_stop_early(rule, null),
        patients_null=expected_patients(rule, null),
    )


class _Search:
    """Binomial tables under null and alternative, and the designs of `n` patients found in them."""

    def __init__(
        self, null: float, alternative: float, alpha: float, power: float, at_most: int
    ) -> None:
        self.alpha, self.power = alpha, power
        self.exactly_0, self.at_least_0 = _tables(null, at_most)
        self.exactly_1, self.at_least_1 = _tables(alternative, at_most)
        # the most responders of a first stage that may stop a trial without too little power
        self.most = (self.at_least_1[:, 1:] >= power).sum(axis=1) - 1

    def could_do(self, n: int) -> bool:
        """Whether the best test of `n` patients in one stage has the power (Neyman, Pearson)."""
        needed = int(np.argmax(self.at_least_0[n] <= self.alpha))
        tie = (self.alpha - self.at_least_0[n, needed]) / self.exactly_0[n, needed - 1]
        most = self.at_least_1[n, needed] + tie * self.exactly_1[n, needed - 1]
        return bool(most >= self.power)

    def first_stages(self, n: int, below: float) -> list[int]:
        """First stages after which fewer patients than `below` may still be expected."""
        n1 = np.arange(1, n)
        r1 = self.most[1:n]
        expected = n1 + self.at_least_0[n1, np.maximum(r1, 0) + 1] * (n - n1)
        fits: list[int] = n1[(r1 >= 0) & (expected < below)].tolist()
        return fits

    def best_of(
        self, n: int, first_stages: list[int], below: float
    ) -> tuple[float, TwoStage] | None:
        """The rule of `n` patients with the fewest to expect under the null, if below a limit."""
        found: TwoStage | None = None
        for n1 in first_stages:
            r1 = np.arange(self.most[n1] + 1)
            expected = n1 + self.at_least_0[n1, r1 + 1] * (n - n1)
            r, powers = self._completed(n1, n, len(r1))
            fits = np.flatnonzero((powers >= self.power) & (expected < below))
            if fits.size:  # r >= r1: a first stage that tests alone is beaten at n = n1
                k = int(fits[np.argmin(expected[fits])])
                below, found = float(expected[k]), TwoStage(k, n1, int(r[k]), n)
        return None if found is None else (below, found)

    def _completed(self, n1: int, n: int, rows: int) -> tuple[NDArray[np.int64], Floats]:
        """For each r1 below `rows` the smallest r that keeps alpha, and the power with it."""
        first = np.arange(n1 + 1)
        second = np.arange(n + 1)[None, :] + 1 - first[:, None]  # needed of the others, for each r
        chance = self.exactly_0[n1, first, None] * self.at_least_0[n - n1, np.maximum(second, 0)]
        beyond = np.cumsum(chance[::-1], axis=0)[::-1][1 : rows + 1]  # first stage above r1
        r = np.argmax(beyond <= self.alpha, axis=1)
        needed = np.maximum(r[:, None] + 1 - first[None, :], 0)
        chance = self.exactly_1[n1, first][None, :] * self.at_least_1[n - n1, needed]
        above = first[None, :] > np.arange(rows)[:, None]
        return r, np.where(above, chance, 0.0).sum(axis=1)


def _tables(share: float, most: int) -> tuple[Floats, Floats]:
    """Chances of exactly and of at least k (columns) of m (rows) responses, by adding a patient."""
    exactly = np.zeros((most + 1, most + 2))
    exactly[0, 0] = 1.0
    for m in range(1, most + 1):
        exactly[m] = (1.0 - share) * exactly[m - 1]
        exactly[m, 1:] += share * exactly[m - 1, :-1]
    return exactly, np.cumsum(exactly[:, ::-1], axis=1)[:, ::-1]
