"""What each further supplier buys, as a document and its rows say it."""

from __future__ import annotations

from typing import Any

from doseline.studies.figures import figure
from doseline.studies.suppliers.bought import Suppliers

Document = dict[str, Any]


def suppliers_document(found: Suppliers) -> Document:
    """What each further supplier buys."""
    return {
        "question": found.question,
        "design": found.design,
        "replications": found.replications,
        "order": list(found.order),
        "over_all_orders": found.shapley,
        "bought": [
            {
                "supplier": b.supplier,
                "beside": list(b.beside),
                "otif_before": figure(b.before),
                "otif_after": figure(b.after),
                "gain": figure(b.gain),
                "doses": figure(b.doses),
                "parts": [
                    {"cause": p.cause, "otif": figure(p.otif), "doses": figure(p.doses)}
                    for p in b.parts
                ],
                "cost_before": figure(b.cost_before),
                "cost": figure(b.cost),
                "cost_per_dose": b.cost_per_dose,
            }
            for b in found.bought
        ],
    }


def supplier_rows(document: Document | None) -> list[Document]:
    """A row for each part of what a supplier buys, for a CSV."""
    if document is None:
        return []
    return [
        {"supplier": b["supplier"], "beside": b["beside"], **part}
        for b in document["bought"]
        for part in b["parts"]
    ]
