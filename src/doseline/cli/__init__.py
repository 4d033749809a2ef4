"""The commands: they wire the rooms and hold no logic. [docs/reference/commands.md]"""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from doseline.cli import files, futures, planning, sizing
from doseline.cli.later import record
from doseline.cli.terminal import app

__all__ = ["app", "main"]

for _command in (
    files.new,
    files.check,
    futures.demand,
    planning.plan,
    planning.replan,
    futures.simulate,
    futures.compare,
    sizing.size,
    futures.assess,
):
    app.command()(_command)
app.add_typer(record)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
) -> None:
    if version:
        from doseline import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    gc.set_threshold(100_000, 20, 100)  # what is read has many small parts, all of which stay
    try:
        app()
    finally:
        gc.freeze()  # the process ends: nothing is looked through once more
