"""Plans that pay for second chances: cost against doses that one failed batch would take away.

Column-and-constraint generation: a plan is made, each of its batches is let fail, and what would
have to hold then is written into the model for every batch whose failure leaves doses without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from time import perf_counter

from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.plan.failures.audit import Audit, audit
from doseline.plan.failures.contingencies import Kind
from doseline.plan.failures.never import never_secured
from doseline.plan.failures.second_chances import SecondChances, may_fail, second_chances
from doseline.plan.failures.securing import at_prices, by_pieces, by_solver, relaxed, started_from
from doseline.plan.failures.spare_isotope import with_isotope_ordered
from doseline.plan.model.candidates import gather
from doseline.plan.model.costs import count
from doseline.plan.model.extract import extract
from doseline.plan.model.matrix import Floats
from doseline.plan.model.model import modelled
from doseline.plan.model.objective import tie_breaks_cents
from doseline.plan.model.tiers import doses_tier, fix_hopeless, hold
from doseline.plan.model.variables import Problem
from doseline.plan.phases import SEARCHED
from doseline.plan.plan import Plan, Status, plan
from doseline.plan.proof.bounds import gap_of
from doseline.plan.proof.certificate import BySolver, claims_of, unmet_weight
from doseline.plan.reasons.explain import why_shifted, why_unmet
from doseline.plan.solving.given import padded, values_of
from doseline.plan.solving.solve import Limits
from doseline.programme import Programme

_ROUNDS = 12
"""So often at most failures are added to the model at one price."""

_AT_ONCE = 40_000
"""With no more ways to serve doses again all failures are written from the start."""

_SHARE, _ALL = 0.5, 2.0
"""What a price has of the time of a plan at most, and what all prices have together."""

Progress = Callable[[str], None]
_LIMITS = Limits()


@dataclass(frozen=True)
class Secured:
    """A plan at a price of an unsecured dose, and its audit. Costs in cents.

    `bound_cents` is what cost and price of the unsecured doses come to at least, in every plan of
    the model that meets as many doses. `converged` says that the model states every failure that
    leaves doses without, and the audit of the plan found no more of them than the model.
    """

    price_cents: int
    plan: Plan
    audit: Audit
    bound_cents: int
    converged: bool
    rounds: int
    reproducible: bool

    @property
    def unsecured(self) -> int:
        """How many doses would be lost with their own batch, by the audit."""
        return len(self.audit.unsecured)

    @property
    def total_cents(self) -> int:
        """Cost, and the price of what is unsecured."""
        return self.plan.objective_cents + self.price_cents * self.unsecured

    @property
    def gap(self) -> float:
        """How far the total may be from the least there is, as a share of it."""
        return gap_of(self.total_cents, self.bound_cents)


@dataclass(frozen=True)
class Curve:
    """Plans at several prices, the lowest first, and the doses that no plan could secure.

    Every point is the best of all plans found at any price, so cost never falls and the count of
    unsecured doses never rises along it. `cheapest` is the best found for no price at all.
    """

    cheapest: Secured
    points: tuple[Secured, ...]
    never: tuple[Unmet, ...]
    seconds: float


def secure(
    programme: Programme,
    orders: Sequence[DoseOrder],
    prices_cents: Sequence[int],
    *,
    from_on: date,
    until_on: date,
    limits: Limits = _LIMITS,
    certified: bool = False,
    progress: Progress | None = None,
) -> Curve:
    """Plans that pay for second chances, one for each price of an unsecured dose.

    As many doses are met as without a price; then cost and price of the doses unsecured are as low
    as can be. What a second chance is, `audit` says, and it counts those of each plan. `limits`
    hold for the plan without a price; each price has half as much time, all together no more than
    twice as much, and beside them the bounds of many orders. Raises SolverError where
    the solver fails, ValueError for a price below zero.
    """
    began = perf_counter()
    if any(price < 0 for price in prices_cents):
        raise ValueError(f"a price is at least 0, got {min(prices_cents)}")
    say = progress or (lambda _: None)
    base = plan(
        programme,
        orders,
        from_on=from_on,
        until_on=until_on,
        limits=limits,
        certified=certified,
        progress=progress,
    )
    never = never_secured(programme, tuple(orders), from_on, until_on)
    case = _Case.of(programme, tuple(orders), base, from_on, until_on)
    prices = sorted(set(prices_cents))
    seconds = limits.seconds * min(_SHARE, _ALL / max(1, len(prices)))
    many = len(case.orders) >= SEARCHED
    priced = at_prices(case.chances, prices) if many else {}
    ties = tie_breaks_cents(case.plain.sets)
    with ThreadPoolExecutor(1) as beside:
        least = beside.submit(relaxed, priced, ties, perf_counter() + _ALL * limits.seconds)
        runs = [case.at(price, replace(limits, seconds=seconds), say) for price in prices]
    case.least = least.result()
    points = tuple(case.best(run, len(never)) for run in runs)
    free = case.best(_Run(0, base.bound_cents, True, 0, False), 0)
    return Curve(free, points, never, perf_counter() - began)


@dataclass(frozen=True, slots=True)
class _Found:
    """A plan, its audit, and the values behind it."""

    plan: Plan
    audit: Audit
    values: Floats

    def total(self, price_cents: int) -> tuple[int, int]:
        return self.plan.objective_cents + price_cents * self.without, self.without

    @property
    def without(self) -> int:
        return len(self.audit.unsecured)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the search at a price came to. `bound_cents` is None where it has proven nothing."""

    price_cents: int
    bound_cents: int | None
    converged: bool
    rounds: int
    by_the_clock: bool


@dataclass
class _Case:
    """Orders, the plan without a price, the model to be made secure, and all plans found.

    `plain` is the model without what follows a failure: reasons are read off that.
    """

    programme: Programme
    orders: tuple[DoseOrder, ...]
    from_on: date
    until_on: date
    base: Plan
    plain: Problem
    chances: SecondChances
    held: int
    found: list[_Found]
    least: dict[int, int] = field(default_factory=dict)

    @staticmethod
    def of(
        programme: Programme,
        orders: tuple[DoseOrder, ...],
        base: Plan,
        from_on: date,
        until_on: date,
    ) -> _Case:
        """The plan without a price as the first that was found, and nothing added to the model."""
        for merge in (True, False) if len(orders) >= SEARCHED else (False,):
            sets = gather(programme, orders, from_on, until_on, None, merge=merge)
            problem, _ = modelled(sets, (), None)
            fix_hopeless(problem)
            values = values_of(problem, base.schedule)
            if values.size:
                break
        held = unmet_weight(problem, base.schedule)
        hold(problem, doses_tier(problem), held)
        plain = replace(problem, matrix=deepcopy(problem.matrix))
        chances = second_chances(problem)
        case = _Case(programme, orders, from_on, until_on, base, plain, chances, held, [])
        case.found.append(_Found(base, case.audited(base.schedule), values))
        places = may_fail(sets)
        if sum(1 for s in places for _ in chances.failures.ways(s)) <= _AT_ONCE:
            for s in places:
                chances.write(s)
        return case

    def audited(self, schedule: Schedule) -> Audit:
        return audit(
            self.programme,
            self.orders,
            schedule,
            from_on=self.from_on,
            until_on=self.until_on,
            kinds=(),
        )

    def at(self, price_cents: int, limits: Limits, say: Progress) -> _Run:
        """Search at a price, failures added as they are found to leave doses without."""
        chances, until = self.chances, perf_counter() + limits.seconds
        best = min(self.sound, key=lambda f: f.total(price_cents))
        values, large = best.values, len(self.orders) >= SEARCHED
        search = by_pieces if large else by_solver
        bound, clock, converged = None, False, False
        if not values.size:
            return _Run(price_cents, None, False, 0, False)
        for rounds in range(1, _ROUNDS + 1):
            start = started_from(chances, padded(values, chances.problem.matrix.columns))
            step = search(chances, price_cents, start, replace(limits, seconds=until))
            values, clock = step.values, clock or step.by_the_clock
            bound = step.bound_cents
            found = self._planned(values)
            self.found.append(found)
            self._hold_doses(found)
            modelled_without = chances.without(values)
            fresh = self._unstated(found.audit)
            say(
                f"price {price_cents / 100:,.0f}: cost {found.plan.objective_cents / 100:,.0f}, "
                f"{found.without} doses unsecured, {len(fresh)} failures to add"
            )
            converged = not fresh and found.without <= modelled_without
            if not fresh or perf_counter() > until:
                return _Run(price_cents, bound, converged, rounds, clock)
            for s in fresh:
                chances.write(s)
        return _Run(price_cents, bound, converged, _ROUNDS, clock)

    def _relaxed(self, price_cents: int) -> int | None:
        """What the relaxation proves at this price or a lower one: a price only adds to a total."""
        return max((b for p, b in self.least.items() if p <= price_cents), default=None)

    @property
    def sound(self) -> list[_Found]:
        """The plans without a breach whose doses unmet weigh as little as in any."""
        clean = [f for f in self.found if not f.plan.breaches] or self.found[:1]
        least = min(self._weight(f) for f in clean)
        return [f for f in clean if self._weight(f) == least]

    def _weight(self, found: _Found) -> int:
        return unmet_weight(self.plain, found.plan.schedule)

    def _hold_doses(self, found: _Found) -> None:
        """Doses that a search happened to meet are met from then on."""
        weight = self._weight(found)
        if weight < self.held and not found.plan.breaches:
            self.held = weight
            hold(self.chances.problem, doses_tier(self.chances.problem), weight)

    def _unstated(self, found: Audit) -> list[int]:
        """Places whose failure leaves doses without, and is not in the model."""
        of_slot = self.chances.problem.sets.place_of_slot
        bad = {of_slot[c.what] for c in found.of(Kind.BATCH) if c.unsecured}
        return sorted(bad - self.chances.written)

    def best(self, run: _Run, never: int) -> Secured:
        """The best plan found at a price, of all that were found at any."""
        price = run.price_cents
        best = min(self.sound, key=lambda f: f.total(price))
        weak = self.base.bound_cents + price * max(0, never - self.held)
        proven = run.bound_cents or self._relaxed(price) or 0
        bound = min(max(proven, weak), best.total(price)[0])
        late = len(self.orders) >= SEARCHED and price > 0 and price not in self.least
        calm = self.base.reproducible and not run.by_the_clock and not late
        return Secured(price, best.plan, best.audit, bound, run.converged, run.rounds, calm)

    def _planned(self, values: Floats) -> _Found:
        """The plan that some values stand for, counted, judged and audited anew."""
        base, problem = self.base, self.plain
        sets = problem.sets
        schedule = with_isotope_ordered(self.chances, values, extract(problem, values))
        schedule = replace(schedule, unmet=why_unmet(problem, values, schedule, False))
        costs, found = count(sets, schedule), breaches(self.programme, schedule, sets.orders)
        total = costs.total_cents
        met = sum(1 for o in sets.orders if o.id in schedule.allocation)
        gap = gap_of(total, base.bound_cents)
        planned = replace(
            base,
            schedule=schedule,
            status=Status.FEASIBLE if base.status is Status.OPTIMAL else base.status,
            objective_cents=total,
            bound_cents=min(base.bound_cents, total),
            gap=gap,
            costs=costs,
            met=met,
            shifted=why_shifted(problem, values, schedule),
            unmet=schedule.unmet,
            breaches=found,
            method=f"{base.method}; second chances by column-and-constraint generation",
        )
        return _Found(self._certified(planned), self.audited(schedule), values)

    def _certified(self, planned: Plan) -> Plan:
        """The bounds of the plan without a price hold for every plan: its claims told anew."""
        old = planned.certificate
        if old is None:
            return planned
        claims = claims_of(
            self.plain,
            planned.schedule,
            held=old.held,
            doses=old.doses.bound if old.doses else None,
            cost=old.cost.bound if old.cost else None,
            found=planned.breaches,
        )
        solver = BySolver(str(planned.status), planned.bound_cents, planned.gap, planned.met_bound)
        return replace(planned, certificate=replace(old, claims=claims, solver=solver))
