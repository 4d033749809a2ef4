"""The end of a trial's enrolment: when its last patient comes, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import ModuleType
from typing import Any

from doseline.demand.forecast import EndBand, EnrolledBy
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report import words
from doseline.report.demand_figures import BAND_HEADS, band_cells, futures_legend
from doseline.report.figures import figure
from doseline.report.markup import Markup, el, join
from doseline.report.tables import Row, folded, table
from doseline.studies.demand_picture import TrialForecast

_FULL_AFTER = "After this month the trial is full in more than 97.5\u00a0% of the futures."


def forecasts_section(forecasts: Sequence[TrialForecast], programme: Programme) -> Markup:
    """Every trial whose record is known: the end of its enrolment, its course, its sites."""
    return el(
        "section",
        el("h2", "The end of enrolment, from the record so far"),
        *(
            part
            for place, found in enumerate(forecasts, 1)
            for part in _forecast(found, f"forecast-{place}", programme)
        ),
        id="forecasts",
    )


def until_full(found: TrialForecast) -> list[EnrolledBy]:
    """The course of enrolment up to the month by which more than 97.5 % of futures are full."""
    rows: list[EnrolledBy] = []
    for row in found.forecast.by_month:
        rows.append(row)
        if len(rows) > 1 and row.patients.low_95 >= found.forecast.target:
            break
    return rows


def _forecast(found: TrialForecast, key: str, programme: Programme) -> list[Markup]:
    forecast = found.forecast
    names = {s.id: s.name for s in programme.sites}
    parts = [el("h3", found.name), el("p", _end_in_words(found), class_="lead")]
    if forecast.needed and forecast.prior.estimated:
        capped = f" {words.CAPPED}" if forecast.prior.capped else ""
        parts.append(el("p", f"{words.ESTIMATED}{capped}", class_="notice", role="note"))
    if forecast.needed:
        parts += [_end_table(found, key), _course(found, key)]
    parts.append(_sites_table(found, key, names))
    return parts


def _end_in_words(found: TrialForecast) -> Markup:
    f = found.forecast
    so_far = f"{f.enrolled:,} of {f.target:,} patients by {_day(f.cut_day)}"
    if not f.needed:
        return join(f"{so_far}: the trial is full.")
    last = _day(f.last_day)
    return join(
        f"{so_far}. {_when(f.end, f.last_day)} The chance to fill by {last} is ",
        el("b", n.chance(f.filled_fraction)),
        ".",
    )


def _when(end: EndBand, last_day: int) -> str:
    if end.low_90 is None:
        return f"Fewer than one in twenty futures are full by {_day(last_day)}."
    first = _ended(end.low_90, last_day)
    if end.median is None:
        return f"One in twenty futures is full by {first}, fewer than half by {_day(last_day)}."
    half = f"Half of the futures are full by {_ended(end.median, last_day)}"
    if end.high_90 is None:
        return f"{half}, one in twenty by {first}."
    return f"{half}; in nine of ten the last patient comes from {first} to " + (
        f"{_ended(end.high_90, last_day)}."
    )


def _day(ordinal: int) -> str:
    return n.day(date.fromordinal(ordinal))


def _ended(day: float | None, last_day: int) -> str:
    return f"after {_day(last_day)}" if day is None else _day(int(day))


def _end_table(found: TrialForecast, key: str) -> Markup:
    end, last = found.forecast.end, found.forecast.last_day

    def between(low: float | None, high: float | None) -> str:
        if low is None:
            return _ended(low, last)
        if high is None:
            return f"{_ended(low, last)} or later"
        return f"{_ended(low, last)} to {_ended(high, last)}"

    row = Row(
        (
            "The last patient",
            _ended(end.median, last),
            between(end.low_50, end.high_50),
            between(end.low_90, end.high_90),
            between(end.low_95, end.high_95),
        )
    )
    heads = (
        "The end of enrolment",
        "Median",
        "50 % of futures",
        "90 % of futures",
        "95 % of futures",
    )
    caption = f"The day of the last patient of {found.name}"
    return table(caption, heads, [row], stacked=True, id_=f"{key}-end", quiet=True)


def _course(found: TrialForecast, key: str) -> Markup:
    rows, target = until_full(found), found.forecast.target

    def draw(charts: ModuleType, width: int) -> list[Any]:
        return [charts.enrolment_bands(rows, target, width, "")]

    later = rows[-1].by_on < found.forecast.by_month[-1].by_on
    half = rows[len(rows) // 2]
    says = f"Patients by {n.day(half.by_on)}: {n.futures(half.patients)}."
    return figure(
        f"{key}-course", "Patients enrolled, month by month", says, _course_table(rows, key), draw,
        legend=futures_legend(),
        note=_FULL_AFTER if later else "",
    )  # fmt: skip


def _course_table(rows: Sequence[EnrolledBy], key: str) -> Markup:
    body = [Row((n.day(row.by_on), *band_cells(row.patients))) for row in rows]
    return table(
        "Patients enrolled by the end of a day",
        ("By the end of", *BAND_HEADS),
        body,
        numbers=range(1, len(BAND_HEADS) + 1),
        id_=f"{key}-table",
        quiet=True,
    )


def _sites_table(found: TrialForecast, key: str, names: dict[str, str]) -> Markup:
    forecast = found.forecast
    prior = forecast.prior
    heads = ("Site", "Patients so far", "Months open", "Patients a month from now", "Nine in ten")
    rows = [
        Row(
            (
                names.get(s.site, s.site),
                f"{s.patients:,}",
                f"{s.months:.1f}",
                f"{s.per_month:.3f}",
                f"{s.low_90:.3f} to {s.high_90:.3f}",
            )
        )
        for s in forecast.sites
    ]
    source = "estimated from the data" if prior.estimated else "as the trial assumes"
    return folded(
        f"The rates of its {len(rows)} sites",
        el(
            "p",
            f"Before the data, {source}: rates of sites vary as a gamma of mean "
            f"{prior.per_site_month:.3f} patients a month and shape {prior.shape:.2f}. A site open "
            "for long speaks for itself, a new one is taken as the others are. Months are weighted "
            "by season; the mean of a site follows the rate of its region.",
            class_="note",
        ),
        table("Rates of the sites, given the record", heads, rows, numbers=range(1, 5),
              id_=f"{key}-sites", quiet=True),
    )  # fmt: skip
