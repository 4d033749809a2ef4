"""The rows of a future that has run to its end: doses and cancellations by period and protocol."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import at_day
from doseline.simulate.kernel.words import OUT_OF_TOLERANCE
from doseline.simulate.odds import KINDS

ODDS = 11
(
    DUE, ON_TIME, DELAYED, MISSED_N, OUT, CANCELLED_N, ENROLLED, CENTS, SHORTFALL, LAST, SHORT,
) = range(ODDS)  # fmt: skip
ROW = ODDS + len(KINDS)
"""What a row holds: counts, cents, the first day short and the last dose (0: none); from `ODDS` on
how often chance struck against its odds."""


@compiled
def counts_in(c: Any, period: int, protocol: int, day: int) -> bool:
    """Whether an order of a protocol wanted on a day counts in a period."""
    p = c.periods[period]
    return (
        p.from_day <= day <= p.until_day
        and c.period_protocols[period * c.protocols_n + protocol] != 0
    )


@compiled
def count_cancelled(c: Any, order: int) -> None:
    """An order cancelled by the patient or the site: its dose leaves the counts."""
    o = c.orders[order]
    protocol, wanted = o.protocol, o.wanted
    if o.dose >= 0:
        d = c.doses[o.dose]
        d.alive, protocol, wanted = 0, d.protocol, d.wanted
    for period in range(c.periods_n):
        if counts_in(c, period, protocol, wanted):
            c.rows[(period * c.protocols_n + protocol) * ROW + CANCELLED_N] += 1


@compiled
def tally(c: Any) -> None:
    """Count every dose."""
    for which in range(c.doses_n):
        d = c.doses[which]
        if not d.alive:
            continue
        for period in range(c.periods_n):
            if counts_in(c, period, d.protocol, d.wanted):
                _take(c, period * c.protocols_n + d.protocol, which)


@compiled
def _take(c: Any, number: int, which: int) -> None:
    d = c.doses[which]
    wanted = d.wanted
    row = c.rows[number * ROW : number * ROW + ROW]
    at = (number * c.months_n + c.months_of[at_day(c, wanted)]) * 4
    month = c.row_months[at : at + 4]
    row[DUE] += 1
    month[0] += 1
    row[CENTS] += d.penalty
    if d.given_day >= 0:
        row[OUT] += 1 - d.within
        row[ENROLLED] += d.first
        row[LAST] = max(row[LAST], d.given_day)
    on_day = d.given_day == wanted and not d.again
    if on_day and d.within:
        row[ON_TIME] += 1
        month[1] += 1
        return
    if row[SHORTFALL] == 0 or wanted < row[SHORTFALL]:
        row[SHORTFALL] = wanted
    cause = OUT_OF_TOLERANCE if on_day else d.cause
    c.row_causes[number * c.causes_n + cause] += 1
    if on_day:
        return
    if d.given_day < 0 and not d.again:
        row[MISSED_N] += 1
        month[3] += 1
    else:
        row[DELAYED] += 1
        month[2] += 1
