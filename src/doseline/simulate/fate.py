"""The luck of one replication: every draw keyed by what it befalls. [conventions 6.1, 6.2]

Each kind of thing has its stream: `line:<id>` for batches (by slot), `source:<id>` for deliveries
(by plant and day), `outage:<id>` for stops of a source, `lane:<id>` for packages (by site and day
of dispatch), `border:<id>` for crossings, `vial` for vials (by order), `shock` for slots that a
shock takes. Another design or scenario sees the same luck for the same thing, and adding a courier
changes nothing in a hot cell. With chance off everything goes as planned. [conventions 6.3]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from doseline.chance import Stream, stream
from doseline.distributions import inverse_normal, triangular_from_u
from doseline.programme.making import make_min, pack_min, planned_min
from doseline.programme.product import Product, Step, Triangular
from doseline.programme.source import Outages
from doseline.simulate.world import Place

YEAR_MIN = 525_960
HIGHEST_YIELD = 0.98


@dataclass(frozen=True, slots=True)
class SlotLuck:
    """What a slot has in store: uniform numbers, compared with chances when the time comes."""

    usable: float
    free: float
    fails: float
    cause: float


@dataclass(frozen=True, slots=True)
class Stop:
    """An outage of a source: from when to when, and the share of its volume that is left."""

    begins_at: int
    ends_at: int
    left_fraction: float


class Fate:
    """Draws for one replication of a seed; with chance off, the planned values."""

    def __init__(self, seed: int, replication: int, on: bool) -> None:
        self.seed = seed
        self.replication = replication
        self.on = on
        self._streams: dict[str, Stream] = {}
        self._slots: dict[str, SlotLuck] = {}

    def stream(self, name: str) -> Stream:
        """The stream of one source of chance."""
        found = self._streams.get(name)
        if found is None:
            found = self._streams[name] = stream(self.seed, self.replication, name)
        return found

    # -- batches ---------------------------------------------------------------------------

    def slot(self, line: str, slot: str) -> SlotLuck:
        """The luck of a slot and of the batch made in it."""
        found = self._slots.get(slot)
        if found is None:
            found = SlotLuck(*self.stream(f"line:{line}").uniforms4(slot, 0))
            self._slots[slot] = found
        return found

    def durations(self, place: Place, vials: int) -> Times:
        """How long the steps of a batch take, in whole minutes; as planned with chance off."""
        product, line = place.product, place.line
        if not self.on:
            return Times(
                make=make_min(product, line, vials),
                qc=planned_min(product, "qc"),
                release=planned_min(product, "release"),
                pack=pack_min(product, vials),
            )
        draw = _Steps(self.stream(f"line:{line.id}"), place.slot.id)
        total = {"make": 0.0, "fill": 0.0, "qc": 0.0, "release": 0.0, "pack": 0.0}
        for step in product.recipe:
            if step.phase in total:
                total[step.phase] += _lasts(step, vials, line.vial_min, draw)
        return Times(
            make=whole(total["make"] + total["fill"]),
            qc=whole(total["qc"]),
            release=whole(total["release"]),
            pack=whole(total["pack"]),
        )

    def yields(self, product: Product, line: str, slot: str) -> float:
        """The decay-corrected yield of a batch, each step of its beta law cut off at 0.98."""
        total = 1.0
        chance = self.stream(f"line:{line}")
        for place, step in enumerate(product.recipe):
            if step.phase not in ("make", "fill"):
                continue
            mean = step.yield_mean_fraction
            if not self.on or mean is None:
                total *= step.yield_fraction
                continue
            drawn = chance.beta(mean, step.yield_sd_fraction, slot, 1000 + 32 * place)
            tried = 0
            while drawn > HIGHEST_YIELD and step.yield_sd_fraction > 0 and tried < 31:
                tried += 1
                drawn = chance.beta(mean, step.yield_sd_fraction, slot, 1000 + 32 * place + tried)
            total *= drawn
        return total

    def corrective_min(self, law: Triangular | None, line: str, slot: str) -> int:
        """How long after a failure corrective action ends the cluster."""
        if law is None:
            return 0
        return round(_drawn(law, self.stream(f"line:{line}").uniform(slot, 1)))

    def fails_after(self, line: str, slot: str) -> float:
        """The share of the making after which a failure before filling is noticed."""
        return self.stream(f"line:{line}").uniforms4(slot, 1)[1]

    def vial(self, order: str, number: int) -> tuple[float, float, float, float]:
        """The luck of a vial filled for an order: rejection, fill error, assay error, spare."""
        return self.stream("vial").uniforms4(order, number)

    # -- isotope ---------------------------------------------------------------------------

    def delivery(self, source: str, plant: str, day: int) -> tuple[float, float, float, float]:
        """The luck of a consignment: not delivered, late, amount, spare."""
        return self.stream(f"source:{source}").uniforms4(plant, day)

    def outages(self, source: str, law: Outages | None, until_at: int) -> tuple[Stop, ...]:
        """The unplanned stops of a source: a Poisson process, lognormal lengths."""
        if law is None or not self.on or law.per_year <= 0:
            return ()
        chance = self.stream(f"outage:{source}")
        found: list[Stop] = []
        at, number = 0.0, 0
        while True:
            at += chance.exponential(YEAR_MIN / law.per_year, 0, number)
            if at >= until_at:
                return tuple(found)
            lasts = chance.lognormal(law.median_min, law.p90_min, 1, number)
            low, high = law.lost_low_fraction, law.lost_high_fraction
            lost = low + (high - low) * chance.uniform(2, number)
            found.append(Stop(round(at), round(at + lasts), 1.0 - lost))
            number += 1

    # -- packages --------------------------------------------------------------------------

    def package(
        self, lane: str, site: str, day: int, index: int
    ) -> tuple[float, float, float, float]:
        """The luck of the packages that leave by a lane for a site on a day."""
        return self.stream(f"lane:{lane}").uniforms4(site, 4 * day + index)

    def border(self, border: str, site: str, day: int) -> tuple[float, float, float, float]:
        """The luck of a crossing on a day: which outcome, how long, and two for shocks."""
        return self.stream(f"border:{border}").uniforms4(site, day)


@dataclass(frozen=True, slots=True)
class Times:
    """How long a batch takes: to EOS, its tests, its release, its packing. [min]"""

    make: int
    qc: int
    release: int
    pack: int


class _Steps:
    """Hands out the uniform numbers of a batch's steps one after the other, four a block."""

    def __init__(self, chance: Stream, slot: str) -> None:
        self.chance = chance
        self.slot = slot
        self.taken = 0
        self.block: tuple[float, ...] = ()

    def next(self) -> float:
        if self.taken % 4 == 0:
            self.block = self.chance.uniforms4(self.slot, 2 + self.taken // 4)
        self.taken += 1
        return self.block[(self.taken - 1) % 4]


def _lasts(step: Step, vials: int, vial_min: float, draw: _Steps) -> float:
    """What a step takes by chance, what its vials add, and what a repeat adds. [min]

    Each step with chance takes its numbers whether it needs them or not, so that the luck of the
    next step does not hang on it.
    """
    minutes = float(step.planned_min) if step.chance is None else _drawn(step.chance, draw.next())
    each = vial_min if step.phase == "fill" else step.per_vial_min
    if step.per_vial_chance is not None:
        each *= _drawn(step.per_vial_chance, draw.next())
    minutes += vials * each
    if step.at_most_min is not None and step.chance is None:
        minutes = min(minutes, step.at_most_min)
    if step.repeat_fraction > 0:
        happens, length = draw.next(), draw.next()
        if happens < step.repeat_fraction and step.repeat is not None:
            minutes += _drawn(step.repeat, length)
    return minutes


def _drawn(law: Triangular, u: float) -> float:
    return triangular_from_u(u, law.low, law.mode, law.high)


def drawn_min(law: Triangular | None, u: float) -> int:
    """A triangular duration for a uniform number; 0 where there is no law. [min]"""
    return 0 if law is None else round(_drawn(law, u))


def error_factor(sd_fraction: float, u: float) -> float:
    """A normal error as a factor on an activity, never below a half."""
    return max(0.5, 1.0 + sd_fraction * inverse_normal(u)) if sd_fraction else 1.0


def whole(minutes: float) -> int:
    """Whole minutes, rounded up. [conventions 2.3]"""
    nearest = round(minutes)
    if abs(nearest - minutes) < 1e-9:
        return nearest
    return math.floor(minutes) + 1
