"""What schedulers know of lateness, as tables: how long batches and packages took in many tries."""

from __future__ import annotations

import numpy as np

from doseline.simulate.kernel.tables import Tables
from doseline.simulate.risk import TRIES, risk_of


def ready_tries(t: Tables) -> dict[tuple[str, str], int]:
    """How long batches take until packed and released; where each product and line begins."""
    begins: dict[tuple[str, str], int] = {}
    found: list[int] = []
    risk = risk_of(t.world)
    for place in t.world.places:
        recipe = (place.product.id, place.line.id)
        if recipe not in begins:
            begins[recipe] = len(found)
            found += risk.ready_after(place)
    t.tables["ready_tries"] = np.array(found or [0], np.int64)
    t.numbers["tries"] = TRIES
    return begins


def moving_tries(t: Tables) -> None:
    """How long packages are on the road, by lane and market; 0 where a lane serves no market."""
    programme, ways, risk = t.programme, t.world.ways, risk_of(t.world)
    at = np.zeros(max(1, len(t.lanes) * len(t.markets)), np.int32)
    found: list[int] = []
    seen = set()
    for site in programme.sites:
        for plant in programme.manufacturers:
            for lane in ways.lanes(plant.id, site):
                row = t.lanes[lane.id] * len(t.markets) + t.markets[site.market]
                if row not in seen:
                    seen.add(row)
                    at[row] = len(found)
                    found += risk.moving(lane, site.market, plant)
    t.tables["moving_at"] = at
    t.tables["moving_tries"] = np.array(found or [0], np.int64)
