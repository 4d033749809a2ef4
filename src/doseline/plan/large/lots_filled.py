"""Doses exchanged between batches so that whole lots of isotope are used up.

A batch is charged with whole lots, so on average half a lot is paid for in vain. What a dose asks
for depends on when its batch is made and when it is used: two doses that change places, or one that
takes another way, now and then save a lot. Two places with a third of a lot left each save none
that way, but what one of them has left can be gathered at the other, for a third place to meet: so
exchanges that gather are made first, at a price that falls, and at last those alone that save.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from time import perf_counter

import numpy as np

from doseline.plan.large.folded import Charges
from doseline.plan.large.offers import packages_of
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.structure import Structure

_EXACT = 1e-6
_LEAST = 1e-3  # of a unit of the currency: what an exchange must save
_ROUNDS = 200
_GATHERED = (0.6, 0.3, 0.0)
"""What a lot all left over counts for, in parts of its price; of a part left the square counts."""

_OF_PLACES = frozenset(
    (
        *("vials", "isotope lots", "extra vials", "shipment", "batch made", "order", "bulk"),
        *("a vial at least", "isotope source", "lines of a place"),
    )
)
"""The rules that an exchange is worked out by; it must not break any other by itself."""
_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class _Ways:
    """Other ways of doses that are served: `order`, the choice taken now and the one instead.

    `more` is what the other costs beyond the one, its package included; `source` and `target` are
    the lots that they draw on, by column. `alone` says whether there is a vial for it without
    another dose in exchange.
    """

    order: Ints
    now: Ints
    instead: Ints
    more: Floats
    source: Ints
    target: Ints
    alone: Flags

    def of(self, some: Ints) -> _Ways:
        """Some of them."""
        return _Ways(*(getattr(self, each.name)[some] for each in fields(self)))


def lots_filled(
    problem: Problem,
    arrays: Arrays,
    structure: Structure,
    charges: Charges,
    values: Floats,
    until: float,
) -> Floats:
    """Values that cost no more, with lots whole as they are in `values`.

    `until` is a reading of `perf_counter`.
    """
    filling = _Filling(problem, arrays, structure, charges, values)
    best = values
    for gathered in _GATHERED:
        for _ in range(_ROUNDS):
            if perf_counter() >= until or not filling.exchanged(gathered, until):
                break
        if arrays.objective(filling.values) < arrays.objective(best):
            best = filling.values.copy()
    return best


class _Filling:
    """A schedule whose doses change places, one exchange after the other."""

    def __init__(
        self,
        problem: Problem,
        arrays: Arrays,
        structure: Structure,
        charges: Charges,
        values: Floats,
    ) -> None:
        self.values = values.copy()
        self._arrays, self._structure = arrays, structure
        self._sums = arrays.sums(values)
        self._package = packages_of(arrays, structure, charges)
        self._lots, self._needs = _lots_of(problem, arrays, structure)
        self._extra = np.full(len(structure.made), -1, dtype=np.int64)
        for place, column in problem.extra.items():
            self._extra[place] = column
        self._beyond = _rows_beyond(problem, arrays, self._extra)
        self._load = np.zeros(arrays.columns)
        taken = self._taken()
        np.add.at(self._load, self._lots[taken], self._needs[taken])
        rules = np.array([limit.rule for limit in problem.matrix.limits])
        self._others = np.flatnonzero(~np.isin(rules, list(_OF_PLACES)))
        self._vials = np.flatnonzero(rules == "vials")
        self._gathered = 0.0
        self._users = np.zeros(arrays.columns, dtype=np.int64)
        np.add.at(self._users, self._package[taken[self._package[taken] >= 0]], 1)

    def exchanged(self, gathered: float, until: float) -> bool:
        """Make the exchanges that save most, one at most for the lots of each batch.

        Beside what they save, what is left of lots counts, if `gathered` is more than nothing.
        """
        self._gathered = gathered
        ways, touched, any_made = self._ways(), set[int](), False
        found = sorted(self._saving(ways), key=lambda one: one[0])
        for _, some in found:
            if perf_counter() >= until:
                break
            lots = {int(n) for w in some for n in (ways.source[w], ways.target[w])}
            if not lots & touched and self._made(ways, some):
                touched |= lots
                any_made = True
        return any_made

    def _taken(self) -> Ints:
        """The choices that are taken, of those that draw on lots."""
        served = self.values[self._structure.serve] > 0.5
        return np.flatnonzero(served & (self._lots >= 0))

    def _ways(self) -> _Ways:
        """Other ways to batches that are made, at no more than two lots rounded up can save."""
        structure, arrays = self._structure, self._arrays
        taken = self._taken()
        now = np.full(len(structure.unmet), -1, dtype=np.int64)
        now[structure.order[taken]] = taken
        able = (now[structure.order] >= 0) & (self._lots >= 0)
        able &= (arrays.upper[structure.serve] > 0.5) & (self._load[self._lots] > 0.0)
        able[taken] = False
        instead = np.flatnonzero(able)
        was = now[structure.order[instead]]
        cost, fee = arrays.cost[structure.serve], self._fees()
        old, new = self._package[was], self._package[instead]
        more = cost[instead] - cost[was] + np.where(self._users[new] == 0, fee[instead], 0.0)
        more -= np.where(self._users[old] == 1, fee[was], 0.0)
        more[old == new] = (cost[instead] - cost[was])[old == new]
        source, target = self._lots[was], self._lots[instead]
        alone = self._fits(self._vials, was, instead)
        every = _Ways(structure.order[instead], was, instead, more, source, target, alone)
        price, needs = arrays.cost, self._needs
        in_parts = more + price[target] * needs[instead] - price[source] * needs[was]
        kept = in_parts + self._vials_beyond(every) < price[source] + price[target]
        return every.of(np.flatnonzero(kept & self._fits(self._others, was, instead)))

    def _fits(self, rows: Ints, now: Ints, instead: Ints) -> Flags:
        """Whether one choice in place of another breaks none of some rows."""
        serve, by_row = self._structure.serve, self._arrays.by_row[rows].tocsc()
        step = (by_row[:, serve[instead]] - by_row[:, serve[now]]).tocsc()
        after = self._sums[rows][step.indices] + step.data
        over = (step.data > 0.0) & (after > self._arrays.row_upper[rows][step.indices] + _EXACT)
        found = np.ones(len(now), dtype=np.bool_)
        found[np.repeat(np.arange(len(now)), np.diff(step.indptr))[over]] = False
        return found

    def _fees(self) -> Floats:
        """By choice what its package costs."""
        return np.where(self._package >= 0, self._arrays.cost[self._package], 0.0)

    def _lots_cost(self, lots: Ints | int, load: Floats) -> Floats:
        """What lots cost with a load, and what is left of them is worth."""
        whole = np.ceil(load - _EXACT)
        price = self._arrays.cost[lots]
        return np.asarray(price * (whole - self._gathered * (whole - load) ** 2))

    def _saving(self, ways: _Ways) -> Iterator[tuple[float, tuple[int, ...]]]:
        """What one other way, or two that change places, come to, if they save something."""
        load, now = self._load, self._lots_cost(np.arange(len(self._load)), self._load)
        less, more = self._needs[ways.now], self._needs[ways.instead]
        same = ways.source == ways.target
        after = load[ways.source] - less + np.where(same, more, 0.0)
        cost = ways.more + self._lots_cost(ways.source, after) - now[ways.source]
        there = self._lots_cost(ways.target, load[ways.target] + more) - now[ways.target]
        cost += np.where(same, 0.0, there) + self._vials_beyond(ways)
        for n in np.flatnonzero((cost < -_LEAST) & (same | ways.alone)).tolist():
            yield float(cost[n]), (n,)
        group = _by_ends(ways, np.flatnonzero(~same))
        for (one, other), there_ in group.items():
            back = group.get((other, one), _NONE)
            if one > other or not len(back):
                continue
            a, b = there_[:, None], back[None, :]
            here = self._lots_cost(one, load[one] - less[a] + more[b]) - now[one]
            away = self._lots_cost(other, load[other] - less[b] + more[a]) - now[other]
            total = ways.more[a] + ways.more[b] + here + away
            total[ways.order[a] == ways.order[b]] = 0.0
            best = int(total.argmin())
            first, second = divmod(best, len(back))
            if total[first, second] < -_LEAST:
                yield float(total[first, second]), (int(there_[first]), int(back[second]))

    def _vials_beyond(self, ways: _Ways) -> Floats:
        """What one other way costs in vials beyond the fee: one more in a place, one less there."""
        columns, place = self._extra, self._structure.place
        counted = columns >= 0
        fee = np.where(counted, self._arrays.cost[columns], 0.0)
        beyond = np.where(counted, self.values[columns], 0.0)
        rows = np.maximum(self._beyond, 0)
        full = (self._beyond >= 0) & (
            self._sums[rows] > self._arrays.row_upper[rows] - 1.0 + _EXACT
        )
        here, there = place[ways.now], place[ways.instead]
        more = np.where(full[there], fee[there], 0.0) - np.where(beyond[here] > 0.5, fee[here], 0.0)
        return np.where(here == there, 0.0, more)

    def _made(self, ways: _Ways, some: tuple[int, ...]) -> bool:
        """Make an exchange, if it breaks no row and saves what it seems to."""
        arrays, load, users = self._arrays, dict[int, float](), dict[int, int]()
        change: dict[int, float] = {}
        choices = [(int(ways.now[w]), -1) for w in some] + [(int(ways.instead[w]), 1) for w in some]
        for choice, by in choices:
            lots, package = int(self._lots[choice]), int(self._package[choice])
            change[int(self._structure.serve[choice])] = float(by)
            load[lots] = load.get(lots, self._load[lots]) + by * float(self._needs[choice])
            if package >= 0:
                users[package] = users.get(package, int(self._users[package])) + by
        for lots, needed in load.items():
            change[lots] = float(np.ceil(needed - _EXACT)) - self.values[lots]
        for package, count in users.items():
            change[package] = float(count > 0) - self.values[package]
        places = {int(self._structure.place[choice]) for choice, _ in choices}
        columns, step = self._with_vials_beyond(change, places)
        rows, by_row = self._rows(columns, step)
        values, sums = self.values[columns] + step, self._sums[rows] + by_row
        slack = _EXACT * np.maximum(1.0, np.abs(sums))
        able = (sums <= arrays.row_upper[rows] + slack) & (sums >= arrays.row_lower[rows] - slack)
        if not able.all() or (values > arrays.upper[columns] + _EXACT).any():
            return False
        gathered = 0.0
        for lots, needed in load.items():
            left = [np.ceil(x - _EXACT) - x for x in (needed, float(self._load[lots]))]
            gathered += float(arrays.cost[lots]) * (left[0] ** 2 - left[1] ** 2)
        if float(arrays.cost[columns] @ step) - self._gathered * gathered > -_LEAST:
            return False
        self.values[columns], self._sums[rows] = values, sums
        self._load[list(load)] = list(load.values())
        self._users[list(users)] = list(users.values())
        return True

    def _with_vials_beyond(self, change: dict[int, float], places: set[int]) -> tuple[Ints, Floats]:
        """The columns that change, by how much, with the vials beyond the fee of some places."""
        columns = np.array([c for c, by in change.items() if by], dtype=np.int64)
        step = np.array([change[c] for c in columns.tolist()])
        rows, by_row = self._rows(columns, step)
        for place in sorted(places):
            row, column = int(self._beyond[place]), int(self._extra[place])
            here = np.flatnonzero(rows == row)
            if row >= 0 and here.size:
                without = self._sums[row] + by_row[here[0]] + self.values[column]
                needed = max(0.0, float(without - self._arrays.row_upper[row]))
                columns = np.append(columns, column)
                step = np.append(step, needed - self.values[column])
        return columns, step

    def _rows(self, columns: Ints, step: Floats) -> tuple[Ints, Floats]:
        """The rows that a step touches, and by how much."""
        some = self._arrays.by_column[:, columns]
        rows = np.unique(some.indices)
        return rows, np.asarray((some @ step)[rows])


def _lots_of(problem: Problem, arrays: Arrays, structure: Structure) -> tuple[Ints, Floats]:
    """By choice the column of the lots that it draws on, -1 where several, and how many."""
    column = np.full(len(structure.serve), -1, dtype=np.int64)
    needs = np.zeros(len(structure.serve))
    rules = np.array([limit.rule for limit in problem.matrix.limits])
    of = np.full(arrays.columns, -1, dtype=np.int64)
    of[structure.serve] = np.arange(len(structure.serve))
    is_lots = np.zeros(arrays.columns, dtype=np.bool_)
    is_lots[list(problem.lots.values())] = True
    found = np.zeros(len(structure.serve), dtype=np.int64)
    ends = arrays.by_row.indptr
    for row in np.flatnonzero(rules == "isotope lots").tolist():
        index = arrays.by_row.indices[ends[row] : ends[row + 1]]
        value = arrays.by_row.data[ends[row] : ends[row + 1]]
        mine = is_lots[index]
        choices = of[index[~mine]]
        choices = choices[choices >= 0]
        found[choices] += 1
        if mine.sum() == 1 and (of[index[~mine]] >= 0).all():
            column[choices] = index[mine][0]
            needs[choices] = -value[~mine] / value[mine][0]
    column[found != 1] = -1
    return column, needs


def _by_ends(ways: _Ways, some: Ints) -> dict[tuple[int, int], Ints]:
    """Some ways by the lots that they leave and those that they come to."""
    pairs = np.stack([ways.source[some], ways.target[some]])
    order = np.lexsort(pairs)
    ends = np.flatnonzero(np.any(np.diff(pairs[:, order], axis=1) != 0, axis=0)) + 1
    return {
        (int(ways.source[mine[0]]), int(ways.target[mine[0]])): mine
        for mine in np.split(some[order], ends)
        if len(mine)
    }


def _rows_beyond(problem: Problem, arrays: Arrays, extra: Ints) -> Ints:
    """By place the row that counts its vials beyond the fee, -1 for none."""
    rules = np.array([limit.rule for limit in problem.matrix.limits])
    beyond = np.full(len(extra), -1, dtype=np.int64)
    of = {int(column): place for place, column in enumerate(extra.tolist()) if column >= 0}
    ends = arrays.by_row.indptr
    for row in np.flatnonzero(rules == "extra vials").tolist():
        for column in arrays.by_row.indices[ends[row] : ends[row + 1]].tolist():
            if column in of:
                beyond[of[column]] = row
    return beyond
