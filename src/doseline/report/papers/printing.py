"""A paper becomes PDF or pictures: templates of typst, its embedded fonts, nothing of the machine.

PDF/A-2b, which refuses a character that no font shows, so nothing is left out in silence. The time
of creation is fixed: the same record gives the same bytes.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import typst

from doseline.errors import PaperError
from doseline.report.papers.paper import Paper

__all__ = ["pdf", "pictures"]


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    return typst.Compiler(font_paths=fonts)


@cache
def _template(name: str) -> bytes:
    room = files("doseline.report.papers").joinpath("templates")
    parts = (room.joinpath(f"{part}.typ").read_text(encoding="utf-8") for part in ("marks", name))
    return "\n".join(parts).encode("utf-8")


def _compiled(paper: Paper, form: str, ppi: float | None) -> list[bytes]:
    inputs = {"paper": json.dumps(paper.content, ensure_ascii=False)}
    standards: list[typst.PDFStandard] = ["a-2b"] if form == "pdf" else []
    try:
        made = _compiler().compile(
            input=_template(paper.template),
            format="pdf" if form == "pdf" else "png",
            ppi=ppi,
            sys_inputs=inputs,
            pdf_standards=standards,
            timestamp=0,
        )
    except typst.TypstError as refused:
        raise PaperError(
            f"{paper.name}: {refused.message.removeprefix('panicked with: ')}"
        ) from None
    if made is None:
        raise PaperError(f"{paper.name}: nothing was printed")
    return [made] if isinstance(made, bytes) else made


def pdf(paper: Paper) -> bytes:
    """The paper as PDF/A-2b, the same bytes for the same record.

    Raises PaperError where a character has no glyph or a text does not fit its label.
    """
    return _compiled(paper, "pdf", None)[0]


def pictures(paper: Paper, ppi: float) -> list[bytes]:
    """Every page of the same layout as a PNG. Raises PaperError as `pdf` does, but for glyphs."""
    return _compiled(paper, "png", ppi)
