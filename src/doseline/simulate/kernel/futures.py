"""Many futures, one after the other, in one call of compiled code: the kernel's way in.

Before each the memory is emptied and the words of it are set that differ from future to future
(where its patients stand, the keys of its chance); behind each what was counted is copied out.
"""

from __future__ import annotations

from typing import Any

from numba import types

from doseline.simulate.kernel.compiling import compiled, kept
from doseline.simulate.kernel.loop import run_future
from doseline.simulate.kernel.memory import memory_at
from doseline.simulate.kernel.words import OUT_OF_ROOM

SHORT_ROW = 9
"""What is noted of a dose delayed or missed: the future, where its owner's name stands, how long
it is and the number behind it; the number, attempt, place and day of its first order; its protocol.
"""

_WORDS = types.Array(types.int64, 1, "C")
_WIDE = types.Array(types.int64, 2, "C")
TAKEN = (types.int64, _WORDS, _WORDS, _WIDE, _WORDS, _WORDS, _WIDE, _WIDE, _WORDS, types.int64)
"""The types of what `run_futures` takes."""


@kept
def run_futures(
    address: int,
    words: Any,
    slots: Any,
    settings: Any,
    zero: Any,
    minus: Any,
    counted: Any,
    shorts: Any,
    faults: Any,
    first: int,
) -> int:
    """Run futures from the first on; the one at which it stopped, or how many there are.

    `words` is the memory at the address; a row of `settings` holds what each future has in its
    `slots`. `zero` and `minus` are the tables that begin with 0 and with -1. What was counted, the
    beginning of `zero`, is copied to a row of `counted`; the doses delayed or missed to `shorts`.
    The last place of `faults` says how many these are, the others why a future was given back. It
    stops where there is too little room, and where `shorts` is full.
    """
    c = memory_at(address)
    used = 0
    for n in range(first, len(settings)):
        faults[len(settings)] = used
        faults[n] = 0
        if used + len(c.doses) > len(shorts):
            return n
        _begin(c)
        zero[:] = 0
        minus[:] = -1
        for k in range(len(slots)):
            words[slots[k]] = settings[n, k]
        fault = run_future(c)
        faults[n] = fault
        if fault == OUT_OF_ROOM:
            return n
        if not fault:
            counted[n, :] = zero[: counted.shape[1]]
            used = _note_short(c, n, shorts, used)
    faults[len(settings)] = used
    return len(settings)


@compiled
def _begin(c: Any) -> None:
    """Forget what does not begin with 0 or -1, and where batches of the last future were tested."""
    for k in range(c.batches_n * max(1, c.markets_n)):
        c.tested[k] = 0
    for line in range(len(c.lines)):
        c.experience[line] = c.lines[line].made_before
        c.cluster_until[line] = -1_000_000_000
    for k in range(len(c.group_of)):
        c.group_of[k] = -1


@compiled
def _note_short(c: Any, number: int, shorts: Any, used: int) -> int:
    """Note the doses delayed or missed; how many there are now."""
    for which in range(c.doses_n):
        d = c.doses[which]
        if not d.alive or (d.given_day == d.wanted and not d.again):
            continue
        o = c.orders[d.order]
        owner = c.patients[o.owner]
        shorts[used, 0], shorts[used, 1], shorts[used, 2] = number, owner.id_off, owner.id_n
        shorts[used, 3], shorts[used, 4], shorts[used, 5] = owner.number, o.number, o.attempt
        shorts[used, 6], shorts[used, 7], shorts[used, 8] = o.name_n, d.wanted, d.protocol
        used += 1
    return used
