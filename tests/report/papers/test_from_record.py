"""The papers of the example's batch, from its ledger: what they say is what the record says."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import zxingcpp

from doseline.errors import InputError, PaperError
from doseline.formats.particulars_file import read_particulars
from doseline.records import Checkpoint, Ledger
from doseline.records.particulars import (
    ContainerParticulars,
    Particulars,
    PlaceParticulars,
    ProductParticulars,
)
from doseline.records.state import Record
from doseline.report.papers import batch_papers, pictures, sheaf, sheet_of
from doseline.report.papers.certificates import certificate_of_analysis
from doseline.report.papers.labels import vial_labels
from doseline.report.papers.printing import pdf
from doseline.report.papers.sources import BatchSheet
from tests.records.life import plant
from tests.report.papers import label_rows

BATCH = "H-18-028"


@dataclass(frozen=True)
class World:
    ledger: Ledger
    record: Record
    particulars: Particulars
    checkpoint: Checkpoint

    def sheet(self, record: Record | None = None, **changed: Any) -> BatchSheet:
        particulars = replace(self.particulars, **changed)
        entries = self.ledger.entries()
        return sheet_of(record or self.record, BATCH, particulars, self.checkpoint, entries)


def world_after(command: str) -> World:
    """The example as it stands after a command of its script."""
    held = plant.after(command)
    particulars = read_particulars(plant.EXAMPLE / "particulars.yaml")
    ledger = held.desk.ledger
    return World(ledger, held.record, particulars, ledger.checkpoint())


@pytest.fixture(scope="module")
def world() -> World:
    return world_after("administer")


def test_every_paper_of_the_example_is_printed(world: World) -> None:
    files = batch_papers(world.ledger, BATCH, world.particulars)
    for paper in sheaf(world.sheet()):
        assert files[f"{paper.name}.json"] == paper.to_json()
    assert sorted(name for name in files if name.endswith(".pdf")) == [
        "batch-record.pdf",
        "certificate-of-analysis.pdf",
        *(f"decay-table-{BATCH}-{number:02}.pdf" for number in (1, 2, 3)),
        "release-certificate.pdf",
        "shield-labels.pdf",
        "shipping-paper-SH-041-1.pdf",
        "shipping-paper-SH-042-1.pdf",
        "vial-labels.pdf",
    ]


def test_the_batch_record_prints_when_each_step_was_begun_and_done(world: World) -> None:
    paper = next(paper for paper in sheaf(world.sheet()) if paper.name == "batch-record")
    steps = next(x for x in paper.content["blocks"] if "Begun" in str(x.get("columns")))
    told = [(row[0], *(cell["utc"][5:16] for cell in row[2:4])) for row in steps["rows"]]
    assert told[:3] == [
        ("setup", "07-09T19:00", "07-09T21:00"),
        ("labelling", "07-10T09:00", "07-10T11:00"),
        ("purification", "07-10T11:05", "07-10T13:00"),
    ]


def test_a_corrected_reading_prints_what_stood_before_by_whom_and_why() -> None:
    held = plant.after("check", 4)
    held.do("olga", "correct", BATCH, "formulation", "ph=6.2", reason="misread")
    held.do("oscar", "correct", BATCH, "formulation", "ph=6.3", reason="meter read anew")
    held.clock.pass_(90)
    vials = (f"{BATCH}-01=2203 MBq, 10000, O-101", f"{BATCH}-02=2264 MBq, 10000, O-102")
    held.do("olga", "fill", BATCH, 5_589_000, vials, (), 65_000, 3_800_000, "W-H")
    ledger = held.desk.ledger
    particulars = read_particulars(plant.EXAMPLE / "particulars.yaml")
    world = World(ledger, held.record, particulars, ledger.checkpoint())
    paper = next(paper for paper in sheaf(world.sheet()) if paper.name == "batch-record")
    table = next(x for x in paper.content["blocks"] if "In-process readings" in x.values())
    (row,) = (row for row in table["rows"] if row[0] == "formulation")
    assert row[2] == "6.3"
    told = row[1].replace("\xa0", " ")
    assert "CORRECTED: was 6.1, misread, Olga Osten (olga), 10 Jul 2018 09:30 EDT" in told
    assert "; was 6.2, meter read anew, Oscar Ortiz (oscar), 10 Jul 2018" in told


def test_a_label_says_what_the_record_says_of_its_vial(world: World) -> None:
    sheet = world.sheet()
    printed = label_rows.symbols_in_pdf(pdf(vial_labels(sheet, sheet.vials)))
    for vial, matrix in zip(sheet.vials, printed, strict=True):
        read = label_rows.read_back(label_rows.bitmap(matrix, 4))
        assert label_rows.mistakes(read, sheet, vial) == []
        label = next(x for x in world.record.labels.values() if x.vial == vial.id)
        batch, name, _, kbq, at, expires = label.content.split("|")
        assert (read["10"], read["21"]) == (batch, name)
        assert read["91"] == f"{kbq}/{at[2:16].translate(str.maketrans('', '', '-T:'))}Z"
        assert vial.expires_at == datetime.fromisoformat(expires)


def test_the_symbol_of_the_seal_is_the_checkpoint_of_the_ledger_and_its_signature_holds(
    world: World,
) -> None:
    page = pictures(certificate_of_analysis(world.sheet()), 200)[-1]
    picture = np.asarray(PIL.Image.open(BytesIO(page)).convert("L"))
    scanned = [found.text for found in zxingcpp.read_barcodes(picture)]
    assert scanned == [world.checkpoint.note().decode()]
    assert Checkpoint.from_note(scanned[0].encode()) == world.checkpoint
    assert world.checkpoint.signed_by(plant.PlainSigner())


def test_a_shipping_paper_says_what_the_record_classified(world: World) -> None:
    papers = {paper.name: paper for paper in sheaf(world.sheet())}
    for package in world.record.packages.values():
        content = papers[f"shipping-paper-{package.id}"].content
        assert content["status"] == f"{package.un_number}, {package.category}"
        rows = [row for block in content["blocks"] for row in block.get("rows", [])]
        assert dict(row[:2] for row in rows if row[0] == "Transport index") == {
            "Transport index": {
                "shown": f"{package.index_tenths / 10:.1f}",
                "tenths": package.index_tenths,
            }
        }
        said = papers[f"shipping-paper-{package.id}"].to_json().decode()
        assert ("RQ, UN2915" in said) is package.reportable
        assert "SM-1 survey meter" in said
        assert "copy read" in said


def test_the_book_on_paper_adds_up_to_nothing(world: World) -> None:
    assert sum(account.kbq for account in world.sheet().accounts) == 0


def test_every_signature_stands_on_the_record_with_name_meaning_and_time(world: World) -> None:
    """11.50: printed name, date and time, meaning; for the batch, its steps and its tests."""
    given = [
        (x.name, x.meaning, x.digest)
        for name, several in world.record.signatures.items()
        if name.split("/")[1] == BATCH
        for x in several
    ]
    assert len(given) > 15
    printed = [(s.name.partition(" (")[0], s.meaning, s.digest) for s in world.sheet().signatures]
    assert sorted(printed) == sorted(given)


def test_a_label_that_says_something_else_than_its_vial_stops_the_papers(world: World) -> None:
    name, label = next(iter(world.record.labels.items()))
    odd = {**world.record.labels, name: replace(label, content=label.content + "0")}
    with pytest.raises(PaperError, match=f"label {name} says something else"):
        world.sheet(replace(world.record, labels=odd))


def test_what_the_particulars_lack_is_named(world: World) -> None:
    product = world.particulars.products["clr131"]
    with pytest.raises(PaperError, match=r"no product clr131 \(did you mean clr13\?\)"):
        world.sheet(products={"clr13": product})
    with pytest.raises(PaperError, match="no place hamilton"):
        world.sheet(places={})


def test_an_unfilled_batch_has_no_papers_yet(world: World) -> None:
    held = replace(world.record.batches[BATCH], filled_at="")
    with pytest.raises(PaperError, match="papers are printed once it is filled"):
        world.sheet(replace(world.record, batches={BATCH: held}))


@pytest.mark.parametrize(
    ("command", "status", "release"),
    [("label", "FILLED", False), ("review", "IN TESTING", False), ("confirm", "CONFIRMED", True)],
)
def test_papers_follow_the_state_of_the_batch(command: str, status: str, release: bool) -> None:
    """Labels can be printed as soon as vials are filled; a certificate of release waits for it."""
    papers = {paper.name: paper for paper in sheaf(world_after(command).sheet())}
    assert papers["batch-record"].content["status"] == status
    assert ("release-certificate" in papers) is release
    assert "vial-labels" in papers


def test_a_label_printed_again_later_is_the_same_label(world: World) -> None:
    early, late = world_after("label").sheet(), world.sheet()
    assert label_rows.symbols_in_pdf(pdf(vial_labels(early, early.vials))) == (
        label_rows.symbols_in_pdf(pdf(vial_labels(late, late.vials)))
    )


def test_other_particulars_are_seen_on_every_document(world: World) -> None:
    first, other = world.sheet(), world.sheet(emergency_phone="+1 000")
    assert first.seal.particulars != other.seal.particulars
    assert first.seal.record_hash == other.seal.record_hash


def test_every_fault_of_a_file_of_particulars_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "particulars.yaml"
    file.write_text(
        "products:\n  p:\n    name: P\n    gtn: '1'\n    warnings: one\n"
        "places:\n  a: plant\ncontainers: {}\nshipper:\n"
    )
    with pytest.raises(InputError) as refused:
        read_particulars(file)
    told = str(refused.value)
    assert "particulars.yaml:4  products.p.gtn: unknown key (did you mean gtin?)" in told
    assert 'products.p.warnings: found "one", expected a list of texts' in told
    assert "products.p.substance: missing; expected a text" in told
    assert 'particulars.yaml:7  places.a: found "plant", expected a mapping' in told
    assert "shipper: found nothing, expected a text" in told
    assert "emergency_phone: missing; expected a text" in told


def test_every_key_of_the_particulars_has_its_entry() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/reference/particulars-file.md").read_text()
    for record in (Particulars, ProductParticulars, PlaceParticulars, ContainerParticulars):
        for declared in fields(record):
            assert f"| `{declared.name}` |" in page
