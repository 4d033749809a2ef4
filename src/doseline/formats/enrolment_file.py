"""A file of the enrolment so far in: sites opened, patients enrolled, and the day of the cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date

from doseline.demand.observed import EnrolmentSoFar
from doseline.errors import Fault, InputError, did_you_mean
from doseline.formats.csv_table import Column, Row, Table, id_of, read_table, refused
from doseline.formats.forms import FORMS, choice
from doseline.programme import Programme
from doseline.programme.trial import Trial

__all__ = ["read_enrolment"]

_EXPECTED = "a file of the enrolment so far such as enrolment.csv"


def read_enrolment(
    path: str | os.PathLike[str], programme: Programme, trial_id: str
) -> EnrolmentSoFar:
    """The enrolment of a trial so far, from a CSV file. Raises InputError with every fault.

    Columns, in any order: `event` (opened, enrolled or cut), `on` (its day), `site` (empty for the
    cut), and `patients` (how many enrolled there that day; 1 if left out or empty). Rows may stand
    in any order. All that happened on the day of the cut is counted; without a row for the cut the
    last day in the file is the cut.
    """
    trial = programme.trial.get(trial_id)
    if trial is None:
        known = ", ".join(programme.trial) or "the programme has none"
        hint = did_you_mean(trial_id, programme.trial)
        message = f'found "{trial_id}", expected the id of a trial{hint}; known: {known}'
        raise InputError(Fault("trial", 0, "", message))
    table = read_table(path, _columns(programme), _EXPECTED)
    opened, cut = _firsts(table, "opened"), _firsts(table, "cut")
    faults = [*table.faults]
    for row in table.rows:
        said = [*_of_row(row, trial), *_in_time(row, trial, opened, cut)]
        faults += [table.fault(row.line, column, message) for column, message in said]
    if not table.rows and not faults:
        faults.append(table.fault(table.line, "", "holds no row; expected what happened so far"))
    if faults:
        raise refused(faults)
    return _so_far(table, opened, cut)


def _columns(programme: Programme) -> tuple[Column, ...]:
    return (
        Column("event", choice(("opened", "enrolled", "cut")), needed=True),
        Column("site", id_of("a site", programme.site)),
        Column("on", FORMS["date"], needed=True),
        Column("patients", FORMS["whole"], at_least=1, at_most=1000),
    )


def _firsts(table: Table, event: str) -> dict[str, Row]:
    """The first row of an event at each site (at none: the empty name), its day sound or not."""
    found: dict[str, Row] = {}
    for row in table.rows:
        if row.has("event", "site") and row["event"] == event:
            found.setdefault(row["site"] or "", row)
    return found


def _of_row(row: Row, trial: Trial) -> Iterator[tuple[str, str]]:
    """What is wrong with a row by itself: its site, and cells that its event does not have."""
    if not row.has("event"):
        return
    event = row["event"]
    if row.has("site"):
        site = row["site"]
        if event == "cut" and site:
            yield "site", f'found "{site}", expected nothing: the cut is of the whole trial'
        elif event != "cut" and not site:
            yield "site", f"found nothing, expected the site of the event {event}"
        elif site and site not in trial.sites:
            known = f"{', '.join(trial.sites[:8])}{', ...' if len(trial.sites) > 8 else ''}"
            yield "site", f'found "{site}", expected a site of {trial.id}: {known}'
    if event != "enrolled" and row.has("patients") and row["patients"] is not None:
        yield "patients", f'found "{row["patients"]}", expected nothing for the event {event}'


def _in_time(
    row: Row, trial: Trial, opened: dict[str, Row], cut: dict[str, Row]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the day of a row, beside those of the other rows."""
    if not row.has("event", "on"):
        return
    event, on = row["event"], row["on"]
    if on < trial.from_on:
        yield "on", f"found {on}, expected {trial.from_on} or later, the start of {trial.id}"
    end = cut.get("")
    if end is not None and end.has("on") and on > end["on"] and event != "cut":
        yield "on", f"found {on}, expected {end['on']} or earlier, the cut in line {end.line}"
    site = (row["site"] or "") if row.has("site") else None
    if event == "cut" and cut.get("", row) is not row and site == "":
        yield "event", f"the cut stands twice, first in line {cut[''].line}; expected it once"
    if site not in trial.sites:
        return
    begun = opened.get(site)
    if event == "opened" and begun is not None and begun is not row:
        yield "site", f'"{site}" opens twice, first in line {begun.line}; expected it once'
    if event == "enrolled" and begun is None:
        yield "site", f'found "{site}", expected a row that says when it opened'
    if event == "enrolled" and begun is not None and begun.has("on") and on < begun["on"]:
        day = f"the day on which {site} opened, in line {begun.line}"
        yield "on", f"found {on}, expected {begun['on']} or later, {day}"


def _so_far(table: Table, opened: dict[str, Row], cut: dict[str, Row]) -> EnrolmentSoFar:
    enrolled: list[tuple[str, date]] = []
    for row in table.rows:
        if row["event"] == "enrolled":
            enrolled += [(row["site"], row["on"])] * (row["patients"] or 1)
    last = max(row["on"] for row in table.rows)
    return EnrolmentSoFar(
        cut_on=cut[""]["on"] if cut else last,
        opened={site: row["on"] for site, row in opened.items()},
        enrolled=tuple(sorted(enrolled, key=lambda one: (one[1], one[0]))),
    )
