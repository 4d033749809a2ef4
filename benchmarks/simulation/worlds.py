"""Two worlds to measure the simulator on, and the second grown to any size.

The trial has 12 sites, 60 patients and two plants over two years; the commercial year 300 sites,
three plants and about 5,000 doses. A grown year has more sites and larger batches of one network.
All numbers are made up to be plausible; nothing hangs on them but the time they take.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from doseline.clock import WeekTime
from doseline.programme import Programme
from doseline.programme.contract import Contract
from doseline.programme.cost import Ordering, Penalty, Target
from doseline.programme.lane import Carrier, Lane, Permission
from doseline.programme.manufacturer import (
    Availability,
    FailureCause,
    Line,
    Manufacturer,
    SlotRule,
)
from doseline.programme.market import Market, SiteShare, UptakeCase
from doseline.programme.product import Product, Step, Triangular
from doseline.programme.site import WORKING_DAYS, Licence, Site
from doseline.programme.source import Delivery, IsotopeSource, Outages
from doseline.programme.trial import (
    Arm,
    BodySize,
    DoseRate,
    DoseRule,
    Enrolment,
    SizeGroup,
    Trial,
    Visit,
)

FIRST = date(2026, 1, 5)
EVERY_DAY = (*WORKING_DAYS, "Saturday", "Sunday")
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles")
SIZE = BodySize((SizeGroup(0.55, 2.0, 0.2), SizeGroup(0.45, 1.75, 0.18)), 1.3, 2.6)
COURSE = Arm(
    "arm",
    DoseRule(DoseRate(555.0, "m2"), size_cap=2.5, rounded_to_mbq=1.0),
    tuple(
        Visit(d, 2, 4, continues_fraction=c)
        for d, c in ((1, 1.0), (15, 0.95), (57, 0.9), (71, 0.95))
    ),
)

PRODUCT = Product(
    id="drug",
    name="drug",
    carrier="carrier",
    payload="I-131",
    nuclide="I-131",
    shelf_life_min=6 * 1440,
    recipe=(
        Step("receipt", "receipt", 60),
        Step("set-up", "setup", 60),
        Step("labelling", "make", 120, Triangular(90, 120, 240), yield_fraction=0.8,
             yield_mean_fraction=0.82, yield_sd_fraction=0.05),
        Step("filling", "fill", 45),
        Step("qc", "qc", 240, Triangular(180, 240, 900)),
        Step("release", "release", 120, Triangular(60, 120, 400)),
        Step("packing", "pack", 30, per_vial_min=3.0),
    ),
    samples_fraction=0.03,
    overfill_fraction=0.05,
    preparation_min=60,
    infusion_min=30,
    vial_rejected_fraction=0.01,
    fill_sd_fraction=0.02,
    assay_sd_fraction=0.02,
)  # fmt: skip


def plant(number: int, vials: int, days: tuple[int, ...]) -> Manufacturer:
    """A plant with a slot on some days of the week."""
    return Manufacturer(
        id=f"plant-{number}",
        name=f"plant {number}",
        firm=f"firm {number}",
        country="US",
        zone=ZONES[number % len(ZONES)],
        weekdays=EVERY_DAY,
        crew_from=time(0),
        crew_until=time(23, 59),
        lines=(
            Line(
                id=f"cell-{number}",
                products=("drug",),
                slots=tuple(SlotRule(WeekTime(day, time(6))) for day in days),
                vials_max=vials,
                vial_min=120.0 / vials,
                turnaround_min=300,
            ),
        ),
        makes=(Availability("drug", FIRST),),
        sources=("reactor",),
        failures=(FailureCause("endotoxin", 0.03, "qc"), FailureCause("cell", 0.02, "before_fill")),
    )


def site(number: int, zone: str, capacity: int) -> Site:
    """A site that treats on working days."""
    return Site(
        id=f"site-{number:05d}",
        name=f"Site {number}",
        consignee=f"Site {number}",
        country="US",
        market="US",
        region="home",
        zone=zone,
        treatment_weekdays=WORKING_DAYS,
        daily_capacity=capacity,
        licence=Licence(("I-131",), 1e6 * capacity),
    )


def network(
    plants: tuple[Manufacturer, ...], sites: tuple[Site, ...], days: int, offer_mbq: float
) -> Programme:
    """Plants, sites and the roads between them, without demand."""
    reactor = IsotopeSource(
        id="reactor",
        name="reactor",
        nuclide="I-131",
        deliveries=(Delivery(tuple(m.id for m in plants), EVERY_DAY, time(12)),),
        offer_per_week_mbq=offer_mbq,
        lot_mbq=1850.0,
        lock_min=3 * 1440,
        price_cents_per_mbq=8.0,
        freight_cents=80_000,
        failed_fraction=0.01,
        late_fraction=0.02,
        outages=Outages(0.7, 4 * 1440, 20 * 1440),
    )
    carrier = Carrier(
        "air",
        "air",
        delay_fraction=0.03,
        delay=Triangular(60, 180, 720),
        day_delay_fraction=0.01,
        lost_fraction=0.002,
        second_package_fraction=0.5,
    )
    lanes = tuple(
        Lane(
            id=f"{m.id}-{hours}",
            manufacturer=m.id,
            to=("home",),
            carrier="air",
            planned_min=hours * 60,
            cost_cents=cents,
            transit=Triangular(hours * 60 - 60, hours * 60, hours * 60 + 240),
            cut_off=time(20),
            weekdays=EVERY_DAY,
        )
        for m in plants
        for hours, cents in ((16, 90_000), (10, 150_000))
    )
    return Programme(
        name="measured",
        as_of_on=FIRST,
        from_on=FIRST,
        until_on=FIRST + timedelta(days=days),
        products=(PRODUCT,),
        manufacturers=plants,
        lanes=lanes,
        carriers=(carrier,),
        sites=sites,
        permissions=tuple(Permission(m.id, ("US",), ("demand",), FIRST) for m in plants),
        target=Target(0.95),
        sources=(reactor,),
        contracts=tuple(Contract(m.id, 9_000_000) for m in plants),
        ordering=Ordering(
            cancelled_before_lock_fraction=0.03,
            cancelled_before_production_fraction=0.02,
            cancelled_after_production_fraction=0.02,
        ),
        penalties=(Penalty("*", 2_000_000, 1_000_000, 5_000, 20_000),),
    )


def trial() -> Programme:
    """12 sites, 60 patients, two plants, two years."""
    places = tuple(site(n, ZONES[n % 3], 2) for n in range(12))
    p = network((plant(0, 12, (1,)), plant(1, 12, (3,))), places, 730, 2e5)
    study = Trial(
        id="demand",
        name="the trial",
        product="drug",
        arms=(COURSE,),
        sites=tuple(s.id for s in places),
        from_on=FIRST,
        until_on=FIRST + timedelta(days=560),
        patients=60,
        enrolment=Enrolment(0.35),
        size=SIZE,
    )
    return _with(p, trials=(study,))


def commercial(doses: int = 5_000) -> Programme:
    """A year of a market: 300 sites at 5,000 doses, and in proportion up to 3,000 sites."""
    count = min(3_000, max(3, round(300 * doses / 5_000)))
    a_day = max(4, doses // count // 40)
    places = tuple(site(n, ZONES[n % 3], a_day) for n in range(count))
    vials = max(10, round(3.0 * doses / 52 / 9))
    plants = tuple(plant(n, vials, (n % 2, 2 + n % 2, 4 + n % 2)) for n in range(3))
    p = network(plants, places, 364, 200.0 * doses)
    market = Market(
        id="demand",
        name="the market",
        product="drug",
        from_on=FIRST,
        until_on=FIRST + timedelta(days=364),
        cases=(UptakeCase("base", 1.0, (round(doses / 2.9),)),),
        arm=COURSE,
        size=SIZE,
        sites=tuple(SiteShare(s.id) for s in places),
    )
    return _with(p, markets=(market,), products=(_packed(vials),))


def _packed(vials: int) -> Product:
    """The product where more hands pack larger batches: the largest is packed in five hours."""
    last = PRODUCT.recipe[-1]
    faster = replace(last, per_vial_min=min(last.per_vial_min, 300.0 / vials))
    return replace(PRODUCT, recipe=(*PRODUCT.recipe[:-1], faster))


def _with(programme: Programme, **demand: object) -> Programme:
    return replace(programme, **demand)  # type: ignore[arg-type]
