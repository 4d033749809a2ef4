"""Futures are added until OTIF is narrow enough, the same on every machine."""

from __future__ import annotations

import pytest

from doseline.simulate import SimulationResult
from doseline.studies.assessment import AS_WRITTEN
from doseline.studies.crew import Crew
from doseline.studies.precision import LEAST, Precision, joined, wanted_futures
from doseline.studies.rounds import Span, play_spans
from doseline.studies.runs import Play, periods, play
from tests.hand_world import world

PROGRAMME = world()
COUNTED = periods(PROGRAMME.questions)
SPAN = Span(
    "all",
    {AS_WRITTEN: COUNTED},
    {AS_WRITTEN: tuple(p.id for p in COUNTED)},
    PROGRAMME.from_on,
    PROGRAMME.until_on,
    None,
    first=4,
    piece=5,
)


def until(precision: Precision | None) -> SimulationResult:
    with Crew(PROGRAMME, 1) as crew:
        found, _ = play_spans(crew, [SPAN], Play(3, 4), precision)
    return found["all"][AS_WRITTEN]


def test_without_a_precision_the_run_decides() -> None:
    assert len(until(None).replications) == 4


def test_rounds_make_the_same_futures_as_one_run() -> None:
    """Pieces of five, rounds of any length: each future is played once, in its order."""
    found = until(Precision(0.3, 60))
    whole = play(PROGRAMME, Play(3, len(found.replications)), counted=COUNTED)
    assert len(found.replications) > 4
    assert found == whole


def test_it_stops_once_it_is_narrow_enough() -> None:
    precision = Precision(0.06, 900)
    found = until(precision)
    assert wanted_futures(found, COUNTED, precision) == len(found.replications)
    assert LEAST < len(found.replications) < 900


def test_few_futures_are_not_taken_at_their_word() -> None:
    """Four that happen to agree are narrow by luck."""
    assert wanted_futures(until(None), COUNTED, Precision(1.0, 900)) == 16
    assert len(until(Precision(1.0, 900)).replications) == LEAST


def test_it_stops_at_the_most() -> None:
    assert len(until(Precision(0.001, 12)).replications) == 12


@pytest.mark.parametrize("width", [0.05, 0.3, 0.9])
def test_a_round_is_never_more_than_four_times_what_is_there(width: float) -> None:
    found = until(None)
    assert 4 <= wanted_futures(found, COUNTED, Precision(width, 10_000)) <= 16


def test_two_halves_are_the_whole() -> None:
    whole = play(PROGRAMME, Play(3, 6), counted=COUNTED)
    first = play(PROGRAMME, Play(3, 2), counted=COUNTED)
    rest = play(PROGRAMME, Play(3, 4, first=2), counted=COUNTED)
    assert joined(first, rest) == whole
