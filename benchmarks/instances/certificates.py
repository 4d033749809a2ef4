"""The table of certificates: each plan's bound is proven again without a solver, and held to one.

Run from the root of the repository, for example:

    python -m benchmarks.instances.certificates S M --seeds 5 --seconds 60
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy import sparse

from benchmarks.instances.generate import Instance, instance
from benchmarks.instances.sizes import SIZES, VARIANTS
from doseline.plan import Limits, Plan, plan, verify
from doseline.plan.model.candidates import gather
from doseline.plan.model.model import modelled
from doseline.plan.model.tiers import doses_tier, fix_hopeless, hold
from doseline.plan.proof.certificate import Certificate
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.proof.duals import Multipliers, Proven
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.solve import WHOLE_UNITS, in_units

HEADING = (
    "| Instance | Met | Cost, USD | Certified bound, USD | Certified gap | Solver's gap "
    "| Points below the bound of LP and cuts | Rows, cuts | Verified in, s | Holds | Refused |\n"
    + "|---" * 11
    + "|"
)
_LONG = 3600.0
"""Seconds that the relaxation may take to be solved again: it need not be quick here."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan with its certificate verified; money in cents.

    `relaxed_cents` is what HiGHS, in floating point, says of the relaxation with the certificate's
    own cuts. `refused` counts certificates with one number altered that were refused, of `altered`.
    """

    name: str
    plan: Plan
    bound_cents: float
    relaxed_cents: float
    rows: int
    cuts: int
    seconds: float
    holds: bool
    refused: int
    altered: int

    @property
    def below_points(self) -> float:
        """How far the certified bound is below the relaxation's, in points of the cost."""
        return 100.0 * (self.relaxed_cents - self.bound_cents) / self.plan.objective_cents

    def __str__(self) -> str:
        planned, cert = self.plan, self.plan.certificate
        told = cert.claims.gap if cert else None
        cells = [self.name, f"{planned.met} of {planned.orders}"]
        cells += [f"{planned.objective_cents / 100:,.0f}", f"{self.bound_cents / 100:,.0f}"]
        cells += ["none" if told is None else f"{100 * told:.3f} %", f"{100 * planned.gap:.3f} %"]
        cells += [f"{self.below_points:.4f}", f"{self.rows:,}, {self.cuts:,}"]
        cells += [f"{self.seconds:.1f}", "yes" if self.holds else "no"]
        return f"| {' | '.join([*cells, f'{self.refused} of {self.altered}'])} |"


def checked(made: Instance, seconds: float) -> Checked | None:
    """Plans an instance, verifies its certificate, and then some that are altered in one number.

    None where the planner had not time enough for a bound of the cost.
    """
    found = plan(
        made.programme,
        made.orders,
        from_on=made.from_on,
        until_on=made.until_on,
        limits=Limits(seconds=seconds),
        certified=True,
    )
    certificate = found.certificate
    if certificate is None or certificate.cost is None:
        return None
    began = perf_counter()
    holds = _verified(made, found, certificate)
    took = perf_counter() - began
    others = list(altered(certificate, certificate.cost))
    return Checked(
        name=made.name,
        plan=found,
        bound_cents=float(certificate.cost.bound),
        relaxed_cents=relaxed_cents(made, certificate, certificate.cost),
        rows=len(certificate.cost.multipliers.rows),
        cuts=len(certificate.cost.multipliers.cuts),
        seconds=took,
        holds=holds,
        refused=sum(not _verified(made, found, other) for other in others),
        altered=len(others),
    )


def _verified(made: Instance, found: Plan, certificate: Certificate) -> bool:
    return verify(made.programme, made.orders, found.schedule, certificate).holds


def altered(certificate: Certificate, cost: Proven) -> Iterator[Certificate]:
    """The certificate with a cent less of cost, a cent more of bound, one multiplier changed.

    That of a row changes its sign, that of a cut by a hundredth. A hundredth of a row that serves
    an order with one choice left may change nothing: it proves as much as before, and only the
    digest of the file tells it.
    """
    claims, told = certificate.claims, cost.multipliers
    yield replace(certificate, claims=replace(claims, cost_cents=claims.cost_cents - 1))
    if claims.bound_cents is not None:
        yield replace(certificate, claims=replace(claims, bound_cents=claims.bound_cents + 1))
    for name, factor in (("rows", -1.0), ("cuts", 1.01)):
        rows = getattr(told, name)
        if rows:
            what, value = max(rows, key=lambda pair: abs(pair[1]))
            changed = tuple((w, v if w is not what else factor * value) for w, v in rows)
            others: Multipliers = replace(told, **{name: changed})
            yield replace(certificate, cost=replace(cost, multipliers=others))


def relaxed_cents(made: Instance, certificate: Certificate, cost: Proven) -> float:
    """The bound that the solver gives the relaxation with the cuts that the certificate uses."""
    first, last = made.from_on, made.until_on
    sets = gather(made.programme, made.orders, first, last, None, merge=certificate.merged)
    problem, _ = modelled(sets, (), None)
    fix_hopeless(problem)
    rows = Rounder(problem.matrix).rows(tuple(cut for cut, _ in cost.multipliers.cuts))
    if certificate.held is not None:
        hold(problem, doses_tier(problem), certificate.held)
    arrays = arrays_of(in_units(problem.matrix))
    by_row = sparse.csr_matrix(
        (rows.value, rows.index, rows.starts), shape=(rows.lower.size, arrays.columns)
    )
    found = Relaxation(_under(arrays, by_row, rows.lower), perf_counter() + _LONG).solve()
    return found.objective / WHOLE_UNITS if found else float("nan")


def _under(arrays: Arrays, by_row: sparse.csr_matrix, lower: np.ndarray) -> Arrays:
    """The arrays with more rows behind theirs."""
    return replace(
        arrays,
        by_row=sparse.vstack([arrays.by_row, by_row], format="csr"),
        row_lower=np.concatenate([arrays.row_lower, lower]),
        row_upper=np.concatenate([arrays.row_upper, np.full(lower.size, np.inf)]),
    )


def main() -> None:
    """Print the table, a line as soon as it is known."""
    words = argparse.ArgumentParser(prog="certificates", description=__doc__.splitlines()[0])
    words.add_argument("sizes", nargs="+", choices=list(SIZES))
    words.add_argument("--variant", choices=VARIANTS, default="base")
    words.add_argument("--seeds", type=int, default=5, help="seeds 1 to this one")
    words.add_argument("--first", type=int, default=1, help="the first seed")
    words.add_argument("--seconds", type=float, default=60.0, help="for each plan")
    asked = words.parse_args()
    print(HEADING, flush=True)
    for size in asked.sizes:
        for seed in range(asked.first, asked.seeds + 1):
            made = instance(size, asked.variant, seed)
            found = checked(made, asked.seconds)
            print(found or f"| {made.name} | no bound in time |" + " |" * 9, flush=True)


if __name__ == "__main__":
    main()
