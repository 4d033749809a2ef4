"""What every command shares: its options, its progress, and how it ends on wrong input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="doseline",
    help="Plans, proves and runs the supply of radiopharmaceuticals.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
)

ProgrammePath = Annotated[Path, typer.Argument(help="programme file (YAML)", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", help="folder for the files of the result")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on standard output")]
Seed = Annotated[int, typer.Option("--seed", help="seed of all chance")]
DesignName = Annotated[str | None, typer.Option("--design", help="design; none: the main one")]
ScenarioName = Annotated[str | None, typer.Option("--scenario", help="scenario; none: no shock")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="processes")]
From = Annotated[str | None, typer.Option("--from", help="first day, e.g. 2022-05-09")]
Until = Annotated[str | None, typer.Option("--until", help="last day")]

OrdersPath = Annotated[
    Path | None, typer.Option("--orders", help="dose orders and forecasts (CSV), in their place")
]
OrdersUntil = Annotated[
    str | None, typer.Option("--orders-until", help="last day for which all orders are known")
]

Document = dict[str, Any]


def day(text: str | None, name: str) -> date | None:
    """The day that an option names."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"found {text!r}, expected a day such as 2022-05-09", param_hint=name
        ) from None


def numbers(text: str | None, name: str) -> tuple[int, ...]:
    """The numbers that an option lists."""
    try:
        return () if text is None else tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"found {text!r}, expected numbers such as 0,3,7", param_hint=name
        ) from None


def without_effect(context: typer.Context, used: set[str], beside: str) -> None:
    """Refuses options that were given and do nothing beside another."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in used and source is not None and source.name == "COMMANDLINE":
            message = f"has no effect beside {beside}"
            raise typer.BadParameter(message, param_hint=parameter.opts[0])


def pair(text: str) -> tuple[str, str]:
    """A market and its uptake."""
    market, equals, name = text.partition("=")
    if not (market and equals and name):
        message = f"found {text!r}, expected a market and its uptake such as us_market=high"
        raise typer.BadParameter(message, param_hint="--case")
    return market, name


class Bars:
    """Progress on standard error, drawn only once something reports it."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._bars is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)

    def stop(self) -> None:
        if self._bars is not None:
            self._bars.stop()


@contextmanager
def answering(as_json: bool) -> Iterator[Bars]:
    """Wrong input ends with exit code 2 and every fault named; nothing else is caught."""
    from doseline.errors import DoselineError, ProgrammeError

    bars = Bars()
    try:
        yield bars
    except ProgrammeError as error:
        if as_json:
            from doseline.studies.documents import faults_document

            print_json(faults_document(error))
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except LookupError as error:
        typer.echo(str(error.args[0] if error.args else error), err=True)
        raise typer.Exit(2) from None
    except DoselineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    finally:
        bars.stop()


def print_json(document: Document) -> None:
    """One JSON document on standard output."""
    from doseline.formats.results import json_text

    sys.stdout.write(json_text(document))


def finish(document: Document, summary: str, as_json: bool) -> None:
    """The document, or the summary of it."""
    if as_json:
        print_json(document)
    else:
        typer.echo(summary)
