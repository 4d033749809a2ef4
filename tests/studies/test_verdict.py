"""What the verdict means, and how it is said."""

from __future__ import annotations

from datetime import date

import pytest

from doseline.studies.assessment import Answer
from doseline.studies.figures import Figure, count_figure, mean_figure, ratio_figure, wilson
from doseline.studies.verdict import sentence, sufficient


def answer(question: str, value: bool | None, design: str = "one") -> Answer:
    zero = Figure(0.0, 0.0, 0.0)
    return Answer(
        question=question,
        name=f"the {question}",
        from_on=date(2024, 1, 1),
        until_on=date(2024, 12, 31),
        design=design,
        futures=32,
        demand=zero,
        headroom=2.0,
        headroom_binds=(),
        otif=Figure(0.96, 0.95, 0.97),
        target=0.95,
        delayed=zero,
        missed=zero,
        sufficient=value,
        first_shortfall_on=None,
        slot_use=0.5,
    )


@pytest.mark.parametrize(
    ("headroom", "low", "high", "expected"),
    [
        (1.0, 0.95, 0.97, True),
        (0.999, 0.99, 1.0, False),
        (2.0, 0.90, 0.949, False),
        (2.0, 0.94, 0.96, None),
        (1.0, 0.949, 0.95, None),
    ],
)
def test_sufficient_needs_headroom_and_an_interval_clear_of_the_target(
    headroom: float, low: float, high: float, expected: bool | None
) -> None:
    otif = Figure((low + high) / 2.0, low, high)
    assert sufficient(headroom, otif, 0.95) is expected


def test_the_sentence_names_every_question_and_the_design_that_would_do() -> None:
    said = sentence(
        (answer("trial", True), answer("market", False)),
        "one",
        (answer("market", True, "two"),),
        {"one": "One plant", "two": "Two plants"},
    )
    assert said.startswith("With One plant the manufacturing capacity is sufficient for the trial")
    assert "is not sufficient for the market" in said
    assert said.endswith("The target is met by Two plants for the market.")


def test_the_sentence_says_when_no_design_would_do() -> None:
    said = sentence((answer("trial", None),), "one", (answer("trial", False, "two"),))
    assert "undecided" in said
    assert said.endswith("None of the designs compared meets the target where this one does not.")


def test_an_interval_of_equal_values_has_no_width() -> None:
    assert mean_figure([2.0, 2.0, 2.0]) == Figure(2.0, 2.0, 2.0)


def test_a_mean_has_the_interval_of_student() -> None:
    found = mean_figure([1.0, 2.0, 3.0, 4.0])
    # t(3, 0.975) = 3.18245; sd = 1.29099; half = 3.18245 * 1.29099 / 2
    assert found.mean == 2.5
    assert found.high - found.mean == pytest.approx(2.05426, abs=1e-4)


def test_a_ratio_is_of_sums_not_a_mean_of_ratios() -> None:
    assert ratio_figure([1.0, 9.0], [2.0, 10.0]).mean == pytest.approx(10.0 / 12.0)


def test_counts_reach_no_lower_than_nothing() -> None:
    assert count_figure([0.0, 0.0, 1.0]).low == 0.0


def test_wilson_is_open_where_nothing_was_counted() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(0, 50)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert 0.0 < high < 0.1
