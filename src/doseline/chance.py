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

from doseline.distributions import (
    beta_shapes,
    exponential_from_u,
    inverse_normal,
    lognormal_from_u,
    triangular_from_u,
    truncated_normal_from_u,
)
from doseline.errors import QuantityError

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Stream",
    "gamma_at",
    "philox4x32",
    "poisson_at",
    "poisson_rows",
    "stable_hash",
    "stream",
    "stream_key",
    "uniform_array",
    "uniform_rows",
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
        v = math.pow(1.0 + c * x, 3.0)
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
        """A gamma number of mean `shape` x `scale`; QuantityError for a shape not above 0."""
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


def poisson_rows(
    seed: int,
    replication: "ArrayLike",
    source: str,
    entity: "ArrayLike",
    mean: "ArrayLike",
) -> "NDArray[int64]":
    """What `Stream.poisson` gives for rows of a replication, an entity and a mean; needs NumPy.

    >>> poisson_rows(7, [0, 1], "patients", [3, 3], [20.0, 4.5]).tolist() == [
    ...     stream(7, 0, "patients").poisson(20.0, 3), stream(7, 1, "patients").poisson(4.5, 3)]
    True
    """
    import numpy as np

    means = np.array(mean, dtype=np.float64)
    replications = np.broadcast_to(np.asarray(replication, dtype=np.int64), means.shape)
    entities = np.broadcast_to(np.asarray(entity, dtype=np.uint64), means.shape)
    whole = np.ceil(means / 16.0).astype(np.int64) - 1  # parts of 16 before the last one
    total = np.zeros(means.shape, dtype=np.int64)
    row = np.repeat(np.arange(len(means)), np.maximum(whole, 0))
    sub = np.arange(len(row)) - np.repeat(np.cumsum(np.maximum(whole, 0)), np.maximum(whole, 0))
    sub += np.maximum(whole, 0)[row]
    u = uniform_rows(seed, replications[row], source, entities[row], [[0]], sub)[:, 0]
    np.add.at(total, row, np.searchsorted(_poisson_upto(16.0), u))
    last = np.flatnonzero(means > 0.0)
    part = means[last] - 16.0 * whole[last]
    u = uniform_rows(seed, replications[last], source, entities[last], [[0]], whole[last])[:, 0]
    for place, mine, share in zip(last.tolist(), part.tolist(), u.tolist(), strict=True):
        total[place] += int(np.searchsorted(_poisson_upto(mine), share))
    return total


@lru_cache(maxsize=1 << 12)
def _poisson_upto(mean: float) -> "NDArray[float64]":
    """The chance of so many or fewer, up to where it grows no more; the sums of `poisson_at`."""
    import numpy as np

    share = math.exp(-mean)
    upto = [share]
    while (following := upto[-1] + (share := share * (mean / len(upto)))) > upto[-1]:
        upto.append(following)
    return np.array(upto, dtype=np.float64)


_CHUNK = 1 << 14  # numbers made at once: their words stay in the processor's cache


def uniform_rows(
    seed: int,
    replication: "ArrayLike",
    source: str,
    entity: "ArrayLike",
    index: "ArrayLike",
    sub: "ArrayLike" = 0,
) -> "NDArray[float64]":
    """What `Stream.uniform` gives for rows that each have a replication and an entity of their own.

    `replication` and `entity` have one number a row, `index` a row of numbers for each (or one row
    for all), `sub` (of the block) one for all or one a row; the result has the shape of rows by
    numbers. Needs NumPy.

    >>> rows = uniform_rows(7, [0, 1], "courier", [3, 3], [[0, 1]])
    >>> float(rows[1, 1]) == stream(7, 1, "courier").uniform(3, 1)
    True
    """
    import numpy as np

    entities = np.atleast_1d(np.asarray(entity, dtype=np.uint64))[:, None]
    numbers = np.atleast_2d(np.asarray(index, dtype=np.uint64))
    blocks = np.atleast_1d(np.asarray(sub, dtype=np.uint64))[:, None]
    rows, wide = len(entities), numbers.shape[1]
    known, which = np.unique(np.asarray(replication, dtype=np.int64), return_inverse=True)
    keys = np.array([stream_key(seed, r) for r in known.tolist()], dtype=np.uint64)
    keys = keys.reshape(-1, 2)[which.reshape(-1)]
    found = np.empty((rows, wide), dtype=np.float64)
    step = max(1, _CHUNK // max(1, wide))
    for start in range(0, rows, step):
        part = slice(start, start + step)
        words: tuple[Any, Any, Any, Any, Any, Any] = (
            numbers if len(numbers) == 1 else numbers[part],
            entities[part],
            blocks if len(blocks) == 1 else blocks[part],
            stable_hash(source),
            keys[part, :1],
            keys[part, 1:],
        )
        found[part] = (philox4x32(*words)[0] + 0.5) * 2.0**-32
    return found
