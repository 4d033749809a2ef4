"""The hazards of a programme as dated shocks, drawn before a future begins. [conventions 6.10]

What comes out is a list of the very shocks that a scenario names, so that whoever plays a future
sees days and never a rate. Each hazard has a stream of its own for each target
(`hazard:<id>:<target>`) and one for the whole group (`hazard:<id>`): another hazard, target or
design leaves the stops of all others as they are. The times run from the programme's first day,
whichever days are played.

A stop takes the days whose noon (UTC) lies in it, so that the share of days lost is the share of
time lost; a stop of less than a day may take none. With chance off there are none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from doseline.chance import Stream, stream
from doseline.programme import Programme
from doseline.programme.hazard import YEAR_MIN, Hazard
from doseline.programme.scenario import DEMAND, Scenario, Shock
from doseline.simulate.world import DAY, WARM_UP

__all__ = ["dated_shocks", "hazard_shocks"]

_NOON = DAY // 2


@dataclass(frozen=True, slots=True)
class _Stop:
    """A stop on the programme's clock, and its number among those of its stream. [min]"""

    number: int
    begins: float
    lasts: float


def dated_shocks(
    programme: Programme,
    scenario: Scenario | None,
    *,
    seed: int,
    replication: int,
    chance: bool,
    from_on: date,
    until_on: date,
) -> tuple[Shock, ...]:
    """Every shock that strikes the supply in one future: the scenario's, then the hazards'.

    Those of hazards that are over before the slots of the first day begin are left out.
    """
    named = [s for s in scenario.shocks if s.hits not in DEMAND] if scenario else []
    if not chance:
        return tuple(named)
    first = from_on - WARM_UP
    drawn = hazard_shocks(programme, seed=seed, replication=replication, until_on=until_on)
    return (*named, *(s for s in drawn if s.until_on is None or s.until_on >= first))


def hazard_shocks(
    programme: Programme, *, seed: int, replication: int, until_on: date
) -> tuple[Shock, ...]:
    """The stops of all hazards from the programme's first day on, by first day."""
    found = [
        shock
        for hazard in programme.hazards
        for shock in _of(hazard, programme, seed, replication, until_on)
    ]
    return tuple(sorted(found, key=lambda s: s.from_on))


def _of(
    hazard: Hazard, programme: Programme, seed: int, replication: int, until_on: date
) -> Iterator[Shock]:
    days = (until_on - programme.from_on).days + 1
    groups: list[tuple[tuple[str, ...], str, float]]
    groups = [((t,), f"hazard:{hazard.id}:{t}", hazard.own_per_year) for t in hazard.targets]
    groups.append((hazard.targets, f"hazard:{hazard.id}", hazard.common_per_year))
    for targets, name, per_year in groups:
        chance = stream(seed, replication, name)
        for stop in _stops(hazard, chance, per_year, days * DAY):
            yield from _shocks(hazard, programme, targets, chance, stop)


def _stops(hazard: Hazard, chance: Stream, per_year: float, until: int) -> Iterator[_Stop]:
    """An alternating renewal process: stands for an exponential time, is down for `lasts`."""
    if per_year <= 0:
        return
    at, number = 0.0, 0
    while True:
        at += chance.exponential(YEAR_MIN / per_year, "stands", number)
        if at >= until:
            return
        lasts = hazard.lasts.drawn_min(chance.uniform("lasts", number))
        yield _Stop(number, at, lasts)
        at += lasts
        number += 1


def _shocks(
    hazard: Hazard, programme: Programme, targets: tuple[str, ...], chance: Stream, stop: _Stop
) -> Iterator[Shock]:
    if hazard.returns is None:
        yield from _one(hazard, programme, targets, hazard.protocols, stop.begins, stop.lasts)
        return
    for plant in targets:
        for protocol in _protocols(hazard, programme, plant):
            u = chance.uniform(f"returns:{plant}:{protocol}", stop.number)
            lasts = min(stop.lasts, hazard.returns.drawn_min(u))
            yield from _one(hazard, programme, (plant,), (protocol,), stop.begins, lasts)


def _protocols(hazard: Hazard, programme: Programme, plant: str) -> Iterable[str]:
    """The protocols of a plant that a stop closes, each once."""
    if hazard.protocols:
        return hazard.protocols
    mine = (p for p in programme.permissions if p.manufacturer == plant)
    wanted = (p for p in mine if not hazard.markets or set(p.markets) & set(hazard.markets))
    return dict.fromkeys(name for p in wanted for name in p.protocols)


def _one(
    hazard: Hazard,
    programme: Programme,
    targets: tuple[str, ...],
    protocols: tuple[str, ...],
    begins: float,
    lasts: float,
) -> Iterator[Shock]:
    """The shock of the days whose noon lies in a stop, if there is one."""
    first = math.ceil((begins - _NOON) / DAY)
    last = math.ceil((begins + lasts - _NOON) / DAY) - 1
    if last < first:
        return
    yield Shock(
        hits=hazard.hits,
        targets=targets,
        from_on=programme.from_on + timedelta(days=first),
        until_on=programme.from_on + timedelta(days=last),
        left_fraction=hazard.left_fraction,
        markets=hazard.markets,
        protocols=protocols,
        delay_factor=hazard.delay_factor,
        adds=hazard.adds,
        of=hazard.id,
    )
