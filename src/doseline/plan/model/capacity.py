"""The rows that batches and packages share, one function a rule. [model C10-C14]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from doseline.plan.model.consignees import (
    a_consignee_holds_no_more_than_its_licence,
    a_consignee_treats_so_many_a_day,
)
from doseline.plan.model.matrix import Limit, Term
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem, lots_max
from doseline.programme.making import release_min
from doseline.programme.rules import decay_factor

Stand = tuple[int, int]
"""A slot of a place: the position of the place, and which of its slots."""


def free_at(sets: Sets, stand: Stand, following: str) -> int:
    """When a line is free for a product after a full batch in a slot. [min]"""
    place = sets.places[stand[0]]
    line = sets.programme.line[place.slots[stand[1]].line][1]
    changeover = line.changeover_min if following != place.slot.product else 0
    return place.eos_last_at + line.turnaround_min + changeover


def exclude_each_other(sets: Sets, first: Stand, second: Stand) -> bool:
    """Whether a batch of the earlier slot would still hold the line, which both are on."""
    later = sets.places[second[0]].slot
    return later.charge_at < free_at(sets, first, later.product)


def cliques(sets: Sets) -> list[tuple[Stand, ...]]:
    """Slots of a line of which at most one can be used, each set as large as possible."""
    lines: dict[str, list[Stand]] = defaultdict(list)
    for s, place in enumerate(sets.places):
        for k, slot in enumerate(place.slots):
            lines[slot.line].append((s, k))
    found: list[tuple[Stand, ...]] = []
    for mine in lines.values():
        for position, later in enumerate(mine):
            rivals = [
                stand
                for stand in mine[max(0, position - 40) : position]
                if exclude_each_other(sets, stand, later)
            ]
            begins = sets.places[later[0]].slot.charge_at
            together = [
                stand
                for stand in rivals
                if begins < free_at(sets, stand, sets.places[stand[0]].slot.product)
            ]
            if together:
                found.append((*together, later))
            found += [(stand, later) for stand in rivals if stand not in together]
    return found


def one_batch_per_line_at_a_time(problem: Problem) -> None:
    """A line holds one batch from the start of labelling to the end of its turnaround. [model C10]

    A batch that is already locked excludes the others and is not judged itself.
    """
    sets = problem.sets
    for clique in cliques(sets):
        if all(sets.places[s].locked for s, _ in clique):
            continue
        terms: list[Term] = [(problem.on_line(s, k), 1.0) for s, k in clique]
        s, k = clique[-1]
        limit = Limit("line", sets.places[s].slots[k].line)
        problem.matrix.row(limit, terms, upper=1.0)


def crews_start_so_many_batches_a_day(problem: Problem) -> None:
    """The crews of a plant start so many batches a day. [model C11]"""
    sets = problem.sets
    days: dict[tuple[str, date], list[int]] = defaultdict(list)
    for s, place in enumerate(sets.places):
        days[place.slot.manufacturer, place.slot.starts_on].append(s)
    for (plant, on), mine in days.items():
        most = sets.programme.manufacturer[plant].batches_per_day
        clock, zone = sets.programme.clock, sets.programme.manufacturer[plant].zone
        most -= sum(
            1 for b in sets.begun if b.manufacturer == plant and clock.day(b.charge_at, zone) == on
        )
        _at_most(problem, Limit("crew", f"{plant} {on}"), mine, most)


def qc_releases_so_many_batches_a_day(problem: Problem) -> None:
    """QC releases so many batches a day; a batch counts on each day it may fall on. [model C12]"""
    sets = problem.sets
    days: dict[tuple[str, date], list[int]] = defaultdict(list)
    for s, place in enumerate(sets.places):
        plant = sets.programme.manufacturer[place.slot.manufacturer]
        takes = release_min(problem.product(s))
        first = sets.programme.clock.day(place.eos_first_at + takes, plant.zone)
        last = sets.programme.clock.day(place.eos_last_at + takes, plant.zone)
        for on in {first, last}:
            days[plant.id, on].append(s)
    for (plant_id, on), mine in days.items():
        most = sets.programme.manufacturer[plant_id].qc_releases_per_day
        _at_most(problem, Limit("QC", f"{plant_id} {on}"), mine, most)


def _at_most(problem: Problem, limit: Limit, places: list[int], most: int) -> None:
    count = sum(problem.sets.places[s].count for s in places)
    locked = sum(1 for s in places if problem.sets.places[s].locked)
    if count > most and locked < len(places):
        terms: list[Term] = [(problem.made[s], 1.0) for s in places]
        problem.matrix.row(limit, terms, upper=float(max(most, locked)))


def a_source_offers_so_much_a_week(problem: Problem) -> None:
    """Lots of a source in a week of delivery stay inside its offer, all plants. [model C13]"""
    sets = problem.sets
    weeks: dict[tuple[str, int, int], list[Term]] = defaultdict(list)
    most: dict[tuple[str, int, int], float] = defaultdict(float)
    held: dict[tuple[str, int, int], float] = defaultdict(float)
    for s, place in enumerate(sets.places):
        for option in place.isotope:
            if (s, option.source) in problem.lots:
                key = (option.source, *option.week)
                lot = sets.programme.source[option.source].lot_mbq
                weeks[key].append((problem.lots[s, option.source], lot))
                most[key] += lots_max(sets, s, option) * place.count * lot
    for batch in (*(p.locked for p in sets.places if p.locked), *sets.bought):
        if batch.source is not None and batch.isotope_at is not None:
            zone = sets.programme.manufacturer[batch.manufacturer].zone
            year, week, _ = sets.programme.clock.day(batch.isotope_at, zone).isocalendar()
            held[batch.source, year, week] += batch.isotope_mbq
    for key, terms in weeks.items():
        offer = max(0.0, sets.programme.source[key[0]].offer_per_week_mbq - held[key])
        if most[key] > offer:
            limit = Limit("isotope offer", f"{key[0]} {key[1]}-W{key[2]:02d}")
            problem.matrix.row(limit, terms, upper=offer)


def a_plant_holds_no_more_than_its_licence(problem: Problem) -> None:
    """Deliveries of the time that waste is kept, decayed, stay inside the licence. [model C14]"""
    sets = problem.sets
    for plant in sets.programme.manufacturers:
        if plant.possession_limit_mbq is None:
            continue
        arrivals = list(_arrivals(problem, plant.id))
        for at in sorted({a[0] for a in arrivals}):
            terms: list[Term] = []
            held, most = 0.0, 0.0
            for delivered, half_life, column, mbq, lots in arrivals:
                if at - plant.waste_kept_min < delivered <= at:
                    left = mbq * decay_factor(at - delivered, half_life)
                    most += left * lots
                    if column is None:
                        held += left
                    else:
                        terms.append((column, left))
            if terms and most > plant.possession_limit_mbq:
                room = max(0.0, plant.possession_limit_mbq - held)
                limit = Limit("plant possession", plant.id)
                problem.matrix.row(limit, terms, upper=room)


def _arrivals(problem: Problem, plant: str) -> Iterable[tuple[int, float, int | None, float, int]]:
    """Deliveries to a plant: when, half-life, column of lots (or none), MBq of one, most lots."""
    sets = problem.sets
    for s, place in enumerate(sets.places):
        if place.slot.manufacturer != plant:
            continue
        half_life = problem.product(s).half_life
        for option in place.isotope:
            column = problem.lots.get((s, option.source))
            if column is not None:
                lot = sets.programme.source[option.source].lot_mbq
                most = lots_max(sets, s, option) * place.count
                yield option.delivered_at, half_life, column, lot, most
        batch = place.locked
        if batch is not None and batch.isotope_at is not None:
            yield batch.isotope_at, half_life, None, batch.isotope_mbq, 1
    for lost in sets.bought:
        if lost.manufacturer == plant and lost.isotope_at is not None:
            half_life = sets.programme.product[lost.product].half_life
            yield lost.isotope_at, half_life, None, lost.isotope_mbq, 1


SHARING = (
    one_batch_per_line_at_a_time,
    crews_start_so_many_batches_a_day,
    qc_releases_so_many_batches_a_day,
    a_source_offers_so_much_a_week,
    a_plant_holds_no_more_than_its_licence,
    a_consignee_treats_so_many_a_day,
    a_consignee_holds_no_more_than_its_licence,
)
