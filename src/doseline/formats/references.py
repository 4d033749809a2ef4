"""What one entry of a programme file says of another: ids that are used, and ids that stand twice.

These rules read the tree of the file, not the finished programme, so that they speak even where
other entries are faulty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from doseline.errors import Fault, did_you_mean
from doseline.formats.basis import BASIS_WORDS, Path, Settled, path_text
from doseline.formats.fields import ROOT, Spec, specs
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar
from doseline.programme.observed import PRECEDENTS

__all__ = ["Leaf", "leaves", "reference_faults"]

_KIND_OF_SECTION = {
    "Product": "product",
    "Manufacturer": "manufacturer",
    "Line": "line",
    "IsotopeSource": "source",
    "Carrier": "carrier",
    "Border": "border",
    "Lane": "lane",
    "Site": "site",
    "Trial": "protocol",
    "Market": "protocol",
    "StandingDemand": "protocol",
    "Design": "design",
    "Scenario": "scenario",
    "Hazard": "hazard",
    "Stage": "stage",
    "Question": "question",
    "Reference": "reference",
}
_OWN_KEY = {
    "Contract": "manufacturer",
    "Penalty": "protocol",
    "UptakeCase": "name",
    "SiteShare": "site",
    "FailureCause": "cause",
    "PlantUse": "manufacturer",
    "PlantRange": "manufacturer",
    "LineSlots": "line",
}
_REFERS = {
    "product": "product",
    "products": "product",
    "manufacturer": "manufacturer",
    "manufacturers": "manufacturer",
    "Manufacturer.sources": "source",
    "line": "line",
    "Lane.carrier": "carrier",
    "Lane.to": "region or site",
    "site": "site",
    "Trial.sites": "site",
    "protocols": "protocol",
    "protocol": "protocol",
    "Permission.markets": "market",
    "Shock.markets": "market",
    "Hazard.markets": "market",
    "Observed.markets": "market",
    "Observed.later": "protocol",
    "from_markets": "market",
    "to_markets": "market",
    "designs": "design",
    "main_design": "design",
    "Design.questions": "question",
    "Question.case": "uptake case",
    "Stage.after": "stage",
    "RegionEnrolment.markets": "market",
}
_KIND_OF_HIT = {"permission": "manufacturer", "trial": "protocol", "market": "protocol"}
_NEEDED = {
    "protocol": "the id of a trial, a market or a standing demand",
    "region or site": "a region or the id of a site",
    "market": "a market that a site names",
    "uptake case": "the name of an uptake case",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of the file: its key, its path and the mapping in which it stands."""

    spec: Spec
    path: Path
    scalar: Scalar
    within: Mapping


@dataclass
class _Known:
    """The ids of a file by kind, and where each first stands."""

    ids: dict[str, dict[str, Scalar]] = field(default_factory=lambda: defaultdict(dict))
    faults: list[Fault] = field(default_factory=list)

    def declare(self, kind: str, scalar: Scalar, path: Path) -> None:
        first = self.ids[kind].setdefault(scalar.text, scalar)
        if first is not scalar:
            where = f"line {first.line}"
            if first.file != scalar.file:
                where += f" of {first.file}"
            message = f'"{scalar.text[:60]}" stands twice, first in {where}; expected another id'
            self.faults.append(Fault(scalar.file, scalar.line, path_text(path), message))


def leaves(node: Node, cls: type = ROOT, path: Path = ()) -> Iterator[Leaf]:
    """Every value under a section that its keys know, in the order of the keys."""
    if not isinstance(node, Mapping):
        return
    for spec in specs(cls):
        value = node.entries.get(spec.key)
        if value is None:
            continue
        listed = value.values if isinstance(value, Items) else [value]
        for i, one in enumerate(listed):
            at = (*path, spec.key, i) if isinstance(value, Items) else (*path, spec.key)
            if spec.section is not None:
                yield from leaves(one, spec.section, at)
            elif isinstance(one, Scalar) and not one.empty:
                yield Leaf(spec, at, one, node)


def _declared(tree: Mapping) -> _Known:
    known = _Known()
    for leaf in leaves(tree):
        owner, name = leaf.spec.owner.__name__, leaf.spec.name
        if name == "id" and owner in _KIND_OF_SECTION:
            known.declare(_KIND_OF_SECTION[owner], leaf.scalar, leaf.path)
        elif name == _OWN_KEY.get(owner, "id"):
            known.declare(path_text(leaf.path[:-2]), leaf.scalar, leaf.path)
        elif owner == "Site" and name in ("region", "market"):
            known.ids[name].setdefault(leaf.scalar.text, leaf.scalar)
        elif owner == "Manufacturer" and name == "firm":
            known.ids["firm"].setdefault(leaf.scalar.text, leaf.scalar)
        if name == "country":
            code = leaf.scalar.text.partition("-")[0]
            known.ids["market"].setdefault(code, leaf.scalar)
        if owner == "UptakeCase" and name == "name":
            known.ids["uptake case"].setdefault(leaf.scalar.text, leaf.scalar)
    known.ids["region or site"] = {**known.ids["region"], **known.ids["site"]}
    return known


def reference_faults(tree: Mapping, found: Settled) -> list[Fault]:
    """Ids that stand twice or that nothing declares, and bases that no reference declares."""
    known = _declared(tree)
    faults = known.faults
    for leaf in leaves(tree):
        kind = _kind(leaf)
        if kind is None or (kind == "protocol" and leaf.scalar.text == "*"):
            continue
        if message := _unknown(leaf.scalar, kind, known):
            faults.append(Fault(leaf.scalar.file, leaf.scalar.line, path_text(leaf.path), message))
    words = (*BASIS_WORDS, *known.ids["reference"])
    for path, scalar in found.uses:
        if scalar.text not in words:
            hint = did_you_mean(scalar.text, words)
            if not hint and known.ids["reference"]:
                hint = f"; known: {', '.join(list(known.ids['reference'])[:8])}"
            message = (
                f"found {scalar.shown()}, expected {', '.join(BASIS_WORDS)} or the id of an entry "
                f"of references{hint}"
            )
            faults.append(Fault(scalar.file, scalar.line, path_text(path), message))
    return faults


def _kind(leaf: Leaf) -> str | None:
    owner, name = leaf.spec.owner.__name__, leaf.spec.name
    if owner in ("Shock", "Hazard") and name == "targets":
        hits = leaf.within.entries.get("hits")
        kind = hits.text if isinstance(hits, Scalar) else ""
        return _KIND_OF_HIT.get(kind, kind)
    if (owner, name) == ("Observed", "strikes"):
        return _struck(leaf.within.entries.get("shock"))
    if name == _OWN_KEY.get(owner) and name in ("name", "cause"):
        return None
    return _REFERS.get(f"{owner}.{name}") or _REFERS.get(name)


def _struck(shock: Node | None) -> str | None:
    """The kind of thing that an observed shock strikes."""
    found = PRECEDENTS.get(shock.text) if isinstance(shock, Scalar) else None
    return _KIND_OF_HIT.get(found.strikes, found.strikes) if found else None


def _unknown(scalar: Scalar, kind: str, known: _Known) -> str:
    ids = known.ids.get(kind, {})
    if scalar.text in ids:
        return ""
    if kind not in (*_KIND_OF_SECTION.values(), *_NEEDED, "firm"):
        return ""
    needed = _NEEDED.get(kind, f"the id of a {kind}" if kind != "firm" else "the name of a firm")
    hint = did_you_mean(scalar.text, ids)
    if not hint:
        names = sorted(ids)
        more = ", ..." if len(names) > 8 else ""
        hint = f"; known: {', '.join(names[:8])}{more}" if names else "; the file declares none"
    return f"found {scalar.shown()}, expected {needed}{hint}"
