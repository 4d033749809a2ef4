"""The packages of a batch, read out of a record for their shipping papers."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.records import things
from doseline.records.transport import Container, Content, Package, removable_limit_tenths
from doseline.report.papers import sources as s
from doseline.report.papers.cells import day
from doseline.report.papers.reading import Reading, instant

__all__ = ["shipments"]


def shipments(reading: Reading) -> Iterator[s.Shipment]:
    """Each package that left with vials of the batch, in order."""
    for name in reading.held.shipments:
        held = reading.record.shipment(name)
        for number, package in enumerate(held.packages, 1):
            yield _shipment(reading, held, reading.record.packages[package], number)


def _survey_meter(reading: Reading, shipment: str) -> str:
    name = reading.told.surveyed_with.get(shipment)
    if name is None:
        return ""
    tool = reading.equipment(name)
    until = f", calibrated until {day(tool.until_at)}" if tool.until_at else ""
    return f"{tool.id} {tool.name}{until}"


def _shipment(
    reading: Reading, held: things.Shipment, package: things.Package, number: int
) -> s.Shipment:
    tool = reading.record.tool(package.container)
    named = reading.particulars.containers.get(package.container)
    inside_it = [x for x in held.vials if reading.record.vial(x).package == package.id]
    content = Content(reading.book.nuclide, package.activity_kbq)
    limit = removable_limit_tenths((content,))
    return s.Shipment(
        id=package.id,
        consignee=reading.place(held.facility),
        vials=tuple(inside_it),
        contents=Package((content,), package.surface_nsv_h, package.metre_nsv_h),
        container=Container(
            named.design if named else tool.name,
            tool.id,
            tool.certificate,
            instant(tool.until_at).date(),
        ),
        gross_mass=named.gross_mass if named else "",
        dimensions=named.dimensions if named else "",
        packed_at=reading.told.packed_at[package.id],
        chemical_form=reading.named.form,
        carrier=held.carrier or held.lane,
        air_waybill="",
        passenger_aircraft=held.passenger,
        emergency_phone=reading.particulars.emergency_phone,
        wipe=f"{package.wipe_tenths / 10:.1f} Bq/cm² (limit {limit / 10:g} Bq/cm²)",
        survey_meter=_survey_meter(reading, held.id),
        shipper=reading.particulars.shipper,
        package=f"{number} of {len(held.packages)}",
    )
