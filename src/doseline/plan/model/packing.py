"""Which vials of a place come out of which of its batches, where slots alike are one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from doseline.plan.model.sets import Choice, Sets
from doseline.plan.model.variables import (
    ShipmentKey,
    bulk_load_max,
    load_of,
    shipment_key,
    spare_vials,
)

_SWAPS = 4
"""So often at most a batch swaps shipments with others."""


class _Bin:
    """A batch that is being filled: the vials and the load that it still has room for."""

    def __init__(self, vials: int, load_mbq: float) -> None:
        self.vials, self.load_mbq = vials, load_mbq
        self.taken: list[Choice] = []

    def fits(self, vials: int, load_mbq: float) -> bool:
        return vials <= self.vials and load_mbq <= self.load_mbq

    def fill(self, sets: Sets, choices: Sequence[Choice]) -> None:
        self.vials -= _vials(sets, choices)
        self.load_mbq -= _load(sets, choices)
        self.taken += choices


def packed(
    sets: Sets, s: int, taken: Sequence[Choice], batches: int, lot_mbq: float = 0.0
) -> list[list[Choice]]:
    """The choices of a place, batch by batch; packages of one shipment together where they fit.

    The largest shipments go first, each into the batch that it fills the most; one that fits none
    whole is split. Where that leaves somebody out, the strongest go first, each alone. What fits
    nowhere is left out: the model counts the room of all batches as one.
    `lot_mbq` is the load that a lot of isotope gives: batches then swap shipments until little of
    their last lots is left over.
    """
    room = sets.places[s].slot.vials_max - spare_vials(sets, s)
    spare_mbq = spare_vials(sets, s) * max((c.load_mbq for c in taken), default=0.0)
    load_max_mbq = bulk_load_max(sets, s) - spare_mbq
    bins = [_Bin(room, load_max_mbq) for _ in range(batches)]
    _by_shipments(sets, taken, bins)
    if sum(len(b.taken) for b in bins) < len(taken):
        tight = [_Bin(room, load_max_mbq) for _ in range(batches)]
        _by_load(sets, taken, tight)
        bins = max(bins, tight, key=lambda some: sum(len(b.taken) for b in some))
    filled = [b for b in bins if b.taken]
    if lot_mbq > 0.0:
        for n, batch in enumerate(filled[:-1]):
            for _ in range(_SWAPS):
                if not _swap(sets, batch, filled[n + 1 :], lot_mbq):
                    break
    return [b.taken for b in filled]


def _by_load(sets: Sets, taken: Sequence[Choice], bins: list[_Bin]) -> None:
    """The strongest first, each into the batch that it leaves the least room in: bulk is short."""
    for choice in sorted(taken, key=lambda c: -load_of(sets, c)):
        vials, load_mbq = _vials(sets, [choice]), load_of(sets, choice)
        fitting = [b for b in bins if b.fits(vials, load_mbq)]
        if fitting:
            min(fitting, key=lambda b: b.load_mbq).fill(sets, [choice])


def _by_shipments(sets: Sets, taken: Sequence[Choice], bins: list[_Bin]) -> None:
    """Packages of one shipment together where they fit, the largest shipments first."""
    left: list[Choice] = []
    for together in _shipments(sets, taken):
        vials, load_mbq = _vials(sets, together), _load(sets, together)
        fitting = [b for b in bins if b.fits(vials, load_mbq)]
        if fitting:
            min(fitting, key=lambda b: b.vials).fill(sets, together)
        else:
            left += together
    for choice in sorted(left, key=lambda c: -load_of(sets, c)):
        vials, load_mbq = _vials(sets, [choice]), load_of(sets, choice)
        fitting = [b for b in bins if b.fits(vials, load_mbq)]
        if fitting:
            same = [b for b in fitting if _beside(sets, b, choice)]
            min(same or fitting, key=lambda b: b.vials).fill(sets, [choice])


def _swap(sets: Sets, batch: _Bin, others: Sequence[_Bin], lot_mbq: float) -> bool:
    """Swaps a shipment with another batch, if that leaves less of a last lot; whether it did."""
    held = _load(sets, batch.taken)
    best: tuple[float, _Bin, list[Choice], list[Choice]] | None = None
    wasted = -held % lot_mbq
    for other in others:
        theirs = _shipments(sets, other.taken)
        for mine in _shipments(sets, batch.taken):
            for its in theirs:
                change = _load(sets, its) - _load(sets, mine)
                more = _vials(sets, its) - _vials(sets, mine)
                fits = more <= batch.vials and -more <= other.vials
                if not fits or change > batch.load_mbq or -change > other.load_mbq:
                    continue
                left = -(held + change) % lot_mbq
                if left < wasted - 1e-9 * lot_mbq and left > 1e-6 * lot_mbq:
                    wasted, best = left, (change, other, mine, its)
    if best is None:
        return False
    change, other, mine, its = best
    more = _vials(sets, its) - _vials(sets, mine)
    _exchange(batch, mine, its, more, change)
    _exchange(other, its, mine, -more, -change)
    return True


def _exchange(
    batch: _Bin, out: Sequence[Choice], into: Sequence[Choice], vials: int, load_mbq: float
) -> None:
    gone = {id(choice) for choice in out}
    batch.taken = [c for c in batch.taken if id(c) not in gone] + list(into)
    batch.vials -= vials
    batch.load_mbq -= load_mbq


def _shipments(sets: Sets, taken: Sequence[Choice]) -> list[list[Choice]]:
    together: dict[ShipmentKey, list[Choice]] = defaultdict(list)
    for choice in taken:
        together[shipment_key(sets, choice)].append(choice)
    return sorted(together.values(), key=lambda c: -_vials(sets, c))


def _beside(sets: Sets, batch: _Bin, choice: Choice) -> bool:
    key = shipment_key(sets, choice)
    return any(shipment_key(sets, other) == key for other in batch.taken)


def _vials(sets: Sets, choices: Sequence[Choice]) -> int:
    return sum(sets.orders[c.order].units for c in choices)


def _load(sets: Sets, choices: Sequence[Choice]) -> float:
    return sum(load_of(sets, c) for c in choices)
