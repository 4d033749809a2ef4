"""Five hundred orders of eight products, for what is about several products."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np
import pytest

from doseline.plan.large.climbing import Prices, climbed, first_prices
from doseline.plan.large.folded import Charges, charges_of
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.large.sharpened import Sharpened, sharpened
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.structure import Structure, structure_of
from tests.plan.several_products import stated


@pytest.fixture(scope="module")
def problem() -> Problem:
    """Five hundred orders of eight products."""
    return stated()


@pytest.fixture(scope="module")
def arrays(problem: Problem) -> Arrays:
    return arrays_of(problem.matrix)


@pytest.fixture(scope="module")
def structure(problem: Problem) -> Structure:
    return structure_of(problem)


@pytest.fixture(scope="module")
def charges(problem: Problem, arrays: Arrays) -> Charges:
    return charges_of(problem, arrays)


@pytest.fixture(scope="module")
def apart(problem: Problem, arrays: Arrays, structure: Structure, charges: Charges) -> PlacesApart:
    return PlacesApart(problem, arrays, structure, charges)


@pytest.fixture(scope="module")
def prices(apart: PlacesApart) -> Prices:
    nothing, until = np.zeros(len(apart.most)), perf_counter() + 600.0
    return climbed(apart, first_prices(apart), nothing, apart.most, 300, 0.025, 0.1, until)


@pytest.fixture(scope="module")
def found(problem: Problem, apart: PlacesApart, charges: Charges, prices: Prices) -> Sharpened:
    at = prices.orders, prices.dues
    with ThreadPoolExecutor(2) as pool:
        return sharpened(problem, apart, charges, at, pool, perf_counter() + 600.0)
