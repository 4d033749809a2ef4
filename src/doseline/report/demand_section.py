"""The pages of the demand: all of it, each trial and market, products, paths, and the method."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from doseline import __version__
from doseline.demand import ProductDemand
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report import words
from doseline.report.demand_figures import Column, bands_rows, bands_table, demand_figure
from doseline.report.forecast_section import forecasts_section
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.protocol_section import protocol_section, protocols_table
from doseline.report.tables import Group, Row, folded, table
from doseline.studies.demand_picture import DemandPicture, PathDemand, PathsDemand


def demand_sections(picture: DemandPicture, programme: Programme) -> list[Markup]:
    """Every section of the report of a demand, in the order of `demand_contents`."""
    sections = [_all_section(picture)]
    if picture.protocols:
        sections.append(_protocols_section(picture))
        sections += [
            protocol_section(p, i, programme.currency) for i, p in enumerate(picture.protocols, 1)
        ]
    if picture.products:
        sections.append(_products_section(picture, programme))
    if picture.paths is not None:
        sections.append(_paths_section(picture.paths, picture, programme))
    if picture.risks:
        sections.append(_risks_section(picture, programme))
    if picture.forecasts:
        sections.append(forecasts_section(picture.forecasts, programme))
    return [*sections, _method_section(picture, programme)]


def demand_contents(picture: DemandPicture) -> list[tuple[str, str]]:
    """The anchors of those sections and what they are called in the contents."""
    parts = (
        ("all", "All demand", True),
        ("protocols", "Trials and markets", bool(picture.protocols)),
        ("products", "Products", bool(picture.products)),
        ("paths", "Paths", picture.paths is not None),
        ("risks", "Risks", bool(picture.risks)),
        ("forecasts", "Enrolment", bool(picture.forecasts)),
        ("method", "Method", True),
    )
    return [(anchor, said) for anchor, said, there in parts if there]


def launch_of(picture: DemandPicture) -> date | None:
    """The month in which the first market asks for its first dose; None without a market."""
    first = [p.months[0].from_on for p in picture.protocols if p.kind == "market" and p.months]
    return min(first) if first else None


def scenario_name(picture: DemandPicture, programme: Programme) -> str | None:
    """The name in print of the scenario whose shocks hit this demand."""
    return next((s.name for s in programme.scenarios if s.id == picture.scenario), picture.scenario)


def orders_in_words(picture: DemandPicture) -> str:
    """How many orders a future asks for, as its median and the middle 90 % of futures."""
    b = picture.orders
    return (
        f"From {n.span(picture.from_on, picture.until_on)} a future asks for "
        f"{n.about(b.median)} dose orders in the median; nine of ten futures ask for "
        f"{n.about(b.low_90)} to {n.about(b.high_90)}"
    )


def _all_section(picture: DemandPicture) -> Markup:
    heading = el("h2", "All demand, as written")
    if not picture.months:
        days = n.span(picture.from_on, picture.until_on)
        return el("section", heading, el("p", f"No dose is asked for from {days}."), id="all")
    launch = launch_of(picture)
    return el(
        "section",
        heading,
        el("p", f"{orders_in_words(picture)}.", class_="lead"),
        el("p", words.BANDS),
        demand_figure("all-months", "All dose orders a month", picture.months, "month", launch),
        demand_figure("all-weeks", "All dose orders a week", picture.weeks, "week", launch),
        folded(
            "The whole span in numbers",
            bands_table(
                "All orders of a future", [("Orders", picture.orders, n.about)], "all-span"
            ),
        ),
        id="all",
    )


def _protocols_section(picture: DemandPicture) -> Markup:
    return el(
        "section",
        el("h2", "Trials and markets"),
        el(
            "p",
            "Each begins as written here. Orders and patients are those of a whole future; orders "
            "that patient or site cancelled count apart.",
        ),
        protocols_table(picture.protocols, linked=True),
        id="protocols",
    )


def _products_section(picture: DemandPicture, programme: Programme) -> Markup:
    heads = ("A whole future", "Orders", "GBq at the infusion", "mCi at the infusion")
    return el(
        "section",
        el("h2", "Products"),
        el(
            "p",
            "Activity is that of the doses at the infusion. What must be made is more: it decays "
            "on the way.",
        ),
        table(
            "Orders and activity of each product in a whole future",
            heads,
            [_product(p, programme) for p in picture.products],
            numbers=(1, 2, 3),
            id_="products-table",
            quiet=True,
        ),
        id="products",
    )


def _product(found: ProductDemand, programme: Programme) -> Group:
    known = programme.product.get(found.product)
    cold = known is not None and not known.decays
    columns: list[Column] = [
        ("Orders", found.orders, n.about),
        ("GBq", found.activity_mbq, n.gbq),
        ("mCi", found.activity_mbq, n.mci),
    ]
    rows = bands_rows(columns[:1] if cold else columns)
    if cold:
        rows = tuple(Row((*r.cells, "none", "none")) for r in rows)
    return Group(known.name if known else found.product, rows)


def _paths_section(found: PathsDemand, picture: DemandPicture, programme: Programme) -> Markup:
    heads = ("Way through the stages", "Share of futures", "Stated chance", "Orders of a future")
    rows = [_path_row(p, programme) for p in found.paths]
    whole = found.orders
    chart = (
        demand_figure("paths-months", "Dose orders a month, over all paths", found.months, "month",
                      launch_of(picture))
        if found.months
        else None
    )  # fmt: skip
    return el(
        "section",
        el("h2", "Over all paths through the stages"),
        el(
            "p",
            f"Here a trial or market begins only if the stage before it succeeded. Over all paths "
            f"the dose orders of a future are {n.futures(whole)}, and {n.about(whole.mean)} on "
            "average.",
        ),
        table(
            "Ways through the stages: shares with 95 % intervals; orders as the median and the "
            "middle 90 % of the futures that take it",
            heads, rows, numbers=(1, 2, 3), stacked=True, id_="ways",
        ),
        chart,
        folded(
            "All paths together in numbers",
            bands_table("All orders of a future, over all paths", [("Orders", whole, n.about)],
                        "paths-span"),
        ),
        el("p", words.NO_PREDICTION, class_="note"),
        id="paths",
    )  # fmt: skip


def _path_row(path: PathDemand, programme: Programme) -> Row:
    names = {s.id: s.name for s in programme.stages}

    def named(stages: Sequence[str]) -> str:
        return ", ".join(names.get(s, s) for s in stages)

    ends = f"Stops at {named(path.ended_at)}" if path.ended_at else "Every stage succeeds"
    before = f"succeeded: {named(path.succeeded)}" if path.succeeded else "no stage succeeded"
    stated: Child = "a trial\u2019s own rule decides"
    if path.stated is not None:
        stated = n.chance(path.stated)
    return Row(
        (
            join(el("b", ends), el("span", before, class_="sub")),
            n.shares(path.share),
            stated,
            join(
                n.spread(path.orders),
                el("span", f"{n.about(path.orders.mean)} on average", class_="sub"),
            ),
        )
    )


def _risks_section(picture: DemandPicture, programme: Programme) -> Markup:
    heads = ("Risk", "If all begins as written", "Over all paths", "A market asks for a dose")
    staged = bool(programme.stages)
    rows = [
        Row(
            (
                join(
                    el("b", risk.name),
                    words.hindsight() if risk.hindsight else None,
                    el("span", risk.why, class_="sub"),
                ),
                n.figure(risk.as_written, _change, _change),
                n.figure(risk.difference, _change, _change) if staged else "",
                n.shares(risk.markets),
            )
        )
        for risk in picture.risks
    ]
    return el(
        "section",
        el("h2", "What the risks do to the demand"),
        el(
            "p",
            "Each scenario that hits trials, markets or stages, under the same luck as without it: "
            "the change of the dose orders of a future, on average, with its 95 % interval.",
        ),
        table(
            "Change of the dose orders of a future by risk",
            heads,
            rows,
            numbers=(1, 2, 3),
            stacked=True,
            id_="changes",
        ),
        id="risks",
    )


def _change(orders: float) -> str:
    return f"{'+' if orders > 0 else ''}{n.about(orders)}"


def _method_section(picture: DemandPicture, programme: Programme) -> Markup:
    facts: list[tuple[str, Child]] = [
        ("Seed", str(picture.seed)),
        ("Futures", f"{picture.samples:,}"),
        ("Days", n.span(picture.from_on, picture.until_on)),
        ("As of", n.day(picture.as_of_on)),
        ("Scenario", scenario_name(picture, programme) or "none"),
        ("Doseline", __version__),
        ("Programme file", programme.file or "made in Python"),
    ]
    return el(
        "section",
        el("h2", "How this was computed"),
        el(
            "dl",
            *(el("div", el("dt", name), el("dd", said)) for name, said in facts),
            class_="facts",
        ),
        el("ul", *(el("li", line) for line in (*picture.method, words.NO_PREDICTION))),
        el("p", link("all", "Back to all demand"), class_="note"),
        id="method",
    )
