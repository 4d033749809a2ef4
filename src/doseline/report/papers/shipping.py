"""The shipping paper of a class 7 consignment, by 49 CFR 172.200 to 172.204.

The certification is the wording of 172.204(a)(2), with what (c)(3) adds for the air and (c)(4)
beside passengers, as in the edition of 2015; whoever ships sets it against the text in force.
"""

from __future__ import annotations

from fractions import Fraction

from doseline.errors import PaperError
from doseline.records.transport import Classification, Form, classified
from doseline.report.papers.cells import NONE, Cell, activity, day, instant
from doseline.report.papers.paper import (
    Block,
    Paper,
    column,
    document,
    facts,
    table,
    words,
)
from doseline.report.papers.sources import BatchSheet, Place, Shipment
from doseline.report.papers.vials_and_tests import vial_table

__all__ = ["shipping_paper"]

_CERTIFICATION = (
    "I hereby declare that the contents of this consignment are fully and accurately described "
    "above by the proper shipping name, and are classified, packaged, marked and "
    "labeled/placarded, and are in all respects in proper condition for transport according to "
    "applicable international and national governmental regulations."
)
_BY_AIR = "By air: I declare that all of the applicable air transport requirements have been met."
_BESIDE_PASSENGERS = (
    "This shipment contains radioactive material intended for use in, or incident to, research, or "
    "medical diagnosis or treatment."
)
_FORMS = {Form.LIQUID: "liquid", Form.SOLID: "solid", Form.SPECIAL: "special form"}


def shipping_paper(sheet: BatchSheet, shipment: Shipment) -> Paper:
    """The shipping paper of one shipment.

    Raises TransportError where the package may not be offered, PaperError where it is on an
    aircraft with passengers and its index is too high.
    """
    shipment.container.must_hold(shipment.packed_at.date())
    found = classified(shipment.contents)
    if shipment.passenger_aircraft and not found.passenger_aircraft:
        raise PaperError(
            f"shipment {shipment.id}: transport index {found.index} is too high for an aircraft "
            "with passengers (3.0 at most)"
        )
    label = f", {found.category}" if found.category else ""
    return document(
        f"shipping-paper-{shipment.id}",
        "Shipping paper",
        sheet,
        [
            _parties(sheet, shipment),
            _description(shipment, found),
            _package(shipment, found),
            _survey(shipment),
            vial_table((v for v in sheet.vials if v.id in shipment.vials), "Vials inside"),
            words("Emergency contact, at any hour", shipment.emergency_phone),
            _handling(shipment),
            words("Shipper's certification", _certification(shipment)),
            _signing(sheet, shipment),
        ],
        status=f"{found.un_number}{label}",
    )


def _certification(shipment: Shipment) -> str:
    medical = (_BESIDE_PASSENGERS,) if shipment.passenger_aircraft else ()
    return " ".join((_CERTIFICATION, _BY_AIR, *medical))


def _parties(sheet: BatchSheet, shipment: Shipment) -> Block:
    consignee = shipment.consignee
    return facts(
        "",
        [
            ("Shipper", sheet.plant.name),
            ("Consignee", consignee.name),
            ("Address", sheet.plant.address),
            ("Address", consignee.address),
            ("Licence", _licence(sheet.plant)),
            ("Licence", _licence(consignee)),
            ("Shipment", shipment.id),
            ("Licence verified", consignee.licence_verified),
            ("Packed", instant(shipment.packed_at, sheet.plant.zone)),
            ("Carrier, waybill", ", ".join(filter(None, (shipment.carrier, shipment.air_waybill)))),
        ],
    )


def _licence(place: Place) -> str:
    until = f", until {day(place.licence_until_on)}" if place.licence_until_on else ""
    return f"{place.licence}{until}" if place.licence else NONE


def _description(shipment: Shipment, found: Classification) -> Block:
    reportable = {True: "RQ, ", False: "", None: ""}[found.reportable]
    rows: list[tuple[Cell, ...]] = [
        (
            f"{reportable}{found.un_number}, {found.proper_name}, 7",
            held.nuclide,
            f"{_FORMS[held.form]}, {shipment.chemical_form}",
            activity(held.kbq),
        )
        for held in shipment.contents.contents
    ]
    notes = ["Activity when packed."]
    if found.reportable is None:
        notes.append("Whether it is a reportable quantity (RQ) is not known: look it up.")
    if not found.verified:
        notes.append("The A1 and A2 values used are unverified: check them before use.")
    return table(
        "Description of the goods",
        [
            column("UN number, proper shipping name, class", "2.6fr"),
            column("Nuclide", "0.7fr"),
            column("Physical and chemical form", "1.6fr"),
            column("Activity", "1.2fr", "right"),
        ],
        rows,
        note=" ".join(notes),
    )


def _package(shipment: Shipment, found: Classification) -> Block:
    container = shipment.container
    label = (
        f"RADIOACTIVE {found.category}, on two opposite sides"
        if found.category
        else "none: limited quantity"
    )
    return facts(
        "Package",
        [
            ("Package", shipment.package),
            ("Container", f"Type A, {container.design}, number {container.serial}"),
            ("Test report", f"{container.test_report}, until {day(container.valid_until_on)}"),
            ("Gross mass, size", f"{shipment.gross_mass}, {shipment.dimensions}"),
            ("Labels", label),
            ("Transport index", {"shown": found.index, "tenths": found.index_tenths}),
            ("Sum of A2 fractions", _fraction(found.fraction_of_a2)),
            ("Aircraft", "passenger or cargo" if shipment.passenger_aircraft else "cargo only"),
        ],
    )


def _fraction(exact: Fraction) -> Cell:
    return {
        "shown": f"{float(exact):.3g} (at most 1)",
        "numerator": exact.numerator,
        "denominator": exact.denominator,
    }


def _survey(shipment: Shipment) -> Block:
    def rate(nsv_h: int) -> Cell:
        return {"shown": f"{nsv_h / 1e6:g}\u00a0mSv/h", "nsv_h": nsv_h}

    package = shipment.contents
    return facts(
        "Survey of the package",
        [
            ("Highest at the surface", rate(package.surface_nsv_h)),
            ("Highest at one metre", rate(package.one_metre_nsv_h)),
            ("Removable contamination", shipment.wipe),
            ("Survey meter", shipment.survey_meter),
        ],
    )


def _handling(shipment: Shipment) -> Block:
    aircraft = (
        "This shipment is within the limits for passenger and cargo aircraft."
        if shipment.passenger_aircraft
        else "CARGO AIRCRAFT ONLY. Not on an aircraft with passengers."
    )
    return words(
        "Handling and receipt",
        f"{aircraft} Keep away from people and undeveloped film. The consignee wipes and surveys "
        "the package within three hours of receipt in working hours, and tells carrier and "
        "authority at once where a limit is exceeded.",
    )


def _signing(sheet: BatchSheet, shipment: Shipment) -> Block:
    return facts(
        "",
        [
            ("For the shipper", shipment.shipper),
            ("Signature", "_" * 28),
            ("Place", sheet.plant.name),
            ("Date, time", "_" * 28),
        ],
    )
