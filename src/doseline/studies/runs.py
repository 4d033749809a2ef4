"""How a design is played: its periods, its patients, its simulation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from doseline.demand import Crowds, Drawing
from doseline.errors import did_you_mean
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.programme.scenario import Scenario
from doseline.programme.trial import Arm
from doseline.simulate import Executor, Keeping, Period, SimulationResult, Until, simulate
from doseline.simulate.engine import Engine
from doseline.studies.demands import LastDrawn, demand_of
from doseline.studies.progress import Progress, silent

LOOK_BACK = timedelta(days=150)
"""A course begun so long before a window may still ask for doses inside it."""

FINISHES = timedelta(days=30)
"""Orders wanted at the end of a window are played to their end."""

A_YEAR = timedelta(days=365)
"""A patient enrolled in the last days of a trial may be treated so long after."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class Play:
    """Which futures are played: seed, how many, on how many processes, from which number on.

    `engine` says by what: `auto` takes the kernel where many are played at once.
    """

    seed: int
    replications: int
    workers: int = 1
    first: int = 0
    engine: Engine = "auto"


def periods(questions: Sequence[Question]) -> tuple[Period, ...]:
    """The periods of the questions, in which service is counted apart."""
    return tuple(Period(q.id, q.protocols, q.from_on, q.until_on) for q in questions)


def asked(programme: Programme, design_id: str) -> tuple[Question, ...]:
    """The questions that are asked of a design: its own, or all."""
    own = {d.id: d.questions for d in programme.designs}.get(design_id, ())
    return tuple(q for q in programme.questions if not own or q.id in own)


def cases_of(programme: Programme) -> dict[str, str]:
    """The uptake case of each market, where the programme's questions name one."""
    return {
        protocol: question.case
        for question in programme.questions
        for protocol in question.protocols
        if question.case is not None
    }


def protocols_of(programme: Programme) -> dict[str, frozenset[str]]:
    """The products of every trial and market, those of single visits too, by its id."""
    found = {t.id: _products(t.product, t.arms) for t in programme.trials}
    return {**found, **{m.id: _products(m.product, (m.arm,)) for m in programme.markets}}


def _products(product: str, arms: Iterable[Arm]) -> frozenset[str]:
    visits = (v for arm in arms for v in arm.visits)
    return frozenset({product, *(v.product for v in visits if v.product is not None)})


def products_of(programme: Programme, protocols: Iterable[str]) -> frozenset[str]:
    """The products of some trials and markets."""
    products = protocols_of(programme)
    return frozenset().union(*(products[p] for p in protocols if p in products))


def whole(programme: Programme) -> Period:
    """The horizon as one period, with every protocol of the products that are asked about."""
    made_of = protocols_of(programme)
    named = {p for q in programme.questions for p in q.protocols} or set(made_of)
    products = products_of(programme, named)
    protocols = tuple(p for p, made in made_of.items() if made & products)
    return Period(ALL, protocols, programme.from_on, programme.until_on)


def crowds_of(
    programme: Programme,
    seed: int,
    from_on: date,
    until_on: date,
    cases: dict[str, str] | None,
    scenario: Scenario | None,
    within: date | None = None,
) -> LastDrawn:
    """The patients of any replication whose courses may touch a span of days.

    What a scenario does to the demand is drawn with them. Designs whose demand is the same share
    what was drawn last, and so do the parts of a longer span that lasts `within` a day.
    """
    drawing = Drawing(scenario=scenario)
    last = max(until_on, within or until_on)
    first, protocols = from_on - LOOK_BACK, running(programme, from_on, last)
    every = Crowds(demand_of(programme), seed, first, last, cases, protocols, drawing)
    return LastDrawn(every, until_on if until_on < last else None)


def running(programme: Programme, from_on: date, until_on: date) -> tuple[str, ...]:
    """The trials and markets whose courses may touch a span of days."""
    first = from_on - LOOK_BACK
    return (
        *(t.id for t in programme.trials if t.from_on <= until_on and first <= t.until_on + A_YEAR),
        *(m.id for m in programme.markets if m.from_on <= until_on and first <= m.until_on),
    )


def scenario_named(programme: Programme, name: str | None) -> Scenario | None:
    """The scenario of that id; None for none. Raises LookupError for an unknown one."""
    if name is None:
        return None
    found = {s.id: s for s in programme.scenarios}
    if name not in found:
        known = ", ".join(found) or "none"
        raise LookupError(f"no scenario {name!r}{did_you_mean(name, found)}; known: {known}")
    return found[name]


def play(
    programme: Programme,
    run: Play,
    *,
    scenario: str | None = None,
    counted: Sequence[Period] = (),
    from_on: date | None = None,
    until_on: date | None = None,
    cases: dict[str, str] | None = None,
    progress: Progress = silent,
    what: str = "futures",
    executor: Executor | None = None,
    kept: Keeping | None = None,
    until: Until | None = None,
    within: date | None = None,
) -> SimulationResult:
    """Play the standing policy of a programme that stands under a design.

    `within` is the last day of a longer span that is played in parts; see `simulate`.
    """
    first = from_on or programme.from_on
    last = until_on or programme.until_on
    struck = scenario_named(programme, scenario)
    return simulate(
        programme,
        crowds_of(programme, run.seed, first, last, cases, struck, within),
        seed=run.seed,
        replications=run.replications,
        from_on=first,
        until_on=last,
        scenario=struck,
        workers=run.workers,
        first_replication=run.first,
        periods=tuple(counted),
        progress=lambda done, total: progress(what, done, total),
        executor=executor,
        kept=kept,
        until=until,
        engine=run.engine,
        within=within,
    )
