"""A made-up picture of the demand with every kind of part, for the tests of its report."""

import math
from dataclasses import replace
from datetime import date, timedelta

from doseline.demand import Band, PeriodDemand, ProductDemand
from doseline.demand.forecast import EnrolmentForecast, forecast, open_months
from doseline.demand.rates import RatePrior
from doseline.programme import Programme
from doseline.programme.product import Product
from doseline.programme.stage import Stage
from doseline.studies.demand_basis import RestsOn
from doseline.studies.demand_picture import (
    DemandPicture,
    PathDemand,
    PathsDemand,
    ProtocolDemand,
    RiskDemand,
    TrialForecast,
)
from doseline.studies.figures import Figure
from doseline.studies.trial_rules import RuleFigure, RuleSays
from tests.report import made_up

TRIAL_FROM, LAUNCH = date(2021, 1, 18), date(2026, 1, 1)
NOTHING = Band(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
ONCE = Band(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def band_of(level: float) -> Band:
    """A band around a level, none of its numbers like another."""
    return Band(
        mean=level * 1.07, median=level, low_50=level * 0.81, high_50=level * 1.33,
        low_90=level * 0.47, high_90=level * 1.92, low_95=level * 0.31, high_95=level * 2.63,
    )  # fmt: skip


def months(from_on: date, levels: list[float]) -> tuple[PeriodDemand, ...]:
    first = from_on.year * 12 + from_on.month - 1
    starts = [date(m // 12, m % 12 + 1, 1) for m in range(first, first + len(levels))]
    return tuple(PeriodDemand(on, band_of(v)) for on, v in zip(starts, levels, strict=True))


def weeks(from_on: date, levels: list[float]) -> tuple[PeriodDemand, ...]:
    monday = from_on - timedelta(days=from_on.weekday())
    return tuple(
        PeriodDemand(monday + timedelta(weeks=k), band_of(v)) for k, v in enumerate(levels)
    )


def wave(number: int, level: float) -> list[float]:
    return [level * (1.0 + 0.4 * math.sin(k / 3.0) + k / 97.0) for k in range(number)]


def protocols() -> tuple[ProtocolDemand, ...]:
    rule = RuleSays(
        "looks at events, O\u2019Brien-Fleming type",
        ("look at 61 events: success beyond z = 2.963", "look at 122 events: success & an end"),
        (
            RuleFigure("success as assumed", "share", Figure(0.8213, 0.8042, 0.8377)),
            RuleFigure("success as played", "share", Figure(0.7319, 0.6808, 0.7774)),
            RuleFigure("events", "number", Figure(111.2, 110.7, 111.9)),
            RuleFigure("success at the null", "share", Figure(0.0251, 0.0251, 0.0251)),
            RuleFigure("patients at arm_1", "number", Figure(7.5, 7.5, 7.5)),
        ),
        "2000 trials simulated, seed 9",
        "Success as played: it closes on its last day, full & followed or not",
    )
    trial = ProtocolDemand(
        "pivotal", "Pivotal trial", "trial", band_of(61.0), band_of(213.0),
        Figure(1.457, 1.432, 1.483), (("before_lock", 19.66), ("after_production", 7.74)),
        months(TRIAL_FROM, wave(12, 17.0)), weeks(TRIAL_FROM, wave(52, 4.0)), rule,
        rests_on=RestsOn("recorded", 118, 47, 31, 5, 1),
    )  # fmt: skip
    market = ProtocolDemand(
        "us", "United States", "market", band_of(884.3), band_of(3064.6),
        Figure(10.96, 10.03, 11.88), (("before_lock", 372.7),),
        months(LAUNCH, wave(7, 160.0)), weeks(LAUNCH, wave(30, 37.0)),
        fees=Figure(8123.4, 7011.2, 9234.6), rests_on=RestsOn("stated", 1234, 1234),
    )  # fmt: skip
    once = tuple(PeriodDemand(date(2021, m, 1), ONCE if m % 3 else NOTHING) for m in range(2, 6))
    sixteen = replace(ONCE, **dict.fromkeys(ONCE.__slots__, 16.0))
    standing = ProtocolDemand(
        "cold", "Cold kit", "standing", NOTHING, sixteen, Figure(0.08, 0.08, 0.08), (), once,
        weeks(date(2021, 2, 1), [0.0, 0.3, 0.4]),
    )  # fmt: skip
    return trial, market, standing


def paths() -> PathsDemand:
    return PathsDemand(
        (
            PathDemand(("p2", "sale"), (), Figure(0.5825, 0.5337, 0.6298), None, band_of(3211.0)),
            PathDemand((), ("p2",), Figure(0.4175, 0.3702, 0.4663), 0.42, band_of(87.0)),
        ),
        band_of(1777.0),
        months(TRIAL_FROM, wave(12, 11.0)),
    )


def enrolment(target: int, days: int, prior: RatePrior | None) -> EnrolmentForecast:
    first = date(2021, 1, 18).toordinal()
    opened, cut = [first, first + 30, first + 60, None], first + 200
    ahead = open_months([*opened[:3], cut + 40], [None] * 4, cut_day=cut, days=days)
    return forecast(
        ["boston", "houston", "seattle", "lyon"], opened, [4, 9, 2, 0],
        cut_day=cut, ahead=ahead, target=target, prior=prior,
    )  # fmt: skip


def forecasts() -> tuple[TrialForecast, ...]:
    """One that fills, one that hardly does and is estimated, one that is full."""
    prior = RatePrior(2.0, 0.7)
    return (
        TrialForecast("pivotal", "Pivotal trial", enrolment(40, 900, prior)),
        TrialForecast("late", "Late trial", enrolment(60, 240, None)),
        TrialForecast("full", "Full trial", enrolment(15, 240, prior)),
    )


def picture(name: str = "CLR 131, iopofosine I-131") -> DemandPicture:
    asked = protocols()
    idle = PeriodDemand(date(2025, 12, 1), NOTHING)
    return DemandPicture(
        programme=name,
        as_of_on=date(2016, 11, 28),
        from_on=date(2021, 1, 1),
        until_on=date(2026, 7, 31),
        seed=11,
        samples=321,
        scenario=None,
        orders=band_of(3293.0),
        months=(*asked[0].months, idle, *asked[1].months),
        weeks=(*asked[0].weeks, *asked[1].weeks),
        protocols=asked,
        products=(
            ProductDemand("clr131", band_of(3277.0), band_of(3_456_789.0)),
            ProductDemand("kit", replace(ONCE), NOTHING),
        ),
        paths=paths(),
        forecasts=forecasts(),
        method=("321 futures, with perfect supply.", "Cancelled orders are ordered again."),
        risks=(
            RiskDemand(
                "rival", "A rival & its drug", "takes four in ten", True,
                Figure(812.4, 700.1, 924.7), Figure(-91.5, -130.2, -52.8),
                Figure(-1234.0, -1300.0, -1168.0), Figure(0.2617, 0.2131, 0.3103),
            ),
        ),
    )  # fmt: skip


def programme(name: str = "CLR 131, iopofosine I-131") -> Programme:
    the = made_up.programme(name)
    hot = the.products[0]
    kit = Product(id="kit", name="Cold kit", carrier="none", payload="none",
                  shelf_life_min=hot.shelf_life_min, recipe=())  # fmt: skip
    return replace(
        the,
        products=(hot, kit),
        stages=(
            Stage("p2", "Phase II", ("pivotal",), None, 0.58),
            Stage("sale", "The launch", ("us",), "p2"),
        ),
    )


def empty() -> DemandPicture:
    """A picture in which nothing is asked for."""
    return replace(
        picture(),
        orders=NOTHING, months=(), weeks=(), protocols=(), products=(), paths=None, forecasts=(),
        risks=(), method=(),
    )  # fmt: skip
