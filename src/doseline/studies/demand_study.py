"""The command `demand`: which dose orders arise, when and where, and how far that may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

from doseline.demand import Drawing, EnrolmentSoFar, orders, patients
from doseline.demand.enrolment_forecast import trial_forecast
from doseline.errors import Fault, InputError, QuantityError, did_you_mean
from doseline.formats import read_enrolment, read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.studies.demand_document import day_text, demand_document
from doseline.studies.demand_picture import DemandPicture, TrialForecast, demand_picture
from doseline.studies.documents import Document, flat, head
from doseline.studies.progress import Progress
from doseline.studies.runs import scenario_named
from doseline.studies.single import filed_orders, needless
from doseline.studies.verdict import percent

WriteReport = Callable[[DemandPicture, Programme, Path], Path]


@dataclass(frozen=True, slots=True)
class DemandAsked:
    """What is asked of the demand: which futures, which days, and what is known already.

    `orders` and `enrolled` are files; `trial` names the trial whose enrolment so far is given, and
    `estimate` takes its rates from the data alone.
    """

    samples: int = 200
    seed: int = 1
    design: str | None = None
    scenario: str | None = None
    cases: Mapping[str, str] | None = None
    from_on: date | None = None
    until_on: date | None = None
    orders: Path | None = None
    orders_until_on: date | None = None
    enrolled: Path | None = None
    trial: str | None = None
    estimate: bool = False


def demand_study(
    path: Path,
    asked: DemandAsked,
    *,
    out: Path | None,
    progress: Progress,
    write_report: WriteReport,
) -> tuple[Document, str]:
    """Draw the demand: one future in full, many in bands, the document and a summary."""
    began = perf_counter()
    programme = read_programme(path)
    if asked.design is not None:
        programme = programme.under(asked.design)
    _check_markets(programme, asked.cases or {})
    _check_asked(programme, asked)
    filed = filed_orders(programme, asked.orders, until_on=asked.orders_until_on)
    so_far, forecasts = _record(programme, asked)
    drawing = Drawing(
        cases=asked.cases or {},
        scenario=scenario_named(programme, asked.scenario),
        so_far=so_far,
        estimated=frozenset(so_far) if asked.estimate else frozenset(),
        filed=filed,
    )
    picture = demand_picture(
        programme,
        seed=asked.seed,
        samples=asked.samples,
        from_on=asked.from_on,
        until_on=asked.until_on,
        drawing=drawing,
        forecasts=forecasts,
        risks=True,
        progress=progress,
    )
    first = _first_future(programme, asked, drawing)
    document = {
        **head(
            "demand",
            str(path),
            design=asked.design,
            scenario=asked.scenario,
            seed=asked.seed,
        ),
        **demand_document(picture),
        "orders": [_order(o) for o in first],
        "patients": len({(o.protocol, o.patient) for o in first}),
        "report": None,
    }
    if out is not None:
        document["report"] = str(write_report(picture, programme, out / "demand.html"))
    document["seconds"] = round(perf_counter() - began, 3)
    if out is not None:
        _write(document, out)
    return document, _summary(picture, document)


def _check_markets(programme: Programme, cases: Mapping[str, str]) -> None:
    for market in cases:
        if market not in programme.market:
            known = ", ".join(programme.market) or "none"
            hint = did_you_mean(market, programme.market)
            raise LookupError(f"no market {market!r} in the programme{hint}; known: {known}")


def _check_asked(programme: Programme, asked: DemandAsked) -> None:
    """Refuse what would have no effect, and days that the programme does not have."""
    faults = []
    for said, name, needs, given in (
        (asked.trial is not None, "--trial", "--enrolled", asked.enrolled),
        (asked.estimate, "--estimate", "--enrolled", asked.enrolled),
        (asked.orders_until_on is not None, "--orders-until", "--orders", asked.orders),
    ):
        if said and given is None:
            faults.append(needless(name, needs))
    first, last = asked.from_on or programme.from_on, asked.until_on or programme.until_on
    for on, name in ((asked.from_on, "--from"), (asked.until_on, "--until")):
        if on is not None and not programme.from_on <= on <= programme.until_on:
            span = f"{programme.from_on} to {programme.until_on}"
            faults.append(
                Fault(name, 0, "", f"found {on}, expected a day of the programme, {span}")
            )
    if not faults and last < first:
        faults.append(Fault("--until", 0, "", f"found {last}, expected {first} or later"))
    if faults:
        raise InputError(*faults)


def _record(
    programme: Programme, asked: DemandAsked
) -> tuple[dict[str, EnrolmentSoFar], tuple[TrialForecast, ...]]:
    """The record of a trial, where one is given, and the forecast from it."""
    if asked.enrolled is None:
        return {}, ()
    known = [t.id for t in programme.trials]
    name = asked.trial or (known[0] if len(known) == 1 else None)
    if name not in programme.trial:
        found = f'found "{name}", ' if name else ""
        hint = did_you_mean(name, known) if name else ""
        message = f"{found}expected the trial of the record{hint}: {', '.join(known)}"
        raise InputError(Fault("--trial", 0, "", message))
    trial = programme.trial[name]
    if trial.dose_finding is not None:
        message = f"{name} finds a dose, and the record does not say who was treated at which level"
        raise InputError(Fault("--enrolled", 0, "", f"{message}; expected a trial without levels"))
    so_far = read_enrolment(asked.enrolled, programme, name)
    try:
        found_end = trial_forecast(programme, trial, so_far, estimate=asked.estimate)
    except QuantityError as error:  # what the record says is not enough
        raise InputError(Fault(str(asked.enrolled), 0, "", str(error))) from None
    return {name: so_far}, (TrialForecast(name, trial.name, found_end),)


def _first_future(
    programme: Programme, asked: DemandAsked, drawing: Drawing
) -> tuple[DoseOrder, ...]:
    """The orders of the first future in full, those of a file in the place of drawn ones."""
    first = asked.from_on or programme.from_on
    last = asked.until_on or programme.until_on
    drawn = patients(programme, asked.seed, 0, drawing=drawing)
    found = orders(programme, drawn)
    if drawing.filed is not None:
        found = drawing.filed.among(found)
    return tuple(o for o in found if first <= o.wanted_on <= last)


# -- files ---------------------------------------------------------------------------------


def _order(order: DoseOrder) -> Document:
    return {
        "id": order.id,
        "product": order.product,
        "protocol": order.protocol,
        "site": order.site,
        "patient": order.patient,
        "course_number": order.course_number,
        "wanted_on": order.wanted_on.isoformat(),
        "earliest_on": order.earliest_on.isoformat(),
        "latest_on": order.latest_on.isoformat(),
        "activity_gbq": order.activity_mbq / 1000.0,
        "started": order.started,
        "units": order.units,
    }


def _write(document: Document, out: Path) -> None:
    write_json_atomically(out / "demand.json", document)
    tables: dict[str, list[Any]] = {
        "orders": document["orders"],
        "by_month": document["by_month"],
        "by_week": document["by_week"],
        "by_protocol": [
            {"protocol": name, **flat({k: row[k] for k in _IN_TABLE if row[k] is not None})}
            for name, row in document["by_protocol"].items()
        ],
    }
    if document["risks"]:
        tables["risks"] = [flat(row) for row in document["risks"]]
    if document["paths"] is not None:
        tables["paths"] = [flat(row) for row in document["paths"]["paths"]]
    for name, rows in tables.items():
        write_rows(out / f"{name}.csv", rows)


_IN_TABLE = (
    "name", "kind", "patients", "orders", "a_week", "cancelled", "cancellation_fees", "rests_on",
)  # fmt: skip


# -- the terminal --------------------------------------------------------------------------


def _summary(picture: DemandPicture, document: Document) -> str:
    width = max((len(p.name) for p in picture.protocols), default=0)
    lines = [
        f"  {p.name:<{width}}  {p.orders.mean:7.0f} orders ({p.orders.low_90:.0f} to "
        f"{p.orders.high_90:.0f} in nine of ten futures), {p.a_week.mean:.2f} a week"
        for p in picture.protocols
    ]
    if picture.paths is not None:
        lines.append("  over all paths through the stages:")
        for path in picture.paths.paths:
            end = f"ended at {', '.join(path.ended_at)}" if path.ended_at else "all succeeded"
            lines.append(f"    {percent(path.share.mean):>7}  {end}: {path.orders.mean:.0f} orders")
    for risk in picture.risks:
        lines.append(
            f"  {risk.name}: {risk.as_written.mean:+.0f} orders a future as written, "
            f"{risk.difference.mean:+.0f} over all paths"
        )
    for found in picture.forecasts:
        lines.append(f"  {_end_words(found)}")
    lines.append(
        f"{picture.samples} futures, seed {picture.seed}; the first has "
        f"{len(document['orders'])} orders"
    )
    if document["report"]:
        lines.append(f"report: {document['report']}")
    return "\n".join(lines)


def _end_words(found: TrialForecast) -> str:
    f = found.forecast
    so_far = f"{found.name}: {f.enrolled} of {f.target} enrolled by " + (
        date.fromordinal(f.cut_day).isoformat()
    )
    if not f.needed:
        return f"{so_far}: it is full"
    last = date.fromordinal(f.last_day).isoformat()
    low, middle, high = (
        day_text(d) or f"after {last}" for d in (f.end.low_90, f.end.median, f.end.high_90)
    )
    return (
        f"{so_far}; full on {middle} ({low} to {high} in nine of "
        f"ten futures), by {last} with a chance of "
        f"{percent(f.filled_fraction)}"
    )
