"""Why an order was not promised a day, in one word. As `promising.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.blows import closed, takes
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.fits import ways
from doseline.simulate.kernel.words import (
    AFTER_THE_LOCK,
    BY_FIRM,
    BY_PLANT,
    CALENDAR,
    CAPACITY,
    HIT_FIRM,
    HIT_LINE,
    HIT_PLANT,
    LICENCE,
)


@compiled
def why_not(c: Any, order: int, day: int) -> int:
    """In one word, why an order was not promised a day."""
    o = c.orders[order]
    off, n = ways(c, o.product, o.protocol, o.site, day)
    if n == 0:
        return CALENDAR
    if c.known_n:
        worst = _all_hit(c, order, off, n)
        if worst:
            return worst
    for reach in range(off, off + n):
        if c.places[c.reaches[reach].place].first_lock_at >= c.now:
            return CAPACITY
    return AFTER_THE_LOCK


@compiled
def _all_hit(c: Any, order: int, off: int, n: int) -> int:
    """Where shocks hit every way: the cause that comes first in the alphabet; else 0."""
    found = 0
    for reach in range(off, off + n):
        r = c.reaches[reach]
        shock = takes(c, r.place)
        if shock >= 0:
            hits = c.shocks[shock].hits
            cause = HIT_PLANT if hits == BY_PLANT else (HIT_FIRM if hits == BY_FIRM else HIT_LINE)
        else:
            cause = closed(c, c.places[r.place].plant, order, c.receipts[reach].day)
            if not cause:
                return 0
        if not found or _letter(cause) < _letter(found):
            found = cause
    return found


@compiled
def _letter(cause: int) -> int:
    """The place of a cause in the alphabet: firm, licence, line, manufacturer, permission."""
    if cause == HIT_FIRM:
        return 0
    if cause == LICENCE:
        return 1
    if cause == HIT_LINE:
        return 2
    return 3 if cause == HIT_PLANT else 4
