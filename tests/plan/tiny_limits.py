"""Every kind of limit and price as a change that takes room away from a tiny world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from doseline.programme import Programme
from doseline.programme.contract import Tier
from doseline.programme.manufacturer import Block
from doseline.programme.site import LicenceGap

HOUR, DAY = 60, 1440
TUESDAY = date(2026, 3, 10)
"""The second day of the week in which the orders of a tiny world are wanted."""


def _each(section: str, **changes: Any) -> Callable[[Programme], Programme]:
    """Every entry of a section of the programme with some fields changed."""

    def narrowed(programme: Programme) -> Programme:
        entries: Any = tuple(replace(x, **changes) for x in getattr(programme, section))
        changed: dict[str, Any] = {section: entries}
        return replace(programme, **changed)

    return narrowed


def _lines(**changes: Any) -> Callable[[Programme], Programme]:
    def narrowed(programme: Programme) -> Programme:
        plants = tuple(
            replace(m, lines=tuple(replace(line, **changes) for line in m.lines))
            for m in programme.manufacturers
        )
        return replace(programme, manufacturers=plants)

    return narrowed


def _slots(which: int, **changes: Any) -> Callable[[Programme], Programme]:
    """The first or the last weekly slot of every line, changed."""

    def narrowed(programme: Programme) -> Programme:
        plants = []
        for m in programme.manufacturers:
            lines = []
            for line in m.lines:
                rules = list(line.slots)
                rules[which] = replace(rules[which], **changes)
                lines.append(replace(line, slots=tuple(rules)))
            plants.append(replace(m, lines=tuple(lines)))
        return replace(programme, manufacturers=tuple(plants))

    return narrowed


def _policy(**changes: Any) -> Callable[[Programme], Programme]:
    return lambda programme: replace(programme, policy=replace(programme.policy, **changes))


def _licences(**changes: Any) -> Callable[[Programme], Programme]:
    def narrowed(programme: Programme) -> Programme:
        sites = tuple(
            replace(s, licence=replace(s.licence, **changes)) if s.licence else s
            for s in programme.sites
        )
        return replace(programme, sites=sites)

    return narrowed


def _abroad(**changes: Any) -> Callable[[Programme], Programme]:
    """The permissions for the EU, changed."""

    def narrowed(programme: Programme) -> Programme:
        rows = programme.permissions
        return replace(
            programme,
            permissions=tuple(replace(p, **changes) if p.markets == ("EU",) else p for p in rows),
        )

    return narrowed


def _only_the_first_plant_abroad(programme: Programme) -> Programme:
    first = programme.manufacturers[0].id
    rows = programme.permissions
    kept = tuple(p for p in rows if p.manufacturer == first or p.markets == ("US",))
    return replace(programme, permissions=kept)


def _a_second_batch_is_dearer(programme: Programme) -> Programme:
    contracts = tuple(
        replace(c, tiers=(Tier(2, 2 * c.batch_fee_cents),)) for c in programme.contracts
    )
    return replace(programme, contracts=contracts)


LIMITS: dict[str, Callable[[Programme], Programme]] = {
    "block": _lines(blocks=(Block(TUESDAY, TUESDAY, "media fill"),)),
    "bulk": _lines(bulk_max_mbq=3_456.0),
    "changeover": _lines(changeover_min=26 * HOUR),
    "contested": lambda p: _policy(count_contested=False)(_slots(-1, kind="contested")(p)),
    "crew": _each("manufacturers", batches_per_day=1),
    "cut-off": _each("lanes", cut_off=time(16)),
    "every second week": _slots(-1, every_weeks=2),
    "expiry": _each("sources", expiry_min=20 * HOUR),
    "extra vials": _each("contracts", vials_included=1, extra_vial_cents=40_000),
    "import testing": _abroad(testing_min=DAY, testing_cents=200_000),
    "licence gap": _licences(gaps=(LicenceGap(TUESDAY, TUESDAY + timedelta(days=1)),)),
    "lots": _each("sources", lot_mbq=3_000.0),
    "offer": _each("sources", offer_per_week_mbq=7_000.0),
    "option fee": _slots(0, kind="option", fee_cents=300_000),
    "option not used": lambda p: _policy(use_options=False)(_slots(-1, kind="option")(p)),
    "overage": _policy(overage_fraction=0.15),
    "permission": _only_the_first_plant_abroad,
    "permission ends": _abroad(until_on=TUESDAY + timedelta(days=1)),
    "plant possession": _each(
        "manufacturers", possession_limit_mbq=8_765.0, waste_kept_min=4 * DAY
    ),
    "preparation": _each("products", preparation_min=6 * HOUR),
    "QC": _each("manufacturers", qc_releases_per_day=1),
    "shelf life": _each("products", shelf_life_min=34 * HOUR),
    "shipper": _each("products", shipper_hold_min=20 * HOUR),
    "site capacity": _each("sites", daily_capacity=1),
    "site possession": _licences(limit_mbq=2_345.0),
    "spare vials": _policy(spare_vials=1),
    "take or pay": _each("contracts", take_or_pay_batches=80),
    "term": _each("contracts", from_on=TUESDAY),
    "tier": _a_second_batch_is_dearer,
    "treatment days": _each("sites", treatment_weekdays=("Tuesday", "Thursday")),
    "turnaround": _lines(turnaround_min=50 * HOUR),
    "vials": _lines(vials_max=2),
    "window": _policy(shift_days=False),
}
"""What takes room away, or makes it dearer, by name."""

NOT_ALONE = {
    ("cut-off", "site possession"),
    ("import testing", "site possession"),
    ("term", "take or pay"),
}
"""A limit that is no pure loss beside another: a package that comes later is held for less time,
and a shorter term owes fewer batches."""
