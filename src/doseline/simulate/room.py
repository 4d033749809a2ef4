"""What is taken and what is left: vials, bulk, isotope, crews, licences, infusions a day.

Only plans are counted here, at the moment they are made; a promise is kept or broken elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from doseline.operations.slots import IsotopeOption
from doseline.programme.rules import bulk_needed, decay_factor, isotope_lots, summed
from doseline.programme.site import Site
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.shocks import Known
from doseline.simulate.world import DAY, Place, Reach, World

_EPS = 1e-9
_WEEK = 7 * DAY


class Room:
    """The books of capacity of one simulated future."""

    def __init__(self, world: World, known: Known) -> None:
        self.world = world
        self.known = known
        self.batches: dict[int, LiveBatch] = {}
        self.busy: set[int] = set()
        self.crew: dict[tuple[str, int], int] = defaultdict(int)
        self.qc: dict[tuple[str, int], int] = defaultdict(int)
        self.offered: dict[tuple[str, int, int], float] = defaultdict(float)
        self.arrivals: dict[tuple[str, int], list[tuple[int, float, float]]] = defaultdict(list)
        self.infusions: dict[tuple[str, int], int] = defaultdict(int)
        self.held: dict[str, dict[int, list[tuple[int, int, float, float, str]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.standing_used: dict[tuple[str, int, int], float] = defaultdict(float)

    # -- slots -----------------------------------------------------------------------------

    def can_open(self, place: Place) -> bool:
        """Whether a batch may be opened in a slot: the line is free, a crew and QC are there."""
        return (
            self.crew[place.plant.id, place.day] < place.plant.batches_per_day
            and self.qc[place.plant.id, place.qc_day] < place.plant.qc_releases_per_day
            and not any(i in self.busy for i in place.excludes)
        )

    def occupy(self, place: Place, sign: int) -> None:
        """A slot becomes used (+1) or free again (-1)."""
        self.crew[place.plant.id, place.day] += sign
        self.qc[place.plant.id, place.qc_day] += sign
        if sign > 0:
            self.busy.add(place.index)
        else:
            self.busy.discard(place.index)

    # -- batches ---------------------------------------------------------------------------

    def bulk_fits(self, place: Place, eos_mbq: float) -> bool:
        """Whether the vials' activity at EOS stays inside the line's bulk limit."""
        limit = place.slot.bulk_max_mbq
        if limit is None:
            return True
        product = place.product
        need = bulk_needed(eos_mbq, product.overfill_fraction, product.samples_fraction)
        return need <= limit * (1 + _EPS)

    def charge_for(self, place: Place, load_mbq: float) -> float:
        """Activity to charge for vials whose need is decayed back to the charge. [MBq]"""
        product = place.product
        need = bulk_needed(load_mbq, product.overfill_fraction, product.samples_fraction)
        return need / place.yield_fraction

    def isotope_for(self, place: Place, option: IsotopeOption, load_mbq: float) -> float:
        """Isotope in whole lots at its delivery for such vials, the policy's overage included."""
        source = self.world.programme.source[option.source]
        charge = self.charge_for(place, load_mbq)
        lots = isotope_lots(
            charge * (1.0 + self.world.programme.policy.overage_fraction),
            place.slot.charge_at - option.delivered_at,
            place.half_life,
            source.lot_mbq,
        )
        return lots * source.lot_mbq

    def option_for(
        self, place: Place, batch: LiveBatch | None, load_mbq: float, now: int
    ) -> tuple[IsotopeOption, float] | None:
        """The first delivery that can still be ordered and offers enough, and what it costs it."""
        for option in place.slot.isotope:
            if min(option.lock_at, place.call_off_at) < now:
                continue
            need = self.isotope_for(place, option, load_mbq)
            own = batch.reserved_mbq if batch and batch.option is option else 0.0
            if need <= self.left_of_offer(option, now) + own + _EPS and self._possessed(
                place, option, need, own
            ):
                return option, need
        return None

    def left_of_offer(self, option: IsotopeOption, now: int) -> float:
        """What a source still offers in the week of a delivery, as known now. [MBq]"""
        source = self.world.programme.source[option.source]
        left = self.known.left_of_source(option.source, option.delivered_at, now)
        return source.offer_per_week_mbq * left - self.offered[(option.source, *option.week)]

    def reserve(self, batch: LiveBatch, option: IsotopeOption | None, mbq: float) -> None:
        """Count on isotope for a batch; what it counted on before is given back."""
        plant = batch.place.plant.id
        if batch.option is not None and batch.reserved_mbq:
            self.offered[(batch.option.source, *batch.option.week)] -= batch.reserved_mbq
            self.arrivals[plant, batch.option.delivered_at // _WEEK].remove(
                (batch.option.delivered_at, batch.reserved_mbq, batch.place.half_life)
            )
        batch.option, batch.reserved_mbq = option, mbq
        if option is not None and mbq:
            self.offered[(option.source, *option.week)] += mbq
            self.arrivals[plant, option.delivered_at // _WEEK].append(
                (option.delivered_at, mbq, batch.place.half_life)
            )

    def _possessed(self, place: Place, option: IsotopeOption, need: float, own: float) -> bool:
        """Whether the plant's licence covers a delivery beside all others of the waste's time."""
        limit = place.plant.possession_limit_mbq
        if limit is None:
            return True
        at, kept = option.delivered_at, place.plant.waste_kept_min
        near = [
            a
            for week in range((at - kept) // _WEEK, (at + kept) // _WEEK + 1)
            for a in self.arrivals.get((place.plant.id, week), ())
            if at - kept < a[0] < at + kept
        ]
        if summed(a[1] for a in near) + need - own <= limit:
            return True
        near = [*near, (at, need - own, place.half_life)]
        return all(
            summed(
                mbq * decay_factor(moment - since, half_life)
                for since, mbq, half_life in near
                if moment - kept < since <= moment
            )
            <= limit * (1 + _EPS)
            for moment in {a[0] for a in near if a[0] >= at}
        )

    def standing_left(self, place: Place) -> float:
        """Isotope kept for stand-ins that a plant has left in a slot's week, at its delivery."""
        used = self.standing_used[(place.plant.id, *place.week)]
        return place.plant.standing_isotope_mbq - used

    # -- sites -----------------------------------------------------------------------------

    def site_takes(self, site: Site, live: LiveOrder, reach: Reach) -> bool:
        """Whether the consignee has an infusion place that day, and its licence room."""
        name = site.consignee
        units = 1
        if self.infusions[name, reach.day] + units > self.world.capacity[name]:
            return False
        limit = self.world.limit_mbq[name]
        if limit == float("inf") or not live.order.activity_mbq:
            return True
        mine = self._stay(live, reach)
        week = reach.received_at // _WEEK
        weeks = self.held[name]
        others = [s for w in (week - 1, week, week + 1) if w in weeks for s in weeks[w]]
        others = [s for s in others if s[0] < mine[1] and mine[0] < s[1]]
        moments = [mine[0], *(s[0] for s in others if s[0] > mine[0])]
        return all(
            summed(_present(s, moment) for s in (mine, *others)) <= limit * (1 + _EPS)
            for moment in moments
        )

    def _stay(self, live: LiveOrder, reach: Reach) -> tuple[int, int, float, float, str]:
        product = self.world.programme.product[live.order.product]
        held = live.order.activity_mbq * live.order.units * (1.0 + product.overfill_fraction)
        return (reach.received_at, reach.use_at, held, product.half_life, live.order.id)

    def infusion_free(self, site: Site, live: LiveOrder, day: int) -> bool:
        """Whether a consignee has an infusion place on a day, the order's own included."""
        own = live.reach is not None and live.reach.day == day
        return self.infusions[site.consignee, day] - own < self.world.capacity[site.consignee]

    def move_use(self, site: Site, live: LiveOrder, use_at: int, day: int) -> None:
        """The use of a dose is put off to a later day."""
        assert live.reach is not None
        self.book_site(site, live, live.reach, -1)
        live.reach = replace(live.reach, use_at=use_at, day=day)
        self.book_site(site, live, live.reach, +1)

    def book_site(self, site: Site, live: LiveOrder, reach: Reach, sign: int) -> None:
        """A promise takes an infusion place and licence room (+1), or gives them back (-1)."""
        self.infusions[site.consignee, reach.day] += sign
        if not live.order.activity_mbq:
            return
        week = self.held[site.consignee][reach.received_at // _WEEK]
        stay = self._stay(live, reach)
        if sign > 0:
            week.append(stay)
        else:
            week.remove(stay)


def _present(stay: tuple[int, int, float, float, str], moment: int) -> float:
    received, use, mbq, half_life, _ = stay
    if not received <= moment < use:
        return 0.0
    return mbq / decay_factor(use - moment, half_life)
