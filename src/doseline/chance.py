"""Chance as keyed streams: (seed, replication, source, entity, index) to a number.

A draw is a pure function of its key, so it does not matter in which order draws are made, on how
many workers, or which other sources of chance there are. Each source has a name, such as
"line:madison-1": to add one, or to draw more from one, leaves all the others alone.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1,
2, 3, SC11, 2011). The key is made from seed and replication; the counter is (index, entity, sub,
hash of the source's name). A number is (word + 1/2) / 2**32, between 0 and 1, never either. The
draws are plain functions of plain numbers, for the fast simulator to compile as they stand; its
counters and keys are 64-bit integers.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from doseline.errors import QuantityError

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Stream",
    "beta_shapes",
    "exponential_from_u",
    "gamma_at",
    "inverse_normal",
    "lognormal_from_u",
    "normal_share",
    "philox4x32",
    "poisson_at",
    "stable_hash",
    "stream",
    "stream_key",
    "triangular_from_u",
    "truncated_normal_from_u",
    "uniform_array",
    "uniforms_at",
]

_SECOND_GAMMA = 1 << 16  # where the sub-indices of the second gamma of a beta begin


def philox4x32(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Four random 32-bit words from a counter of four words and a key of two.

    Ten rounds of Philox4x32. The same source serves Python integers, NumPy arrays of uint64, and
    compiled int64 (not uint64), where a product may wrap and the masks take the right bits anyway.

    >>> [f"{word:08x}" for word in philox4x32(0, 0, 0, 0, 0, 0)]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    for _ in range(10):
        p0 = 0xD2511F53 * c0
        p1 = 0xCD9E8D57 * c2
        c0 = ((p1 >> 32) & 0xFFFFFFFF) ^ c1 ^ k0
        c2 = ((p0 >> 32) & 0xFFFFFFFF) ^ c3 ^ k1
        c1 = p1 & 0xFFFFFFFF
        c3 = p0 & 0xFFFFFFFF
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniforms_at(
    k0: int, k1: int, source: int, entity: int, index: int, sub: int
) -> tuple[float, float, float, float]:
    """Four numbers between 0 and 1, never either, from one block.

    >>> k0, k1 = stream_key(seed=7, replication=0)
    >>> all(0 < u < 1 for u in uniforms_at(k0, k1, stable_hash("arrivals"), 3, 1, 0))
    True
    """
    w0, w1, w2, w3 = philox4x32(index, entity, sub, source, k0, k1)
    return (
        (w0 + 0.5) * 2.0**-32,
        (w1 + 0.5) * 2.0**-32,
        (w2 + 0.5) * 2.0**-32,
        (w3 + 0.5) * 2.0**-32,
    )


@lru_cache(maxsize=1 << 16)
def stable_hash(name: str) -> int:
    """A name as a 32-bit number, the same on every machine and in every run.

    >>> stable_hash("line:madison-1") == stable_hash("line:madison-2")
    False
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "little")


@lru_cache(maxsize=1 << 12)
def stream_key(seed: int, replication: int) -> tuple[int, int]:
    """The two 32-bit words of the key that a seed and a replication make.

    >>> stream_key(7, 0) != stream_key(0, 7)
    True
    """
    digest = blake2b(f"{seed}/{replication}".encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")


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


def gamma_at(
    k0: int, k1: int, source: int, entity: int, index: int, sub: int, shape: float
) -> float:
    """A gamma number of scale 1, from as many blocks as it takes, beginning with sub-index `sub`.

    Marsaglia and Tsang, A simple method for generating gamma variables, ACM TOMS 26 (2000); a shape
    below 1 by their boost.

    >>> gamma_at(1, 2, 3, 4, 5, 0, 2.0) > 0
    True
    """
    d = (shape if shape >= 1.0 else shape + 1.0) - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        u0, u1, u2, _ = uniforms_at(k0, k1, source, entity, index, sub)
        x = inverse_normal(u0)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(u1) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            return d * v if shape >= 1.0 else d * v * u2 ** (1.0 / shape)
        sub += 1


def poisson_at(k0: int, k1: int, source: int, entity: int, index: int, mean: float) -> int:
    """A Poisson number: a sum of parts of mean 16 at most, each by inversion of its own block.

    >>> poisson_at(1, 2, 3, 4, 5, 0.0)
    0
    """
    total, sub = 0, 0
    while mean > 0.0:
        part = min(mean, 16.0)
        u = uniforms_at(k0, k1, source, entity, index, sub)[0]
        share = math.exp(-part)
        below, count = share, 0
        while u > below:
            count += 1
            share *= part / count
            below += share
        total += count
        mean -= part
        sub += 1
    return total


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


@dataclass(frozen=True, slots=True)
class Stream:
    """One source of chance in one replication: each (entity, index) has its own numbers.

    `entity` is a number below 2**32 or a name, `index` counts its draws. Drawing twice with one key
    gives the same number twice. Made by `stream`.

    >>> chance = stream(seed=7, replication=0, source="line:madison-1")
    >>> chance.uniform("batch-12", 0) == chance.uniform("batch-12", 0)
    True
    """

    k0: int
    k1: int
    source: int

    def uniforms4(self, entity: int | str = 0, index: int = 0) -> tuple[float, float, float, float]:
        """Four numbers between 0 and 1, never either."""
        if isinstance(entity, str):
            entity = stable_hash(entity)
        return uniforms_at(self.k0, self.k1, self.source, entity, index, 0)

    def uniform(self, entity: int | str = 0, index: int = 0) -> float:
        """A number between 0 and 1, never either; the first of `uniforms4`."""
        if isinstance(entity, str):
            entity = stable_hash(entity)
        return (philox4x32(index, entity, 0, self.source, self.k0, self.k1)[0] + 0.5) * 2.0**-32

    def chance(self, p: float, entity: int | str = 0, index: int = 0) -> bool:
        """Whether a thing of probability `p` happens."""
        return self.uniform(entity, index) < p

    def triangular(
        self, low: float, mode: float, high: float, entity: int | str = 0, index: int = 0
    ) -> float:
        """A number from `low` to `high`, most often near `mode`."""
        return triangular_from_u(self.uniform(entity, index), low, mode, high)

    def normal(
        self, mean: float = 0.0, sd: float = 1.0, entity: int | str = 0, index: int = 0
    ) -> float:
        """A normal number."""
        return mean + sd * inverse_normal(self.uniform(entity, index))

    def truncated_normal(
        self,
        mean: float,
        sd: float,
        low: float,
        high: float,
        entity: int | str = 0,
        index: int = 0,
    ) -> float:
        """A normal number, given that it lies from `low` to `high`."""
        return truncated_normal_from_u(self.uniform(entity, index), mean, sd, low, high)

    def exponential(self, mean: float, entity: int | str = 0, index: int = 0) -> float:
        """An exponential number, such as a time to the next event."""
        return exponential_from_u(self.uniform(entity, index), mean)

    def lognormal(self, median: float, p90: float, entity: int | str = 0, index: int = 0) -> float:
        """A lognormal number, half below `median` and nine in ten below `p90`."""
        return lognormal_from_u(self.uniform(entity, index), median, p90)

    def gamma(
        self, shape: float, scale: float = 1.0, entity: int | str = 0, index: int = 0
    ) -> float:
        """A gamma number of mean `shape` x `scale`; QuantityError where the shape is not above 0."""
        if not shape > 0.0:
            raise QuantityError(f"the shape of a gamma number must be above 0, got {shape}")
        if isinstance(entity, str):
            entity = stable_hash(entity)
        return scale * gamma_at(self.k0, self.k1, self.source, entity, index, 0, shape)

    def beta(self, mean: float, sd: float, entity: int | str = 0, index: int = 0) -> float:
        """A share of a mean and a deviation; `mean` itself where `sd` is 0. See `beta_shapes`."""
        if sd == 0.0:
            return mean
        a, b = beta_shapes(mean, sd)
        if isinstance(entity, str):
            entity = stable_hash(entity)
        x = gamma_at(self.k0, self.k1, self.source, entity, index, 0, a)
        y = gamma_at(self.k0, self.k1, self.source, entity, index, _SECOND_GAMMA, b)
        return x / (x + y) if x + y > 0.0 else mean

    def poisson(self, mean: float, entity: int | str = 0, index: int = 0) -> int:
        """A Poisson number, such as how many patients enrol in a month."""
        if isinstance(entity, str):
            entity = stable_hash(entity)
        return poisson_at(self.k0, self.k1, self.source, entity, index, mean)


def stream(seed: int, replication: int, source: str) -> Stream:
    """The stream of one source of chance in one replication of a seed.

    >>> stream(7, 0, "courier").uniform() == stream(7, 1, "courier").uniform()
    False
    """
    k0, k1 = stream_key(seed, replication)
    return Stream(k0, k1, stable_hash(source))


def uniform_array(
    stream: Stream, entities: "ArrayLike", index: "ArrayLike" = 0
) -> "NDArray[float64]":
    """What `Stream.uniform` gives for many entities (numbers) at once; needs NumPy.

    >>> chance = stream(7, 0, "courier")
    >>> bool(uniform_array(chance, [3, 4])[1] == chance.uniform(4))
    True
    """
    import numpy as np

    words: tuple[Any, Any, Any, Any, Any, Any] = (
        np.asarray(index, dtype=np.uint64),
        np.atleast_1d(np.asarray(entities, dtype=np.uint64)),
        0,
        stream.source,
        stream.k0,
        stream.k1,
    )
    shape = np.broadcast_shapes(words[0].shape, words[1].shape)
    first = np.asarray(philox4x32(*words)[0], dtype=np.float64)
    return np.broadcast_to((first + 0.5) * 2.0**-32, shape)
