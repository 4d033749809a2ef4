"""The papers of a batch record, as PDF and as data: certificates, labels, shipping papers."""

from doseline.report.papers.from_record import batch_papers, sheet_of
from doseline.report.papers.paper import Paper
from doseline.report.papers.printing import pdf, pictures
from doseline.report.papers.sheaf import papers_of, sheaf
from doseline.report.papers.sources import BatchSheet

__all__ = [
    "BatchSheet",
    "Paper",
    "batch_papers",
    "papers_of",
    "pdf",
    "pictures",
    "sheaf",
    "sheet_of",
]
