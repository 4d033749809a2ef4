"""Which places are opened, and which one serves each order: the structure as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from doseline.plan.locating.knapsacks import Flags, Whole
from doseline.plan.model.matrix import Floats

_CELLS = 4000
"""Units of room that loads which are not whole numbers are measured in, for the bound only."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Structure:
    """Orders to be served by one place each, within the room of the places that are opened.

    `cost` and `load` are by place and order; a pair that cannot be has an infinite cost. `room` is
    the room of a place, `fixed` the cost of opening it. `unmet` is the cost of an order that no
    place serves; left empty, every order must be served. All costs are in one unit, all loads
    in another. Raises ValueError where shapes differ or an amount is negative or not a number.

    >>> one = Structure([[3.0, 4.0]], [[1.0, 1.0]], [2.0], [5.0])
    >>> one.value(np.array([0, 0]))
    12.0
    """

    cost: Floats
    load: Floats
    room: Floats
    fixed: Floats
    unmet: Floats = field(default_factory=lambda: np.empty(0))
    whole_load: Whole = field(init=False)
    whole_room: Whole = field(init=False)
    cover_room: Whole = field(init=False)
    cover_need: int = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("cost", "load", "room", "fixed"):
            put(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        orders = self.cost.shape[1]
        unmet = np.asarray(self.unmet, dtype=np.float64)
        put(self, "unmet", unmet if unmet.size else np.full(orders, np.inf))
        self._check()
        put(self, "cost", np.where(self.load > self.room[:, None], np.inf, self.cost))
        self._measure()

    def _check(self) -> None:
        places, orders = self.cost.shape
        if self.load.shape != (places, orders) or self.unmet.shape != (orders,):
            raise ValueError("cost, load and unmet must agree in their places and orders")
        if self.room.shape != (places,) or self.fixed.shape != (places,):
            raise ValueError("room and fixed must have an entry for each place")
        if not (np.all(self.load >= 0.0) and np.all(self.room >= 0.0)):
            raise ValueError("loads and rooms must be at least 0")
        if np.isnan(self.cost).any() or not np.isfinite(self.fixed).all():
            raise ValueError("costs must be numbers")

    def _measure(self) -> None:
        """Loads as whole numbers: as they are, or cut down to a grid, so that a bound stays one."""
        put = object.__setattr__
        exact = bool(np.all(self.load == np.rint(self.load)) and np.all(self.room <= 1e9))
        whole = exact and bool(np.all(np.floor(self.room) <= 50 * _CELLS))
        if whole:
            put(self, "whole_load", self.load.astype(np.int64))
            put(self, "whole_room", np.floor(self.room).astype(np.int64))
        else:
            grain = np.maximum(self.room, 1e-300)[:, None] / _CELLS
            cells = np.floor(np.minimum(self.load / grain, 10 * _CELLS) - 1e-9)
            put(self, "whole_load", np.maximum(cells, 0.0).astype(np.int64))
            put(self, "whole_room", np.full(len(self.room), _CELLS, dtype=np.int64))
        least = np.where(np.isfinite(self.cost), self.load, np.inf).min(axis=0)
        must = ~np.isfinite(self.unmet) & np.isfinite(least)
        need = float(least[must].sum())
        unit = 1.0 if whole else max(need, 1e-300) / 1e6
        put(self, "cover_room", np.ceil(np.minimum(self.room, need) / unit).astype(np.int64))
        put(self, "cover_need", int(np.rint(need)) if whole else max(0, int(need / unit) - 1))

    @property
    def allowed(self) -> Flags:
        """The pairs that can be, by place and order."""
        return np.asarray(np.isfinite(self.cost))

    @property
    def dear(self) -> float:
        """More than any assignment costs: it stands for a pair that cannot be."""
        costs = np.concatenate((self.cost.ravel(), self.fixed, self.unmet))
        most = float(np.abs(costs[np.isfinite(costs)]).max(initial=1.0))
        return 10.0 * most * (1.0 + float(sum(self.cost.shape)))

    @property
    def grain(self) -> float:
        """What any two costs differ by at least: 1 where every cost is whole, else 0."""
        costs = np.concatenate((self.cost.ravel(), self.fixed, self.unmet))
        real = costs[np.isfinite(costs)]
        return 1.0 if bool(np.all(real == np.rint(real))) else 0.0

    def value(self, assignment: Whole) -> float:
        """The cost of an assignment: a place for each order, -1 where none serves it."""
        met = np.flatnonzero(assignment >= 0)
        cost = self.cost[assignment[met], met].sum() + self.fixed[np.unique(assignment[met])].sum()
        return float(cost + self.unmet[assignment < 0].sum())

    def fits(self, assignment: Whole) -> bool:
        """Whether every order that must be is served, by pairs that can be, inside the room."""
        met = np.flatnonzero(assignment >= 0)
        used = np.bincount(assignment[met], self.load[assignment[met], met], len(self.room))
        inside = np.all(used <= self.room * (1.0 + _ROUNDING))
        return bool(inside) and bool(np.isfinite(self.value(assignment)))
