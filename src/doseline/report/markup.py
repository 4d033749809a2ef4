"""HTML and SVG as strings that escape by themselves: what is not markup already is text."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"meta", "link", "br", "hr", "col"})


class Markup(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


Child = str | int | float | None


def text(child: Child) -> str:
    """A child as HTML: markup as it stands, everything else escaped.

    >>> text("<script>"), text(Markup("<br>"))
    ('&lt;script&gt;', '<br>')
    """
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape(str(child), quote=True)


def join(*children: Child) -> Markup:
    """Children one after the other."""
    return Markup("".join(text(c) for c in children))


def el(tag: str, *children: Child, **attributes: Child | bool) -> Markup:
    """An element. A trailing underscore of an attribute falls away, others become hyphens.

    None and False leave an attribute out.

    >>> el("td", "a & b", class_="wide", data_label="x")
    '<td class="wide" data-label="x">a &amp; b</td>'
    """
    told = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        told.append(f" {key}" if value is True else f' {key}="{escape(str(value), quote=True)}"')
    opening = f"<{tag}{''.join(told)}>"
    return Markup(opening if tag in _VOID else f"{opening}{join(*children)}</{tag}>")


def link(target: str, *children: Child, **attributes: Child | bool) -> Markup:
    """A link to an anchor of the same page."""
    return el("a", *children, href=f"#{target}", **attributes)


def outward(address: str) -> Markup:
    """A reference that a reader may follow; only a web address becomes a link, ever.

    >>> outward("javascript:alert(1)")
    'javascript:alert(1)'
    """
    if address.startswith(("https://", "http://")):
        return el("a", address, href=address, rel="noopener noreferrer external")
    return join(address)
