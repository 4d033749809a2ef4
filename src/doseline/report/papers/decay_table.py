"""The decay table of a vial: every six hours to expiry, and every hour around its use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from doseline.clock import zone_named
from doseline.records.decaying import kbq_at
from doseline.report.papers.cells import Cell, calibrated, gbq, instant, mci
from doseline.report.papers.paper import Block, Paper, column, document, facts, table
from doseline.report.papers.sources import BatchSheet, Product, Vial
from doseline.report.papers.vials_and_tests import destination

__all__ = ["decay_table", "held_at", "inside_at", "whole_hours"]

HOUR = timedelta(hours=1)


def whole_hours(start: datetime, end: datetime, zone: str, step: int) -> Iterator[datetime]:
    """Whole hours of the wall from a start to an end, by elapsed hours, as instants in UTC.

    The first is the first whole hour of the wall at or after the start, so that the table has round
    times also in zones half an hour off.
    """
    local = start.astimezone(zone_named(zone))
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    at = start.astimezone(UTC) + ((HOUR - past) if past else timedelta(0))
    while at <= end:
        yield at
        at += step * HOUR


def held_at(vial: Vial, product: Product, at: datetime) -> int:
    """What of the labelled activity is there at an instant. [kBq]"""
    return kbq_at(vial.activity_kbq, vial.calibrated_at, at, product.half_life_min)


def inside_at(vial: Vial, product: Product, at: datetime) -> int:
    """What is in a vial at an instant, by what was measured at its filling. [kBq]"""
    return kbq_at(vial.measured_kbq, vial.filled_at, at, product.half_life_min)


def decay_table(sheet: BatchSheet, vial: Vial) -> Paper:
    """The decay table of a vial, in the time of the place where it is used."""
    product, zone = sheet.product, vial.zone
    use = vial.calibrated_at
    first = max(vial.filled_at, use - 6 * HOUR)
    last = min(vial.expires_at, use + 9 * HOUR)
    every_six = [
        vial.filled_at,
        *whole_hours(vial.filled_at + HOUR, vial.expires_at, zone, 6),
        vial.expires_at,
    ]
    hourly = list(whole_hours(first, last, zone, 1))
    return document(
        f"decay-table-{vial.id}",
        "Decay table",
        sheet,
        [
            facts(
                "",
                [
                    ("Product", product.name),
                    ("Vial", vial.id),
                    ("For", destination(vial)),
                    ("Order", vial.order),
                    ("As labelled", calibrated(vial.activity_kbq, use, zone)),
                    ("Measured at filling", calibrated(vial.measured_kbq, vial.filled_at, zone)),
                    ("Nuclide, half-life", f"{product.nuclide}, {product.half_life}"),
                    ("Expires", instant(vial.expires_at, zone)),
                ],
            ),
            _table("Hour by hour around the calibration time", sheet, vial, hourly),
            _table("From filling to expiry", sheet, vial, list(dict.fromkeys(every_six))),
        ],
    )


def _table(heading: str, sheet: BatchSheet, vial: Vial, instants: list[datetime]) -> Block:
    def row(at: datetime) -> tuple[Cell, ...]:
        kbq, inside = (f(vial, sheet.product, at) for f in (held_at, inside_at))
        factor = kbq / vial.activity_kbq if vial.activity_kbq else 0.0
        hours = (at.astimezone(UTC) - vial.calibrated_at.astimezone(UTC)) / HOUR
        sign = "+" if hours > 0 else "−" if hours < 0 else "±"
        return (
            instant(at, vial.zone),
            f"{sign}{abs(hours):.1f} h".replace(" ", "\u00a0"),
            {"shown": gbq(kbq), "kbq": kbq},
            {"shown": mci(kbq), "kbq": kbq},
            {"shown": gbq(inside), "kbq": inside},
            {"shown": mci(inside), "kbq": inside},
            f"{factor:.4f}",
        )

    return table(
        heading,
        [
            column("Time (zone)", "2fr"),
            column("From calibration", "1fr", "right"),
            column("As labelled, GBq", "1.1fr", "right"),
            column("mCi", "0.8fr", "right"),
            column("In the vial, GBq", "1.1fr", "right"),
            column("mCi", "0.8fr", "right"),
            column("Factor", "0.8fr", "right"),
        ],
        map(row, instants),
        dense=True,
    )
