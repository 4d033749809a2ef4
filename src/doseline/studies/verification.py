"""`doseline plan --verify`: a plan's folder checked by someone who believes nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from doseline.errors import Fault, InputError
from doseline.formats import programme_to_text, read_programme
from doseline.operations.orders import DoseOrder
from doseline.plan.proof.verify import Verified, verify
from doseline.programme import Programme
from doseline.studies.board import sample
from doseline.studies.certified import (
    CERTIFICATE,
    ORDERS,
    PLAN,
    PROGRAMME,
    Folder,
    opened,
    tables_of,
)
from doseline.studies.documents import Document, head
from doseline.studies.plan_document import batch, certified, dose
from doseline.studies.progress import Progress
from doseline.studies.single import filed_orders
from doseline.studies.verdict import percent

CHECKED = (
    "every file is as it was written (digests)",
    "the model, built anew from programme and orders, is the one certified",
    "both bounds, from multipliers and derived cuts, in exact arithmetic",
    "the cost and the doses met, counted from the schedule",
    "the schedule, by the checker that knows no solver",
    "plan.json and the tables, against schedule and certificate",
)
NOT_CHECKED = (
    "that the model says what the programme means (docs/reference/model.md says what is relaxed)",
    "the words of the reasons why orders are late or unmet, which orders are real, a forecast or "
    "drawn, and the audit (by digest only)",
    "status, bound and gap of the solver (told beside)",
)


def verify_study(
    folder: Path,
    *,
    programme: Path | None,
    orders_file: Path | None,
    progress: Progress,
) -> tuple[Document, str]:
    """Verify the folder that a plan was written to, without a solver.

    With a programme file the plan must be one for that programme, and for the orders that it draws;
    with a file of orders, for those. Raises InputError that names every figure that differs.
    """
    began = perf_counter()
    progress("verify", 0, 1)
    held = opened(folder)
    faults = [] if programme is None else list(_inputs(held, programme, orders_file))
    if faults:
        raise InputError(faults)
    under, found = _held_true(held)
    progress("verify", 1, 1)
    document = {
        **head("plan", _name(held, programme), design=under.design, seed=held.asked.seed),
        **_verdict(held, found, programme is not None, orders_file is not None),
        "seconds": round(perf_counter() - began, 3),
    }
    return document, _summary(document, under.currency)


def _held_true(held: Folder) -> tuple[Programme, Verified]:
    """The programme and what was found, where all holds. Raises InputError where it does not."""
    try:
        under = held.programme.under(held.asked.design)
        found = verify(under, held.orders, held.schedule, held.certificate)
        faults = [
            held.fault(CERTIFICATE, d.field, f"found {d.found}, expected {d.expected}")
            for d in found.differences
        ]
        faults += _period(held)
        if found.holds:
            faults += _document(held, under, found)
    except (LookupError, ArithmeticError, ValueError) as error:
        message = f"the files do not fit together: {type(error).__name__}: {error}"
        raise InputError(held.fault(CERTIFICATE, "", message)) from None
    if faults:
        raise InputError(faults)
    return under, found


def _name(held: Folder, programme: Path | None) -> str:
    return str(programme or held.path / PROGRAMME)


# -- against the inputs of the one who asks ---------------------------------------------------


def _inputs(held: Folder, programme: Path, orders_file: Path | None) -> Iterator[Fault]:
    own = read_programme(programme)
    yield from _same_programme(held, own, programme)
    if held.asked.orders_file and orders_file is None:
        return
    filed = filed_orders(own, orders_file, until_on=held.asked.orders_until_on)
    drawn = () if held.asked.orders_only else sample(own.under(held.asked.design), held.asked.seed)
    asked = filed.among(drawn)
    first, last = held.asked.from_on, held.asked.until_on
    wanted = [o for o in asked if first <= o.wanted_on <= last]
    yield from _same_orders(held, wanted, orders_file or programme)


def _same_programme(held: Folder, own: Programme, path: Path) -> Iterator[Fault]:
    mine, theirs = programme_to_text(own), programme_to_text(held.programme)
    if mine != theirs:
        pairs = zip(theirs.splitlines(), mine.splitlines(), strict=False)
        found, expected = next(((a, b) for a, b in pairs if a != b), ("less", "more"))
        message = f"not the programme of {path}: found {found.strip()}, expected {expected.strip()}"
        yield held.fault(PROGRAMME, "", message)


def _same_orders(held: Folder, wanted: list[DoseOrder], path: Path) -> Iterator[Fault]:
    mine, theirs = {o.id: o for o in wanted}, {o.id: o for o in held.orders}
    for name in sorted(mine.keys() | theirs.keys()):
        if mine.get(name) != theirs.get(name):
            what = "differs from" if name in mine and name in theirs else "is not in"
            where = path if name in theirs else held.path / ORDERS
            yield held.fault(ORDERS, name, f"the order {what} {where}")
            return


# -- what the folder says beside its certificate ----------------------------------------------


def _period(held: Folder) -> Iterator[Fault]:
    told, asked = held.certificate, held.asked
    for field, found, expected in (
        ("from_on", told.from_on, asked.from_on),
        ("until_on", told.until_on, asked.until_on),
    ):
        if found != expected:
            yield held.fault(CERTIFICATE, field, f"found {found}, expected {expected}")


def _document(held: Folder, programme: Programme, found: Verified) -> Iterator[Fault]:
    """`plan.json` and the tables, worked out anew from the schedule and the certificate."""
    expected = _plan_fields(held, programme, found)
    for field, value in expected.items():
        told = held.document.get(field)
        if told != value:
            shown, meant = _first_difference(told, value)
            yield held.fault(PLAN, field, f"found {shown}, expected {meant}")
    for name, text in tables_of({k: expected[k] for k in ("batches", "doses")}).items():
        if (held.path / name).read_text(encoding="utf-8") != text:
            yield held.fault(name, "", "not the table of the schedule")


def _plan_fields(held: Folder, programme: Programme, found: Verified) -> Document:
    claims, solver, schedule = found.claims, held.certificate.solver, held.schedule
    kinds = _kinds(held)
    zones = {o.id: programme.site[o.site].zone for o in held.orders}
    days = {o.id: o.wanted_on for o in held.orders}
    shifted = sum(
        programme.clock.day(a.use_at, zones[a.order]) != days[a.order]
        for a in schedule.allocations
        if a.order in days
    )
    return {
        "status": solver.status,
        "objective": claims.cost_cents / 100.0,
        "bound": solver.bound_cents / 100.0,
        "gap": solver.gap,
        "orders": claims.orders,
        "met": claims.met,
        "shifted": shifted,
        "unmet": [asdict(u) | {"kind": kinds.get(u.order)} for u in schedule.unmet],
        "batches": [batch(programme, b) for b in schedule.batches],
        "doses": [
            dose(programme, schedule, a) | {"kind": kinds.get(a.order)}
            for a in schedule.allocations
        ],
        "breaches": [],
        "certified": certified(held.certificate),
        "design": programme.design,
        "seed": held.asked.seed,
        "from": held.asked.from_on.isoformat(),
        "until": held.asked.until_on.isoformat(),
    }


def _kinds(held: Folder) -> dict[str, str]:
    """The kind of each order as `plan.json` has it: it stands nowhere else."""
    rows = [*held.document.get("doses", ()), *held.document.get("unmet", ())]
    return {row["order"]: row["kind"] for row in rows}


def _first_difference(found: object, expected: object) -> tuple[object, object]:
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return next(_first_difference(a, b) for a, b in zip(found, expected, strict=True) if a != b)
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted(expected):
            if found.get(key) != expected[key]:
                return f"{key} {found.get(key)}", f"{key} {expected[key]}"
    return found, expected


# -- the verdict ------------------------------------------------------------------------------


def _verdict(held: Folder, found: Verified, programme: bool, orders: bool) -> Document:
    claims, solver = found.claims, held.certificate.solver
    compared = programme and (orders or not held.asked.orders_file)
    copies = "the programme is the copy in the folder, not compared with a file of yours"
    taken = "the orders are the copy in the folder, not compared with yours"
    beyond = [t for t, known in ((copies, programme), (taken, compared)) if not known]
    if claims.bound_cents is None:
        beyond.append("any bound of the cost: the solver was stopped before it had one")
    return {
        "verified": str(held.path),
        "holds": True,
        "orders": claims.orders,
        "met": claims.met,
        "met_at_most": claims.met_at_most,
        "objective": claims.cost_cents / 100.0,
        "bound": None if claims.bound_cents is None else claims.bound_cents / 100.0,
        "gap": claims.gap,
        "at_weight": held.certificate.held,
        "solver": {
            "status": solver.status,
            "bound": solver.bound_cents / 100.0,
            "gap": solver.gap,
            "met_at_most": solver.met_at_most,
        },
        "breaches": [],
        "checked": list(CHECKED),
        "not_checked": [*NOT_CHECKED, *beyond],
    }


def _summary(document: Document, currency: str) -> str:
    solver = document["solver"]
    lines = [
        f"verified without a solver: {document['verified']}",
        f"  doses met {document['met']} of {document['orders']}, "
        f"certified: no schedule of the model meets more than {document['met_at_most']}",
        f"  cost {currency} {document['objective']:,.2f}, no breach found by the checker",
    ]
    if document["bound"] is None:
        lines.append("  certified bound: none")
    else:
        same = "" if document["at_weight"] is None else " that meets as many"
        lines.append(
            f"  certified: no schedule of the model{same} costs less than {currency} "
            f"{document['bound']:,.2f} (gap {percent(document['gap'])})"
        )
    lines.append(
        f"  the solver said: {solver['status']}, {currency} {solver['bound']:,.2f} "
        f"(gap {percent(solver['gap'])})"
    )
    lines += [f"  checked: {text}" for text in document["checked"]]
    lines += [f"  not checked: {text}" for text in document["not_checked"]]
    return "\n".join(lines)
