"""Random small worlds with everything that the simulator knows, switched on and off at random."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from doseline.clock import WEEKDAYS
from doseline.demand import crowds
from doseline.operations.crowd import Crowd
from doseline.programme import Programme
from doseline.programme.contract import Contract, Tier
from doseline.programme.cost import Costs, Ordering, Penalty
from doseline.programme.hazard import Hazard, Lasts
from doseline.programme.lane import Border, BorderOutcome, Carrier, Permission
from doseline.programme.manufacturer import FailureCause, Learning, Manufacturer
from doseline.programme.market import StandingDemand
from doseline.programme.policy import Policy
from doseline.programme.product import Product, Step, Triangular
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.source import Outages
from doseline.programme.trial import Enrolment
from tests.strategies import FIRST, HALF_LIFE_MIN, small_programmes

WEEK = 7 * 1440
_SOMETIMES = (0.0, 0.0, 0.2)


@dataclass(frozen=True)
class Case:
    """A programme, what strikes it, and which future is played."""

    programme: Programme
    scenario: Scenario | None
    seed: int
    chance: bool

    def patients(self) -> Crowd:
        """Those of replication 0."""
        return crowds(self.programme, self.seed, (0,))[0]


def _policy(draw: Any) -> Policy:
    return Policy(
        preference=draw(st.sampled_from(("fewest_batches", "recoverable", "freshest", "cheapest"))),
        order_days=draw(st.sampled_from(("on_offer", "any"))),
        overage_fraction=draw(st.sampled_from((0.0, 0.15))),
        spare_vials=draw(st.sampled_from((0, 0, 1))),
        shift_days=draw(st.booleans()),
        backup=draw(st.booleans()),
        backup_within_min=draw(st.sampled_from((4320, 2 * WEEK))),
        started_courses_first=draw(st.booleans()),
        count_contested=draw(st.booleans()),
        use_options=draw(st.booleans()),
        reorder_missed=draw(st.booleans()),
        reorder_at_most=draw(st.integers(1, 3)),
    )


def _longer(programme: Programme) -> Programme:
    """Six weeks more, so that orders placed weeks ahead come to something."""
    more = timedelta(weeks=6)
    return replace(
        programme,
        until_on=programme.until_on + more,
        trials=tuple(replace(t, until_on=t.until_on + more) for t in programme.trials),
        markets=tuple(replace(m, until_on=m.until_on + more) for m in programme.markets),
    )


def _largest(programme: Programme) -> float:
    """What the largest dose asks of a vial two days before it is given: limits are set by it.

    [MBq]
    """
    both: list[Any] = [*programme.trials, *programme.markets]
    arms = [arm for p in both for arm in (p.arms if hasattr(p, "arms") else (p.arm,))]
    dose = max(a.dose.rate.mbq * (1.0 if a.dose.rate.per == "flat" else 2.5) for a in arms)
    half_life = programme.products[0].half_life_min or HALF_LIFE_MIN[programme.sources[0].nuclide]
    return float(dose * 2.0 ** (2 * 1440 / half_life))


def _ordering(draw: Any) -> Ordering:
    return Ordering(
        placed_before_min=draw(st.sampled_from((WEEK, WEEK, 2 * WEEK, 3 * WEEK))),
        cancelled_before_lock_fraction=draw(st.sampled_from(_SOMETIMES)),
        cancelled_before_production_fraction=draw(st.sampled_from(_SOMETIMES)),
        cancelled_after_production_fraction=draw(st.sampled_from(_SOMETIMES)),
        moved_by_site_fraction=draw(st.sampled_from(_SOMETIMES)),
        moved_by_site_min=draw(st.sampled_from((1440, WEEK))),
        placed_by_weekday=draw(st.sampled_from((None, None, "Wednesday"))),
    )


def _plant(draw: Any, plant: Manufacturer, most: float) -> Manufacturer:
    lines = []
    for line in plant.lines:
        kind = draw(st.sampled_from(("reserved", "reserved", "option", "contested")))
        rules = tuple(
            replace(r, kind=kind, call_off_min=4 * 1440, fee_cents=50_000, free_fraction=0.7)
            for r in line.slots
        )
        bulk = draw(st.sampled_from((None, None, 4.0 * most)))
        lines.append(replace(line, slots=(*line.slots[:1], *rules[1:]), bulk_max_mbq=bulk))
    return replace(
        plant,
        lines=tuple(lines),
        usable_slots_fraction=draw(st.sampled_from((1.0, 0.8))),
        failures=(
            FailureCause("endotoxin", draw(st.sampled_from((0.0, 0.1))), "qc"),
            FailureCause("cell", draw(st.sampled_from((0.0, 0.1))), "before_fill"),
            FailureCause("paper", draw(st.sampled_from((0.0, 0.05))), "qa"),
        ),
        learning=draw(st.sampled_from((None, Learning(0.3, 0.05, 4)))),
        failures_cluster_factor=draw(st.sampled_from((1.0, 2.0))),
        corrective_action=draw(st.sampled_from((None, Triangular(1440, 7 * 1440, 20 * 1440)))),
        possession_limit_mbq=draw(st.sampled_from((None, 12.0 * most, 50.0 * most))),
        waste_kept_min=draw(st.sampled_from((WEEK, 4 * WEEK))),
        standing_isotope_mbq=draw(st.sampled_from((0.0, 6.0 * most))),
        batches_per_day=draw(st.integers(1, 2)),
    )


def _product(draw: Any, product: Product, most: float) -> Product:
    steps = list(product.recipe)
    steps[3] = replace(
        steps[3],
        yield_fraction=0.9,
        yield_mean_fraction=draw(st.sampled_from((None, 0.88))),
        yield_sd_fraction=draw(st.sampled_from((0.0, 0.08))),
    )
    steps[4] = replace(
        steps[4], chance=Triangular(5, 60, 300), repeat_fraction=0.1, repeat=Triangular(5, 30, 600)
    )
    steps += [
        Step("release", "release", 30, Triangular(10, 30, 500)),
        Step("pack", "pack", 20, None, 3.0, Triangular(0.5, 1.0, 2.0), 60),
    ]
    return replace(
        product,
        recipe=tuple(steps),
        overfill_fraction=draw(st.sampled_from((0.0, 0.05))),
        vial_rejected_fraction=draw(st.sampled_from(_SOMETIMES)),
        fill_sd_fraction=draw(st.sampled_from((0.0, 0.03))),
        assay_sd_fraction=draw(st.sampled_from((0.0, 0.02))),
        shipper_hold_min=draw(st.sampled_from((None, 3000))),
        infusion_min=draw(st.sampled_from((0, 60))),
        hard_tolerance_fraction=draw(st.sampled_from((0.12, 0.4))),
        fill=draw(st.sampled_from(("activity", "activity", "volume"))),
        concentration_mbq_per_ml=1000.0,
        fill_volume_ml=draw(st.sampled_from((1.5, 6.0))) * most / 1000.0,
    )


def _shocks(draw: Any, programme: Programme) -> Scenario | None:
    plant = programme.manufacturers[0]
    kinds = {
        "manufacturer": (plant.id,),
        "firm": (plant.firm,),
        "line": (plant.lines[0].id,),
        "source": ("reactor",),
        "permission": (plant.id,),
        "carrier": ("road",),
        "lane": (programme.lanes[0].id,),
        "border": ("frontier",),
        "site": ("site-0",),
    }
    found = []
    for _ in range(draw(st.integers(0, 3))):
        hits = draw(st.sampled_from(sorted(kinds)))
        begins = FIRST + timedelta(days=draw(st.integers(3, 60)))
        lasts = draw(st.sampled_from((None, 2, 9, 30)))
        adds = Triangular(60, 300, 2000) if draw(st.booleans()) else None
        found.append(
            Shock(
                hits=hits,
                targets=kinds[hits],
                from_on=begins,
                until_on=None if lasts is None else begins + timedelta(days=lasts),
                left_fraction=draw(st.sampled_from((0.0, 0.5))),
                delay_factor=draw(st.sampled_from((1.0, 3.0))),
                adds=adds if hits in ("border", "carrier", "lane") else None,
                spares_started=hits == "permission" and draw(st.booleans()),
            )
        )
    return Scenario("struck", "struck", tuple(found)) if found else None


def _hazards(draw: Any, programme: Programme) -> tuple[Hazard, ...]:
    """Stops that fall by chance on both plants, and on a lane."""
    plants = tuple(m.id for m in programme.manufacturers)
    return (
        Hazard(
            "quality",
            "quality",
            draw(st.sampled_from(("manufacturer", "permission"))),
            plants,
            6.0,
            Lasts(median_min=5 * 1440, p90_min=20 * 1440),
            left_fraction=draw(st.sampled_from((0.0, 0.5))),
            common_fraction=0.3,
        ),
        Hazard("road", "road", "lane", (programme.lanes[0].id,), 8.0, Lasts(mean_min=3 * 1440)),
    )


def _cold(draw: Any, programme: Programme) -> Programme:
    """A cold product beside it, wanted at a site every fortnight."""
    cold = replace(
        programme.products[0],
        id="cold",
        nuclide=None,
        half_life_min=None,
        fill="units",
        concentration_mbq_per_ml=None,
        fill_volume_ml=None,
    )
    demand = StandingDemand("shelf", "cold", "site-0", draw(st.integers(1, 2)), 2 * WEEK, FIRST,
                            programme.until_on, 1, 3)  # fmt: skip
    first = programme.manufacturers[0]
    makes = (*first.makes, replace(first.makes[0], product="cold"))
    lines = (replace(first.lines[0], products=("drug", "cold")), *first.lines[1:])
    return replace(
        programme,
        products=(*programme.products, cold),
        standing_demand=(demand,),
        manufacturers=(replace(first, makes=makes, lines=lines), *programme.manufacturers[1:]),
        permissions=tuple(
            replace(p, protocols=(*p.protocols, "shelf")) for p in programme.permissions
        ),
    )


def _crowded(programme: Programme) -> Programme:
    """Several times as many patients."""
    return replace(
        programme,
        trials=tuple(
            replace(t, patients=4 * t.patients + 8, enrolment=Enrolment(6.0))
            for t in programme.trials
        ),
        markets=tuple(
            replace(
                m,
                cases=tuple(replace(c, patients=tuple(6 * n for n in c.patients)) for c in m.cases),
            )
            for m in programme.markets
        ),
    )


def _roads(draw: Any, programme: Programme) -> Programme:
    carrier = Carrier(
        "road",
        "road",
        delay_fraction=draw(st.sampled_from((0.0, 0.1))),
        delay=Triangular(30, 120, 900),
        day_delay_fraction=draw(st.sampled_from((0.0, 0.05))),
        second_day_fraction=0.3,
        lost_fraction=draw(st.sampled_from((0.0, 0.03))),
        winter_factor=draw(st.sampled_from((1.0, 2.0))),
        second_package_fraction=draw(st.sampled_from((1.0, 0.4))),
    )
    cut_off = draw(st.sampled_from((None, time(17), time(22))))
    lanes = [replace(ln, cut_off=cut_off) for ln in programme.lanes]
    if draw(st.booleans()):
        lanes.append(
            replace(
                lanes[0],
                id="charter",
                planned_min=120,
                cost_cents=400_000,
                transit=None,
                notice_min=draw(st.sampled_from((0, 300))),
            )
        )
    outcomes = (
        BorderOutcome(0.9, Triangular(10, 20, 60)),
        BorderOutcome(0.1, Triangular(60, 300, 1500)),
    )
    return replace(
        programme,
        carriers=(carrier,),
        lanes=tuple(lanes),
        borders=(Border("frontier", (), ("US",), outcomes),),
        manufacturers=tuple(
            replace(m, country="CA-ON" if n else m.country)
            for n, m in enumerate(programme.manufacturers)
        ),
    )


@st.composite
def busy_cases(draw: st.DrawFn) -> Case:
    """A small programme with much going on."""
    p = _longer(draw(small_programmes()))
    most = _largest(p)
    p = replace(
        p,
        policy=_policy(draw),
        ordering=_ordering(draw),
        products=(_product(draw, p.products[0], most),),
        manufacturers=tuple(_plant(draw, m, most) for m in p.manufacturers),
        sites=tuple(
            replace(
                s,
                daily_capacity=draw(st.integers(1, 3)),
                treatment_weekdays=draw(st.sampled_from((WEEKDAYS, WEEKDAYS, WEEKDAYS[:5]))),
                licence=replace(s.licence, limit_mbq=most * draw(st.sampled_from((1.5, 50.0)))),  # type: ignore[type-var]
                consignee=draw(st.sampled_from((s.consignee, "together"))),
            )
            for s in p.sites
        ),
        contracts=tuple(
            Contract(
                c.manufacturer,
                c.batch_fee_cents,
                fixed_per_year_cents=10**6,
                reservation_per_month_cents=70_000,
                vials_included=2,
                extra_vial_cents=900,
                tiers=(Tier(3, c.batch_fee_cents // 2),),
                late_cancel_fraction=0.5,
            )
            for c in p.contracts
        ),
        penalties=(Penalty("*", 2_000_000, 1_000_000, 5_000, 30_000, 7_000),),
        costs=Costs(0.7),
        sources=tuple(
            replace(
                s,
                offer_per_week_mbq=draw(st.sampled_from((2e6, 2e6, 16.0 * most))),
                failed_fraction=draw(st.sampled_from((0.0, 0.1))),
                late_fraction=draw(st.sampled_from((0.0, 0.1))),
                received_low_fraction=0.9,
                outages=draw(st.sampled_from((None, Outages(4.0, 4 * 1440, 12 * 1440, 0.3, 1.0)))),
            )
            for s in p.sources
        ),
    )
    p = _crowded(_roads(draw, p))
    if draw(st.booleans()):
        p = _cold(draw, p)
    if draw(st.booleans()):
        tested = Permission(p.manufacturers[0].id, ("US",), ("protocol",), date(2026, 2, 1),
                            testing_min=300, testing_cents=1000)  # fmt: skip
        first = replace(p.permissions[0], until_on=date(2026, 2, 10))
        p = replace(p, permissions=(first, tested, *p.permissions[1:]))
    if draw(st.booleans()):
        p = replace(p, hazards=_hazards(draw, p))
    scenario = _shocks(draw, p)
    return Case(
        p, scenario, draw(st.integers(0, 10**6)), draw(st.sampled_from((True, True, False)))
    )


def drawn_cases(count: int) -> list[Case]:
    """Some cases, the same on every run."""
    found: list[Case] = []

    @given(busy_cases())
    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate],
              deadline=None, suppress_health_check=list(HealthCheck))  # fmt: skip
    def gather(case: Case) -> None:
        found.append(case)

    gather()
    return found
