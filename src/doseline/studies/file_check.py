"""The check of a programme file: it needs no solver and no simulator."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from doseline.formats import check_counts, read_programme
from doseline.studies.documents import Document, head


def check_study(path: Path) -> tuple[Document, str]:
    """The document of `check` for a sound file, and a summary. Raises ProgrammeError otherwise."""
    began = perf_counter()
    programme = read_programme(path)
    counts = check_counts(programme)
    assumed = len(programme.assumptions)
    document = {
        **head("check", str(path), seconds=perf_counter() - began),
        "ok": True,
        "faults": [],
        "counts": counts,
        "assumptions": assumed,
        "hindsight": len(programme.hindsight),
    }
    listed = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in counts.items() if n)
    return document, (
        f"{path}: sound\n  {listed}\n  {assumed} of {len(programme.inputs)} inputs are only "
        f"assumed, {len(programme.hindsight)} known only by hindsight"
    )
