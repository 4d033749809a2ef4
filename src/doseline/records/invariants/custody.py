"""What holds of vials, packages and custody: invariants 3, 4, 8, 9 and 10."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Vial
from doseline.records.transport import Content, Package, classified, removable_limit_tenths

__all__ = [
    "consignees_are_licensed",
    "custody_is_a_path",
    "doses_were_fit_to_give",
    "each_vial_is_one_thing",
    "packages_are_lawful",
]

OUT = ("conditionally released", "released", "confirmed", "failed late")
GONE = ("shipped", "received", "assayed", "administered", "returned")
LIVE = ("confirmed", "allocated", "shipped", "received", "administered")


def each_vial_is_one_thing(record: Record) -> Iterator[str]:
    """3. A vial is of one batch, for one live order at most, given to one subject at most."""
    listed = Counter(vial for batch in record.batches.values() for vial in batch.vials)
    for name, vial in record.vials.items():
        if listed[name] != 1 or name not in record.batches[vial.batch].vials:
            yield f"3: vial {name} is of {listed[name]} batches"
        if vial.order and record.orders[vial.order].vial != name:
            yield f"3: vial {name} is for order {vial.order}, which has another"
        if vial.subject and vial.state != "administered":
            yield f"3: vial {name} was given and is {vial.state}"
    if sum(listed.values()) != len(record.vials):
        yield "3: vials are missing from the batches"
    held = Counter(order.vial for order in record.orders.values() if order.vial)
    for order in record.orders.values():
        if order.vial and (record.vials[order.vial].order != order.id or held[order.vial] > 1):
            yield f"3: order {order.id} has vial {order.vial}, which is for another"
        if order.vial and order.state not in LIVE:
            yield f"3: order {order.id} is {order.state} and has a vial"


def doses_were_fit_to_give(record: Record) -> Iterator[str]:
    """4. What left or was given was released, in date, not recalled, near what was ordered."""
    for vial in record.vials.values():
        batch = record.batches[vial.batch]
        if vial.state in ("packed", *GONE) and batch.state not in OUT:
            yield f"4: vial {vial.id} is {vial.state} and batch {batch.id} {batch.state}"
        if vial.state != "administered":
            continue
        if not batch.released_at or vial.given_at < batch.released_at:
            yield f"4: vial {vial.id} was given before its release"
        if vial.given_at >= batch.expires_at:
            yield f"4: vial {vial.id} was given after it expired"
        recall = record.recalls.get(vial.recalled)
        if recall is not None and vial.given_at > recall.opened_at:
            yield f"4: vial {vial.id} was given under recall"
        order = record.orders[vial.order]
        if order.subject != vial.subject:
            yield f"4: vial {vial.id} was given to another subject"
        limit = profile_named(record.facilities[order.facility].rules).dosage_ppm
        apart = abs(vial.given_kbq - order.activity_kbq) * 1_000_000
        if not vial.directed and apart > (limit + 50_000) * order.activity_kbq:
            yield f"4: vial {vial.id} was given far from what was ordered"
        if not vial.assayed_at:
            yield f"4: vial {vial.id} was given and not measured"


def packages_are_lawful(record: Record) -> Iterator[str]:
    """8. A tendered package is Type A, classified as it is, in a container in date."""
    for shipment in record.shipments.values():
        if not shipment.tendered_at:
            continue
        book = record.books.get(f"batch/{shipment.batch}")
        for name in shipment.packages:
            package = record.packages[name]
            if record.equipment[package.container].until_at < shipment.tendered_at:
                yield f"8: container {package.container} was out of date"
            inside = (Content(book.nuclide, package.activity_kbq),) if book else ()
            if package.wipe_tenths > removable_limit_tenths(inside):
                yield f"8: package {name} was contaminated"
            if shipment.passenger and package.index_tenths > 30:
                yield f"8: package {name} flew beside passengers"
            if book is None or not package.activity_kbq:
                continue
            found = classified(Package(inside, package.surface_nsv_h, package.metre_nsv_h))
            says = (package.un_number, package.index_tenths, package.reportable)
            if says != (found.un_number, found.index_tenths, found.reportable is True):
                yield f"8: package {name} is not classified as it is"


def consignees_are_licensed(record: Record) -> Iterator[str]:
    """9. What was tendered went to a consignee whose licence somebody had verified."""
    for shipment in record.shipments.values():
        book = record.books.get(f"batch/{shipment.batch}")
        if not shipment.tendered_at or book is None:
            continue
        licences = record.facilities[shipment.facility].licences.values()
        if not any(
            x.nuclide == book.nuclide
            and x.verified_at
            and x.first_verified_at <= shipment.tendered_at < x.until_at
            for x in licences
        ):
            yield f"9: shipment {shipment.id} went to a consignee without a verified licence"


def custody_is_a_path(record: Record) -> Iterator[str]:
    """10. Custody goes from the plant over the carrier to the site and the subject, in time."""
    for vial in record.vials.values():
        wanted = _path(record, vial)
        if vial.custody != wanted:
            yield f"10: vial {vial.id} went {' > '.join(vial.custody)}, not {' > '.join(wanted)}"
        shipment = record.shipments.get(vial.shipment)
        if shipment is None:
            continue
        batch = record.batches[vial.batch]
        times = [batch.filled_at, shipment.tendered_at, shipment.delivered_at, vial.assayed_at]
        known = [x for x in (*times, vial.given_at) if x]
        if known != sorted(known):
            yield f"10: the times of vial {vial.id} run backwards"


def _path(record: Record, vial: Vial) -> tuple[str, ...]:
    path = [record.batches[vial.batch].facility]
    shipment = record.shipments.get(vial.shipment)
    left = vial.state in GONE or len(vial.custody) > 1  # or it was taken out before that
    if shipment is not None and shipment.tendered_at and left:
        path.append(shipment.carrier)
        if shipment.delivered_at:
            path.append(shipment.facility)
    if vial.state == "administered":
        path.append(f"subject/{vial.subject}")
    return tuple(path)
