"""Certificates: of analysis, and of release by the Qualified Person or the quality unit.

The words of the release are our own, after Annex 16 of the EU guide and 21 CFR 211.22; whoever uses
them sets them against the text that is in force.
"""

from __future__ import annotations

from doseline.errors import PaperError
from doseline.report.papers.cells import activity, instant, whole
from doseline.report.papers.paper import (
    Block,
    Paper,
    column,
    document,
    facts,
    signatures,
    table,
    words,
)
from doseline.report.papers.sources import BatchSheet, Signature
from doseline.report.papers.vials_and_tests import test_table, vial_table

__all__ = ["certificate_of_analysis", "qp_certificate", "release_certificate"]


def _identity(sheet: BatchSheet) -> Block:
    product, zone = sheet.product, sheet.plant.zone
    return facts(
        "",
        [
            ("Product", product.name),
            ("Substance", product.substance),
            ("Batch", sheet.id),
            ("Dosage form", product.dosage_form),
            ("Nuclide, half-life", f"{product.nuclide}, {product.half_life}"),
            ("Used under", product.authorisation),
            ("End of filling (EOS)", instant(sheet.filled_at, zone)),
            ("Expires", instant(sheet.expires_at, zone)),
            ("Bulk at EOS", activity(sheet.bulk_kbq)),
            ("Vials", whole(len(sheet.vials))),
            ("Made and tested at", sheet.plant.name),
            ("Storage", product.storage),
        ],
    )


def certificate_of_analysis(sheet: BatchSheet) -> Paper:
    """The certificate of analysis: every test of the release with its result, and what is awaited.

    Retested results stand beside the ones they replace. Tests that end after the release are
    listed as awaited, with when they are due.
    """
    zone = sheet.plant.zone
    release = tuple(test for test in sheet.tests if test.stage != "late")
    late = tuple(test for test in sheet.tests if test.stage == "late")
    return document(
        "certificate-of-analysis",
        "Certificate of analysis",
        sheet,
        [
            _identity(sheet),
            test_table("Tests before release", release, zone),
            test_table("Tests that end after release", late, zone),
            words("Result", _result(sheet)),
            signatures("Signatures", _tested(sheet.signatures), zone),
        ],
        status=_status(sheet),
    )


def _tested(given: tuple[Signature, ...]) -> tuple[Signature, ...]:
    return tuple(s for s in given if s.about.startswith("test"))


def _status(sheet: BatchSheet) -> str:
    outcomes = [test.outcome for test in sheet.tests if test.outcome != "invalid"]
    if "fails" in outcomes:
        return "DOES NOT COMPLY"
    return "COMPLIES" if outcomes and "" not in outcomes else "TESTS AWAITED"


def _result(sheet: BatchSheet) -> str:
    failed = [test.name for test in sheet.tests if test.outcome == "fails"]
    awaited = [test.name for test in sheet.tests if not test.outcome]
    if failed:
        return f"The batch does not comply with its specification: {', '.join(failed)}."
    if not sheet.tests:
        return "No test is on record."
    if awaited:
        return (
            "The results so far comply with the specification. Awaited: "
            f"{', '.join(awaited)}. This certificate is not final until they are in."
        )
    return "Every result complies with the specification."


def release_certificate(sheet: BatchSheet) -> Paper:
    """The certificate of release: by the quality unit, or whom the rules of the record name.

    Raises PaperError for a batch that was not released: such a certificate would not be true.
    """
    when = " Conditional: the tests below end later, and a failure recalls every vial."
    text = (
        f"The record of batch {sheet.id}, its tests, deviations, labels and audit trail were "
        f"reviewed, and the batch is released for use under {sheet.product.authorisation}."
        f"{when if sheet.conditional else ''}"
    )
    return _certificate(
        sheet, "release-certificate", "Certificate of release", text, "released", "Released by"
    )


def qp_certificate(sheet: BatchSheet, market: str) -> Paper:
    """The certificate of a Qualified Person for a market, on import where the plant is outside it.

    Raises PaperError where none of them certified the batch for that market.
    """
    if market not in sheet.certified_for:
        raise PaperError(f"batch {sheet.id} was not certified for {market}")
    imported, where = sheet.import_plant, ""
    title = "Batch certificate of the Qualified Person"
    if imported is not None:
        title += ", on import"
        where = (
            f" It was made outside the European Union at {sheet.plant.name.rstrip('.')}, under "
            f"rules at least equivalent, and assessed on import at {imported.name.rstrip('.')}."
        )
    when = " Conditional: the tests below end later, and a failure recalls every vial."
    text = (
        f"I certify that batch {sheet.id} was made and checked at the sites named above in "
        "accordance with the good manufacturing practice of the European Union and with "
        f"{sheet.product.authorisation}, and that its record, tests and deviations were assessed "
        f"by me or under my responsibility.{where}{when if sheet.conditional else ''} This "
        "certificate is entered in the register."
    )
    return _certificate(sheet, f"certificate-{market}", title, text, "certified", "Certified by")


def _certificate(
    sheet: BatchSheet, name: str, title: str, text: str, meaning: str, by: str
) -> Paper:
    signers = tuple(s for s in sheet.signatures if s.meaning == meaning and not s.voided)
    if sheet.rejected or sheet.released_at is None or not signers:
        raise PaperError(f"batch {sheet.id} was not {meaning}: there is no certificate of that")
    zone = sheet.plant.zone
    return document(
        name,
        title,
        sheet,
        [
            _identity(sheet),
            _places(sheet),
            words("Certification", text),
            _awaited(sheet),
            table(
                "Deviations weighed",
                [column("Number", "1fr"), column("What happened", "3fr"), column("Finding", "3fr")],
                ((d.id, d.what, d.finding) for d in sheet.deviations),
            ),
            vial_table(sheet.vials),
            signatures(by, signers, zone),
        ],
        status="CONDITIONAL" if sheet.conditional else "RELEASED",
    )


def _places(sheet: BatchSheet) -> Block:
    places = [("Manufacture, testing, packaging", sheet.plant)]
    if sheet.import_plant is not None:
        places.append(("Testing and certification on import", sheet.import_plant))
    return table(
        "Sites of manufacture",
        [
            column("Activity", "1.4fr"),
            column("Site", "1.4fr"),
            column("Address", "2fr"),
            column("Licence or authorisation", "1.4fr"),
        ],
        ((what, place.name, place.address, place.licence) for what, place in places),
    )


def _awaited(sheet: BatchSheet) -> Block:
    return table(
        "Tests that end after this release",
        [column("Test", "1fr"), column("Limit", "1fr"), column("Due", "1fr")],
        (
            (test.name, test.limit, instant(test.due_at, sheet.plant.zone))
            for test in sheet.tests
            if not test.outcome
        ),
    )
