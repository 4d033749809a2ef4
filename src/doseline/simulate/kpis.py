"""The figures of a simulation, each a mean with its 95 % interval.

Shares of orders (`otif`, `delayed_share`, `missed_share`, `within_tolerance_share`) are ratios of
counts over all replications. Activities, batches and costs are those of the whole programme in the
months of the period: they cannot be told apart by protocol. `activity_wasted_share` is the share
of the activity at EOS that ended as waste; `cost_total` leaves out the penalties.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from doseline.simulate.intervals import (
    mean_interval,
    ratio_interval,
    ratio_values,
    share_interval,
)
from doseline.simulate.result import Period, Replication, Service, SimulationResult

Figure = dict[str, float | str | None]
"""`mean`, `low` and `high`; days as ISO dates; None where there is nothing to count."""

Rows = tuple[Service, ...]

_SHARES: dict[str, tuple[Callable[[Service], int], Callable[[Service], int]]] = {
    "otif": (lambda s: s.on_time, lambda s: s.due),
    "delayed_share": (lambda s: s.delayed, lambda s: s.due),
    "missed_share": (lambda s: s.missed, lambda s: s.due),
    "within_tolerance_share": (lambda s: s.given - s.out_of_tolerance, lambda s: s.given),
}

_TOTALS: dict[str, tuple[tuple[str, ...], float]] = {
    "activity_made": (("made",), 1e-6),
    "activity_administered": (("administered:dose",), 1e-6),
    "batches_made": (("batches_made",), 1.0),
    "batches_failed": (("batches_failed",), 1.0),
}

_RATIOS: dict[str, tuple[str, str]] = {
    "activity_wasted_share": ("wasted:dose", "made"),
    "line_utilisation": ("slots_used", "slots_usable"),
}

_ROUNDING = 1e-24
"""Variances of differences below this share of the others are those of rounding."""

KPIS = (
    *_SHARES,
    *_TOTALS,
    *_RATIOS,
    "cost_total",
    "cost_per_administered_dose",
    "enrolled",
    "last_dose_on",
)
"""The names of the figures, as they stand in documents."""


def kpis(result: SimulationResult, period: str | None = None) -> dict[str, Figure]:
    """The figures of one period, the first where none is named, by the names of `KPIS`.

    Activities in GBq, money in the programme's currency. Raises LookupError for an unknown period.
    """
    span = _span(result, period)
    rows = result.by_period[span.id]
    found: dict[str, Figure] = {}
    for name in KPIS:
        if name in _SHARES:
            good, due = _counts(rows, name)
            found[name] = _figure(share_interval(good, due, _orders_a_batch(result, span, rows)))
        elif name == "last_dose_on":
            found[name] = _days(rows)
        elif (pair := _pair(result, span, rows, name)) is not None:
            found[name] = _figure(ratio_interval(*pair))
        else:
            found[name] = _figure(mean_interval(_values(result, span, rows, name)))
    return found


def paired(a: SimulationResult, b: SimulationResult, kpi: str, period: str | None = None) -> Figure:
    """The difference b less a of one figure, replication by replication under the same luck.

    Both must hold the same replications of the same seed; ValueError otherwise. A difference of
    `last_dose_on` is in days.
    """
    return _figure(mean_interval([y - x for x, y in _pairs(a, b, kpi, period)]))


def variance_ratio(
    a: SimulationResult, b: SimulationResult, kpi: str, period: str | None = None
) -> float | None:
    """By how much the same luck narrows a difference: its variance unpaired over that paired.

    Unpaired is the sum of the variances of both, as between independent runs. None where the
    paired difference does not vary at all. Raises as `paired`.
    """
    pairs = _pairs(a, b, kpi, period)
    unpaired = _variance([x for x, _ in pairs]) + _variance([y for _, y in pairs])
    together = _variance([y - x for x, y in pairs])
    return unpaired / together if together > _ROUNDING * unpaired else None


def _pairs(
    a: SimulationResult, b: SimulationResult, kpi: str, period: str | None
) -> list[tuple[float, float]]:
    if a.seed != b.seed or [r.number for r in a.replications] != [r.number for r in b.replications]:
        raise ValueError("only the same replications of the same seed can be paired")
    left, right = (per_replication(r, kpi, period) for r in (a, b))
    return list(zip(left, right, strict=True))


def _variance(values: list[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / max(1, len(values) - 1)


def _span(result: SimulationResult, period: str | None) -> Period:
    if period is None:
        return result.periods[0]
    if period not in result.period:
        known = ", ".join(result.period)
        raise LookupError(f"no period {period!r} in the result; known: {known}")
    return result.period[period]


def _figure(values: tuple[float, float, float]) -> Figure:
    return dict(zip(("mean", "low", "high"), values, strict=True))


def _counts(rows: tuple[Rows, ...], name: str) -> tuple[list[float], list[float]]:
    above, below = _SHARES[name]
    return (
        [float(sum(above(s) for s in reps)) for reps in rows],
        [float(sum(below(s) for s in reps)) for reps in rows],
    )


def _orders_a_batch(result: SimulationResult, span: Period, rows: tuple[Rows, ...]) -> float:
    due = sum(s.due for reps in rows for s in reps)
    made = sum(r.total("batches_made", span) for r in result.replications)
    return due / made if made else 1.0


def _pair(
    result: SimulationResult, span: Period, rows: tuple[Rows, ...], name: str
) -> tuple[list[float], list[float]] | None:
    if name in _SHARES:
        return _counts(rows, name)
    if name in _RATIOS:
        above, below = (
            [float(r.total(key, span)) for r in result.replications] for key in _RATIOS[name]
        )
        return above, below
    if name == "cost_per_administered_dose":
        doses = [float(r.total("doses_given", span)) for r in result.replications]
        return [_spent(r, span) for r in result.replications], doses
    return None


def _values(
    result: SimulationResult, span: Period, rows: tuple[Rows, ...], name: str
) -> list[float]:
    if name in _TOTALS:
        keys, factor = _TOTALS[name]
        return [factor * sum(r.total(k, span) for k in keys) for r in result.replications]
    if name == "cost_total":
        return [_spent(r, span) for r in result.replications]
    if name == "enrolled":
        return [float(sum(s.enrolled for s in reps)) for reps in rows]
    raise LookupError(f"no figure {name!r}; known: {', '.join(KPIS)}")


def _spent(replication: Replication, span: Period) -> float:
    items = (name for name in replication.by_month if name.startswith("cost:"))
    return sum(replication.total(name, span) for name in items) / 100.0


def _last_days(rows: tuple[Rows, ...]) -> list[float | None]:
    found: list[float | None] = []
    for reps in rows:
        days = [s.last_dose_on.toordinal() for s in reps if s.last_dose_on]
        found.append(float(max(days)) if days else None)
    return found


def _days(rows: tuple[Rows, ...]) -> Figure:
    days = [d for d in _last_days(rows) if d is not None]
    if not days:
        return {"mean": None, "low": None, "high": None}
    return {
        name: date.fromordinal(round(value)).isoformat()
        for name, value in zip(("mean", "low", "high"), mean_interval(days), strict=True)
    }


def per_replication(result: SimulationResult, kpi: str, period: str | None = None) -> list[float]:
    """One value a replication whose mean is the figure: of a ratio the linearised one.

    As the intervals take it [conventions 6.4]; of `last_dose_on` the day, as an ordinal.
    """
    span = _span(result, period)
    rows = result.by_period[span.id]
    if kpi == "last_dose_on":
        return [d or 0.0 for d in _last_days(rows)]
    pair = _pair(result, span, rows, kpi)
    return ratio_values(*pair) if pair else _values(result, span, rows, kpi)
