"""A recall on a genealogy of ten thousand batches, beside brute force over everything.

Run: python -m benchmarks.records.recalling (from the root of the repository)
"""

from __future__ import annotations

from time import process_time

from doseline.records.recall import Suspects, reach
from tests.records.life.genealogy import brute_force, genealogy

BATCHES = 10_000


def main() -> None:
    record = genealogy(BATCHES, seed=7)
    print(
        f"{len(record.batches):,} batches, {len(record.vials):,} vials, {len(record.lots):,} lots"
    )
    for suspects in (
        Suspects(lots=("L-0",)),
        Suspects(lots=("L-17", "L-41")),
        Suspects(equipment=("E-2",), from_at="2020-02-01", until_at="2020-04-01"),
        Suspects(people=("p-5",)),
    ):
        began = process_time()
        found = reach(record, suspects)
        took = process_time() - began
        began = process_time()
        same = brute_force(record, suspects) == found
        plain = process_time() - began
        print(
            f"{len(found.batches):>6,} batches, {len(found.consignees):>3} consignees, "
            f"{len(found.subjects):>6,} subjects: {1000 * took:.0f} ms "
            f"(brute force {1000 * plain:.0f} ms, {'the same' if same else 'NOT THE SAME'})"
        )


if __name__ == "__main__":
    main()
