"""A made-up assessment that shows every kind of answer, for the tests of the report."""

import math
from dataclasses import replace
from datetime import date, time, timedelta

from doseline.clock import WeekTime
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment, Unmet
from doseline.programme import Programme
from doseline.programme.cost import Target
from doseline.programme.manufacturer import Availability, Line, Manufacturer, SlotRule
from doseline.programme.market import Market, SiteShare, UptakeCase
from doseline.programme.product import Product, Step
from doseline.programme.programme import Reference
from doseline.programme.site import Site
from doseline.programme.trial import Arm, BodySize, DoseRate, DoseRule, SizeGroup, Visit
from doseline.studies.assessment import (
    Answer,
    Assessment,
    BoardPlan,
    DesignRow,
    MonthRow,
    MovedDose,
    ScenarioRow,
    ShockWeek,
)
from doseline.studies.figures import Figure
from doseline.studies.hazards import HazardRow
from doseline.studies.story import Story, StoryWeek

HALF_LIFE_MIN = 8.0249 * 1440
NOWHERE = Figure(math.nan, math.nan, math.nan)
DESIGNS = ("both", "madison_only", "hamilton_only")
CITIES = (
    ("boston", "Boston", "America/New_York"),
    ("houston", "Houston", "America/Chicago"),
    ("seattle", "Seattle", "America/Los_Angeles"),
    ("rochester", "Rochester, Minnesota", "America/Chicago"),
    ("lyon", "Lyon", "Europe/Paris"),
)


def plant(id_: str, name: str, zone: str, weekday: int) -> Manufacturer:
    line = Line(
        id=f"{id_}-1",
        products=("clr131",),
        slots=(SlotRule(at=WeekTime(weekday, time(5))),),
        vials_max=12,
        vial_min=10,
    )
    return Manufacturer(
        id=id_,
        name=name,
        firm=id_,
        country="US-WI",
        zone=zone,
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
        crew_from=time(4),
        crew_until=time(22),
        lines=(line,),
        makes=(Availability("clr131", date(2017, 1, 1)),),
    )


def market(product: Product) -> Market:
    arm = Arm("a", DoseRule(DoseRate(555.0, "m2")), (Visit(1),))
    size = BodySize((SizeGroup(1.0, 1.85, 0.2),), 1.3, 2.6)
    return Market(
        id="us",
        name="United States",
        product=product.id,
        from_on=date(2026, 1, 1),
        until_on=date(2030, 12, 31),
        cases=(UptakeCase("base", 1.0, (100, 200)),),
        arm=arm,
        size=size,
        sites=(SiteShare("boston"),),
    )


def programme(name: str = "CLR 131, iopofosine I-131") -> Programme:
    product = Product(
        id="clr131",
        name="CLR 131",
        carrier="CLR 1404",
        payload="I-131",
        shelf_life_min=120 * 60,
        recipe=(
            Step("labelling", "make", 240, yield_fraction=0.6),
            Step("testing", "qc", 300),
            Step("release", "release", 120),
        ),
        nuclide="I-131",
    )
    sites = tuple(
        Site(
            id=id_,
            name=name_,
            consignee=name_,
            country="US",
            market="US",
            region="us",
            zone=zone,
            treatment_weekdays=("Thursday", "Friday"),
            daily_capacity=2,
        )
        for id_, name_, zone in CITIES
    )
    return Programme(
        name=name,
        as_of_on=date(2016, 11, 28),
        from_on=date(2016, 12, 1),
        until_on=date(2030, 12, 31),
        products=(product,),
        manufacturers=(
            plant("madison", "Madison plant", "America/Chicago", 2),
            plant("hamilton", "Hamilton CDMO", "America/Toronto", 1),
        ),
        lanes=(),
        carriers=(),
        sites=sites,
        permissions=(),
        markets=(market(product),),
        target=Target(0.95),
        references=(
            Reference("S1", "the second supplier is chosen", "https://example.org/a?b=1&c=2"),
            Reference("S2", "a hostile one", "javascript:alert(1)"),
        ),
    )


def board(the: Programme) -> BoardPlan:
    """Three weeks, the middle one empty; the spring change of the clock lies in the first."""
    clock = the.clock
    batches: list[Batch] = []
    shipments: list[Shipment] = []
    allocations: list[Allocation] = []
    orders: list[DoseOrder] = []
    starts = (
        ("madison", date(2022, 3, 9), 4),
        ("hamilton", date(2022, 3, 8), 6),
        ("hamilton", date(2022, 3, 10), 1),
        ("hamilton", date(2022, 3, 22), 9),
    )
    for plant_id, on, vials in starts:
        found = the.manufacturer[plant_id]
        charge = clock.at(on, time(5), found.zone)
        eos = charge + 240 + 10 * vials
        batch = Batch(
            id=f"{plant_id}-1@{on}T05:00",
            slot=f"{plant_id}-1@{on}T05:00",
            manufacturer=plant_id,
            line=f"{plant_id}-1",
            product="clr131",
            vials=vials,
            charge_at=charge,
            eos_at=eos,
            released_at=eos + 420,
            packed_at=eos + 60,
            source="ire",
            isotope_at=clock.at(on - timedelta(days=1), time(12), found.zone),
            isotope_lots=20,
            isotope_mbq=3400.0 * vials,
            charge_mbq=3100.0 * vials,
            bulk_mbq=1500.0 * vials,
        )
        batches.append(batch)
        for k in range(vials):
            site_id, _, zone = CITIES[k % len(CITIES)]
            shipment = f"{batch.id}/{site_id}"
            leaves = clock.at(on, time(18 if site_id != "lyon" else 20), found.zone)
            use_on = on + timedelta(days=2 + k % 3)
            use = clock.at(use_on, time(11), zone)
            order = f"o{len(orders) + 1}"
            if all(s.id != shipment for s in shipments):
                arrives = leaves + 960 + 240 * (k % 5)
                shipments.append(Shipment(shipment, batch.id, "air", site_id, leaves, arrives, 1))
            activity = 1054.5 + 10 * k
            at_eos = activity * 2 ** ((use - eos) / HALF_LIFE_MIN)
            allocations.append(Allocation(order, batch.id, shipment, use, at_eos))
            wanted = use_on - timedelta(days=k == 3)
            orders.append(
                DoseOrder(
                    id=order,
                    product="clr131",
                    protocol="us",
                    site=site_id,
                    patient=f"p{k}",
                    course_number=1 + k % 4,
                    placed_at=charge - 20160,
                    wanted_on=wanted,
                    earliest_on=wanted,
                    latest_on=wanted + timedelta(days=2),
                    activity_mbq=activity,
                )
            )
    lost = replace(orders[0], id="o-unmet", wanted_on=date(2022, 3, 17))
    return BoardPlan(
        design="both",
        from_on=date(2022, 3, 7),
        until_on=date(2022, 3, 27),
        orders=(*orders, lost),
        schedule=Schedule(
            "both",
            tuple(batches),
            tuple(allocations),
            tuple(shipments),
            (Unmet("o-unmet", "no slot of a permitted plant reaches Boston in its window"),),
        ),
        status="optimal",
        objective=123456.5,
        bound=123450.25,
        gap=0.0001,
        moved=(MovedDose("o4", date(2022, 3, 10), date(2022, 3, 11), "air arrives too late"),),
        breaches=0,
        method="mixed-integer programme, HiGHS",
        questions=("year-1",),
    )


def boards(the: Programme) -> tuple[BoardPlan, ...]:
    """The weeks of two questions; those of the second, which no file names, are the same."""
    first = board(the)
    return first, replace(first, questions=("year-2", "year-3"))


def answers() -> tuple[Answer, ...]:
    periods = (
        ("pivotal", "Pivotal trial CLOVER-WaM", date(2021, 1, 18), date(2024, 4, 10), 190.0),
        ("us1", "US market, year 1", date(2026, 1, 1), date(2026, 12, 31), 1240.0),
        ("us2", "US market, year 2", date(2027, 1, 1), date(2027, 12, 31), 2480.0),
    )
    verdicts: dict[tuple[str, str], tuple[bool | None, float, Figure]] = {
        ("pivotal", "both"): (True, 3.42, Figure(0.9714, 0.9621, 0.9794)),
        ("us1", "both"): (None, 1.31, Figure(0.9512, 0.9402, 0.9633)),
        ("us2", "both"): (False, 0.87, Figure(0.7721, 0.7512, 0.7911)),
        ("pivotal", "madison_only"): (False, 1.6, Figure(0.551, 0.512, 0.59)),
        ("us1", "madison_only"): (False, 0.0, NOWHERE),
        ("us2", "madison_only"): (False, 0.0, Figure(0.0, 0.0, 0.0)),
        ("pivotal", "hamilton_only"): (True, math.inf, Figure(0.961, 0.953, 0.969)),
        ("us1", "hamilton_only"): (None, 1.0, Figure(0.947, 0.931, 0.961)),
        ("us2", "hamilton_only"): (False, 0.5, Figure(0.51, 0.49, 0.53)),
    }
    rows = []
    for design in DESIGNS:
        for id_, name, from_on, until_on, due in periods:
            verdict, headroom, otif = verdicts[id_, design]
            rows.append(
                Answer(
                    question=id_,
                    name=name,
                    from_on=from_on,
                    until_on=until_on,
                    design=design,
                    futures=192,
                    demand=Figure(due, due * 0.81, due * 1.22),
                    headroom=headroom,
                    headroom_binds=("slots of hamilton-1",) if headroom < 2 else (),
                    otif=otif,
                    target=0.95,
                    delayed=Figure(due * 0.021, due * 0.016, due * 0.027),
                    missed=Figure(due * 0.008, due * 0.004, due * 0.011),
                    sufficient=verdict,
                    first_shortfall_on=date(2027, 2, 1) if verdict is False else None,
                    slot_use=0.63,
                    causes=(("batch_failed", 3.1), ("transit", 1.2), ("no_slot", 0.4)),
                )
            )
    return tuple(rows)


def design_rows() -> tuple[DesignRow, ...]:
    names = {
        "both": "Madison and Hamilton",
        "madison_only": "Madison only",
        "hamilton_only": "Hamilton only",
    }
    rows = []
    for i, design in enumerate(DESIGNS):
        cost = (41_234_567.0, 18_765_432.0, 36_000_111.0)[i]
        shares = (0.28, 0.2, 0.16, 0.12, 0.09, 0.07, 0.04, 0.025, 0.015)
        items = ("batch_fees", "reservation", "plant", "missed_doses", "isotope", "freight",
                 "technology_transfer", "waste", "exit")  # fmt: skip
        rows.append(
            DesignRow(
                design=design,
                name=names[design],
                why=("", "what stood before", "the sponsor's plant closed at once")[i],
                replications=24,
                otif=Figure(0.93 - 0.1 * i, 0.92 - 0.1 * i, 0.94 - 0.1 * i),
                delayed_share=Figure(0.021, 0.016, 0.027),
                missed_share=Figure(0.008, 0.004, 0.011),
                cost_total=Figure(cost, cost * 0.97, cost * 1.03),
                present_value=Figure(cost * 0.7, cost * 0.68, cost * 0.72),
                cost_per_dose=Figure(cost / 5100, cost / 5300, cost / 4900),
                cost_items=tuple((k, cost * s) for k, s in zip(items, shares, strict=True)),
                batches_made=Figure(812.4, 800.1, 825.0),
                batches_failed=Figure(24.2, 20.0, 28.1),
                line_utilisation=Figure(0.61, 0.6, 0.62),
                otif_against_main=Figure(-0.1 * i, -0.11 * i, -0.09 * i) if i else None,
            )
        )
    return tuple(rows)


def scenario_rows() -> tuple[ScenarioRow, ...]:
    kinds = (
        ("closing", "Madison closes for good", True, 0.93, 0.52),
        ("alert", "Import alert, permissions return protocol by protocol", True, 0.93, 0.31),
        ("reactor", "Reactor outage of six weeks", False, 0.94, 0.905),
    )
    return tuple(
        ScenarioRow(
            scenario=id_,
            name=name,
            why="as it was published",
            hindsight=late,
            design="both",
            from_on=date(2018, 8, 7),
            measured_until_on=date(2019, 3, 31),
            replications=12,
            orders=Figure(84.0, 60.0, 110.0),
            otif=Figure(shocked, shocked - 0.05, shocked + 0.04),
            otif_without=Figure(without, without - 0.02, without + 0.02),
            extra_delayed=Figure(12.5, 8.0, 17.0),
            extra_missed=Figure(30.5, 22.0, 41.0),
            days_to_recover=Figure(153.0, 121.0, 190.0) if id_ != "closing" else NOWHERE,
            weeks=shock_weeks(without, shocked),
            for_good=id_ == "closing",
        )
        for id_, name, late, without, shocked in kinds
    )


def shock_weeks(without: float, shocked: float) -> tuple[ShockWeek, ...]:
    """Thirty-eight weeks; the shock strikes in the fifth and has passed in the twenty-fifth."""

    def around(mean: float) -> Figure:
        return Figure(mean, max(0.0, mean - 0.4), mean + 0.4)

    return tuple(
        ShockWeek(
            week=date(2018, 7, 9) + timedelta(weeks=k),
            due=around(3.0),
            due_without=around(3.0),
            on_time=around(3.0 * (shocked if 4 <= k < 25 else without)),
            on_time_without=around(3.0 * without),
        )
        for k in range(38)
    )


def hazard_rows() -> tuple[HazardRow, ...]:
    return (
        HazardRow(
            hazard="stops", name="Quality stops", hits="manufacturer",
            targets=("madison", "hamilton"), why="judgement", per_year=0.2, mean_days=31.4,
            common_share=0.1, standing=0.983, all_down=0.0019, stops=Figure(5.1, 4.2, 6.0),
            down_share=Figure(0.016, 0.012, 0.02),
        ),
    )  # fmt: skip


def story() -> Story:
    weeks = tuple(
        StoryWeek(
            date(2021, 6, 7) + timedelta(weeks=k),
            (
                "2 doses are given, all of them on the day ordered and inside tolerance.",
                f"Tue: {k}.",
            ),
        )
        for k in range(4)
    )
    return Story("both", "Pivotal trial", 7, 0.941, weeks)


def month_rows() -> tuple[MonthRow, ...]:
    rows = []
    for k in range(14 * 12):
        on = date(2017 + k // 12, k % 12 + 1, 1)
        if on < date(2021, 2, 1):
            asked = 3.0 + 2 * math.sin(k / 5)
        elif on < date(2024, 5, 1):
            asked = 6.0 + 3 * math.sin(k / 7)
        elif on < date(2026, 1, 1):
            asked = 0.0
        else:
            asked = 40.0 + 4 * (k - 108)
        bump = 14 if on.month in (1, 3, 6, 12) else 20
        madison = bump * 1.2 if on < date(2018, 7, 1) else 0.0
        hamilton = bump * 2.4 if on < date(2025, 1, 1) else bump * 8.0
        rows.append(
            MonthRow(
                on, asked * 0.5, asked * 0.8, asked, asked * 1.2, asked * 1.6,
                {"both": madison + hamilton, "madison_only": madison, "hamilton_only": hamilton},
            )
        )  # fmt: skip
    return tuple(rows)


def assessment(name: str = "CLR 131, iopofosine I-131") -> Assessment:
    the = programme(name)
    return Assessment(
        programme=the.name,
        as_of_on=the.as_of_on,
        currency="USD",
        design="both",
        seed=7,
        replications=24,
        scenario_replications=12,
        questions=answers(),
        designs=design_rows(),
        scenarios=scenario_rows(),
        hazards=hazard_rows(),
        story=story(),
        months=month_rows(),
        activity=(
            ("delivered", 61_200.0),
            ("process loss", 22_100.0),
            ("decayed", 16_020.0),
            ("samples and left in vials", 3_110.0),
            ("lost or wasted", 4_870.0),
            ("administered", 15_100.0),
        ),
        boards=boards(the),
        assumptions=tuple(
            (
                f"products[0].steps[{i}].yield",
                f"0.{60 + i}",
                f"0.{50 + i} to 0.{70 + i}",
                "no page tells it; comparable processes lie here",
            )
            for i in range(23)
        ),
        hindsight=("manufacturers[0].closes_on: 30 June 2018",),
        verdict=(
            "With Madison and Hamilton the manufacturing capacity is sufficient for the pivotal "
            "trial (headroom 3.4, OTIF 97.1 %, 96.2 % to 97.9 %, against 95.0 %); it can be called "
            "neither sufficient nor insufficient for US market, year 1; it is not sufficient for "
            "US market, year 2 (headroom 0.87)."
        ),
        method=(
            "A standing policy was simulated, not a fixed schedule.",
            "The length of a shock is known once it begins.",
        ),
        version="0.1.0",
        seconds=61.3,
    )


def empty() -> tuple[Assessment, Programme]:
    """An assessment of nothing at all: no question, design, scenario, month or board."""
    the = programme()
    return (
        replace(
            assessment(),
            questions=(), designs=(), scenarios=(), months=(), activity=(), boards=(),
            assumptions=(), hindsight=(), method=(), hazards=(), story=None,
        ),
        replace(the, references=(), markets=()),
    )  # fmt: skip
