"""Small random worlds, shared by the tests of every room.

`small_programmes()` draws sound programmes of one or two plants, lines and up to three sites, with
one trial or one market. They are feasible: every slot can be supplied, every package arrives on a
day on which the site treats, every licence and capacity is wide enough for one batch.
"""

from dataclasses import replace
from datetime import date, time, timedelta

from hypothesis import strategies as st

from doseline.calendars import HolidayRule, WeekTime
from doseline.clock import WEEKDAYS
from doseline.programme import Programme
from doseline.programme.contract import Contract
from doseline.programme.cost import Penalty, Target
from doseline.programme.design import Design, PlantUse
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
from doseline.programme.programme import Question
from doseline.programme.site import Licence, Site
from doseline.programme.source import Delivery, IsotopeSource
from doseline.programme.trial import (
    Arm,
    BodySize,
    DoseRate,
    DoseRule,
    Enrolment,
    GateRow,
    SizeGroup,
    Trial,
    Visit,
)

HALF_LIFE_MIN = {"I-131": 11_555.856, "Lu-177": 9_570.24, "Y-90": 3_846.0}
ZONES = ("America/Chicago", "Europe/Helsinki", "UTC")
FIRST = date(2026, 1, 5)  # a Monday


@st.composite
def products(draw: st.DrawFn) -> Product:
    """A product whose doses keep for four days."""
    nuclide = draw(st.sampled_from(sorted(HALF_LIFE_MIN)))
    make, fill, qc = (draw(st.integers(1, 8)) * 15 for _ in range(3))
    chance = Triangular(make - 10, make, make + 30) if draw(st.booleans()) else None
    return Product(
        id="drug",
        name=draw(st.sampled_from(("the drug", "CLR: 131", "# 7", "yes", "1e3"))),
        carrier="antibody",
        payload=nuclide,
        nuclide=nuclide,
        half_life_min=draw(st.sampled_from((None, HALF_LIFE_MIN[nuclide]))),
        shelf_life_min=4 * 1440,
        recipe=(
            Step("receipt", "receipt", 60),
            Step("set-up", "setup", 60),
            Step("labelling", "make", make, chance, yield_fraction=draw(st.floats(0.3, 1.0))),
            Step("filling", "fill", fill),
            Step("qc", "qc", qc),
        ),
        tolerance_fraction=draw(st.sampled_from((0.05, 0.1, 1 / 3))),
        hard_tolerance_fraction=0.4,
        samples_fraction=draw(st.sampled_from((0.0, 0.03, 0.2))),
        preparation_min=draw(st.sampled_from((0, 90))),
    )


@st.composite
def plants(draw: st.DrawFn, number: int) -> Manufacturer:
    """A plant that works every day and has isotope the day before each slot."""
    name = f"plant-{number}"
    lines = []
    for n in range(draw(st.integers(1, 2))):
        days = draw(st.lists(st.integers(0, 6), min_size=1, max_size=2, unique=True))
        at = time(draw(st.integers(4, 8)), draw(st.sampled_from((0, 30))))
        lines.append(
            Line(
                id=f"{name}-cell-{n}",
                products=("drug",),
                slots=tuple(SlotRule(WeekTime(day, at)) for day in sorted(days)),
                vials_max=draw(st.integers(2, 6)),
                vial_min=draw(st.sampled_from((0.0, 2.5, 10.0))),
                turnaround_min=draw(st.sampled_from((0, 720))),
            )
        )
    return Manufacturer(
        id=name,
        name=name,
        firm=draw(st.sampled_from(("one firm", "another firm"))),
        country="US",
        zone=draw(st.sampled_from(ZONES)),
        weekdays=WEEKDAYS,
        crew_from=time(0),
        crew_until=time(23, 59),
        lines=tuple(lines),
        makes=(Availability("drug", FIRST),),
        sources=("reactor",),
        holidays=draw(st.sampled_from(((), (HolidayRule("US", only=("Christmas Day",)),)))),
        batches_per_day=2,
        qc_releases_per_day=2,
        failures=(FailureCause("any", draw(st.sampled_from((0.0, 0.02, 0.3))), "qc"),),
    )


def sites(zone: str, count: int) -> tuple[Site, ...]:
    """Sites that treat and receive on every day."""
    return tuple(
        Site(
            id=f"site-{n}",
            name=f"Site {n}",
            consignee=f"Site {n}",
            country="US",
            market="US",
            region="home",
            zone=zone,
            treatment_weekdays=WEEKDAYS,
            daily_capacity=6,
            licence=Licence(tuple(sorted(HALF_LIFE_MIN)), 500_000.0),
            receives_weekdays=WEEKDAYS,
            infusion_latest=time(18),
        )
        for n in range(count)
    )


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    """A course of one or two doses, perhaps with a gate between them."""
    stop = draw(st.sampled_from((0.0, 0.25)))
    gate = (GateRow("pass", 1 - stop), GateRow("stop", stop)) if stop else ()
    visits = (Visit(1, 2, 7), Visit(15, 2, 7, gate=gate))
    rate = draw(st.sampled_from((DoseRate(555.0, "m2"), DoseRate(7400.0, "flat"))))
    return Arm("arm", DoseRule(rate, size_cap=2.5), visits[: draw(st.integers(1, 2))])


@st.composite
def trials(draw: st.DrawFn, places: tuple[Site, ...], until: date) -> Trial:
    """A trial at every site."""
    return Trial(
        id="protocol",
        name="the trial",
        product="drug",
        arms=(draw(arms()),),
        sites=tuple(s.id for s in places),
        from_on=FIRST,
        until_on=until,
        patients=draw(st.integers(1, 6)),
        enrolment=Enrolment(draw(st.sampled_from((0.5, 2.0)))),
        size=BodySize((SizeGroup(1.0, 1.9, 0.2),), 1.3, 2.6),
    )


@st.composite
def markets(draw: st.DrawFn, places: tuple[Site, ...], until: date) -> Market:
    """A market over every site, with one or two courses of uptake."""
    high = UptakeCase("high", 0.25, (draw(st.integers(12, 20)),))
    base = UptakeCase("base", 0.75, (draw(st.integers(4, 12)),))
    cases = (base, high) if draw(st.booleans()) else (replace(base, weight_fraction=1.0),)
    return Market(
        id="protocol",
        name="the market",
        product="drug",
        from_on=FIRST,
        until_on=until,
        cases=cases,
        arm=draw(arms()),
        size=BodySize((SizeGroup(0.5, 2.0, 0.2), SizeGroup(0.5, 1.7, 0.1)), 1.3, 2.6),
        sites=tuple(SiteShare(s.id, draw(st.sampled_from((1.0, 2.0)))) for s in places),
    )


def _reactor(makers: tuple[Manufacturer, ...]) -> IsotopeSource:
    """A source that delivers every day, enough for any batch."""
    return IsotopeSource(
        id="reactor",
        name="reactor",
        nuclide="",
        deliveries=(Delivery(tuple(m.id for m in makers), WEEKDAYS, time(12)),),
        offer_per_week_mbq=2e6,
        lot_mbq=1850.0,
        lock_min=3 * 1440,
        price_cents_per_mbq=300 / 37,
    )


def _lanes(makers: tuple[Manufacturer, ...], planned_min: int) -> tuple[Lane, ...]:
    return tuple(
        Lane(
            id=f"lane-{m.id}",
            manufacturer=m.id,
            to=("home",),
            carrier="road",
            planned_min=planned_min,
            cost_cents=90_000 + i,
            transit=Triangular(planned_min - 30, planned_min, planned_min + 90),
            weekdays=WEEKDAYS,
        )
        for i, m in enumerate(makers)
    )


@st.composite
def small_programmes(draw: st.DrawFn) -> Programme:
    """A sound, feasible programme of a few weeks; its only protocol is called `protocol`."""
    product = draw(products())
    makers = tuple(draw(plants(n)) for n in range(draw(st.integers(1, 2))))
    places = sites(draw(st.sampled_from(ZONES)), draw(st.integers(1, 3)))
    until = FIRST + timedelta(weeks=draw(st.integers(6, 12)))
    enrols_until = until - timedelta(weeks=3)
    trial = draw(st.booleans())
    return Programme(
        name=draw(st.sampled_from(("a small world", "Größe: klein", "2026-01-05", "null"))),
        as_of_on=FIRST - timedelta(days=30),
        from_on=FIRST,
        until_on=until,
        products=(product,),
        manufacturers=makers,
        lanes=_lanes(makers, draw(st.integers(2, 16)) * 60),
        carriers=(Carrier("road", "road"),),
        sites=places,
        permissions=tuple(Permission(m.id, ("US",), ("protocol",), FIRST) for m in makers),
        target=Target(draw(st.sampled_from((0.9, 0.95, 0.999)))),
        currency=draw(st.sampled_from(("USD", "EUR"))),
        sources=(replace(_reactor(makers), nuclide=product.nuclide or ""),),
        contracts=tuple(Contract(m.id, draw(st.integers(0, 10**7))) for m in makers),
        trials=(draw(trials(places, enrols_until)),) if trial else (),
        markets=() if trial else (draw(markets(places, enrols_until)),),
        penalties=(Penalty("*", 2_000_000, 1_000_000, 5_000),),
        designs=(Design("all", "all plants", tuple(PlantUse(m.id) for m in makers)),),
        questions=(Question("main", "the question", ("protocol",), FIRST, until),),
        main_design=draw(st.sampled_from((None, "all"))),
    )
