"""What replications share: slots and ways, the same as those that everyone else is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.operations.offer import Offer
from doseline.operations.routes import Ways
from doseline.programme import Programme
from doseline.programme.lane import Border
from doseline.programme.scenario import Shock
from doseline.programme.source import Outages
from doseline.simulate.crossings import border_between
from doseline.simulate.fate import YEAR_MIN, Fate
from doseline.simulate.risk import Risk, risk_of
from doseline.simulate.shocks import Known
from doseline.simulate.world import World
from tests.hand_world import two_orders, world
from tests.simulate.worlds import FROM, UNTIL, with_second_plant


def made() -> World:
    return World(world(), FROM, UNTIL)


def test_the_days_on_offer_are_those_that_sites_are_told() -> None:
    ours, told = made(), Offer(Ways(world()))
    assert ours.offered is not None
    for site in world().sites:
        for ahead in range(90):
            day = FROM.toordinal() + ahead
            key = ("dose", "trial", site, day)
            assert ours.offered(*key) == told(*key), (site.id, date.fromordinal(day))


def test_a_way_carries_the_activity_back_to_eos_as_by_hand() -> None:
    reykjavik, tokyo = two_orders()
    for order, factor in ((reykjavik, 2**0.5), (tokyo, 2.0)):
        (reach,) = made().reach(order, order.wanted_on.toordinal())
        late = 15 / (64 * 60)  # EOS of a batch of one vial is a quarter of an hour earlier
        assert reach.eos_factor == pytest.approx(factor * 2**late)


def test_slots_whose_batches_would_overlap_exclude_each_other() -> None:
    programme = with_second_plant(world(), 0.0)
    line = replace(programme.manufacturers[0].lines[0], turnaround_min=8 * 1440)
    plant = replace(programme.manufacturers[0], lines=(line,))
    places = World(
        replace(programme, manufacturers=(plant, programme.manufacturers[1])), FROM, UNTIL
    ).places
    own = [p for p in places if p.line.id == "cell"]
    assert all(own[i + 1].index in own[i].excludes for i in range(len(own) - 1))
    assert all(own[i + 2].index not in own[i].excludes for i in range(len(own) - 2))
    assert not any(p.excludes for p in places if p.line.id == "cell-2")


def test_a_way_with_hours_to_spare_is_sure() -> None:
    ours = made()
    order = two_orders()[0]
    (reach,) = ours.reach(order, order.wanted_on.toordinal())
    assert risk_of(ours).late(reach) == 0.0
    assert risk_of(ours) is risk_of(ours)


def test_outages_come_as_often_and_last_as_long_as_their_law_says() -> None:
    law = Outages(per_year=2.0, median_min=30_000, p90_min=80_000)
    stops = [s for n in range(400) for s in Fate(1, n, True).outages("ire", law, YEAR_MIN)]
    assert len(stops) / 400 == pytest.approx(2.0, abs=0.25)
    lengths = sorted(s.ends_at - s.begins_at for s in stops)
    assert lengths[len(lengths) // 2] == pytest.approx(30_000, rel=0.2)
    assert Fate(1, 0, False).outages("ire", law, YEAR_MIN) == ()


def test_a_shock_is_unknown_until_it_begins() -> None:
    ours = made()
    shock = Shock("manufacturer", ("plant",), FROM + timedelta(days=20), None)
    known = Known(ours, Fate(1, 0, True))
    last = ours.places[-1]
    assert known.takes(last) is None
    known.shocks.append(shock)
    assert known.takes(last) is shock
    assert known.takes(ours.places[0]) is None


def test_half_a_capacity_left_is_about_half_of_the_slots() -> None:
    ours = World(replace(world(), until_on=date(2030, 1, 1)), FROM, date(2029, 12, 1))
    shock = Shock("line", ("cell",), FROM, None, left_fraction=0.5)
    known = Known(ours, Fate(1, 0, True))
    known.shocks.append(shock)
    left = sum(1 for p in ours.places if known.takes(p) is None)
    assert left / len(ours.places) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("country", "market", "crossed"),
    [
        ("CA-ON", "US", "into_us"),
        ("US-WI", "US", None),
        ("BE", "EU", None),
        ("CA-ON", "EU", "into_eu"),
        ("GB-ENG", "EU", "into_eu"),
    ],
)
def test_a_border_is_crossed_only_from_outside_its_market(
    country: str, market: str, crossed: str | None
) -> None:
    found = border_between(_with_borders(), country, market)
    assert (found.id if found else None) == crossed


def _with_borders() -> Programme:
    return replace(
        world(),
        borders=(Border("into_us", ("CA",), ("US",), ()), Border("into_eu", (), ("EU",), ())),
    )


def test_a_line_comes_into_a_later_window_with_experience() -> None:
    late = World(replace(world(), until_on=date(2026, 1, 1)), date(2025, 6, 1), date(2025, 12, 1))
    assert made().experience == {}
    before = date(2025, 6, 1) - timedelta(days=182) - FROM
    assert late.experience["cell"] == pytest.approx(before.days / 7 / 2, abs=2)


def test_sites_that_differ_by_name_and_size_alone_share_their_ways() -> None:
    plain = world()
    near = plain.site["reykjavik"]
    twin = replace(near, id="twin", name="Twin", consignee="twin", daily_capacity=9)
    late = replace(near, id="late", consignee="late", infusion_latest=time(11, 30))
    lanes = tuple(
        replace(ln, to=(*ln.to, "twin", "late")) if near.id in ln.to or near.region in ln.to else ln
        for ln in plain.lanes
    )
    found = World(replace(plain, sites=(*plain.sites, twin, late), lanes=lanes), FROM, UNTIL)
    kinds = {s.id: found.ways.kind(s) for s in found.programme.sites}
    assert kinds["late"] != kinds["twin"]
    days = range(FROM.toordinal(), FROM.toordinal() + 60)
    order = two_orders()[0]
    ways = {
        name: [found.reach(replace(order, site=name), day) for day in days]
        for name in ("reykjavik", "twin")
    }
    assert any(ways["twin"])
    assert [[(r.place, r.use_at, r.lane) for r in day] for day in ways["reykjavik"]] == [
        [(r.place, r.use_at, r.lane) for r in day] for day in ways["twin"]
    ]


def test_how_sure_a_way_is_does_not_depend_on_which_is_asked_about_first() -> None:
    file = Path(__file__).parents[2] / "examples" / "clr131" / "programme.yaml"
    programme = read_programme(file).under("madison_and_hamilton")
    found = World(programme, date(2021, 6, 1), date(2021, 6, 30))
    sites = [s for s in programme.sites if s.market == "US"][:12]
    days = range(date(2021, 6, 1).toordinal(), date(2021, 6, 30).toordinal())
    one = replace(two_orders()[0], product="clr131", protocol="clover_wam")
    asked_for = [replace(one, site=s.id) for s in sites]
    reaches = list(dict.fromkeys(r for o in asked_for for day in days for r in found.reach(o, day)))
    shares = []
    for asked in (reaches, reaches[::-1]):
        risk = Risk(found)
        for reach in asked:
            reach.late_share = None
        answers = {id(r): risk.late(r) for r in asked}
        shares.append([answers[id(r)] for r in reaches])
    assert shares[0] == shares[1]
    assert len(set(shares[0])) > 3
