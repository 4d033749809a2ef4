"""The rows of a second chance: after the failure of a batch every limit holds once more.

For the batch of a place the rows of the model are written anew, as they stand once it has failed:
what it would have served is gone, and what stands in for it is added. [model V9, C21-C23]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from doseline.plan.failures.after_failure import Failures, Opening
from doseline.plan.model.matrix import Floats, Limit, Matrix, Term
from doseline.plan.model.model import constrained
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem, lots_max

_NOT_AGAIN = frozenset({"order", "batch made", "a vial at least", "spare vial", "shipment"})
"""Rules that bind nothing after a failure but what C4 and C22 say already, or only cost."""


class _Row(NamedTuple):
    """A row of the model, in the columns of the problem that is made secure."""

    limit: Limit
    terms: tuple[Term, ...]
    lower: float
    upper: float


@dataclass(frozen=True)
class SecondChances:
    """The columns and rows that say who has a second chance, appended to a problem place by place.

    `again` are the columns of choices that stand in, by the place that has failed and the choice;
    `own` all columns of a failure, with the two places that each concerns. `written` are the
    places whose failure is stated.
    """

    problem: Problem
    failures: Failures
    rows: tuple[_Row, ...]
    rows_of: Mapping[int, Sequence[int]]
    again: dict[tuple[int, int], int] = field(default_factory=dict)
    own: list[tuple[int, int, int]] = field(default_factory=list)
    copies: dict[int, int] = field(default_factory=dict)
    written: set[int] = field(default_factory=set)

    def write(self, s: int) -> None:
        """State what holds once the batch of a place has failed. [model C21-C23]"""
        if s in self.written:
            return
        self.written.add(s)
        matrix, sets = self.problem.matrix, self.problem.sets
        struck = list(self.failures.ways(s))
        for _, r in struck:
            self.again[s, r] = self._column(s, sets.choices[r].place, matrix.binary())
        who_is_struck_is_served_again_once(self, s)
        limits_hold_after_the_failure(self, s, self.failures.openings(s))

    def _column(self, s: int, t: int, column: int) -> int:
        self.own.append((s, t, column))
        return column

    def without(self, values: Floats) -> int:
        """How many doses have no second chance, as far as the model states failures."""
        sets, serve = self.problem.sets, self.problem.serve
        struck = sum(values[serve[r]] > 0.5 for s in self.written for r in sets.of_place[s])
        return int(struck - sum(values[column] > 0.5 for column in self.again.values()))

    def priced(self, cents: float) -> Matrix:
        """The matrix with a price on each dose that could be struck and would not be served again.

        Doses of places that are not written are taken to be secure. [model O9]
        """
        problem = self.problem
        cost = list(problem.matrix.cost)
        for s in self.written:
            for r in problem.sets.of_place[s]:
                cost[problem.serve[r]] += cents
        for column in self.again.values():
            cost[column] -= cents
        return replace(problem.matrix, cost=cost)


def second_chances(problem: Problem) -> SecondChances:
    """The rules of a problem, ready to be written for the failure of any batch.

    They are those without spare vials: in need those are given away.
    """
    sets = problem.sets
    policy = replace(sets.programme.policy, spare_vials=0)
    lean = constrained(replace(sets, programme=replace(sets.programme, policy=policy)))
    alike = _alike(lean, problem)
    rows: list[_Row] = []
    rows_of: dict[int, list[int]] = defaultdict(list)
    for n, limit in enumerate(lean.matrix.limits):
        if limit.rule not in _NOT_AGAIN:
            terms = tuple((alike[c], factor) for c, factor in lean.matrix.terms(n))
            for column, _ in terms:
                rows_of[column].append(len(rows))
            rows.append(_Row(limit, terms, lean.matrix.row_lower[n], lean.matrix.row_upper[n]))
    return SecondChances(problem, Failures(sets), tuple(rows), rows_of)


def _alike(lean: Problem, problem: Problem) -> dict[int, int]:
    """The columns of one problem by those of another over the same sets."""
    found: dict[int, int] = {}
    for mine, theirs in (
        (lean.serve, problem.serve),
        (lean.unmet, problem.unmet),
        (lean.made, problem.made),
    ):
        found.update(zip(mine, theirs, strict=True))
    for name in ("stands", "lots", "fed", "parcel", "tested"):
        theirs_by = getattr(problem, name)
        found.update({c: theirs_by[key] for key, c in getattr(lean, name).items()})
    return found


# -- the rows ------------------------------------------------------------------------------


def who_is_struck_is_served_again_once(chances: SecondChances, s: int) -> None:
    """A dose is served again only if its batch is the one that failed, and once. [model C21]"""
    problem = chances.problem
    again: dict[int, list[Term]] = defaultdict(list)
    for _, r in chances.failures.ways(s):
        again[problem.sets.choices[r].order].append((chances.again[s, r], 1.0))
    for i, terms in again.items():
        was = [
            (problem.serve[r], -1.0)
            for r in problem.sets.of_order[i]
            if problem.sets.choices[r].place == s
        ]
        limit = Limit("second chance", problem.sets.orders[i].id)
        problem.matrix.row(limit, [*terms, *was], upper=0.0)


def limits_hold_after_the_failure(
    chances: SecondChances, s: int, openings: Mapping[int, Opening]
) -> None:
    """Each rule once more for what stands after a failure: nothing comes from the batch that has
    failed, places still open take what is served again, may begin a batch that was not planned,
    and are fed by what can still be ordered. [model C22]
    """
    problem = chances.problem
    stands: dict[int, list[Term]] = {problem.serve[r]: [] for r in problem.sets.of_place[s]}
    changed: set[int] = set()
    for (failed, r), column in list(chances.again.items()):
        if failed == s:
            serve = problem.serve[r]
            stands[serve] = [(serve, 1.0), (column, 1.0)]
            changed.add(serve)
    for opening in openings.values():
        for old, terms in decided_anew(chances, s, opening).items():
            stands[old] = terms
            changed.add(old)
    for n in sorted({row for column in changed for row in chances.rows_of.get(column, ())}):
        row = chances.rows[n]
        terms = [
            (after, factor * share)
            for column, factor in row.terms
            for after, share in stands.get(column, [(column, 1.0)])
        ]
        problem.matrix.row(row.limit, terms, lower=row.lower, upper=row.upper)


def decided_anew(chances: SecondChances, s: int, opening: Opening) -> dict[int, list[Term]]:
    """What stands in the place of the columns of a place that is still open. [model C23]"""
    problem, t = chances.problem, opening.place
    sets, matrix = problem.sets, problem.matrix
    place, found = sets.places[t], dict[int, list[Term]]()
    begun = None
    if opening.begins:
        begun = chances._column(s, t, matrix.column(float(place.count), whole=True))
        matrix.row(
            Limit("slot", place.slot.id),
            [(problem.made[t], 1.0), (begun, 1.0)],
            upper=float(place.count),
        )
        found[problem.made[t]] = [(problem.made[t], 1.0), (begun, 1.0)]
        for k in range(place.count) if place.twins else ():
            old = problem.stands[t, k]
            new = chances._column(s, t, matrix.binary())
            matrix.row(Limit("slot", place.slots[k].id), [(old, 1.0), (new, 1.0)], upper=1.0)
            found[old] = [(old, 1.0), (new, 1.0)]
    for option in place.isotope:
        key = (t, option.source)
        if option.source not in opening.to_order or key not in problem.lots:
            continue
        most = float(lots_max(sets, t, option) * place.count)
        lots = chances._column(s, t, matrix.column(most, whole=True))
        found[problem.lots[key]] = [(lots, 1.0)]
        chances.copies[lots] = problem.lots[key]
        if problem.fed[key] != problem.made[t]:
            fed = chances._column(s, t, matrix.column(float(place.count), whole=True))
            found[problem.fed[key]] = [(fed, 1.0)]
            chances.copies[fed] = problem.fed[key]
    return found


def may_fail(sets: Sets) -> tuple[int, ...]:
    """The places whose batch may fail: all that are not locked and serve somebody."""
    return tuple(
        s for s, place in enumerate(sets.places) if place.locked is None and sets.of_place[s]
    )
