"""Labels of a vial and of its shield: what a person reads, and the same in a GS1 DataMatrix.

Content after 10 CFR 32.72(a)(4), edition of 2015 (on the shield the symbol of radiation, the words
of caution, name and activity at a stated date and time; on the vial the symbol, the words and the
identity that ties them) and, for trials in the EU, annex VI of Regulation 536/2014 as recalled: see
decision 0016.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from doseline.report.papers.cells import (
    Cell,
    activity,
    calibrated,
    gbq,
    instant,
    mci,
    short_instant,
    shown,
)
from doseline.report.papers.decay_table import held_at
from doseline.report.papers.gs1 import VialText
from doseline.report.papers.paper import Paper
from doseline.report.papers.sources import BatchSheet, Vial
from doseline.report.papers.symbol import gs1_matrix, svg
from doseline.report.papers.vials_and_tests import destination, volume

__all__ = ["shield_labels", "vial_labels", "vial_text"]

CAUTION = "CAUTION, RADIOACTIVE MATERIAL"


def vial_text(sheet: BatchSheet, vial: Vial) -> VialText:
    """What the symbol of a vial says. Raises PaperError where GS1 cannot say it."""
    return VialText(
        gtin=sheet.product.gtin,
        lot=sheet.id,
        serial=vial.id,
        expires_at=vial.expires_at,
        zone=vial.zone,
        activity_kbq=vial.activity_kbq,
        calibrated_at=vial.calibrated_at,
        label_hash=vial.label_hash,
    )


def vial_labels(sheet: BatchSheet, vials: Iterable[Vial]) -> Paper:
    """The labels of vials, 60 by 30 mm, one a page."""
    return _labels(sheet, vials, "vial-labels", "Vial label", "vial_label")


def shield_labels(sheet: BatchSheet, vials: Iterable[Vial]) -> Paper:
    """The labels of the shields, 100 by 70 mm, one a page."""
    return _labels(sheet, vials, "shield-labels", "Shield label", "shield_label")


def _labels(
    sheet: BatchSheet, vials: Iterable[Vial], name: str, title: str, template: str
) -> Paper:
    product = sheet.product
    return Paper(
        name,
        template,
        {
            "paper": name,
            "title": title,
            "batch": sheet.id,
            "demo": sheet.seal.demo,
            "caution": CAUTION,
            "product": product.name,
            "nuclide": product.nuclide,
            "half_life": product.half_life,
            "description": _sentences(product.substance, product.dosage_form, product.route),
            "storage": product.storage,
            "legal": _sentences(
                product.authorisation,
                *product.warnings,
                f"Sponsor: {product.sponsor}",
                f"Made by {sheet.plant.name}, {sheet.plant.address}",
            ),
            "labels": [_label(sheet, vial) for vial in vials],
        },
    )


def _sentences(*texts: str) -> str:
    """Texts one after the other, each with its full stop."""
    return " ".join(f"{text.rstrip('.')}." for text in texts if text)


def _label(sheet: BatchSheet, vial: Vial) -> dict[str, object]:
    text = vial_text(sheet, vial)
    measured = calibrated(vial.measured_kbq, vial.filled_at, vial.zone)
    return {
        "vial": vial.id,
        "hash": vial.label_hash,
        "measured": f"As filled, with overfill: {shown(measured)}.",
        "activity": activity(vial.activity_kbq),
        "calibrated": instant(vial.calibrated_at, vial.zone),
        "expires": instant(vial.expires_at, vial.zone),
        "volume": volume(vial.volume_ul),
        "destination": _sentences(
            destination(vial),
            f"Order {vial.order}" if vial.order else "",
        ),
        "elements": text.elements(),
        "readable": text.readable(),
        "symbol": svg(gs1_matrix(text.text())),
        "decay": _decay(sheet, vial),
    }


def _decay(sheet: BatchSheet, vial: Vial) -> list[list[Cell]]:
    """What is held at the calibration time, and six hours and a day around it, while it lasts."""
    rows: list[list[Cell]] = []
    for hours in (-24, -12, -6, 0, 6, 12, 24):
        at = vial.calibrated_at.astimezone(UTC) + timedelta(hours=hours)
        if vial.filled_at <= at <= vial.expires_at:
            kbq = held_at(vial, sheet.product, at)
            rows.append([short_instant(at, vial.zone), gbq(kbq), mci(kbq)])
    return rows
