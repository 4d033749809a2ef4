"""The table of replans: a batch fails, and the new plan stands beside a full re-solve.

Run from the root of the repository, for example:

    python -m benchmarks.instances.replanning M --seeds 5 --failures 4 --seconds 30
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

from benchmarks.instances.generate import Instance, instance
from benchmarks.instances.sizes import SIZES, VARIANTS
from doseline.operations.happened import BatchFailed
from doseline.operations.schedule import Schedule
from doseline.plan import Limits, Plan, audit, plan
from doseline.plan.failures.audit import Audit
from doseline.plan.failures.contingencies import Kind, Loss, losses
from doseline.plan.model.aftermath import aftermath
from doseline.plan.model.candidates import gather
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.phases import prove
from doseline.plan.plan import answered
from doseline.plan.replanning.moves import difference
from doseline.plan.replanning.replan import replan

DAY = 24 * 60
HEADING = (
    "| Instance | Batch that fails | Doses in it | Replan: seconds | Met, of started courses "
    "| Moved | Cost, USD | Re-solve: seconds | Met, of started courses | Moved | Cost, USD | Gap "
    "| Cost against the re-solve | Breaches |\n" + "|---" * 14 + "|"
)
AUDITS = (
    "| Instance | Plan: met | Gap | Contingencies | Doses without a second chance | Seconds |\n"
    + "|---" * 6
    + "|"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one way of planning anew reached, counted from its schedule; money in cents.

    `moved` counts doses confirmed before that are given on another day or at another hour; `gap` is
    the solver's own, None where it is not proven that no more doses can be met.
    """

    met: int
    started: int
    moved: int
    cents: int
    gap: float | None
    seconds: float
    broken: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A batch that fails, the doses in it, and both answers to that."""

    batch: str
    doses: int
    replanned: Answer
    resolved: Answer

    @property
    def dearer(self) -> float | None:
        """What the replan costs more than the re-solve, as a share of it, at equal doses only."""
        mine, other = self.replanned, self.resolved
        if (mine.met, mine.started) != (other.met, other.started):
            return None
        return mine.cents / other.cents - 1.0

    @property
    def more_doses(self) -> int:
        """How many places the replan is ahead in doses: started courses first, then all; 0 if even.

        >>> worse = Answer(met=9, started=5, moved=0, cents=1, gap=None, seconds=1.0, broken=0)
        >>> better = Answer(met=9, started=6, moved=0, cents=1, gap=None, seconds=1.0, broken=0)
        >>> Failure("a batch", 1, better, worse).more_doses
        1
        """
        mine, other = self.replanned, self.resolved
        return (mine.started - other.started) or (mine.met - other.met)


def failing(made: Instance, schedule: Schedule, count: int, ahead_min: int = 0) -> list[Loss]:
    """Batches spread evenly over a plan, each failing at the end of its QC, or known so much ahead.

    They are the middles of `count` parts of the batches in order of the hour at which their failure
    would be known, so the same plan always gives the same ones.
    """
    every = losses(made.programme, schedule.batches, (), {Kind.BATCH})
    chosen = sorted({(2 * k + 1) * len(every) // (2 * count) for k in range(count)})
    return [
        replace(every[n], known_at=every[n].known_at - ahead_min) for n in (chosen if every else [])
    ]


def failed(made: Instance, before: Plan, loss: Loss, seconds: float) -> Failure:
    """One failure: the replan with the fewest doses moved, then the re-solve, one by one."""
    doses = sum(1 for a in before.schedule.allocations if a.batch == loss.what)
    mine, other = replanned(made, before, loss, seconds), resolved(made, before, loss, seconds)
    return Failure(loss.what, doses, mine, other)


def replanned(made: Instance, before: Plan, loss: Loss, seconds: float) -> Answer:
    """The new plan that `replan` gives, other plans to choose from left out."""
    began = perf_counter()
    found = replan(
        made.programme,
        made.orders,
        before,
        BatchFailed(loss.what),
        now_at=loss.known_at,
        from_on=made.from_on,
        until_on=made.until_on,
        limits=Limits(seconds=seconds),
        alternatives=False,
    )
    return _answer(made, before, loss, found.plan, perf_counter() - began)


def resolved(made: Instance, before: Plan, loss: Loss, seconds: float) -> Answer:
    """A plan from the same standing over the same choices that keeps nothing of the plan before.

    What is locked, on its way or given stands, as it must; of the rest as many doses are met as can
    be, then the cost is as low as it can be.
    """
    began = perf_counter()
    standing, after = aftermath(
        made.programme, made.orders, before.schedule, [BatchFailed(loss.what)], loss.known_at
    )
    sets = gather(
        made.programme, made.orders, made.from_on, made.until_on, standing, aftermath=after
    )
    problem = constrained(sets)
    for term in COSTS:
        term(problem)
    proof = prove(problem, Limits(seconds=seconds), False, lambda _: None)
    found = answered(problem, proof, standing, began)
    return _answer(made, before, loss, found, perf_counter() - began)


def _answer(made: Instance, before: Plan, loss: Loss, found: Plan, took: float) -> Answer:
    """Doses and moves counted from the schedule, against the plan before.

    The planner judges each of its plans by the checker, from the standing after the failure.
    """
    _, after = aftermath(
        made.programme, made.orders, before.schedule, [BatchFailed(loss.what)], loss.known_at
    )
    known = {o.id: o for o in made.orders}
    told = difference(made.programme, known, after.confirmed, (), found.schedule)
    served = [o for o in made.orders if o.id in found.schedule.allocation]
    return Answer(
        met=found.met,
        started=sum(o.started for o in served),
        moved=len(told.moved),
        cents=found.objective_cents,
        gap=found.gap if found.met == found.met_bound else None,
        seconds=took,
        broken=len(found.breaches),
    )


def planned(made: Instance, seconds: float) -> Plan:
    """The plan before anything fails."""
    return plan(
        made.programme,
        made.orders,
        from_on=made.from_on,
        until_on=made.until_on,
        limits=Limits(seconds=seconds),
    )


def audited(made: Instance, before: Plan) -> Audit:
    """Every single contingency of that plan."""
    return audit(made.programme, made.orders, before, from_on=made.from_on, until_on=made.until_on)


# -- the tables ----------------------------------------------------------------------------


def row(made: Instance, found: Failure) -> str:
    """A line of the table of failures."""
    mine, other = found.replanned, found.resolved
    cells = [made.name, f"`{found.batch}`", f"{found.doses}"]
    cells += [f"{mine.seconds:.2f}", f"{mine.met}, {mine.started}", f"{mine.moved}", _usd(mine)]
    cells += [f"{other.seconds:.1f}", f"{other.met}, {other.started}", f"{other.moved}"]
    cells += [_usd(other), "open" if other.gap is None else f"{100 * other.gap:.3f} %"]
    cells += [_dearer(found), f"{mine.broken + other.broken}"]
    return f"| {' | '.join(cells)} |"


def summary(found: Sequence[Failure]) -> str:
    """The last line: medians, and in how many failures the replan did as it should."""
    seconds, others = ([a.seconds for a in way] for way in _both(found))
    moved, others_moved = ([a.moved for a in way] for way in _both(found))
    shares = [f.dearer for f in found if f.dearer is not None]
    cells = [f"median of {len(found)}", "", "", f"**{median(seconds):.2f}**", "", _count(moved), ""]
    cells += [f"**{median(others):.1f}**", "", _count(others_moved), "", ""]
    middle = f"**{100 * median(shares):+.3f} %**" if shares else ""
    cells += [middle, f"{sum(a.broken for way in _both(found) for a in way)}"]
    return f"| {' | '.join(cells)} |"


def verdict(found: Sequence[Failure]) -> str:
    """In how many failures the replan met as many doses, cost as little and moved as few.

    Cost is compared at equal doses; with more doses met than the re-solve the replan is better.
    """
    close = sum(1 for f in found if f.more_doses > 0 or (f.dearer is not None and f.dearer < 1e-3))
    within = sum(1 for f in found if f.replanned.moved <= f.resolved.moved)
    fewer = sum(1 for f in found if f.more_doses < 0)
    more = sum(1 for f in found if f.more_doses > 0)
    quick = sum(1 for f in found if f.replanned.seconds < 2.0)
    return (
        f"Of {len(found)} replans {quick} took less than 2 s; {close} were within 0.1 % of the "
        f"re-solve's cost or met more doses; {more} met more doses and {fewer} fewer; {within} "
        "moved no more doses than the re-solve."
    )


def audit_row(made: Instance, before: Plan, found: Audit) -> str:
    """A line of the table of audits."""
    unsecured = f"{len(found.unsecured)} of {found.doses}"
    cells = [made.name, f"{before.met} of {before.orders}", f"{100 * before.gap:.3f} %"]
    cells += [f"{len(found.contingencies)}", unsecured, f"{found.seconds:.2f}"]
    return f"| {' | '.join(cells)} |"


def _usd(found: Answer) -> str:
    return f"{found.cents / 100:,.0f}"


def _dearer(found: Failure) -> str:
    """What the replan costs more, at equal doses; else which of the two meets more."""
    if found.dearer is None:
        return "more doses" if found.more_doses > 0 else "fewer doses"
    return f"{100 * found.dearer:+.3f} %"


def _count(moved: Iterable[int]) -> str:
    counts = list(moved)
    return f"{median(counts):g}, {sum(counts)} in all"


def _both(found: Sequence[Failure]) -> tuple[list[Answer], list[Answer]]:
    return [f.replanned for f in found], [f.resolved for f in found]


def main() -> None:
    """Print both tables, a line of the first as soon as it is known."""
    words = argparse.ArgumentParser(prog="replanning", description=__doc__.splitlines()[0])
    words.add_argument("size", choices=list(SIZES))
    words.add_argument("--variant", choices=VARIANTS, default="base")
    words.add_argument("--seeds", type=int, default=5, help="seeds 1 to this one")
    words.add_argument("--failures", type=int, default=4, help="for each seed")
    words.add_argument("--seconds", type=float, default=30.0, help="for each plan")
    words.add_argument("--ahead", type=int, default=0, help="days before the end of QC it is known")
    asked = words.parse_args()
    found: list[Failure] = []
    audits: list[str] = []
    print(HEADING, flush=True)
    for seed in range(1, asked.seeds + 1):
        made = instance(asked.size, asked.variant, seed)
        before = planned(made, asked.seconds)
        audits.append(audit_row(made, before, audited(made, before)))
        for loss in failing(made, before.schedule, asked.failures, asked.ahead * DAY):
            found.append(failed(made, before, loss, asked.seconds))
            print(row(made, found[-1]), flush=True)
    if found:
        print(summary(found), verdict(found), sep="\n\n")
    print("", AUDITS, *audits, sep="\n")


if __name__ == "__main__":
    main()
