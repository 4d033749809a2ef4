"""What protection against the failure of a batch costs: prices, document, files and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from doseline.formats import write_text_atomically
from doseline.formats.records import plain
from doseline.formats.results import write_json_atomically, write_rows
from doseline.operations.orders import DoseOrder
from doseline.plan import Curve, Limits, Plan, Secured, plan, secure
from doseline.programme import Programme
from doseline.studies.documents import Document
from doseline.studies.plan_document import batch, dose
from doseline.studies.verdict import percent

Draw = Callable[[Document, str], str]
"""A picture (SVG) of the document of a curve, in a currency."""

_SHARES = (64, 32, 16, 8, 4, 2, 1)
"""The prices of the curve: these parts of what a missed dose costs."""

_WHERE_NONE_IS_NAMED = 6_400_000
"""What they are parts of where the programme names no penalty. [cents]"""


def prices_of(programme: Programme, named: Sequence[float], curve: bool) -> tuple[int, ...]:
    """The prices of an unsecured dose, lowest first; with `curve` also those of the curve. [cents]

    Those are halvings of what a missed dose of a new start costs, the dearest protocol's.
    """
    found = {round(100 * price) for price in named}
    if curve:
        missed = max((p.missed_new_cents for p in programme.penalties), default=0)
        found |= {_rounded((missed or _WHERE_NONE_IS_NAMED) / share) for share in _SHARES}
    return tuple(sorted(found))


def _rounded(cents: float) -> int:
    """An amount to two digits.

    >>> _rounded(70_312.5), _rounded(4_500_000.0)
    (70000, 4500000)
    """
    return int(float(f"{cents:.1e}"))


def planned_at(
    programme: Programme,
    orders: Sequence[DoseOrder],
    named: Sequence[float],
    curve: bool,
    *,
    from_on: date,
    until_on: date,
    limits: Limits,
    certified: bool,
) -> tuple[Plan, Curve | None]:
    """The plan at the price named last, and the curve over all; no curve where none is asked for.

    Where only the curve is asked for the plan is the one that pays for no protection.
    """
    prices = prices_of(programme, named, curve)
    if not prices:
        planned = plan(
            programme,
            orders,
            from_on=from_on,
            until_on=until_on,
            limits=limits,
            certified=certified,
        )
        return planned, None
    found = secure(
        programme,
        orders,
        prices,
        from_on=from_on,
        until_on=until_on,
        limits=limits,
        certified=certified,
    )
    if not named:
        return found.cheapest.plan, found
    price = round(100 * named[-1])
    return next(p.plan for p in found.points if p.price_cents == price), found


def security_document(curve: Curve, named: Sequence[float]) -> Document:
    """The points of a curve, the plan without a price first; money in the programme's currency."""
    return {
        "price": named[-1] if named else None,
        "doses": curve.cheapest.audit.doses,
        "never": [asdict(unmet) for unmet in curve.never],
        "points": [_point(p, curve.cheapest) for p in (curve.cheapest, *curve.points)],
        "picture": None,
    }


def _point(point: Secured, cheapest: Secured) -> Document:
    cost, least = point.plan.objective_cents, cheapest.plan.objective_cents
    return {
        "price": point.price_cents / 100.0,
        "cost": cost / 100.0,
        "added_cost": (cost - least) / 100.0,
        "unsecured": point.unsecured,
        "unsecured_orders": list(point.audit.unsecured),
        "batches": len(point.plan.schedule.batches),
        "met": point.plan.met,
        "breaches": len(point.plan.breaches),
        "total": point.total_cents / 100.0,
        "bound": point.bound_cents / 100.0,
        "gap": point.gap,
        "converged": point.converged,
        "rounds": point.rounds,
        "reproducible": point.reproducible,
    }


def leave_security(
    out: Path, programme: Programme, curve: Curve, document: Document, draw: Draw | None
) -> None:
    """The curve as a table and a picture, and the plan at each price, in a folder of its own."""
    write_rows(
        out / "security.csv",
        [{k: v for k, v in p.items() if k != "unsecured_orders"} for p in document["points"]],
    )
    if draw is not None:
        write_text_atomically(out / "security.svg", draw(document, programme.currency))
        document["picture"] = "security.svg"
    for point in curve.points:
        schedule = point.plan.schedule
        folder = out / "security" / f"{point.price_cents / 100:g}"
        write_rows(folder / "batches.csv", [batch(programme, b) for b in schedule.batches])
        rows = [dose(programme, schedule, a) for a in schedule.allocations]
        secure = set(schedule.allocation) - set(point.audit.unsecured)
        write_rows(
            folder / "doses.csv", [r | {"second_chance": r["order"] in secure} for r in rows]
        )
        write_json_atomically(folder / "schedule.json", plain(schedule))


def security_lines(document: Document, currency: str) -> list[str]:
    """What the terminal shows of a curve."""
    cheapest, *points = document["points"]
    lines = [
        f"  protection against the failure of a batch: {cheapest['unsecured']} of "
        f"{document['doses']} doses have no second chance in the cheapest plan; "
        f"{_never(len(document['never']))}"
    ]
    for p in points:
        told = f"proven within {percent(p['gap'])}" if p["converged"] else "not converged"
        lines.append(
            f"    at {currency} {p['price']:,.0f} a dose: {currency} {p['added_cost']:,.0f} more, "
            f"{p['unsecured']} unsecured, {p['batches']} batches ({told})"
        )
    lines += [f"    never: {u['order']}: {u['reason']}" for u in document["never"][:10]]
    if len(document["never"]) > 10:
        lines.append(f"    never: {len(document['never']) - 10} more")
    return lines


def _never(count: int) -> str:
    if not count:
        return "there is none that no plan could secure by its days alone"
    return f"{count} no plan could secure"
