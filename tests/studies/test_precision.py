"""Futures are added until OTIF is narrow enough, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.simulate import Period, SimulationResult
from doseline.studies.assessment import AS_WRITTEN
from doseline.studies.controls import NONE
from doseline.studies.crew import Crew
from doseline.studies.precision import LEAST, Precision, joined, wanted_futures
from doseline.studies.rounds import Found, Span, play_spans, stretches
from doseline.studies.runs import Play, periods, play
from doseline.studies.served import Served, served_of, together
from tests.hand_world import world

PROGRAMME = world()
COUNTED = periods(PROGRAMME.questions)
(TRIAL,) = (p.id for p in COUNTED)
SPAN = Span(
    "all",
    {AS_WRITTEN: COUNTED},
    {AS_WRITTEN: (TRIAL,)},
    PROGRAMME.from_on,
    PROGRAMME.until_on,
    None,
    first=4,
    piece=5,
)


def found_until(precision: Precision | None, span: Span = SPAN) -> Found:
    with Crew(PROGRAMME, 1) as crew:
        found, _ = play_spans(crew, [span], Play(3, 4), precision)
    return found["all"]


def counted_alike(found: Served, result: SimulationResult) -> None:
    """The doses are those of one run; what is known of each future beforehand stands beside."""
    assert replace(found, controls=NONE) == served_of(result, TRIAL)
    assert len(found.controls.rows) == found.futures


def until(precision: Precision | None) -> Served:
    return found_until(precision).served[AS_WRITTEN][TRIAL]


def test_without_a_precision_the_run_decides() -> None:
    found = found_until(None)
    assert len(found.whole[AS_WRITTEN].replications) == 4
    counted_alike(found.served[AS_WRITTEN][TRIAL], found.whole[AS_WRITTEN])


def test_rounds_make_the_same_futures_as_one_run() -> None:
    """Pieces of any length, rounds of any length: each future is played once, in its order."""
    found = until(Precision(0.3, 60))
    whole = play(PROGRAMME, Play(3, found.futures), counted=COUNTED)
    assert found.futures > 4
    counted_alike(found, whole)


def test_it_stops_once_it_is_narrow_enough() -> None:
    precision = Precision(0.06, 900)
    found = until(precision)
    assert wanted_futures(found, precision) == found.futures
    assert LEAST < found.futures < 900


def test_few_futures_are_not_taken_at_their_word() -> None:
    """Four that happen to agree are narrow by luck."""
    assert wanted_futures(until(None), Precision(1.0, 900)) == 16
    assert until(Precision(1.0, 900)).futures == LEAST


def test_it_stops_at_the_most() -> None:
    assert until(Precision(0.001, 12)).futures == 12


@pytest.mark.parametrize("width", [0.05, 0.3, 0.9])
def test_a_round_is_never_more_than_four_times_what_is_there(width: float) -> None:
    assert 4 <= wanted_futures(until(None), Precision(width, 10_000)) <= 16


def test_two_halves_are_the_whole() -> None:
    whole, first, rest = (
        play(PROGRAMME, run, counted=COUNTED)
        for run in (Play(3, 6), Play(3, 2), Play(3, 4, first=2))
    )
    assert joined(first, rest) == whole
    halves: Sequence[SimulationResult] = (first, rest)
    assert together(*(served_of(r, TRIAL) for r in halves)) == served_of(whole, TRIAL)


def test_futures_end_with_the_last_period_that_needs_them() -> None:
    """The first weeks need more futures than the whole trial; both are as if all were played."""
    early = replace(COUNTED[0], id="early", until_on=COUNTED[0].from_on + timedelta(days=40))
    both = (COUNTED[0], early)
    span = replace(SPAN, counted={AS_WRITTEN: both}, narrow={AS_WRITTEN: (TRIAL, "early")})
    served = found_until(Precision(0.07, 900), span).served[AS_WRITTEN]
    most = max(s.futures for s in served.values())
    whole = play(PROGRAMME, Play(3, most), counted=both)
    for name, mine in served.items():
        counted = served_of(whole, name)
        assert mine.due == counted.due[: mine.futures]
        assert mine.on_time == counted.on_time[: mine.futures]
    assert served["early"].futures > served[TRIAL].futures


WANTED = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5
)


@given(WANTED, st.integers(1, 20))
def test_every_future_that_is_wanted_is_played_once(
    asked: list[tuple[int, int, int]], begun: int
) -> None:
    """Periods that end on any days, in two rounds that ask any number of futures more of each."""
    first = date(2024, 1, 1)
    ends = [first + timedelta(days=after) for after, _, _ in asked]
    named = [Period(f"{k}", (), first, end) for k, end in enumerate(ends)]
    have = {p.id: begun for p in named}
    for turn in (1, 2):
        wanted = {p.id: have[p.id] + more[turn] for p, more in zip(named, asked, strict=True)}
        played: dict[str, list[range]] = {p.id: [] for p in named}
        lasts = []
        for numbers, needed in stretches(named, have, wanted):
            lasts.append(max(p.until_on for p in needed))
            for p in needed:
                played[p.id].append(numbers)
        assert all(a >= b for a, b in pairwise(lasts))
        for p in named:
            edges = [have[p.id], *(n.stop for n in played[p.id])]
            assert [n.start for n in played[p.id]] == edges[:-1]
            assert edges[-1] >= wanted[p.id]
            have[p.id] = edges[-1]
