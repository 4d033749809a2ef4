"""A week of the board as SVG: bars of making, QC and release, shipments below, told in words."""

from __future__ import annotations

from datetime import timedelta

from doseline.programme import Programme
from doseline.report.board import Bar, Leg, LineRow, Week
from doseline.report.markup import Markup, el, join, link
from doseline.report.numerals import SPACE, activity, hour
from doseline.report.palette import BARS, EDGE, GRID, INK, LINES, PAPER, QUIET, WEEKEND

_WIDTH, _GUTTER, _HEAD = 1000, 150, 26
_BAR_HIGH, _LABEL_HIGH, _LEG_HIGH, _PAD = 16, 18, 17, 8
_CHARACTER = 6.3  # mean width of a character of the labels, in pixels
MAKE, QC, RELEASE, ISOTOPE, ROAD = BARS[0], BARS[3], BARS[2], LINES[1], QUIET


def week_svg(week: Week, programme: Programme) -> Markup:
    """One week of the board. Every bar is a link to the row of its batch."""
    parts: list[Markup] = []
    top = float(_HEAD)
    for row in week.rows:
        high = _row_high(row)
        parts += [_row_head(row, top, week), *_row_bars(row, top, week, programme)]
        top += high
        parts.append(_rule(0, top, _WIDTH, top, EDGE))
    batches = sum(len(r.bars) for r in week.rows)
    said = f"Week of {week.monday:%d %B %Y}: {batches} planned batches, rows are lines"
    return el(
        "svg",
        patterns(week.prefix + week.monday.isoformat()),
        _days(week, top),
        *parts,
        class_="chart board",
        viewBox=f"0 0 {_WIDTH} {top + 1:g}",
        role="group",
        aria_label=said,
        font_family="system-ui, sans-serif",
    )


def _x(day: float, week: Week) -> float:
    share = (day - week.first_day) / (week.last_day - week.first_day)
    return round(_GUTTER + share * (_WIDTH - _GUTTER), 1)


def _row_high(row: LineRow) -> float:
    return max(sum(_bar_high(b) for b in row.bars) + _PAD, 44.0)


def _bar_high(bar: Bar) -> float:
    return _LABEL_HIGH + _BAR_HIGH + 4 + len(bar.legs) * _LEG_HIGH + _PAD


def patterns(key: str) -> Markup:
    """Hatching for QC, dots for release: the kinds are told apart without colour."""
    return el(
        "defs",
        Markup(
            f'<pattern id="qc-{key}" width="6" height="6" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{PAPER}"/>'
            f'<rect width="3" height="6" fill="{QC}"/></pattern>'
            f'<pattern id="release-{key}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<rect width="6" height="6" fill="{PAPER}"/>'
            f'<circle cx="3" cy="3" r="1.8" fill="{RELEASE}"/></pattern>'
        ),
    )


def _days(week: Week, bottom: float) -> Markup:
    parts = []
    wide = _x(1, week) - _x(0, week)
    for day in range(week.first_day, week.last_day):
        on, x = week.monday + timedelta(days=day), _x(day, week)
        if on.weekday() >= 5:
            parts.append(
                el("rect", x=x, y=0, width=round(wide, 1), height=f"{bottom:g}", fill=WEEKEND)
            )
        parts.append(_rule(x, 0, x, bottom, GRID))
        name = f"{on:%a} {on.day} {on:%b}" if wide >= 64 else f"{on:%a} {on.day}"
        parts.append(_text(x + 5, 17, name, 12, QUIET if on.weekday() >= 5 else INK))
    parts.append(_rule(0, _HEAD, _WIDTH, _HEAD, EDGE))
    return el("g", *parts, aria_hidden="true")


def _row_head(row: LineRow, top: float, week: Week) -> Markup:
    zone = row.zone.rpartition("/")[2].replace("_", " ")
    parts = [
        _text(0, top + 18, _short(row.line, 22), 12.5, INK, weight="bold"),
        _text(0, top + 33, _short(f"{row.plant}", 24), 11, QUIET),
    ]
    if row.bars:
        parts.append(_text(0, top + 47, _short(f"{zone} time", 24), 11, QUIET))
    else:
        parts.append(_text(_x(0, week) + 5, top + 26, "no batch planned", 12, QUIET))
    return el("g", *parts)


def _row_bars(row: LineRow, top: float, week: Week, programme: Programme) -> list[Markup]:
    parts = []
    y = top + _PAD / 2
    for bar in row.bars:
        parts.append(_bar(bar, row, y, week, programme))
        y += _bar_high(bar)
    return parts


def _bar(bar: Bar, row: LineRow, y: float, week: Week, programme: Programme) -> Markup:
    key = week.prefix + week.monday.isoformat()
    label = _label(bar, row, programme)
    y_bar = y + _LABEL_HIGH
    parts = [
        _stretch(bar.charge, bar.eos, y_bar, MAKE, MAKE, week),
        _stretch(bar.eos, bar.qc_end, y_bar, f"url(#qc-{key})", QC, week),
        _stretch(bar.qc_end, bar.released, y_bar, f"url(#release-{key})", RELEASE, week),
        _label_text(bar, label, y + 13, week),
    ]
    if bar.isotope is not None:
        x = _x(bar.isotope, week)
        arrow = f"M{x - 6:g} {y_bar + 1:g}h12l-6 12z"
        parts.append(el("path", d=arrow, fill=ISOTOPE, class_="isotope"))
        parts.append(_rule(x, y_bar + 7, _x(bar.charge, week), y_bar + 7, ISOTOPE, dash="2 2"))
    below = y_bar + _BAR_HIGH + 4
    legs = (_leg(leg, below + i * _LEG_HIGH, week) for i, leg in enumerate(bar.legs))
    return el("g", link(f"{week.prefix}batch-{bar.number}", *parts, class_="bar"), *legs)


def _label(bar: Bar, row: LineRow, programme: Programme) -> tuple[str, str]:
    batch = bar.batch
    vials = f"{batch.vials}{SPACE}{'vial' if batch.vials == 1 else 'vials'}"
    eos = f"at EOS {hour(programme.clock, batch.eos_at, row.zone)}"
    held = f"{activity(batch.bulk_mbq)} {eos}" if batch.bulk_mbq > 0 else f"cold, {eos}"
    return f"B{bar.number}", f"{vials}, {held}"


def _label_text(bar: Bar, label: tuple[str, str], y: float, week: Week) -> Markup:
    width = _CHARACTER * (len(label[0]) + len(label[1]) + 2)
    start = _x(bar.charge, week)
    at_end = start + width > _WIDTH
    return el(
        "text",
        el("tspan", label[0], font_weight="bold"),
        join(" "),
        el("tspan", label[1]),
        x=_WIDTH - 2 if at_end else start,
        y=f"{y:g}",
        font_size=12,
        fill=INK,
        text_anchor="end" if at_end else None,
    )


def _stretch(
    from_day: float, until_day: float, y: float, fill: str, edge: str, week: Week
) -> Markup:
    x = _x(from_day, week)
    return el(
        "rect",
        x=x,
        y=f"{y:g}",
        width=round(max(_x(until_day, week) - x, 1.5), 1),
        height=_BAR_HIGH,
        fill=fill,
        stroke=edge,
        stroke_width=1.2,
    )


def _leg(leg: Leg, y: float, week: Week) -> Markup:
    middle = y + 7
    last = max(leg.received)
    parts = [_rule(_x(leg.leaves, week), middle, _x(last, week), middle, ROAD, width=2)]
    for received in sorted(set(leg.received)):
        x = _x(received, week)
        parts.append(_rule(x, middle - 5, x, middle + 5, ROAD, width=2))
    for used in sorted(set(leg.used)):
        x = _x(used, week)
        diamond = f"M{x:g} {middle - 5:g}l5 5l-5 5l-5 -5z"
        parts.append(el("path", d=diamond, fill=PAPER, stroke=INK, stroke_width=1.3))
    said = _leg_says(leg)
    start = _x(leg.leaves, week)
    room = start - _GUTTER
    if _CHARACTER * len(said) < room:
        parts.append(_text(start - 7, middle + 4, said, 11.5, INK, anchor="end"))
    else:
        after = max(_x(d, week) for d in (last, *leg.used)) + 9
        fits = after + _CHARACTER * len(said) < _WIDTH
        shown = said if fits else f"{leg.doses}"
        parts.append(
            _text(
                after if fits else start - 7,
                middle + 4,
                shown,
                11.5,
                INK,
                anchor="start" if fits else "end",
            )
        )
    return el("g", *parts)


def _leg_says(leg: Leg) -> str:
    doses = f"{leg.doses} {'dose' if leg.doses == 1 else 'doses'}"
    where = ", ".join(leg.sites)
    if len(where) > 30:
        where = f"{len(leg.sites)} sites" if len(leg.sites) > 1 else _short(where, 30)
    return f"{doses} to {where}"


def _short(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}\u2026"


def _text(
    x: float,
    y: float,
    said: str,
    size: float,
    colour: str,
    *,
    anchor: str | None = None,
    weight: str | None = None,
) -> Markup:
    return el(
        "text",
        said,
        x=f"{x:g}",
        y=f"{y:g}",
        font_size=size,
        fill=colour,
        text_anchor=anchor,
        font_weight=weight,
    )


def _rule(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    colour: str,
    *,
    width: float = 1,
    dash: str | None = None,
) -> Markup:
    return el(
        "line",
        x1=f"{x1:g}",
        y1=f"{y1:g}",
        x2=f"{x2:g}",
        y2=f"{y2:g}",
        stroke=colour,
        stroke_width=width,
        stroke_dasharray=dash,
    )
