"""The audit of a plan: which doses have no second chance, whatever single thing is lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from time import perf_counter

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.plan.failures.contingencies import ALL_KINDS, Kind, losses
from doseline.plan.failures.ground import survey
from doseline.plan.failures.never import cannot_be_secured
from doseline.plan.failures.recourse import struck_by
from doseline.plan.failures.rescue import rescue
from doseline.plan.plan import Plan
from doseline.plan.solving.solve import Limits
from doseline.programme import Programme


@dataclass(frozen=True, slots=True)
class Contingency:
    """One thing that is lost, the doses that it strikes, and those that stay without.

    `known_at` is when it is known [min]; `reasons` say why a dose has no second chance. `proven`
    says that no fewer can stay without.
    """

    kind: Kind
    what: str
    known_at: int
    struck: tuple[str, ...]
    unsecured: tuple[str, ...]
    reasons: tuple[Unmet, ...]
    proven: bool = True


@dataclass(frozen=True)
class Audit:
    """Every single contingency of a schedule.

    `doses` is how many doses some batch of the schedule can still fail; `never` are those of them
    that no plan could secure. `reproducible` is false where the clock stopped the solver.

    >>> print(Audit((), 0, ()).summary)
    No batch can fail any more.
    """

    contingencies: tuple[Contingency, ...]
    doses: int
    never: tuple[str, ...]
    reproducible: bool = True
    seconds: float = 0.0

    @property
    def unsecured(self) -> tuple[str, ...]:
        """The doses that would be lost with their own batch."""
        return tuple(o for c in self.of(Kind.BATCH) for o in c.unsecured)

    @property
    def summary(self) -> str:
        """What the audit found, in a sentence for each kind."""
        batches = self.of(Kind.BATCH)
        if not batches:
            return "No batch can fail any more."
        bad = sum(1 for c in batches if c.unsecured)
        told = [
            f"{bad} of {len(batches)} single batch failures leave doses without a second chance: "
            f"{len(self.unsecured)} of {self.doses} doses, {len(self.never)} of which no plan "
            "could secure."
        ]
        for kind, name in _NAMES.items():
            mine = self.of(kind)
            if mine:
                worst = max(mine, key=lambda c: len(c.unsecured))
                bad = sum(1 for c in mine if c.unsecured)
                more = f", {len(worst.unsecured)} at worst ({worst.what})" if bad else ""
                told.append(f"{name}: {bad} of {len(mine)} leave doses without{more}.")
        return " ".join(told)

    def of(self, kind: Kind) -> tuple[Contingency, ...]:
        """The contingencies of a kind."""
        return tuple(c for c in self.contingencies if c.kind is kind)


_NAMES = {
    Kind.LINE: "A line lost for a week",
    Kind.DELIVERY: "An isotope delivery that does not come",
    Kind.PLANT: "A plant lost for a week",
}
_LIMITS = Limits()


def audit(
    programme: Programme,
    orders: Sequence[DoseOrder],
    planned: Plan | Schedule,
    *,
    from_on: date,
    until_on: date,
    standing: Standing | None = None,
    kinds: Collection[Kind] = ALL_KINDS,
    limits: Limits = _LIMITS,
) -> Audit:
    """Which doses of a plan have no second chance, for each single contingency.

    A batch fails at the end of its QC; a line or a plant is lost for an ISO week, known when its
    first batch of that week starts; a delivery does not come, known at its hour. A dose that is
    struck has a second chance where it can be served inside its window, in what can still be
    decided on at the plant's next working hour: by another batch with room, by a spare vial, or by
    a batch in a free slot. All other doses keep batch and day, every limit of the model holds, and
    doses struck together compete. With a `standing` only what becomes known after its hour counts.

    Isotope that a lost batch leaves over is not used again, and what it had ordered stays taken
    from the source's offer. Overage is kept; spare vials are given away. `limits` hold for each
    contingency. Raises ScheduleError where the schedule serves an order that is not among those
    given.
    """
    began = perf_counter()
    schedule = planned.schedule if isinstance(planned, Plan) else planned
    ground = survey(programme, orders, schedule, from_on, until_on, standing)
    slots = [p.slot for p in ground.sets.places]
    found, by_the_clock = [], False
    for loss in losses(programme, schedule.batches, slots, {Kind.BATCH, *kinds}):
        struck = struck_by(ground, loss)
        if not struck or (standing is not None and loss.known_at <= standing.now_at):
            continue
        left = rescue(ground, loss, limits)
        by_the_clock |= left.by_the_clock
        found.append(
            Contingency(
                kind=loss.kind,
                what=loss.what,
                known_at=loss.known_at,
                struck=tuple(dose.order for dose in struck),
                unsecured=tuple(u.order for u in left.unsecured),
                reasons=left.unsecured,
                proven=left.proven,
            )
        )
    exposed = [o for c in found if c.kind is Kind.BATCH for o in c.struck]
    return Audit(
        contingencies=tuple(found),
        doses=len(exposed),
        never=tuple(
            o
            for o in exposed
            if cannot_be_secured(ground.sets, ground.calendars, ground.sets.order_of_id[o])
        ),
        reproducible=not by_the_clock,
        seconds=perf_counter() - began,
    )
