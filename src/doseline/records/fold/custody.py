"""What facts of shipments, vials under way and doses make of the record."""

from __future__ import annotations

from dataclasses import replace

from doseline.errors import LifeError
from doseline.records.facts import custody as f
from doseline.records.fold.moving import born, moved
from doseline.records.fold.taking import takes
from doseline.records.machines import next_state
from doseline.records.state import Record, Said
from doseline.records.things import Package, Shipment, Vial


@takes(f.ShipmentPlanned)
def _planned(record: Record, fact: f.ShipmentPlanned, said: Said) -> None:
    record.shipments[fact.shipment] = Shipment(
        id=fact.shipment,
        state=born(record.shipments, "shipment", fact.shipment, fact.kind),
        batch=fact.batch,
        facility=fact.facility,
        lane=fact.lane,
        arrives_at=fact.arrives_at,
        passenger=bool(fact.passenger),
    )
    batch = record.batch(fact.batch)
    record.batches[fact.batch] = replace(batch, shipments=(*batch.shipments, fact.shipment))


@takes(f.VialPacked)
def _packed(record: Record, fact: f.VialPacked, said: Said) -> None:
    vial, shipment = record.vial(fact.vial), record.shipment(fact.shipment)
    if vial.batch != shipment.batch:
        raise LifeError(
            f"Shipment {shipment.id} of batch {shipment.batch} cannot carry vial {vial.id} of "
            f"batch {vial.batch}."
        )
    state = next_state("vial", fact.vial, vial.state, fact.kind)
    record.vials[vial.id] = replace(vial, state=state, shipment=shipment.id, package=fact.package)
    record.shipments[shipment.id] = replace(shipment, vials=(*shipment.vials, vial.id))


@takes(f.PackageMade)
def _package(record: Record, fact: f.PackageMade, said: Said) -> None:
    shipment = record.shipment(fact.shipment)
    if fact.package in record.packages:
        raise LifeError(f"Package {fact.package} was made already.")
    record.packages[fact.package] = Package(
        fact.package,
        fact.shipment,
        fact.container,
        fact.activity_kbq,
        fact.surface_nsv_h,
        fact.metre_nsv_h,
        fact.wipe_tenths,
        fact.un_number,
        fact.category,
        fact.index_tenths,
        bool(fact.reportable),
    )
    state = next_state("shipment", fact.shipment, shipment.state, fact.kind)
    record.shipments[fact.shipment] = replace(
        shipment, state=state, packages=(*shipment.packages, fact.package)
    )


@takes(f.ShipmentSurveyed)
def _surveyed(record: Record, fact: f.ShipmentSurveyed, said: Said) -> None:
    _shipment(record, fact.shipment, fact.kind)


@takes(f.ShipmentDocumented)
def _documented(record: Record, fact: f.ShipmentDocumented, said: Said) -> None:
    after = _shipment(record, fact.shipment, fact.kind)
    record.shipments[fact.shipment] = replace(after, papers=fact.papers)


@takes(f.ShipmentDelayed)
def _delayed(record: Record, fact: f.ShipmentDelayed, said: Said) -> None:
    _shipment(record, fact.shipment, fact.kind)


@takes(f.ShipmentTendered)
def _tendered(record: Record, fact: f.ShipmentTendered, said: Said) -> None:
    after = _shipment(record, fact.shipment, fact.kind)
    record.shipments[after.id] = replace(after, tendered_at=said.at, carrier=fact.taker)
    _hand_over(record, after, fact, f"shipment/{after.id}")


@takes(f.ShipmentDelivered)
def _delivered(record: Record, fact: f.ShipmentDelivered, said: Said) -> None:
    after = _shipment(record, fact.shipment, fact.kind)
    record.shipments[after.id] = replace(after, delivered_at=said.at)
    _hand_over(record, after, fact, after.facility)


@takes(f.ShipmentLost)
def _lost(record: Record, fact: f.ShipmentLost, said: Said) -> None:
    after = _shipment(record, fact.shipment, fact.kind)
    for name in after.vials:
        if record.vials[name].state == "shipped":
            record.vials[name] = replace(record.vials[name], where="lost")


@takes(f.ShipmentChecked)
def _checked(record: Record, fact: f.ShipmentChecked, said: Said) -> None:
    after = _shipment(record, fact.shipment, fact.kind)
    record.shipments[after.id] = replace(after, checked_at=said.at)


def _shipment(record: Record, name: str, kind: str) -> Shipment:
    return moved(record.shipments, "shipment", record.shipment(name), kind)


def _hand_over(
    record: Record,
    shipment: Shipment,
    fact: f.ShipmentTendered | f.ShipmentDelivered,
    where: str,
) -> None:
    """Custody goes from one hand into the next; the orders of the vials go with them."""
    for name in shipment.vials:
        vial = record.vials[name]
        if vial.state == "wasted":
            continue
        record.vials[name] = replace(
            vial,
            state=next_state("vial", name, vial.state, fact.kind),
            where=where,
            custody=(*vial.custody, fact.taker),
        )
        order = record.orders.get(vial.order)
        if order is not None:
            state = next_state("order", order.id, order.state, fact.kind)
            record.orders[order.id] = replace(order, state=state)


@takes(f.VialAssayed)
def _assayed(record: Record, fact: f.VialAssayed, said: Said) -> None:
    after = _vial(record, fact.vial, fact.kind)
    record.vials[fact.vial] = replace(after, assayed_kbq=fact.measured_kbq, assayed_at=said.at)


@takes(f.DoseAdministered)
def _administered(record: Record, fact: f.DoseAdministered, said: Said) -> None:
    after = _vial(record, fact.vial, fact.kind)
    order = record.order(fact.order)
    record.vials[fact.vial] = replace(
        after,
        subject=fact.subject,
        given_kbq=fact.given_kbq,
        given_at=said.at,
        directed=bool(fact.directed),
        custody=(*after.custody, f"subject/{fact.subject}"),
    )
    state = next_state("order", order.id, order.state, fact.kind)
    record.orders[order.id] = replace(order, state=state)


@takes(f.VialReturned, f.VialRejected)
def _vial_aside(record: Record, fact: f.VialReturned | f.VialRejected, said: Said) -> None:
    _vial(record, fact.vial, fact.kind)


@takes(f.VialWasted)
def _wasted(record: Record, fact: f.VialWasted, said: Said) -> None:
    after = _vial(record, fact.vial, fact.kind)
    record.vials[fact.vial] = replace(after, waste=fact.waste)


def _vial(record: Record, name: str, kind: str) -> Vial:
    return moved(record.vials, "vial", record.vial(name), kind)
