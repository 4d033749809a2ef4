"""Random rows of vials, printed and read back: the symbol, then the GS1 text in it."""

import random
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import biip
import numpy as np
import PIL.Image
import zxingcpp
from numpy.typing import NDArray

from doseline.clock import zone_named
from doseline.report.papers.gs1 import VialText, check_digit
from doseline.report.papers.paper import Paper
from doseline.report.papers.printing import pdf, pictures
from doseline.report.papers.sources import BatchSheet, Vial
from doseline.report.papers.symbol import Matrix, gs1_matrix
from tests.report.papers.example_sheet import sheet

Image = NDArray[np.uint8]

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
ZONES = ("America/New_York", "Europe/Athens", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
LETTERS = "abcxyzABC ÀÉÎØñçşžŁő ΑΒΓαβγΩώ АБВжщыЮ -/«»’()0123456789"


def random_rows(count: int, seed: int) -> Iterator[tuple[BatchSheet, Vial]]:
    """Batches of one vial each; every tenth has the longest values that a symbol may hold."""
    draw, model = random.Random(seed), sheet()
    for number in range(count):
        longest = number % 10 == 0
        calibrated = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(
            minutes=draw.randrange(0, 20 * 525_960)
        )
        body = f"{draw.randrange(10**13):013}"
        lot = "".join(draw.choices(SET_82, k=20 if longest else draw.randint(1, 20)))
        serial = "".join(draw.choices(SET_82, k=20 if longest else draw.randint(1, 20)))
        vial = replace(
            model.vials[0],
            id=serial,
            label_hash=f"{draw.getrandbits(256):064x}",
            activity_kbq=10**12 - 1 if longest else int(10 ** draw.uniform(0, 9)),
            calibrated_at=calibrated,
            zone=draw.choice(ZONES),
            volume_ul=draw.randint(100, 30_000),
            filled_at=calibrated - timedelta(minutes=draw.randint(0, 7200)),
            expires_at=calibrated + timedelta(minutes=draw.randint(0, 20_000)),
            subject=words(draw, 12),
            site=words(draw, 60 if longest else draw.randint(1, 40)),
        )
        product = replace(
            model.product,
            name=words(draw, 60 if longest else draw.randint(3, 40)),
            gtin=body + check_digit(body),
        )
        seal = replace(
            model.seal, record_hash=f"{draw.getrandbits(256):064x}", demo=number % 2 == 0
        )
        yield replace(model, id=lot, product=product, seal=seal, vials=(vial,)), vial


def words(draw: random.Random, length: int) -> str:
    return "".join(draw.choices(LETTERS, k=length)).strip() or "Ω"


def bitmap(matrix: Matrix, scale: int) -> Image:
    """The modules as a picture, with a quiet zone of two."""
    dark = np.pad(np.array(matrix, dtype=np.uint8), 2)
    return (255 * (1 - np.kron(dark, np.ones((scale, scale), dtype=np.uint8)))).astype(np.uint8)


def read_back(image: Image) -> dict[str, str]:
    """What a scanner and a GS1 parser make of a picture: application identifiers and values."""
    found = zxingcpp.read_barcodes(
        image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    )
    assert len(found) == 1, f"{len(found)} symbols"
    assert found[0].symbology_identifier == "]d2", "not a GS1 DataMatrix"
    scanned = found[0].symbology_identifier + found[0].bytes.decode("ascii")
    parsed = biip.parse(scanned)
    assert parsed.gs1_message is not None, parsed.gs1_message_error
    return {str(e.ai.ai): e.value for e in parsed.gs1_message.element_strings}


def mistakes(read: dict[str, str], batch: BatchSheet, vial: Vial) -> list[str]:
    """Where a symbol differs from its vial's row; compared here with the row, field by field."""
    local = vial.expires_at.astimezone(zone_named(vial.zone))
    stamp = datetime.strptime(read["7003"], "%y%m%d%H%M")
    kbq, at = re.fullmatch(r"(\d+)/(\d{10})Z", read["91"]).groups()  # type: ignore[union-attr]
    calibrated = datetime.strptime(at, "%y%m%d%H%M").replace(tzinfo=UTC)
    pairs = {
        "identifiers": (list(read), ["01", "7003", "10", "21", "91", "92"]),
        "GTIN": (read["01"], batch.product.gtin),
        "lot": (read["10"], batch.id),
        "vial": (read["21"], vial.id),
        "expiry": (stamp, local.replace(tzinfo=None, second=0, microsecond=0)),
        "activity": (int(kbq), vial.activity_kbq),
        "calibration": (calibrated, vial.calibrated_at),
        "hash": (read["92"], vial.label_hash[:16]),
    }
    return [f"{name}: {got!r} for {want!r}" for name, (got, want) in pairs.items() if got != want]


def whole_label_mistakes(paper: Paper, batch: BatchSheet, vial: Vial) -> list[str]:
    """A label of one page, read from its picture like a scanner, and from its PDF by modules."""
    pages = pictures(paper, 300)
    assert len(pages) == 1
    picture = np.asarray(PIL.Image.open(BytesIO(pages[0])).convert("L"))
    wrong = mistakes(read_back(picture), batch, vial)
    if symbols_in_pdf(pdf(paper)) != expected_matrices([(batch, vial)]):
        wrong.append("the PDF draws another symbol")
    return wrong


def symbols_in_pdf(pdf: bytes) -> list[Matrix]:
    """Every symbol that a PDF draws, read out of the rectangles in its content streams."""
    symbols = []
    for at in re.finditer(rb"/Length (\d+)/Filter/FlateDecode>>\s*stream\r?\n", pdf):
        try:
            content = zlib.decompress(pdf[at.end() : at.end() + int(at[1])])
        except zlib.error:
            continue
        # The white ground of n by n units, then the dark runs in the same units.
        for drawing in re.finditer(
            rb"0 0 m (\d+) 0 l \1 \1 l 0 \1 l\nh\nf\nQ\nq [^\n]*? scn ([0-9 mlh\n]+?)f\n", content
        ):
            symbols.append(_modules(int(drawing[1]), drawing[2]))
    return symbols


def _modules(size: int, runs: bytes) -> Matrix:
    grid = [[0] * size for _ in range(size)]
    for run in re.finditer(rb"(\d+) (\d+) m (\d+) \2 l \3 \d+ l \1 \d+ l", runs):
        for x in range(int(run[1]), int(run[3])):
            grid[int(run[2])][x] = 1
    return tuple(tuple(row[2:-2]) for row in grid[2:-2])


def expected_matrices(rows: Iterable[tuple[BatchSheet, Vial]]) -> list[Matrix]:
    return [gs1_matrix(text_of(batch, vial).text()) for batch, vial in rows]


def text_of(batch: BatchSheet, vial: Vial) -> VialText:
    return VialText(
        batch.product.gtin, batch.id, vial.id, vial.expires_at, vial.zone,
        vial.activity_kbq, vial.calibrated_at, vial.label_hash,
    )  # fmt: skip
