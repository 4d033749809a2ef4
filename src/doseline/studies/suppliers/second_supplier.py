"""What each further supplier buys: its gain in service, split by cause, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter

from doseline.programme import Programme
from doseline.programme.design import PlantUse
from doseline.programme.programme import Question
from doseline.studies.counts import Counts, counts_of
from doseline.studies.crew import Crew
from doseline.studies.figures import mean_figure
from doseline.studies.progress import Progress, silent
from doseline.studies.runs import FINISHES, Play, asked, cases_of, periods, play
from doseline.studies.served import served_of
from doseline.studies.suppliers.bought import Bought, Part, Suppliers
from doseline.studies.suppliers.causes import CAUSES, acting
from doseline.studies.suppliers.waterfall import World, in_order, over_all_orders, worlds_of
from doseline.studies.variants import parent_design, with_plants


def second_supplier(
    programme: Programme,
    *,
    design: str | None = None,
    question: str | None = None,
    suppliers: Sequence[str] = (),
    shapley: bool = False,
    seed: int = 1,
    replications: int = 40,
    workers: int = 1,
    progress: Progress = silent,
) -> Suppliers:
    """What each further supplier of a design buys, for its first question or another.

    Suppliers are added in the order of the design, or in the one given. Every world and every
    number of suppliers meets the same patients and the same luck. Raises LookupError for an
    unknown design, question or supplier, and where the design has one supplier alone.
    """
    began = perf_counter()
    with Crew(programme, workers, progress) as crew:
        found = buying(
            crew,
            design,
            question,
            Play(seed, replications),
            suppliers=suppliers,
            shapley=shapley,
        )
    return replace(found, seconds=perf_counter() - began)


def buying(
    crew: Crew,
    design: str | None,
    question: str | None,
    run: Play,
    *,
    suppliers: Sequence[str] = (),
    shapley: bool = False,
) -> Suppliers:
    """The same, played by a crew."""
    programme = crew.programme
    parent = parent_design(programme, design)
    chain = _chain(parent.plants, suppliers)
    if len(chain) < 2:
        raise LookupError(
            f"the design {parent.id!r} has one supplier; name a design with two or more"
        )
    chosen = _question(programme, parent.id, question)
    worlds = worlds_of(CAUSES, shapley=shapley)
    keys = [(world, n) for world in worlds for n in range(1, len(chain) + 1)]
    jobs = [
        partial(_played, design, chain[:n], tuple(sorted(world)), chosen.id, run)
        for world, n in keys
    ]
    answers = dict(zip(keys, crew.run(jobs, "worlds of suppliers"), strict=True))
    split = over_all_orders if shapley else in_order
    rows = []
    for n in range(2, len(chain) + 1):
        before = {w: answers[w, n - 1] for w in worlds}
        after = {w: answers[w, n] for w in worlds}
        gains = {w: _gain(before[w], after[w]) for w in worlds}
        parts = {"capacity": gains[frozenset()], **split(gains, CAUSES)}
        rows.append(_bought(chain[:n], before, after, gains, parts))
    names = {u: programme.manufacturer[u].name for u in chain}
    return Suppliers(
        question=chosen.id,
        name=chosen.name,
        design=parent.id,
        order=CAUSES,
        shapley=shapley,
        replications=run.replications,
        bought=tuple(rows),
        names=names,
    )


def _chain(plants: Sequence[PlantUse], suppliers: Sequence[str]) -> tuple[str, ...]:
    known = [u.manufacturer for u in plants]
    unknown = [s for s in suppliers if s not in known]
    if unknown:
        raise LookupError(f"no supplier {unknown[0]!r} in the design; known: {', '.join(known)}")
    return tuple(suppliers or known)


def _question(programme: Programme, design: str, question: str | None) -> Question:
    known = {q.id: q for q in asked(programme, design)}
    if question is None and known:
        return next(iter(known.values()))
    if question not in known:
        raise LookupError(f"no question {question!r}; known: {', '.join(known) or 'none'}")
    return known[question]


def _played(
    design: str | None,
    chain: tuple[str, ...],
    causes: tuple[str, ...],
    question: str,
    run: Play,
    programme: Programme,
) -> Counts:
    world = acting(programme, causes)
    parent = parent_design(world, design)
    uses = {u.manufacturer: u for u in parent.plants}
    stood = with_plants(world, parent, "+".join(chain), [uses[s] for s in chain])
    chosen = next(q for q in programme.questions if q.id == question)
    result = play(
        stood,
        run,
        counted=periods((chosen,)),
        from_on=chosen.from_on,
        until_on=min(programme.until_on, chosen.until_on + FINISHES),
        cases=cases_of(programme),
    )
    return counts_of(served_of(result, question))


def _gain(before: Counts, after: Counts) -> list[float]:
    """OTIF after less before, future by future, by the linearised ratio."""
    return [b - a for a, b in zip(before.linear, after.linear, strict=True)]


def _bought(
    chain: tuple[str, ...],
    before: Mapping[World, Counts],
    after: Mapping[World, Counts],
    gains: Mapping[World, list[float]],
    parts: Mapping[str, list[float]],
) -> Bought:
    full = frozenset(CAUSES)
    one, two = before[full], after[full]
    due = math.fsum(two.due) / len(two.due)
    doses = mean_figure([due * g for g in gains[full]])
    cost = mean_figure([b - a for a, b in zip(one.cost, two.cost, strict=True)])
    return Bought(
        supplier=chain[-1],
        beside=chain[:-1],
        before=one.otif,
        after=two.otif,
        gain=mean_figure(gains[full]),
        doses=doses,
        parts=tuple(
            Part(name, mean_figure(values), mean_figure([due * v for v in values]))
            for name, values in parts.items()
        ),
        cost_before=mean_figure(one.cost),
        cost=cost,
        cost_per_dose=cost.mean / doses.mean if doses.low > 0.0 else None,
    )
