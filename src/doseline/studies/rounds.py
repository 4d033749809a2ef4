"""Futures of several designs in rounds, until every OTIF asked about is known to a width.

Work is cut into pieces that do not hang on how many processes there are: some futures of a span of
days, their patients drawn once, played under every design that still needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from doseline.programme import Programme
from doseline.simulate import Period, SimulationResult
from doseline.studies.crew import Crew
from doseline.studies.pool import Job
from doseline.studies.precision import Precision, joined, wanted_futures
from doseline.studies.runs import Play, play
from doseline.studies.variants import under


@dataclass(frozen=True)
class Span:
    """Days that are played for some designs, with what is counted and what is to be narrow.

    `counted` holds periods by design; `narrow` names those whose OTIF decides how many futures are
    played. `first` futures are played to begin with, `piece` of them in one piece of work.
    """

    name: str
    counted: Mapping[str, tuple[Period, ...]]
    narrow: Mapping[str, tuple[str, ...]]
    from_on: date
    until_on: date
    cases: dict[str, str] | None
    first: int
    piece: int


def play_spans(
    crew: Crew,
    spans: Sequence[Span],
    run: Play,
    precision: Precision | None,
    beside: Sequence[Job[Any]] = (),
) -> tuple[dict[str, dict[str, SimulationResult]], list[Any]]:
    """The results of each span by design, and the answers of other jobs, done in the first round.

    Without a precision the first round is all. With one, a round is as long as the widest interval
    of a design asks for, so the number of futures hangs on the seed and nothing else.
    """
    found: dict[str, dict[str, SimulationResult]] = {s.name: {} for s in spans}
    wanted = {s.name: dict.fromkeys(s.counted, s.first) for s in spans}
    others: list[Any] = []
    while True:
        pieces = [(s, piece) for s in spans for piece in _pieces(s, found[s.name], wanted[s.name])]
        if not pieces and not beside:
            return found, others
        jobs: list[Job[Any]] = [
            partial(_played, span, piece, replace(run, workers=1)) for span, piece in pieces
        ]
        answers: list[Any] = crew.run([*jobs, *beside], "futures played and plans solved")
        if beside:
            others, beside = answers[len(jobs) :], ()
        for span in spans:
            mine = [a for (s, _), a in zip(pieces, answers, strict=False) if s is span]
            for design in span.counted:
                new = [a[design] for a in mine if design in a]
                if new:
                    before = found[span.name].get(design)
                    found[span.name][design] = joined(*([before] if before else []), *new)
        if precision is None:
            return found, others
        wanted = {s.name: _wanted(s, found[s.name], precision) for s in spans}


_Piece = dict[str, range]


def _pieces(
    span: Span, found: Mapping[str, SimulationResult], wanted: Mapping[str, int]
) -> list[_Piece]:
    """The futures still wanted, by design, cut where every design would be cut."""
    have = {d: len(found[d].replications) if d in found else 0 for d in wanted}
    pieces = []
    for begin in range(0, max(wanted.values(), default=0), span.piece):
        end = begin + span.piece
        piece = {d: range(max(begin, have[d]), min(end, wanted[d])) for d in wanted}
        piece = {d: numbers for d, numbers in piece.items() if numbers}
        if piece:
            pieces.append(piece)
    return pieces


def _wanted(
    span: Span, found: Mapping[str, SimulationResult], precision: Precision
) -> dict[str, int]:
    return {
        design: max(
            len(result.replications),
            wanted_futures(
                result,
                [p for p in span.counted[design] if p.id in span.narrow[design]],
                precision,
            ),
        )
        for design, result in found.items()
    }


def _played(
    span: Span, piece: _Piece, run: Play, programme: Programme
) -> dict[str, SimulationResult]:
    return {
        design: play(
            under(programme, design),
            replace(run, workers=1, first=numbers.start, replications=len(numbers)),
            counted=span.counted[design],
            from_on=span.from_on,
            until_on=span.until_on,
            cases=span.cases,
        )
        for design, numbers in piece.items()
    }
