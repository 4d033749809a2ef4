"""`doseline record papers`: the papers of a batch, as PDF and as data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from doseline.cli.record_opening import Store, opened, refusing
from doseline.cli.terminal import Json, print_json


def papers(
    store: Store,
    batch: Annotated[str, typer.Option(help="the batch")],
    particulars: Annotated[
        Path, typer.Option(help="file with names, addresses, GTIN and methods (YAML)")
    ],
    out: Annotated[Path, typer.Option("--out", help="new folder for the papers")],
    as_json: Json = False,
) -> None:
    """Print the papers of a batch: record, certificates, labels, decay tables, shipping papers."""
    with refusing(as_json), printing():
        from doseline import __version__
        from doseline.errors import PaperError
        from doseline.formats.particulars_file import read_particulars
        from doseline.formats.results import write_bytes_atomically
        from doseline.report.papers import batch_papers

        if out.exists() and any(out.iterdir()):
            # A certificate left from an earlier state would lie beside papers that deny it.
            raise PaperError(f"{out}: there is something already, expected a new folder")
        known = read_particulars(particulars)
        folder = opened(store, "")
        try:
            ledger = folder.ledger
            files = batch_papers(ledger, batch, known)
            size = ledger.checkpoint().size
        finally:
            folder.close()
        for name, content in files.items():
            write_bytes_atomically(out / name, content)
        document: dict[str, Any] = {
            "doseline": __version__,
            "command": "record papers",
            "batch": batch,
            "entries": size,
            "particulars": known.digest,
            "papers": sorted(str(out / name) for name in files),
        }
        if as_json:
            print_json(document)
        else:
            typer.echo(f"wrote {len(files)} files to {out}, sealed over {size} entries")


def papers_of(folder: Any, batch: str, particulars: Path) -> dict[str, bytes]:
    """The papers of a batch of an open record, by file name."""
    from doseline.formats.particulars_file import read_particulars
    from doseline.report.papers import batch_papers

    return batch_papers(folder.ledger, batch, read_particulars(particulars))


@contextmanager
def printing() -> Iterator[None]:
    """What cannot be printed truly is told and printed not at all; exit code 2."""
    from doseline.errors import NuclideError, PaperError, TransportError

    try:
        yield
    except (NuclideError, PaperError, TransportError) as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from None
    except ModuleNotFoundError as missing:
        if missing.name not in ("typst", "ppf"):
            raise
        typer.echo(f"{missing.name} prints papers: pip install 'doseline[records]'", err=True)
        raise typer.Exit(1) from None
