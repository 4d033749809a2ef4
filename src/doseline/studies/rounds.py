"""Futures of several designs in rounds, until every OTIF asked about is known to a width.

Work is cut into pieces that do not hang on how many processes there are: some futures of a span of
days, their patients drawn once, played under every design that still needs them. The first futures
are played to the end of the span and kept; later ones end with the last period that still needs
them, and no more is kept of them than how its doses were served.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any

from doseline.programme import Programme
from doseline.simulate import Period, SimulationResult
from doseline.studies.crew import Crew
from doseline.studies.planned import planned_demand
from doseline.studies.pool import Job
from doseline.studies.precision import LEAST, Precision, joined, wanted_futures
from doseline.studies.runs import FINISHES, Play, play
from doseline.studies.served import Served, costs_of, served_of, together
from doseline.studies.variants import under


@dataclass(frozen=True)
class Span:
    """Days that are played for some designs, with what is counted and what is to be narrow.

    Without `whole`, no more than how doses were served is kept of the first futures either.
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
    whole: bool = True


@dataclass
class Found:
    """What was played of a span: the first futures whole by design, and all of them as served.

    `served` goes by design and period; a period that ends early may hold more futures than one
    that ends late.
    """

    whole: dict[str, SimulationResult]
    served: dict[str, dict[str, Served]]


def play_spans(
    crew: Crew,
    spans: Sequence[Span],
    run: Play,
    precision: Precision | None,
    beside: Sequence[Job[Any]] = (),
) -> tuple[dict[str, Found], list[Any]]:
    """What was found of each span, and the answers of other jobs, done in the first round.

    Without a precision the first round is all. With one, a round of a period is as long as its
    interval asks for, so the number of futures hangs on the seed and nothing else.
    """
    one = replace(run, workers=1)
    first = [(s, numbers) for s in spans for numbers in _cut(range(_begun(s, precision)), s.piece)]
    jobs: list[Job[Any]] = [partial(_whole, span, numbers, one) for span, numbers in first]
    answers: list[Any] = crew.run([*jobs, *beside], "futures played and plans solved")
    others, answers = answers[len(jobs) :], answers[: len(jobs)]  # the longest jobs begin first
    found = {}
    for span in spans:
        mine = [a for (s, _), a in zip(first, answers, strict=True) if s is span]
        whole = {d: joined(*(a[d][0] for a in mine)) for d in span.counted if span.whole}
        served = {
            d: {p: together(*(a[d][1][p] for a in mine)) for p in span.narrow.get(d, ())}
            for d in span.counted
        }
        found[span.name] = Found(whole, served)
    while precision is not None:
        pieces = [piece for span in spans for piece in _needed(span, found[span.name], precision)]
        if not pieces:
            break
        more = crew.run(
            [partial(_served, piece, one) for piece in pieces], "futures until intervals are narrow"
        )
        for span in spans:
            told = [a for p, a in zip(pieces, more, strict=True) if p.span is span]
            for design, known in found[span.name].served.items():
                for period, before in known.items():
                    new = [a[design, period] for a in told if (design, period) in a]
                    known[period] = together(before, *new) if new else before
    return found, others


def _begun(span: Span, precision: Precision | None) -> int:
    """How many futures are played at first: no fewer than an interval is ever believed on."""
    if precision is None or not span.narrow:
        return span.first
    return max(span.first, min(LEAST, precision.most))


def _cut(numbers: range, piece: int) -> Iterator[range]:
    """Futures in pieces, cut where any number of them would be cut."""
    first = numbers.start
    while first < numbers.stop:
        end = min(numbers.stop, (first // piece + 1) * piece)
        yield range(first, end)
        first = end


# -- the first futures, whole ----------------------------------------------------------------


def _whole(
    span: Span, numbers: range, run: Play, programme: Programme
) -> dict[str, tuple[SimulationResult | None, dict[str, Served]]]:
    found: dict[str, tuple[SimulationResult | None, dict[str, Served]]] = {}
    for design, periods in span.counted.items():
        narrow = span.narrow.get(design, ())
        mine = tuple(p for p in periods if p.id in narrow)
        part = (design, numbers, periods)
        result, served = _played(span, part, mine, span.until_on, run, programme)
        found[design] = (result if span.whole else None, served)
    return found


_Part = tuple[str, range, tuple[Period, ...]]
"""A design, the futures that are played under it, and the periods that are counted."""


def _played(
    span: Span,
    part: _Part,
    narrow: Sequence[Period],
    until_on: date,
    run: Play,
    programme: Programme,
) -> tuple[SimulationResult, dict[str, Served]]:
    """Some futures of a span under a design, until a day; and how some periods were served."""
    design, numbers, periods = part
    here = under(programme, design)
    mine = replace(run, first=numbers.start, replications=len(numbers))
    result = play(
        here, mine, counted=periods, from_on=span.from_on, until_on=until_on, cases=span.cases,
        within=span.until_on,
    )  # fmt: skip
    known = planned_demand(here, mine, narrow, span.from_on, until_on, span.cases, span.until_on)
    costs = costs_of(result)
    return result, {p.id: served_of(result, p.id, known[p.id], costs) for p in narrow}


# -- more futures, no longer than is asked -----------------------------------------------------


@dataclass(frozen=True)
class _Piece:
    """Some futures, for those designs and periods that still need them.

    Who comes in them is drawn once for all parts.
    """

    span: Span
    parts: tuple[_Part, ...]


def _needed(span: Span, found: Found, precision: Precision) -> list[_Piece]:
    """The pieces of the next round: the first futures are asked for by most, so they come first."""
    parts: dict[int, list[_Part]] = {}
    for design, served in found.served.items():
        have = {p: s.futures for p, s in served.items()}
        wanted = {p: wanted_futures(s, precision) for p, s in served.items()}
        periods = [p for p in span.counted[design] if p.id in wanted]
        for numbers, needed in stretches(periods, have, wanted):
            for some in _cut(numbers, span.piece):
                parts.setdefault(some.start // span.piece, []).append((design, some, needed))
    return [_Piece(span, tuple(parts[block])) for block in sorted(parts)]


def stretches(
    periods: Sequence[Period], have: Mapping[str, int], wanted: Mapping[str, int]
) -> Iterator[tuple[range, tuple[Period, ...]]]:
    """Stretches of futures with the periods that need them, in order of the futures.

    A future that is played to the end of a period counts for every period that ends before, so
    those that end early have as many futures as those that end late, or more.
    """
    most = {
        p.id: max(max(have[p.id], wanted[q.id]) for q in periods if q.until_on >= p.until_on)
        for p in periods
    }
    for low, high in pairwise(sorted({*have.values(), *most.values()})):
        needed = tuple(p for p in periods if have[p.id] <= low and most[p.id] >= high)
        if needed:
            yield range(low, high), needed


def _served(piece: _Piece, run: Play, programme: Programme) -> dict[tuple[str, str], Served]:
    found: dict[tuple[str, str], Served] = {}
    for part in piece.parts:
        design, _, periods = part
        until_on = min(piece.span.until_on, max(p.until_on for p in periods) + FINISHES)
        _, served = _played(piece.span, part, periods, until_on, run, programme)
        for name, mine in served.items():
            before = found.get((design, name))
            found[design, name] = mine if before is None else together(before, mine)
    return found
