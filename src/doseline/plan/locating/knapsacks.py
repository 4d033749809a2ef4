"""Many 0/1 knapsacks at once, exactly: what each place would take if every order had a price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.plan.model.matrix import Floats

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Packed:
    """One knapsack a row.

    `value` is the most profit, `taken` which items give it; `upper` is the most where items may be
    cut, and `price` what a unit of room is worth there, 0 where all fits.
    """

    value: Floats
    taken: Flags
    upper: Floats
    price: Floats


def pack(profit: Floats, load: Whole, room: Whole) -> Packed:
    """The most profit of each row of items inside the room of its row.

    Items without profit, and items larger than the room, are left. Sorts by profit for each unit of
    load, fixes what Dantzig's bound decides, and settles the rest (the core) by dynamic programming
    over whole units of room.
    Source: Martello and Toth, Knapsack Problems, 1990, sections 2.2 and 2.6.

    >>> import numpy as np
    >>> found = pack(np.array([[6.0, 5.0, 5.0]]), np.array([[4, 3, 3]]), np.array([6]))
    >>> float(found.value[0]), found.taken[0].tolist(), round(float(found.upper[0]), 2)
    (10.0, [False, True, True], 10.0)
    """
    rows, width = profit.shape
    worth = (profit > 0.0) & (load <= room[:, None])
    most = int(worth.sum(axis=1).max(initial=0))
    if most == 0:
        none = np.zeros(rows)
        return Packed(none, np.zeros((rows, width), dtype=bool), none, none.copy())
    rate = np.where(worth, profit / np.maximum(load, 1e-9), -1.0)
    order = np.argsort(-rate, axis=1)[:, :most]
    real = np.take_along_axis(worth, order, axis=1)
    p = np.where(real, np.take_along_axis(profit, order, axis=1), 0.0)
    w = np.where(real, np.take_along_axis(load, order, axis=1), 0)
    value, chosen, upper, price = _settled(p, w, room, real)
    taken = np.zeros((rows, width), dtype=bool)
    np.put_along_axis(taken, order, chosen & real, axis=1)
    return Packed(value, taken, upper, price)


def _settled(p: Floats, w: Whole, room: Whole, real: Flags) -> tuple[Floats, Flags, Floats, Floats]:
    rows = np.arange(len(p))
    fits = np.cumsum(w, axis=1) <= room[:, None]
    first_out = fits.sum(axis=1)
    whole = first_out == p.shape[1]
    at = np.minimum(first_out, p.shape[1] - 1)
    p_out, w_out = p[rows, at], w[rows, at]
    plain = (p * fits).sum(axis=1)
    left = room - (w * fits).sum(axis=1)
    price = np.where(whole, 0.0, p_out / np.maximum(w_out, 1))
    upper = plain + left * price
    value, chosen = _by_one_change(p, w, fits, plain, left, at, whole)
    tiny = 1e-9 * (1.0 + upper)
    loss = np.abs(p - w * price[:, None])
    free = real & (upper[:, None] - loss > (value + tiny)[:, None]) & ~whole[:, None]
    open_rows = np.flatnonzero(free.any(axis=1))
    if open_rows.size:
        q = open_rows
        better, how = _core(p[q], w[q], room[q], fits[q], free[q])
        gain = better > value[q] + tiny[q]
        value[q[gain]] = better[gain]
        chosen[q[gain]] = how[gain]
    return value, chosen, upper, price


def _by_one_change(
    p: Floats, w: Whole, fits: Flags, plain: Floats, left: Whole, at: Whole, whole: Flags
) -> tuple[Floats, Flags]:
    """The first items in order of rate; then one more, or the first left out for one of them."""
    rows = np.arange(len(p))
    chosen = fits.copy()
    add = np.where(~fits & (w <= left[:, None]), p, -1.0)
    k_add = add.argmax(axis=1)
    best_add = plain + np.maximum(add[rows, k_add], 0.0)
    short = w[rows, at] - left
    swap = np.where(fits & (w >= short[:, None]) & ~whole[:, None], -p, -np.inf)
    k_swap = swap.argmax(axis=1)
    best_swap = plain + swap[rows, k_swap] + p[rows, at]
    by_add = (best_add > plain) & (best_add >= best_swap)
    chosen[rows[by_add], k_add[by_add]] = True
    by_swap = ~by_add & (best_swap > plain)
    chosen[rows[by_swap], k_swap[by_swap]] = False
    chosen[rows[by_swap], at[by_swap]] = True
    return np.maximum(np.maximum(plain, best_add), best_swap), chosen


def _core(p: Floats, w: Whole, room: Whole, fits: Flags, free: Flags) -> tuple[Floats, Flags]:
    """Dynamic programming over the items that are not decided. Room is kept from the others."""
    held = fits & ~free
    base = (p * held).sum(axis=1)
    room = room - (w * held).sum(axis=1)
    count = int(free.sum(axis=1).max())
    where = np.argsort(~free, axis=1, kind="stable")[:, :count]
    live = np.take_along_axis(free, where, axis=1)
    q = np.where(live, np.take_along_axis(p, where, axis=1), -1.0)
    v = np.where(live, np.take_along_axis(w, where, axis=1), 0)
    room = np.minimum(room, v.sum(axis=1))
    most, pad = int(room.max()), int(v.max())
    best = np.full((len(p), pad + most + 1), -np.inf)
    best[:, pad:] = 0.0
    body = best[:, pad:]
    cell = np.arange(len(p))[:, None] * best.shape[1] + pad + np.arange(most + 1)[None, :]
    gains = np.empty((count, len(p), most + 1), dtype=bool)
    for k in range(count):
        reached = best.take(cell - v[:, k, None]) + q[:, k, None]
        np.greater(reached, body, out=gains[k])
        np.maximum(body, reached, out=body)
    rows = np.arange(len(p))
    value = base + body[rows, room]
    picked = np.zeros(live.shape, dtype=bool)
    for k in range(count - 1, -1, -1):
        picked[:, k] = gains[k, rows, room]
        room = room - v[:, k] * picked[:, k]
    chosen = held.copy()
    np.put_along_axis(chosen, where, picked | np.take_along_axis(held, where, axis=1), axis=1)
    return value, chosen
