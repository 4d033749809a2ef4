"""Everything that people may try at a plant: what comes next by the book, and what should not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doseline.records.activity import kbq_at
from doseline.records.commands import COMMANDS
from doseline.records.state import Record

PEOPLE = (
    "adam", "quinn", "ruth", "ann", "olga", "oscar", "lena", "lars", "dora", "rhea", "phil",
    "ursula", "nora", "vera",
)  # fmt: skip
SITES = {"P02": ("phil", "ursula"), "P08": ("nora", "vera")}
HALF_LIFE_MS = 693_351_360


@dataclass(frozen=True)
class Move:
    """A person, a command, a request."""

    by: str
    name: str
    request: Any


def move(by: str, name: str, *values: object, **named: object) -> Move:
    return Move(by, name, COMMANDS[name].request(*values, **named))


def natural(record: Record, now: str, later: Callable[[int], str]) -> list[Move]:
    """What could come next by the book, for everything in the record. `later` adds minutes."""
    found: list[Move] = []
    if len(record.orders) < 5:
        site = ("P02", "P08")[len(record.orders) % 2]
        name = f"O-{len(record.orders) + 200}"
        found.append(
            move(SITES[site][0], "order", name, "clr131", site, f"S-{name}", 1_700_000, later(2900))
        )
    if len(record.batches) < 3:
        name = f"B-{len(record.batches) + 1}"
        found.append(
            move(
                "ann", "batch", name, "clr131", "hamilton", "hamilton-1", f"slot/{name}", 2,
                later(60), later(420), later(800),
            )
        )  # fmt: skip
    if len(record.lots) < 5:
        found.append(
            move(
                "ann", "lot", f"L-{len(record.lots)}", "iodide", "ire", "hamilton", later(30),
                later(26000), "I-131", "liquid", 9_000_000, later(30), HALF_LIFE_MS,
            )
        )  # fmt: skip
    for lot in record.lots.values():
        if lot.state == "expected" and lot.nuclide:
            book = lot.ordered_kbq
            found.append(
                move("olga", "arrive", lot.id, stated=book, measured=book, equipment="DC-1")
            )
        if lot.state == "in quarantine":
            found.append(move("quinn", "accept", lot.id))
    for batch in record.batches.values():
        found += _batch(record, batch, now)
    for shipment in record.shipments.values():
        found += _shipment(record, shipment)
    found += _sites(record, now)
    found += _quality(record, now)
    # Twice what is under way, once what is begun: so that most runs get on.
    return found[3:] * 2 + found if len(found) > 3 else found


def _batch(record: Record, batch: Any, now: str) -> list[Move]:
    found: list[Move] = []
    waiting = [o.id for o in record.orders.values() if o.state == "submitted"]
    if waiting and batch.state in ("planned", "issued", "in process"):
        found.append(move("ann", "promise", (waiting[0],), batch.id))
    match batch.state:
        case "planned":
            found.append(move("quinn", "issue", batch.id, "CLR131-M-3"))
        case "issued" | "in process":
            found += _steps(record, batch)
        case "filled" | "in testing" | "tested":
            found += _tests(record, batch) + _labels(record, batch)
            found.append(move("quinn", "review-record", batch.id))
            found.append(move("quinn", "release", batch.id))
        case "conditionally released":
            found += _tests(record, batch) + _labels(record, batch)
            found.append(move("quinn", "confirm", batch.id))
            found += _ship(record, batch, now)
        case "confirmed" | "released":
            found += _ship(record, batch, now)
    spare = [x for x in batch.vials if not record.vials[x].order]
    bare = [o.id for o in record.orders.values() if o.batch == batch.id and not o.vial]
    if spare and bare and batch.filled_at:
        found.append(move("dora", "allocate", spare[0], bare[0]))
        stale = [x for x in batch.labels if record.labels[x].vial == spare[0]]
        found += [move("dora", "destroy-label", x, "another patient") for x in stale]
    if waiting and batch.filled_at:
        found.append(move("ann", "promise", (waiting[0],), batch.id))
    if batch.on_hold:
        found += [move("quinn", "review-record", batch.id), move("quinn", "resume", batch.id)]
    return found


def _steps(record: Record, batch: Any) -> list[Move]:
    readings = {
        "setup": ("pressure_loss_pa=8",),
        "labelling": ("temperature_c=101", "minutes=60"),
        "formulation": ("ph=6.1",),
        "filtration": ("bubble_point_kpa=385",),
    }
    for step in record.masters["CLR131-M-3"].steps:
        held = batch.steps.get(step.step)
        if held is None or held.state == "voided":
            lot = [x.id for x in record.lots.values() if x.state == "released" and x.nuclide]
            if step.step == "labelling" and batch.state == "issued":
                return [move("olga", "charge", batch.id, (f"{lot[-1]}=100 mCi",))] if lot else []
            given = readings.get(step.step, ())
            return [move("olga", "step", batch.id, step.step, equipment=("HC-1",), reading=given)]
        if held.state == "done":
            return [move("oscar", "check", batch.id, step.step)]
    book = record.books.get(f"batch/{batch.id}")
    if book is None or batch.state != "in process":
        return []
    stock = book.balances.get("stock", 0) // 1000
    orders = [o.id for o in record.orders.values() if o.batch == batch.id and not o.vial]
    names = (*orders[:2], "none", "none")[:2]
    vials = tuple(f"{batch.id}-{n}={stock // 4} MBq, 9000, {o}" for n, o in enumerate(names, 1))
    samples = (f"S={stock // 50} MBq, all",)
    return [
        move(
            "olga", "fill", batch.id, stock * 660, vials, samples, stock * 20, stock * 440, "W-H"
        )
    ]  # fmt: skip


def _labels(record: Record, batch: Any) -> list[Move]:
    found = [move("dora", "label", batch.id)]
    for name in batch.labels:
        label = record.labels[name]
        if label.state == "issued":
            found.append(move("dora", "apply", name, label.vial))
            break
    if batch.labels:
        found.append(move("oscar", "reconcile", batch.id))
    return found


VALUES = {"appearance": "1", "ph": "6.0", "radiochemical_purity": "98.1", "endotoxin": "9"}


def _tests(record: Record, batch: Any) -> list[Move]:
    found: list[Move] = []
    for name in batch.tests:
        test = record.tests[name]
        if test.state == "ordered":
            sample = next(iter(batch.samples), "none")
            found.append(move("lena", "test-start", name, sample, "HPLC-2"))
        elif test.state == "running":
            found.append(move("lena", "test", name, VALUES.get(test.name, "0"), "raw/1"))
        elif test.state == "entered":
            found.append(move("lars", "review", name))
        elif test.state == "out of specification":
            found.append(move("quinn", "oos", name))
            found.append(move("quinn", "oos", name, "wrong dilution"))
    return found


def _ship(record: Record, batch: Any, now: str) -> list[Move]:
    found: list[Move] = []
    number = len(record.shipments) + 1
    for name in batch.vials:
        vial = record.vials[name]
        order = record.orders.get(vial.order)
        if vial.state != "dispensed" or order is None:
            continue
        planned = [
            s for s in record.shipments.values()
            if s.batch == batch.id and s.facility == order.facility and s.state == "planned"
        ]  # fmt: skip
        if planned:
            package = f"{planned[0].id}-{len(record.packages)}"
            found.append(
                move("dora", "pack", planned[0].id, package, "TA-07", (name,), 90_000, 1_700)
            )
        else:
            arrives = order.use_at
            shipment = f"SH-{number}"
            found.append(
                move("dora", "shipment", shipment, batch.id, order.facility, "air", arrives)
            )
    return found


def _shipment(record: Record, shipment: Any) -> list[Move]:
    site = SITES.get(shipment.facility, ("phil", "ursula"))[0]
    match shipment.state:
        case "packed":
            return [move("rhea", "survey", shipment.id, "SM-1")]
        case "surveyed":
            return [move("dora", "documents", shipment.id, ("paper 1",))]
        case "documented":
            return [move("dora", "ship", shipment.id, "carrier-a")]
        case "in transit":
            return [
                move(site, "receive", shipment.id),
                move("dora", "lose", shipment.id, "van burnt"),
            ]
        case "delivered":
            monitor = f"{shipment.facility}-SM"
            return [move(site, "inspect", shipment.id, monitor, 1, 1)]
    return []


def _sites(record: Record, now: str) -> list[Move]:
    found: list[Move] = []
    for vial in record.vials.values():
        if vial.where not in SITES:
            if vial.state in ("dispensed", "rejected") and not vial.order:
                found.append(move("olga", "waste", vial.id, "W-H", "spare"))
            continue
        pharmacist, physician = SITES[vial.where]
        book = record.books[f"batch/{vial.batch}"]
        held = kbq_at(book.balances.get(f"vial/{vial.id}", 0), now, book)
        if vial.state in ("received", "assayed"):
            found.append(move(pharmacist, "assay", vial.id, held, f"{vial.where}-DC"))
            found.append(move(pharmacist, "return", vial.id, "not used"))
        if vial.state == "assayed" and vial.order:
            order = record.orders[vial.order]
            given = min(order.activity_kbq, held)
            found.append(
                move(
                    physician, "administer", vial.id, order.id, order.subject, given, held - given,
                    f"W-{vial.where}",
                )
            )  # fmt: skip
        if vial.state in ("returned", "assayed"):
            found.append(move(pharmacist, "waste", vial.id, f"W-{vial.where}", "not used"))
    return found


def _quality(record: Record, now: str) -> list[Move]:
    found: list[Move] = []
    for deviation in record.deviations.values():
        match deviation.state:
            case "open":
                found.append(move("quinn", "classify", deviation.id, 1))
                found.append(move("quinn", "classify", deviation.id, 0))
            case "classified":
                found.append(move("ann", "investigate", deviation.id, "found"))
            case "investigated":
                found.append(move("quinn", "close-deviation", deviation.id))
    for recall in record.recalls.values():
        for consignee in recall.consignees:
            if recall.state == "opened":
                found.append(move("quinn", "notify", recall.id, consignee, "telephone"))
            if recall.state == "notified":
                found.append(move("quinn", "acknowledge", recall.id, consignee, "told"))
        if recall.state == "acknowledged":
            found.append(move("quinn", "reconcile-recall", recall.id))
        if recall.state == "reconciled":
            found.append(move("quinn", "close-recall", recall.id))
    return found


def mischief(record: Record, pick: Callable[[Any], Any], now: str) -> Move:
    """Something that is rarely right, with things and people taken as they come."""
    batch = pick(tuple(record.batches) or ("none",))
    vial = pick(tuple(record.vials) or ("none",))
    order = pick(tuple(record.orders) or ("none",))
    test = pick(tuple(record.tests) or ("none",))
    shipment = pick(tuple(record.shipments) or ("none",))
    lot = pick(tuple(record.lots) or ("none",))
    person = pick(PEOPLE)
    step = pick(("setup", "labelling", "purification", "formulation", "filtration"))
    tries = (
        ("release", (batch,)), ("confirm", (batch,)), ("reject", (batch, "cause")),
        ("hold", (batch, "cause")), ("resume", (batch,)), ("review-record", (batch,)),
        ("reconcile", (batch,)), ("check", (batch, step)), ("void", (batch, step, "spilt")),
        ("correct", (batch, "formulation", "ph=6.2")), ("ship", (shipment, "carrier-b")),
        ("receive", (shipment,)), ("lose", (shipment, "lost")), ("test", (test, "500", "raw")),
        ("review", (test,)), ("oos", (test,)), ("promise", ((order,), batch)),
        ("cancel-order", (order, "ill")), ("cancel-batch", (batch, "no isotope")),
        ("reject-vial", (vial, "crack")), ("waste", (vial, pick(("W-H", "W-P02")), "why")),
        ("return", (vial, "why")), ("assay", (vial, 1_500_000, "P02-DC")),
        ("administer", (vial, order, "S-1", 1_700_000, 90_000, "W-P02")),
        ("recall", ("suspect", (lot,))), ("recall", ("suspect", (), (batch,))),
        ("charge", (batch, (f"{lot}=90 mCi",))), ("accept", (lot,)),
        ("deplete", (lot, 1000, "W-H")), ("discard", (batch, "residue", 1000, "W-H")),
        ("step", (batch, step, "", ("HC-1",))), ("label", (batch,)),
        ("destroy-label", (pick(tuple(record.labels) or ("none",)), "torn")),
        ("sign", (f"step/{batch}/{step}/1", pick(("performed", "checked")))),
        ("deviate", (f"batch/{batch}", "odd")), ("secret", (person,)), ("identify", (person,)),
        ("train", (person, "operator", "2019-06-30T00:00:00.000000Z")),
    )  # fmt: skip
    name, values = pick(tries)
    return move(pick(PEOPLE), name, *values)
