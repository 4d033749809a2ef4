"""Numbers in print, and the colours they are drawn in."""

import math

import pytest

from doseline.report import numerals, palette
from doseline.report.figures import inline
from doseline.report.marks import headroom_mark, otif_floor, otif_mark
from doseline.report.markup import el
from doseline.report.supply import staircase
from doseline.studies.figures import Figure


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_figure_without_an_interval_stands_alone() -> None:
    assert plain(numerals.shares(Figure(0.5, math.nan, math.nan))) == (
        '<span class="fig"><b>50.0 %</b></span>'
    )


def test_a_loss_has_a_true_minus_and_nothing_is_minus_zero() -> None:
    assert "\u22121.2" in numerals.points(Figure(-0.012, -0.02, -0.004))
    assert plain(numerals.money(-0.3, "EUR")) == "EUR 0"
    assert plain(numerals.money(-1234.0, "EUR")) == "EUR \u22121,234"


def test_millicurie_follow_from_becquerel_exactly() -> None:
    assert plain(numerals.activity(37.0 * 28.5)) == "1.05 GBq (28.50 mCi)"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [palette.INK, palette.QUIET, *palette.LINES, palette.YES])
def test_words_and_lines_stand_out_in_light_and_in_dark(colour: str) -> None:
    dark = palette.DARK
    assert contrast(colour, palette.PAPER) >= 4.5
    assert contrast(colour, palette.WEEKEND) >= 4.5
    assert contrast(dark[colour], dark[palette.PAPER]) >= 4.5


@pytest.mark.parametrize("bar", palette.BARS)
def test_letters_can_be_read_in_their_bars_in_light_and_in_dark(bar: str) -> None:
    assert contrast(palette.IN_BAR, bar) >= 4.5
    assert contrast(palette.DARK[palette.IN_BAR], palette.DARK[bar]) >= 4.5


def test_every_colour_has_its_counterpart_in_the_dark() -> None:
    used = {
        palette.GRID,
        palette.EDGE,
        palette.INNER_BAND,
        palette.OUTER_BAND,
        palette.NO,
        palette.OPEN,
    }
    assert used | {*palette.LINES, *palette.BARS} <= set(palette.DARK)
    assert len(set(palette.DASHES)) == len(palette.LINES)


def test_marks_of_unknown_or_boundless_values_stay_inside() -> None:
    nowhere = Figure(math.nan, math.nan, math.nan)
    for drawn in (
        headroom_mark(math.inf),
        headroom_mark(math.nan),
        otif_mark(nowhere, 0.95, 0.9),
        otif_mark(Figure(0.2, 0.1, 0.3), 0.95, 0.9),
    ):
        assert "nan" not in drawn
        assert "inf" not in drawn
    assert otif_floor([nowhere], [0.95]) == 0.9
    assert otif_floor([Figure(0.55, 0.51, 0.6)], [0.95]) == 0.5


def test_ids_of_a_drawing_become_its_own() -> None:
    svg = '<svg viewBox="0 0 9 9"><clipPath id="c"></clipPath><g clip-path="url(#c)"></g></svg>'
    drawn = inline(svg, "costs0", "what it shows")
    assert 'id="costs0-c"' in drawn
    assert "url(#costs0-c)" in drawn
    assert 'aria-label="what it shows"' in drawn


def test_accounts_that_add_up_stand_as_a_staircase_others_on_the_floor() -> None:
    assert staircase([10.0, 6.0, 3.0, 1.0]) == [0.0, 4.0, 1.0, 0.0]
    assert staircase([10.0, 6.0, 6.0]) == [0.0, 0.0, 0.0]


def test_what_is_not_markup_is_escaped_in_text_and_in_attributes() -> None:
    assert el("p", "<b>", title='"') == '<p title="&quot;">&lt;b&gt;</p>'
