"""What a new plan says: its JSON document, and what the terminal shows of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from doseline.formats.plan_folder import PlanFolder
from doseline.operations.happened import (
    BatchFailed,
    Happening,
    LaneClosed,
    LineDown,
    OrderCancelled,
    OrderMoved,
    OrderPlaced,
    PlantDown,
    SourceStopped,
    Span,
)
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.plan import Alternative, Call, Moved, Replan, Told
from doseline.programme import Programme
from doseline.quantities import Activity
from doseline.studies.documents import Document
from doseline.studies.verdict import percent


def replan_document(
    programme: Programme,
    before: PlanFolder,
    events: Sequence[Happening],
    found: Replan,
    chosen: Alternative,
    orders: Sequence[DoseOrder],
    now_at: int,
) -> Document:
    """The document of a new plan; instants in the zone of the site or the plant they are told to.

    An activity holds at the instant that stands beside it.
    """
    planned = chosen.plan
    asked = {o.id: o for o in (*before.orders, *orders)}
    return {
        "plan": str(before.path),
        "now": programme.clock.instant(now_at).isoformat(),
        "happened": [in_words(programme, event) for event in events],
        "way": str(chosen.way),
        "status": str(planned.status),
        "objective": planned.objective_cents / 100.0,
        "bound": planned.bound_cents / 100.0,
        "gap": planned.gap,
        "orders": planned.orders,
        "met": planned.met,
        "moved": [_moved(programme, asked, m) for m in chosen.moved],
        "changed": [asdict(c) for c in chosen.changed],
        "lost": [_lost(programme, before.schedule, asked, u.order, u.reason) for u in chosen.lost],
        "unmet": [asdict(u) for u in planned.unmet],
        "calls": [
            _call(programme, before.schedule, planned.schedule, asked, c) for c in chosen.calls
        ],
        "alternatives": [_alternative(a, a is chosen) for a in found.alternatives],
        "breaches": [asdict(b) for b in planned.breaches],
        "method": planned.method,
        "reproducible": all(a.plan.reproducible for a in found.alternatives),
    }


def in_words(programme: Programme, event: Happening) -> str:
    """What has happened, as a scheduler would say it."""
    match event:
        case BatchFailed(batch):
            return f"batch {batch} failed"
        case LaneClosed(lane, span):
            zone = programme.manufacturer[programme.lane[lane].manufacturer].zone
            return f"lane {lane} is closed {_span(programme, span, zone)}"
        case SourceStopped(source, span):
            return f"source {source} delivers nothing {_span(programme, span, 'UTC')}"
        case LineDown(line, span):
            zone = programme.line[line][0].zone
            return f"line {line} is down {_span(programme, span, zone)}"
        case PlantDown(plant, span):
            zone = programme.manufacturer[plant].zone
            return f"plant {plant} is down {_span(programme, span, zone)}"
        case OrderMoved(order, wanted_on, earliest_on, latest_on):
            return f"order {order} is wanted on {wanted_on}, from {earliest_on} to {latest_on}"
        case OrderCancelled(order):
            return f"order {order} is cancelled"
        case OrderPlaced(order):
            return f"order {order.id} is placed for {order.wanted_on}"


def _span(programme: Programme, span: Span, zone: str) -> str:
    first, last = (programme.clock.local(at, zone) for at in (span.from_at, span.until_at))
    return f"from {_shown(first)} to {_shown(last)}"


def _activity(mbq: float | None, name: str) -> Document:
    """An activity in both units, or nothing in both."""
    if mbq is None:
        return {f"{name}_gbq": None, f"{name}_mci": None}
    return {f"{name}_gbq": Activity(mbq).gbq, f"{name}_mci": Activity(mbq).mci}


def _moved(programme: Programme, orders: dict[str, DoseOrder], moved: Moved) -> Document:
    """A dose moved; its activity holds at the new hour, its calibration time."""
    zone = programme.site[moved.site].zone
    local = programme.clock.local
    return {
        **asdict(moved),
        "from_at": local(moved.from_at, zone).isoformat(),
        "to_at": local(moved.to_at, zone).isoformat(),
        **_activity(orders[moved.order].activity_mbq, "activity"),
    }


def _lost(
    programme: Programme, before: Schedule, orders: dict[str, DoseOrder], name: str, reason: str
) -> Document:
    order, dose = orders[name], before.allocation.get(name)
    zone = programme.site[order.site].zone
    was_at = None if dose is None else programme.clock.local(dose.use_at, zone).isoformat()
    told = {"order": name, "site": order.site, "patient": order.patient, "was_at": was_at}
    return {**told, "reason": reason}


def _call(
    programme: Programme,
    before: Schedule,
    after: Schedule,
    orders: dict[str, DoseOrder],
    call: Call,
) -> Document:
    zone = _zone(programme, call)

    def local(at: int | None) -> str | None:
        return None if at is None else programme.clock.local(at, zone).isoformat()

    return {
        "party": str(call.party),
        "who": call.who,
        "by_at": local(call.by_at),
        "told": [
            {
                "about": t.about,
                "what": t.what,
                "patient": t.patient,
                "old_at": None if t.old_at is None else t.old_at.isoformat(),
                "new_at": None if t.new_at is None else t.new_at.isoformat(),
                "old": t.old,
                "new": t.new,
                **_activity(_told_of(programme, before, orders, call, t, t.old_at), "old"),
                **_activity(_told_of(programme, after, orders, call, t, t.new_at), "new"),
                "by_at": local(t.by_at),
            }
            for t in call.told
        ],
    }


def _zone(programme: Programme, call: Call) -> str:
    if call.party == "site":
        return programme.site[call.who].zone
    return programme.manufacturer[call.who].zone if call.party == "plant" else "UTC"


def _told_of(
    programme: Programme,
    schedule: Schedule,
    orders: dict[str, DoseOrder],
    call: Call,
    told: Told,
    at: datetime | None,
) -> float | None:
    """The activity that one thing told has at its hour in a schedule. [MBq]

    A dose at its infusion, a batch at the start of labelling, isotope at its delivery.
    """
    if at is None:
        return None
    if call.party == "site":
        return orders[told.about].activity_mbq
    if call.party == "plant":
        batch = schedule.batch.get(told.about)
        return None if batch is None else batch.charge_mbq
    minute = programme.clock.minute(at)
    return sum(
        b.isotope_mbq
        for b in schedule.batches
        if (b.source, b.manufacturer, b.isotope_at) == (call.who, told.about, minute)
    )


def _alternative(found: Alternative, chosen: bool) -> Document:
    return {
        "way": str(found.way),
        "chosen": chosen,
        "status": str(found.plan.status),
        "cost": found.cost_cents / 100.0,
        "met": found.plan.met,
        "moved": len(found.moved),
        "changed": len(found.changed),
        "lost": len(found.lost),
    }


# -- the terminal --------------------------------------------------------------------------


def replan_summary(document: Document, programme: Programme) -> str:
    """What the terminal shows: the plan, what it moves, who must be called, what else could be."""
    money = programme.currency
    lines = [
        f"{'; '.join(document['happened'])}",
        f"{document['status']}: {document['met']} of {document['orders']} orders met, "
        f"{len(document['moved'])} confirmed doses moved, {len(document['changed'])} from another "
        f"batch or lane, {len(document['lost'])} lost",
        f"  cost {money} {document['objective']:,.0f}, no schedule of the model costs less than "
        f"{document['bound']:,.0f} (gap {percent(document['gap'])})",
        f"  breaches found by the independent checker: {len(document['breaches'])}",
    ]
    lines += _section("moved", [_moved_line(m) for m in document["moved"]])
    lines += _section("another batch or lane", [_changed_line(c) for c in document["changed"]])
    lines += _section("cannot be saved", [_lost_line(u) for u in document["lost"]])
    calls = [row for call in document["calls"] for row in _call_lines(call)]
    lines += _section("who must be called, the most urgent first", calls)
    lines += _section(
        "to choose from", [_alternative_line(a, money) for a in document["alternatives"]]
    )
    return "\n".join(lines)


def _section(name: str, rows: Collection[str]) -> list[str]:
    return [f"{name}:", *(f"  {row}" for row in rows)] if rows else []


def _shown(at: datetime | str | None) -> str:
    """An instant as a wall shows it, with its weekday and its offset."""
    if at is None:
        return "-"
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    offset = found.strftime("%z")
    return f"{found:%a %Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def _amount(gbq: float | None, mci: float | None) -> str:
    return "" if not gbq or mci is None else f" ({gbq:,.3f} GBq, {mci:,.2f} mCi)"


def _moved_line(row: Document) -> str:
    amount = _amount(row["activity_gbq"], row["activity_mci"])
    return (
        f"{row['order']} at {row['site']}: {_shown(row['from_at'])} to {_shown(row['to_at'])}"
        f"{amount}, batch {row['to_batch']}"
    )


def _changed_line(row: Document) -> str:
    lane = "" if row["from_lane"] == row["to_lane"] else f", lane {row['to_lane']}"
    return f"{row['order']} at {row['site']}: batch {row['to_batch']}{lane}"


def _lost_line(row: Document) -> str:
    was = f", confirmed for {_shown(row['was_at'])}" if row["was_at"] else ""
    return f"{row['order']} at {row['site']}{was}: {row['reason']}"


def _call_lines(call: Document) -> list[str]:
    by = f", by {_shown(call['by_at'])}" if call["by_at"] else ", at once"
    rows = [f"{call['party']} {call['who']}{by}"]
    counted = {"plant": "vials", "source": "lots"}.get(call["party"], "")
    for t in call["told"]:
        old = f"{_shown(t['old_at'])}{_amount(t['old_gbq'], t['old_mci'])}"
        new = f"{_shown(t['new_at'])}{_amount(t['new_gbq'], t['new_mci'])}"
        amount = f", {counted} {t['old']} to {t['new']}" if counted else ""
        patient = f" (patient {t['patient']})" if t["patient"] else ""
        rows.append(f"  {t['about']}{patient} {t['what']}: {old} to {new}{amount}")
    return rows


def _alternative_line(row: Document, money: str) -> str:
    mark = "*" if row["chosen"] else " "
    return (
        f"{mark} {row['way']:<15} {money} {row['cost']:>12,.0f}   {row['met']} met, "
        f"{row['moved']} moved, {row['changed']} from another batch or lane, {row['lost']} lost"
    )
