"""Tables with a caption, scoped headings and rows that can be linked to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from doseline.report.markup import Child, Markup, el, join


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its first cell is its heading. `id` is the anchor that numbers link to."""

    cells: tuple[Child, ...]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading of their own."""

    name: Child
    rows: tuple[Row, ...]
    id: str | None = None


def table(
    caption: str,
    heads: Sequence[Child],
    rows: Iterable[Row | Group],
    *,
    numbers: Iterable[int] = (),
    stacked: bool = False,
    id_: str | None = None,
    quiet: bool = False,
    dense: bool = False,
) -> Markup:
    """A table in a frame that scrolls by itself where the page is narrow.

    `numbers` are the columns set to the right. `stacked` turns rows into cards on a phone, its
    roles said aloud since a restyled table loses them. `quiet` leaves the caption to listeners;
    `dense` sets a wide table small.
    """
    right = frozenset(numbers)
    head = el(
        "tr",
        *(
            el(
                "th",
                h,
                scope="col",
                class_="num" if i in right else None,
                role="columnheader" if stacked else None,
            )
            for i, h in enumerate(heads)
        ),
        role="row" if stacked else None,
    )
    bodies = _bodies(heads, rows, right, stacked)
    whole = el(
        "table",
        el("caption", caption, class_="heard" if quiet else None),
        el("thead", head, role="rowgroup" if stacked else None),
        *bodies,
        class_=" ".join(k for k, on in (("stack", stacked), ("dense", dense)) if on) or None,
        role="table" if stacked else None,
        id=id_,
    )
    return el("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _bodies(
    heads: Sequence[Child], rows: Iterable[Row | Group], right: frozenset[int], stacked: bool
) -> list[Markup]:
    bodies: list[Markup] = []
    loose: list[Markup] = []
    for row in rows:
        if isinstance(row, Row):
            loose.append(_row(row, heads, right, stacked))
            continue
        bodies.append(_group(row, heads, right, stacked))
    if loose:
        bodies.append(el("tbody", *loose, role="rowgroup" if stacked else None))
    return bodies


def _group(group: Group, heads: Sequence[Child], right: frozenset[int], stacked: bool) -> Markup:
    heading = el(
        "th",
        group.name,
        scope="rowgroup",
        colspan=len(heads),
        role="rowheader" if stacked else None,
    )
    return el(
        "tbody",
        el("tr", heading, class_="group", role="row" if stacked else None),
        *(_row(r, heads, right, stacked) for r in group.rows),
        id=group.id,
        role="rowgroup" if stacked else None,
    )


def _row(row: Row, heads: Sequence[Child], right: frozenset[int], stacked: bool) -> Markup:
    cells = []
    for i, cell in enumerate(row.cells):
        first = i == 0
        cells.append(
            el(
                "th" if first else "td",
                cell,
                scope="row" if first else None,
                class_="num" if i in right else None,
                data_label=_plain(heads[i]) if stacked and not first else None,
                role=("rowheader" if first else "cell") if stacked else None,
            )
        )
    return el("tr", *cells, id=row.id, role="row" if stacked else None)


def _plain(head: Child) -> str:
    return "" if isinstance(head, Markup) else str(head)


def folded(summary: Child, *inside: Child, open_: bool = False, printed: bool = True) -> Markup:
    """What opens on demand; on paper it is open, unless it only repeats a chart."""
    return el(
        "details",
        el("summary", summary),
        join(*inside),
        open=open_,
        class_=None if printed else "screen",
    )
