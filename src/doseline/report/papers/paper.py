"""A paper: a title, blocks of facts, tables and words, and its seal; printed and kept as data.

The JSON of a paper is exactly what the template reads, so both say the same by construction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doseline.report.papers.cells import NONE, Cell, instant, whole
from doseline.report.papers.sources import BatchSheet, Seal, Signature
from doseline.report.papers.symbol import svg, text_matrix

__all__ = ["Paper", "column", "document", "facts", "signatures", "table", "words"]

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper by name (`batch-record`), its template, and all that it says."""

    name: str
    template: str
    content: Mapping[str, Any]

    def to_json(self) -> bytes:
        """The content as JSON, the same bytes for the same record."""
        text = json.dumps(self.content, ensure_ascii=False, indent=1, sort_keys=True)
        return (text + "\n").encode("utf-8")


def facts(heading: str, rows: Iterable[tuple[str, Cell]]) -> Block:
    """Labelled facts, two beside each other."""
    return {
        "block": "facts",
        "heading": heading,
        "rows": [[label, value or NONE] for label, value in rows],
    }


def column(title: str, width: str = "1fr", align: str = "left") -> Mapping[str, str]:
    """A column of a table: a width is of typst, such as `2fr` or `auto`."""
    return {"title": title, "width": width, "align": align}


def table(
    heading: str,
    columns: Sequence[Mapping[str, str]],
    rows: Iterable[Sequence[Cell]],
    note: str = "",
    empty: str = "None.",
    dense: bool = False,
) -> Block:
    """A table whose heading row comes again on every page; `dense` sets many rows close."""
    return {
        "block": "table",
        "heading": heading,
        "columns": list(columns),
        "rows": [[value or NONE for value in row] for row in rows],
        "note": note,
        "empty": empty,
        "dense": dense,
    }


def words(heading: str, text: str) -> Block:
    """A paragraph."""
    return {"block": "words", "heading": heading, "text": text}


def signatures(heading: str, given: Iterable[Signature], zone: str) -> Block:
    """Electronic signatures: printed name, role, meaning, instant, and the hash they cover."""
    rows = [
        [
            signature.name,
            signature.role,
            signature.about,
            signature.meaning + (f" (void: {signature.voided})" if signature.voided else ""),
            instant(signature.signed_at, zone),
            {"shown": signature.digest[:16], "digest": signature.digest, "code": "hash"},
        ]
        for signature in given
    ]
    columns = [
        column("Name", "1.2fr"),
        column("Role", "0.85fr"),
        column("Signed", "1.1fr"),
        column("Meaning", "1.1fr"),
        column("Signed at", "1.3fr"),
        column("Over content (hash)", "auto"),
    ]
    return table(heading, columns, rows, empty="Not signed.", dense=True)


def seal_content(seal: Seal) -> Mapping[str, Any]:
    """The seal of a paper: hash, place in the ledger, checkpoint as text and as a symbol."""
    return {
        "record_hash": seal.record_hash,
        "ledger": seal.ledger,
        "size": whole(seal.size),
        "root": seal.root,
        "checkpoint": seal.checkpoint,
        "particulars": seal.particulars,
        "symbol": svg(text_matrix(seal.checkpoint)) if seal.checkpoint else "",
    }


def document(
    name: str,
    title: str,
    sheet: BatchSheet,
    blocks: Iterable[Block],
    status: str = "",
) -> Paper:
    """A paper of A4 pages about one batch."""
    return Paper(
        name,
        "document",
        {
            "paper": name,
            "title": title,
            "status": status,
            "batch": sheet.id,
            "product": sheet.product.name,
            "plant": sheet.plant.name,
            "demo": sheet.seal.demo,
            "blocks": list(blocks),
            "seal": seal_content(sheet.seal),
        },
    )
