"""`demand`, `simulate`, `compare` and `assess`: futures are drawn and played."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from doseline.cli.terminal import (
    DesignName,
    Document,
    From,
    Json,
    OrdersPath,
    OrdersUntil,
    Out,
    ProgrammePath,
    ScenarioName,
    Seed,
    Until,
    Workers,
    answering,
    day,
    finish,
    numbers,
    pair,
    without_effect,
)


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
        day(text, name)
        for text, name in (
            (from_on, "--from"),
            (until_on, "--until"),
            (orders_until, "--orders-until"),
        )
    ]
    cases = dict(pair(text) for text in case or ())
    with answering(as_json) as bars:
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
        finish(document, summary, as_json)


def simulate(
    programme: ProgrammePath,
    design: DesignName = None,
    scenario: ScenarioName = None,
    replications: Annotated[
        int | None,
        typer.Option(min=2, help="futures played: 40; with --until-precision at most 2000"),
    ] = None,
    until_precision: Annotated[
        float | None,
        typer.Option("--until-precision", help="play until OTIF is known to so much, e.g. 0.002"),
    ] = None,
    keep: Annotated[
        str | None, typer.Option("--keep", help="futures to look into by number, e.g. 0,3,7")
    ] = None,
    from_on: From = None,
    until_on: Until = None,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Play the standing policy over many futures: service and cost with intervals."""
    first, last = day(from_on, "--from"), day(until_on, "--until")
    kept = numbers(keep, "--keep")
    with answering(as_json) as bars:
        from doseline.studies.simulation import SimulateAsked, simulate_study

        asked = SimulateAsked(
            seed=seed,
            replications=replications,
            design=design,
            scenario=scenario,
            from_on=first,
            until_on=last,
            workers=workers,
            until_precision=until_precision,
            keep=kept,
        )
        document, summary = simulate_study(programme, asked, out=out, progress=bars)
        finish(document, summary, as_json)


def compare(
    context: typer.Context,
    programme: ProgrammePath,
    designs: Annotated[list[str], typer.Argument(help="designs, two or more")],
    suppliers: Annotated[
        bool, typer.Option("--suppliers", help="what each supplier of one design buys, by cause")
    ] = False,
    question: Annotated[
        str | None, typer.Option("--question", help="of --suppliers; none: the first")
    ] = None,
    all_orders: Annotated[
        bool, typer.Option("--all-orders", help="of --suppliers: mean over orders of causes")
    ] = False,
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
    if suppliers:
        without_effect(context, _OF_SUPPLIERS, "--suppliers")
        if len(designs) != 1:
            raise typer.BadParameter("name one design beside --suppliers", param_hint="DESIGNS")
        with answering(as_json) as bars:
            from doseline.studies.suppliers.suppliers_document import suppliers_study

            document, summary = suppliers_study(
                programme,
                designs[0],
                question=question,
                shapley=all_orders,
                replications=replications,
                seed=seed,
                workers=workers,
                out=out,
                progress=bars,
            )
            finish(document, summary, as_json)
        return
    if question is not None or all_orders:
        raise typer.BadParameter("goes with --suppliers alone", param_hint="--question")
    first, last = day(from_on, "--from"), day(until_on, "--until")
    if len(designs) < 2:
        raise typer.BadParameter("name two designs or more", param_hint="DESIGNS")
    with answering(as_json) as bars:
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
        finish(document, summary, as_json)


_OF_SUPPLIERS = {
    "programme", "designs", "suppliers", "question", "all_orders", "replications", "seed",
    "workers", "out", "as_json",
}  # fmt: skip


def assess(
    programme: ProgrammePath,
    design: DesignName = None,
    replications: Annotated[
        int | None, typer.Option(min=4, help="futures of the whole horizon for each design")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option("--precision", min=0.01, help="add futures until OTIF is so narrow, points"),
    ] = None,
    most: Annotated[int, typer.Option(min=4, help="futures of a question at most")] = 4000,
    quick: Annotated[
        bool, typer.Option("--quick", help="leave out ranges of inputs and what suppliers buy")
    ] = False,
    ranges_of: Annotated[
        list[str] | None,
        typer.Option("--ranges-of", help="question for which inputs are moved; may be repeated"),
    ] = None,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Annotated[Path, typer.Option("--out", help="folder for the report")] = Path("build"),
    as_json: Json = False,
) -> None:
    """Answer the programme's own question: is the capacity sufficient? A report with a verdict."""
    from doseline.studies.crew import processes

    with answering(as_json) as bars, processes(workers, _NEEDED) as pool:
        document, summary = _assess_study()(
            programme,
            design=design,
            replications=replications,
            seed=seed,
            workers=workers,
            out=out,
            progress=bars,
            quick=quick,
            ranges_of=ranges_of or (),
            precision=precision,
            most=most,
            pool=pool,
        )
        finish(document, summary, as_json)


_NEEDED = ("doseline.studies.sufficiency", "doseline.simulate.kernel.play", "doseline.report.page")
"""What the processes of an assessment load while its programme is read."""


def _assess_study() -> Callable[..., tuple[Document, str]]:
    """The study with the report joined to it: the one place that knows both."""
    from functools import partial

    from doseline.report import write_report
    from doseline.studies.sufficiency import assess_study

    return partial(assess_study, write_report=write_report)
