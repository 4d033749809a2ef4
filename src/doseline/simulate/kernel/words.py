"""The words of the reference as numbers: states, outcomes, what shocks hit, what happens when."""

WAITING, PROMISED, GIVEN, MISSED, CANCELLED = range(5)
"""States of an order."""

OPEN, LOCKED, LABELLING, FILLED, RELEASED, FAILED, DROPPED = range(7)
"""States of a batch; a cancelled one is dropped."""

NONE, WAS_GIVEN, WAS_MISSED, WAS_CANCELLED = range(4)
"""How an order ended."""

BEFORE_LOCK, BEFORE_PRODUCTION, AFTER_PRODUCTION = 1, 2, 3
"""When an order is cancelled; as `ordering.CANCEL_STAGES`."""

PASS, DELAY, REDUCE, STOP = range(4)
GATES = ("pass", "delay", "reduce", "stop")

MAKE, FILL, QC, RELEASE, PACK, OTHER = range(6)
PHASES = ("make", "fill", "qc", "release", "pack")

BEFORE_FILL, AT_QC, AT_QA = range(3)
STAGES = ("before_fill", "qc", "qa")

HITS = (
    "manufacturer", "firm", "line", "source", "permission", "carrier", "lane", "border", "site",
    "trial", "market", "stage",
)  # fmt: skip
(
    BY_PLANT, BY_FIRM, BY_LINE, BY_SOURCE, BY_PERMISSION, BY_CARRIER, BY_LANE, BY_BORDER, BY_SITE,
) = range(9)  # fmt: skip

FEWEST, RECOVERABLE, FRESHEST, CHEAPEST = range(4)
PREFERENCES = ("fewest_batches", "recoverable", "freshest", "cheapest")

CAUSES = (
    "", "calendar", "capacity", "ordered after the lock", "isotope", "slot not usable",
    "no orders", "yield", "short yield", "lost", "carrier stopped", "shipper", "permission",
    "late release", "late package", "out of tolerance", "started course first", "licence",
    "manufacturer", "firm", "line", "carrier", "lane", "border",
)  # fmt: skip
"""Why an order or a batch went wrong; the causes of failure in the plants follow."""

(
    NO_CAUSE, CALENDAR, CAPACITY, AFTER_THE_LOCK, ISOTOPE, NOT_USABLE, NO_ORDERS, YIELD,
    SHORT_YIELD, LOST, CARRIER_STOPPED, SHIPPER, PERMISSION, LATE_RELEASE, LATE_PACKAGE,
    OUT_OF_TOLERANCE, STARTED_FIRST, LICENCE, HIT_PLANT, HIT_FIRM, HIT_LINE, HIT_CARRIER,
    HIT_LANE, HIT_BORDER,
) = range(24)  # fmt: skip

(
    SHOCK_BEGINS, SHOCK_ENDS, LOOK_AGAIN, PLACE_ORDER, WEEKS_BEGIN, WEEK, LOCK, MAKE_ON,
    CARRY_ON, WINDOW_CLOSES, CANCEL_IN_TIME, CANCEL_BEFORE, MOVE, TRY_FREED, USE,
) = range(15)  # fmt: skip
"""What happens at an instant."""

(
    RECEIVED, MADE, WASTED_MAKING, WASTED_DOSE, DECAYED_MAKING, DECAYED_DOSE, GIVEN_MAKING,
    GIVEN_DOSE, BATCHES_MADE, BATCHES_FAILED, BATCHES_CANCELLED, SLOTS_USED, VIALS, DOSES_GIVEN,
    PENALTIES, OPTION_FEES, ISOTOPE_COST, FREIGHT, BATCH_FEES, EXTRA_VIALS, LATE_CANCELLATION,
    TESTING, SHIPMENTS, SLOTS_USABLE, STANDING_ISOTOPE,
) = range(25)  # fmt: skip
"""Places in `layout.COUNTS`."""

OUT_OF_CALENDAR, OUT_OF_ROOM, UNLIKELY = 1, 2, 3
"""Why the kernel gives a replication back: the reference then plays it."""
