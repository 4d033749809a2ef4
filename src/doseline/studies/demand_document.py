"""A picture of the demand as plain values. [docs/reference/json.md]"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from doseline.demand import Band, PeriodDemand
from doseline.studies.demand_picture import (
    DemandPicture,
    PathsDemand,
    ProtocolDemand,
    TrialForecast,
)

Document = dict[str, Any]


def demand_document(picture: DemandPicture) -> Document:
    """What a picture of the demand says, as plain values. Activities in GBq."""
    return {
        "samples": picture.samples,
        "from": picture.from_on.isoformat(),
        "until": picture.until_on.isoformat(),
        "by_month": _periods("month", picture.months),
        "by_week": _periods("week", picture.weeks),
        "by_product": {
            p.product: {"orders": asdict(p.orders), "activity_gbq": _gbq(p.activity_mbq)}
            for p in picture.products
        },
        "by_protocol": {p.protocol: _protocol(p) for p in picture.protocols},
        "paths": _paths(picture.paths),
        "risks": [asdict(r) for r in picture.risks],
        "forecasts": {f.trial: _forecast(f) for f in picture.forecasts},
        "method": list(picture.method),
    }


def _periods(name: str, rows: tuple[PeriodDemand, ...]) -> list[Document]:
    return [{name: row.from_on.isoformat(), **asdict(row.orders)} for row in rows]


def _gbq(band: Band) -> Document:
    return {name: value / 1000.0 for name, value in asdict(band).items()}


def _protocol(found: ProtocolDemand) -> Document:
    rule = found.rule
    return {
        "name": found.name,
        "kind": found.kind,
        "patients": asdict(found.patients),
        "orders": asdict(found.orders),
        "a_week": asdict(found.a_week),
        "cancelled": dict(found.cancelled),
        "cancellation_fees": None if found.fees is None else asdict(found.fees),
        "screened": found.screened,
        "rests_on": asdict(found.rests_on),
        "by_month": _periods("month", found.months),
        "rule": None
        if rule is None
        else {
            "name": rule.name,
            "boundaries": list(rule.boundaries),
            "figures": {f.name: asdict(f.value) for f in rule.figures},
            "method": rule.method,
            "as_played": rule.as_played,
        },
    }


def _paths(found: PathsDemand | None) -> Document | None:
    if found is None:
        return None
    return {
        "paths": [
            {
                "succeeded": list(p.succeeded),
                "ended_at": list(p.ended_at),
                "share": asdict(p.share),
                "stated": p.stated,
                "orders": asdict(p.orders),
            }
            for p in found.paths
        ],
        "orders": asdict(found.orders),
        "by_month": _periods("month", found.months),
    }


def _forecast(found: TrialForecast) -> Document:
    f = found.forecast
    return {
        "cut": date.fromordinal(f.cut_day).isoformat(),
        "enrolled": f.enrolled,
        "target": f.target,
        "prior": asdict(f.prior),
        "end": {name: day_text(value) for name, value in asdict(f.end).items()},
        "filled": f.filled_fraction,
        "filled_by": date.fromordinal(f.last_day).isoformat(),
        "sites": [asdict(s) for s in f.sites],
        "by_month": [{"by": row.by_on.isoformat(), **asdict(row.patients)} for row in f.by_month],
    }


def day_text(value: float | None) -> str | None:
    """The date of a day (ordinal and fraction), None for never."""
    return None if value is None else date.fromordinal(int(value)).isoformat()
