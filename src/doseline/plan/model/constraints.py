"""The rows that serve orders and fill batches, one function a rule. [model C1-C9]"""

from __future__ import annotations

from collections import defaultdict

from doseline.plan.model.matrix import Limit, Term
from doseline.plan.model.variables import (
    Problem,
    bulk_load_max,
    load_max,
    lots_max,
    permission_of,
    shipment_key,
    usable_per_lot,
)


def each_order_is_served_once_or_unmet(problem: Problem) -> None:
    """An order takes one of its choices, or goes unmet. [model C1]"""
    sets = problem.sets
    for i, order in enumerate(sets.orders):
        terms: list[Term] = [(problem.serve[r], 1.0) for r in sets.of_order[i]]
        terms.append((problem.unmet[i], 1.0))
        problem.matrix.row(Limit("order", order.id), terms, lower=1.0, upper=1.0)


def an_order_needs_its_batch(problem: Problem) -> None:
    """A choice can be taken only if its batch is made. [model C2]"""
    sets = problem.sets
    for s, place in enumerate(sets.places):
        if place.locked is not None:
            continue
        of_order: dict[int, list[Term]] = defaultdict(list)
        for r in sets.of_place[s]:
            of_order[sets.choices[r].order].append((problem.serve[r], 1.0))
        limit = Limit("batch made", place.slot.id)
        for terms in of_order.values():
            problem.matrix.row(limit, [*terms, (problem.made[s], -1.0)], upper=0.0)


def batches_of_a_place_stand_on_its_lines(problem: Problem) -> None:
    """Slots alike but for their line are a place, with a batch on each at most. [model C20]"""
    for s, place in enumerate(problem.sets.places):
        if (s, 0) in problem.stands:
            terms: list[Term] = [(problem.stands[s, k], 1.0) for k in range(place.count)]
            limit = Limit("lines of a place", place.slot.id)
            problem.matrix.row(limit, [*terms, (problem.made[s], -1.0)], lower=0.0, upper=0.0)


def a_batch_fills_a_vial_at_least(problem: Problem) -> None:
    """Nobody makes a batch for no one. [model C3]"""
    sets = problem.sets
    for s, place in enumerate(sets.places):
        if place.locked is None and sets.of_place[s]:
            terms: list[Term] = [(problem.serve[r], 1.0) for r in sets.of_place[s]]
            limit = Limit("a vial at least", place.slot.id)
            problem.matrix.row(limit, [*terms, (problem.made[s], -1.0)], lower=0.0)


def a_batch_fills_no_more_vials_than_its_line(problem: Problem) -> None:
    """The vials of a batch, spare ones included, fit its slot. [model C4]"""
    sets = problem.sets
    for s, place in enumerate(sets.places):
        if sets.of_place[s]:
            room = float(place.slot.vials_max)
            terms = [*problem.filled(s), (problem.made[s], -room)]
            problem.matrix.row(Limit("vials", place.slot.id), terms, upper=0.0)


def a_bulk_holds_no_more_than_its_line(problem: Problem) -> None:
    """The bulk at EOS stays inside the limit of the line, or of a batch already made. [model C5]"""
    sets = problem.sets
    for s, place in enumerate(sets.places):
        room = bulk_load_max(sets, s)
        if not sets.of_place[s] or place.slot.bulk_max_mbq is None:
            continue
        if sets.strongest[s] * place.slot.vials_max > room:
            slack = 1.0 + 1e-9 if place.locked else 1.0
            terms = [*problem.loaded(s), (problem.made[s], -room * slack)]
            problem.matrix.row(Limit("bulk", place.slot.id), terms, upper=0.0)


def a_spare_vial_can_stand_in_for_any(problem: Problem) -> None:
    """A spare vial holds as much as the strongest vial of its batch. [model C6]"""
    sets = problem.sets
    for s, spare in problem.spare.items():
        most = max(sets.strongest[s], 1e-12)
        limit = Limit("spare vial", sets.places[s].slot.id)
        for r in sets.of_place[s]:
            share = sets.choices[r].load_mbq / most
            problem.matrix.row(limit, [(spare, 1.0), (problem.serve[r], -share)], lower=0.0)


def isotope_covers_the_charge(problem: Problem) -> None:
    """Whole lots of one delivery cover what a batch is charged with, and the overage. [model C7]"""
    sets = problem.sets
    over = 1.0 + sets.programme.policy.overage_fraction
    for s, place in enumerate(sets.places):
        mine = [o for o in place.isotope if (s, o.source) in problem.lots]
        if not mine:
            continue
        terms: list[Term] = []
        for option in mine:
            lot_mbq = sets.programme.source[option.source].lot_mbq
            gives = usable_per_lot(problem.product(s), place, option, lot_mbq)
            terms.append((problem.lots[s, option.source], gives))
        terms += [(column, -load * over) for column, load in problem.loaded(s)]
        scale = 1.0 / max(load_max(sets, s), 1e-12)
        problem.matrix.row(
            Limit("isotope lots", place.slot.id), [(c, v * scale) for c, v in terms], lower=0.0
        )


def a_batch_is_fed_by_one_delivery(problem: Problem) -> None:
    """The isotope of a batch comes from one source. [model C8]"""
    sets = problem.sets
    for s, place in enumerate(sets.places):
        mine = [o for o in place.isotope if (s, o.source) in problem.lots]
        if len(mine) > 1:
            terms: list[Term] = [(problem.fed[s, o.source], 1.0) for o in mine]
            limit = Limit("one source", place.slot.id)
            problem.matrix.row(limit, [*terms, (problem.made[s], -1.0)], lower=0.0, upper=0.0)
        for option in mine:
            key = (s, option.source)
            problem.matrix.row(
                Limit("isotope source", place.slot.id),
                [
                    (problem.lots[key], 1.0),
                    (problem.fed[key], -float(lots_max(sets, s, option))),
                ],
                upper=0.0,
            )


def an_order_needs_its_shipment(problem: Problem) -> None:
    """A package travels in a shipment, and by a tested batch where testing is asked. [model C9]"""
    sets = problem.sets
    grouped: dict[tuple[int, int], list[Term]] = defaultdict(list)
    for r, choice in enumerate(sets.choices):
        parcel = problem.parcel[shipment_key(sets, choice)]
        grouped[parcel, choice.order].append((problem.serve[r], 1.0))
        p = permission_of(sets, choice)
        if p is not None:
            grouped[problem.tested[choice.place, p], choice.order].append((problem.serve[r], 1.0))
    limit = Limit("shipment", "")
    for (column, _), terms in grouped.items():
        problem.matrix.row(limit, [*terms, (column, -1.0)], upper=0.0)


SERVING = (
    each_order_is_served_once_or_unmet,
    an_order_needs_its_batch,
    batches_of_a_place_stand_on_its_lines,
    a_batch_fills_a_vial_at_least,
    a_batch_fills_no_more_vials_than_its_line,
    a_bulk_holds_no_more_than_its_line,
    a_spare_vial_can_stand_in_for_any,
    isotope_covers_the_charge,
    a_batch_is_fed_by_one_delivery,
    an_order_needs_its_shipment,
)
