"""Something has happened: the new plan, who must be called, and what else could be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from doseline.errors import Fault, InputError, ScheduleError, did_you_mean
from doseline.formats import read_orders, read_programme
from doseline.formats.happened_file import instant_from_text, read_happened
from doseline.formats.plan_folder import (
    PlanFolder,
    read_plan_folder,
    strangers,
    write_plan_folder,
)
from doseline.formats.results import write_json_atomically, write_rows
from doseline.operations.happened import (
    BatchFailed,
    Happening,
    OrderCancelled,
    OrderPlaced,
    orders_after,
)
from doseline.plan import Alternative, Limits, Replan, Way, replan
from doseline.programme import Programme
from doseline.studies.documents import Document, head
from doseline.studies.plan_document import plan_document
from doseline.studies.progress import Progress
from doseline.studies.replan_document import replan_document, replan_summary


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line tells of what has happened, beside a file of it."""

    now: str | None = None
    happened: Path | None = None
    failed: Sequence[str] = ()
    cancelled: Sequence[str] = ()
    placed: Path | None = None


def replan_study(
    path: Path,
    folder: Path,
    told: Told,
    *,
    until_on: date | None,
    price_moved: float | None,
    choose: str,
    seconds: float,
    out: Path | None,
    progress: Progress,
) -> tuple[Document, str]:
    """Plan anew from the folder of a plan once something has happened to it.

    The plan chosen is the one with the fewest moves unless `choose` says another.
    """
    began = perf_counter()
    before = read_plan_folder(folder)
    programme = read_programme(path).under(before.design)
    faults = list(strangers(before, programme))
    if faults:
        raise InputError(faults)
    now_at, events, kinds = _events(programme, before, told)
    last = _last_day(before, events, until_on)
    progress("replan", 0, 1)
    try:
        found = replan(
            programme,
            before.orders,
            before.schedule,
            events,
            now_at=now_at,
            from_on=before.from_on,
            until_on=last,
            limits=Limits(seconds=seconds),
            price_moved_cents=None if price_moved is None else round(price_moved * 100),
        )
        orders = orders_after(before.orders, events)
    except ScheduleError as error:
        raise InputError(Fault(str(told.happened or folder), 0, "", str(error))) from None
    progress("replan", 1, 1)
    chosen = _chosen(found, choose)
    document = {
        **head("replan", str(path), design=programme.design),
        **replan_document(programme, before, events, found, chosen, orders, now_at),
        "from": before.from_on.isoformat(),
        "until": last.isoformat(),
    }
    document["seconds"] = round(perf_counter() - began, 3)
    if out is not None:
        planned = {
            **head("plan", str(path), design=programme.design, seconds=document["seconds"]),
            **plan_document(programme, chosen.plan, orders, kinds),
            "outside": 0,
            "from": document["from"],
            "until": document["until"],
            "from_chosen": False,
            "n1": None,
            "why": None,
            "worth": None,
        }
        write_json_atomically(out / "plan.json", planned)
        write_rows(out / "batches.csv", planned["batches"])
        write_rows(out / "doses.csv", planned["doses"])
        write_plan_folder(out, orders, chosen.plan.schedule)
        write_json_atomically(out / "replan.json", document)
        rows = [
            {"party": call["party"], "who": call["who"], **row}
            for call in document["calls"]
            for row in call["told"]
        ]
        write_rows(out / "calls.csv", rows)
    return document, replan_summary(document, programme)


WAYS = {"fewest-moves": Way.FEWEST_MOVES, "cheapest": Way.CHEAPEST, "keep-dates": Way.KEEP_DATES}
"""What `--choose` calls the plans to choose from."""


def _chosen(found: Replan, choose: str) -> Alternative:
    if choose not in WAYS:
        hint = did_you_mean(choose, WAYS) or f": {', '.join(WAYS)}"
        message = f'found "{choose}", expected a plan to choose{hint}'
        raise InputError(Fault("--choose", 0, "", message))
    return next(a for a in found.alternatives if a.way is WAYS[choose])


def _events(
    programme: Programme, before: PlanFolder, told: Told
) -> tuple[int, tuple[Happening, ...], Mapping[str, Any]]:
    """When it is known, what has happened, and of which kind the orders of files are.

    Raises InputError where file and options do not say it.
    """
    faults: list[Fault] = []
    said = _now(programme, told, faults)
    events: list[Happening] = []
    now_at, kinds = said, dict(before.kinds)
    if told.happened is not None:
        end_at = programme.clock.day_start(before.until_on + timedelta(days=1), "UTC")
        found = read_happened(
            told.happened, programme, before.orders, before.schedule, end_at, said
        )
        now_at = found.now_at
        if said is not None and said != found.now_at:
            message = f"differs from the time in {told.happened}; expected one of them"
            faults.append(Fault("--now", 0, "", message))
        events += found.events
    events += _named(told, before, faults)
    if told.placed is not None:
        placed = read_orders(told.placed, programme)
        events += [OrderPlaced(o) for o in (*placed.orders, *placed.forecast)]
        kinds |= {o.id: "real" for o in placed.orders}
        kinds |= {o.id: "forecast" for o in placed.forecast}
    if now_at is None and not faults:
        expected = "the time at which it is known, such as 2022-05-09T14:30-05:00"
        faults.append(Fault("--now", 0, "", f"missing; expected {expected}"))
    if not events and not faults:
        expected = "--happened, --failed, --cancelled or --placed"
        faults.append(Fault("replan", 0, "", f"nothing has happened; expected {expected}"))
    if faults or now_at is None:
        raise InputError(faults)
    return now_at, tuple(events), kinds


def _now(programme: Programme, told: Told, faults: list[Fault]) -> int | None:
    if told.now is None:
        return None
    try:
        return instant_from_text(programme, told.now)
    except ValueError as error:
        faults.append(Fault("--now", 0, "", str(error)))
        return None


def _named(told: Told, before: PlanFolder, faults: list[Fault]) -> list[Happening]:
    orders = {o.id for o in before.orders}
    for option, names, known, what in (
        ("--failed", told.failed, before.schedule.batch, "batch"),
        ("--cancelled", told.cancelled, orders, "order"),
    ):
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known)
                message = f'found "{name}", expected a {what} of the plan{hint}'
                faults.append(Fault(option, 0, "", message))
    return [*map(BatchFailed, told.failed), *map(OrderCancelled, told.cancelled)]


def _last_day(before: PlanFolder, events: Sequence[Happening], until_on: date | None) -> date:
    """The last day planned: that of the plan before, unless more is asked for."""
    if until_on is not None and until_on < before.until_on:
        message = (
            f"found {until_on}, expected {before.until_on}, the last day of the plan, or later"
        )
        raise InputError(Fault("--until", 0, "", message))
    return until_on or before.until_on
