"""Distributions as plain functions of a uniform number: whoever has the number has the draw.

They are functions of plain numbers, for the fast simulator to compile as they stand.
"""

import math

from doseline.errors import QuantityError

__all__ = [
    "beta_shapes",
    "exponential_from_u",
    "inverse_normal",
    "lognormal_from_u",
    "normal_share",
    "triangular_from_u",
    "truncated_normal_from_u",
]


def triangular_from_u(u: float, low: float, mode: float, high: float) -> float:
    """The triangular value that a share `u` stays below.

    >>> triangular_from_u(0.5, 0.0, 1.0, 2.0)
    1.0
    """
    width = high - low
    if width <= 0.0:
        return mode
    cut = (mode - low) / width
    if u < cut:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1.0 - u) * width * (high - mode))


def exponential_from_u(u: float, mean: float) -> float:
    """The exponential value that a share `u` stays below.

    >>> round(exponential_from_u(0.5, 10.0), 3)
    6.931
    """
    return -mean * math.log1p(-u)


def lognormal_from_u(u: float, median: float, p90: float) -> float:
    """The lognormal value that a share `u` stays below, from its median and nine-in-ten value.

    >>> round(lognormal_from_u(0.9, 3.0, 8.0), 6)
    8.0
    """
    return median * math.exp(math.log(p90 / median) / 1.2815515655446004 * inverse_normal(u))


def normal_share(z: float) -> float:
    """The share of the standard normal that stays below `z`.

    >>> normal_share(0.0)
    0.5
    """
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def truncated_normal_from_u(u: float, mean: float, sd: float, low: float, high: float) -> float:
    """The value that a share `u` stays below, of a normal cut off below `low` and above `high`.

    >>> round(truncated_normal_from_u(0.5, 1.9, 0.2, 1.4, 2.4), 6)
    1.9
    """
    if sd <= 0.0:
        return min(max(mean, low), high)
    below = normal_share((low - mean) / sd)
    above = normal_share((high - mean) / sd)
    share = below + u * (above - below)
    if share <= 0.0 or share >= 1.0:  # the cut lies beyond what a float can tell
        return min(max(mean, low), high)
    return min(max(mean + sd * inverse_normal(share), low), high)


def inverse_normal(u: float) -> float:
    """The value that a share `u` of the standard normal stays below.

    Algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988), good to about 1e-16 relative.

    >>> round(inverse_normal(0.975), 6)
    1.959964
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        p = (2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853
        p = ((p * r + 45921.953931549871457) * r + 13731.693765509461125) * r
        p = ((p + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608
        d = (5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061
        d = ((d * r + 21213.794301586595867) * r + 5394.1960214247511077) * r
        d = ((d + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0
        return q * p / d
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        p = (7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177
        p = ((p * r + 1.27045825245236838258) * r + 3.64784832476320460504) * r
        p = ((p + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734
        d = (1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966
        d = ((d * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r
        d = ((d + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0
    else:
        r -= 5.0
        p = (2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
        p = ((p + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
        p = ((p + 0.29656057182850489123) * r + 1.7848265399172913358) * r
        p = (p + 5.4637849111641143699) * r + 6.6579046435011037772
        d = (2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
        d = ((d + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
        d = ((d + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
        d = (d + 0.59983220655588793769) * r + 1.0
    return -p / d if q < 0.0 else p / d


def beta_shapes(mean: float, sd: float) -> tuple[float, float]:
    """The two shapes of a beta distribution with a mean and a standard deviation.

    Raises QuantityError where no beta distribution has them.

    >>> beta_shapes(0.5, 0.25)
    (1.5, 1.5)
    """
    if not (0.0 < mean < 1.0 and 0.0 < sd * sd < mean * (1.0 - mean)):
        raise QuantityError(f"no share between 0 and 1 has mean {mean} and deviation {sd}")
    both = mean * (1.0 - mean) / (sd * sd) - 1.0
    return mean * both, (1.0 - mean) * both
