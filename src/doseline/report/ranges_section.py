"""Which assumptions move the verdict: inputs over their stated ranges."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.figures import figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Markup, el, join
from doseline.report.palette import BARS, INK, TARGET_COLOUR
from doseline.report.tables import Group, Row, folded, table
from doseline.studies.assessment import Assessment
from doseline.studies.ranges.found import Effect, End, Sensitivity

_MOST_BARS = 15


def ranges_section(assessment: Assessment) -> Markup:
    """For each question that was looked at: a tornado, and every input in a table."""
    found = assessment.ranges
    return el(
        "section",
        el("h2", "Which assumptions move the verdict"),
        el(
            "p",
            "Each input that states a range is moved to its low end and to its high end, the "
            "others as they are; inputs that are alike go together. Every run meets the same "
            "patients and the same luck, so changes are paired, future by future. Two inputs that "
            "are wrong together are not looked at.",
        ),
        *(_question(one, assessment.currency) for one in found),
        _without(found[0]),
        id="ranges",
    )


def _question(found: Sensitivity, currency: str) -> Markup:
    moving = [e for e in found.effects if e.swing > 0.0][:_MOST_BARS]

    def draw(charts: ModuleType, width: int) -> list[Any]:
        swings = [_swing(charts, e, width) for e in moving]
        return [charts.tornado(swings, found.base.otif.mean, found.target, width)]

    return figure(
        f"ranges-{found.question}",
        found.name,
        _says(found),
        join(_moved(found, currency), _still(found)),
        draw if moving else None,
        legend=_key(found),
        note=_futures(found)
        + (
            f" The {_MOST_BARS} widest are drawn; the table has all."
            if len([e for e in found.effects if e.swing > 0.0]) > _MOST_BARS
            else ""
        ),
        shown=True,
    )


def _futures(found: Sensitivity) -> str:
    """How many futures stand behind the base and behind the changes; where they differ, both."""
    either = f"{found.replications} futures at either end of each range"
    if found.base_replications <= found.replications:
        return (
            f"{either}, and as many as the file stands, on the days of the question alone; so the "
            "OTIF here may differ a little from that of the verdict."
        )
    return (
        f"{either}. Each change is paired with the first {found.replications} of the "
        f"{found.base_replications} futures of the verdict, and added to the verdict's own figure."
    )


def _swing(charts: ModuleType, effect: Effect, width: int) -> Any:
    says = f"L {n.percent(effect.low.otif.mean)}, H {n.percent(effect.high.otif.mean)}"
    mark = " *" if effect.moves else ""
    name = charts.fitted(f"{effect.range.name}{mark}", width, says)
    return charts.Swing(name, says, effect.low.otif.mean, effect.high.otif.mean)


def _says(found: Sensitivity) -> str:
    base = (
        f"OTIF is {n.percent(found.base.otif.mean)} as the file stands, the target "
        f"{n.percent(found.target)}."
    )
    widest = next((e for e in found.effects if e.swing > 0.0), None)
    if widest is None:
        return f"{base} No stated range moves it."
    text = (
        f"{base} Most is moved by {widest.range.name}: {n.percent(widest.low.otif.mean)} at its "
        f"low end, {n.percent(widest.high.otif.mean)} at its high end."
    )
    moving = found.moving
    if not moving:
        return f"{text} No single range moves the verdict, {_verdict(found.base)}."
    names = ", ".join(e.range.name for e in moving)
    return f"{text} The verdict, {_verdict(found.base)}, is moved by: {names}."


def _verdict(end: End) -> str:
    return {True: "sufficient", False: "not sufficient", None: "undecided"}[end.sufficient]


def _key(found: Sensitivity) -> Markup:
    return legend(
        (swatch(BARS[0], letter="L"), "at the low end"),
        (swatch(BARS[1], letter="H"), "at the high end"),
        (_tick(INK), f"as the file stands, {n.percent(found.base.otif.mean)}"),
        (_tick(TARGET_COLOUR), f"target {n.percent(found.target)}"),
        (Markup(""), "* moves the verdict"),
    )


def _tick(colour: str) -> Markup:
    line = el("path", d="M7 1v14", stroke=colour, stroke_width=3)
    return el(
        "svg", line, class_="chart mini", width=14, height=16, viewBox="0 0 14 16",
        aria_hidden="true",
    )  # fmt: skip


def _moved(found: Sensitivity, currency: str) -> Markup:
    groups = [_group(e, currency) for e in found.effects if _any(e)]
    if not groups:
        return join()
    told = table(
        f"{found.name}: inputs over their ranges, changes with 95 % intervals",
        ("Input at", "OTIF", "Headroom", "Cost", "Sufficient"),
        groups,
        numbers=range(1, 4),
        stacked=True,
        id_=f"ranges-{found.question}-numbers",
    )
    if all(None not in (e.low.headroom, e.high.headroom) for e in found.effects):
        return told
    return join(told, el("p", _NO_HEADROOM, class_="note"))


_NO_HEADROOM = (
    "– in the column of the headroom: it was not worked out, as OTIF alone falls short there."
)


def _any(effect: Effect) -> bool:
    moved = effect.swing > 0.0 or effect.cost_swing > 0.0
    rooms = (effect.low.headroom, effect.high.headroom)
    return effect.moves or moved or (None not in rooms and rooms[0] != rooms[1])


def _group(effect: Effect, currency: str) -> Group:
    one = effect.range
    stuck = [*effect.low.stuck, *effect.high.stuck]
    said = [f"stated {one.value}"] if one.alike else []
    said += [f"{len(one.fields)} inputs"] if len(one.fields) > 1 else []
    said += ["moves the verdict"] if effect.moves else []
    said += [f"not moved: {'; '.join(stuck)}"] if stuck else []
    name = join(one.name, el("span", "; ".join(said), class_="sub") if said else None)
    ends = (("low", one.low, effect.low), ("high", one.high, effect.high))
    return Group(name, tuple(_row(w, v if one.alike else "", e, currency) for w, v, e in ends))


def _row(which: str, value: str, end: End, currency: str) -> Row:
    return Row(
        (
            f"{which} end, {value}" if value else f"{which} end of each",
            n.points(end.otif_change),
            "–" if end.headroom is None else f"{end.headroom:.2f}",
            n.amounts(end.cost_change, currency),
            words.verdict(end.sufficient),
        )
    )


def _still(found: Sensitivity) -> Markup:
    still = [e.range.name for e in found.effects if not _any(e)]
    if not still:
        return join()
    return el(
        "p",
        f"Without any effect on this question under this design: {'; '.join(still)}.",
        class_="note",
    )


def _without(found: Sensitivity) -> Markup:
    total = sum(u.inputs for u in found.unstated)
    if not total:
        return el("p", "Every input that is only assumed states its range.")
    return folded(
        f"{total:,} inputs are assumed without a range, and were not moved",
        table(
            "Assumed inputs without a range, by section of the file",
            ("Section", "Inputs"),
            [Row((u.section.replace("_", " "), str(u.inputs))) for u in found.unstated],
            numbers=(1,),
            id_="without-range",
        ),
    )
