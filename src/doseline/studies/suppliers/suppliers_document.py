"""The command `compare --suppliers`: its document, its rows and its summary."""

from __future__ import annotations

from pathlib import Path

from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.studies.documents import Document, flat, head
from doseline.studies.progress import Progress
from doseline.studies.suppliers.bought import Suppliers
from doseline.studies.suppliers.causes import SAID
from doseline.studies.suppliers.rows import supplier_rows, suppliers_document
from doseline.studies.suppliers.second_supplier import second_supplier
from doseline.studies.verdict import percent


def suppliers_study(
    path: Path,
    design: str,
    *,
    question: str | None,
    shapley: bool,
    replications: int,
    seed: int,
    workers: int,
    out: Path | None,
    progress: Progress,
) -> tuple[Document, str]:
    """What each further supplier of a design buys: the document and a summary."""
    found = second_supplier(
        read_programme(path),
        design=design,
        question=question,
        shapley=shapley,
        seed=seed,
        replications=replications,
        workers=workers,
        progress=progress,
    )
    own = suppliers_document(found)
    document = {
        **own,
        **head("compare", str(path), design=design, seed=seed, seconds=found.seconds),
    }
    if out is not None:
        write_json_atomically(out / "suppliers.json", document)
        write_rows(out / "suppliers.csv", [flat(row) for row in supplier_rows(own)])
    return document, _summary(found, seed)


def _summary(found: Suppliers, seed: int) -> str:
    lines = [f"{found.name}, {found.design}:"]
    for row in found.bought:
        beside = " and ".join(found.names[s] for s in row.beside)
        lines.append(
            f"  {found.names[row.supplier]}, beside {beside}: OTIF {percent(row.before.mean)} to "
            f"{percent(row.after.mean)}"
        )
        lines += [
            f"    {SAID[p.cause]:<18} {100 * p.otif.mean:+6.2f} points "
            f"({100 * p.otif.low:+.2f} to {100 * p.otif.high:+.2f})"
            for p in row.parts
        ]
        gain = row.gain
        lines.append(
            f"    {'all together':<18} {100 * gain.mean:+6.2f} points ({100 * gain.low:+.2f} to "
            f"{100 * gain.high:+.2f}), cost {row.cost.mean:+,.0f}"
        )
    order = "mean over all orders" if found.shapley else f"in the order {', '.join(found.order)}"
    return "\n".join([*lines, f"{order}; {found.replications} futures of each world, seed {seed}"])
