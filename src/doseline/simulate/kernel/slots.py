"""The slots of a world as tables."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import time
from typing import Any, cast

import numpy as np

from doseline.chance import stable_hash
from doseline.programme.making import make_min, planned_min
from doseline.simulate.kernel.rows import Numbered, rows
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.world import month_number


def slots(t: Tables) -> None:
    """Make the tables of the slots, of their isotope, and of the calendars that were asked for."""
    w = t.world
    t.weeks, offers, consignments, stocks = Numbered(), Numbered(), Numbered(), Numbered()
    recipes: dict[tuple[str, str], int] = {}
    make: list[int] = []
    excludes: list[int] = []
    places: list[dict[str, Any]] = []
    options: list[dict[str, Any]] = []
    twins: dict[Hashable, int] = {}
    first, last = w.from_on.toordinal(), w.until_on.toordinal()
    for x in w.places:
        recipe = (x.product.id, x.line.id)
        if recipe not in recipes:
            recipes[recipe] = len(make)
            make += [make_min(x.product, x.line, v) for v in range(x.line.vials_max + 1)]
        twin = (x.line.id, x.slot.charge_at)
        isotope = x.slot.isotope
        standing = x.plant.standing_isotope_mbq and isotope
        inside = first <= x.day <= last
        week_row = -1
        if standing and inside:
            week_row = stocks[x.plant.id, x.product.nuclide, x.week]
        places.append(
            {
                "plant": t.plants[x.plant.id],
                "line": t.lines[x.line.id],
                "product": t.products[x.product.id],
                "make_row": recipes[recipe],
                "charge_at": x.slot.charge_at,
                "day": x.day,
                "month": month_number(x.slot.starts_on) - t.month0,
                "call_off_at": x.call_off_at,
                "last_lock_at": x.last_lock_at,
                "vials_max": x.slot.vials_max,
                "bulk_max": -1.0 if x.slot.bulk_max_mbq is None else x.slot.bulk_max_mbq,
                "half_life": x.half_life,
                "yield_fraction": x.yield_fraction,
                "free_fraction": x.slot.free_fraction,
                "fee": x.slot.fee_cents,
                "qc_day": x.qc_day,
                "standing": t.weeks[x.plant.id, x.week],
                "exc_off": len(excludes),
                "exc_n": len(x.excludes),
                "opt_off": len(options),
                "opt_n": len(isotope),
                "decays": x.product.decays,
                "first_lock_at": min((o.lock_at for o in isotope), default=0),
                "receipt_by": x.slot.charge_at - planned_min(x.product, "receipt"),
                "set_up_at": x.slot.charge_at - planned_min(x.product, "setup"),
                "twin": twins.get(twin, -1),
                "inside": inside,
                "week_row": week_row,
                "slot_hash": stable_hash(x.slot.id),
            }
        )
        twins[twin] = x.index
        excludes += x.excludes
        for o in isotope:
            on = w.clock.day(o.delivered_at, x.plant.zone)
            options.append(
                {
                    "source": t.sources[o.source],
                    "delivered_at": o.delivered_at,
                    "lock_at": o.lock_at,
                    "week": offers[o.source, o.week],
                    "day": on.toordinal(),
                    "consignment": consignments[o.source, x.plant.id, o.delivered_at],
                }
            )
    t.offers_n, t.consignments_n = len(offers), len(consignments)
    t.tables |= {
        "places": rows("places", places)[: len(places)],
        "options": rows("options", options),
        "excludes": np.array(excludes or [0], np.int32),
        "make_mins": np.array(make or [0], np.int32),
    }
    t.stack("midnights", [t.midnights(str(zone))[:-1] for zone in t.zones])
    t.stack("walls", [t.wall(*cast(tuple[str, time], wall)) for wall in t.walls])
