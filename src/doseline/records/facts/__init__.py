"""Everything that a ledger can say, by area; `KINDS` finds a fact by its name.

>>> KINDS["VialDispensed"].__doc__
'A vial was filled for an order (or none: spare); activity as measured at the fill.'
"""

from doseline.records.facts import custody, making, materials, people, quality, testing
from doseline.records.facts.fact import Fact, body_of, fact_of, value_of

__all__ = ["AREAS", "KINDS", "Fact", "body_of", "fact_of", "value_of"]

AREAS = (people, materials, making, testing, custody, quality)

KINDS: dict[str, type[Fact]] = {
    name: cls
    for area in AREAS
    for name, cls in vars(area).items()
    if isinstance(cls, type) and issubclass(cls, Fact) and cls is not Fact
}
