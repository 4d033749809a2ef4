"""One replication by the kernel, with the answer of the reference."""

from __future__ import annotations

from collections.abc import Sequence

from numba import int64

from doseline.chance import stream_key
from doseline.operations.orders import Patient
from doseline.programme.scenario import Shock
from doseline.simulate.engine import NotModelledError
from doseline.simulate.kernel import rules as rules
from doseline.simulate.kernel.crowd import blows, crowd
from doseline.simulate.kernel.loop import run_future
from doseline.simulate.kernel.outcome import outcome
from doseline.simulate.kernel.room_for import Room
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.words import OUT_OF_ROOM
from doseline.simulate.kernel.world_tables import tables_of
from doseline.simulate.result import Period, Run
from doseline.simulate.world import World


def kernel_of(world: World, periods: Sequence[Period]) -> Kernel:
    """The kernel for a world and its periods, remembered as long as the world is."""
    key = (Kernel, tuple(periods))
    if key not in world.kept:
        world.kept[key] = Kernel(world, periods)
    found: Kernel = world.kept[key]
    return found


def _made_ready() -> None:
    """Compile the way in, or load what was compiled before.

    Raises NotModelledError where it cannot be compiled.
    """
    compile_for = getattr(run_future, "compile", None)  # none where Numba is switched off
    if compile_for is None or run_future.signatures:  # type: ignore[attr-defined]
        return
    try:
        compile_for((int64,))
    except Exception as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise NotModelledError(f"the kernel could not be compiled: {said[0]}") from error


class Kernel:
    """The kernel for one world and its periods: keeps the memory that replications need.

    Raises NotModelledError where it cannot be compiled.
    """

    def __init__(self, world: World, periods: Sequence[Period]) -> None:
        _made_ready()
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
        asked = {"seed": seed, "replication": replication, "shocks": shocks, "chance": chance}
        try:
            self.lay_out(patients, **asked)  # type: ignore[arg-type]
            fault = self.run_to_the_end()
            while fault == OUT_OF_ROOM:
                self.room.grow(2 * self.room.size)
                self.lay_out(patients, **asked)  # type: ignore[arg-type]
                fault = self.run_to_the_end()
        except NotModelledError:
            return None
        return None if fault else outcome(self.room, self.periods, replication)

    def lay_out(
        self,
        patients: Sequence[Patient],
        *,
        seed: int,
        replication: int,
        shocks: Sequence[Shock] = (),
        chance: bool = True,
    ) -> None:
        """Forget the replication before, and lay this one's patients and shocks out in tables.

        Raises NotModelledError where a name cannot be held.
        """
        room = self.room
        found, numbers = crowd(self.tables, patients)
        struck, more = blows(self.tables, shocks)
        room.grow(256 + 12 * len(patients) + 2 * self.tables.numbers["standing_n"])
        room.empty()
        k0, k1 = stream_key(seed, replication)
        room.fill({**found, **struck}, {**numbers, **more, "k0": k0, "k1": k1, "chance": chance})

    def run_to_the_end(self) -> int:
        """Run what was laid out; 0, or why it was given back."""
        return run_future(self.room.c.ctypes.data)
