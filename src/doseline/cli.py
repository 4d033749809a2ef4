"""The commands: they wire the rooms and hold no logic. [docs/reference/commands.md]"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
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


def _day(text: str | None, name: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"found {text!r}, expected a day such as 2022-05-09", param_hint=name
        ) from None


def _without_effect(context: typer.Context, used: set[str], beside: str) -> None:
    """Refuses options that were given and do nothing beside another."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in used and source is not None and source.name == "COMMANDLINE":
            message = f"has no effect beside {beside}"
            raise typer.BadParameter(message, param_hint=parameter.opts[0])


def _pair(text: str) -> tuple[str, str]:
    market, equals, name = text.partition("=")
    if not (market and equals and name):
        message = f"found {text!r}, expected a market and its uptake such as us_market=high"
        raise typer.BadParameter(message, param_hint="--case")
    return market, name


class _Bars:
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
def _answering(as_json: bool) -> Iterator[_Bars]:
    """Wrong input ends with exit code 2 and every fault named; nothing else is caught."""
    from doseline.errors import DoselineError, ProgrammeError

    bars = _Bars()
    try:
        yield bars
    except ProgrammeError as error:
        if as_json:
            from doseline.studies.documents import faults_document

            _print_json(faults_document(error))
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


def _print_json(document: Document) -> None:
    from doseline.formats.results import json_text

    sys.stdout.write(json_text(document))


def _finish(document: Document, summary: str, as_json: bool) -> None:
    if as_json:
        _print_json(document)
    else:
        typer.echo(summary)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="file to write")] = Path("programme.yaml"),
    example: Annotated[
        str | None, typer.Option(help="copy an example instead, e.g. clr131")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="take every default, ask nothing")] = False,
    force: Annotated[bool, typer.Option("--force", help="overwrite the file")] = False,
) -> None:
    """Write a runnable programme file from about ten answers."""
    from doseline.formats.new_programme import QUESTIONS, answers_from, example_files
    from doseline.formats.new_programme import new_programme_text as text_for
    from doseline.formats.results import write_text_atomically

    if file.exists() and not force:
        typer.echo(f"{file}: exists already; --force overwrites it", err=True)
        raise typer.Exit(2)
    with _answering(False):
        if example is not None:
            for name, text in example_files(example, file.name).items():
                write_text_atomically(file.parent / name, text)
        else:
            replies: dict[str, str] = {}
            for question in QUESTIONS:
                replies[question.key] = (
                    question.default
                    if yes
                    else typer.prompt(question.text, default=question.default, err=True)
                )
            write_text_atomically(file, text_for(answers_from(replies)))
    typer.echo(f"wrote {file}\nnext: doseline assess {file} --out build")


@app.command()
def check(
    programme: Annotated[
        Path | None, typer.Argument(help="programme file (YAML)", show_default=False)
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="print the JSON Schema")] = False,
    as_json: Json = False,
) -> None:
    """Say every fault of a programme file at once: where it stands and what was expected."""
    if schema:
        from doseline.formats import programme_schema

        _print_json(programme_schema())
        return
    if programme is None:
        raise typer.BadParameter("name a programme file, or ask for --schema")
    with _answering(as_json):
        from doseline.studies.file_check import check_study

        document, summary = check_study(programme)
        _finish(document, summary, as_json)


@app.command()
def demand(
    programme: ProgrammePath,
    samples: Annotated[int, typer.Option(min=1, help="futures drawn")] = 200,
    design: Annotated[
        str | None, typer.Option("--design", help="under this design; none: the file as written")
    ] = None,
    scenario: ScenarioName = None,
    case: Annotated[
        list[str] | None, typer.Option("--case", help="uptake of a market, e.g. us_market=high")
    ] = None,
    from_on: From = None,
    until_on: Until = None,
    orders: OrdersPath = None,
    orders_until: OrdersUntil = None,
    enrolled: Annotated[
        Path | None, typer.Option("--enrolled", help="enrolment of a trial so far (CSV)")
    ] = None,
    trial: Annotated[str | None, typer.Option("--trial", help="the trial of --enrolled")] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="take the trial's rates from the data alone")
    ] = False,
    seed: Seed = 1,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Draw the dose orders that arise from trials and markets, with bands by month and week."""
    days = [
        _day(text, name)
        for text, name in (
            (from_on, "--from"),
            (until_on, "--until"),
            (orders_until, "--orders-until"),
        )
    ]
    cases = dict(_pair(text) for text in case or ())
    with _answering(as_json) as bars:
        from doseline.report import write_demand_report
        from doseline.studies.demand_study import DemandAsked, demand_study

        asked = DemandAsked(
            samples=samples,
            seed=seed,
            design=design,
            scenario=scenario,
            cases=cases,
            from_on=days[0],
            until_on=days[1],
            orders=orders,
            orders_until_on=days[2],
            enrolled=enrolled,
            trial=trial,
            estimate=estimate,
        )
        document, summary = demand_study(
            programme, asked, out=out, progress=bars, write_report=write_demand_report
        )
        _finish(document, summary, as_json)


@app.command()
def plan(
    context: typer.Context,
    programme: Annotated[
        Path | None, typer.Argument(help="programme file (YAML)", show_default=False)
    ] = None,
    design: DesignName = None,
    from_on: From = None,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="weeks planned")] = 6,
    seconds: Annotated[float, typer.Option(min=0.1, help="the clock stops the solver")] = 60.0,
    orders: OrdersPath = None,
    orders_until: OrdersUntil = None,
    orders_only: Annotated[
        bool, typer.Option("--orders-only", help="plan the orders of the file alone, none drawn")
    ] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="say which doses have no second chance")
    ] = False,
    why: Annotated[
        list[str] | None,
        typer.Option("--why", help="what would serve this order on its day; or all"),
    ] = None,
    worth: Annotated[
        bool, typer.Option("--worth", help="say what one more slot, vial or mCi saves, by week")
    ] = False,
    seed: Seed = 1,
    out: Out = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="check a plan's --out folder, without a solver")
    ] = None,
    as_json: Json = False,
) -> None:
    """Plan batches for one sample of orders: the schedule, its cost, bound and gap."""
    if verify is not None:
        _without_effect(context, {"programme", "orders", "verify", "as_json"}, "--verify")
        if orders is not None and programme is None:
            raise typer.BadParameter("needs PROGRAMME beside it", param_hint="--orders")
        with _answering(as_json) as bars:
            from doseline.studies.verification import verify_study

            document, summary = verify_study(
                verify, programme=programme, orders_file=orders, progress=bars
            )
            _finish(document, summary, as_json)
        return
    if programme is None:
        raise typer.BadParameter("expected a programme file", param_hint="PROGRAMME")
    first, known = _day(from_on, "--from"), _day(orders_until, "--orders-until")
    with _answering(as_json) as bars:
        from doseline.studies.single import plan_study

        document, summary = plan_study(
            programme,
            design=design,
            from_on=first,
            weeks=weeks,
            seconds=seconds,
            seed=seed,
            out=out,
            progress=bars,
            orders_file=orders,
            orders_until_on=known,
            orders_only=orders_only,
            audited=audit,
            asked_why=why or (),
            priced=worth,
        )
        _finish(document, summary, as_json)


@app.command()
def replan(
    programme: ProgrammePath,
    plan: Annotated[Path, typer.Argument(help="folder that doseline plan --out left")],
    happened: Annotated[
        Path | None, typer.Option("--happened", help="what has happened (YAML or JSON)")
    ] = None,
    failed: Annotated[
        list[str] | None, typer.Option("--failed", help="a batch that failed; may be repeated")
    ] = None,
    cancelled: Annotated[
        list[str] | None, typer.Option("--cancelled", help="an order cancelled; may be repeated")
    ] = None,
    placed: Annotated[
        Path | None, typer.Option("--placed", help="dose orders that came anew (CSV)")
    ] = None,
    now: Annotated[
        str | None, typer.Option("--now", help="when it is known, e.g. 2022-05-09T14:30-05:00")
    ] = None,
    until_on: Until = None,
    price_moved: Annotated[
        float | None, typer.Option("--price-moved", min=0.0, help="weigh a dose moved at this")
    ] = None,
    choose: Annotated[
        str, typer.Option("--choose", help="fewest-moves, cheapest or keep-dates")
    ] = "fewest-moves",
    seconds: Annotated[float, typer.Option(min=0.1, help="the clock stops the solver")] = 60.0,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Plan anew after a failure: what moves, who must be called, what cannot be saved."""
    last = _day(until_on, "--until")
    with _answering(as_json) as bars:
        from doseline.studies.replanning import Told, replan_study

        document, summary = replan_study(
            programme,
            plan,
            Told(now, happened, failed or (), cancelled or (), placed),
            until_on=last,
            price_moved=price_moved,
            choose=choose,
            seconds=seconds,
            out=out,
            progress=bars,
        )
        _finish(document, summary, as_json)


@app.command()
def simulate(
    programme: ProgrammePath,
    design: DesignName = None,
    scenario: ScenarioName = None,
    replications: Annotated[int, typer.Option(min=2, help="futures played")] = 40,
    from_on: From = None,
    until_on: Until = None,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Play the standing policy over many futures: service and cost with intervals."""
    first, last = _day(from_on, "--from"), _day(until_on, "--until")
    with _answering(as_json) as bars:
        from doseline.studies.single import simulate_study

        document, summary = simulate_study(
            programme,
            design=design,
            scenario=scenario,
            replications=replications,
            from_on=first,
            until_on=last,
            seed=seed,
            workers=workers,
            out=out,
            progress=bars,
        )
        _finish(document, summary, as_json)


@app.command()
def compare(
    programme: ProgrammePath,
    designs: Annotated[list[str], typer.Argument(help="designs, two or more")],
    replications: Annotated[int, typer.Option(min=2, help="futures played")] = 40,
    from_on: From = None,
    until_on: Until = None,
    scenario: ScenarioName = None,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Set designs side by side under the same chance: paired differences with intervals."""
    first, last = _day(from_on, "--from"), _day(until_on, "--until")
    if len(designs) < 2:
        raise typer.BadParameter("name two designs or more", param_hint="DESIGNS")
    with _answering(as_json) as bars:
        from doseline.studies.comparison import compare_study

        document, summary = compare_study(
            programme,
            designs,
            replications=replications,
            from_on=first,
            until_on=last,
            scenario=scenario,
            seed=seed,
            workers=workers,
            out=out,
            progress=bars,
        )
        _finish(document, summary, as_json)


@app.command()
def assess(
    programme: ProgrammePath,
    design: DesignName = None,
    replications: Annotated[
        int, typer.Option(min=4, help="futures of the whole horizon for each design")
    ] = 4,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Annotated[Path, typer.Option("--out", help="folder for the report")] = Path("build"),
    as_json: Json = False,
) -> None:
    """Answer the programme's own question: is the capacity sufficient? A report with a verdict."""
    with _answering(as_json) as bars:
        document, summary = _assess_study()(
            programme,
            design=design,
            replications=replications,
            seed=seed,
            workers=workers,
            out=out,
            progress=bars,
        )
        _finish(document, summary, as_json)


def _assess_study() -> Callable[..., tuple[Document, str]]:
    """The study with the report joined to it: the one place that knows both."""
    from functools import partial

    from doseline.report import write_report
    from doseline.studies.sufficiency import assess_study

    return partial(assess_study, write_report=write_report)


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
    app()


if __name__ == "__main__":
    main()
