"""The rows of the places where doses are given. [model C15-C16]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from itertools import pairwise

import numpy as np

from doseline.plan.model.matrix import Limit
from doseline.plan.model.sets import Ints, Sets
from doseline.plan.model.variables import Problem
from doseline.programme.rules import decay_factor


def a_consignee_treats_so_many_a_day(problem: Problem) -> None:
    """Infusions of a day stay inside the capacity that sites of a consignee share. [model C15]"""
    sets = problem.sets
    who, names = _consignees(sets)
    of_choice = who[sets.table.order]
    rows, starts = grouped(of_choice, sets.table.use_on)
    sent, capacity = cache(partial(sent_to, sets)), cache(partial(capacity_of, sets))
    serve = np.asarray(problem.serve, dtype=np.int64)[rows].tolist()
    days = sets.table.use_on[rows[starts[:-1]]].tolist()
    numbers = of_choice[rows[starts[:-1]]].tolist()
    for (begin, end), day, number in zip(pairwise(starts.tolist()), days, numbers, strict=True):
        name, on = names[number], date.fromordinal(day)
        gone = sum(1 for way in sent(name) if way.use_on == on) if sets.sent else 0
        room = max(0, capacity(name) - gone)
        if (end - begin) * problem.most > room:
            limit = Limit("site capacity", f"{name} {on}")
            problem.matrix.row_of_ones(limit, serve[begin:end], upper=float(room))


def a_consignee_holds_no_more_than_its_licence(problem: Problem) -> None:
    """What a consignee may hold at any time of a day stays inside its licence. [model C16]

    A vial counts on every day from its earliest receipt to its use, with what it holds at the
    earliest moment of that day.
    """
    sets = problem.sets
    full = _may_be_full(sets)
    days: dict[tuple[str, date], list[tuple[int, float, int]]] = defaultdict(list)
    shares: dict[tuple[int, int, int, str], tuple[tuple[date, float], ...]] = {}
    table, site_of = sets.table, [sets.programme.site[o.site] for o in sets.orders]
    decays = np.array([problem.product(s).decays for s in range(len(sets.places))], dtype=np.bool_)
    may = np.array([site.consignee in full for site in site_of], dtype=np.bool_)
    for r in np.flatnonzero(decays[table.place] & may[table.order]).tolist():
        s, site = int(table.place[r]), site_of[table.order[r]]
        use_on, received_at = int(table.use_on[r]), int(table.received_first_at[r])
        key = (s, received_at, use_on, site.zone)
        if key not in shares:
            unit = Held(
                since_at=sets.places[s].slot.charge_at,
                mbq=1.0,
                half_life=problem.product(s).half_life,
                received_at=received_at,
                use_on=date.fromordinal(use_on),
                zone=site.zone,
            )
            shares[key] = tuple(unit.days(sets))
        column, load = problem.serve[r], float(sets.loads[r])
        for on, share in shares[key]:
            days[site.consignee, on].append((column, load * share, use_on))
    sent, capacity = cache(partial(sent_to, sets)), cache(partial(capacity_of, sets))
    limit_mbq = cache(partial(_limit_mbq, sets))
    for (name, on), terms in days.items():
        most = limit_mbq(name)
        there = sum(mbq for h in sent(name) for day, mbq in h.days(sets) if day == on)
        if _worst(capacity(name), terms) + there > most:
            limit = Limit("site possession", f"{name} {on}")
            scaled = [(c, mbq / max(most, 1e-9)) for c, mbq, _ in terms]
            problem.matrix.row(limit, scaled, upper=max(0.0, 1.0 - there / max(most, 1e-9)))


def _may_be_full(sets: Sets) -> set[str]:
    """The consignees whose licence might not cover the worst that could ever be there at once.

    That is the strongest vial at the start of its labelling, as many a day as are given, on every
    day from the first receipt of a batch to its last use.
    """
    eos_first_at = np.array([p.eos_first_at for p in sets.places], dtype=np.int64)
    sooner = _over(sets, eos_first_at[sets.table.place])  # nothing arrives before it is made
    return _over(sets, sets.table.received_first_at) if sooner else sooner


def _over(sets: Sets, since_at: Ints) -> set[str]:
    """The consignees that might be too full, were each choice there from an instant to its use."""
    who, names = _consignees(sets)
    strongest = np.zeros(len(names))
    longest = np.zeros(len(names), dtype=np.int64)
    mine = who[sets.table.order]
    np.maximum.at(strongest, mine, sets.loads)
    np.maximum.at(longest, mine, sets.table.use_at - since_at)
    found = set()
    for n in np.unique(mine).tolist():
        name, mbq, days = names[n], float(strongest[n]), int(longest[n]) // 1440 + 2
        if sent_to(sets, name) or capacity_of(sets, name) * mbq * days > _limit_mbq(sets, name):
            found.add(name)
    return found


def _consignees(sets: Sets) -> tuple[Ints, list[str]]:
    """The consignee of each order, as a number, and their names."""
    names = list(dict.fromkeys(sets.consignee_of_order))
    number = {name: n for n, name in enumerate(names)}
    return np.array([number[name] for name in sets.consignee_of_order], dtype=np.int64), names


def grouped(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """The rows of two columns group by group, and where each group starts and the last one ends.

    In the rows of a group both columns have the same numbers. The group of the first row comes
    first, then that of the next row which is not in it.

    >>> rows, starts = grouped(np.array([1, 0, 1, 1]), np.array([3, 3, 4, 3]))
    >>> rows.tolist(), starts.tolist()
    ([0, 3, 1, 2], [0, 2, 3, 4])
    """
    if not first.size:
        return np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    span = int(second.max()) + 1
    _, at, of, count = np.unique(
        first * span + second, return_index=True, return_inverse=True, return_counts=True
    )
    in_turn = np.argsort(at)
    turn = np.empty_like(in_turn)
    turn[in_turn] = np.arange(len(in_turn))
    rows = np.argsort(turn[of], kind="stable")
    return rows, np.concatenate(([0], np.cumsum(count[in_turn])))


def capacity_of(sets: Sets, consignee: str) -> int:
    """The infusions of a day at a consignee: the most that one of its sites gives."""
    return max(m.daily_capacity for m in sets.programme.consignee[consignee])


def _limit_mbq(sets: Sets, consignee: str) -> float:
    """What a consignee may hold: the most that one of its licences names. [MBq]"""
    licences = (m.licence for m in sets.programme.consignee[consignee])
    return max((x.limit_mbq for x in licences if x), default=0.0)


def _worst(capacity: int, terms: list[tuple[int, float, int]]) -> float:
    """The most that could be held: the strongest vials, as many as are used on each day. [MBq]"""
    return capacity * max(mbq for _, mbq, _ in terms) * len({use_on for _, _, use_on in terms})


@dataclass(frozen=True, slots=True)
class Held:
    """A vial on a consignee's hands: what it held at an instant, from receipt to its day of use."""

    since_at: int
    mbq: float
    half_life: float
    received_at: int
    use_on: date
    zone: str

    def days(self, sets: Sets) -> Iterator[tuple[date, float]]:
        """The days on which it is held, with the most that it holds on each. [MBq]"""
        clock = sets.programme.clock
        on = clock.day(self.received_at, self.zone)
        while on <= self.use_on:
            at = max(self.received_at, clock.day_start(on, self.zone))
            yield on, self.mbq * decay_factor(at - self.since_at, self.half_life)
            on += timedelta(days=1)


def sent_to(sets: Sets, consignee: str) -> list[Held]:
    """What is on its way to a consignee already."""
    orders = {o.id: o for o in sets.sent_orders}
    shipments = {s.id: s for s in sets.sent_shipments}
    batches = {p.locked.id: p.locked for p in sets.places if p.locked}
    found = []
    for allocation in sets.sent:
        order, batch = orders[allocation.order], batches.get(allocation.batch)
        site = sets.programme.site[order.site]
        if site.consignee == consignee and batch is not None:
            found.append(
                Held(
                    since_at=batch.eos_at,
                    mbq=allocation.eos_mbq * order.units,
                    half_life=sets.programme.product[order.product].half_life,
                    received_at=shipments[allocation.shipment].received_at,
                    use_on=sets.programme.clock.day(allocation.use_at, site.zone),
                    zone=site.zone,
                )
            )
    return found
