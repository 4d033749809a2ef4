"""The luck of one replication, keyed as in `fate.py`; and the names that luck is keyed by.

An order's name is its patient's (or its standing demand's), the number of the dose, the attempt,
and a number where the name was taken. It is put together only where a draw or a tie asks for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from doseline.chance import gamma_at, uniforms_at
from doseline.distributions import triangular_from_u
from doseline.simulate.fate import HIGHEST_YIELD, whole
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import scratch
from doseline.simulate.kernel.words import FILL, MAKE, PACK, QC, RELEASE

_SECOND_GAMMA = 1 << 16
_INSERTED = 12
_IV = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    dtype=np.uint64,
)  # fmt: skip
_SIGMA = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ],
    dtype=np.uint8,
)
_SIGMA = np.vstack((_SIGMA, _SIGMA[:2]))

TEXT_MAX = 120
"""The longest name; that of an order fits into one block of the hash."""


@compiled
def _turned(x: Any, by: int) -> Any:
    return (x >> np.uint64(by)) | (x << np.uint64(64 - by))


@compiled
def _mixed(a: Any, b: Any, c: Any, d: Any, x: Any, y: Any) -> Any:
    a = a + b + x
    d = _turned(d ^ a, 32)
    c = c + d
    b = _turned(b ^ c, 24)
    a = a + b + y
    d = _turned(d ^ a, 16)
    c = c + d
    return a, _turned(b ^ c, 63), c, d


@compiled
def block_hash(m: Any, length: int) -> int:
    """What `chance.stable_hash` gives for a name of at most 128 letters: BLAKE2b of four bytes.

    RFC 7693, one block: 16 words that hold the letters, with zeros behind them.
    """
    v0, v1, v2, v3 = _IV[0] ^ np.uint64(0x01010004), _IV[1], _IV[2], _IV[3]
    v4, v5, v6, v7 = _IV[4], _IV[5], _IV[6], _IV[7]
    v8, v9, v10, v11 = _IV[0], _IV[1], _IV[2], _IV[3]
    v12, v13, v14, v15 = _IV[4] ^ np.uint64(length), _IV[5], ~_IV[6], _IV[7]
    for turn in range(12):
        s = _SIGMA[turn]
        v0, v4, v8, v12 = _mixed(v0, v4, v8, v12, m[s[0]], m[s[1]])
        v1, v5, v9, v13 = _mixed(v1, v5, v9, v13, m[s[2]], m[s[3]])
        v2, v6, v10, v14 = _mixed(v2, v6, v10, v14, m[s[4]], m[s[5]])
        v3, v7, v11, v15 = _mixed(v3, v7, v11, v15, m[s[6]], m[s[7]])
        v0, v5, v10, v15 = _mixed(v0, v5, v10, v15, m[s[8]], m[s[9]])
        v1, v6, v11, v12 = _mixed(v1, v6, v11, v12, m[s[10]], m[s[11]])
        v2, v7, v8, v13 = _mixed(v2, v7, v8, v13, m[s[12]], m[s[13]])
        v3, v4, v9, v14 = _mixed(v3, v4, v9, v14, m[s[14]], m[s[15]])
    found: Any = np.int64((_IV[0] ^ np.uint64(0x01010004) ^ v0 ^ v8) & np.uint64(0xFFFFFFFF))
    return found


@compiled
def _digits(into: Any, at: int, number: int) -> int:
    """Write a number; where it ends."""
    size, left = 1, number
    while left >= 10:
        size, left = size + 1, left // 10
    for i in range(size):
        into[at + size - 1 - i] = 48 + number % 10
        number //= 10
    return at + size


@compiled
def write_name(c: Any, order: int, into: Any) -> int:
    """Write the name of an order; its length."""
    o = c.orders[order]
    owner = c.patients[o.owner]
    letters, n = c.names, owner.id_n
    for i in range(n):
        into[i] = letters[owner.id_off + i]
    if owner.number:
        n = _digits(into, n, owner.number)
    into[n] = 47  # /
    n = _digits(into, n + 1, o.number)
    if o.attempt:
        into[n] = 46  # .
        n = _digits(into, n + 1, o.attempt)
    if o.name_n > 1:
        into[n] = 126  # ~
        n = _digits(into, n + 1, o.name_n)
    return n


@compiled
def order_hash(c: Any, order: int) -> int:
    """The hash of an order's name, remembered."""
    o = c.orders[order]
    if not o.has_hash:
        for k in range(16):
            c.block[k] = 0
        length = write_name(c, order, c.text[:128])
        o.hash, o.has_hash = block_hash(c.block[:16], length), 1
    return o.hash


@compiled
def _named_before(c: Any, a: int, b: int) -> bool:
    """Whether the name of one order comes before that of another of the same owner."""
    left, right = c.text[256:512], c.text[512:768]
    m, n = write_name(c, a, left), write_name(c, b, right)
    for i in range(min(m, n)):
        if left[i] != right[i]:
            return left[i] < right[i]
    return m < n


@compiled
def goes_before(c: Any, a: int, b: int) -> bool:
    """Who goes first when short: started courses, then who waits longest, then by name.

    An order's `rank` holds these: who has had a dose, the instant, the place of its owner's name.
    """
    left, right = c.orders[a].rank, c.orders[b].rank
    if left != right:
        return left < right
    return a != b and _named_before(c, a, b)


@compiled
def sort_by_rank(c: Any, found: Any) -> None:
    """Orders in the order in which they go: by insertion, and longer lists merged of such parts."""
    n, used = len(found), c.scratch_n
    ranks = scratch(c, n)
    for i in range(n):
        ranks[i] = c.orders[found[i]].rank
    if n <= _INSERTED:
        _insert(c, found, ranks, 0, n)
        c.scratch_n = used
        return
    for low in range(0, n, _INSERTED):
        _insert(c, found, ranks, low, min(low + _INSERTED, n))
    here, there, turned = (found, ranks), (scratch(c, n), scratch(c, n)), False
    wide = _INSERTED
    while wide < n:
        for low in range(0, n, 2 * wide):
            _merge(c, here, there, low, min(low + wide, n), min(low + 2 * wide, n))
        here, there, turned = there, here, not turned
        wide *= 2
    if turned:
        for i in range(n):
            found[i] = here[0][i]
    c.scratch_n = used


@compiled
def _insert(c: Any, found: Any, ranks: Any, low: int, high: int) -> None:
    for i in range(low + 1, high):
        x, rank, k = found[i], ranks[i], i
        while k > low and comes_first(c, rank, x, ranks[k - 1], found[k - 1]):
            found[k], ranks[k] = found[k - 1], ranks[k - 1]
            k -= 1
        found[k], ranks[k] = x, rank


@compiled
def _merge(c: Any, here: Any, there: Any, low: int, middle: int, high: int) -> None:
    """Two sorted parts that lie side by side, as one part of the other arrays."""
    found, ranks = here
    into, ranked = there
    left, right = low, middle
    for k in range(low, high):
        if left < middle and (
            right >= high or comes_first(c, ranks[left], found[left], ranks[right], found[right])
        ):
            into[k], ranked[k] = found[left], ranks[left]
            left += 1
        else:
            into[k], ranked[k] = found[right], ranks[right]
            right += 1


@compiled
def comes_first(c: Any, rank: int, order: int, other_rank: int, other: int) -> bool:
    """Whether an order goes before another, whose ranks are known."""
    if rank != other_rank:
        return rank < other_rank
    return goes_before(c, order, other)


# -- numbers -------------------------------------------------------------------------------


@compiled
def four(c: Any, source: int, entity: int, index: int) -> Any:
    """Four numbers of a stream."""
    return uniforms_at(c.k0, c.k1, source, entity, index, 0)


@compiled
def slot_luck(c: Any, place: int) -> Any:
    """What a slot has in store: usable, free, fails, cause."""
    p = c.places[place]
    return four(c, c.lines[p.line].stream, p.slot_hash, 0)


@compiled
def usable(c: Any, place: int, usable_fraction: float) -> bool:
    """Whether a slot turns out usable, and a contested one free; known at its lock."""
    if not c.chance:
        return True
    luck = slot_luck(c, place)
    return luck[0] < usable_fraction and luck[1] < c.places[place].free_fraction


@compiled
def vial_luck(c: Any, order: int, number: int) -> Any:
    """The luck of a vial filled for an order: rejection, fill error, assay error, spare."""
    return four(c, c.vial_stream, order_hash(c, order), number)


@compiled
def drawn(low: float, mode: float, high: float, u: float) -> int:
    """A triangular duration in whole minutes."""
    return round(triangular_from_u(u, low, mode, high))


@compiled
def durations(c: Any, place: int, vials: int) -> tuple[int, int, int, int]:
    """How long a batch takes: to EOS, its tests, its release, its packing."""
    p = c.places[place]
    product = c.products[p.product]
    if not c.chance:
        return (
            c.make_mins[p.make_row + vials],
            product.qc,
            product.release,
            c.pack_mins[product.pack_off + vials],
        )
    line = c.lines[p.line]
    taken = 0
    luck = (0.0, 0.0, 0.0, 0.0)
    make = fill = qc = release = pack = 0.0
    for k in range(product.step_n):
        s = c.steps[product.step_off + k]
        if s.phase > PACK:
            continue
        minutes = float(s.planned)
        if s.drawn:
            if taken % 4 == 0:
                luck = four(c, line.stream, p.slot_hash, 2 + taken // 4)
            minutes = triangular_from_u(_nth(luck, taken), s.low, s.mode, s.high)
            taken += 1
        each = line.vial_min if s.phase == FILL else s.per_vial
        if s.per_vial_drawn:
            if taken % 4 == 0:
                luck = four(c, line.stream, p.slot_hash, 2 + taken // 4)
            each *= triangular_from_u(_nth(luck, taken), s.plow, s.pmode, s.phigh)
            taken += 1
        minutes += vials * each
        if s.at_most >= 0 and not s.drawn:
            minutes = min(minutes, float(s.at_most))
        if s.repeat > 0:
            if taken % 4 == 0:
                luck = four(c, line.stream, p.slot_hash, 2 + taken // 4)
            happens = _nth(luck, taken)
            taken += 1
            if taken % 4 == 0:
                luck = four(c, line.stream, p.slot_hash, 2 + taken // 4)
            length = _nth(luck, taken)
            taken += 1
            if happens < s.repeat and s.repeats:
                minutes += triangular_from_u(length, s.rlow, s.rmode, s.rhigh)
        if s.phase == MAKE:
            make += minutes
        elif s.phase == FILL:
            fill += minutes
        elif s.phase == QC:
            qc += minutes
        elif s.phase == RELEASE:
            release += minutes
        else:
            pack += minutes
    return whole(make + fill), whole(qc), whole(release), whole(pack)


@compiled
def _nth(luck: Any, taken: int) -> float:
    which = taken % 4
    if which == 0:
        return luck[0]
    if which == 1:
        return luck[1]
    return luck[2] if which == 2 else luck[3]


@compiled
def yields(c: Any, place: int) -> float:
    """The decay-corrected yield of a batch, each step of its beta law cut off at 0.98."""
    p = c.places[place]
    product, stream = c.products[p.product], c.lines[p.line].stream
    total = 1.0
    for k in range(product.step_n):
        s = c.steps[product.step_off + k]
        if s.phase != MAKE and s.phase != FILL:
            continue
        if not c.chance or not s.yield_drawn:
            total *= s.yield_fraction
            continue
        if s.sd == 0.0:
            total *= s.mean
            continue
        tried = 0
        share = _beta(c, stream, p.slot_hash, 1000 + 32 * k, s)
        while share > HIGHEST_YIELD and tried < 31:
            tried += 1
            share = _beta(c, stream, p.slot_hash, 1000 + 32 * k + tried, s)
        total *= share
    return total


@compiled
def _beta(c: Any, stream: int, entity: int, index: int, step: Any) -> float:
    x = gamma_at(c.k0, c.k1, stream, entity, index, 0, step.a)
    y = gamma_at(c.k0, c.k1, stream, entity, index, _SECOND_GAMMA, step.b)
    return x / (x + y) if x + y > 0.0 else step.mean
