"""Replications by the kernel, many in one go, with the answer of the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from doseline.chance import stream_key
from doseline.operations.orders import Patient
from doseline.programme.scenario import Shock
from doseline.simulate.engine import NotModelledError
from doseline.simulate.kernel import rules as rules
from doseline.simulate.kernel.crowd import blows, crowd, together
from doseline.simulate.kernel.futures import TAKEN, run_futures
from doseline.simulate.kernel.laid import Ints
from doseline.simulate.kernel.outcome import Told, outcomes
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
    compile_for = getattr(run_futures, "compile", None)  # none where Numba is switched off
    if compile_for is None or run_futures.signatures:  # type: ignore[attr-defined]
        return
    try:
        compile_for(TAKEN)
    except Exception as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise NotModelledError(f"the kernel could not be compiled: {said[0]}") from error


_ORDERS, _EACH = 256, 12
"""There is room at first for so many orders, and for so many of each patient."""

_COUNTED = 1 << 21
"""So many words are counted at once by the futures of one call of compiled code, or by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Some replications that are played in one go: patients, numbers and shocks of each."""

    patients: Sequence[Sequence[Patient]]
    seed: int
    replications: Sequence[int]
    shocks: Sequence[Sequence[Shock]]
    chance: bool = True

    def part(self, first: int, until: int) -> Asked:
        """Some of them."""
        return Asked(
            self.patients[first:until],
            self.seed,
            self.replications[first:until],
            self.shocks[first:until],
            self.chance,
        )


class Kernel:
    """The kernel for one world and its periods: keeps the memory that replications need.

    Raises NotModelledError where it cannot be compiled.
    """

    def __init__(self, world: World, periods: Sequence[Period]) -> None:
        _made_ready()
        self.tables: Tables = tables_of(world)
        self.periods = tuple(periods)
        self.room = Room(self.tables, self.periods)
        self.most = max(1, _COUNTED // self.room.counted_words)

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
        return self.several(Asked((patients,), seed, (replication,), (shocks,), chance))[0]

    def several(self, asked: Asked) -> list[Run | None]:
        """Some replications; None for those that the reference must play."""
        return [run for part in self.parts(asked) for run in self._at_once(part)]

    def parts(self, asked: Asked) -> Iterator[Asked]:
        """Replications cut into such as can be laid out together."""
        first = 0
        while first < len(asked.patients):
            until = together(asked.patients, first, self.most)
            yield asked.part(first, until)
            first = until

    def _at_once(self, asked: Asked) -> list[Run | None]:
        try:
            laid = self.lay_out(asked)
        except NotModelledError:
            if len(asked.patients) == 1:
                return [None]
            return [self._at_once(asked.part(n, n + 1))[0] for n in range(len(asked.patients))]
        found: list[Run | None] = []
        while len(found) < len(asked.patients):
            first = len(found)
            until = laid.play(first)
            found += outcomes(laid.told(first, until))
            if until < len(asked.patients) and laid.fault(until) == OUT_OF_ROOM:
                self.room.grow(2 * self.room.size)
                laid = self.lay_out(asked)
        return found

    def lay_out(self, asked: Asked) -> LaidOut:
        """Lay the patients and shocks of replications out in tables.

        Raises NotModelledError where a name cannot be held.
        """
        room = self.room
        people, struck = crowd(self.tables, asked.patients), blows(self.tables, asked.shocks)
        most = max(len(patients) for patients in asked.patients)
        room.grow(_ORDERS + _EACH * most + 2 * self.tables.numbers["standing_n"])
        keys = np.array([stream_key(asked.seed, n) for n in asked.replications], np.int64)
        numbers = {"chance": asked.chance, "k0": keys[:, 0], "k1": keys[:, 1]}
        return LaidOut(self, asked, *room.fill((people, struck), numbers))


class LaidOut:
    """Replications laid out in tables, to be played."""

    def __init__(self, kernel: Kernel, asked: Asked, slots: Ints, settings: Ints) -> None:
        self.kernel, self.asked = kernel, asked
        self.slots, self.settings = slots, settings
        self.counted = np.empty((len(settings), kernel.room.counted_words), np.int64)
        self.faults = np.zeros(len(settings) + 1, np.int64)

    def play(self, first: int = 0) -> int:
        """Play them from the first on; the one at which it stopped, or how many there are."""
        room = self.kernel.room
        return run_futures(
            room.c.ctypes.data, room.c, self.slots, self.settings, room.zero, room.minus,
            self.counted, room.shorts, self.faults, first,
        )  # fmt: skip

    def fault(self, number: int) -> int:
        """Why a replication was given back; 0: it was not."""
        return int(self.faults[number])

    def told(self, first: int, until: int) -> Told:
        """What was counted of some of them."""
        room = self.kernel.room
        return Told(
            room,
            self.kernel.periods,
            self.asked.replications[first:until],
            self.counted[first:until],
            self.faults[first:until].tolist(),
            room.shorts[: self.faults[-1]],
            first,
        )
