"""Doses asked for by month, as played under the main design, against each design's slots."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from doseline.demand import band
from doseline.programme import Programme
from doseline.simulate import Service, SimulationResult
from doseline.studies.assessment import MonthRow
from doseline.studies.capacity import vials_by_month
from doseline.studies.runs import products_of, whole
from doseline.studies.variants import under


def capacity_by_month(programme: Programme, main: str, design: str) -> dict[date, float]:
    """Doses that a design can make month by month, of the products of the main design."""
    period = whole(under(programme, main))
    products = products_of(programme, period.protocols)
    return vials_by_month(under(programme, design), products, period.from_on, period.until_on)


def month_rows(
    programme: Programme,
    main: str,
    result: SimulationResult,
    capacity: Mapping[str, Mapping[date, float]],
) -> tuple[MonthRow, ...]:
    """The months of the horizon, from what was played under the main design."""
    period = whole(under(programme, main))
    rows = []
    by_month = [_asked_by_month(reps) for reps in result.by_period[period.id]]
    month = period.from_on.replace(day=1)
    while month <= period.until_on:
        number = month.year * 12 + month.month - 1
        drawn = band(counts.get(number, 0) for counts in by_month)
        rows.append(
            MonthRow(
                month=month,
                low95=drawn.low_95,
                low50=drawn.low_50,
                median=drawn.median,
                high50=drawn.high_50,
                high95=drawn.high_95,
                capacity={name: months.get(month, 0.0) for name, months in capacity.items()},
            )
        )
        month = (month + timedelta(days=32)).replace(day=1)
    return tuple(rows)


def _asked_by_month(rows: tuple[Service, ...]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for row in rows:
        for month, (due, *_) in row.by_month.items():
            counts[month] = counts.get(month, 0) + due
    return counts
