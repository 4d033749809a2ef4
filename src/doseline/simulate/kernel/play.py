"""One replication by the kernel, with the answer of the reference."""

from __future__ import annotations

from collections.abc import Sequence

from doseline.chance import stream_key
from doseline.operations.orders import Patient
from doseline.programme.scenario import Shock
from doseline.simulate.engine import NotModelled
from doseline.simulate.kernel import rules as rules
from doseline.simulate.kernel.crowd import blows, crowd
from doseline.simulate.kernel.loop import run_future
from doseline.simulate.kernel.outcome import outcome
from doseline.simulate.kernel.room_for import Room
from doseline.simulate.kernel.tables import Tables, tables_of
from doseline.simulate.kernel.words import FAILED_ASKING, OUT_OF_ROOM
from doseline.simulate.result import Period, Run
from doseline.simulate.world import World


def kernel_of(world: World, periods: Sequence[Period]) -> Kernel:
    """The kernel for a world and its periods, remembered as long as the world is."""
    key = (Kernel, tuple(periods))
    if key not in world.kept:
        world.kept[key] = Kernel(world, periods)
    found: Kernel = world.kept[key]
    return found


_WRITTEN = ("patients", "cohort_waiting", "cohort_last")
"""What a future writes of the tables of its patients."""


class Kernel:
    """The kernel for one world and its periods: keeps the memory that replications need."""

    def __init__(self, world: World, periods: Sequence[Period]) -> None:
        self.tables: Tables = tables_of(world)
        self.periods = tuple(periods)
        self.room = Room(self.tables, self.periods)

    def run(
        self,
        patients: Sequence[Patient],
        *,
        seed: int,
        replication: int,
        shocks: Sequence[Shock] = (),
        chance: bool = True,
    ) -> Run | None:
        """One replication; None where the reference must play it."""
        room, t = self.room, self.tables
        try:
            found, numbers = crowd(t, patients)
        except NotModelled:
            return None
        room.grow(256 + 12 * len(patients) + 2 * t.numbers["standing_n"])
        k0, k1 = stream_key(seed, replication)
        struck, more = blows(t, shocks)
        while True:
            room.empty()
            fresh = {name: found[name].copy() for name in _WRITTEN}
            room.fill({**found, **fresh}, {**numbers, "k0": k0, "k1": k1, "chance": int(chance)})
            room.fill(struck, more)
            fault = run_future(room.c.ctypes.data)
            if fault == FAILED_ASKING and t.failed is not None:
                error, t.failed = t.failed, None
                raise error
            if fault != OUT_OF_ROOM:
                break
            room.grow(2 * room.size)
        return None if fault else outcome(room, self.periods, replication)
