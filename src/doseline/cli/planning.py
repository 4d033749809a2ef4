"""`plan` and `replan`: a schedule, its proof and its mending."""

from pathlib import Path
from typing import Annotated

import typer

from doseline.cli.terminal import (
    DesignName,
    From,
    Json,
    OrdersPath,
    OrdersUntil,
    Out,
    ProgrammePath,
    Seed,
    Until,
    answering,
    day,
    finish,
    without_effect,
)


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
    secure: Annotated[
        list[float] | None,
        typer.Option("--secure", min=0.0, help="price of a dose without a second chance"),
    ] = None,
    secure_curve: Annotated[
        bool, typer.Option("--secure-curve", help="what second chances cost, at seven prices")
    ] = False,
    tactical: Annotated[
        bool, typer.Option("--tactical", help="quarters to years: which slots to take, when to add")
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
        without_effect(context, {"programme", "orders", "verify", "as_json"}, "--verify")
        if orders is not None and programme is None:
            raise typer.BadParameter("needs PROGRAMME beside it", param_hint="--orders")
        with answering(as_json) as bars:
            from doseline.studies.verification import verify_study

            document, summary = verify_study(
                verify, programme=programme, orders_file=orders, progress=bars
            )
            finish(document, summary, as_json)
        return
    if programme is None:
        raise typer.BadParameter("expected a programme file", param_hint="PROGRAMME")
    if tactical:
        used = {"programme", "design", "from_on", "weeks", "seconds", "tactical", "out", "as_json"}
        without_effect(context, used, "--tactical")
        named = context.get_parameter_source("weeks")
        with answering(as_json) as bars:
            from doseline.studies.tactical import WEEKS, tactical_study

            document, summary = tactical_study(
                programme,
                design=design,
                from_on=day(from_on, "--from"),
                weeks=weeks if named is not None and named.name == "COMMANDLINE" else WEEKS,
                seconds=seconds,
                out=out,
                progress=bars,
            )
            finish(document, summary, as_json)
        return
    first, known = day(from_on, "--from"), day(orders_until, "--orders-until")
    with answering(as_json) as bars:
        from doseline.report import write_plan_page
        from doseline.report.security_svg import security_svg
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
            secure_prices=secure or (),
            secure_curve=secure_curve,
            draw=security_svg,
            write_page=write_plan_page,
        )
        finish(document, summary, as_json)


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
    last = day(until_on, "--until")
    with answering(as_json) as bars:
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
        finish(document, summary, as_json)
