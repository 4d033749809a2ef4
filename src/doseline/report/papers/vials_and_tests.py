"""The tables that several papers share: the vials of a batch, and its tests."""

from __future__ import annotations

from collections.abc import Iterable

from doseline.report.papers.cells import Cell, activity, calibrated, instant, mark, shown
from doseline.report.papers.paper import Block, column, table
from doseline.report.papers.sources import Test, Vial

__all__ = ["destination", "test_table", "vial_table", "volume"]


def destination(vial: Vial) -> str:
    """For whom a vial is: site and subject."""
    return ", ".join(filter(None, (vial.site, vial.subject)))


def vial_table(vials: Iterable[Vial], heading: str = "Vials", filled: bool = False) -> Block:
    """Vials with activity at its time, expiry, destination; `filled` adds how it was filled."""
    columns = [
        column("Vial", "1.1fr"),
        column("Activity at its calibration time", "1.75fr"),
        column("Expires", "1.1fr"),
        column("For", "1.5fr"),
    ]
    if filled:
        measured = column("Measured at filling", "1.1fr")
        columns += [measured, column("Volume", "0.75fr", "right"), column("State", "1.05fr")]

    def row(vial: Vial) -> tuple[Cell, ...]:
        cells: tuple[Cell, ...] = (
            vial.id,
            calibrated(vial.activity_kbq, vial.calibrated_at, vial.zone),
            instant(vial.expires_at, vial.zone),
            destination(vial),
        )
        if not filled:
            return cells
        return (*cells, activity(vial.measured_kbq), volume(vial.volume_ul), vial.state)

    return table(heading, columns, map(row, vials))


def volume(volume_ul: int) -> Cell:
    """A volume in mL. [µL]"""
    return {"shown": f"{volume_ul / 1000:.2f}\u00a0mL", "ul": volume_ul}


def test_table(heading: str, tests: tuple[Test, ...], zone: str) -> Block:
    """Tests with method, limit, result and outcome, who tested and who reviewed."""

    def when(test: Test) -> Cell:
        if test.ended_at is not None or test.due_at is None:
            return instant(test.ended_at, zone)
        return f"due {shown(instant(test.due_at, zone))}"

    return table(
        heading,
        [
            column("Test", "1.4fr"),
            column("Method", "1.2fr"),
            column("Limit", "1.2fr"),
            column("Result", "1.1fr"),
            column("Outcome", "auto"),
            column("Ended", "1.1fr"),
            column("Tested by", "1.2fr"),
            column("Reviewed by", "1.2fr"),
        ],
        (
            (
                test.name,
                test.method,
                test.limit,
                test.result + (f" ({test.note})" if test.note else ""),
                mark(test.outcome),
                when(test),
                test.tester,
                test.reviewer,
            )
            for test in tests
        ),
    )
