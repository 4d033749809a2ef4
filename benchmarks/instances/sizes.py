"""The sizes and the variants of the planning instances, each a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

STARTS = date(2027, 1, 4)
"""First day of every programme, a Monday; its first week makes doses for the days after it."""

FROM = STARTS + timedelta(weeks=1)
"""First day on which a dose may be wanted, a Monday."""

VARIANTS = ("base", "several_products", "different_lines", "activity_bound", "cross_border")
"""What an instance differs by from the one without a name; see README.md."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large an instance is.

    `vials` fill a batch on a line of usual size; a line makes `batches` of its weekly starts of
    labelling at most, because it is not free again in time for the others.
    """

    name: str
    orders: int
    products: int
    plants: int
    lines: int
    sites: int
    weeks: int
    vials: int
    batches: int = 2

    @property
    def until_on(self) -> date:
        """Last day on which a dose may be wanted, a Sunday."""
        return FROM + timedelta(weeks=self.weeks, days=-1)

    @property
    def slots(self) -> int:
        """Batches that all lines together can make in the weeks of the orders."""
        return self.plants * self.lines * self.weeks * self.batches

    @property
    def fewest(self) -> int:
        """Batches that the orders need at least where each fills all its vials.

        >>> SIZES["L"].fewest, SIZES["L"].slots
        (167, 192)
        """
        share = [self.orders // self.products] * self.products
        for n in range(self.orders % self.products):
            share[n] += 1
        return sum(math.ceil(orders / self.vials) for orders in share)


SIZES = {
    size.name: size
    for size in (
        Size("S", 60, 1, 2, 1, 12, 8, vials=5, batches=1),
        Size("M", 500, 8, 2, 3, 60, 6, vials=10),
        Size("L", 5_000, 1, 3, 4, 300, 8, vials=30),
        Size("XL", 30_000, 1, 3, 4, 300, 26, vials=55),
    )
}


def size_of(name: str, variant: str) -> Size:
    """The size of that name, with eight products where the variant asks for several.

    Raises LookupError for an unknown name, and for several products at size S, whose two lines are
    too few for them.

    >>> size_of("L", "several_products").products
    8
    """
    if name not in SIZES:
        raise LookupError(f"no size {name!r}; known: {', '.join(SIZES)}")
    if variant not in VARIANTS:
        raise LookupError(f"no variant {variant!r}; known: {', '.join(VARIANTS)}")
    size = SIZES[name]
    if variant == "several_products" and size.lines == 1:
        raise LookupError(f"size {name} has no variant several_products: its lines are too few")
    return replace(size, products=8) if variant == "several_products" else size
