"""Labels: printed, read back by a scanner's library and a GS1 parser, compared with the vial."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from doseline.errors import PaperError
from doseline.report.papers.gs1 import check_digit, gtin_checked
from doseline.report.papers.labels import shield_labels, vial_labels, vial_text
from doseline.report.papers.paper import Paper
from doseline.report.papers.printing import pdf, pictures
from doseline.report.papers.sources import BatchSheet, Vial
from doseline.report.papers.symbol import gs1_matrix, text_matrix
from tests.report.papers import label_rows
from tests.report.papers.example_sheet import sheet


def test_symbols_say_what_their_vials_say() -> None:
    """480 symbols alone, from modules to a picture: every field of every row, read back."""
    wrong = []
    for batch, vial in label_rows.random_rows(480, seed=3):
        matrix = gs1_matrix(vial_text(batch, vial).text())
        read = label_rows.read_back(label_rows.bitmap(matrix, 4))
        wrong += label_rows.mistakes(read, batch, vial)
    assert wrong == []


@pytest.mark.parametrize(("kind", "seed"), [(vial_labels, 5), (shield_labels, 6)])
def test_a_whole_printed_label_is_read_back_from_its_picture_and_from_its_pdf(
    kind: Callable[[BatchSheet, list[Vial]], Paper], seed: int
) -> None:
    """Ten of each, with names, bands and the mark of a demo around the symbol, at 300 dpi."""
    for batch, vial in label_rows.random_rows(10, seed):
        assert label_rows.whole_label_mistakes(kind(batch, [vial]), batch, vial) == []


def test_a_changed_row_is_noticed() -> None:
    """The test of the test: another lot, another minute, another kilobecquerel."""
    batch, vial = next(label_rows.random_rows(1, seed=9))
    matrix = gs1_matrix(vial_text(batch, vial).text())
    read = label_rows.read_back(label_rows.bitmap(matrix, 4))
    assert label_rows.mistakes(read, batch, vial) == []
    assert label_rows.mistakes(read, replace(batch, id="OTHER"), vial)
    assert label_rows.mistakes(read, batch, replace(vial, activity_kbq=vial.activity_kbq - 1))
    assert label_rows.mistakes(read, batch, replace(vial, zone="Asia/Tokyo"))


def test_the_labels_of_a_batch_are_one_a_page_and_all_different() -> None:
    batch = sheet()
    assert len(pictures(vial_labels(batch, batch.vials), 72)) == 8
    matrices = label_rows.symbols_in_pdf(pdf(vial_labels(batch, batch.vials)))
    assert len(set(matrices)) == 8


def test_vial_and_shield_bear_the_same_symbol() -> None:
    batch = sheet()
    on_vials = label_rows.symbols_in_pdf(pdf(vial_labels(batch, batch.vials)))
    on_shields = label_rows.symbols_in_pdf(pdf(shield_labels(batch, batch.vials)))
    assert on_vials == on_shields


def test_expiry_in_the_symbol_is_the_wall_clock_where_the_vial_is_used() -> None:
    batch = sheet()
    stamps = {v.zone: vial_text(batch, v).elements()["7003"] for v in batch.vials}
    assert stamps["America/Los_Angeles"] == "2205150850"
    assert stamps["Europe/Athens"] == "2205151850"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "B" * 21}, "lot: found .* expected 1 to 20 characters"),
        ({"id": "Ł-1"}, 'lot: "Ł" in "Ł-1" has no place'),
        ({"id": ""}, "lot: found"),
    ],
)
def test_a_lot_that_gs1_cannot_say_is_refused(change: dict[str, str], message: str) -> None:
    batch = replace(sheet(), **change)  # type: ignore[arg-type]
    with pytest.raises(PaperError, match=message):
        vial_labels(batch, batch.vials)


def test_a_wrong_gtin_is_told_with_its_check_digit() -> None:
    with pytest.raises(PaperError, match="check digit should be 3"):
        gtin_checked("09501101530004")
    with pytest.raises(PaperError, match="fourteen digits"):
        gtin_checked("9501101530003")
    assert check_digit("629104150021") == "3"  # the example of the GS1 check digit calculator


def overlong(batch: BatchSheet) -> tuple[BatchSheet, Vial]:
    product = replace(batch.product, name="Ω" * 900)
    return replace(batch, product=product), batch.vials[0]


def test_a_name_that_does_not_fit_is_refused_and_never_cut() -> None:
    batch, vial = overlong(sheet())
    with pytest.raises(PaperError, match="no room for"):
        pdf(vial_labels(batch, [vial]))
    with pytest.raises(PaperError, match="no room for"):
        pdf(shield_labels(batch, [vial]))


def test_a_character_without_a_glyph_is_refused() -> None:
    batch = sheet()
    vial = replace(batch.vials[0], site="東京病院")
    with pytest.raises(PaperError, match="could not be displayed"):
        pdf(vial_labels(batch, [vial]))


@pytest.mark.parametrize("size", [1, 2, 249, 250, 251, 700, 1400])
def test_any_text_comes_back_from_its_symbol(size: int) -> None:
    import zxingcpp

    text = ("— ключ αβγ żółć 0123\n" * 100).encode()[:size].decode(errors="ignore") or "x"
    read = zxingcpp.read_barcodes(label_rows.bitmap(text_matrix(text), 4))
    assert [found.text for found in read] == [text]


def test_a_text_too_long_for_a_symbol_is_refused() -> None:
    with pytest.raises(PaperError, match="too many"):
        text_matrix("x" * 1600)
