"""A plan verified without a solver: the model built anew, its bounds and its cost worked out again.

Nothing here, and nothing that it imports, knows a solver (tests/plan/test_verify_stands_alone.py).
What is exact and what is not: docs/reference/certificate.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

from doseline.errors import SolverError
from doseline.operations.check import Breach, BreachKind, breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.operations.standing import Standing
from doseline.plan.model.candidates import gather
from doseline.plan.model.matrix import Matrix
from doseline.plan.model.model import modelled
from doseline.plan.model.pins import Pin
from doseline.plan.model.tiers import (
    Aim,
    doses_tier,
    fix_hopeless,
    hold,
    let_promises_break,
    weighed,
)
from doseline.plan.model.variables import Problem
from doseline.plan.proof.bounds import gap_of
from doseline.plan.proof.certificate import Certificate, Claims, claims_of
from doseline.plan.proof.duals import Proven, decimal, digest, safe_bound
from doseline.programme import Programme


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what it is worked out to be."""

    field: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.field}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True)
class Verified:
    """What verification found: nothing differs, or what does. `claims` are worked out anew."""

    claims: Claims
    differences: tuple[Difference, ...]
    breaches: tuple[Breach, ...]

    @property
    def holds(self) -> bool:
        """Whether everything that was stated holds."""
        return not self.differences


def verify(
    programme: Programme,
    orders: Sequence[DoseOrder],
    schedule: Schedule,
    certificate: Certificate,
    *,
    standing: Standing | None = None,
    pins: Sequence[Pin] = (),
) -> Verified:
    """Whether a certificate holds for a schedule, worked out anew from programme and orders.

    Programme (under its design), orders, standing and pins are those that the plan was asked for.
    Both bounds follow from the multipliers of the certificate in exact arithmetic; cost, doses met
    and breaches are counted from the schedule. Plans of `replan` have no certificate.
    """
    first, last = certificate.from_on, certificate.until_on
    sets = gather(programme, orders, first, last, standing, merge=certificate.merged)
    problem, _ = modelled(sets, pins, standing)
    differences = list(_of_aim(problem, certificate))
    doses, cost = _bounds(problem, certificate, differences)
    asked = (*sets.orders, *sets.sent_orders)
    found = breaches(programme, schedule, asked, standing=standing)
    differences += [Difference(f"breaches.{b.kind}", str(b), "no breach") for b in found]
    if any(b.kind in _NOT_A_SCHEDULE for b in found):
        return Verified(certificate.claims, tuple(differences), found)
    claims = claims_of(
        problem, schedule, held=certificate.held, doses=doses, cost=cost, found=found
    )
    differences += _of_claims(certificate, claims)
    return Verified(claims, tuple(differences), found)


_NOT_A_SCHEDULE = (BreachKind.UNKNOWN_REFERENCE, BreachKind.NAMED_TWICE)
"""With these a schedule cannot be counted."""


def _of_aim(problem: Problem, certificate: Certificate) -> Iterator[Difference]:
    """What the second phase was held to must go with what was aimed at."""
    priced, held = certificate.aim is Aim.PRICED, certificate.held
    if priced and (held is not None or certificate.doses is not None):
        yield Difference("held", str(held), "nothing held where doses have a price")
    if not priced and held is None and certificate.cost is not None:
        yield Difference("held", "null", "the weight of unmet doses held")
    if certificate.promises_break and not problem.broken:
        yield Difference("promises_break", "true", "false, as there are no promises")


def _bounds(
    problem: Problem, certificate: Certificate, differences: list[Difference]
) -> tuple[Fraction | None, Fraction | None]:
    """The bounds of the two phases, each on the matrix as it stands in its phase."""
    fix_hopeless(problem)
    if certificate.promises_break:
        let_promises_break(problem)
    tier = doses_tier(problem)
    doses = _bound("doses", weighed(problem, tier.weights), certificate.doses, differences)
    if certificate.held is not None:
        hold(problem, tier, certificate.held)
    return doses, _bound("cost", problem.matrix, certificate.cost, differences)


def _bound(
    phase: str, matrix: Matrix, told: Proven | None, differences: list[Difference]
) -> Fraction | None:
    if told is None:
        return None
    model = digest(matrix)
    if model != told.matrix:
        differences.append(Difference(f"{phase}.matrix", told.matrix, model))
        return None
    try:
        bound = safe_bound(matrix, told.multipliers)
    except SolverError as error:
        differences.append(Difference(f"{phase}.multipliers", str(error), "a bound"))
        return None
    if decimal(bound) != told.text:
        differences.append(Difference(f"{phase}.bound", told.text, decimal(bound)))
    return bound


def _of_claims(certificate: Certificate, claims: Claims) -> Iterator[Difference]:
    for field in fields(Claims):
        found, expected = getattr(certificate.claims, field.name), getattr(claims, field.name)
        if found != expected or type(found) is not type(expected):
            yield Difference(f"claims.{field.name}", str(found), str(expected))
    gap = gap_of(claims.cost_cents, certificate.solver.bound_cents)
    if certificate.solver.gap != gap:
        yield Difference("solver.gap", str(certificate.solver.gap), str(gap))
    if certificate.held is not None and claims.unmet_weight > certificate.held:
        weight = str(claims.unmet_weight)
        yield Difference("claims.unmet_weight", weight, f"at most the {certificate.held} held")
