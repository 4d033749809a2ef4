"""A strict reader of pages: elements in order, ids, links, texts, and the cells of every table."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "col", "img", "input"}


class Page(HTMLParser):
    """A page read strictly: every element closed in order; its ids, links, texts and tables."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.rows: dict[int, list[int]] = {}
        self.cells: dict[str, list[list[str]]] = {}
        self.tables = 0
        self._table = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"<{tag}> says an attribute twice: {attrs}"
        self.elements.append((tag, given))
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "table":
            self.tables += 1
            self._table = given.get("id") or ""
        if tag == "tr":
            self.rows.setdefault(self.tables, []).append(0)
            self.cells.setdefault(self._table, []).append([])
        if tag in ("td", "th"):
            self.rows[self.tables][-1] += int(given.get("colspan") or 1)
            self.cells[self._table][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.cells[self._table][-1][-1] += data.replace("\u00a0", " ")
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name == tag]

    @property
    def charts(self) -> list[dict[str, str | None]]:
        return [s for s in self.all("svg") if s.get("role") == "img"]
