"""One-arm trials with an exact binomial test: how many patients, how many responders, what power.

The share that responds is an input, under the null and under the alternative; whether a patient
responds is not predicted. All chances are exact binomial ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import bdtrc, betaincinv

from doseline.errors import QuantityError


@dataclass(frozen=True, slots=True)
class SingleArm:
    """A one-arm trial: it succeeds if so many of its patients respond; exact alpha and power."""

    patients: int
    responders: int
    alpha: float
    power: float

    def succeeds(self, responses: int) -> bool:
        """Whether so many responders are enough."""
        return responses >= self.responders


def check_rates(null: float, alternative: float, alpha: float, power: float) -> None:
    """Raises QuantityError unless the shares are shares, in order, and the errors leave room."""
    if not 0.0 < null < alternative < 1.0:
        raise QuantityError(
            f"the null share must be above 0 and below the alternative, and that below 1; "
            f"got {null} and {alternative}"
        )
    if not 0.0 < alpha < power < 1.0:
        raise QuantityError(
            f"alpha must be above 0 and below the power, and that below 1; got {alpha} and {power}"
        )


def exact_power(patients: int, responders: int, share: float) -> float:
    """The chance that at least so many of the patients respond, if each does with this chance.

    >>> round(exact_power(55, 18, 0.40), 3)
    0.893
    """
    _check_counts(responders, patients)
    if not 0.0 <= share <= 1.0:
        raise QuantityError(f"a share must be from 0 to 1, got {share}")
    return 1.0 if responders == 0 else float(bdtrc(responders - 1, patients, share))


def critical_responders(patients: int, null: float, alpha: float) -> int:
    """The fewest responders that reject the null: one-sided, its chance there at most `alpha`.

    It is one more than `patients` where not even all responding would be enough.

    >>> critical_responders(55, 0.20, 0.025)
    18
    """
    _check_counts(0, patients)
    if not (0.0 < null < 1.0 and 0.0 < alpha < 1.0):
        raise QuantityError(f"null and alpha must lie between 0 and 1, got {null} and {alpha}")
    above: Any = bdtrc(np.arange(patients + 1), patients, null)  # chance of more than 0, 1, ...
    return int(np.argmax(above <= alpha)) + 1


def single_arm(
    null: float, alternative: float, alpha: float, power: float, at_most: int = 1000
) -> SingleArm:
    """The smallest one-arm trial with this one-sided alpha and power.

    Power does not rise steadily with the number of patients: a slightly larger trial may have less.
    Raises QuantityError for shares or errors that cannot be, and where no trial of at most
    `at_most` patients will do.

    >>> found = single_arm(0.20, 0.40, 0.025, 0.90)
    >>> found.patients, found.responders, found.succeeds(17)
    (56, 18, False)
    """
    check_rates(null, alternative, alpha, power)
    for patients in range(1, at_most + 1):
        needed = critical_responders(patients, null, alpha)
        if needed > patients:
            continue
        found = exact_power(patients, needed, alternative)
        if found >= power:
            return SingleArm(patients, needed, exact_power(patients, needed, null), found)
    raise QuantityError(
        f"no one-arm trial of at most {at_most} patients tells {alternative} from {null} "
        f"with alpha {alpha} and power {power}"
    )


def exact_interval(count: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval of a share from a count, each side with half of the error.

    Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26 (1934) 404-413.

    >>> low, high = exact_interval(31, 55)
    >>> round(100 * low, 1), round(100 * high, 1)
    (42.3, 69.7)
    """
    _check_counts(count, of)
    if not 0.0 < level < 1.0:
        raise QuantityError(f"the level of an interval must lie between 0 and 1, got {level}")
    side = (1.0 - level) / 2.0
    low = float(betaincinv(count, of - count + 1, side)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, of - count, 1.0 - side)) if count < of else 1.0
    return low, high


def _check_counts(count: int, of: int) -> None:
    if not (of >= 1 and 0 <= count <= of):
        raise QuantityError(f"a count must be from 0 to all of at least 1, got {count} of {of}")
