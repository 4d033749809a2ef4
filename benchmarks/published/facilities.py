"""Instances of single-source facility location, as published: the files, a check, a plain model."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from doseline.errors import Fault, InputError
from doseline.plan.locating.knapsacks import Whole
from doseline.plan.locating.locations import Structure
from doseline.plan.model.matrix import Floats, Limit, Matrix


@dataclass(frozen=True)
class Instance:
    """Customers to be served by one facility each; `cost` is by customer and facility."""

    name: str
    capacity: Floats
    fixed: Floats
    demand: Floats
    cost: Floats


def read(path: Path) -> Instance:
    """An instance from its file: counts, capacities, fixed costs, demands, costs by customer."""
    numbers = list(_numbers(path))
    if len(numbers) < 2:
        raise InputError(
            Fault(str(path), 1, "counts", f"{len(numbers)} numbers; expected two first")
        )
    places, customers = int(numbers[0]), int(numbers[1])
    expected = 2 + 2 * places + customers + places * customers
    if len(numbers) != expected:
        told = (
            f"{len(numbers)} in the file; expected {expected} "
            f"for {places} facilities and {customers} customers"
        )
        raise InputError(Fault(str(path), 1, "numbers", told))
    values = np.asarray(numbers[2:], dtype=np.float64)
    cuts = np.cumsum([places, places, customers])
    capacity, fixed, demand, cost = np.split(values, cuts)
    return Instance(path.stem, capacity, fixed, demand, cost.reshape(customers, places))


def _numbers(path: Path) -> Iterator[float]:
    with path.open(encoding="utf-8") as lines:
        for at, line in enumerate(lines, start=1):
            for word in line.split():
                try:
                    yield float(word)
                except ValueError:
                    told = f"found {word!r}; expected a number"
                    raise InputError(Fault(str(path), at, "numbers", told)) from None


def optima(folder: Path) -> dict[str, float]:
    """The known optimum of each instance of a folder, from its `optima.csv`."""
    with (folder / "optima.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"instance", "optimum"} <= rows[0].keys():
        told = "expected a row for each instance, in the columns instance and optimum"
        raise InputError(Fault(str(folder / "optima.csv"), 1, "columns", told))
    return {row["instance"]: float(row["optimum"]) for row in rows}


def total(instance: Instance, assignment: Whole) -> float:
    """The cost of an assignment, counted anew. Raises ValueError where a facility overflows."""
    load = np.bincount(assignment, instance.demand, len(instance.capacity))
    if np.any(load > instance.capacity):
        raise ValueError(f"facility {int(np.argmax(load - instance.capacity))} is overfilled")
    served = instance.cost[np.arange(len(assignment)), assignment].sum()
    return float(served + instance.fixed[np.unique(assignment)].sum())


def strong_model(instance: Instance) -> Matrix:
    """The usual strong model: each customer once, x <= y, and the capacity of each facility."""
    matrix = Matrix()
    customers, places = instance.cost.shape
    opened = [matrix.binary(float(f)) for f in instance.fixed]
    served = [[matrix.binary(float(c)) for c in row] for row in instance.cost]
    for i in range(customers):
        matrix.row(Limit("customer", str(i)), [(x, 1.0) for x in served[i]], lower=1.0, upper=1.0)
    for j in range(places):
        terms = [(served[i][j], float(instance.demand[i])) for i in range(customers)]
        room = float(instance.capacity[j])
        matrix.row(Limit("capacity", str(j)), [*terms, (opened[j], -room)], upper=0.0)
        for i in range(customers):
            matrix.row(Limit("open", str(j)), [(served[i][j], 1.0), (opened[j], -1.0)], upper=0.0)
    return matrix


def structure(instance: Instance) -> Structure:
    """The instance as the planner takes it: customers as orders, facilities as places."""
    cost = instance.cost.T
    load = np.broadcast_to(instance.demand, cost.shape)
    return Structure(cost=cost, load=load, room=instance.capacity, fixed=instance.fixed)
