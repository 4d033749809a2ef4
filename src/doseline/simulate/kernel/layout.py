"""How one simulated future lies in memory: rows of fields, and one array that says where they are.

The kernel's functions take a single array of whole numbers, `c`. Its first places hold the address
and the length of each table (`TABLES`), its last ones the numbers that stand alone (`SCALARS`):
the instant, the keys of chance, counters, the policy. So a call costs what one argument costs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

I1, I2, I4, I8, F8 = np.int8, np.int16, np.int32, np.int64, np.float64
U4 = np.uint32


def _rows(whole: str, floats: str = "", long: str = "") -> np.dtype[Any]:
    """A row: whole numbers, floats, and whole numbers of 64 bits."""
    fields: list[tuple[str, Any]] = [(name, F8) for name in floats.split()]
    fields += [(name, I8) for name in long.split()]
    fields += [(name, I4) for name in whole.split()]
    return np.dtype(fields, align=True)


def _lines(*fields: tuple[str, Any]) -> np.dtype[Any]:
    """A row whose fields stand as they are written, in whole lines of the processor's cache."""
    found = np.dtype(list(fields), align=True)
    offsets = [found.fields[name][1] for name, _ in fields]  # type: ignore[index]
    size = -(-found.itemsize // 64) * 64
    return np.dtype(
        {
            "names": [name for name, _ in fields],
            "formats": [kind for _, kind in fields],
            "offsets": offsets,
            "itemsize": size,
        }
    )


PLACE = _rows(
    "plant line product make_row charge_at day month call_off_at last_lock_at vials_max qc_day "
    "standing exc_off exc_n opt_off opt_n decays first_lock_at receipt_by set_up_at twin "
    "week_row ready_at ready_row eos_first_at",
    "bulk_max half_life yield_fraction free_fraction fee",
    "slot_hash",
)
OPTION = _rows("source delivered_at lock_at week day consignment")
LINE = _rows("plant made_before", "vial_min", "stream")
PLANT = _rows(
    "zone firm batches_per_day qc_per_day has_limit waste_kept cause_off cause_n learns corrects "
    "contract",
    "limit usable mature total first floor halved cluster low mode high standing_mbq",
    "hash",
)
CONTRACT = _rows("vials_included tier_off tier_n", "late_cancel", "batch_fee extra_vial")
TIER = _rows("from_batch", "", "fee")
CAUSE = _rows("code stage", "chance")
PRODUCT = _rows(
    "decays shelf infusion preparation hold step_off step_n nuclide qc release pack_off",
    "half_life overfill samples vial_limit tolerance hard rejected fill_sd assay_sd",
)
STEP = _rows(
    "phase planned drawn per_vial_drawn at_most yield_drawn repeats",
    "low mode high per_vial plow pmode phigh yield_fraction mean sd a b repeat rlow rmode rhigh",
)
SOURCE = _rows(
    "stops",
    "offer lot price freight failed late low high per_year median p90 lost_low lost_high",
    "stream outage",
)
STOP = _rows("source begins_at ends_at", "left")
LANE = _rows(
    "plant carrier planned drawn notice collects road rank zone", "cost low mode high", "stream"
)
CARRIER = _rows("delays", "delay low mode high day_delay second_day lost winter second_package")
BORDER = _rows("out_off out_n", "", "stream")
CROSSING = _rows("", "chance low mode high")
SITE = _rows("zone consignee kind treats receives usual latest market rank licence", "", "hash")
CONSIGNEE = _rows("capacity", "limit")
PROTOCOL = _rows(
    "moved_days lead closes_weekday closes_weeks placed_before",
    "before_lock before_production after_production moved",
    "missed_started missed_new moved_day moved_outside out_of_tolerance "
    "goes_on gate cancel cancel_stage moves",
)
ARM = _rows("visit_off visit_n")
VISIT = _rows(
    "day early late gate_off gate_n product by_size",
    "continues factor rate size_cap cap rounded",
)
GATE = _rows("outcome lasts", "factor")
SHOCK = _rows(
    "hits from_day until_day adds begins_at ends_at all_markets all_protocols stops spares_started",
    "left delay_factor low mode high",
)
STANDING = _rows("owner product protocol site placed_at wanted earliest latest units number")
PERIOD = _rows("from_day until_day")

PATIENT = _lines(
    # what each order of the course asks for
    ("size", F8), ("entity", I8), ("number", I4), ("id_off", I4), ("name_order", I4),
    ("last_order", I4), ("named", I4), ("site", I4), ("luck_off", I4), ("weight_at", I4),
    ("cohort", I4), ("arm", I4), ("protocol", I2), ("product", I2), ("luck_n", I2), ("id_n", I1),
    ("awaited", I1),
    # what is seldom asked for
    ("first_day", I4), ("delay_at", I4), ("waits", I4), ("before", I4), ("due_day", I4),
)  # fmt: skip
REACH = _lines(
    # one line of the cache: most are looked at and left
    ("load_factor", F8), ("eos_factor", F8), ("cost", F8), ("late", F8), ("place", I4),
    ("charge_at", I4), ("last_lock_at", I4), ("lane", I4), ("dispatch_at", I4),
    ("received_at", I4), ("use_at", I4), ("day", I4),
)  # fmt: skip
RECEIPT = _rows("site day testing")
LUCKS = _rows("off n")
LUCK = _rows("", "goes_on gate gate_delay cancel cancel_stage moved weight")

ORDER = _lines(
    # who it is, what was promised, and its place among the orders of a batch
    ("rank", I8), ("activity", F8), ("owner", I4), ("wanted", I4), ("batch", I4), ("reach", I4),
    ("use_at", I4), ("day", I4), ("next", I4), ("prev", I4), ("site", I4), ("vial", I4),
    ("protocol", I2), ("product", I2), ("status", I1), ("started", I1), ("lost", I1),
    ("stage", I1),
    # its vial, and the course behind it
    ("vial_mbq", F8), ("vial_kbq", I8), ("factor", F8), ("kept", F8), ("vial_at", I4),
    ("dose", I4), ("ahead", I4), ("hash", U4), ("outcome_day", I4), ("due_day", I4),
    ("units", I2), ("vials_tried", I2), ("visit", I2), ("given", I2),
    # its window, its stay at the site, and what stands beside it
    ("earliest", I4), ("latest", I4), ("joined", I4), ("stay_from", I4), ("stay_next", I4),
    ("stay_prev", I4), ("wait_token", I4), ("waits_at", I4), ("ahead_day", I4), ("lost_at", I4),
    ("same_course", I4), ("number", I4), ("name_n", I2), ("attempt", I2), ("cause", I2),
    ("outcome", I1), ("within", I1), ("has_hash", I1), ("armed", I1), ("placed", I1),
    ("moves", I1), ("course", I1), ("over", I1), ("held", I1), ("follows", I1),
)  # fmt: skip
BATCH = _rows(
    "place status first last count units option lock_token vials places charge_at eos_at "
    "released_at packed_at number fixed stage delivery filled_for t_make t_qc t_release t_pack "
    "failure failure_stage spare_off spare_n has_pot in_room spares_tried pot_at tried_at "
    "rivals_off rivals_n rivals_room",
    "load eos reserved ordered standing charge left pot_mbq heaviest heaviest_eos",
    "pot_kbq rivals_at",
)
SPARE = _rows("at", "mbq", "kbq")
PARCEL = _rows("batch lane site off n stage dispatch nominal total lost")
PARCEL_ORDER = _rows("order vial")
DOSE = _rows("order cause again given_day within first alive wanted protocol", "", "penalty")
ARRIVAL = _rows("at next", "mbq half_life")
COMING = _rows("", "", "key call")
GROUP = _rows("batch lane site count next")

TABLES: dict[str, Any] = {
    # the world
    "places": PLACE, "options": OPTION, "reaches": REACH, "receipts": RECEIPT,
    "lines": LINE, "plants": PLANT,
    "contracts": CONTRACT, "tiers": TIER, "causes": CAUSE, "products": PRODUCT, "steps": STEP,
    "sources": SOURCE, "lanes": LANE, "carriers": CARRIER, "borders": BORDER,
    "crossings": CROSSING, "sites": SITE, "consignees": CONSIGNEE, "protocols": PROTOCOL,
    "arms": ARM, "visits": VISIT, "gates": GATE, "gate_chances": F8, "standing_orders": STANDING,
    "excludes": I4, "make_mins": I4, "pack_mins": I4, "border_of": I4, "permits": I4,
    "licences": I4, "testings": I4, "testing_at": I4, "midnights": I4, "walls": I4, "treats": I4,
    "opens": I4, "closes": I4, "collects": I4, "months_of": I4, "winters": I4, "combos": I4,
    "reach_index": I8, "stop_starts": I8, "stop_ends": I8, "stop_moved": I8, "stop_off": I4,
    "roads": I4, "lane_off": I4, "lane_list": I4, "permit_cents": I8,
    "slots_at": I4, "slots_of": I4, "slot_starts": I8, "ready_tries": I8, "moving_tries": I8,
    "moving_at": I4, "found": I8, "period_protocols": I4, "periods": PERIOD,
    # the shocks and patients of a future
    "shocks": SHOCK, "targets": np.int8, "patients": PATIENT, "names": np.uint8,
    "luck_rows": LUCKS, "lucks": LUCK, "delays": I8, "weights": F8,
    # what lives
    "orders": ORDER, "batches": BATCH, "spares": SPARE, "parcels": PARCEL,
    "parcel_orders": PARCEL_ORDER, "doses": DOSE, "arrivals": ARRIVAL, "groups": GROUP,
    "stops": STOP, "known": I4,
    "batch_of": I4, "busy": I4, "looked_at": np.int8, "crew": I4, "qc": I4, "infusions": I4,
    "held_most": F8, "held_first": I4, "held_last": I4,
    "arrival_first": I4, "arrival_last": I4, "offered": F8, "standing_used": F8,
    "experience": I4, "cluster_until": I8, "consignments": I4, "tested": np.int8,
    "batches_of_year": I4, "freed_place": I4, "freed_consignee": I4,
    "freed_list": I4, "short_since": I8, "short_load": F8, "waiting": I4, "wanted_places": I8,
    "wanted_sites": I8, "wanted_least": F8, "wanted_until": I4, "wanted_consignee": I4,
    "wanted_days": I8, "full": np.int8,
    "cohort_waiting": I4, "cohort_last": I4, "months": I8, "rows": I8, "row_months": I8,
    "row_causes": I8, "rival_orders": I4, "rival_ranks": I8, "rival_loads": F8, "rival_eos": F8,
    "text": np.uint8, "heap": COMING, "first_keys": I8,
    "first_calls": I8, "group_of": I4, "scratch": I8, "marks": F8, "block": np.uint64,
}  # fmt: skip
"""Every table, with what a row of it is."""

SCALARS = (
    "fault", "now", "sequence", "heap_n", "first_n", "beginning", "k0", "k1", "l0", "l1",
    "attempts", "chance",
    "start_day", "zero", "day0", "days", "from_day", "until_day", "counts_from", "weekly_until",
    "outages_until", "sites_n", "protocols_n", "products_n", "kinds_n", "markets_n", "plants_n",
    "months_n", "weeks_n", "causes_n", "week0", "month0", "consignees_n", "zones_n",
    "orders_n", "batches_n", "spares_n", "parcels_n", "parcel_orders_n", "doses_n", "arrivals_n",
    "groups_n", "stops_n", "known_n", "shocks_n", "targets_n", "patients_n", "standing_n",
    "waiting_n", "freed_n", "freed_turn", "freed_places", "freed_sites", "vials_n",
    "scratch_n", "changes", "groups_wide", "limits",
    "shock_stream",
    "vial_stream",
    "firm_at", "line_at", "source_at", "carrier_at", "lane_at", "border_at", "site_at", "market_at",
    "protocol_at",
    "preference", "on_offer", "spare_vials", "shift_days", "backup", "backup_within",
    "started_first", "reorder_missed", "reorder_at_most", "overage", "periods_n",
    "tries", "carriers_n", "lanes_n", "row_n", "options_n", "years_n", "year0", "waste_price",
    "places_n",
    "turn", "joins", "rounds", "rivals_turn", "rivals_end",
)  # fmt: skip
"""Every number that stands alone. Floats (`overage`) are kept as their bits."""

AT = {name: 2 * n for n, name in enumerate(TABLES)}
AT |= {name: 2 * len(TABLES) + n for n, name in enumerate(SCALARS)}
SIZE = 2 * len(TABLES) + len(SCALARS)

COUNTS = (
    "received", "made", "wasted:making", "wasted:dose", "decayed:making", "decayed:dose",
    "administered:making", "administered:dose", "batches_made", "batches_failed",
    "batches_cancelled", "slots_used", "vials", "doses_given", "penalties", "cost:option_fees",
    "cost:isotope", "cost:isotope_freight", "cost:batch_fees", "cost:extra_vials",
    "cost:late_cancellation", "cost:import_testing", "cost:shipments", "slots_usable",
    "cost:standing_isotope",
)  # fmt: skip
"""What is counted by month while a future runs, as `result.Replication` names it."""

MOST_WAYS = 256
"""More ways than this on one day, and the reference plays the replication."""

FREED_ROW = 16
"""Up to so many slots, less one, it is known which of them have new room."""

NEVER = 2**31 - 1
"""A day or an instant that does not come."""
