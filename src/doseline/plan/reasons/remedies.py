"""What could be changed so that a dose is served: limits loosened, and ways opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from doseline.clock import WEEKDAYS, WeekTime
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.plan.model.matrix import Limit
from doseline.programme import Programme
from doseline.programme.lane import Permission
from doseline.programme.manufacturer import Line, Manufacturer, SlotRule
from doseline.programme.site import Licence, Site

_HOURS = (12, 24, 48)
"""So many hours of shelf life more are tried."""
_SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Limits on activity are tried higher by these shares."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing changed in a programme: what kind of thing, and the change in words."""

    kind: str
    text: str


Changed = tuple[Change, Programme]


# -- limits loosened -----------------------------------------------------------------------


def loosened(limit: Limit, programme: Programme, before: Schedule) -> list[Changed]:
    """A limit of the model, loosened by as little as can be, then by more and more.

    `before` is the schedule that the limit may be broken by. Empty where nothing can be changed,
    as with a promise.
    """
    first, _, second = limit.where.rpartition(" ")
    match limit.rule:
        case "vials":
            return [_vials(programme, before, limit.where, n) for n in range(1, 5)]
        case "bulk":
            return [_bulk(programme, before, limit.where, share) for share in _SHARES]
        case "crew":
            text = f"one more start of a crew at {first} on {second}"
            return [(Change("crew", text), _plant(programme, first, "batches_per_day"))]
        case "QC":
            text = f"one more release by QC at {first} on {second}"
            return [(Change("QC", text), _plant(programme, first, "qc_releases_per_day"))]
        case "line":
            return _shorter_turnaround(programme, before, limit.where)
        case "plant possession":
            return [_plant_licence(programme, limit.where, share) for share in _SHARES]
        case "isotope offer":
            return [_offer(programme, first, second, n) for n in range(1, 6)]
        case "site capacity":
            text = f"one more infusion at {first} on {second}"
            return [(Change("site capacity", text), _sites(programme, first, capacity=1))]
        case "site possession":
            return [
                (
                    Change("licence", f"a licence of {first} for {share:.0%} more activity"),
                    _sites(programme, first, share=share),
                )
                for share in _SHARES
            ]
    return []


def _with_lines(programme: Programme, name: str, **changes: Any) -> Programme:
    plants = tuple(
        replace(m, lines=tuple(replace(x, **changes) if x.id == name else x for x in m.lines))
        for m in programme.manufacturers
    )
    return replace(programme, manufacturers=plants)


def _line_of(programme: Programme, before: Schedule, slot: str) -> Line:
    name = next((b.line for b in before.batches if b.slot == slot), slot.partition("@")[0])
    return programme.line[name][1]


def _vials(programme: Programme, before: Schedule, slot: str, more: int) -> Changed:
    line = _line_of(programme, before, slot)
    text = f"{'one more vial' if more == 1 else f'{more} more vials'} in batch {slot}"
    return Change("vial", text), _with_lines(programme, line.id, vials_max=line.vials_max + more)


def _bulk(programme: Programme, before: Schedule, slot: str, share: float) -> Changed:
    line = _line_of(programme, before, slot)
    text = f"a bulk of {share:.0%} more activity in batch {slot}"
    most = (line.bulk_max_mbq or 0.0) * (1.0 + share)
    return Change("bulk", text), _with_lines(programme, line.id, bulk_max_mbq=most)


def _plant(programme: Programme, name: str, what: str) -> Programme:
    return replace(
        programme,
        manufacturers=tuple(
            replace(m, **{what: getattr(m, what) + 1}) if m.id == name else m
            for m in programme.manufacturers
        ),
    )


def _plant_licence(programme: Programme, name: str, share: float) -> Changed:
    text = f"a licence of plant {name} for {share:.0%} more activity"
    plants = tuple(
        replace(m, possession_limit_mbq=(m.possession_limit_mbq or 0.0) * (1.0 + share))
        if m.id == name
        else m
        for m in programme.manufacturers
    )
    return Change("licence", text), replace(programme, manufacturers=plants)


def _offer(programme: Programme, name: str, week: str, lots: int) -> Changed:
    source = programme.source[name]
    more = lots * source.lot_mbq
    text = f"{more / 1000:g} GBq more of {name} in {week}"
    sources = tuple(
        replace(s, offer_per_week_mbq=s.offer_per_week_mbq + more) if s.id == name else s
        for s in programme.sources
    )
    return Change("isotope", text), replace(programme, sources=sources)


def _sites(programme: Programme, name: str, capacity: int = 0, share: float = 0.0) -> Programme:
    """The sites of a consignee with more capacity, or a licence for more."""

    def more(site: Site) -> Site:
        if site.consignee != name:
            return site
        licence = site.licence
        if licence is not None:
            licence = replace(licence, limit_mbq=licence.limit_mbq * (1.0 + share))
        return replace(site, daily_capacity=site.daily_capacity + capacity, licence=licence)

    return replace(programme, sites=tuple(more(s) for s in programme.sites))


def _shorter_turnaround(programme: Programme, before: Schedule, name: str) -> list[Changed]:
    """A turnaround that ends when the next batch of a schedule starts; none where they overlap."""
    line = programme.line[name][1]
    mine = sorted((b for b in before.batches if b.line == name), key=lambda b: b.charge_at)
    gaps = []
    for one, other in pairwise(mine):
        change = line.changeover_min if one.product != other.product else 0
        gaps.append(other.charge_at - one.eos_at - change)
    least = min(gaps, default=0)
    if not 0 <= least < line.turnaround_min:
        return []
    shorter = (line.turnaround_min - least) / 60
    text = f"a turnaround of line {name} shorter by {shorter:.1f} h"
    return [(Change("line", text), _with_lines(programme, name, turnaround_min=least))]


# -- ways opened ---------------------------------------------------------------------------


def openings(programme: Programme, order: DoseOrder, days: Sequence[date]) -> Iterator[Changed]:
    """What could open a way to an order on some days: each one thing in the programme."""
    site = programme.site[order.site]
    plants = [
        m for m in programme.manufacturers if any(p.product == order.product for p in m.makes)
    ]
    yield from _permissions(programme, order, site, plants)
    yield from _licence(programme, order, site, days)
    yield from _slots(programme, order, plants, days)
    yield from _lanes(programme, site, plants)
    yield from _days(programme, site, days)
    for hours in _HOURS:
        text = f"{hours} h more shelf life of {order.product}"
        products = tuple(
            replace(p, shelf_life_min=p.shelf_life_min + 60 * hours) if p.id == order.product else p
            for p in programme.products
        )
        yield Change("shelf life", text), replace(programme, products=products)


def _permissions(
    programme: Programme, order: DoseOrder, site: Site, plants: Sequence[Manufacturer]
) -> Iterator[Changed]:
    for plant in plants:
        text = f"a permission of {plant.id} to supply {order.protocol} in {site.market}"
        more = Permission(plant.id, (site.market,), (order.protocol,), programme.from_on)
        changed = replace(programme, permissions=(*programme.permissions, more))
        yield Change("permission", text), changed


def _licence(
    programme: Programme, order: DoseOrder, site: Site, days: Sequence[date]
) -> Iterator[Changed]:
    nuclide = programme.product[order.product].nuclide
    if nuclide is None:
        return
    held = site.licence or Licence((), 1e9)
    full = replace(held, nuclides=tuple(dict.fromkeys((*held.nuclides, nuclide))), gaps=())
    if full != site.licence:
        text = f"a licence of {site.id} for {nuclide} on {days[0]}"
        sites = tuple(replace(s, licence=full) if s.id == site.id else s for s in programme.sites)
        yield Change("licence", text), replace(programme, sites=sites)


def _slots(
    programme: Programme, order: DoseOrder, plants: Sequence[Manufacturer], days: Sequence[date]
) -> Iterator[Changed]:
    """A start more on a line that makes the product, at an hour that it knows, before a day."""
    back = programme.product[order.product].shelf_life_min // 1440 + 1
    first = max(min(days) - timedelta(days=back), programme.from_on)
    for plant in plants:
        for line in (x for x in plant.lines if order.product in x.products and x.slots):
            hour = line.slots[0].at.time
            for ahead in range((max(days) - first).days + 1):
                on = first + timedelta(days=ahead)
                if WEEKDAYS[on.weekday()] not in plant.weekdays:
                    continue
                rule = SlotRule(WeekTime(on.weekday(), hour), from_on=on, until_on=on)
                text = f"one more slot on line {line.id}, {on:%A} {on} {hour:%H:%M}"
                changed = _with_lines(programme, line.id, slots=(*line.slots, rule))
                yield Change("slot", text), changed


def _lanes(programme: Programme, site: Site, plants: Sequence[Manufacturer]) -> Iterator[Changed]:
    names = {m.id for m in plants}
    for lane in programme.lanes:
        if lane.manufacturer in names and (site.id in lane.to or site.region in lane.to):
            special = replace(lane, cut_off=None, weekdays=WEEKDAYS)
            lanes = tuple(special if x.id == lane.id else x for x in programme.lanes)
            text = f"a collection by lane {lane.id} as soon as the package is ready"
            yield Change("lane", text), replace(programme, lanes=lanes)


def _days(programme: Programme, site: Site, days: Sequence[date]) -> Iterator[Changed]:
    treats = tuple(d for d in WEEKDAYS if any(WEEKDAYS[on.weekday()] == d for on in days))
    for kind, text, changes in (
        (
            "receipt",
            f"receipt of packages at {site.id} on every day",
            {"receives_weekdays": WEEKDAYS},
        ),
        (
            "treatment day",
            f"treatment at {site.id} on {', '.join(treats)}",
            {"treatment_weekdays": tuple(dict.fromkeys((*site.treatment_weekdays, *treats)))},
        ),
    ):
        fields: dict[str, Any] = changes
        sites = tuple(replace(s, **fields) if s.id == site.id else s for s in programme.sites)
        if sites != programme.sites:
            yield Change(kind, text), replace(programme, sites=sites)
