"""Small random worlds in which something is short, and orders in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.manufacturer import Line, Manufacturer
from tests.strategies import FIRST, small_programmes

FROM = FIRST + timedelta(days=7)
UNTIL = FROM + timedelta(days=13)


def _short_line(draw: st.DrawFn, line: Line) -> Line:
    return replace(
        line,
        vials_max=draw(st.integers(1, 3)),
        bulk_max_mbq=draw(st.sampled_from((None, 4_000.0, 20_000.0))),
        turnaround_min=draw(st.sampled_from((0, 720, 3 * 1440))),
    )


def _short_plant(draw: st.DrawFn, plant: Manufacturer) -> Manufacturer:
    return replace(
        plant,
        lines=tuple(_short_line(draw, line) for line in plant.lines),
        batches_per_day=draw(st.integers(1, 2)),
        qc_releases_per_day=draw(st.integers(1, 2)),
        possession_limit_mbq=draw(st.sampled_from((None, 30_000.0))),
    )


@st.composite
def short_programmes(draw: st.DrawFn) -> Programme:
    """A small world in which vials, isotope, days or licences may not suffice."""
    programme = draw(small_programmes()).under(None)
    source = replace(
        programme.sources[0], offer_per_week_mbq=draw(st.sampled_from((10_000.0, 100_000.0)))
    )
    licence_mbq = draw(st.sampled_from((2_500.0, 500_000.0)))
    sites = tuple(
        replace(
            s,
            daily_capacity=draw(st.integers(1, 2)),
            licence=replace(s.licence, limit_mbq=licence_mbq) if s.licence else None,
        )
        for s in programme.sites
    )
    return replace(
        programme,
        manufacturers=tuple(_short_plant(draw, m) for m in programme.manufacturers),
        sources=(source,),
        sites=sites,
        policy=replace(
            programme.policy,
            overage_fraction=draw(st.sampled_from((0.0, 0.1))),
            spare_vials=draw(st.sampled_from((0, 0, 1))),
        ),
    )


@st.composite
def orders_in(draw: st.DrawFn, programme: Programme, most: int = 8) -> tuple[DoseOrder, ...]:
    """Some orders within two weeks."""
    found = []
    for n in range(draw(st.integers(1, most))):
        on = FROM + timedelta(days=draw(st.integers(0, 13)))
        found.append(
            DoseOrder(
                id=f"order-{n}",
                product="drug",
                protocol="protocol",
                site=draw(st.sampled_from(programme.sites)).id,
                patient=f"patient-{n}",
                course_number=1,
                placed_at=0,
                wanted_on=on,
                earliest_on=on - timedelta(days=draw(st.integers(0, 2))),
                latest_on=on + timedelta(days=draw(st.integers(0, 3))),
                activity_mbq=draw(st.sampled_from((500.0, 1_054.5, 2_000.0))),
                started=draw(st.booleans()),
            )
        )
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn, most: int = 8) -> tuple[Programme, tuple[DoseOrder, ...]]:
    """A world and its orders."""
    programme = draw(short_programmes())
    return programme, draw(orders_in(programme, most))
