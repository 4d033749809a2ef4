"""What the futures of one trial, market or standing demand rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from doseline.demand import Drawing
from doseline.programme import Programme

Rates = Literal["stated", "recorded", "estimated"]


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What the futures of a protocol rest on.

    `rates`: those that the file states (`stated`), the same after a record of the patients so far
    (`recorded`), or those estimated from that record alone (`estimated`). Of the `inputs` of the
    protocol that say their basis, so many are only `assumed`, and so many known by `hindsight`.
    `real` and `forecast` count its orders of a file.
    """

    rates: Rates = "stated"
    inputs: int = 0
    assumed: int = 0
    hindsight: int = 0
    real: int = 0
    forecast: int = 0


def rests_on(programme: Programme, protocol: str, drawing: Drawing) -> RestsOn:
    """What the futures of a trial, market or standing demand rest on under a drawing."""
    begins = _field(programme, protocol)
    mine = [i for i in programme.inputs if i.field.startswith(begins)]
    filed = drawing.filed
    standing = filed.among(()) if filed else ()
    kinds = filed.kinds() if filed else {}
    listed = [kinds[o.id] for o in standing if o.protocol == protocol]
    rates: Rates = "stated"
    if protocol in drawing.so_far:
        rates = "estimated" if protocol in drawing.estimated else "recorded"
    return RestsOn(
        rates=rates,
        inputs=len(mine),
        assumed=sum("assumption" in i.basis for i in mine),
        hindsight=sum("hindsight" in i.basis for i in mine),
        real=listed.count("real"),
        forecast=listed.count("forecast"),
    )


def _field(programme: Programme, protocol: str) -> str:
    """How the fields of a protocol begin in the programme file."""
    rows = {
        "trials": [t.id for t in programme.trials],
        "markets": [m.id for m in programme.markets],
        "standing_demand": [d.id for d in programme.standing_demand],
    }
    return next(f"{name}[{ids.index(protocol)}]." for name, ids in rows.items() if protocol in ids)
