"""The papers of a batch: the same bytes each time, nothing untrue, a demo marked on each page."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image
import pytest

from doseline.errors import PaperError, TransportError
from doseline.records import transport
from doseline.records.transport import Content, Package
from doseline.records.transport_values import transport_values
from doseline.report.papers import papers_of, pdf, pictures, sheaf
from doseline.report.papers.batch_record import batch_record
from doseline.report.papers.cells import (
    activity,
    calibrated,
    gbq,
    instant,
    mci,
    short_instant,
    shown,
    wall,
)
from doseline.report.papers.certificates import (
    certificate_of_analysis,
    qp_certificate,
    release_certificate,
)
from doseline.report.papers.decay_table import decay_table, whole_hours
from doseline.report.papers.labels import shield_labels, vial_labels
from doseline.report.papers.paper import Paper
from doseline.report.papers.shipping import shipping_paper
from doseline.report.papers.sources import BatchSheet, Labels
from tests.report.papers.example_sheet import sheet, shipment

PRINT = """
import hashlib, sys
from doseline.report.papers import papers_of
from tests.report.papers.example_sheet import sheet
files = papers_of(sheet())
print(hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest())
"""


def texts(paper: Paper) -> str:
    return paper.to_json().decode("utf-8")


def cells(value: Any) -> "list[dict[str, Any]]":
    """Every cell of a content that shows something made from a plain value."""
    if isinstance(value, dict):
        own = [value] if "shown" in value else []
        return own + [cell for part in value.values() for cell in cells(part)]
    return [cell for part in value for cell in cells(part)] if isinstance(value, list) else []


def red_share(png: bytes) -> float:
    """The share of a page that is reddish: the mark is, nothing else on a document is."""
    red, green, blue = np.asarray(PIL.Image.open(BytesIO(png)).convert("RGB"), dtype=int).T
    return float(((red - green > 15) & (red - blue > 15)).mean())


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return papers_of(sheet())


def test_the_same_record_gives_the_same_bytes_in_another_process(files: dict[str, bytes]) -> None:
    """Another seed of hashes, another zone of the machine, another day: the same papers."""
    run = subprocess.run(
        [sys.executable, "-c", PRINT],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path), "TZ": "Asia/Tokyo"},
    )
    assert run.stdout.split() == [digest(files)]


def digest(files: dict[str, bytes]) -> str:
    return sha256(b"".join(files[name] for name in sorted(files))).hexdigest()


def test_a_sheaf_holds_a_pdf_and_its_data_for_each_paper(files: dict[str, bytes]) -> None:
    assert {name.rpartition(".")[0] for name in files if name.endswith(".pdf")} == {
        "batch-record",
        "certificate-of-analysis",
        "release-certificate",
        "vial-labels",
        "shield-labels",
        "shipping-paper-SH-2022-0419",
        *(f"decay-table-H-22W19-01-{number:02}" for number in range(1, 9)),
    }
    for name, content in files.items():
        if name.endswith(".pdf"):
            assert content.startswith(b"%PDF-1.7")
            assert b"pdfaid" in content, "the file says that it is PDF/A"
        else:
            assert json.loads(content)["batch"] == "H-22W19-01"


def test_what_a_cell_shows_is_made_from_the_plain_value_beside_it() -> None:
    seen = 0
    for paper in sheaf(sheet()):
        for cell in cells(json.loads(paper.to_json())):
            at = datetime.fromisoformat(cell.get("utc", "2000-01-01T00:00:00+00:00"))
            if "mci" in cell and "utc" in cell:
                assert cell == calibrated(cell["kbq"], at, cell["zone"])
            elif "mci" in cell:
                assert cell == activity(cell["kbq"])
            elif "utc" in cell:
                assert cell in (instant(at, cell["zone"]), short_instant(at, cell["zone"]))
            seen += "mci" in cell or "utc" in cell
    assert seen > 100


@pytest.mark.parametrize("make", [batch_record, certificate_of_analysis, release_certificate])
def test_every_page_of_a_demo_says_so_and_no_other_page_does(
    make: Callable[[BatchSheet], Paper],
) -> None:
    for page in pictures(make(sheet(demo=True)), 40):
        assert red_share(page) > 0.01
    for page in pictures(make(passing(sheet(demo=False))), 40):
        assert red_share(page) < 0.0005


def passing(batch: BatchSheet) -> BatchSheet:
    """The same without what is printed in red because it failed."""
    return replace(batch, steps=tuple(step for step in batch.steps if not step.voided))


@pytest.mark.parametrize("make", [vial_labels, shield_labels])
def test_every_label_of_a_demo_says_so(make: Callable[..., Paper]) -> None:
    for demo in (True, False):
        batch = sheet(demo=demo)
        for page in pictures(make(batch, batch.vials), 60):
            assert (band_share(page) > 0.003) is demo


def band_share(png: bytes) -> float:
    red, green, blue = np.asarray(PIL.Image.open(BytesIO(png)).convert("RGB"), dtype=int).T
    return float(((red > 150) & (green < 90) & (blue < 90)).mean())


def test_long_names_and_many_vials_break_over_pages_and_every_page_is_numbered() -> None:
    batch = sheet()
    vials = tuple(
        replace(batch.vials[n % 8], id=f"H-22W19-01-{n:03}", site="Ω" * 60) for n in range(80)
    )
    long = replace(batch, vials=vials, plant=replace(batch.plant, name="Żółć " * 30))
    pages = pictures(batch_record(long), 30)
    assert len(pages) >= 6


def test_every_document_bears_its_seal_and_every_label_its_hash() -> None:
    batch = sheet()
    for paper in sheaf(batch):
        held = [batch.seal.record_hash] if paper.template == "document" else []
        for said in held or [vial.label_hash for vial in batch.vials]:
            assert said in texts(paper)
    unsealed = replace(batch, seal=replace(batch.seal, checkpoint=""))
    assert pdf(batch_record(unsealed))


def test_a_rejected_batch_gets_no_certificate_of_release() -> None:
    rejected = replace(sheet(), rejected=True, state="rejected")
    assert "release-certificate" not in {paper.name for paper in sheaf(rejected)}
    with pytest.raises(PaperError, match="was not released"):
        release_certificate(rejected)
    with pytest.raises(PaperError, match="was not released"):
        release_certificate(replace(sheet(), released_at=None))
    with pytest.raises(PaperError, match="was not released"):
        release_certificate(replace(sheet(), signatures=()))


def test_a_voided_signature_releases_nothing() -> None:
    voided = tuple(replace(s, voided="record corrected") for s in sheet().signatures)
    with pytest.raises(PaperError, match="was not released"):
        release_certificate(replace(sheet(), signatures=voided))
    assert "void: record corrected" in texts(batch_record(replace(sheet(), signatures=voided)))


def test_a_certificate_complies_only_when_every_test_passes() -> None:
    batch = sheet()
    assert certificate_of_analysis(batch).content["status"] == "TESTS AWAITED"
    done = tuple(replace(test, outcome="passes") for test in batch.tests)
    assert certificate_of_analysis(replace(batch, tests=done)).content["status"] == "COMPLIES"
    failed = (*done[:-1], replace(done[-1], outcome="fails"))
    wrong = certificate_of_analysis(replace(batch, tests=failed))
    assert wrong.content["status"] == "DOES NOT COMPLY"
    assert "does not comply with its specification: Sterility" in texts(wrong)
    assert certificate_of_analysis(replace(batch, tests=())).content["status"] == "TESTS AWAITED"


def test_a_qualified_person_certifies_for_a_market_beside_the_release() -> None:
    assert "certificate-eu-annex3" not in {paper.name for paper in sheaf(sheet())}
    european = next(p for p in sheaf(sheet(european=True)) if p.name == "certificate-eu-annex3")
    assert european.content["title"] == "Batch certificate of the Qualified Person, on import"
    assert "Example Import" in texts(european)
    assert "Dr Pieter van den Berg" in texts(european)
    assert "Dr Pieter van den Berg" not in texts(release_certificate(sheet(european=True)))
    with pytest.raises(PaperError, match="was not certified for eu-annex3"):
        qp_certificate(sheet(), "eu-annex3")
    unsigned = replace(sheet(european=True), signatures=sheet().signatures)
    with pytest.raises(PaperError, match="was not certified: there is no certificate"):
        qp_certificate(unsigned, "eu-annex3")


def test_labels_that_are_not_accounted_for_fail() -> None:
    missing = batch_record(replace(sheet(), labels=Labels(20, 15, 2, 2)))
    block = next(b for b in missing.content["blocks"] if b["heading"] == "Labels")
    assert block["rows"][-1][1]["mark"] == "fails"


def test_a_shipping_paper_says_what_the_package_is() -> None:
    paper = shipping_paper(sheet(), shipment())
    said = texts(paper)
    assert "RQ, UN2915, Radioactive material, Type A package non-special form" in said
    assert paper.content["status"] == "UN2915, II-YELLOW"
    assert "unverified" not in said, "every A1 and A2 was read in its source"
    assert "all of the applicable air transport requirements have been met" in said
    assert "medical diagnosis or treatment" in said


def test_only_beside_passengers_the_shipper_certifies_medical_use() -> None:
    said = texts(shipping_paper(sheet(), replace(shipment(), passenger_aircraft=False)))
    assert "medical diagnosis or treatment" not in said
    assert "air transport requirements" in said


def test_a_shipping_paper_says_where_a_value_is_unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    recalled = replace(transport_values("I-131"), a_source="unverified: recalled")
    monkeypatch.setattr(transport, "transport_values", lambda *_: recalled)
    assert "values used are unverified" in texts(shipping_paper(sheet(), shipment()))


def test_a_package_that_may_not_go_gets_no_shipping_paper() -> None:
    strong = replace(shipment(), contents=Package((Content("I-131", 10**6),), 400_000, 30_001))
    with pytest.raises(PaperError, match=r"index 3.1 is too high"):
        shipping_paper(sheet(), strong)
    assert "cargo only" in texts(shipping_paper(sheet(), replace(strong, passenger_aircraft=False)))
    lapsed = replace(shipment().container, valid_until_on=date(2022, 5, 9))
    with pytest.raises(TransportError, match="ended on 2022-05-09"):
        shipping_paper(sheet(), replace(shipment(), container=lapsed))


def test_a_reportable_quantity_that_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = replace(transport_values("Lu-177"), reportable_kbq=None)
    monkeypatch.setattr(transport, "transport_values", lambda *_: unknown)
    lutetium = replace(shipment(), contents=Package((Content("Lu-177", 10**6),), 180_000, 6_000))
    said = texts(shipping_paper(sheet(), lutetium))
    assert "(RQ) is not known" in said
    assert "RQ, UN2915" not in said


def test_the_decay_table_holds_the_calibrated_activity_at_its_time() -> None:
    batch = sheet()
    vial = batch.vials[1]
    tables = decay_table(batch, vial).content["blocks"][1:]
    row = next(row for row in tables[0]["rows"] if row[1].startswith("±"))
    assert (row[0]["utc"], row[2]["shown"], row[3]["shown"]) == (
        "2022-05-13T08:00:00Z",
        "1.0545",
        "28.50",
    )
    rows = tables[1]["rows"]
    assert rows[0][0]["utc"] == "2022-05-10T15:50:00Z"
    assert rows[-1][0]["utc"] == "2022-05-15T15:50:00Z"
    kept = [row[2]["kbq"] for row in rows]
    assert kept == sorted(kept, reverse=True)


def test_hours_are_whole_on_a_wall_half_an_hour_off_and_across_a_clock_change() -> None:
    start = datetime(2022, 5, 13, 11, 50, tzinfo=UTC)
    at = next(whole_hours(start, start + timedelta(hours=3), "Asia/Kolkata", 1))
    assert wall(at, "Asia/Kolkata").replace("\u00a0", " ") == "13 May 2022 18:00 IST"
    autumn = datetime(2022, 10, 29, 23, 0, tzinfo=UTC)
    hours = list(whole_hours(autumn, autumn + timedelta(hours=3), "Europe/Berlin", 1))
    walls = [wall(at, "Europe/Berlin").replace("\u00a0", " ")[-10:] for at in hours]
    assert walls == ["01:00 CEST", "02:00 CEST", " 02:00 CET", " 03:00 CET"]


def test_small_and_large_activities_keep_their_digits() -> None:
    assert [gbq(kbq) for kbq in (0, 1, 999, 10**6, 10**9)] == [
        "0.0000",
        "0.000001",
        "0.000999",
        "1.0000",
        "1,000.0000",
    ]
    assert [mci(kbq) for kbq in (370, 3_700, -3_700)] == ["0.010000", "0.10", "−0.10"]
    assert shown(activity(37_000)).replace("\u00a0", " ") == "0.0370 GBq (1.00 mCi)"


def test_a_zone_without_a_short_name_is_told_by_its_hours() -> None:
    at = datetime(2022, 5, 13, 12, tzinfo=UTC)
    assert wall(at, "Asia/Kathmandu").replace("\u00a0", " ") == "13 May 2022 17:45 UTC+5:45"
    assert wall(at, "America/Sao_Paulo").replace("\u00a0", " ") == "13 May 2022 09:00 UTC−3"
