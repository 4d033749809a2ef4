"""One workshop asked for a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

from doseline.demand.replacing import Filed
from doseline.errors import Fault, InputError, did_you_mean
from doseline.formats import read_orders, read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, Why, audit, why, worth
from doseline.programme import Programme
from doseline.studies.assessment import BoardPlan
from doseline.studies.board import board_of, sample
from doseline.studies.certified import Asked, leave
from doseline.studies.documents import Document, head
from doseline.studies.plan_document import audit_document, plan_document
from doseline.studies.progress import Progress
from doseline.studies.security import (
    Draw,
    leave_security,
    planned_at,
    security_document,
    security_lines,
)
from doseline.studies.verdict import percent

WritePage = Callable[[BoardPlan, Programme, Document, Path], None]
"""The page of a plan, written to a file."""


def plan_study(
    path: Path,
    *,
    design: str | None,
    from_on: date | None,
    weeks: int,
    seconds: float,
    seed: int,
    out: Path | None,
    progress: Progress,
    orders_file: Path | None = None,
    orders_until_on: date | None = None,
    orders_only: bool = False,
    audited: bool = False,
    asked_why: Sequence[str] = (),
    priced: bool = False,
    secure_prices: Sequence[float] = (),
    secure_curve: bool = False,
    draw: Draw | None = None,
    write_page: WritePage | None = None,
) -> tuple[Document, str]:
    """Plan the orders wanted in some weeks: those of one sample, or of a file in their place.

    With `orders_only` those of the file and no drawn ones. Where it is `audited`, also which doses
    have no second chance. `asked_why` names doses of which to say what would serve them on the day
    wanted; `all` stands for those unmet or moved. Where it is `priced`, also what one more slot,
    vial or mCi is worth. With `secure_prices` of an unsecured dose, or a `secure_curve` of them,
    also what second chances cost, and the plan is that of the last price named.
    """
    began = perf_counter()
    raw = read_programme(path)
    alone = {"--orders-until": orders_until_on is not None, "--orders-only": orders_only}
    if orders_file is None and any(alone.values()):
        raise InputError(needless(name, "--orders") for name, said in alone.items() if said)
    filed = filed_orders(raw, orders_file, until_on=orders_until_on)
    programme = raw.under(design)
    asked = filed.among(() if orders_only else sample(programme, seed))
    first = from_on or first_week(programme, asked)
    last = first + timedelta(weeks=weeks, days=-1)
    wanted = [o for o in asked if first <= o.wanted_on <= last]
    progress("plan", 0, 1)
    planned, curve = planned_at(
        programme,
        wanted,
        secure_prices,
        secure_curve,
        from_on=first,
        until_on=last,
        limits=Limits(seconds=seconds),
        certified=out is not None,
    )
    progress("plan", 1, 1)
    document = {
        **head("plan", str(path), design=programme.design, seed=seed),
        **plan_document(programme, planned, wanted, filed.kinds()),
        "outside": sum(not first <= o.wanted_on <= last for o in filed.among(())),
        "from": first.isoformat(),
        "until": last.isoformat(),
        "from_chosen": from_on is None,
        "security": security_document(curve, secure_prices) if curve else None,
    }
    days = _Days(programme, wanted, first, last)
    document |= _looked_into(days, planned, audited, asked_why, priced, progress)
    document["seconds"] = round(perf_counter() - began, 3)
    if out is not None and curve is not None:
        leave_security(out, programme, curve, document["security"], draw)
    if out is not None:
        _leave_files(out, days, planned, document, write_page)
        if planned.certificate is not None:
            asked_for = Asked(
                programme.design,
                seed,
                first,
                weeks,
                orders_file is not None,
                orders_until_on,
                orders_only,
            )
            leave(out, raw, asked_for, wanted, planned.certificate, planned.schedule, document)
    return document, _plan_summary(document, programme.currency)


@dataclass(frozen=True)
class _Days:
    """The days that were planned, and the orders wanted on them."""

    programme: Programme
    wanted: Sequence[DoseOrder]
    first: date
    last: date


def _looked_into(
    days: _Days,
    planned: Plan,
    audited: bool,
    asked_why: Sequence[str],
    priced: bool,
    progress: Progress,
) -> Document:
    """Second chances, reasons and what more would be worth, each where it is asked for."""
    programme, wanted, first, last = days.programme, days.wanted, days.first, days.last
    found: Document = {"n1": None, "why": None, "worth": None}
    if audited:
        progress("audit", 0, 1)
        chances = audit(programme, wanted, planned, from_on=first, until_on=last)
        progress("audit", 1, 1)
        found["n1"] = audit_document(programme, chances)
    if asked_why:
        progress("why", 0, 1)
        names = None if "all" in asked_why else known_names(asked_why, wanted)
        told = why(programme, wanted, planned, names, from_on=first, until_on=last)
        found["why"] = [why_document(row) for row in told]
        progress("why", 1, 1)
    if priced:
        progress("worth", 0, 1)
        found["worth"] = [
            {"what": u.what, "where": u.where, "week": u.week, "worth": round(u.cents) / 100.0}
            for u in worth(programme, wanted, planned, from_on=first, until_on=last)
        ]
        progress("worth", 1, 1)
    return found


def _leave_files(
    out: Path,
    days: _Days,
    planned: Plan,
    document: Document,
    write_page: WritePage | None,
) -> None:
    write_json_atomically(out / "plan.json", document)
    write_rows(out / "batches.csv", document["batches"])
    write_rows(out / "doses.csv", document["doses"])
    if write_page is not None:
        shown = board_of(days.programme, planned, days.wanted, days.first, days.last)
        write_page(shown, days.programme, document, out / "plan.html")


def known_names(names: Sequence[str], orders: Sequence[DoseOrder]) -> list[str]:
    """The orders named by `--why`. Raises InputError for each that is not planned for."""
    known = {o.id for o in orders}
    faults = [
        Fault("--why", 0, "", f'found "{n}", expected an order of the plan{did_you_mean(n, known)}')
        for n in names
        if n not in known
    ]
    if faults:
        raise InputError(faults)
    return list(names)


def why_document(row: Why) -> Document:
    """What would serve a dose; costs in the programme's currency."""
    return {
        "order": row.order,
        "wanted_on": row.wanted_on.isoformat(),
        "use_on": None if row.use_on is None else row.use_on.isoformat(),
        "reason": row.reason,
        "ways": [
            {
                "changes": [asdict(c) for c in way.changes],
                "use_on": way.use_on.isoformat(),
                "batch": way.batch,
                "added_cost": way.added_cents / 100.0,
            }
            for way in row.savings
        ],
    }


def needless(name: str, needs: str) -> Fault:
    """The fault of a flag that was given without the one that it belongs to."""
    return Fault(name, 0, "", f"has no effect alone; expected {needs} with it")


def filed_orders(programme: Programme, path: Path | None, until_on: date | None = None) -> Filed:
    """The orders of a file, none where none is named. Raises InputError with all its faults."""
    if path is None:
        return Filed()
    found = read_orders(path, programme)
    return Filed(found.orders, found.forecast, until_on)


def first_week(programme: Programme, orders: Sequence[DoseOrder]) -> date:
    """The Monday of the first week with orders, from the first Monday of the first question on.

    Where no order is wanted then, that first Monday itself.
    """
    start = programme.questions[0].from_on if programme.questions else programme.from_on
    monday = start + timedelta(days=-start.weekday() % 7)
    wanted = min((o.wanted_on for o in orders if o.wanted_on >= monday), default=monday)
    return wanted - timedelta(days=wanted.weekday())


def _plan_summary(document: Document, currency: str) -> str:
    lines = [
        f"{document['status']}: {document['met']} of {document['orders']} orders met, "
        f"{document['shifted']} on another day, in {len(document['batches'])} batches",
        f"  cost {currency} {document['objective']:,.0f}, no schedule of the model costs less than "
        f"{document['bound']:,.0f} (gap {percent(document['gap'])})",
        f"  breaches found by the independent checker: {len(document['breaches'])}",
    ]
    if document["from_chosen"]:
        lines.insert(0, f"planned from {document['from']}, the first week with orders")
    if document["certified"] is not None:
        lines.append(f"  {_certified(document['certified'], currency)}")
    kinds = {kind: row for kind, row in document["by_kind"].items() if row["orders"]}
    if set(kinds) - {"drawn"}:
        met = (f"{row['met']} of {row['orders']} {kind}" for kind, row in kinds.items())
        lines.append(f"  met by kind of order: {', '.join(met)}")
    if document["outside"]:
        lines.append(f"  {document['outside']} orders of the file lie outside the days planned")
    lines += [f"  unmet {u['order']} ({u['kind']}): {u['reason']}" for u in document["unmet"]]
    if document["n1"] is not None:
        lines.append(f"  second chances: {document['n1']['summary']}")
    if document["security"] is not None:
        lines += security_lines(document["security"], currency)
    lines += [line for row in document["why"] or () for line in _why_lines(row, currency)]
    if document["worth"] is not None:
        lines.append("  one more of these saves at most, in the relaxed plan:")
        lines += [
            f"    {u['what']} at {u['where']} {u['week']}: {currency} {u['worth']:,.2f}"
            for u in document["worth"][:10]
        ]
    return "\n".join(lines)


def _certified(told: Document, currency: str) -> str:
    if told["bound"] is None:
        return "certificate: no bound of the cost, the solver was stopped before it had one"
    return (
        f"certificate: no schedule of the model costs less than {currency} {told['bound']:,.0f} "
        f"(gap {percent(told['gap'])}), to be checked by doseline plan --verify"
    )


def _why_lines(row: Document, currency: str) -> list[str]:
    served = f"given on {row['use_on']}" if row["use_on"] else "unmet"
    lines = [f"  why {row['order']}, wanted on {row['wanted_on']}, {served}: {row['reason']}"]
    for way in row["ways"]:
        change = " and ".join(c["text"] for c in way["changes"]) or "nothing need change"
        cost = f"the plan then costs {currency} {abs(way['added_cost']):,.0f}"
        more = "more" if way["added_cost"] >= 0 else "less"
        lines.append(f"    {change}: on {way['use_on']} from {way['batch']}; {cost} {more}")
    if not row["ways"]:
        lines.append("    no single change that was tried serves it beside the plan")
    return lines
