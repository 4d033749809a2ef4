"""What each further supplier buys, split by cause."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report.figures import figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Markup, el, join
from doseline.report.palette import BARS
from doseline.report.tables import Row, table
from doseline.studies.suppliers.bought import Bought, Suppliers
from doseline.studies.suppliers.causes import MEANS, SAID


def suppliers_section(found: Suppliers, currency: str) -> Markup:
    """A waterfall for each supplier after the first, and the table of its numbers."""
    order = ", ".join(SAID[c] for c in found.order)
    how = (
        "Each part is the mean over every order in which the causes can be switched on "
        "(its Shapley value)."
        if found.shapley
        else f"The causes are switched on one after the other, in this order: {order}. In "
        "another order the parts would differ, their sum would not."
    )
    return el(
        "section",
        el("h2", "What a second supplier buys"),
        el(
            "p",
            f"{found.name}: suppliers are added one after the other, and the gain in OTIF is split "
            f"by what causes it. {how} Every world and every number of suppliers meets the same "
            "patients and the same luck; intervals are of paired differences.",
        ),
        *(_bought(i, b, found, currency) for i, b in enumerate(found.bought)),
        _meanings(found),
        id="suppliers",
    )


def _bought(place: int, row: Bought, found: Suppliers, currency: str) -> Markup:
    def draw(charts: ModuleType, width: int) -> list[Any]:
        return [charts.waterfall(_stairs(charts, row, found.names, width), width)]

    return figure(
        f"supplier-{place}",
        f"{found.names[row.supplier]}, beside {_beside(row, found.names)}",
        _says(row, found.names, currency),
        _numbers(place, row, currency),
        draw,
        legend=legend(
            (swatch(BARS[2]), "adds"),
            (swatch(BARS[1]), "takes away"),
            (swatch(BARS[6]), "OTIF before and after"),
            (Markup(""), "thin line: 95 % interval of the step"),
        ),
        note=f"{found.replications} futures of each world. The axis does not begin at 0.",
        shown=True,
    )


def _beside(row: Bought, names: Mapping[str, str]) -> str:
    return " and ".join(names[s] for s in row.beside)


def _stairs(charts: ModuleType, row: Bought, names: Mapping[str, str], width: int) -> list[Any]:
    def stair(name: str, says: str, *values: float, kind: str) -> Any:
        return charts.Stair(charts.fitted(name, width, says), says, *values, kind)

    before, after = row.before, row.after
    at = before.mean
    stairs = [
        stair(
            f"without {names[row.supplier]}", n.percent(at), at, at, before.low, before.high,
            kind="whole",
        )
    ]  # fmt: skip
    for part in row.parts:
        to = at + part.otif.mean
        low, high = at + part.otif.low, at + part.otif.high
        kind = "up" if part.otif.mean >= 0.0 else "down"
        says = n.plain_points(part.otif.mean)
        stairs.append(stair(SAID[part.cause], says, at, to, low, high, kind=kind))
        at = to
    stairs.append(
        stair(
            "with it", n.percent(after.mean), after.mean, after.mean, after.low, after.high,
            kind="whole",
        )
    )  # fmt: skip
    return stairs


def _says(row: Bought, names: Mapping[str, str], currency: str) -> str:
    most = max(row.parts, key=lambda p: abs(p.otif.mean))
    text = (
        f"{names[row.supplier]} takes OTIF from {n.percent(row.before.mean)} to "
        f"{n.percent(row.after.mean)}, mostly by {SAID[most.cause]} "
        f"({n.plain_points(most.otif.mean)}). It costs {n.money(row.cost.mean, currency)} more"
    )
    if row.cost_per_dose is not None:
        return f"{text}, {n.money(row.cost_per_dose, currency)} for each further dose on time."
    return f"{text}; that it gives more doses on time is not beyond doubt."


def _numbers(place: int, row: Bought, currency: str) -> Markup:
    rows = [Row((SAID[p.cause], n.points(p.otif), n.counts(p.doses, plus=True))) for p in row.parts]
    rows.append(Row((el("b", "all together"), n.points(row.gain), n.counts(row.doses, plus=True))))
    cost = table(
        "What it costs, in the days of the question",
        ("Cost", "Amount"),
        [
            Row(("before", n.amounts(row.cost_before, currency))),
            Row(("more with it", n.amounts(row.cost, currency))),
            Row(
                (
                    "for each further dose on time",
                    n.money(row.cost_per_dose, currency)
                    if row.cost_per_dose is not None
                    else "no further dose beyond doubt",
                )
            ),
        ],
        numbers=(1,),
        id_=f"supplier-{place}-cost",
    )
    return join(
        table(
            "The gain by cause, with 95 % intervals",
            ("Cause", "OTIF", "Doses on time, a future"),
            rows,
            numbers=(1, 2),
            id_=f"supplier-{place}-parts",
        ),
        cost,
    )


def _meanings(found: Suppliers) -> Markup:
    causes = ("capacity", *found.order)
    return el(
        "dl", *(join(el("dt", SAID[c]), el("dd", f"{MEANS[c]}.")) for c in causes), class_="causes"
    )
