"""Guards of custody: what may leave, in what, to whom; and what may be given to a subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from doseline.records.guards.refusing import refuse
from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Batch, Facility, Label, Order, Package, Shipment, Vial
from doseline.records.transport import Content, removable_limit_tenths, sum_of_fractions

__all__ = [
    "batch_is_certified_for",
    "batch_is_released",
    "consignee_licence_is_verified",
    "custody_has_no_gap",
    "dosage_is_near_what_was_ordered",
    "label_says_what_the_vial_is",
    "package_is_lawful",
    "vial_is_for_this_subject",
    "vial_is_labelled",
    "vial_is_not_expired",
    "vial_is_not_recalled",
]

RELEASED = ("conditionally released", "released", "confirmed")


def batch_is_released(batch: Batch) -> None:
    """Nothing leaves, and nothing is given, from a batch that is not released. [21 CFR 211.142]"""
    if batch.state not in RELEASED:
        refuse(f"Batch {batch.id} is {batch.state}, not released.", "21 CFR 211.142")


def batch_is_certified_for(record: Record, batch: Batch, consignee: Facility) -> None:
    """A market under a Qualified Person gets what one has certified for it. [EU Annex 16 §1]"""
    rules = profile_named(consignee.rules)
    if rules.certifiers and rules.name not in batch.certified_for:
        refuse(
            f"Batch {batch.id} is not certified for {consignee.id}, which is under {rules.name}.",
            "EU Annex 16 §1.6",
        )
    if rules.certifiers and not record.valid_signatures(f"batch/{batch.id}", "certified"):
        refuse(f"The certificate of batch {batch.id} does not stand.", "EU Annex 16 §1.6")


def vial_is_not_recalled(vial: Vial) -> None:
    """A vial under recall goes nowhere and to nobody. [21 CFR 211.150(b)]"""
    if vial.recalled:
        refuse(f"Vial {vial.id} is recalled by {vial.recalled}.", "21 CFR 211.150(b)")


def vial_is_not_expired(batch: Batch, at: str) -> None:
    """A dose is used before the batch expires, to the minute. [21 CFR 211.137; conventions 4.5]"""
    if batch.expires_at and at >= batch.expires_at:
        refuse(f"Batch {batch.id} expired at {batch.expires_at}.", "21 CFR 211.137")


def vial_is_labelled(record: Record, batch: Batch, vial: Vial, content: str) -> None:
    """A vial leaves under one label, which says what it is now. [21 CFR 211.130, 10 CFR 35.69]"""
    labels = [record.labels[name] for name in batch.labels]
    borne = [x for x in labels if x.vial == vial.id and x.state == "applied"]
    if not borne:
        refuse(f"Vial {vial.id} bears no label.", "21 CFR 211.130")
    if any(x.content != content for x in borne):
        refuse(f"The label of vial {vial.id} does not say what it is now.", "21 CFR 211.125(a)")


def label_says_what_the_vial_is(label: Label, vial: str, content: str) -> None:
    """A label goes on the vial that it was printed for, and says what that vial is.

    [21 CFR 211.125(a)]
    """
    if label.vial != vial or label.content != content:
        refuse(
            f"Label {label.id} is for vial {label.vial}, not as vial {vial} is.", "21 CFR 211.125"
        )


def consignee_licence_is_verified(
    record: Record, consignee: Facility, nuclide: str, kbq: int, at: str
) -> None:
    """Before a transfer somebody has verified a licence for the nuclide and the amount.

    [10 CFR 30.41(c), (d)]
    """
    if not nuclide:
        return
    good = [
        x
        for x in consignee.licences.values()
        if x.nuclide == nuclide and x.verified_by and at < x.until_at and kbq <= x.limit_kbq
    ]
    if not good:
        refuse(
            f"No licence of {consignee.id} for {kbq:,} kBq of {nuclide} is verified and in date.",
            "10 CFR 30.41(c)",
        )


def package_is_lawful(
    record: Record, package: Package, shipment: Shipment, contents: Sequence[Content], at: str
) -> None:
    """A Type A package: content, container, contamination, and index for the aircraft.

    [49 CFR 173.412, 173.415, 173.433, 173.443, 175.700]
    """
    fraction = sum_of_fractions(contents)
    if fraction > 1:
        refuse(f"Package {package.id} holds {float(fraction):.3f} of A2.", "49 CFR 173.433(d)")
    if record.tool(package.container).until_at < at:
        refuse(f"The certificate of container {package.container} has ended.", "49 CFR 173.415(a)")
    limit = removable_limit_tenths(contents)
    if package.wipe_tenths > limit:
        refuse(
            f"Package {package.id} is contaminated above {limit / 10:g} Bq/cm2.",
            "49 CFR 173.443(a)",
        )
    if shipment.passenger and package.index_tenths > 30:
        refuse(
            f"Package {package.id} has an index of {package.index_tenths / 10:.1f}; "
            "beside passengers 3.0 may fly.",
            "49 CFR 175.700",
        )


def custody_has_no_gap(vials: Iterable[Vial], giver: str) -> None:
    """Whoever hands a thing over has it. [21 CFR 211.196; ICH E6(R3) 3.15.3(c)]"""
    for vial in vials:
        if vial.custody[-1] != giver:
            refuse(
                f"Vial {vial.id} is with {vial.custody[-1]}; {giver} cannot hand it over.",
                "21 CFR 211.196",
            )


def vial_is_for_this_subject(vial: Vial, order: Order, subject: str) -> None:
    """A dose is given to the subject of the order for which its vial was filled. [10 CFR 35.41]"""
    if vial.order != order.id or order.subject != subject:
        refuse(
            f"Vial {vial.id} is for order {vial.order or 'none'}, not for {subject} by {order.id}.",
            "10 CFR 35.41(a)",
        )


def dosage_is_near_what_was_ordered(
    record: Record, order: Order, dosage_kbq: int, directed: bool
) -> None:
    """A dosage outside the limit is given only where the authorised user directs so.

    [10 CFR 35.63(d)]
    """
    limit = profile_named(record.facility(order.facility).rules).dosage_ppm
    apart = abs(dosage_kbq - order.activity_kbq) * 1_000_000
    if apart > limit * order.activity_kbq and not directed:
        refuse(
            f"The dosage is {dosage_kbq:,} kBq and {order.activity_kbq:,} kBq were ordered: "
            f"more than {limit / 10_000:g} % apart.",
            "10 CFR 35.63(d)",
        )
