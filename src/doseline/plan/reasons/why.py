"""Why a dose is unmet or moved: what would have to change, tested on the plan itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.plan.model.candidates import gather, window
from doseline.plan.model.costs import count
from doseline.plan.model.extract import extract
from doseline.plan.model.matrix import Floats, Limit
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import (
    Problem,
    permission_of,
    shipment_key,
)
from doseline.plan.plan import Plan
from doseline.plan.reasons.blocked import Beside
from doseline.plan.reasons.remedies import Change, Changed, loosened, openings
from doseline.plan.reasons.roadblocks import no_choice
from doseline.programme import Programme

_TOLD = 3
"""So many ways to serve a dose are told."""


@dataclass(frozen=True, slots=True)
class Saving:
    """One way to serve a dose on a day, all else of the plan kept: what has to change for it.

    `added_cents` is what the plan then costs more, the price of the change itself apart: no
    programme says what a further slot or a permission costs. Where nothing has to change, the dose
    stays where it is because that is cheaper.
    """

    changes: tuple[Change, ...]
    use_on: date
    batch: str
    added_cents: int


@dataclass(frozen=True, slots=True)
class Why:
    """A dose unmet, or given on another day than the one wanted, and the least that would serve it.

    Each saving has been tested: with its changes the plan serves the dose, all others as before,
    and the independent checker finds no breach. Without any, `reason` is what stands in the way.
    """

    order: str
    wanted_on: date
    use_on: date | None
    reason: str
    savings: tuple[Saving, ...]


@dataclass(frozen=True)
class _Kept:
    """A plan put into the model of a programme, to be asked what else fits beside it."""

    problem: Problem
    values: Floats
    beside: Beside
    cents: int
    standing: Standing | None


def why(
    programme: Programme,
    orders: Sequence[DoseOrder],
    planned: Plan,
    names: Sequence[str] | None = None,
    *,
    from_on: date,
    until_on: date,
    standing: Standing | None = None,
    most: int = 20,
) -> tuple[Why, ...]:
    """What would have to change for doses that are unmet or moved, each change tested.

    `names` are those asked about; without them all that are unmet, then all that are moved, `most`
    of them. Every limit that stands in the way is loosened, and ways are opened one by one: a
    permission, a licence, a slot, a collection, a treatment day, a longer shelf life. The plan is
    otherwise kept as it is, so a plan made anew may need less. Raises LookupError for a name that
    is no order of the plan.
    """
    sets = gather(programme, orders, from_on, until_on, standing)
    kept = _kept(sets, planned.schedule, standing)
    if kept is None:
        return ()
    reasons = {u.order: u.reason for u in planned.unmet}
    reasons |= {s.order: s.reason for s in planned.shifted}
    wanted = list(reasons)[:most] if names is None else list(names)
    strangers = [n for n in wanted if n not in sets.order_of_id]
    if strangers:
        raise LookupError(f"{strangers[0]!r} is no order that the plan could serve")
    spans = (from_on, until_on)
    return tuple(_why(kept, planned.schedule, name, reasons, spans) for name in wanted)


def _why(
    kept: _Kept,
    schedule: Schedule,
    name: str,
    reasons: Mapping[str, str],
    spans: tuple[date, date],
) -> Why:
    sets = kept.problem.sets
    i = sets.order_of_id[name]
    order, dose = sets.orders[i], schedule.allocation.get(name)
    zone = sets.programme.site[order.site].zone
    use_on = None if dose is None else sets.programme.clock.day(dose.use_at, zone)
    days = list(window(sets.programme, order)) if dose is None else [order.wanted_on]
    if use_on == order.wanted_on:
        return Why(name, order.wanted_on, use_on, "it is given on the day wanted", ())
    found = list(_savings(kept, i, days))
    if not any(not s.changes for s in found):
        found += _by_openings(kept, schedule, order, days, spans)
    told: dict[tuple[str, ...], Saving] = {}
    for saving in sorted(found, key=lambda s: (len(s.changes), s.added_cents, s.use_on)):
        told.setdefault((saving.batch, *(c.kind for c in saving.changes)), saving)
    only = days[0] if dose is not None else None
    reason = reasons.get(name) or no_choice(sets, order, only)
    return Why(name, order.wanted_on, use_on, reason, tuple(told.values())[:_TOLD])


# -- a plan kept ---------------------------------------------------------------------------


def _kept(sets: Sets, schedule: Schedule, standing: Standing | None) -> _Kept | None:
    """The plan in the model of some sets; None where one of its doses has no choice there."""
    problem = constrained(sets)
    for term in COSTS:
        term(problem)
    values = values_of(problem, schedule)
    if values is None:
        return None
    cents = count(sets, _extracted(problem, values)).total_cents
    return _Kept(problem, values, Beside(problem, values), cents, standing)


def values_of(problem: Problem, schedule: Schedule) -> Floats | None:
    """The variables as a schedule has them; None where one of its doses is no choice."""
    sets = problem.sets
    values = np.zeros(problem.matrix.columns)
    values[problem.unmet] = 1.0
    sent = {a.order for a in sets.sent}
    for dose in schedule.allocations:
        if dose.order in sent:
            continue
        i = sets.order_of_id.get(dose.order)
        r = None if i is None else _choice_of(sets, schedule, i)
        if i is None or r is None:
            return None
        choice = sets.choices[r]
        values[problem.unmet[i]] = 0.0
        values[problem.serve[r]] = 1.0
        values[problem.parcel[shipment_key(sets, choice)]] = 1.0
        p = permission_of(sets, choice)
        if p is not None:
            values[problem.tested[choice.place, p]] = 1.0
        if choice.place in problem.spare:
            share = choice.load_mbq / max(sets.strongest[choice.place], 1e-12)
            column = problem.spare[choice.place]
            values[column] = max(values[column], share)
    for batch in schedule.batches:
        s = sets.place_of_slot.get(batch.slot)
        if s is None:
            return None
        values[problem.made[s]] = 1.0
        if batch.source is not None and (s, batch.source) in problem.lots:
            values[problem.fed[s, batch.source]] = 1.0
            values[problem.lots[s, batch.source]] = float(batch.isotope_lots)
    return values


def _choice_of(sets: Sets, schedule: Schedule, i: int) -> int | None:
    """The choice behind a dose: its place, its day, and its lane where that is one."""
    order = sets.orders[i]
    dose = schedule.allocation[order.id]
    zone = sets.programme.site[order.site].zone
    on = sets.programme.clock.day(dose.use_at, zone)
    slot, lane = schedule.batch[dose.batch].slot, schedule.shipment[dose.shipment].lane
    mine = [
        r
        for r in sets.of_order[i]
        if sets.choices[r].route.use_on == on and sets.places[sets.choices[r].place].slot.id == slot
    ]
    return min(mine, key=lambda r: sets.choices[r].route.journey.lane != lane, default=None)


def _extracted(problem: Problem, values: Floats) -> Schedule:
    found = extract(problem, values)
    asked = (*problem.sets.orders, *problem.sets.sent_orders)
    unmet = tuple(Unmet(o.id, "as before") for o in asked if o.id not in found.allocation)
    return replace(found, unmet=unmet)


# -- what would serve a dose ---------------------------------------------------------------


def _savings(
    kept: _Kept,
    i: int,
    days: Sequence[date],
    opened: tuple[Change, ...] = (),
    already: frozenset[tuple[str, date]] = frozenset(),
) -> Iterator[Saving]:
    """The ways of an order on some days that need the fewest limits loosened, each tested.

    Those there were `already`, before something was `opened`, are left out.
    """
    sets = kept.problem.sets
    barred: dict[tuple[Limit, ...], list[int]] = {}
    for r in sets.of_order[i]:
        if sets.choices[r].route.use_on in days and _way(sets, r) not in already:
            barred.setdefault(kept.beside.broken(i, r), []).append(r)
    fewest = min(map(len, barred), default=0)
    for limits, rows in barred.items():
        if len(limits) > fewest + 1:
            continue
        for r in rows[:_TOLD]:
            saving = _tested(kept, i, r, limits, opened)
            if saving is not None:
                yield saving
                break


def _tested(
    kept: _Kept, i: int, r: int, limits: Sequence[Limit], opened: tuple[Change, ...]
) -> Saving | None:
    """A choice taken beside the plan, its limits loosened until the checker finds no breach."""
    problem, sets = kept.problem, kept.problem.sets
    trial = kept.values.copy()
    for column, value in kept.beside.taken(i, r).items():
        trial[column] = value
    schedule = _extracted(problem, trial)
    asked = (*sets.orders, *sets.sent_orders)
    for changes, programme in _loosened_together(sets.programme, limits, schedule):
        if sets.orders[i].id in schedule.allocation and not breaches(
            programme, schedule, asked, standing=kept.standing
        ):
            choice = sets.choices[r]
            added = count(sets, schedule).total_cents - kept.cents
            slot = sets.places[choice.place].slot.id
            return Saving((*opened, *changes), choice.route.use_on, slot, added)
    return None


def _loosened_together(
    programme: Programme, limits: Sequence[Limit], schedule: Schedule
) -> Iterator[tuple[tuple[Change, ...], Programme]]:
    """The limits loosened together, by little first; nothing where one cannot be."""
    steps = max((len(loosened(x, programme, schedule)) for x in limits), default=1)
    for step in range(steps):
        changes, changed = list[Change](), programme
        for limit in limits:
            variants: list[Changed] = loosened(limit, changed, schedule)
            if not variants:
                return
            change, changed = variants[min(step, len(variants) - 1)]
            changes.append(change)
        yield tuple(changes), changed


def _by_openings(
    kept: _Kept,
    schedule: Schedule,
    order: DoseOrder,
    days: Sequence[date],
    spans: tuple[date, date],
) -> Iterator[Saving]:
    """Ways that the programme does not hold, opened one by one and tested with the plan kept."""
    sets = kept.problem.sets
    orders = (*sets.orders, *sets.sent_orders)
    already = frozenset(_way(sets, r) for r in sets.of_order[sets.order_of_id[order.id]])
    for change, programme in openings(sets.programme, order, days):
        alone = gather(programme, [order], *spans, kept.standing)
        if not any(
            _way(alone, r) not in already and alone.choices[r].route.use_on in days
            for r in range(len(alone.choices))
        ):
            continue
        opened = _kept(gather(programme, orders, *spans, kept.standing), schedule, kept.standing)
        if opened is not None:
            i = opened.problem.sets.order_of_id[order.id]
            for saving in _savings(opened, i, days, (change,), already):
                yield replace(saving, added_cents=saving.added_cents + opened.cents - kept.cents)


def _way(sets: Sets, r: int) -> tuple[str, date]:
    return sets.places[sets.choices[r].place].slot.id, sets.choices[r].route.use_on
