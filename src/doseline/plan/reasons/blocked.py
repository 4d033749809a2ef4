"""Which limits a choice would break, were it taken beside the plan as it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from doseline.plan.model.matrix import Floats, Limit
from doseline.plan.model.variables import (
    Problem,
    load_of,
    permission_of,
    shipment_key,
    spare_vials,
    usable_per_lot,
)

_SAYS = {
    "line": "line {} is held by another batch",
    "vials": "batch {} is full: no vial is left",
    "bulk": "batch {} is at the limit of its bulk",
    "crew": "crew: no further batch can be started at {}",
    "QC": "QC: no further batch can be released at {}",
    "plant possession": "possession: the licence of plant {} is used up",
    "isotope offer": "isotope: the offer of {} is used up",
    "site capacity": "site capacity: no place is left at {}",
    "site possession": "possession: the licence of {} is used up",
    "promise": "a promise stands: order {}",
    "pin": "a pin stands: {}",
    "date": "the date confirmed is kept: order {}",
}
"""The limits that can stand in the way, in the order in which they are told."""

_SAYS_OF_MANY = {
    "line": "the lines in reach are held by other batches: {}",
    "vials": "the batches in reach are full, no vial is left: {}",
    "bulk": "the batches in reach are at the limit of their bulk: {}",
    "site capacity": "site capacity: no place is left on any day in reach: {}",
}
"""The same where several ways are barred by one rule each."""

_NAMED = 3
"""So many of them are named."""

_ORDER = {rule: n for n, rule in enumerate(_SAYS)}


_TOLD = 3
"""So many ways are told, each with the limits in it."""


class Beside:
    """A plan, and what each choice would break that were taken beside it.

    What a choice changes is a handful of variables: the sums of all rows are kept, and only the
    rows in which those stand are looked at. Make one for a plan and ask it about every order.
    """

    def __init__(self, problem: Problem, values: Floats) -> None:
        self.problem, self.values = problem, values
        matrix = problem.matrix
        starts = np.asarray(matrix.starts, dtype=np.int64)
        told = np.fromiter((x.rule in _ORDER for x in matrix.limits), bool, matrix.rows)
        row = np.repeat(np.arange(matrix.rows), np.diff(starts))
        kept = told[row]
        column = np.asarray(matrix.index, dtype=np.int64)[kept]
        by_column = np.argsort(column, kind="stable")
        self._begin = np.searchsorted(column[by_column], np.arange(matrix.columns + 1)).tolist()
        self._row = row[kept][by_column]
        self._factor = np.asarray(matrix.value)[kept][by_column]
        self._sums = matrix.sums(values)
        self._before = {
            int(n) for n in np.flatnonzero(told) if self._breaks(int(n), float(self._sums[n]))
        }
        self._mine = cache(self._served_by)
        self._gives = cache(self._usable_of)
        self._without = cache(self._left_by)

    def in_the_way(self, i: int, choices: Sequence[int]) -> str:
        """The least that stands in the way of an order, over some of its choices; empty if nothing.

        Where several ways are barred by as few limits, those of one rule are told as one, and up to
        three such.
        """
        barred = {self.broken(i, r) for r in choices}
        fewest = min(len(limits) for limits in barred)
        ranked = sorted(
            (limits for limits in barred if len(limits) == fewest),
            key=lambda limits: [(_ORDER[x.rule], x.where) for x in limits],
        )
        by_rule: dict[tuple[str, ...], list[tuple[Limit, ...]]] = {}
        for limits in ranked:
            by_rule.setdefault(tuple(x.rule for x in limits), []).append(limits)
        told = list(by_rule.values())[:_TOLD]
        return "; or else ".join(_of_one_kind(alike) for alike in told)

    def broken(self, i: int, r: int) -> tuple[Limit, ...]:
        """The limits that a choice of an order breaks, those first that are told first.

        Of a place with several slots it is the one by which the fewest are broken: a batch that is
        there already, or another on a line where none stands.
        """
        ways = [self._broken_by(self.taken(i, r, opens)) for opens in self.ways_in(i, r)]
        return min(ways, key=lambda told: (len(told), [(_ORDER[x.rule], x.where) for x in told]))

    def ways_in(self, i: int, r: int) -> list[int | None]:
        """The slots in which a batch could be opened for a choice; none for one there already."""
        problem, s = self.problem, self.problem.sets.choices[r].place
        place = problem.sets.places[s]
        if not place.twins:
            return [None]
        before, _ = self._without(i)

        def value(column: int) -> float:
            return before[column] if column in before else float(self.values[column])

        free = [k for k in range(place.count) if value(problem.stands[s, k]) < 0.5]
        return [*([None] if value(problem.made[s]) > 0.5 else []), *free]

    def _broken_by(self, changes: Mapping[int, float]) -> tuple[Limit, ...]:
        limits, moved = self.problem.matrix.limits, dict[int, float]()
        for column, value in changes.items():
            change = value - float(self.values[column])
            if change != 0.0:
                begin, end = self._begin[column], self._begin[column + 1]
                rows, factors = self._row[begin:end].tolist(), self._factor[begin:end].tolist()
                for row, factor in zip(rows, factors, strict=True):
                    moved[row] = moved.get(row, 0.0) + factor * change
        found = {limits[row] for row in self._before if row not in moved}
        for row, change in moved.items():
            if self._breaks(row, float(self._sums[row]) + change):
                found.add(limits[row])
        return tuple(sorted(found, key=lambda x: (_ORDER[x.rule], x.where)))

    def taken(self, i: int, r: int, opens: int | None = None) -> dict[int, float]:
        """The variables that change, with their values, when a choice serves its order instead.

        Where its place has several slots, `opens` is the one in which a further batch is made.
        """
        problem, sets = self.problem, self.problem.sets
        before, gone = self._without(i)
        trial, choice = dict(before), sets.choices[r]
        trial[problem.unmet[i]] = 0.0
        trial[problem.serve[r]] = 1.0
        if not sets.places[choice.place].twins:
            trial[problem.made[choice.place]] = 1.0
        trial[problem.parcel[shipment_key(sets, choice)]] = 1.0
        p = permission_of(sets, choice)
        if p is not None:
            trial[problem.tested[choice.place, p]] = 1.0
        self._fit(trial, choice.place, gone, r, opens)
        return trial

    # -- what is kept ------------------------------------------------------------------------

    def _breaks(self, row: int, total: float) -> bool:
        slack, matrix = 1e-6 * max(1.0, abs(total)), self.problem.matrix
        return total > matrix.row_upper[row] + slack or total < matrix.row_lower[row] - slack

    def _served_by(self, s: int) -> tuple[frozenset[int], float]:
        """The choices that a place serves in the plan, and their load. [MBq]"""
        problem, sets = self.problem, self.problem.sets
        mine = frozenset(r for r in sets.of_place[s] if self.values[problem.serve[r]] > 0.5)
        return mine, math.fsum(load_of(sets, sets.choices[r]) for r in mine)

    def _usable_of(self, s: int, n: int) -> float:
        """What a lot of a delivery gives to the vials of a place. [MBq]"""
        place, sets = self.problem.sets.places[s], self.problem.sets
        option = place.isotope[n]
        lot_mbq = sets.programme.source[option.source].lot_mbq
        return usable_per_lot(self.problem.product(s), place, option, lot_mbq)

    def _left_by(self, i: int) -> tuple[dict[int, float], frozenset[int]]:
        """The variables that change when an order is no longer served, and what had served it."""
        problem, sets = self.problem, self.problem.sets
        trial: dict[int, float] = {}
        gone: frozenset[int] = frozenset()
        for other in sets.of_order[i]:
            if self.values[problem.serve[other]] > 0.5:
                trial[problem.serve[other]] = 0.0
                gone |= {other}
                self._fit(trial, sets.choices[other].place, gone)
        return trial, gone

    def _fit(
        self,
        trial: dict[int, float],
        s: int,
        gone: frozenset[int],
        more: int | None = None,
        opens: int | None = None,
    ) -> None:
        """Gives a batch the lots that its vials need, from the delivery that feeds it."""
        problem, sets = self.problem, self.problem.sets
        place = sets.places[s]
        mine, needed = self._mine(s)
        for r in gone & mine:
            needed -= load_of(sets, sets.choices[r])
        mine -= gone
        if more is not None:
            mine |= {more}
            needed += load_of(sets, sets.choices[more])
        if s in problem.spare:
            found = max((sets.choices[r].load_mbq for r in mine), default=0.0)
            trial[problem.spare[s]] = found / max(self.problem.sets.strongest[s], 1e-12)
            needed += spare_vials(sets, s) * found
        if place.twins:
            self._fit_twins(trial, s, needed if mine else None, opens)
            return
        fed = [
            (trial[c] if c in trial else float(self.values[c]), -n)
            for n, option in enumerate(place.isotope)
            if (c := problem.fed.get((s, option.source))) is not None
        ]
        if not fed:
            return
        n = -max(fed)[1]
        over = 1.0 + sets.programme.policy.overage_fraction
        key = (s, place.isotope[n].source)
        trial[problem.fed[key]] = 1.0 if mine else 0.0
        lots = math.ceil(needed * over / self._gives(s, n) - 1e-9) if mine else 0
        trial[problem.lots[key]] = float(lots)
        if not mine:
            trial[problem.made[s]] = 0.0

    def _fit_twins(
        self, trial: dict[int, float], s: int, needed: float | None, opens: int | None
    ) -> None:
        """The same for a place with several slots: none is left for no vial, and one may be opened.

        Further lots come from the delivery that feeds the most of its batches.
        """
        problem, place = self.problem, self.problem.sets.places[s]

        def value(column: int) -> float:
            return trial[column] if column in trial else float(self.values[column])

        own = [problem.made[s], *(problem.stands[s, k] for k in range(place.count))]
        keys = [(s, o.source) for o in place.isotope if (s, o.source) in problem.lots]
        if needed is None:
            own += [column for k in keys for column in (problem.fed[k], problem.lots[k])]
            trial.update(dict.fromkeys(own, 0.0))
            return
        if opens is not None:
            trial[problem.made[s]] = value(problem.made[s]) + 1.0
            trial[problem.stands[s, opens]] = 1.0
        if not keys:
            return
        n = max(range(len(place.isotope)), key=lambda n: (value(problem.fed[keys[n]]), -n))
        fed = problem.fed[keys[n]]
        if opens is not None and fed != problem.made[s]:
            trial[fed] = value(fed) + 1.0
        over = 1.0 + problem.sets.programme.policy.overage_fraction
        others = (m for m in range(len(keys)) if m != n)
        rest = needed * over - sum(value(problem.lots[keys[m]]) * self._gives(s, m) for m in others)
        trial[problem.lots[keys[n]]] = float(max(0, math.ceil(rest / self._gives(s, n) - 1e-9)))


def _of_one_kind(alike: Sequence[tuple[Limit, ...]]) -> str:
    """Ways that the same rule bars: each batch, line or day that it bars them at."""
    first = alike[0]
    if not first:
        return ""
    where = list(dict.fromkeys(limits[0].where for limits in alike))
    if len(first) > 1 or len(where) == 1 or first[0].rule not in _SAYS_OF_MANY:
        return _in_words(first)
    more = f" and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
    return _SAYS_OF_MANY[first[0].rule].format(", ".join(where[:_NAMED]) + more)


def _in_words(limits: Sequence[Limit]) -> str:
    return "; ".join(_SAYS[x.rule].format(x.where) for x in limits)
