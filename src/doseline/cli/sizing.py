"""`size`: the least capacity that is enough, and when to add the next."""

from typing import Annotated

import typer

from doseline.cli.terminal import (
    DesignName,
    Json,
    Out,
    ProgrammePath,
    Seed,
    Workers,
    answering,
    finish,
)


def size(
    programme: ProgrammePath,
    design: DesignName = None,
    question: Annotated[
        list[str] | None, typer.Option("--question", help="period sized for; may be repeated")
    ] = None,
    cheapest: Annotated[
        bool, typer.Option("--cheapest", help="the cheapest sufficient design, not the smallest")
    ] = False,
    zone: Annotated[
        float, typer.Option(min=0.01, max=50.0, help="indifference zone, in points of OTIF")
    ] = 0.5,
    cost_zone: Annotated[
        float, typer.Option(min=0.01, max=50.0, help="indifference zone of the cost, in percent")
    ] = 1.0,
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="probability of a correct selection")
    ] = 0.95,
    first: Annotated[int, typer.Option(min=5, help="futures that every design is given")] = 20,
    most: Annotated[int, typer.Option(min=5, help="futures of a design at most")] = 2000,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Find the least capacity that meets the service target, and when to add the next."""
    if most < first:
        raise typer.BadParameter(f"found {most}, expected {first} or more", param_hint="--most")
    with answering(as_json) as bars:
        from doseline.report import write_size_report
        from doseline.studies.sizing.search import Rules
        from doseline.studies.sizing.size_document import size_study

        document, summary = size_study(
            programme,
            design=design,
            questions=question or [],
            rules=Rules(zone / 100.0, cost_zone / 100.0, confidence, first, most),
            by_cost=cheapest,
            seed=seed,
            workers=workers,
            out=out,
            progress=bars,
            write_report=write_size_report,
        )
        finish(document, summary, as_json)
