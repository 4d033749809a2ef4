"""The tables of a world, put together once."""

from __future__ import annotations

from doseline.simulate.kernel.network import network
from doseline.simulate.kernel.protocols import protocols
from doseline.simulate.kernel.slots import slots
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.tries import moving_tries
from doseline.simulate.world import World


def tables_of(world: World) -> Tables:
    """The tables of a world, remembered as long as the world is."""
    if Tables not in world.kept and world.longer is not None:
        world.kept[Tables] = tables_of(world.longer).ending(world)
    if Tables not in world.kept:
        made = world.kept[Tables] = Tables(world)
        network(made)
        protocols(made)
        slots(made)
        moving_tries(made)
        made.ready()
    found: Tables = world.kept[Tables]
    return found
