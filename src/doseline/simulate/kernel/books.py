"""What is counted: activity in whole kBq, batches and costs by month, doses by period."""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import decay_factor
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import at_day
from doseline.simulate.kernel.words import (
    DECAYED_MAKING,
    GIVEN_MAKING,
    OUT_OF_ROOM,
    RECEIVED,
    WASTED_MAKING,
)

DAY = 1440
MAKING, DOSE = 0, 1
"""The phase of activity: before EOS, and after it."""


@compiled
def month_at(c: Any, at: int) -> int:
    """The month of an instant, as a place in the tables."""
    return c.months_of[at_day(c, at // DAY + c.zero)]


@compiled
def count_at(c: Any, what: int, amount: int, when: int) -> None:
    """Add to what is counted by month, from the first day simulated on."""
    if amount and when >= c.counts_from:
        c.months[what * c.months_n + month_at(c, when)] += amount


@compiled
def count(c: Any, what: int, amount: int) -> None:
    """Add to what is counted by month, at this instant."""
    count_at(c, what, amount, c.now)


@compiled
def cost(c: Any, what: int, cents: float) -> None:
    """Add to a cost at this instant. [cents]"""
    if cents != 0:
        count(c, what, round(float(cents)))


@compiled
def kbq(mbq: float) -> int:
    """An activity in whole kBq."""
    return round(mbq * 1000)


# -- the pot of a batch --------------------------------------------------------------------


@compiled
def enter(c: Any, batch: int, mbq: float) -> None:
    """Activity comes from a source to the plant."""
    b = c.batches[batch]
    b.has_pot, b.pot_mbq, b.pot_at, b.pot_kbq = 1, mbq, c.now, kbq(mbq)
    count(c, RECEIVED, b.pot_kbq)


@compiled
def decay_bulk(c: Any, batch: int) -> None:
    """Book what has decayed in the pot of a batch up to this instant."""
    b = c.batches[batch]
    half_life = c.places[b.place].half_life
    b.pot_mbq, b.pot_at = b.pot_mbq * decay_factor(c.now - b.pot_at, half_life), c.now
    left = kbq(b.pot_mbq)
    count(c, DECAYED_MAKING, b.pot_kbq - left)
    b.pot_kbq = left


@compiled
def waste_bulk(c: Any, batch: int, phase: int) -> None:
    """Throw away all that a pot holds."""
    b = c.batches[batch]
    b.pot_mbq = 0.0
    count(c, WASTED_MAKING + phase, b.pot_kbq)
    b.pot_kbq = 0


@compiled
def lose_in_bulk(c: Any, batch: int, mbq: float) -> None:
    """Throw away a part of what a pot holds."""
    b = c.batches[batch]
    b.pot_mbq = max(0.0, b.pot_mbq - mbq)
    lost = max(0, b.pot_kbq - kbq(b.pot_mbq))
    count(c, WASTED_MAKING, lost)
    b.pot_kbq -= lost


@compiled
def pour(c: Any, batch: int, mbq: float) -> int:
    """Take activity out of the pot of a batch; the kBq booked with it."""
    b = c.batches[batch]
    booked = min(kbq(mbq), b.pot_kbq)
    b.pot_mbq = max(0.0, b.pot_mbq - mbq)
    b.pot_kbq -= booked
    return booked


# -- vials ---------------------------------------------------------------------------------


@compiled
def decay_vial(c: Any, order: int) -> None:
    """Book what has decayed in an order's vial up to this instant."""
    o = c.orders[order]
    half_life = c.places[c.batches[o.batch].place].half_life
    o.vial_mbq, o.vial_at = o.vial_mbq * decay_factor(c.now - o.vial_at, half_life), c.now
    left = kbq(o.vial_mbq)
    count(c, DECAYED_MAKING + DOSE, o.vial_kbq - left)
    o.vial_kbq = left


@compiled
def spend_vial(c: Any, order: int, given_mbq: float) -> None:
    """A part of a vial goes to the patient, the rest to the waste."""
    o = c.orders[order]
    o.vial_mbq = max(0.0, o.vial_mbq - given_mbq)
    given = max(0, o.vial_kbq - kbq(o.vial_mbq))
    count(c, GIVEN_MAKING + DOSE, given)
    o.vial_kbq -= given
    count(c, WASTED_MAKING + DOSE, o.vial_kbq)
    o.vial_kbq, o.vial_mbq = 0, 0.0


@compiled
def waste_vial(c: Any, order: int) -> None:
    """Throw an order's vial away, with all that is left in it."""
    o = c.orders[order]
    decay_vial(c, order)
    count(c, WASTED_MAKING + DOSE, o.vial_kbq)
    o.vial_kbq, o.vial_mbq, o.vial = 0, 0.0, 0


@compiled
def waste_spare(c: Any, spare: int, half_life: float) -> None:
    """Throw away a vial that stands for no order."""
    s = c.spares[spare]
    left = kbq(s.mbq * decay_factor(c.now - s.at, half_life))
    count(c, DECAYED_MAKING + DOSE, s.kbq - left)
    count(c, WASTED_MAKING + DOSE, left)
    s.mbq, s.kbq, s.at = 0.0, 0, c.now


# -- doses ---------------------------------------------------------------------------------


@compiled
def dose_of_order(c: Any, order: int, cause: int) -> int:
    """The count of an order's dose, begun where it has none. As `tally.Tally`."""
    o = c.orders[order]
    if o.dose >= 0:
        return o.dose
    n = c.doses_n
    if n >= len(c.doses):
        c.fault = OUT_OF_ROOM
        return 0
    c.doses_n = n + 1
    d = c.doses[n]
    d.order, d.cause, d.again, d.given_day = order, cause, 0, -1
    d.within, d.first, d.alive, d.penalty = 1, 0, 1, 0
    d.wanted, d.protocol = o.wanted, o.protocol
    return n


@compiled
def moving_cents(c: Any, order: int, day: int) -> int:
    """What it costs to give a dose on another day. [cents]"""
    o = c.orders[order]
    moved = abs(day - o.wanted)
    if moved == 0:
        return 0
    law = c.protocols[o.protocol]
    if o.earliest <= day <= o.latest:
        return int(law.moved_day) * moved
    return int(law.moved_outside)


@compiled
def missed_cents(c: Any, order: int) -> float:
    """What it costs to miss an order's dose. [cents]"""
    o = c.orders[order]
    law = c.protocols[o.protocol]
    return law.missed_started if o.started else law.missed_new


@compiled
def dose_given(c: Any, order: int, day: int) -> int:
    """A dose was given on a day: what it costs off its day or tolerance. [cents]"""
    o = c.orders[order]
    which = dose_of_order(c, order, o.cause)
    d = c.doses[which]
    d.given_day, d.within = day, o.within
    d.first = 1 if o.course and not o.started else 0
    d.penalty = moving_cents(c, d.order, day)
    if not o.within:
        d.penalty += int(c.protocols[o.protocol].out_of_tolerance)
    return d.penalty


@compiled
def dose_missed(c: Any, order: int, cause: int) -> int:
    """A dose was missed for good: what that costs. [cents]"""
    d = c.doses[dose_of_order(c, order, cause)]
    d.again = 0
    d.penalty = int(missed_cents(c, order))
    return d.penalty
