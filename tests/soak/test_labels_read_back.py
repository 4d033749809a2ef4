"""Ten thousand labels, printed, read back and compared; a thousand of them as whole labels."""

from collections.abc import Callable

import pytest

from doseline.report.papers.labels import shield_labels, vial_labels, vial_text
from doseline.report.papers.paper import Paper
from doseline.report.papers.sources import BatchSheet, Vial
from doseline.report.papers.symbol import gs1_matrix
from tests.report.papers import label_rows


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40, 49))
def test_nine_thousand_symbols_say_what_their_vials_say(seed: int) -> None:
    wrong = []
    for batch, vial in label_rows.random_rows(1_000, seed):
        matrix = gs1_matrix(vial_text(batch, vial).text())
        read = label_rows.read_back(label_rows.bitmap(matrix, 3))
        wrong += label_rows.mistakes(read, batch, vial)
    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(60, 65))
@pytest.mark.parametrize("kind", [vial_labels, shield_labels])
def test_five_hundred_whole_labels_of_each_kind_are_read_back(
    kind: Callable[[BatchSheet, list[Vial]], Paper], seed: int
) -> None:
    for batch, vial in label_rows.random_rows(100, seed):
        assert label_rows.whole_label_mistakes(kind(batch, [vial]), batch, vial) == []
