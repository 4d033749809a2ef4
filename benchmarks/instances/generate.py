"""Planning instances as files: a programme that `doseline check` accepts, and its dose orders.

Run from the root of the repository, for example:

    python -m benchmarks.instances.generate S base 1 build/instances
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.instances.network import COURSE, NUCLIDES, WORKDAYS, network
from benchmarks.instances.sizes import FROM, SIZES, VARIANTS, Size, size_of
from doseline.chance import Stream, stream
from doseline.formats import programme_to_text, write_rows, write_text_atomically
from doseline.operations.ordering import placed_at
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.rules import rounded_to
from doseline.programme.site import Site


@dataclass(frozen=True)
class Instance:
    """A programme, its orders, and the days between which they are wanted."""

    size: Size
    variant: str
    seed: int
    programme: Programme
    orders: tuple[DoseOrder, ...]

    @property
    def name(self) -> str:
        """Size, variant and seed; also the name of the files."""
        return f"{self.size.name}-{self.variant}-{self.seed}"

    @property
    def from_on(self) -> date:
        """First day on which a dose may be wanted."""
        return FROM

    @property
    def until_on(self) -> date:
        """Last day on which a dose may be wanted."""
        return self.size.until_on


def instance(size: str, variant: str = "base", seed: int = 1) -> Instance:
    """The instance of a size, a variant and a seed, the same on every machine.

    Raises LookupError for an unknown size or variant.

    >>> small = instance("S")
    >>> small.name, len(small.orders)
    ('S-base-1', 60)
    """
    measure = size_of(size, variant)
    programme = network(measure, variant, seed)
    orders = tuple(_orders(measure, variant, seed, programme))
    return Instance(measure, variant, seed, programme, orders)


def _orders(size: Size, variant: str, seed: int, programme: Programme) -> Iterator[DoseOrder]:
    """Orders spread evenly over the weeks, so that no week asks for more than its share.

    Products take turns. Site, day, window, course and dose are drawn, each from a stream of its
    own name.
    """
    sites, chance = _by_weight(programme, seed), stream(seed, 0, "orders")
    for n in range(size.orders):
        product = programme.products[n % size.products]
        week = int((n + chance.uniform(n)) / size.orders * size.weeks)
        site = sites[int(chance.uniform(n, 1) * len(sites))]
        days = [WORKDAYS.index(w) for w in site.treatment_weekdays]
        on = FROM + timedelta(weeks=week, days=days[int(chance.uniform(n, 2) * len(days))])
        protocol = product.id.replace("product", "market")
        number = 1 + int(COURSE * chance.uniform(n, 3))
        yield DoseOrder(
            id=f"order-{n + 1}",
            product=product.id,
            protocol=protocol,
            site=site.id,
            patient=f"patient-{n + 1}",
            course_number=number,
            placed_at=placed_at(programme, protocol, site, on),
            wanted_on=on,
            earliest_on=on - timedelta(days=int(3 * chance.uniform(n, 4))),
            latest_on=on + timedelta(days=2 + int(4 * chance.uniform(n, 5))),
            activity_mbq=_dose_mbq(variant, product.nuclide or "", seed, n),
            started=number > 1,
        )


def _by_weight(programme: Programme, seed: int) -> list[Site]:
    """The sites, each one to three times, so that some ask for three times as much."""
    chance = stream(seed, 0, "weights")
    return [
        site
        for n, site in enumerate(programme.sites)
        for _ in range(1 + int(3 * chance.uniform(n)))
    ]


def _dose_mbq(variant: str, nuclide: str, seed: int, n: int) -> float:
    """The usual dose, three quarters or a half of it; where activity is to bind, by body size."""
    usual, chance = dict(NUCLIDES)[nuclide], stream(seed, 0, "doses")
    if variant == "activity_bound":
        return rounded_to(usual * _by_size(chance, n), 10.0)
    u = chance.uniform(n)
    return usual * (1.0 if u < 0.82 else 0.75 if u < 0.92 else 0.5)


def _by_size(chance: Stream, n: int) -> float:
    return chance.truncated_normal(1.0, 0.15, 0.6, 1.4, n, 1)


# -- files ---------------------------------------------------------------------------------


def order_rows(orders: tuple[DoseOrder, ...]) -> Iterator[dict[str, Any]]:
    """The orders as rows of a file of dose orders; when they were placed follows from the rule."""
    for o in orders:
        yield {
            "id": o.id,
            "product": o.product,
            "protocol": o.protocol,
            "site": o.site,
            "patient": o.patient,
            "course_number": o.course_number,
            "wanted_on": o.wanted_on,
            "earliest_on": o.earliest_on,
            "latest_on": o.latest_on,
            "activity": f"{o.activity_mbq:g} MBq",
        }


def write(size: str, variant: str, seed: int, folder: Path) -> tuple[Path, Path]:
    """Writes an instance: `NAME.yaml`, the programme, and `NAME.csv`, its orders."""
    made = instance(size, variant, seed)
    programme, orders = folder / f"{made.name}.yaml", folder / f"{made.name}.csv"
    write_text_atomically(programme, programme_to_text(made.programme))
    write_rows(orders, order_rows(made.orders))
    return programme, orders


def main(words: list[str]) -> int:
    """Writes the instance that the command line names."""
    if len(words) != 4 or not words[2].isdecimal():
        print(f"usage: generate SIZE VARIANT SEED FOLDER\n  sizes {', '.join(SIZES)}")
        print(f"  variants {', '.join(VARIANTS)}")
        return 2
    size, variant, seed, folder = words
    try:
        for path in write(size, variant, int(seed), Path(folder)):
            print(path)
    except LookupError as error:
        print(error.args[0])
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
