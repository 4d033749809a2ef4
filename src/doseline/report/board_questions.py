"""Weeks in the middle of each question, planned: what becomes of the orders, and one week drawn."""

from __future__ import annotations

from datetime import timedelta

from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report.board import Week, weeks
from doseline.report.board_section import batches_table, week_block
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.tables import Row, folded, table
from doseline.report.verdict import design_name
from doseline.studies.assessment import Assessment, BoardPlan


def weeks_section(assessment: Assessment, programme: Programme) -> Markup:
    """How the weeks in the middle of each question come out, with the fullest week of each."""
    boards = assessment.boards
    design = design_name(assessment, boards[0].design)
    return el(
        "section",
        el("h2", "A week of each question"),
        el(
            "p",
            f"One draw of the orders of all protocols together, planned under {design} in the "
            "middle of each question; questions with the same middle share their weeks. The "
            "busiest week of each is drawn below, with the doses that come late or not at all in "
            "it and why.",
        ),
        _table(boards, programme),
        *(_block(number, plan, programme) for number, plan in enumerate(boards) if number > 0),
        id="weeks",
        class_="wide-paper",
    )


def _table(boards: tuple[BoardPlan, ...], programme: Programme) -> Markup:
    heads = (
        "Question", "Weeks", "Orders", "Of the question", "Met", "Moved", "Unmet", "Batches", "Gap"
    )  # fmt: skip
    return table(
        "Orders of all protocols in the weeks in the middle of each question",
        heads,
        [_row(number, plan, programme) for number, plan in enumerate(boards)],
        numbers=range(2, len(heads)),
        stacked=True,
    )


def _row(number: int, plan: BoardPlan, programme: Programme) -> Row:
    own = _own(plan, programme)
    met = len(plan.schedule.allocations)
    return Row(
        (
            link(f"weeks-{number}" if number else "board", _name(plan, programme)),
            n.span(plan.from_on, plan.until_on),
            str(len(plan.orders)),
            str(sum(1 for o in plan.orders if o.protocol in own)),
            str(met),
            str(len(plan.moved)),
            str(len(plan.schedule.unmet)),
            str(len(plan.schedule.batches)),
            n.small_percent(plan.gap),
        )
    )


def _own(plan: BoardPlan, programme: Programme) -> set[str]:
    """The protocols that the questions of a board are about."""
    return {p for q in programme.questions if q.id in plan.questions for p in q.protocols}


def _name(plan: BoardPlan, programme: Programme) -> str:
    names = {q.id: q.name for q in programme.questions}
    return "; ".join(names.get(q, q) for q in plan.questions)


def _block(number: int, plan: BoardPlan, programme: Programme) -> Markup:
    """The busiest week of a board, folded away."""
    prefix = f"w{number}-"
    week = busiest(plan, weeks(plan, programme, prefix))
    bars = [bar.number for row in week.rows for bar in row.bars]
    caption = f"Batches of the week of {n.day(week.monday)}, in local time of their plant"
    title = f"{_name(plan, programme)}: the week of {n.day(week.monday)}"
    batches = batches_table(caption, plan, bars, programme, prefix) if bars else Markup("")
    return el(
        "div",
        folded(title, week_block(week, programme), batches, _late(plan, week, programme)),
        id=f"weeks-{number}",
    )


def busiest(plan: BoardPlan, found: tuple[Week, ...]) -> Week:
    """The week in which most doses are wanted, the first of those alike."""
    return max(found, key=lambda week: len(_wanted(plan, week)))


def _wanted(plan: BoardPlan, week: Week) -> list[DoseOrder]:
    until = week.monday + timedelta(days=7)
    return [o for o in plan.orders if week.monday <= o.wanted_on < until]


def _late(plan: BoardPlan, week: Week, programme: Programme) -> Markup:
    """The orders wanted in a week that are unmet or moved, each with its reason."""
    unmet = {u.order: u.reason for u in plan.schedule.unmet}
    moved = {m.order: m for m in plan.moved}
    rows = []
    for order in sorted(_wanted(plan, week), key=lambda o: (o.wanted_on, o.id)):
        site = programme.site.get(order.site)
        given: Child = "not at all"
        if order.id in moved:
            given, reason = n.day(moved[order.id].use_on), moved[order.id].reason
        elif order.id in unmet:
            reason = unmet[order.id]
        else:
            continue
        where = site.name if site else order.site
        rows.append(Row((order.id, where, n.day(order.wanted_on), given, reason)))
    if not rows:
        return el("p", "Every order of this week is met on the day wanted.")
    return join(
        table(
            "Orders wanted in this week that are moved or unmet",
            ("Order", "Site", "Wanted on", "Given on", "Reason"),
            rows,
            quiet=True,
        )
    )
