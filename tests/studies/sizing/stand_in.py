"""A simulator that costs nothing: batches of doses that fail together, with known OTIF and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from doseline.studies.sizing.search import Observe, Option, Response, Rules, Search

DOSES, BATCHES = 240, 60


@dataclass(frozen=True)
class Known:
    """A design whose OTIF and cost are known, by period."""

    name: str
    capacity: float
    otif: tuple[float, ...]
    cost: float


def observer(designs: Mapping[str, Known], study: int) -> Observe:
    """Futures of one study: batches of four doses, a share of them late; the cost is noisy.

    All designs share their luck: a batch that fails under one fails under all that are worse.
    """

    def observe(asked: Mapping[str, range]) -> dict[str, list[Response]]:
        return {
            name: [response(designs[name], study, number) for number in numbers]
            for name, numbers in asked.items()
        }

    return observe


def response(design: Known, study: int, number: int) -> Response:
    shared = np.random.default_rng([study, number])
    luck = shared.random((len(design.otif), BATCHES))
    common = shared.normal()
    noise = np.random.default_rng([study, number, crc32(design.name.encode())]).normal()
    each = DOSES / BATCHES
    on_time = tuple(
        float(each * (row < share).sum()) for row, share in zip(luck, design.otif, strict=True)
    )
    cost = design.cost * (1.0 + 0.05 * common + 0.01 * noise)
    periods = len(design.otif)
    return Response(
        on_time, (float(DOSES),) * periods, (float(BATCHES),) * periods, (cost,) * periods,
        cost * periods,
    )  # fmt: skip


def search(designs: Mapping[str, Known], study: int, targets: tuple[float, ...]) -> Search:
    """A search that has played its first stage, with zones of one point and of two percent."""
    options = [Option(d.name, d.capacity) for d in designs.values()]
    rules = Rules(zone=0.01, cost_zone=0.02, first=20, most=4000)
    found = Search(options, targets, observer(designs, study), rules)
    found.begin()
    return found


LADDER = {
    d.name: d
    for d in (
        Known("one", 6.0, (0.90, 0.80), 1.0),
        Known("two", 12.0, (0.94, 0.88), 2.0),  # a zone below the first target
        Known("two-dear", 12.0, (0.94, 0.90), 2.4),
        Known("three", 18.0, (0.96, 0.94), 3.1),  # a zone above it, and so cheap
        Known("three-dear", 18.0, (0.97, 0.94), 3.2),
        Known("four", 24.0, (0.98, 0.96), 4.0),  # a zone above the second target as well
        Known("five", 30.0, (0.99, 0.98), 5.0),
    )
}
TARGETS = (0.95, 0.95)
