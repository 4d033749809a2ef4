"""All papers of a batch together: what can be printed of it now, as PDF and as data."""

from __future__ import annotations

from doseline.report.papers.batch_record import batch_record
from doseline.report.papers.certificates import (
    certificate_of_analysis,
    qp_certificate,
    release_certificate,
)
from doseline.report.papers.decay_table import decay_table
from doseline.report.papers.labels import shield_labels, vial_labels
from doseline.report.papers.paper import Paper
from doseline.report.papers.printing import pdf
from doseline.report.papers.shipping import shipping_paper
from doseline.report.papers.sources import BatchSheet

__all__ = ["papers_of", "sheaf"]


def sheaf(sheet: BatchSheet) -> tuple[Paper, ...]:
    """Every paper that the state of a batch allows: no certificate of a release that was none.

    Raises PaperError or TransportError where one cannot be printed truly.
    """
    papers = [batch_record(sheet), certificate_of_analysis(sheet)]
    if sheet.released_at is not None and not sheet.rejected:
        papers.append(release_certificate(sheet))
        papers += [qp_certificate(sheet, market) for market in sheet.certified_for]
    if sheet.vials:
        papers += [vial_labels(sheet, sheet.vials), shield_labels(sheet, sheet.vials)]
    papers += [decay_table(sheet, vial) for vial in sheet.vials]
    papers += [shipping_paper(sheet, shipment) for shipment in sheet.shipments]
    return tuple(papers)


def papers_of(sheet: BatchSheet) -> dict[str, bytes]:
    """The files of a batch's papers: a PDF and a JSON document each, by file name.

    The same record gives the same bytes. Errors are those of `sheaf`, and PaperError where a text
    has a character that no font shows or does not fit its label.
    """
    files: dict[str, bytes] = {}
    for paper in sheaf(sheet):
        files[f"{paper.name}.pdf"] = pdf(paper)
        files[f"{paper.name}.json"] = paper.to_json()
    return files
