"""The world known by heart: its programme and its two orders."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from doseline.formats import read_programme
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme

FILE = Path(__file__).parent / "data" / "one_cell_two_sites.yaml"
TUESDAY = date(2024, 1, 9)


def world() -> Programme:
    """The programme of tests/data/one_cell_two_sites.yaml."""
    return read_programme(FILE)


def order(site: str, wanted_on: date, activity_mbq: float, name: str | None = None) -> DoseOrder:
    """A first dose at a site on a day, with no room to move."""
    return DoseOrder(
        id=name or f"{site}/1",
        product="dose",
        protocol="trial",
        site=site,
        patient=name or site,
        course_number=1,
        placed_at=0,
        wanted_on=wanted_on,
        earliest_on=wanted_on,
        latest_on=wanted_on,
        activity_mbq=activity_mbq,
    )


def two_orders() -> tuple[DoseOrder, DoseOrder]:
    """Reykjavik on Wednesday, 200 MBq; Tokyo on Friday, 100 MBq."""
    return (
        order("reykjavik", date(2024, 1, 10), 200.0),
        order("tokyo", date(2024, 1, 12), 100.0),
    )
