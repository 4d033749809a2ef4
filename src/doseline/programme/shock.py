"""Shocks: what one hits, from when to when, how deep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from doseline.programme.product import Triangular

Hits = Literal[
    "manufacturer",
    "firm",
    "line",
    "source",
    "permission",
    "carrier",
    "lane",
    "border",
    "site",
    "trial",
    "market",
    "stage",
]

DEMAND = frozenset({"trial", "market", "stage"})
"""What hits the demand: it is drawn with the patients, and the supply never sees it."""


@dataclass(frozen=True, slots=True)
class Shock:
    """One blow: what it hits, from when to when, how deep.

    Until its first day nobody knows of it; from then on its length is known.
    """

    hits: Annotated[Hits, "what kind of thing"]
    targets: Annotated[tuple[str, ...], "which, by id (permission: the manufacturer)"]
    from_on: Annotated[date, "first day"]
    until_on: Annotated[date | None, "last day; none: for good"] = None
    left_fraction: Annotated[
        float,
        "capacity left (manufacturer, firm, line, source), patients left (trial, market), or "
        "chance of success left (stage)",
    ] = 0.0
    markets: Annotated[tuple[str, ...], "permission: in these markets; none named: all"] = ()
    protocols: Annotated[tuple[str, ...], "permission: for these protocols; none named: all"] = ()
    spares_started: Annotated[
        bool, "permission: courses already started go on; only new starts are struck"
    ] = False
    delay_factor: Annotated[float, "carrier, lane: chance of a delay, as a factor"] = 1.0
    adds: Annotated[
        Triangular | None,
        "carrier, lane, border: time added to every package; stage: time added before it begins "
        "or, where it has begun, to its end",
    ] = None
    of: str = field(default="", metadata={"file": False})
    """The hazard whose stop it is; nothing for one that a scenario names."""
