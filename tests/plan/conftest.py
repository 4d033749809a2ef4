"""Five hundred orders of eight products, for what is about several products."""

from __future__ import annotations

import pytest

from doseline.plan.large.folded import Charges, charges_of
from doseline.plan.large.places_apart import PlacesApart
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
