"""Intervals of an assessment that adds futures until they are narrow hold the truth as they say."""

from __future__ import annotations

import math
from functools import cache

import pytest

from doseline.programme import Programme
from doseline.studies.assessment import AS_WRITTEN
from doseline.studies.controls import weighing
from doseline.studies.counts import counts_of
from doseline.studies.crew import Crew
from doseline.studies.figures import service
from doseline.studies.precision import Precision
from doseline.studies.rounds import Span, play_spans
from doseline.studies.runs import FINISHES, Play, periods, play
from doseline.studies.served import served_of
from tests.studies.sizing.cells import cells

pytestmark = pytest.mark.soak

STUDIES = 1_000
FUTURES_OF_THE_TRUTH = 10_000
"""Known to about a twentieth of half the width of the intervals that are to hold it."""


@cache
def the_truth(programme: Programme) -> float:
    (question,) = programme.questions
    many = Play(1_000_000, FUTURES_OF_THE_TRUTH, engine="kernel")
    last = min(programme.until_on, question.until_on + FINISHES)
    truly = play(
        programme, many, counted=periods((question,)), from_on=question.from_on, until_on=last
    )
    return counts_of(served_of(truly, question.id)).otif.mean


@pytest.mark.parametrize("width", [0.2, 0.08])
def test_the_interval_holds_the_truth(width: float) -> None:
    """Stopped by its own width; the truth is that of another seed.

    The first width is reached with the least number of futures, the second soon after it: there
    the luck of stopping weighs most.
    """
    programme = cells(2)
    (question,) = programme.questions
    counted = periods((question,))
    last = min(programme.until_on, question.until_on + FINISHES)
    truth = the_truth(programme)
    span = Span(
        name=question.id,
        counted={AS_WRITTEN: counted},
        narrow={AS_WRITTEN: (question.id,)},
        from_on=question.from_on,
        until_on=last,
        cases=None,
        first=16,
        piece=256,
    )
    held = played = 0
    with Crew(programme, 1) as crew:
        for study in range(STUDIES):
            run = Play(study, 16, engine="kernel")
            found, _ = play_spans(crew, [span], run, Precision(width, 4_000))
            counts = found[question.id].served[AS_WRITTEN][question.id]
            otif = service(counts.on_time, counts.due, weighing(counts.controls))
            assert otif.high - otif.low <= width
            held += otif.low <= truth <= otif.high
            played += len(counts.due)
    error = 3.0 * math.sqrt(0.95 * 0.05 / STUDIES)
    print(f"\nwidth {width}: held {held} of {STUDIES}, {played / STUDIES:.0f} futures a study")
    assert held / STUDIES >= 0.95 - error
