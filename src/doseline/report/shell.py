"""What every page of the report is: one document that fetches nothing, its head and its frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from doseline.report.figures import drawing_room
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.palette import repainting
from doseline.report.words import NO_CHARTS

# Nothing is fetched: the browser itself is told to refuse it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


def document(
    title: str,
    version: str,
    header: Markup,
    contents: Sequence[tuple[str, str]],
    sections: Iterable[Markup],
    closing: str,
) -> str:
    """A whole HTML document: its header, the contents, the sections, a closing line.

    `contents` are the anchors of sections and what they are called; the first is where the reader
    who skips the header arrives. Where the charts extra is missing, the page says so.
    """
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="generator", content=f"Doseline {version}"),
        el("title", title),
        el("style", Markup(_style())),
    )
    missing = el("p", NO_CHARTS, class_="notice", role="note") if drawing_room() is None else None
    anchor, said = contents[0]
    body = el(
        "body",
        link(anchor, f"Skip to {said[:1].lower()}{said[1:]}", class_="skip"),
        header,
        _nav(contents),
        el("main", join(missing), *sections),
        el("footer", el("p", f"{closing} This file needs no network.")),
    )
    return "<!DOCTYPE html>\n" + el("html", head, "\n", body, lang="en") + "\n"


def heading(kind: str, title: str, *below: Child, meta: Sequence[Child]) -> Markup:
    """The header of a page: what kind of page it is, its title, its question, its small print."""
    small = [part for item in meta for part in (" \u00b7 ", item)][1:]
    return el(
        "header",
        el("p", kind, class_="kind"),
        el("h1", title),
        el("p", *below),
        el("p", *small, class_="meta"),
    )


def _style() -> str:
    sheet = files("doseline.report").joinpath("style.css").read_text(encoding="utf-8")
    return sheet + repainting()


def _nav(contents: Sequence[tuple[str, str]]) -> Markup:
    items = (el("li", link(anchor, said)) for anchor, said in contents)
    return el("nav", el("ol", *items), aria_label="Contents")
