"""What a plan and its audit say, as JSON. [docs/reference/json.md]"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from doseline.demand.replacing import Kind
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch, Schedule
from doseline.plan import Audit, Certificate, Plan
from doseline.programme import Programme
from doseline.studies.documents import Document


def plan_document(
    programme: Programme,
    planned: Plan,
    wanted: Iterable[DoseOrder],
    kinds: Mapping[str, Kind],
) -> Document:
    """What a plan says, with instants in the zones of plant and site.

    `kinds` has the kind of each order of a file among the orders `wanted`; the others were drawn.
    """
    return {
        "status": str(planned.status),
        "objective": planned.objective_cents / 100.0,
        "bound": planned.bound_cents / 100.0,
        "gap": planned.gap,
        "orders": planned.orders,
        "met": planned.met,
        "shifted": len(planned.shifted),
        "moved": [asdict(s) for s in planned.shifted],
        "unmet": [asdict(u) | {"kind": _kind(kinds, u.order)} for u in planned.unmet],
        "by_kind": _by_kind([o.id for o in wanted], planned, kinds),
        "batches": [batch(programme, b) for b in planned.schedule.batches],
        "doses": [
            dose(programme, planned.schedule, a) | {"kind": _kind(kinds, a.order)}
            for a in planned.schedule.allocations
        ],
        "breaches": [asdict(b) for b in planned.breaches],
        "method": planned.method,
        "reproducible": planned.reproducible,
        "certified": certified(planned.certificate),
    }


def _kind(kinds: Mapping[str, Kind], order: str) -> Kind:
    return kinds.get(order, "drawn")


def _by_kind(wanted: Iterable[str], planned: Plan, kinds: Mapping[str, Kind]) -> Document:
    """Of each kind how many orders were planned for, and how many of them are met."""
    unmet = {u.order for u in planned.unmet}
    found: Document = {kind: {"orders": 0, "met": 0} for kind in ("real", "forecast", "drawn")}
    for order in wanted:
        row = found[_kind(kinds, order)]
        row["orders"] += 1
        row["met"] += order not in unmet
    return found


def certified(certificate: Certificate | None) -> Document | None:
    """What a certificate proves, none where there is none; money in the programme's currency."""
    if certificate is None:
        return None
    claims = certificate.claims
    return {
        "bound": None if claims.bound_cents is None else claims.bound_cents / 100.0,
        "gap": claims.gap,
        "met_at_most": claims.met_at_most,
    }


def audit_document(programme: Programme, found: Audit) -> Document:
    """What the audit of a plan says; instants in UTC."""
    return {
        "summary": found.summary,
        "doses": found.doses,
        "unsecured": list(found.unsecured),
        "never": list(found.never),
        "reproducible": found.reproducible,
        "contingencies": [
            {
                "kind": str(c.kind),
                "what": c.what,
                "known_at": programme.clock.local(c.known_at, "UTC").isoformat(),
                "struck": list(c.struck),
                "unsecured": list(c.unsecured),
                "proven": c.proven,
                "reasons": [asdict(u) for u in c.reasons],
            }
            for c in found.contingencies
        ],
    }


def batch(programme: Programme, one: Batch) -> Document:
    """A batch with its instants in the zone of its plant; activities in GBq."""
    zone = programme.manufacturer[one.manufacturer].zone

    def local(at: int | None) -> str | None:
        return None if at is None else programme.clock.local(at, zone).isoformat()

    return {
        "id": one.id,
        "manufacturer": one.manufacturer,
        "line": one.line,
        "product": one.product,
        "vials": one.vials,
        "source": one.source,
        "isotope_at": local(one.isotope_at),
        "isotope_gbq": one.isotope_mbq / 1000.0,
        "charge_at": local(one.charge_at),
        "charge_gbq": one.charge_mbq / 1000.0,
        "eos_at": local(one.eos_at),
        "bulk_gbq": one.bulk_mbq / 1000.0,
        "released_at": local(one.released_at),
    }


def dose(programme: Programme, schedule: Schedule, allocation: Allocation) -> Document:
    """A dose on its way, with its instants in the zone of its site; activities in GBq."""
    shipment = schedule.shipment[allocation.shipment]
    zone = programme.site[shipment.site].zone
    local = programme.clock.local
    return {
        "order": allocation.order,
        "batch": allocation.batch,
        "lane": shipment.lane,
        "site": shipment.site,
        "received_at": local(shipment.received_at, zone).isoformat(),
        "use_at": local(allocation.use_at, zone).isoformat(),
        "eos_gbq": allocation.eos_mbq / 1000.0,
    }
