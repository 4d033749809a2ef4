"""How fast the kernel is against the reference: interleaved rounds in one process, on one core.

The reference is measured with its keyed draws and with the standard generator (`random.random`) in
their place, which is what a plain simulator would use. Times are processor seconds, the least of
the rounds. Run: python -m benchmarks.simulation.speed [trial|commercial|growth] [rounds]
"""

from __future__ import annotations

import gc
import random
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import process_time
from typing import Any

from benchmarks.simulation.worlds import commercial, trial
from doseline import chance
from doseline.demand import Crowds
from doseline.operations.crowd import Crowd
from doseline.programme import Programme
from doseline.simulate.kernel.play import Asked, Kernel
from doseline.simulate.reference import run
from doseline.simulate.result import Period, Run
from doseline.simulate.world import World

SEED = 1


@contextmanager
def standard_generator() -> Iterator[None]:
    """Draws of `random.random` in place of the keyed ones."""
    draw = random.random

    def four(*_: Any) -> tuple[float, float, float, float]:
        return draw(), draw(), draw(), draw()

    kept = chance.Stream.uniforms4, chance.Stream.uniform, chance.uniforms_at
    chance.Stream.uniforms4 = four  # type: ignore[method-assign]
    chance.Stream.uniform = lambda *_: draw()  # type: ignore[method-assign]
    chance.uniforms_at = four
    try:
        yield
    finally:
        chance.Stream.uniforms4, chance.Stream.uniform = kept[:2]  # type: ignore[method-assign]
        chance.uniforms_at = kept[2]


def seconds(job: Callable[[], object]) -> float:
    """The processor time of a job, the collector at rest as while futures are played. [s]"""
    gc.collect()
    gc.disable()
    began = process_time()
    job()
    found = process_time() - began
    gc.enable()
    return found


class Measured:
    """One world with the patients of a few replications."""

    def __init__(self, programme: Programme, replications: int) -> None:
        self.programme = programme
        self.world = World(programme, programme.from_on, programme.until_on)
        self.periods = (Period("all", (), programme.from_on, programme.until_on),)
        self.drawn = Crowds(programme, SEED)
        self.crowds = list(self.drawn.several(range(replications)))
        self.kernel = Kernel(self.world, self.periods)
        self._asked = self._of(self.crowds)
        self.doses = sum(self._run(r).replication.total("doses_given") for r in self.numbers)

    @property
    def numbers(self) -> range:
        """The replications."""
        return range(len(self.crowds))

    def _run(self, number: int) -> Any:
        return self.kernel.run(self.crowds[number], seed=SEED, replication=number)

    def _of(self, crowds: list[Crowd]) -> Asked:
        return Asked(crowds, SEED, self.numbers, [()] * len(crowds))

    def reference(self) -> None:
        """Every replication by the reference."""
        for n in self.numbers:
            run(self.world, self.crowds[n].patients, seed=SEED, replication=n, periods=self.periods)

    def fast(self) -> None:
        """Every replication by the kernel, columns of patients taken in and rows handed out."""
        self.kernel.several(self._asked)

    def future(self, rounds: int) -> float:
        """The kernel alone: from the tables of the patients to the counts. [s]"""
        found = []
        for _ in range(rounds):
            total = 0.0
            for asked in self.kernel.parts(self._asked):
                laid = self.kernel.lay_out(asked)
                began = process_time()
                done = 0
                while done < len(asked.patients):
                    done = laid.play(done)
                total += process_time() - began
            found.append(total)
        return min(found)

    def plainly(self) -> None:
        """The patients of every replication drawn one by one, and played by the reference."""
        for n in self.numbers:
            crowd = self.drawn(n).patients
            run(self.world, crowd, seed=SEED, replication=n, periods=self.periods)

    def whole(self) -> list[Run | None]:
        """The patients of many replications drawn at once, and played by the kernel."""
        return self.kernel.several(self._of(list(self.drawn.several(self.numbers))))

    def looked_at(self) -> None:
        """The same, and every row that is handed out made plain."""
        for played in self.whole():
            assert played is not None
            dict(played.replication.by_month)
            for row in played.services:
                tuple(row.short)

    def least(self, jobs: Sequence[Callable[[], object]], rounds: int) -> list[float]:
        """The least time of each job over interleaved rounds. [s]"""
        found = [[seconds(job) for job in jobs] for _ in range(rounds)]
        return [min(column) for column in zip(*found, strict=True)]


def compare(name: str, programme: Programme, played: tuple[int, int], rounds: int) -> None:
    """One row of the table; so many replications by the reference, and by the kernel."""
    slow, quick = (Measured(programme, n) for n in played)
    slow.reference()  # what the world remembers is looked up once, for both

    def plain() -> None:
        with standard_generator():
            slow.reference()

    def from_the_seed() -> None:
        with standard_generator():
            slow.plainly()

    found = [
        (
            seconds(slow.reference), seconds(plain), seconds(from_the_seed),
            seconds(quick.fast), seconds(quick.whole), seconds(quick.looked_at),
        )
        for _ in range(rounds)
    ]  # fmt: skip
    least = [1e6 * min(column) for column in zip(*found, strict=True)]
    keyed, standard, drawn = (x / slow.doses for x in least[:3])
    fast, whole, looked_at = (x / quick.doses for x in least[3:])
    future = 1e6 * quick.future(rounds) / quick.doses
    print(
        f"| {name} | {quick.doses / played[1]:.0f} | {keyed:.0f} | {standard:.0f} | {drawn:.0f} | "
        f"{future:.2f} | {standard / future:.0f} | {fast:.2f} | {standard / fast:.0f} | "
        f"{whole:.2f} | {drawn / whole:.0f} | {looked_at:.2f} | {drawn / looked_at:.0f} |"
    )


def grow(rounds: int, sizes: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000)) -> None:
    """The kernel's time a dose as the year grows."""
    for doses in sizes:
        m = Measured(commercial(doses), max(1, 20_000 // doses))
        fast, whole = m.least((m.fast, m.whole), rounds)
        times = (m.future(rounds), fast, whole)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"| {m.doses / len(m.crowds):.0f} | "
            + " | ".join(f"{1e6 * x / m.doses:.2f}" for x in times)
            + f" | {most:.1f} |",
            flush=True,
        )


def main(what: str, rounds: int) -> None:
    """Print the rows asked for."""
    if what in ("trial", "all"):
        compare("trial", trial(), (10, 100), rounds)
    if what in ("commercial", "all"):
        compare("commercial year", commercial(), (2, 16), rounds)
    if what in ("growth", "all"):
        grow(rounds)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "all", int(sys.argv[2]) if len(sys.argv) > 2 else 4)
