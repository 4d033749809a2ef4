"""The variables of the model. [model V1-V8]"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from doseline.operations.slots import IsotopeOption
from doseline.plan.model.matrix import Matrix, Term
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.programme.making import planned_yield
from doseline.programme.product import Product
from doseline.programme.rules import activity_at_charge, bulk_needed, decay_factor

ShipmentKey = tuple[int, str, str, int]
"""Place, site, lane, minutes of import testing."""


@dataclass(frozen=True)
class Problem:
    """The sets, the matrix that states the model over them, and where each variable stands.

    `serve` by choice, `unmet` by order, `made` by place; `stands` by place and slot where a place
    has several; `lots` and `fed` by place and source;
    `parcel` by shipment; `spare` is the load of a spare vial, as a share of the strongest that
    could be asked for, `extra` the vials beyond the fee; `tested` a batch under import testing, by
    place and plant's permission; `broken` a promise not kept. `most` is how often a choice can be
    taken: once for an order, without end for a kind of order.
    """

    sets: Sets
    matrix: Matrix
    most: float = 1.0
    serve: list[int] = field(default_factory=list)
    unmet: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    stands: dict[tuple[int, int], int] = field(default_factory=dict)
    lots: dict[tuple[int, str], int] = field(default_factory=dict)
    fed: dict[tuple[int, str], int] = field(default_factory=dict)
    parcel: dict[ShipmentKey, int] = field(default_factory=dict)
    spare: dict[int, int] = field(default_factory=dict)
    extra: dict[int, int] = field(default_factory=dict)
    tested: dict[tuple[int, int], int] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)

    def on_line(self, s: int, k: int) -> int:
        """The column that says whether a batch of a place stands in its slot number `k`."""
        return self.stands.get((s, k), self.made[s])

    def product(self, s: int) -> Product:
        """The product of a place."""
        return self.sets.programme.product[self.sets.places[s].slot.product]

    def filled(self, s: int) -> list[Term]:
        """The vials of a batch, spare ones included, as a sum of variables."""
        sets = self.sets
        mine = sets.of_place[s]
        units = sets.units[sets.table.order[mine]].astype(np.float64).tolist() if mine else []
        terms: list[Term] = [(self.serve[r], n) for r, n in zip(mine, units, strict=True)]
        return [*terms, (self.made[s], float(spare_vials(sets, s)))]

    def loaded(self, s: int) -> list[Term]:
        """The activity of the vials of a batch, brought back to the start of labelling. [MBq]"""
        sets = self.sets
        mine = sets.of_place[s]
        loads = sets.loads[mine].tolist() if mine else []
        terms: list[Term] = [(self.serve[r], mbq) for r, mbq in zip(mine, loads, strict=True)]
        if s in self.spare:
            terms.append((self.spare[s], spare_vials(sets, s) * sets.strongest[s]))
        return terms


def spare_vials(sets: Sets, s: int) -> int:
    """Vials filled beyond those ordered; a locked batch has been filled already."""
    return 0 if sets.places[s].locked else sets.programme.policy.spare_vials


def load_of(sets: Sets, choice: Choice) -> float:
    """The load of all vials of an order. [MBq]"""
    return choice.load_mbq * sets.orders[choice.order].units


def shipment_key(sets: Sets, choice: Choice) -> ShipmentKey:
    """Packages of one batch to one site that travel together."""
    order = sets.orders[choice.order]
    return choice.place, order.site, choice.route.journey.lane, choice.testing_min


def usable_per_lot(product: Product, place: Place, option: IsotopeOption, lot_mbq: float) -> float:
    """What a lot gives to the vials, at the start of labelling. [MBq, model P2]"""
    arrives = lot_mbq * decay_factor(place.slot.charge_at - option.delivered_at, product.half_life)
    bulk = bulk_needed(1.0, product.overfill_fraction, product.samples_fraction)
    return arrives / activity_at_charge(bulk, planned_yield(product), 0.0, product.half_life)


def bulk_load_max(sets: Sets, s: int) -> float:
    """The most load a batch may carry inside its line's limit on the bulk. [MBq, model A3]"""
    place = sets.places[s]
    if place.slot.bulk_max_mbq is None:
        return math.inf
    product = sets.programme.product[place.slot.product]
    bulk = bulk_needed(1.0, product.overfill_fraction, product.samples_fraction)
    to_eos = decay_factor(place.eos_first_at - place.slot.charge_at, product.half_life)
    return place.slot.bulk_max_mbq / bulk / to_eos


def load_max(sets: Sets, s: int) -> float:
    """The most load that the choices of a place can ask of it. [MBq]"""
    return min(sets.strongest[s] * sets.places[s].slot.vials_max, bulk_load_max(sets, s))


def lots_max(sets: Sets, s: int, option: IsotopeOption) -> int:
    """The most lots that a batch of a place could need of a delivery."""
    place = sets.places[s]
    lot = usable_per_lot(
        sets.programme.product[place.slot.product],
        place,
        option,
        sets.programme.source[option.source].lot_mbq,
    )
    over = 1.0 + sets.programme.policy.overage_fraction
    return math.ceil(load_max(sets, s) * over / lot - 1e-9)


def declare(sets: Sets) -> Problem:
    """A problem with all its variables and no rows yet."""
    problem = Problem(sets, Matrix())
    matrix = problem.matrix
    problem.serve.extend(matrix.binary() for _ in sets.choices)
    problem.unmet.extend(matrix.binary() for _ in sets.orders)
    for s, place in enumerate(sets.places):
        problem.made.append(matrix.column(float(place.count), whole=True))
        if place.locked is not None:
            matrix.fix(problem.made[s], 1.0)
        elif not sets.of_place[s]:
            matrix.fix(problem.made[s], 0.0)
        _declare_batch(problem, s, place)
    for choice in sets.choices:
        key = shipment_key(sets, choice)
        if key not in problem.parcel:
            problem.parcel[key] = matrix.binary()
    for tested in sorted(set(_testing(sets))):
        problem.tested[tested] = matrix.binary()
    return problem


def _declare_batch(problem: Problem, s: int, place: Place) -> None:
    sets, matrix = problem.sets, problem.matrix
    if place.locked is not None or not sets.of_place[s]:
        return
    if place.twins:
        problem.stands.update({(s, k): matrix.binary() for k in range(place.count)})
    if spare_vials(sets, s):
        problem.spare[s] = matrix.column(1.0)
    contract = sets.programme.contract.get(place.slot.manufacturer)
    if contract and contract.extra_vial_cents and contract.vials_included < place.slot.vials_max:
        most = place.slot.vials_max - contract.vials_included
        problem.extra[s] = matrix.column(float(most * place.count))
    for option in place.isotope:
        key = (s, option.source)
        most_lots = lots_max(sets, s, option) * place.count
        problem.lots[key] = matrix.column(float(most_lots), whole=True)
        only = len(place.isotope) == 1
        problem.fed[key] = (
            problem.made[s] if only else matrix.column(float(place.count), whole=True)
        )


def permission_of(sets: Sets, choice: Choice) -> int | None:
    """Which permission with a testing fee a choice goes by, by position."""
    if not sets.ways.permits.priced:
        return None
    order = sets.orders[choice.order]
    site = sets.programme.site[order.site]
    plant = sets.places[choice.place].slot.manufacturer
    received_at = choice.route.journey.received_at
    found = sets.ways.permission_of(plant, site, order.protocol, received_at)
    return sets.ways.permits.number(found) if found and found.testing_cents else None


def _testing(sets: Sets) -> Iterator[tuple[int, int]]:
    for choice in sets.choices:
        p = permission_of(sets, choice)
        if p is not None:
            yield choice.place, p
