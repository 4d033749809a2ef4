"""What a Qualified Person reads where an event does not fit: what stood, and what was tried."""

from __future__ import annotations

from doseline.errors import LifeError
from doseline.operations.events import (
    BatchCancelled,
    BatchCertified,
    BatchFailed,
    BatchFilled,
    BatchLocked,
    BatchPlanned,
    BatchReleased,
    DoseAdministered,
    Event,
    IsotopeNotDelivered,
    IsotopeOrdered,
    IsotopeReceived,
    LabellingStarted,
    OrderCancelled,
    OrderMissed,
    OrderMoved,
    OrderPlaced,
    OrderPromised,
    OrderUnpromised,
    QcPassed,
    ShipmentDispatched,
    ShipmentHeld,
    ShipmentLost,
    ShipmentReceived,
    VialFilled,
    VialPacked,
    VialUsed,
    VialWasted,
)

_NEVER = {
    "order": "An order that was never placed",
    "batch": "A batch that was never planned",
    "vial": "A vial that was never filled",
    "shipment": "A shipment that was never packed",
}

_TRIED: dict[type[Event], str] = {
    OrderPlaced: "be placed again",
    OrderPromised: "be promised a batch",
    OrderUnpromised: "lose its batch",
    OrderCancelled: "be cancelled",
    OrderMoved: "be moved to another day",
    OrderMissed: "be missed",
    DoseAdministered: "be administered",
    IsotopeOrdered: "have isotope ordered",
    IsotopeReceived: "receive isotope",
    IsotopeNotDelivered: "wait for isotope",
    BatchPlanned: "be planned again",
    BatchLocked: "be locked",
    BatchCancelled: "be cancelled",
    LabellingStarted: "start labelling",
    BatchFilled: "end its synthesis",
    QcPassed: "pass QC",
    BatchReleased: "be released",
    BatchCertified: "be certified",
    VialFilled: "be filled",
    VialPacked: "be packed",
    VialUsed: "be used",
    VialWasted: "be thrown away",
    ShipmentDispatched: "be dispatched",
    ShipmentHeld: "be held on the way",
    ShipmentReceived: "be received",
    ShipmentLost: "be lost",
}

_FAILED = {
    "before_fill": "fail before filling",
    "qc": "be rejected by QC",
    "qa": "be rejected by QA",
}


def refusal(kind: str, state: str | None, event: Event) -> LifeError:
    """The error for an event that a state refuses; no state means that the thing is not there yet.

    >>> print(refusal("vial", None, VialUsed(0, "V1", 200_000, 10_000)))
    A vial that was never filled cannot be used.
    """
    what = _NEVER[kind] if state is None else f"{_article(state)} {state} {kind}"
    match event:
        case BatchFailed(stage=stage):
            tried = _FAILED.get(stage, f'fail at the unknown stage "{stage}"')
        case VialFilled() if kind == "batch":
            tried = "fill a vial"
        case _:
            tried = _TRIED.get(type(event), f"take a {type(event).__name__}")
    return LifeError(f"{what} cannot {tried}.")


def _article(word: str) -> str:
    return "An" if word[0] in "aeio" else "A"  # a used vial
