"""A tiny world with three plants, each with one cell, that fail by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from doseline.programme import Programme
from doseline.programme.design import Design, PlantUse
from doseline.programme.manufacturer import FailureCause
from doseline.programme.source import Outages
from tests.hand_world import world

PLANTS = ("plant", "second", "third")


def plants(*, permitted_from: date | None = None) -> Programme:
    """The world known by heart with three plants of one firm each, the others permitted later.

    A batch holds one vial and six patients are to be treated, so that one plant is too few.
    """
    own = world()
    (plant,) = own.manufacturers
    (source,) = own.sources
    failing = replace(
        plant,
        failures=(FailureCause("setup", 0.25, "before_fill"),),
        lines=tuple(replace(ln, vials_max=1) for ln in plant.lines),
    )
    others = tuple(
        replace(
            failing,
            id=name,
            name=name,
            firm=name,
            lines=tuple(replace(ln, id=f"{name}-cell") for ln in failing.lines),
        )
        for name in PLANTS[1:]
    )
    (permission,) = own.permissions
    starts = permitted_from or permission.from_on
    deliveries = tuple(replace(d, manufacturers=PLANTS) for d in source.deliveries)
    outages = Outages(per_year=2.0, median_min=10_080, p90_min=20_160)
    return replace(
        own,
        manufacturers=(failing, *others),
        sources=(replace(source, deliveries=deliveries, outages=outages),),
        lanes=tuple(
            replace(ln, id=f"{name}-{ln.id}", manufacturer=name)
            for name in PLANTS
            for ln in own.lanes
        ),
        trials=(replace(own.trials[0], patients=6),),
        contracts=tuple(replace(own.contracts[0], manufacturer=name) for name in PLANTS),
        permissions=(
            permission,
            *(replace(permission, manufacturer=n, from_on=starts) for n in PLANTS[1:]),
        ),
        designs=(
            Design("three", "Three plants", tuple(PlantUse(n) for n in PLANTS)),
            Design("two", "Two plants", tuple(PlantUse(n) for n in PLANTS[:2])),
            Design("one", "One plant", (PlantUse("plant"),)),
        ),
    )
