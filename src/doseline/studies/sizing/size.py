"""The study of `size`: the least capacity that is sufficient, the frontier, and when to add."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

from doseline.errors import did_you_mean
from doseline.programme import Programme
from doseline.programme.design import Design
from doseline.programme.programme import Question
from doseline.simulate import kpis
from doseline.studies.crew import Crew
from doseline.studies.figures import Figure, mean_figure, service
from doseline.studies.headroom import period_headroom
from doseline.studies.progress import Progress, silent
from doseline.studies.runs import Play, asked
from doseline.studies.sizing.candidates import Candidate, candidates, own_candidate, stand
from doseline.studies.sizing.lead_times import Step, steps
from doseline.studies.sizing.search import Option, Response, Rules, Search
from doseline.studies.sizing.spans import observer, play_span, spans_of
from doseline.studies.variants import parent_design


@dataclass(frozen=True, slots=True)
class Sized:
    """A candidate as it was found: `sufficient` is None where that was not decided.

    A design too large to matter, or too small by one period already, is not decided in all.
    """

    candidate: Candidate
    headroom: float
    otif: Figure
    cost: Figure
    futures: int
    sufficient: bool | None
    efficient: bool = False


@dataclass(frozen=True)
class Period:
    """The answer for one question, or for all together (`question` is None)."""

    question: Question | None
    target: float
    designs: tuple[Sized, ...]
    chosen: str | None
    kpis: Mapping[str, Mapping[str, Mapping[str, float | str | None]]]

    @property
    def frontier(self) -> tuple[Sized, ...]:
        """Designs that no other beats in cost and service, the cheapest first."""
        return tuple(d for d in self.designs if d.efficient)


@dataclass(frozen=True)
class Sizes:
    """What was found: for all periods together, for each, and the way through time."""

    design: str
    together: Period
    periods: tuple[Period, ...]
    steps: tuple[Step, ...]
    rules: Rules
    by_cost: bool
    settled: bool
    unsettled: tuple[str, ...]
    guarantee: str
    candidates: tuple[Candidate, ...]
    seconds: float


DEFAULT_RULES = Rules()


def size(
    programme: Programme,
    *,
    design: str | None = None,
    questions: Collection[str] = (),
    rules: Rules = DEFAULT_RULES,
    by_cost: bool = False,
    seed: int = 1,
    workers: int = 1,
    progress: Progress = silent,
) -> Sizes:
    """The least capacity that meets the target, in every period asked about and in each.

    With `by_cost` the cheapest instead. Raises LookupError for an unknown design or question, and
    where the grid is too fine.
    """
    began = perf_counter()
    parent = parent_design(programme, design)
    chosen = _asked(programme, parent, questions)
    found = candidates(programme, design, chosen)
    with Crew(programme, workers, progress) as crew:
        sizes = _size(crew, parent, chosen, found, rules, by_cost, seed)
    return replace(sizes, seconds=perf_counter() - began)


def _size(
    crew: Crew,
    parent: Design,
    chosen: Sequence[Question],
    found: Sequence[Candidate],
    rules: Rules,
    by_cost: bool,
    seed: int,
) -> Sizes:
    programme = crew.programme
    by_id = {c.id: c for c in found}
    rooms = _rooms(crew, parent, found, chosen)
    search = Search(
        [
            Option(
                c.id,
                0.0 if by_cost else c.vials_a_week,
                frozenset(i for i in range(len(chosen)) if rooms[c.id][i] < 1.0),
            )
            for c in found
        ],
        [programme.target_otif(q.protocols) for q in chosen],
        observer(crew, parent, by_id, chosen, seed),
        rules,
    )
    search.begin()
    every = range(len(chosen))
    alone = [search.least([i]) for i in every]
    together = search.least(every) if len(chosen) > 1 else alone[0]
    own = own_candidate(programme, parent, chosen, found)
    way = steps(
        programme,
        chosen,
        own,
        found,
        lambda c, place: search.sufficient([c.id], [place])[c.id],
        lambda place, among: by_id.get(search.least([place], [c.id for c in among]) or ""),
    )
    periods = tuple(
        _period(programme, parent, chosen, [i], found, rooms, search, alone[i], seed) for i in every
    )
    return Sizes(
        design=parent.id,
        together=periods[0]
        if len(chosen) == 1
        else _period(programme, parent, chosen, every, found, rooms, search, together, seed),
        periods=periods,
        steps=way,
        rules=rules,
        by_cost=by_cost,
        settled=not search.unsettled,
        unsettled=tuple(sorted({name for name, _ in search.unsettled})),
        guarantee=guarantee(rules, by_cost, not search.unsettled, together is not None),
        candidates=tuple(found),
        seconds=0.0,
    )


def _asked(programme: Programme, parent: Design, wanted: Collection[str]) -> tuple[Question, ...]:
    known = {q.id: q for q in asked(programme, parent.id)}
    for name in wanted:
        if name not in known:
            raise LookupError(
                f"no question {name!r}{did_you_mean(name, known)}; known: {', '.join(known)}"
            )
    found = tuple(q for q in known.values() if not wanted or q.id in wanted)
    if not found:
        raise LookupError("the programme asks no question; state one to size for")
    return found


def guarantee(rules: Rules, by_cost: bool, settled: bool, found: bool) -> str:
    """What is promised, in a sentence."""
    points = f"{100.0 * rules.zone:.3g} points"
    likely = f"{100.0 * rules.confidence:.4g} %"
    often = f"With a probability of {likely} at least, for futures near normal: "
    if not settled:
        return (
            f"None: within {rules.most} futures some tests were not decided, and their means stand "
            "in for them."
        )
    if not found:
        return f"{often}no design of the grid reaches every target by {points}."
    cheapest = f"the cheapest is taken where it is so by more than {100.0 * rules.cost_zone:.3g} %"
    least = (
        f"of those that reach it by {points} {cheapest}"
        if by_cost
        else f"none with less capacity reaches it by {points}, and of those with the same capacity "
        f"that do {cheapest}"
    )
    return f"{often}the design found has an OTIF above every target less {points}, {least}."


# -- headroom ------------------------------------------------------------------------------


def _rooms(
    crew: Crew, parent: Design, found: Sequence[Candidate], questions: Sequence[Question]
) -> dict[str, list[float]]:
    jobs = [partial(_room, parent, c, tuple(questions)) for c in found]
    answers = crew.run(jobs, "headrooms")
    return {c.id: room for c, room in zip(found, answers, strict=True)}


def _room(
    parent: Design, candidate: Candidate, questions: tuple[Question, ...], programme: Programme
) -> list[float]:
    stood = stand(programme, parent, candidate)
    same: dict[object, list[Question]] = {}
    for q in questions:
        same.setdefault((q.from_on, q.until_on), []).append(q)
    found = {}
    for group in same.values():
        found.update(period_headroom(stood, group))
    return [found[q.id].multiple for q in questions]


# -- what is said of each period -------------------------------------------------------------


def _period(
    programme: Programme,
    parent: Design,
    questions: Sequence[Question],
    places: Sequence[int],
    found: Sequence[Candidate],
    rooms: dict[str, list[float]],
    search: Search,
    chosen: str | None,
    seed: int,
) -> Period:
    whole = len(places) == len(questions)
    rows = [_sized(c, rooms[c.id], places, search, whole) for c in found]
    played = {}
    if chosen is not None:
        candidate = next(c for c in found if c.id == chosen)
        run = Play(seed, len(search.rows[chosen]))
        stood = stand(programme, parent, candidate)
        for span in spans_of([questions[i] for i in places]):
            result = play_span(stood, span, run)
            played.update({q.id: kpis(result, q.id) for q in span.questions})
    return Period(
        question=questions[places[0]] if len(places) == 1 else None,
        target=max(search.targets[i] for i in places),
        designs=_efficient(rows),
        chosen=chosen,
        kpis=played,
    )


def _sized(
    candidate: Candidate,
    rooms: Sequence[float],
    places: Sequence[int],
    search: Search,
    whole: bool,
) -> Sized:
    rows = search.rows[candidate.id]
    standing = [search.standing(candidate.id, i) for i in places]
    return Sized(
        candidate=candidate,
        headroom=min(rooms[i] for i in places),
        otif=service(
            [math.fsum(r.on_time[i] for i in places) for r in rows],
            [math.fsum(r.due[i] for i in places) for r in rows],
        ),
        cost=mean_figure([_cost(r, places, whole) for r in rows]),
        futures=len(rows),
        sufficient=False if False in standing else None if None in standing else True,
    )


def _cost(row: Response, places: Sequence[int], whole: bool) -> float:
    return row.total if whole else math.fsum(row.cost[i] for i in places)


def _efficient(rows: Sequence[Sized]) -> tuple[Sized, ...]:
    """The cheapest first, with the mark of those that no other beats in cost and service."""
    best = -math.inf
    found = []
    for row in sorted(rows, key=lambda r: (r.cost.mean, -r.otif.mean)):
        found.append(replace(row, efficient=row.otif.mean > best))
        best = max(best, row.otif.mean)
    return tuple(found)
