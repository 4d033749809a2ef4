"""What is decided for quarters: plants in use, weekly slots taken, their cost. [model T4-T9]"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from doseline.plan.long_term.quarters import Quarter, WeeklySlot, days_of_term, taken_together
from doseline.plan.model.matrix import Limit, Term
from doseline.plan.model.objective import tier
from doseline.plan.model.variables import Problem
from doseline.programme.contract import Contract

_MONTH, _YEAR = 30.4375, 365.25


@dataclass(frozen=True)
class Commitments:
    """The columns of what is decided for quarters.

    `used` by plant and quarter; `taken` by weekly slot and quarter; `added` by plant: its transfer
    is paid. `places` are those of each weekly slot in each quarter.
    """

    problem: Problem
    quarters: tuple[Quarter, ...]
    places: dict[tuple[WeeklySlot, int], list[int]]
    used: dict[tuple[str, int], int]
    taken: dict[tuple[WeeklySlot, int], int]
    added: dict[str, int]

    def plant(self, slot: WeeklySlot) -> str:
        """The plant of a weekly slot."""
        return self.problem.sets.programme.line[slot[0]][0].id


def commitments(problem: Problem, quarters: tuple[Quarter, ...]) -> Commitments:
    """The decisions of each quarter, no rows yet. [model T4-T5]"""
    sets, matrix = problem.sets, problem.matrix
    places = taken_together(sets, quarters)
    plants = sorted({sets.programme.line[slot[0]][0].id for slot, _ in places})
    used = {(p, q): matrix.binary() for p in plants for q in range(len(quarters))}
    taken = {key: matrix.binary() for key in sorted(places) if key[0][2] != "option"}
    added = {p: matrix.binary() for p in plants}
    return Commitments(problem, quarters, places, used, taken, added)


def a_batch_needs_its_weekly_slot(found: Commitments) -> None:
    """Batches are made in slots taken for their quarter; options in plants in use. [model T6]"""
    problem = found.problem
    for key, mine in found.places.items():
        slot, q = key
        column = found.taken.get(key, found.used[found.plant(slot), q])
        for s in mine:
            limit = Limit("weekly slot", problem.sets.places[s].slot.id)
            problem.matrix.row(limit, [(problem.made[s], 1.0), (column, -1.0)], upper=0.0)


def a_slot_needs_its_plant(found: Commitments) -> None:
    """Slots are taken of plants that are in use; a plant once in use stays so. [model T7]"""
    matrix = found.problem.matrix
    for (slot, q), column in found.taken.items():
        terms: list[Term] = [(column, 1.0), (found.used[found.plant(slot), q], -1.0)]
        matrix.row(Limit("plant in use", found.plant(slot)), terms, upper=0.0)
    for (plant, q), column in found.used.items():
        if q + 1 < len(found.quarters):
            terms = [(column, 1.0), (found.used[plant, q + 1], -1.0)]
            matrix.row(Limit("stays in use", plant), terms, upper=0.0)
        matrix.row(Limit("added", plant), [(column, 1.0), (found.added[plant], -1.0)], upper=0.0)


def owed_for_quarters(found: Commitments) -> None:
    """Reservations of slots taken, fixed cost of plants in use, a transfer to come. [model T8]"""
    programme, matrix = found.problem.sets.programme, found.problem.matrix
    for (slot, q), column in found.taken.items():
        contract = programme.contract.get(found.plant(slot))
        if contract is not None and slot[2] == "reserved":
            quarter = found.quarters[q]
            days = days_of_term(contract, quarter.from_on, quarter.until_on)
            months = days / _MONTH / _every_weeks(found, slot)
            matrix.cost[column] += contract.reservation_per_month_cents * months
    for (plant, q), column in found.used.items():
        contract = programme.contract.get(plant)
        if contract is not None:
            quarter = found.quarters[q]
            days = days_of_term(contract, quarter.from_on, quarter.until_on)
            matrix.cost[column] += contract.fixed_per_year_cents * days / _YEAR
    for plant, column in found.added.items():
        contract = programme.contract.get(plant)
        if contract is not None and still_to_transfer(found, plant):
            matrix.cost[column] += contract.transfer_cents


def _every_weeks(found: Commitments, slot: WeeklySlot) -> int:
    line = found.problem.sets.programme.line[slot[0]][1]
    return next(
        (
            rule.every_weeks
            for rule in line.slots
            if f"{_weekday(rule.at.weekday)} {rule.at.time:%H:%M}" == slot[1]
        ),
        1,
    )


def _weekday(number: int) -> str:
    return f"{date(2024, 1, 1 + number):%A}"


def still_to_transfer(found: Commitments, plant: str) -> bool:
    """Whether a plant can first make a product inside the horizon or later."""
    first = found.quarters[0].from_on
    return any(a.from_on > first for a in found.problem.sets.programme.manufacturer[plant].makes)


def fees_of_batches(found: Commitments) -> None:
    """The fee of a batch by its number in the year; batches owed by plants in use. [model T9]"""
    problem = found.problem
    years: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (slot, q), mine in found.places.items():
        for s in mine:
            years[found.plant(slot), problem.sets.places[s].slot.starts_on.year].append(s)
        years.setdefault((found.plant(slot), found.quarters[q].from_on.year), [])
    for (plant, year), mine in sorted(years.items()):
        contract = problem.sets.programme.contract.get(plant)
        if contract is not None:
            _fees_of(found, contract, year, [problem.made[s] for s in mine])


def _fees_of(found: Commitments, contract: Contract, year: int, made: list[int]) -> None:
    matrix, where = found.problem.matrix, f"{contract.manufacturer} {year}"
    for column in made:
        matrix.cost[column] += contract.batch_fee_cents
    owed: list[Term] = []
    for q, quarter in enumerate(found.quarters):
        if quarter.from_on.year == year and contract.take_or_pay_batches:
            days = days_of_term(contract, quarter.from_on, quarter.until_on)
            whole = (date(year + 1, 1, 1) - date(year, 1, 1)).days
            share = contract.take_or_pay_batches * days / whole
            owed.append((found.used[contract.manufacturer, q], -share))
    if owed:
        short = matrix.column(cost=float(contract.batch_fee_cents))
        terms: list[Term] = [(column, 1.0) for column in made]
        matrix.row(Limit("take or pay", where), [*terms, *owed, (short, 1.0)], lower=0.0)
    steps = sorted(contract.tiers, key=lambda t: t.from_batch)
    ends = [*(t.from_batch - 1 for t in steps[1:]), len(made)]
    for step, last in zip(steps, ends, strict=False):
        if step.from_batch <= len(made):
            saved = float(step.fee_cents - contract.batch_fee_cents)
            numbers = (step.from_batch, min(last, len(made)), len(made))
            tier(matrix, Limit("tier", where), made, numbers, saved)


COMMITTED = (
    a_batch_needs_its_weekly_slot,
    a_slot_needs_its_plant,
    owed_for_quarters,
    fees_of_batches,
)
