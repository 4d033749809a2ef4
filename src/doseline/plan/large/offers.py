"""What the sites offer a place at prices: their doses one after the other, at what each adds.

Doses of one site share packages. One dose takes its best way; of several the best one, two, ... are
found with each set of packages, and pooled so that what each further dose adds falls.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from doseline.plan.large.folded import Charges
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.structure import Structure

NONE = -1e18
"""What a way earns that there is not."""

_MANY = 3  # doses of a site: those with as many or more are one shape

Site = tuple[int, list[list[int]], list[int]]
"""A site at a place: the place, the choices of each dose, the packages."""


@dataclass(frozen=True)
class Singles:
    """Sites with one dose at a place, one after the other: `choices` of each from `begins` on.

    `fees` are those of the packages that the choices need; `items` the vials.
    """

    choices: Ints
    begins: Ints
    fees: Floats
    items: Ints


@dataclass(frozen=True)
class Several:
    """Sites with so many doses at a place: `choices` by site, dose and way, -1 where fewer.

    `able` says by set of packages, site, dose and way whether the set allows it, `fees` by set and
    site what the set costs. `items` are the vials by site and dose.
    """

    choices: Ints
    able: Flags
    fees: Floats
    items: Ints


def sites_of(
    problem: Problem, arrays: Arrays, structure: Structure, charges: Charges
) -> list[Site]:
    """Each site at each place: the choices of each of its doses, and the packages these need."""
    orders = problem.sets.orders
    package = packages_of(arrays, structure, charges)
    groups: dict[tuple[int, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for n, (place, order) in enumerate(zip(structure.place, structure.order, strict=True)):
        groups[int(place), orders[order].site][int(order)].append(n)
    return [
        (place, list(doses.values()), sorted({int(package[n]) for d in doses.values() for n in d}))
        for (place, _), doses in groups.items()
    ]


def offers_of(
    problem: Problem, arrays: Arrays, structure: Structure, charges: Charges
) -> tuple[Singles, list[Several], Ints]:
    """The sites with one dose at a place, those with several by number, the place of each vial."""
    package = packages_of(arrays, structure, charges)
    sites = sites_of(problem, arrays, structure, charges)
    alone = [site for site in sites if len(site[1]) == 1]
    choices = np.array([n for _, (dose,), _ in alone for n in dose], dtype=np.int64)
    count = [len(dose) for _, (dose,), _ in alone]
    fees = np.where(package >= 0, arrays.cost[package], 0.0)[choices]
    begins = np.cumsum([0, *count])[:-1].astype(np.int64)
    singles = Singles(choices, begins, fees, np.arange(len(alone), dtype=np.int64))
    places, several = [np.array([place for place, _, _ in alone], dtype=np.int64)], []
    before = len(alone)
    shapes: dict[tuple[int, bool], list[Site]] = defaultdict(list)
    for site in sites:
        if len(site[1]) > 1:
            shapes[min(len(site[1]), _MANY), max(map(len, site[1])) == 1].append(site)
    for _, some in sorted(shapes.items()):
        offer = _shaped(some, package, arrays, before)
        several.append(offer)
        places.append(np.repeat([place for place, _, _ in some], offer.items.shape[1]))
        before += offer.items.size
    return singles, several, np.concatenate(places)


def packages_of(arrays: Arrays, structure: Structure, charges: Charges) -> Ints:
    """By choice the column of the package that it needs, -1 for none."""
    position = np.full(arrays.columns, -1, dtype=np.int64)
    position[structure.serve] = np.arange(len(structure.serve))
    package = np.full(len(structure.serve), -1, dtype=np.int64)
    package[position[charges.serve]] = charges.paid
    return package


def _shaped(some: list[Site], package: Ints, arrays: Arrays, before: int) -> Several:
    """Sites as arrays, padded to the most of doses, ways and packages that one of them has."""
    doses = max(len(mine) for _, mine, _ in some)
    ways = max(len(dose) for _, mine, _ in some for dose in mine)
    most = max(len(packages) for *_, packages in some)
    choices = np.full((len(some), doses, ways), -1, dtype=np.int64)
    needed = np.full((len(some), doses, ways), most, dtype=np.int64)
    fee = np.zeros((len(some), most))
    for n, (_, mine, packages) in enumerate(some):
        fee[n, : len(packages)] = [arrays.cost[c] if c >= 0 else 0.0 for c in packages]
        for d, dose in enumerate(mine):
            choices[n, d, : len(dose)] = dose
            needed[n, d, : len(dose)] = [packages.index(int(package[c])) for c in dose]
    sets = np.array([[s >> n & 1 for n in range(most)] for s in range(1 << most)], dtype=np.bool_)
    opened = np.concatenate([sets, np.ones((len(sets), 1), dtype=np.bool_)], axis=1)
    items = before + np.arange(len(some) * doses, dtype=np.int64).reshape(len(some), doses)
    return Several(choices, opened[:, needed], sets.astype(np.float64) @ fee.T, items)


def best_ways(offer: Singles, gain: Floats) -> tuple[Floats, Ints]:
    """What the best way to serve each dose earns, and which it is: the first of those alike."""
    if not offer.choices.size:
        return np.empty(0), offer.choices
    net = gain[offer.choices] - offer.fees
    best = np.maximum.reduceat(net, offer.begins)
    count = np.diff(np.append(offer.begins, len(net)))
    at = np.where(net == np.repeat(best, count), np.arange(len(net)), len(net))
    return best, offer.choices[np.minimum.reduceat(at, offer.begins)]


def best_sets(offer: Several, gain: Floats) -> tuple[Floats, Ints]:
    """What the best one, two, ... doses of each site earn, and by which choices.

    `gain` by choice, with none at the end. All sets of packages are compared.
    """
    sites, doses, ways = offer.choices.shape
    allowed = np.where(offer.able, gain[offer.choices], NONE).reshape(-1, ways)
    way = allowed.argmax(axis=1)
    value = allowed[np.arange(len(allowed)), way].reshape(-1, doses)
    flat = np.tile(offer.choices.reshape(-1, ways), (len(offer.able), 1))
    choice = flat[np.arange(len(flat)), way].reshape(-1, doses)
    order = np.argsort(-value, axis=1, kind="stable")
    row = np.arange(len(value))[:, None]
    total = np.cumsum(value[row, order], axis=1).reshape(-1, sites, doses)
    total -= offer.fees[:, :, None]
    best = total.argmax(axis=0)
    chosen = choice[row, order].reshape(-1, sites, doses)
    at = np.arange(sites)[:, None]
    return total[best, at, np.arange(doses)], chosen[best, at]


def pooled(total: Floats) -> Floats:
    """What each further dose adds, pooled so that it falls: slopes of the concave hull from 0."""
    doses = total.shape[1]
    if doses == 1:
        return total
    known = np.concatenate([np.zeros((len(total), 1)), total], axis=1)
    slopes = np.empty_like(total)
    for k in range(1, doses + 1):
        steepest = [
            np.max([(known[:, j] - known[:, i]) / (j - i) for j in range(k, doses + 1)], axis=0)
            for i in range(k)
        ]
        slopes[:, k - 1] = np.min(steepest, axis=0)
    return slopes


def take(choices: Floats, weight: Floats, chosen: Ints) -> None:
    """Adds what is taken of each site's sets to the choices in them."""
    doses = weight.shape[1]
    further = np.concatenate([weight[:, 1:], np.zeros((len(weight), 1))], axis=1)
    for k in range(doses):
        part = weight[:, k] - further[:, k]
        some = np.flatnonzero(part > 0.0)
        np.add.at(choices, chosen[some, k, : k + 1], part[some, None])
