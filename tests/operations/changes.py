"""Changes to the world known by heart, one limit at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from doseline.programme import Programme
from doseline.programme.manufacturer import Availability

Change = Callable[[Programme], Programme]


def rules(**changes: Any) -> Change:
    return lambda p: replace(p, policy=replace(p.policy, **changes))


def product(**changes: Any) -> Change:
    return lambda p: replace(p, products=(replace(p.products[0], **changes),))


def source(**changes: Any) -> Change:
    return lambda p: replace(p, sources=(replace(p.sources[0], **changes),))


def plant(**changes: Any) -> Change:
    return lambda p: replace(p, manufacturers=(replace(p.manufacturers[0], **changes),))


def line(**changes: Any) -> Change:
    return lambda p: plant(lines=(replace(p.manufacturers[0].lines[0], **changes),))(p)


def slot(**changes: Any) -> Change:
    return lambda p: line(slots=(replace(p.manufacturers[0].lines[0].slots[0], **changes),))(p)


def plant_limits(p: Programme, batches: int, releases: int) -> Programme:
    return plant(batches_per_day=batches, qc_releases_per_day=releases)(p)


def contract(**changes: Any) -> Change:
    return lambda p: replace(p, contracts=(replace(p.contracts[0], **changes),))


def lane(name: str, **changes: Any) -> Change:
    return lambda p: replace(
        p, lanes=tuple(replace(x, **changes) if x.id == name else x for x in p.lanes)
    )


def carrier(name: str, **changes: Any) -> Change:
    return lambda p: replace(
        p, carriers=tuple(replace(x, **changes) if x.id == name else x for x in p.carriers)
    )


def site(name: str, **changes: Any) -> Change:
    return lambda p: replace(
        p, sites=tuple(replace(x, **changes) if x.id == name else x for x in p.sites)
    )


def licence(name: str, **changes: Any) -> Change:
    def change(p: Programme) -> Programme:
        held = p.site[name].licence
        assert held is not None
        return site(name, licence=replace(held, **changes))(p)

    return change


def permission(**changes: Any) -> Change:
    return lambda p: replace(p, permissions=(replace(p.permissions[0], **changes),))


def all_of(*changes: Change) -> Change:
    def change(p: Programme) -> Programme:
        for one in changes:
            p = one(p)
        return p

    return change


def second_product(p: Programme) -> Programme:
    """The same product under another name, made on the same line."""
    other = replace(p.products[0], id="other")
    wider = line(products=("dose", "other"))(replace(p, products=(*p.products, other)))
    makes = (*wider.manufacturers[0].makes, Availability("other", date(2024, 1, 1)))
    return plant(makes=makes)(wider)


def second_line(p: Programme) -> Programme:
    """The same line again beside it, and a batch of spare vials allowed."""
    cell = p.manufacturers[0].lines[0]
    return rules(spare_vials=2)(plant(lines=(cell, replace(cell, id="cell-2")))(p))


def no_change(p: Programme) -> Programme:
    return p
