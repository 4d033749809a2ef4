"""Tiny random worlds with room for all, some limits that take it away, and a few orders in them.

Filling takes no time for each vial, so the model is exact there [model C5, C10, C12, A3]. Packages
are received by 17:00 and used from 18:00 on, so the
possession of a site [model C16] is careful by seventeen hours of decay at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from doseline.calendars import WeekTime
from doseline.clock import WEEKDAYS
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.contract import Contract
from doseline.programme.cost import Penalty, Target
from doseline.programme.lane import Carrier, Lane, Permission
from doseline.programme.manufacturer import Availability, Line, Manufacturer, SlotRule
from doseline.programme.policy import Policy
from doseline.programme.product import Product, Step
from doseline.programme.site import Licence, Site
from doseline.programme.source import Delivery, IsotopeSource
from tests.plan.tiny_limits import LIMITS

FIRST = date(2026, 3, 2)  # a Monday
FROM = FIRST + timedelta(days=7)
UNTIL = FROM + timedelta(days=6)
HOUR, DAY = 60, 1440
_SLOT_DAYS = ((0, 2), (1, 3), (0, 1), (1, 2), (1, 2, 3))
T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """A roomy programme, the limits that it is under, and orders."""

    roomy: Programme
    limits: tuple[str, ...]
    orders: tuple[DoseOrder, ...]

    @property
    def programme(self) -> Programme:
        """The programme under its limits."""
        return self.without(None)

    def without(self, limit: str | None) -> Programme:
        """The programme under all of its limits but one."""
        programme = self.roomy
        for name in self.limits:
            if name != limit:
                programme = LIMITS[name](programme)
        return programme


def one_of(draw: st.DrawFn, *values: T) -> T:
    """One of some values."""
    return draw(st.sampled_from(values))


def _products(draw: st.DrawFn) -> tuple[Product, ...]:
    nuclide = one_of(draw, "Lu-177", "Y-90")
    recipe = (
        Step("receipt", "receipt", HOUR),
        Step("labelling", "make", 3 * HOUR, yield_fraction=0.8),
        Step("filling", "fill", HOUR),
        Step("qc", "qc", one_of(draw, 2, 9) * HOUR),
    )
    hot = Product(
        id="hot",
        name="hot",
        carrier="antibody",
        payload=nuclide,
        nuclide=nuclide,
        shelf_life_min=3 * DAY,
        recipe=recipe,
        overfill_fraction=one_of(draw, 0.0, 0.05),
        samples_fraction=one_of(draw, 0.0, 0.1),
        preparation_min=HOUR,
        infusion_min=30,
    )
    cold = replace(
        hot, id="cold", nuclide=None, payload="paclitaxel", fill="units", recipe=recipe[1:]
    )
    return one_of(draw, (hot,), (hot, cold))


def _lines(draw: st.DrawFn, plant: str, made: tuple[str, ...], most: int) -> Iterator[Line]:
    for n in range(one_of(draw, 1, most)):
        at = one_of(draw, time(6), time(19))
        days = one_of(draw, *_SLOT_DAYS)
        yield Line(
            id=f"{plant}-line-{n}",
            products=made,
            slots=tuple(SlotRule(WeekTime(day, at)) for day in days),
            vials_max=4,
        )


def _plants(draw: st.DrawFn, made: tuple[str, ...]) -> Iterator[Manufacturer]:
    plants = one_of(draw, 1, 2)
    for n in range(plants):
        name = f"plant-{n}"
        yield Manufacturer(
            id=name,
            name=name,
            firm=name,
            country="US",
            zone="UTC",
            weekdays=WEEKDAYS,
            crew_from=time(0),
            crew_until=time(23, 59),
            lines=tuple(_lines(draw, name, made, 3 - plants)),
            makes=tuple(Availability(p, FIRST - timedelta(days=60)) for p in made),
            sources=one_of(draw, ("reactor",), ("reactor",), ("reactor", "other")),
            batches_per_day=4,
            qc_releases_per_day=4,
        )


def _sources(nuclide: str, plants: tuple[str, ...]) -> Iterator[IsotopeSource]:
    for name, price, days in (("reactor", 8.0, WEEKDAYS), ("other", 5.0, ("Monday", "Thursday"))):
        yield IsotopeSource(
            id=name,
            name=name,
            nuclide=nuclide,
            deliveries=(Delivery(plants, days, time(4)),),
            offer_per_week_mbq=1e6,
            lot_mbq=500.0,
            lock_min=3 * DAY,
            price_cents_per_mbq=price,
            freight_cents=50_000,
        )


def _sites(draw: st.DrawFn) -> Iterator[Site]:
    for n in range(one_of(draw, 1, 2, 2)):
        yield Site(
            id=f"site-{n}",
            name=f"site {n}",
            consignee=one_of(draw, f"site {n}", "site 0"),
            country="US",
            market=("US", "EU")[n],
            region=f"region-{n}",
            zone=one_of(draw, "UTC", "America/New_York"),
            treatment_weekdays=WEEKDAYS,
            daily_capacity=4,
            licence=Licence(("Lu-177", "Y-90"), 1e6),
            receives_weekdays=WEEKDAYS,
            infusion_usual=time(18),
            infusion_latest=time(20),
        )


def _lanes(draw: st.DrawFn, plants: tuple[str, ...], sites: tuple[Site, ...]) -> Iterator[Lane]:
    for plant in plants:
        for site in sites:
            yield Lane(
                id=f"{plant}>{site.id}",
                manufacturer=plant,
                to=(site.region,),
                carrier="road",
                planned_min=one_of(draw, 10, 20) * HOUR,
                cost_cents=one_of(draw, 50_000, 120_000),
                weekdays=WEEKDAYS,
            )


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """A world of one or two plants and sites with room for every order."""
    products = _products(draw)
    made = tuple(p.id for p in products)
    makers = tuple(_plants(draw, made))
    plants, sites = tuple(m.id for m in makers), tuple(_sites(draw))
    return Programme(
        name="tiny",
        as_of_on=FIRST,
        from_on=FIRST,
        until_on=UNTIL + timedelta(days=7),
        products=products,
        manufacturers=makers,
        lanes=tuple(_lanes(draw, plants, sites)),
        carriers=(
            Carrier("road", "road", second_package_fraction=0.25),
            Carrier("air", "air", second_package_fraction=one_of(draw, 0.0, 0.5)),
        ),
        sites=sites,
        permissions=tuple(Permission(p, (m,), ("p",), FIRST) for p in plants for m in ("US", "EU")),
        target=Target(0.9),
        sources=tuple(_sources(products[0].nuclide or "", plants)),
        contracts=tuple(Contract(p, one_of(draw, 1_000_000, 700_000)) for p in plants),
        penalties=(Penalty("*", 4_000_000, 2_000_000, 5_000),),
        policy=Policy(started_courses_first=draw(st.booleans()), count_contested=True),
    )


def _order(draw: st.DrawFn, n: int, programme: Programme) -> DoseOrder:
    product, site = one_of(draw, *programme.products), one_of(draw, *programme.sites)
    on = FROM + timedelta(days=draw(st.integers(1, 4)))
    return DoseOrder(
        id=f"order-{n}",
        product=product.id,
        protocol="p",
        site=site.id,
        patient=f"patient-{n}",
        course_number=1,
        placed_at=0,
        wanted_on=on,
        earliest_on=on,
        latest_on=on + timedelta(days=one_of(draw, 0, 1, 1)),
        activity_mbq=one_of(draw, 1_000.0, 500.0, 2_000.0) if product.decays else 0.0,
        started=draw(st.booleans()),
        units=1 if product.decays else one_of(draw, 1, 2),
    )


@st.composite
def worlds(draw: st.DrawFn, limit: str | None = None, most: int = 4) -> World:
    """A world of `most` orders at most, all wanted in one week, under two to seven limits.

    `limit` is one of them where it is named.
    """
    programme = draw(programmes())
    orders = tuple(_order(draw, n, programme) for n in range(one_of(draw, *range(2, most + 1))))
    names = st.lists(st.sampled_from(sorted(LIMITS)), min_size=2, max_size=6, unique=True)
    chosen = {*draw(names), *([limit] if limit else [])}
    return World(programme, tuple(sorted(chosen)), orders)


@st.composite
def worlds_of_two_lanes(draw: st.DrawFn) -> World:
    """A world whose orders at one site can share a fast lane, or go by a slow one."""
    world = draw(worlds(most=3))
    programme, site = world.roomy, world.roomy.sites[0]
    lanes = []
    for plant in programme.manufacturers:
        slow = Lane(f"{plant.id} slow", plant.id, (site.region,), "road", 40 * HOUR, 45_000)
        fast = replace(
            slow,
            id=f"{plant.id} fast",
            carrier="air",
            planned_min=one_of(draw, 6, 10) * HOUR,
            cost_cents=one_of(draw, 30_000, 60_000, 110_000),
        )
        lanes += [slow, fast]
    orders = []
    for n, o in enumerate(world.orders):
        on = FROM + timedelta(days=draw(st.integers(2, 4)))
        hot = replace(o, id=f"order-{n}", product=programme.products[0].id, site=site.id)
        mbq = o.activity_mbq or 1_000.0
        dated = replace(hot, wanted_on=on, earliest_on=on, latest_on=on)
        orders.append(replace(dated, activity_mbq=mbq, units=1))
    cheap = replace(programme.carriers[0], second_package_fraction=one_of(draw, 0.25, 1.0))
    return World(
        replace(programme, lanes=tuple(lanes), carriers=(cheap, programme.carriers[1])),
        world.limits,
        tuple(orders),
    )
