"""The programme of a planning instance: products, plants, roads, sites. All numbers are made up."""

from __future__ import annotations

import math
from datetime import date, time, timedelta

from benchmarks.instances.sizes import STARTS, Size
from doseline.calendars import WeekTime
from doseline.chance import Stream, stream
from doseline.programme import Programme
from doseline.programme.contract import Contract
from doseline.programme.cost import Penalty, Target
from doseline.programme.lane import Carrier, Lane, Permission
from doseline.programme.manufacturer import Availability, Line, Manufacturer, SlotRule
from doseline.programme.market import Market, SiteShare, UptakeCase
from doseline.programme.product import Product, Step
from doseline.programme.site import Licence, Site
from doseline.programme.source import Delivery, IsotopeSource
from doseline.programme.trial import Arm, BodySize, DoseRate, DoseRule, SizeGroup, Visit

WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
COURSE = 4  # doses of a course, eight weeks apart
NUCLIDES = (("Lu-177", 7_400.0), ("I-131", 5_550.0), ("Tb-161", 6_000.0), ("Y-90", 3_000.0))
"""Nuclides of the products in turn, with the usual dose at the infusion. [MBq]"""

_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_ABROAD = ("Europe/Berlin", "Europe/Paris", "Europe/Rome", "Europe/Madrid")
_STARTS = ((0, 1, 3), (1, 2, 4), (0, 2, 3))
"""Weekdays on which the lines of the plants start labelling, plant by plant (Monday 0)."""

_FIRSTS = (0, 4, 2, 6, 1, 5, 3, 7)
"""Of eight products, the first of the six in turn that each line makes."""

_TREATS = ((0, 2), (1, 3), (2, 4), (0, 3), (0, 2, 4), (1, 3, 4))
"""Weekdays on which a site may treat (Monday 0), each set as likely."""

_HOUR = 60
_DAY = 1440


def network(size: Size, variant: str, seed: int) -> Programme:
    """The programme of an instance; who is treated when stands in the orders beside it."""
    drugs = products(size)
    sites = _sites(size, variant, seed)
    makers = tuple(_plant(size, variant, seed, n, drugs) for n in range(size.plants))
    markets = tuple(_market(size, drug, sites) for drug in drugs)
    return Programme(
        name=f"planning instance {size.name} {variant} {seed}",
        as_of_on=STARTS,
        from_on=STARTS,
        until_on=size.until_on + timedelta(weeks=1),
        products=drugs,
        manufacturers=makers,
        lanes=tuple(_lanes(size, variant, seed, makers)),
        carriers=(
            Carrier("road", "road", second_package_fraction=0.25),
            Carrier("air", "air", second_package_fraction=0.4),
        ),
        sites=sites,
        permissions=tuple(_permissions(variant, makers, drugs)),
        target=Target(0.95),
        sources=tuple(_sources(size, variant, drugs, makers)),
        contracts=tuple(_contracts(seed, makers)),
        markets=markets,
        penalties=(Penalty("*", 6_000_000, 2_500_000, 15_000),),
    )


def products(size: Size) -> tuple[Product, ...]:
    """The products: eight hours of making at most, one of QC, one of release; good for five days.

    >>> from benchmarks.instances.sizes import SIZES
    >>> [p.nuclide for p in products(SIZES["M"])][:5]
    ['Lu-177', 'I-131', 'Tb-161', 'Y-90', 'Lu-177']
    """
    found = []
    for n in range(size.products):
        nuclide, _ = NUCLIDES[n % len(NUCLIDES)]
        found.append(
            Product(
                id=f"product-{n + 1}",
                name=f"product {n + 1}",
                carrier="antibody",
                payload=nuclide,
                nuclide=nuclide,
                shelf_life_min=5 * _DAY,
                recipe=(
                    Step("receipt", "receipt", 2 * _HOUR),
                    Step("labelling", "make", 3 * _HOUR, yield_fraction=0.8),
                    Step("filling", "fill", _HOUR),
                    Step("qc", "qc", 3 * _HOUR),
                    Step("release", "release", _HOUR),
                    Step("packing", "pack", _HOUR, per_vial_min=1.0),
                ),
                overfill_fraction=0.03,
                samples_fraction=0.04,
                preparation_min=_HOUR,
                infusion_min=30,
            )
        )
    return tuple(found)


# -- plants --------------------------------------------------------------------------------


def _plant(size: Size, variant: str, seed: int, n: int, drugs: tuple[Product, ...]) -> Manufacturer:
    chance = stream(seed, 0, f"plant:{n + 1}")
    abroad = variant == "cross_border" and n % 2 == 1
    name = f"plant-{n + 1}"
    lines = tuple(_line(size, variant, chance, n, k, drugs) for k in range(size.lines))
    made = [d.id for d in drugs if any(d.id in line.products for line in lines)]
    return Manufacturer(
        id=name,
        name=name,
        firm=f"firm {n + 1}",
        country="DE" if abroad else "US",
        zone=_ABROAD[0] if abroad else _ZONES[n % len(_ZONES)],
        weekdays=WORKDAYS,
        crew_from=time(5),
        crew_until=time(22),
        lines=lines,
        makes=tuple(Availability(d, STARTS) for d in made),
        sources=tuple(s.id for s in _sources(size, variant, drugs, ())),
        batches_per_day=size.lines,
        qc_releases_per_day=size.lines,
    )


def _line(
    size: Size, variant: str, chance: Stream, n: int, k: int, drugs: tuple[Product, ...]
) -> Line:
    """A line of a plant: one of equals, unless the variant makes them differ.

    Of two starts on days that follow each other at most one is used, by the turnaround; where a
    line makes one batch a week the turnaround takes three days.
    """
    vials, vial_min, turnaround = size.vials, 2.0, 30 * _HOUR
    if variant == "different_lines":
        share = (0.6, 1.3, 0.9, 1.2)[(k + n) % 4]
        vials = max(2, round(size.vials * share))
        vial_min = round(1.0 + 4.0 * chance.uniform(k), 1)
        turnaround += round(8 * chance.uniform(k, 1)) * _HOUR
    bulk = None
    if variant == "activity_bound":
        bulk = float(round(size.vials * _strong_vial(drugs) / 1_000.0) * 1_000)
        vials = math.ceil(1.5 * size.vials)
    days: tuple[int, ...] = _STARTS[n % len(_STARTS)]
    if size.batches == 1:
        days, turnaround = days[1:], 3 * _DAY
    return Line(
        id=f"line-{n + 1}-{k + 1}",
        products=_made_on(size, n, k, drugs),
        slots=tuple(SlotRule(WeekTime(day, time(6))) for day in days),
        vials_max=vials,
        bulk_max_mbq=bulk,
        vial_min=vial_min,
        turnaround_min=turnaround,
        changeover_min=6 * _HOUR if size.products > 1 else 0,
    )


def _strong_vial(drugs: tuple[Product, ...]) -> float:
    """What the strongest usual dose takes of a bulk when it is used two days after EOS. [MBq]"""
    doses = dict(NUCLIDES)
    return max(doses[d.nuclide or ""] * 2 ** (2 * _DAY / d.half_life) * 1.03 / 0.96 for d in drugs)


def _made_on(size: Size, n: int, k: int, drugs: tuple[Product, ...]) -> tuple[str, ...]:
    """Three quarters of the products are made on a line; one alone is made on all."""
    if size.products == 1:
        return (drugs[0].id,)
    first = _FIRSTS[(n * size.lines + k) % len(_FIRSTS)] * size.products // len(_FIRSTS)
    taken = {(first + j) % size.products for j in range(3 * size.products // 4)}
    return tuple(d.id for i, d in enumerate(drugs) if i in taken)


def _contracts(seed: int, makers: tuple[Manufacturer, ...]) -> list[Contract]:
    chance = stream(seed, 0, "contracts")
    return [
        Contract(
            m.id,
            batch_fee_cents=100 * round(20_000 + 4_000 * chance.uniform(m.id)),
            vials_included=math.ceil(0.8 * min(line.vials_max for line in m.lines)),
            extra_vial_cents=15_000,
        )
        for m in makers
    ]


def _sources(
    size: Size, variant: str, drugs: tuple[Product, ...], makers: tuple[Manufacturer, ...]
) -> list[IsotopeSource]:
    """A source for each nuclide, every working day; two, both short, where activity is to bind.

    Short: what both offer in a week is twice the activity of its doses two days before their use.
    """
    plants = tuple(m.id for m in makers)
    short = variant == "activity_bound"
    doses = dict(NUCLIDES)
    found = []
    for nuclide in dict.fromkeys(d.nuclide or "" for d in drugs):
        mine = [d for d in drugs if d.nuclide == nuclide]
        a_week = size.orders / size.weeks * len(mine) / size.products * doses[nuclide]
        before = 2 ** (2 * _DAY / mine[0].half_life)
        for number, (factor, price, days) in enumerate(
            ((1.2 * before, 8.0, WORKDAYS), (0.8 * before, 6.0, ("Tuesday", "Friday")))
            if short
            else ((20.0, 8.0, WORKDAYS),)
        ):
            found.append(
                IsotopeSource(
                    id=f"{nuclide.lower()}-{number + 1}",
                    name=f"{nuclide}, source {number + 1}",
                    nuclide=nuclide,
                    deliveries=(Delivery(plants, days, time(15)),),
                    offer_per_week_mbq=float(math.ceil(factor * a_week / 10_000) * 10_000),
                    lot_mbq=2_000.0,
                    lock_min=7 * _DAY,
                    price_cents_per_mbq=price,
                    freight_cents=60_000 + 40_000 * number,
                )
            )
    return found


# -- sites and roads -----------------------------------------------------------------------


def _regions(size: Size) -> int:
    return {"S": 3, "M": 4}.get(size.name, 6)


def _is_abroad(variant: str, region: int) -> bool:
    return variant == "cross_border" and region % 3 == 1


def _sites(size: Size, variant: str, seed: int) -> tuple[Site, ...]:
    """Sites in turn over the regions; each treats on two or three days of the week."""
    chance = stream(seed, 0, "sites")
    found = []
    for n in range(size.sites):
        region = n % _regions(size)
        abroad = _is_abroad(variant, region)
        zones = _ABROAD if abroad else _ZONES
        days = _TREATS[int(chance.uniform(n) * len(_TREATS))]
        a_day = 3.0 * size.orders / size.sites / size.weeks / len(days)
        market = "EU" if abroad else "US"
        found.append(
            Site(
                id=f"site-{n + 1}",
                name=f"site {n + 1}",
                consignee=f"site {n + 1}",
                country="DE" if abroad else "US",
                market=market,
                region=f"region-{region + 1}",
                zone=zones[region % len(zones)],
                treatment_weekdays=tuple(WORKDAYS[day] for day in days),
                daily_capacity=1 + math.ceil(a_day),
                licence=Licence(
                    tuple(nuclide for nuclide, _ in NUCLIDES),
                    float(50_000 * (1 + math.ceil(a_day))),
                ),
            )
        )
    return tuple(found)


def _lanes(size: Size, variant: str, seed: int, makers: tuple[Manufacturer, ...]) -> list[Lane]:
    """From each plant to each region: by air overnight; to the nearest third also by road."""
    chance = stream(seed, 0, "lanes")
    found = []
    for m, plant in enumerate(makers):
        for r in range(_regions(size)):
            pair = m * 100 + r
            far = chance.uniform(pair)
            border = (plant.country == "DE") != _is_abroad(variant, r)
            hours = 14 + round(6 * far) + (8 if border else 0)
            found.append(
                Lane(
                    id=f"air-{m + 1}-{r + 1}",
                    manufacturer=plant.id,
                    to=(f"region-{r + 1}",),
                    carrier="air",
                    planned_min=hours * _HOUR,
                    cost_cents=100 * round(900 + 900 * far + (1_200 if border else 0)),
                    cut_off=time(19),
                )
            )
            if far < 1 / 3 and not border:
                found.append(
                    Lane(
                        id=f"road-{m + 1}-{r + 1}",
                        manufacturer=plant.id,
                        to=(f"region-{r + 1}",),
                        carrier="road",
                        planned_min=(20 + round(20 * far)) * _HOUR,
                        cost_cents=100 * round(400 + 300 * far),
                        cut_off=time(17),
                    )
                )
    return found


def _permissions(
    variant: str, makers: tuple[Manufacturer, ...], drugs: tuple[Product, ...]
) -> list[Permission]:
    """Every plant may supply its own market; across the border with a day of import testing.

    From the third plant on none may cross it.
    """
    protocols = tuple(f"market-{n + 1}" for n in range(len(drugs)))
    found = []
    for n, plant in enumerate(makers):
        home, other = ("EU", "US") if plant.country == "DE" else ("US", "EU")
        found.append(Permission(plant.id, (home,), protocols, STARTS))
        if variant == "cross_border" and n < 2:
            found.append(
                Permission(
                    plant.id, (other,), protocols, STARTS, testing_min=_DAY, testing_cents=400_000
                )
            )
    return found


def _market(size: Size, drug: Product, sites: tuple[Site, ...]) -> Market:
    """A market that draws no patients of its own: its orders stand in their file."""
    dose = DoseRule(DoseRate(dict(NUCLIDES)[drug.nuclide or ""], "flat"))
    return Market(
        id=drug.id.replace("product", "market"),
        name=f"market of {drug.name}",
        product=drug.id,
        from_on=STARTS,
        until_on=_until(size),
        cases=(UptakeCase("none", 1.0, (0,)),),
        arm=Arm("arm", dose, tuple(Visit(1 + 56 * n, 2, 5) for n in range(COURSE))),
        size=BodySize((SizeGroup(1.0, 1.9, 0.2),), 1.3, 2.6),
        sites=tuple(SiteShare(s.id) for s in sites),
    )


def _until(size: Size) -> date:
    return size.until_on + timedelta(weeks=1)
