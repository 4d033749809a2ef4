"""A commercial year: 300 sites, about 5,000 doses, one plant or two. All numbers are made up.

Sites and roads are those of the planning instances; patients, failures, late packages and stops of
the isotope are drawn. Both plants are mature and have their isotope from one reactor. The second
is dearer: it stands in for failed batches, and serves a day that the first cannot.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from benchmarks.instances.network import NUCLIDES, network
from benchmarks.instances.sizes import STARTS, Size
from doseline.programme import Programme
from doseline.programme.design import Design, PlantUse
from doseline.programme.lane import Carrier
from doseline.programme.manufacturer import FailureCause, Manufacturer
from doseline.programme.market import UptakeCase
from doseline.programme.policy import Policy
from doseline.programme.product import Triangular
from doseline.programme.source import IsotopeSource, Outages

FROM = STARTS + timedelta(weeks=26)
UNTIL = STARTS + timedelta(weeks=78, days=-1)
"""The year counted; patients begin half a year before it, so that courses are under way."""

PLAYED_FROM = FROM - timedelta(weeks=4)
"""First day played, so that batches and roads are under way when the year begins."""

SIZE = Size("commercial", 5_000, 1, 2, 3, 300, 82, vials=50)
PATIENTS = 1_250
"""Patients who start in a year, each with four doses eight weeks apart."""

OFFER_MBQ = 2.0 * 100 * NUCLIDES[0][1] * 2.0
"""Isotope on offer in a week: twice what the 100 doses of a week take, made two days ahead."""

HOUR, DAY, WEEK = 60, 1_440, 10_080


def commercial(*, outages: bool = True, dearer: float = 1.5) -> Programme:
    """The programme, with the designs `single` and `dual`.

    `dearer` is the batch fee of the second plant over that of the first.
    """
    bare = network(SIZE, "base", 1)
    first, second = bare.contracts
    fee = round(dearer * first.batch_fee_cents)
    return replace(
        bare,
        name="commercial year",
        until_on=UNTIL + timedelta(weeks=4),
        manufacturers=tuple(_failing(m) for m in bare.manufacturers),
        carriers=tuple(_late(c) for c in bare.carriers),
        sources=tuple(_stopping(s, outages) for s in bare.sources),
        contracts=(first, replace(second, batch_fee_cents=fee)),
        policy=Policy(preference="cheapest", overage_fraction=0.2),
        markets=tuple(
            replace(
                m,
                until_on=UNTIL + timedelta(weeks=4),
                cases=(UptakeCase("base", 1.0, (PATIENTS,)),),
            )
            for m in bare.markets
        ),
        designs=(
            Design("single", "one plant", (PlantUse("plant-1"),)),
            Design("dual", "two plants", (PlantUse("plant-1"), PlantUse("plant-2"))),
        ),
    )


def _failing(plant: Manufacturer) -> Manufacturer:
    return replace(
        plant,
        usable_slots_fraction=0.97,
        failures=(
            FailureCause("equipment", 0.010, "before_fill"),
            FailureCause("radiochemical purity", 0.010, "qc"),
            FailureCause("release", 0.005, "qa"),
        ),
        failures_cluster_factor=3.0,
        corrective_action=Triangular(3 * DAY, 14 * DAY, 45 * DAY),
        standing_isotope_mbq=100_000.0,
    )


def _late(carrier: Carrier) -> Carrier:
    return replace(
        carrier,
        delay_fraction=0.06,
        delay=Triangular(4 * HOUR, 6 * HOUR, 20 * HOUR),
        day_delay_fraction=0.015,
        second_day_fraction=0.2,
        lost_fraction=0.002,
        winter_factor=1.75,
    )


def _stopping(source: IsotopeSource, outages: bool) -> IsotopeSource:
    """Outages as in the reference case: 0.85 a year, three weeks in the middle, eight at p90."""
    return replace(
        source,
        offer_per_week_mbq=OFFER_MBQ,
        failed_fraction=0.01,
        late_fraction=0.03,
        outages=Outages(0.85, 3 * WEEK, 8 * WEEK, 0.2, 1.0) if outages else None,
    )
