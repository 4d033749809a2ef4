"""A design's service and cost over the horizon, from what was played."""

from __future__ import annotations

from datetime import date

from doseline.programme import Programme
from doseline.simulate import Replication, SimulationResult
from doseline.studies.assessment import DesignRow
from doseline.studies.figures import Figure, mean_figure, ratio_figure, service
from doseline.studies.runs import ALL


def design_row(
    programme: Programme, result: SimulationResult, main: SimulationResult | None
) -> DesignRow:
    """Service and cost of one design; against the main design under the same luck, if given."""
    own = next(d for d in programme.designs if d.id == result.design) if programme.designs else None
    rows = result.by_period[ALL]
    due = [float(sum(r.due for r in reps)) for reps in rows]
    given = [float(sum(r.given for r in reps)) for reps in rows]
    costs = [spent(r) for r in result.replications]
    items = sorted({name for r in result.replications for name in r.costs})
    count = len(result.replications)
    return DesignRow(
        design=result.design or "",
        name=own.name if own else programme.name,
        why=own.why if own else "",
        replications=count,
        otif=service([float(sum(r.on_time for r in reps)) for reps in rows], due),
        delayed_share=ratio_figure([float(sum(r.delayed for r in x)) for x in rows], due),
        missed_share=ratio_figure([float(sum(r.missed for r in x)) for x in rows], due),
        cost_total=mean_figure(costs),
        present_value=mean_figure([present_value(programme, r) for r in result.replications]),
        cost_per_dose=ratio_figure(costs, given),
        cost_items=tuple(
            (name, sum(r.costs.get(name, 0) for r in result.replications) / count / 100.0)
            for name in items
        ),
        batches_made=_mean(result, "batches_made"),
        batches_failed=_mean(result, "batches_failed"),
        line_utilisation=ratio_figure(
            [float(r.total("slots_used")) for r in result.replications],
            [float(r.total("slots_usable")) for r in result.replications],
        ),
        otif_against_main=_difference(result, main) if main is not None else None,
    )


def spent(replication: Replication) -> float:
    """All cost of a replication, penalties apart. [currency]"""
    return sum(replication.costs.values()) / 100.0


def present_value(programme: Programme, replication: Replication) -> float:
    """All cost, discounted by month to the first day of the programme. [conventions 7.2]"""
    rate = programme.costs.discount_fraction
    start = programme.from_on
    total = 0.0
    for name, months in replication.by_month.items():
        if not name.startswith("cost:"):
            continue
        for month, cents in months.items():
            days = (date(month // 12, month % 12 + 1, 1) - start).days
            total += cents / (1.0 + rate) ** (max(days, 0) / 365.25)
    return total / 100.0


def _mean(result: SimulationResult, name: str) -> Figure:
    return mean_figure([float(r.total(name)) for r in result.replications])


def _otif(result: SimulationResult) -> list[float]:
    rows = result.by_period[ALL]
    return [sum(r.on_time for r in x) / max(1, sum(r.due for r in x)) for x in rows]


def _difference(result: SimulationResult, main: SimulationResult) -> Figure:
    """OTIF of a design less that of the main one, paired by replication."""
    return mean_figure([a - b for a, b in zip(_otif(result), _otif(main), strict=False)])
