"""A search by pieces that begins with small ones, and leaves out what it knows to be settled.

A piece of three places is soon planned anew, so all of a long schedule is gone through in some
seconds. One that was planned anew is settled until one of its places changes; where most pieces
drawn are settled, the next are larger. Several that touch nobody else's are planned a round, so
that one thread need not wait for the other after each piece.
"""

from __future__ import annotations

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.neighbours import AT_MOST, Neighbourhoods
from doseline.plan.solving.solve import Solution
from doseline.plan.solving.structure import Structure

_PLACES = 3.0  # in the first pieces
_AT_ONCE = 6  # pieces a round
_DRAWS = 12  # so often another piece is drawn in place of a settled one


class Swept(Neighbourhoods):
    """Pieces of a problem from small to large. Else as `Neighbourhoods`."""

    def __init__(
        self, arrays: Arrays, structure: Structure, values: Floats, seed: int = 20161128
    ) -> None:
        super().__init__(arrays, structure, values, seed, _PLACES)
        self._place_of = np.full(arrays.columns, -1, dtype=np.int64)
        self._place_of[structure.serve] = structure.place
        for place, own in enumerate(structure.own):
            self._place_of[own] = place
        self._changed = np.zeros(len(structure.made), dtype=np.int64)
        self._settled: dict[tuple[int, ...], int] = {}
        self._asked: list[tuple[int, ...]] = []
        self._before = values

    def _pieces(self) -> list[Ints]:
        """The columns of some pieces with no place and no order in common, none of them settled."""
        structure = self.structure
        taken = np.zeros(len(structure.made), dtype=np.bool_)
        gone = np.zeros(len(structure.unmet), dtype=np.bool_)
        pieces: list[Ints] = []
        self._before, self._asked = self.best.values, []
        for _ in range(_AT_ONCE):
            places = self._unsettled(taken)
            if places is None:
                continue
            orders = self._orders(places) & ~gone
            taken[places] = True
            gone |= orders
            pieces.append(self._columns(places, orders))
            self._asked.append(_named(places))
        if 2 * len(pieces) <= _AT_ONCE:
            self._size = min(self._size + 1.0, AT_MOST)
        return pieces

    def _unsettled(self, taken: Flags) -> Ints | None:
        """Some places that may be better planned anew; None where none was drawn."""
        for _ in range(_DRAWS):
            if int((~taken[self._used]).sum()) < min(self._size, self._used.size):
                return None
            places = self._places(taken)
            if self._changed[places].max() > self._settled.get(_named(places), -1):
                return places
        return None

    def _sized(self, found: list[Solution]) -> None:
        """What was planned anew is settled; what changed with it is so no more."""
        places = self._place_of[np.flatnonzero(self.best.values != self._before)]
        self._changed[places[places >= 0]] = self.rounds
        for piece in self._asked:
            self._settled[piece] = self.rounds


def _named(places: Ints) -> tuple[int, ...]:
    return tuple(sorted(places.tolist()))
