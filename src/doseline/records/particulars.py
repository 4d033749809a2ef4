"""Particulars: what papers must say and no event does. Names, addresses, a GTIN, methods, a phone.

They are handed in beside the record and change without it; a paper therefore prints the hash of the
particulars that it used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256

__all__ = ["ContainerParticulars", "Particulars", "PlaceParticulars", "ProductParticulars"]


@dataclass(frozen=True, slots=True)
class ProductParticulars:
    """What labels and certificates say of a product.

    `authorisation` is the trial or the marketing authorisation under which it is used; `form` its
    chemical form for the carrier; `methods` the method of each test, by the test's name.
    """

    name: str
    substance: str
    gtin: str
    dosage_form: str
    route: str
    storage: str
    sponsor: str
    authorisation: str
    form: str
    warnings: tuple[str, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceParticulars:
    """A plant or a site: its legal name, its address, and its licences beside that for nuclides."""

    name: str
    address: str
    licence: str = ""


@dataclass(frozen=True, slots=True)
class ContainerParticulars:
    """What a container is: its design, gross mass and size, as a waybill asks for them."""

    design: str
    gross_mass: str
    dimensions: str


@dataclass(frozen=True, slots=True)
class Particulars:
    """All of them, by the ids of the record.

    `import_place` is the id in `places` where batches are assessed on import into the market of the
    Qualified Person, empty where none are.
    """

    products: Mapping[str, ProductParticulars]
    places: Mapping[str, PlaceParticulars]
    containers: Mapping[str, ContainerParticulars]
    emergency_phone: str
    shipper: str
    import_place: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 over the particulars, the same for the same words in whatever order.

        >>> Particulars({}, {}, {}, "+1 905 555 0100", "Pat").digest[:16]
        'ee9e26b5eecc6f16'
        """
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return sha256(text.encode("utf-8")).hexdigest()
