"""The lanes of a world as tables: their carriers, roads and borders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from doseline.calendars import BLOCK
from doseline.chance import stable_hash
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.rows import Numbered, rows, triangle
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.world import DAY


def lanes(t: Tables) -> None:
    """Make the tables of the lanes, of their carriers and of the borders."""
    p = t.programme
    ranks = {name: n for n, name in enumerate(sorted(t.lanes))}
    roads, collections = Numbered(), Numbered()
    collects: list[np.ndarray[Any, Any]] = []
    found = []
    for x in p.lanes:
        plant, carrier = p.manufacturer[x.manufacturer], p.carrier[x.carrier]
        collection = -1
        if x.cut_off is not None:
            key = (plant.zone, x.carrier, x.weekdays, x.cut_off)
            if key not in collections:
                on = t.on(x.weekdays, carrier.holidays)
                collects.append(np.where(on, t.wall(plant.zone, x.cut_off), -NEVER))
            collection = collections[key]
        found.append(
            {
                "plant": t.plants[x.manufacturer],
                "carrier": t.carriers[x.carrier],
                "planned": x.planned_min,
                "cost": x.cost_cents,
                "drawn": x.transit is not None,
                **triangle(x.transit),
                "notice": x.notice_min,
                "collects": collection,
                "road": roads[x.carrier, plant.zone],
                "rank": ranks[x.id],
                "zone": t.zone(plant.zone),
                "stream": stable_hash(f"lane:{x.id}"),
            }
        )
    t.tables["lanes"] = rows("lanes", found)
    t.stack("collects", collects)
    _roads(t, list(roads))
    _carriers(t)
    _borders(t)
    _by_plant_and_site(t)


def _carriers(t: Tables) -> None:
    t.tables["carriers"] = rows(
        "carriers",
        (
            {
                "delay": x.delay_fraction,
                "delays": x.delay is not None,
                **triangle(x.delay),
                "day_delay": x.day_delay_fraction,
                "second_day": x.second_day_fraction,
                "lost": x.lost_fraction,
                "winter": x.winter_factor,
                "second_package": x.second_package_fraction,
            }
            for x in t.programme.carriers
        ),
    )


def _borders(t: Tables) -> None:
    outcomes: list[dict[str, Any]] = []
    borders: list[dict[str, Any]] = []
    for b in t.programme.borders:
        borders.append(
            {
                "out_off": len(outcomes),
                "out_n": len(b.outcomes),
                "stream": stable_hash(f"border:{b.id}"),
            }
        )
        outcomes += [{"chance": o.chance_fraction, **triangle(o.adds)} for o in b.outcomes]
    t.tables |= {
        "borders": rows("borders", borders),
        "crossings": rows("crossings", outcomes),
    }


def _by_plant_and_site(t: Tables) -> None:
    """The lanes from every plant to every site."""
    p, ways = t.programme, t.world.ways
    off, listed = [0], []
    for plant in p.manufacturers:
        for site in p.sites:
            listed += [t.lanes[ln.id] for ln in ways.lanes(plant.id, site)]
            off.append(len(listed))
    t.tables["lane_off"] = np.array(off, np.int32)
    t.tables["lane_list"] = np.array(listed or [0], np.int32)


def _roads(t: Tables, named: Sequence[Any]) -> None:
    starts: list[int] = []
    ends: list[int] = []
    moved: list[int] = []
    off, found = [0], []
    first = (t.day0 - 1) * DAY // BLOCK
    last = (t.day0 + t.days) * DAY // BLOCK
    for carrier, zone in named:
        found += [len(off) - 1, last - first + 1, first]
        for block in range(first, last + 1):
            table = t.world.ways.stops(carrier, zone).table(block)
            starts += table[0]
            ends += table[1]
            moved += table[2]
            off.append(len(starts))
    t.tables |= {
        "stop_starts": np.array(starts or [0], np.int64),
        "stop_ends": np.array(ends or [0], np.int64),
        "stop_moved": np.array(moved or [0], np.int64),
        "stop_off": np.array(off, np.int32),
        "roads": np.array(found or [0, 0, 0], np.int32),
    }
