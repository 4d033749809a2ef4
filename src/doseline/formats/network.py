"""Rules between the sections of a programme: they need whole sections, each sound by itself.

A rule names the keys of the file that it reads and is left out where one of them is faulty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from doseline.formats.basis import Path

__all__ = ["network_faults"]

Sections = Mapping[str, Any]
Found = tuple[Path, str]


def network_faults(sections: Sections) -> Iterator[Found]:
    """Every rule between sections that is broken: the path, and what is wrong."""
    for reads, rule in _RULES:
        if all(key in sections for key in reads):
            yield from rule(sections)


def _dates(s: Sections) -> Iterator[Found]:
    if s["until"] < s["from"]:
        yield ("until",), f'found "{s["until"]}", expected {s["from"]} or later'


def _questions(s: Sections) -> Iterator[Found]:
    first, last = s["from"], s["until"]
    for i, question in enumerate(s["questions"]):
        for key, day in (("from", question.from_on), ("until", question.until_on)):
            if not first <= day <= last:
                message = f'found "{day}", expected a day of the programme, {first} to {last}'
                yield ("questions", i, key), message


def _design_slots(s: Sections) -> Iterator[Found]:
    plants = {m.id: m for m in s["manufacturers"]}
    for i, design in enumerate(s["designs"]):
        for j, use in enumerate(design.plants):
            plant = plants.get(use.manufacturer)
            lines = {ln.id: ln for ln in plant.lines} if plant else {}
            for k, taken in enumerate(use.slots):
                path: Path = ("designs", i, "plants", j, "slots", k)
                if plant and taken.line not in lines:
                    known = ", ".join(lines)
                    message = f'found "{taken.line}", expected a line of {plant.id}: {known}'
                    yield (*path, "line"), message
                elif plant:
                    yield from _places(lines[taken.line], taken.at, path)


def _places(line: Any, wanted: Iterable[Any], path: Path) -> Iterator[Found]:
    slots = [rule.at for rule in line.slots]
    for n, at in enumerate(wanted):
        if at not in slots:
            known = ", ".join(str(slot) for slot in slots)
            yield (*path, "at", n), f'found "{at}", expected a slot of {line.id}: {known}'


def _trial_lanes(s: Sections) -> Iterator[Found]:
    sites = {site.id: site for site in s["sites"]}
    for i, trial in enumerate(s["trials"]):
        for j, name in enumerate(trial.sites):
            site = sites.get(name)
            if site is None:
                continue
            permitted = {
                p.manufacturer
                for p in s["permissions"]
                if trial.id in p.protocols and site.market in p.markets
            }
            reached = any(
                lane.manufacturer in permitted and (site.region in lane.to or site.id in lane.to)
                for lane in s["lanes"]
            )
            if not permitted:
                message = f"expected a permission for {trial.id} in {site.market}; there is none"
                yield ("trials", i, "sites", j), f'nobody may supply "{name}": {message}'
            elif not reached:
                message = f"expected a lane from {' or '.join(sorted(permitted))} to {site.region}"
                yield ("trials", i, "sites", j), f'no lane reaches "{name}": {message}'


def _makes(s: Sections) -> Iterator[Found]:
    for i, plant in enumerate(s["manufacturers"]):
        made = {product for line in plant.lines for product in line.products}
        for j, entry in enumerate(plant.makes):
            if entry.product not in made:
                message = f'found "{entry.product}", expected a product of one of its lines'
                yield ("manufacturers", i, "makes", j, "product"), message


def _cold_visits(s: Sections) -> Iterator[Found]:
    """What has no nuclide has no activity: its visits say so, or would get the arm's dose."""
    cold = {product.id for product in s["products"] if product.nuclide is None}
    arms = [
        *(
            (("trials", i, "arms", j), t, a)
            for i, t in enumerate(s["trials"])
            for j, a in enumerate(t.arms)
        ),
        *((("markets", i, "arm"), m, m.arm) for i, m in enumerate(s["markets"])),
    ]
    for path, protocol, arm in arms:
        for k, visit in enumerate(arm.visits):
            product, dose = visit.product or protocol.product, visit.dose or arm.dose
            if product in cold and dose.rate.mbq > 0.0:
                message = (
                    f"found an activity for {product}, which has no nuclide; "
                    "expected dose: {rate: 0 MBq}"
                )
                yield (*path, "visits", k), message


def _stages(s: Sections) -> Iterator[Found]:
    both = {p.id for p in (*s["trials"], *s["markets"])}
    before = {stage.id: stage.after for stage in s["stages"]}
    holder: dict[str, str] = {}
    for i, stage in enumerate(s["stages"]):
        seen = [stage.id]
        while (following := before.get(seen[-1])) is not None and following not in seen:
            seen.append(following)
        if following == stage.id:
            circle = " after ".join([*seen, stage.id])
            yield ("stages", i, "after"), f"stages in a circle: {circle}; take one `after` out"
        for j, protocol in enumerate(stage.protocols):
            path: Path = ("stages", i, "protocols", j)
            if protocol not in both:
                yield path, f'found "{protocol}", expected the id of a trial or a market'
            elif holder.setdefault(protocol, stage.id) != stage.id:
                first = holder[protocol]
                yield path, f'"{protocol}" belongs to {first} already; expected one stage for each'
        if not stage.protocols and stage.takes is None:
            yield ("stages", i, "takes"), "missing; a stage without a trial or market needs it"
        if stage.beside and not stage.protocols:
            yield ("stages", i, "beside"), "a stage without a trial or market has no dates to keep"


def _shock_targets(s: Sections) -> Iterator[Found]:
    ids = {"trial": {t.id for t in s["trials"]}, "market": {m.id for m in s["markets"]}}
    for i, scenario in enumerate(s["scenarios"]):
        for j, shock in enumerate(scenario.shocks):
            for k, target in enumerate(shock.targets):
                for kind, own in ids.items():
                    others = set().union(*ids.values()) - own
                    if shock.hits == kind and target in others:
                        path: Path = ("scenarios", i, "shocks", j, "targets", k)
                        yield path, f'found "{target}", expected the id of a {kind}'


_RULES: tuple[tuple[tuple[str, ...], Callable[[Sections], Iterator[Found]]], ...] = (
    (("from", "until"), _dates),
    (("from", "until", "questions"), _questions),
    (("designs", "manufacturers"), _design_slots),
    (("lanes", "permissions", "sites", "trials"), _trial_lanes),
    (("manufacturers",), _makes),
    (("markets", "products", "trials"), _cold_visits),
    (("markets", "stages", "trials"), _stages),
    (("markets", "scenarios", "trials"), _shock_targets),
)
