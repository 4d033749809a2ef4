"""The world known by heart, with one thing changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from doseline.operations.orders import DoseOrder
from doseline.plan import Plan, plan
from doseline.programme import Programme
from tests.hand_world import order, world

FROM, UNTIL = date(2024, 1, 8), date(2024, 1, 28)
WEDNESDAY = date(2024, 1, 10)
FRIDAY = date(2024, 1, 12)


def with_plant(programme: Programme, **changes: Any) -> Programme:
    """Another plant."""
    return replace(programme, manufacturers=(replace(programme.manufacturers[0], **changes),))


def with_line(programme: Programme, **changes: Any) -> Programme:
    """Another line."""
    line = replace(programme.manufacturers[0].lines[0], **changes)
    return with_plant(programme, lines=(line,))


def with_source(programme: Programme, **changes: Any) -> Programme:
    """Another isotope source."""
    return replace(programme, sources=(replace(programme.sources[0], **changes),))


def with_product(programme: Programme, **changes: Any) -> Programme:
    """Another product."""
    return replace(programme, products=(replace(programme.products[0], **changes),))


def with_contract(programme: Programme, **changes: Any) -> Programme:
    """Another contract."""
    return replace(programme, contracts=(replace(programme.contracts[0], **changes),))


def with_policy(programme: Programme, **changes: Any) -> Programme:
    """Another policy."""
    return replace(programme, policy=replace(programme.policy, **changes))


def with_site(programme: Programme, name: str, **changes: Any) -> Programme:
    """Another site of this name."""
    sites = tuple(replace(s, **changes) if s.id == name else s for s in programme.sites)
    return replace(programme, sites=sites)


def at_reykjavik(names: str, on: date = WEDNESDAY, **changes: Any) -> list[DoseOrder]:
    """An order of 200 MBq for each letter."""
    return [replace(order("reykjavik", on, 200.0, name), **changes) for name in names]


def planned(orders: Sequence[DoseOrder], programme: Programme | None = None, **more: Any) -> Plan:
    """The plan of three weeks in January."""
    return plan(programme or world(), orders, from_on=FROM, until_on=UNTIL, **more)


def reason(found: Plan, name: str) -> str:
    """Why an order goes unmet."""
    return next(u.reason for u in found.unmet if u.order == name)
