"""One trial, market or standing demand: what it asks for, and the rule that its size follows."""

from __future__ import annotations

from collections.abc import Sequence

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.demand_figures import Column, bands_table, demand_figure
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.tables import Row, folded, table
from doseline.studies.demand_picture import ProtocolDemand
from doseline.studies.figures import Figure
from doseline.studies.trial_rules import RuleFigure, RuleSays

KINDS = {"trial": "trial", "market": "market", "standing": "standing demand"}
_CANCELLED = {
    "before_lock": "before the lock",
    "before_production": "before production",
    "after_production": "after production",
}


def protocols_table(protocols: Sequence[ProtocolDemand], *, linked: bool) -> Markup:
    """A row for each trial and market: patients, orders, doses a week, cancelled."""
    heads = (
        "Trial or market", "Patients", "Orders", "Orders a week, mean", "Cancelled, mean",
    )  # fmt: skip
    rows = [
        Row(
            (
                join(
                    link(anchor(i), el("b", p.name)) if linked else el("b", p.name),
                    el("span", KINDS.get(p.kind, p.kind), class_="sub"),
                    words.rests_on(p.rests_on),
                ),
                _patients(p),
                n.spread(p.orders),
                n.rates(p.a_week),
                n.about(sum(v for _, v in p.cancelled)),
            )
        )
        for i, p in enumerate(protocols, 1)
    ]
    caption = (
        "Patients and orders: the median, and the middle 90 % of the futures. Orders a week, from "
        "the first order to the last: the mean with its 95 % interval"
    )
    return table(caption, heads, rows, numbers=(1, 2, 3, 4), stacked=True, id_="protocols-table")


def anchor(place: int) -> str:
    """The anchor of the section of a trial or market, by its place in the picture."""
    return f"protocol-{place}"


def protocol_section(found: ProtocolDemand, place: int, currency: str) -> Markup:
    """One trial or market by month and week, in words and numbers, with its rule."""
    key = anchor(place)
    columns: list[Column] = [("Orders", found.orders, n.about)]
    if found.kind != "standing":
        columns.insert(0, ("Patients", found.patients, n.about))
    figures = [
        demand_figure(f"{key}-{unit}s", f"Orders a {unit}", rows, unit)
        for unit, rows in (("month", found.months), ("week", found.weeks))
        if rows
    ]
    return el(
        "section",
        el("h2", found.name),
        _facts(found, currency),
        *figures,
        folded(
            "A whole future in numbers",
            bands_table(f"A whole future of {found.name}", columns, f"{key}-span"),
        ),
        _rule(found.rule, key) if found.rule else None,
        id=key,
    )


def _patients(found: ProtocolDemand) -> Child:
    return "none" if found.kind == "standing" else n.spread(found.patients)


def _facts(found: ProtocolDemand, currency: str) -> Markup:
    facts: list[tuple[str, Child]] = [
        ("Its futures rest on", words.rests_on(found.rests_on)),
        ("Orders of a future", n.futures(found.orders)),
        (
            "Orders a week, first to last",
            join(n.rates(found.a_week), el("span", "mean and its 95 % interval", class_="sub")),
        ),
        ("Cancelled, not among the orders", _cancelled(found)),
    ]
    if found.fees is not None:
        facts.append(("Fees of the sites for cancelling", _fees(found.fees, currency)))
    if found.kind != "standing":
        facts.insert(1, ("Patients of a future", n.futures(found.patients)))
    if found.screened is not None:
        facts.insert(2, ("Screened for them", f"{n.about(found.screened)}, on average"))
    return el(
        "dl",
        *(el("div", el("dt", name), el("dd", said)) for name, said in facts),
        class_="facts",
    )


def _cancelled(found: ProtocolDemand) -> str:
    if not any(v for _, v in found.cancelled):
        return "none"
    some = ((_CANCELLED.get(k, words.named(k)), v) for k, v in found.cancelled)
    return ", ".join(f"{n.about(v)} {when}" for when, v in some) + ", on average"


def _fees(fees: Figure, currency: str) -> Child:
    """What the sites owe in a future, on average, with the interval of that mean."""
    return join(
        n.amounts(fees, currency),
        el("span", "a future on average, and its 95\u00a0% interval", class_="sub"),
    )


def _rule(rule: RuleSays, key: str) -> Markup:
    rows = [Row((f.name, _rule_figure(f))) for f in rule.figures]
    heads = ("How it turns out", "Value")
    turns_out = table(
        f"How the rule turns out: {rule.name}", heads, rows, numbers=(1,), id_=f"{key}-rule",
        quiet=True,
    )  # fmt: skip
    return join(
        el("h3", f"Its rule: {rule.name}"),
        el("ul", *(el("li", line) for line in rule.boundaries)),
        el("div", turns_out, class_="slim") if rows else None,
        el(
            "p", f"{rule.method[:1].upper()}{rule.method[1:]}. {words.NO_PREDICTION}", class_="note"
        ),
        el("p", f"{rule.as_played}.", class_="note") if rule.as_played else None,
    )


def _rule_figure(found: RuleFigure) -> Markup:
    value, counted = found.value, found.kind == "number"
    if value.low == value.high:
        shown = n.about(value.mean) if counted else n.percent(value.mean)
        return el("span", el("b", shown), class_="fig")
    return n.figure(value, n.about, n.about) if counted else n.shares(value)
