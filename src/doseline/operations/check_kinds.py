"""What the checker can find: the kinds of breach, each told in docs/reference/breaches.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BreachKind(StrEnum):
    """A rule that a schedule breaks."""

    # what is named
    UNKNOWN_REFERENCE = "unknown_reference"
    NAMED_TWICE = "named_twice"
    # the slot and the plant's days
    NO_SUCH_SLOT = "no_such_slot"
    PLANT_CLOSED = "plant_closed"
    LINE_BLOCKED = "line_blocked"
    PRODUCT_NOT_AVAILABLE = "product_not_available"
    SLOT_SERVES_VALIDATION = "slot_serves_validation"
    SET_UP_DAY_CLOSED = "set_up_day_closed"
    OUTSIDE_CONTRACT = "outside_contract"
    # the line
    LINE_HELD_TWICE = "line_held_twice"
    TOO_MANY_VIALS = "too_many_vials"
    BULK_ABOVE_LINE = "bulk_above_line"
    TOO_MANY_BATCHES_A_DAY = "too_many_batches_a_day"
    TOO_MANY_RELEASES_A_DAY = "too_many_releases_a_day"
    # the recipe
    WRONG_EOS_TIME = "wrong_eos_time"
    WRONG_RELEASE_TIME = "wrong_release_time"
    WRONG_PACKED_TIME = "wrong_packed_time"
    VIALS_NOT_AS_ALLOCATED = "vials_not_as_allocated"
    WRONG_BULK = "wrong_bulk"
    CHARGE_TOO_SMALL = "charge_too_small"
    # the isotope
    ISOTOPE_TOO_SMALL = "isotope_too_small"
    LOTS_NOT_WHOLE = "lots_not_whole"
    SOURCE_NOT_PERMITTED = "source_not_permitted"
    NO_DELIVERY = "no_delivery"
    ISOTOPE_TOO_LATE = "isotope_too_late"
    ISOTOPE_EXPIRED = "isotope_expired"
    OFFER_EXCEEDED = "offer_exceeded"
    PLANT_POSSESSION_EXCEEDED = "plant_possession_exceeded"
    # the road
    LANE_LEADS_ELSEWHERE = "lane_leads_elsewhere"
    DISPATCHED_BEFORE_READY = "dispatched_before_ready"
    NO_COLLECTION = "no_collection"
    RECEIVED_TOO_SOON = "received_too_soon"
    RECEIPT_CLOSED = "receipt_closed"
    SHIPPER_HOLD_EXCEEDED = "shipper_hold_exceeded"
    TOO_FEW_PACKAGES = "too_few_packages"
    # the dose
    SHIPMENT_OF_ANOTHER = "shipment_of_another"
    WRONG_PRODUCT = "wrong_product"
    WRONG_DOSE = "wrong_dose"
    VIAL_TOO_SMALL = "vial_too_small"
    OUTSIDE_WINDOW = "outside_window"
    NO_TREATMENT_DAY = "no_treatment_day"
    OUTSIDE_INFUSION_HOURS = "outside_infusion_hours"
    USED_BEFORE_PREPARED = "used_before_prepared"
    USED_AFTER_SHELF_LIFE = "used_after_shelf_life"
    # leave and licence
    NO_PERMISSION = "no_permission"
    NO_LICENCE = "no_licence"
    CONSIGNEE_POSSESSION_EXCEEDED = "consignee_possession_exceeded"
    CONSIGNEE_CAPACITY_EXCEEDED = "consignee_capacity_exceeded"
    # the orders
    SERVED_TWICE = "served_twice"
    SERVED_AND_UNMET = "served_and_unmet"
    ORDER_FORGOTTEN = "order_forgotten"
    # what stands already
    LOCKED_CHANGED = "locked_changed"
    SENT_CHANGED = "sent_changed"
    SLOT_FAILED = "slot_failed"
    FROZEN = "frozen"
    IN_THE_PAST = "in_the_past"
    CALLED_OFF_TOO_LATE = "called_off_too_late"
    ISOTOPE_ORDERED_TOO_LATE = "isotope_ordered_too_late"


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule broken: which, by what, what was found and what was expected, and when. [min]

    `entities` are the ids of what is concerned: the batch, shipment or order at fault first.
    """

    kind: BreachKind
    entities: tuple[str, ...]
    message: str
    at: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.entities)}: {self.message}"
