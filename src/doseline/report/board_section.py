"""The example plan: its board, how good the plan is, its batches, their doses, what is unmet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report import words
from doseline.report.board import Week, in_order, weeks
from doseline.report.board_svg import ISOTOPE, MAKE, QC, RELEASE, ROAD, patterns, week_svg
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.palette import INK, PAPER
from doseline.report.tables import Group, Row, folded, table
from doseline.studies.assessment import BoardPlan

NO_BOARD = "No stretch of weeks was planned in detail, so there is no board to show."


def board_section(plan: BoardPlan | None, programme: Programme, design: str) -> Markup:
    """The board of planned batches with everything behind it; `design` is its name in print."""
    heading = el("h2", "The board of planned batches")
    if plan is None:
        return el("section", heading, el("p", NO_BOARD), id="board")
    return el(
        "section",
        heading,
        el("p", _opening(plan, design)),
        _standing(plan, programme.currency),
        _key(),
        *(week_block(week, programme) for week in weeks(plan, programme)),
        _batches(plan, programme),
        _doses(plan, programme),
        _unmet(plan, programme),
        id="board",
        class_="wide-paper",
    )


def _opening(plan: BoardPlan, design: str) -> str:
    return (
        f"One draw of the demand of {n.span(plan.from_on, plan.until_on)}, planned in detail under "
        f"{design} as an example of how the operation runs. Each bar links to the row of its "
        "batch; times on the board are local times of the plant."
    )


def _standing(plan: BoardPlan, currency: str) -> Markup:
    clean = "\u2713 none" if plan.breaches == 0 else f"\u2715 {plan.breaches}"
    facts: list[tuple[str, Child]] = [
        ("Status", words.STATUSES.get(plan.status, plan.status)),
        ("Objective", n.money(plan.objective, currency)),
        ("Bound (no plan costs less)", n.money(plan.bound, currency)),
        ("Gap", n.small_percent(plan.gap)),
        ("Breaches found by the independent checker", clean),
        ("Orders", f"{len(plan.orders)}, of which {len(plan.schedule.allocations)} are met"),
        ("Doses moved inside their window", str(len(plan.moved))),
    ]
    rows = (el("div", el("dt", name), el("dd", said)) for name, said in facts)
    return join(
        el("dl", *rows, class_="facts"), el("p", f"Planned by {plan.method}.", class_="note")
    )


def _key() -> Markup:
    def box(fill: str, edge: str) -> Markup:
        return el("rect", x=1, y=2, width=26, height=12, fill=fill, stroke=edge, stroke_width=1.2)

    keys: list[tuple[Markup, str]] = [
        (el("path", d="M7 3h12l-6 12z", fill=ISOTOPE), "isotope delivered and calibrated"),
        (box(MAKE, MAKE), "labelling to end of synthesis (EOS)"),
        (join(patterns("key"), box("url(#qc-key)", QC)), "quality control"),
        (box("url(#release-key)", RELEASE), "release"),
        (
            el("path", d="M1 8h24M25 3v10", stroke=ROAD, stroke_width=2, fill="none"),
            "on the road, up to the receipt",
        ),
        (
            el("path", d="M13 3l5 5l-5 5l-5 -5z", fill=PAPER, stroke=INK, stroke_width=1.3),
            "infusion, for which the dose is calibrated",
        ),
    ]
    items = (
        el(
            "li",
            el(
                "svg",
                drawing,
                class_="chart mini",
                width=28,
                height=16,
                viewBox="0 0 28 16",
                aria_hidden="true",
            ),
            " ",
            said,
        )
        for drawing, said in keys
    )
    return el("ul", *items, class_="legend")


def week_block(week: Week, programme: Programme) -> Markup:
    """A week under its heading, in a frame that scrolls where the page is narrow."""
    number = week.monday.isocalendar()
    title = f"Week {number.week} of {number.year}, from Monday {n.day(week.monday)}"
    if not any(row.bars for row in week.rows):
        return el("div", el("h3", title), el("p", "No batch planned."), class_="week")
    frame = el(
        "div",
        week_svg(week, programme),
        class_="scroll",
        role="region",
        aria_label=f"Board, {title}",
        tabindex="0",
    )
    return el("div", el("h3", title), frame, class_="week")


def _batches(plan: BoardPlan, programme: Programme) -> Markup:
    if not plan.schedule.batches:
        return el("p", "The plan makes no batch.", id="batches")
    caption = f"Batches of {n.span(plan.from_on, plan.until_on)}, in local time of their plant"
    numbers = range(1, len(plan.schedule.batches) + 1)
    return join(el("h3", "Batches", id="batches"), batches_table(caption, plan, numbers, programme))


def batches_table(
    caption: str, plan: BoardPlan, numbers: Collection[int], programme: Programme, prefix: str = ""
) -> Markup:
    """The batches of a board with these numbers; anchors begin with a prefix.

    Where there is one, the doses of a batch are counted and not linked to.
    """
    heads = (
        "Batch", "Line", "Isotope delivered", "Labelling starts", "EOS", "Released",
        "Vials", "Bulk at EOS", "Doses",
    )  # fmt: skip
    doses = Counter(a.batch for a in plan.schedule.allocations)
    rows = []
    for number, batch in enumerate(in_order(plan.schedule.batches), 1):
        if number in numbers:
            many = str(doses[batch.id])
            told = link(f"doses-{number}", many) if doses[batch.id] and not prefix else many
            rows.append(_batch_row(number, batch, told, programme, prefix))
    return table(caption, heads, rows, numbers=(6, 8), stacked=True)


def _batch_row(number: int, batch: Batch, doses: Child, programme: Programme, prefix: str) -> Row:
    plant = programme.manufacturer.get(batch.manufacturer)
    zone = plant.zone if plant else "UTC"
    product = programme.product.get(batch.product)
    source = programme.source.get(batch.source or "")

    def at(minute: int) -> str:
        return n.instant(programme.clock, minute, zone)

    isotope: Child = "none"
    if batch.isotope_at is not None:
        isotope = join(
            at(batch.isotope_at),
            el("br"),
            n.activity(batch.isotope_mbq),
            el("span", source.name if source else batch.source, class_="sub"),
        )
    return Row(
        (
            join(
                el("b", f"B{number}"),
                f" {product.name if product else batch.product}",
                el("span", batch.id, class_="sub"),
            ),
            join(
                el("span", batch.line, class_="whole-word"),
                el("span", plant.name if plant else batch.manufacturer, class_="sub"),
            ),
            isotope,
            at(batch.charge_at),
            at(batch.eos_at),
            at(batch.released_at),
            str(batch.vials),
            n.activity(batch.bulk_mbq) if batch.bulk_mbq > 0 else "none",
            doses,
        ),
        id=f"{prefix}batch-{number}",
    )


def _doses(plan: BoardPlan, programme: Programme) -> Markup:
    orders = {o.id: o for o in plan.orders}
    of_batch: dict[str, list[Allocation]] = {}
    for a in sorted(plan.schedule.allocations, key=lambda a: (a.use_at, a.order)):
        of_batch.setdefault(a.batch, []).append(a)
    groups = [
        Group(
            join("Batch ", link(f"batch-{number}", f"B{number}")),
            tuple(
                _dose_row(a, orders.get(a.order), plan, programme)
                for a in of_batch.get(batch.id, [])
            ),
            id=f"doses-{number}",
        )
        for number, batch in enumerate(in_order(plan.schedule.batches), 1)
        if batch.id in of_batch
    ]
    if not groups:
        return Markup("")
    heads = (
        "Order", "Site", "For", "Leaves the plant", "Received",
        "Infusion, the calibration time", "Dose at that time", "In the vial at EOS",
    )  # fmt: skip
    caption = "Doses of each batch, in local time of the plant where they leave, else of the site"
    return folded(
        f"The {len(plan.schedule.allocations)} doses of these batches",
        table(caption, heads, groups),
    )


def _dose_row(
    allocation: Allocation, order: DoseOrder | None, plan: BoardPlan, programme: Programme
) -> Row:
    clock = programme.clock
    batch = plan.schedule.batch[allocation.batch]
    plant = programme.manufacturer.get(batch.manufacturer)
    shipment = plan.schedule.shipment.get(allocation.shipment)
    site = programme.site.get(order.site if order else shipment.site if shipment else "")
    zone = site.zone if site else "UTC"
    use: Child = n.instant(clock, allocation.use_at, zone)
    if order and clock.day(allocation.use_at, zone) != order.wanted_on:
        use = join(use, el("span", f"wanted {n.day(order.wanted_on)}", class_="sub"))
    leaves = received = "not shipped"
    if shipment:
        leaves = n.instant(clock, shipment.dispatch_at, plant.zone if plant else "UTC")
        received = n.instant(clock, shipment.received_at, zone)
    dose = order.activity_mbq if order else 0.0
    return Row(
        (
            allocation.order,
            site.name if site else order.site if order else n.UNKNOWN,
            _protocol(order, programme),
            leaves,
            received,
            use,
            n.activity(dose) if dose > 0 else "none",
            n.activity(allocation.eos_mbq) if allocation.eos_mbq > 0 else "none",
        )
    )


def _protocol(order: DoseOrder | None, programme: Programme) -> str:
    if order is None:
        return n.UNKNOWN
    found = programme.trial.get(order.protocol) or programme.market.get(order.protocol)
    return f"{found.name if found else order.protocol}, dose {order.course_number}"


def _unmet(plan: BoardPlan, programme: Programme) -> Markup:
    if not plan.schedule.unmet:
        return el("p", "Every order of these weeks is met.")
    orders = {o.id: o for o in plan.orders}
    rows = []
    for unmet in plan.schedule.unmet:
        order = orders.get(unmet.order)
        site = programme.site.get(order.site) if order else None
        rows.append(
            Row(
                (
                    unmet.order,
                    site.name if site else n.UNKNOWN,
                    n.day(order.wanted_on) if order else n.UNKNOWN,
                    unmet.reason,
                )
            )
        )
    return join(
        el("h3", "Orders that no batch serves"),
        table(
            "Orders that no batch serves",
            ("Order", "Site", "Wanted on", "Reason"),
            rows,
            quiet=True,
        ),
    )
