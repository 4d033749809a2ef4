"""The page of a plan: its board week by week, what is unmet or moved, what second chances cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doseline.formats.results import write_text_atomically
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report.board_section import board_section
from doseline.report.markup import Markup, el
from doseline.report.security_svg import security_svg
from doseline.report.shell import document, heading
from doseline.report.tables import Row, table
from doseline.studies.assessment import BoardPlan


def plan_html(plan: BoardPlan, programme: Programme, said: Mapping[str, Any]) -> str:
    """A plan as one HTML document that opens offline; `said` is its `plan.json`."""
    contents = [("board", "The board"), ("moved", "Doses moved")]
    sections = [board_section(plan, programme, plan.design or "the programme"), _moved(said)]
    if said["security"] is not None:
        contents.append(("security", "Second chances"))
        sections.append(_security(said["security"], programme.currency))
    weeks = n.span(plan.from_on, plan.until_on)
    header = heading(
        "Plan",
        programme.name,
        f"The batches of {weeks} under the design ",
        el("b", plan.design or "the programme"),
        f": {said['met']} of {said['orders']} orders met.",
        meta=(f"seed {said['seed']}", f"Doseline {said['doseline']}"),
    )
    closing = f"{programme.name}, {weeks}. Doseline {said['doseline']}, seed {said['seed']}."
    title = f"{programme.name}: the plan of {weeks}"
    return document(title, said["doseline"], header, contents, sections, closing)


def write_plan_page(
    plan: BoardPlan, programme: Programme, said: Mapping[str, Any], path: Path
) -> None:
    """Write the page of a plan, whole or not at all."""
    write_text_atomically(path, plan_html(plan, programme, said))


def _moved(said: Mapping[str, Any]) -> Markup:
    moved = said["moved"]
    if not moved:
        body = el("p", "Every dose is given on the day wanted.")
    else:
        body = table(
            "Doses on another day of their window, and why not on the day wanted",
            ("Order", "Wanted on", "Given on", "Reason"),
            [
                Row((m["order"], n.day(m["wanted_on"]), n.day(m["use_on"]), m["reason"]))
                for m in moved
            ],
            quiet=True,
        )
    return el("section", el("h2", "Doses moved"), body, id="moved")


def _security(security: Mapping[str, Any], currency: str) -> Markup:
    rows = [
        Row(
            (
                n.money(p["price"], currency) if p["price"] else "none",
                n.money(p["cost"], currency),
                n.money(p["added_cost"], currency),
                f"{p['unsecured']} of {security['doses']}",
                str(p["batches"]),
                n.small_percent(p["gap"]) if p["converged"] else "not converged",
            )
        )
        for p in security["points"]
    ]
    heads = ("Price of an unsecured dose", "Cost", "More", "Unsecured", "Batches", "Proven within")
    never = security["never"]
    told = (
        table(
            "Doses that no plan could secure",
            ("Order", "Reason"),
            [Row((u["order"], u["reason"])) for u in never],
            quiet=True,
        )
        if never
        else el("p", "There is no dose that no plan could secure by its days alone.")
    )
    return el(
        "section",
        el("h2", "What second chances cost"),
        el("div", Markup(security_svg(security, currency)), class_="scroll"),
        table("Plans at several prices", heads, rows, numbers=(0, 1, 2, 3, 4)),
        told,
        id="security",
    )
