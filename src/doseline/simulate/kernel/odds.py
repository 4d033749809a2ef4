"""Orders on their first way that chance strikes or spares, against its odds. As `odds.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.tallying import ODDS, ROW, counts_in
from doseline.simulate.kernel.words import NO_CAUSE
from doseline.simulate.odds import noted


@compiled
def note_order(c: Any, order: int, kind: int, amount: int) -> None:
    """Note a draw that may take an order off its first way."""
    o = c.orders[order]
    if o.day != o.wanted or o.cause != NO_CAUSE or o.attempt:
        return
    for period in range(c.periods_n):
        if counts_in(c, period, o.protocol, o.wanted):
            c.rows[(period * c.protocols_n + o.protocol) * ROW + ODDS + kind] += amount


@compiled
def note_batch(c: Any, batch: int, kind: int, struck: bool, chance: float) -> None:
    """Note a draw that may take the orders of a batch off their first way."""
    amount = noted(struck, chance)
    order = c.batches[batch].first
    while order >= 0:
        note_order(c, order, kind, amount)
        order = c.orders[order].next
