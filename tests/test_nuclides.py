import csv
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import radioactivedecay as rd
import sympy  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from radioactivedecay.decaydata import DecayData, DecayMatricesScipy, DecayMatricesSympy
from scipy import sparse

from doseline.errors import NuclideError
from doseline.nuclides import END_OF_CHAIN, decay_factor, ingrowth, nuclei, nuclide, nuclides

CHAINS = ["I-131", "Mo-99", "Pb-212", "At-211", "Ac-225", "Ra-223"]
HALF_LIVES = st.floats(min_value=1e-3, max_value=1e6)


def chain_of(parent: str) -> list[str]:
    """The parent and its daughters, each after all that feed it."""
    names = [parent]
    for name in names:
        for daughter, _ in nuclide(name).progeny:
            if daughter in names:
                names.remove(daughter)
            names.append(daughter)
    return names


def other_witness(parent: str, half_lives_min: dict[str, float]) -> DecayData:
    """A data set of radioactivedecay for one chain, with our half-lives put in."""
    names = chain_of(parent)
    size = len(names)
    per_s = [1 / (sympy.Rational(half_lives_min[name]) * 60) for name in names]
    c = sympy.eye(size)
    for j in range(size):
        for i in range(j + 1, size):
            fed: Any = sympy.Integer(0)
            for k in range(j, i):
                share = dict(nuclide(names[k]).progeny).get(names[i], 0.0)
                fed += sympy.Rational(str(share)) * per_s[k] * c[k, j]
            c[i, j] = fed / (per_s[i] - per_s[j])
    masses = sympy.Matrix([1] * size)
    constants = sympy.Matrix([sympy.log(2) * rate for rate in per_s])
    exact = DecayMatricesSympy(
        masses, constants, sympy.SparseMatrix(c), sympy.SparseMatrix(c.inv())
    )
    full = sparse.csr_matrix(np.tril(np.ones((size, size))))
    plain = DecayMatricesScipy(np.ones(size), np.ones(size), full, full)
    empty = np.empty(size, dtype=object)
    year = sympy.Rational("365.2422")
    table = np.array(names)
    return DecayData("ours", empty, 365.2422, empty, empty, table, empty, plain, exact, year)


@pytest.mark.parametrize("parent", CHAINS)
@pytest.mark.parametrize("half_lives", [0.01, 1.0, 12.5])
def test_ingrowth_equals_radioactivedecay_with_our_half_lives_put_in(
    parent: str, half_lives: float
) -> None:
    ours_min = {name: nuclide(name).half_life_min for name in chain_of(parent)}
    elapsed_min = half_lives * ours_min[parent]
    theirs = rd.InventoryHP(
        {parent: 100.0}, "MBq", decay_data=other_witness(parent, ours_min)
    ).decay(elapsed_min, "m")
    ours = ingrowth(parent, 100.0, elapsed_min)
    assert ours == pytest.approx(theirs.activities("MBq"), rel=1e-9)


@pytest.mark.parametrize("parent", [name for name in CHAINS if name != "Mo-99"])
def test_ingrowth_is_near_radioactivedecay_with_its_own_data(parent: str) -> None:
    """Branches and half-lives of another evaluation: the same chain within a few per cent."""
    elapsed_min = nuclide(parent).half_life_min
    theirs = rd.InventoryHP({parent: 100.0}, "MBq").decay(elapsed_min, "m").activities("MBq")
    for name, activity in ingrowth(parent, 100.0, elapsed_min).items():
        assert activity == pytest.approx(theirs[name], rel=0.03)


@settings(max_examples=40, deadline=None)
@given(
    parent=st.sampled_from(CHAINS),
    elapsed_min=st.floats(min_value=0, max_value=1e6),
    data=st.data(),
)
def test_ingrowth_conserves_nuclei(parent: str, elapsed_min: float, data: st.DataObject) -> None:
    own = {name: data.draw(HALF_LIVES, label=name) for name in chain_of(parent)}
    after = nuclei(parent, 1e12, elapsed_min, own)
    assert sum(after.values()) == pytest.approx(1e12, rel=1e-12)
    assert all(count >= 0 for count in after.values())


@settings(max_examples=25, deadline=None)
@given(elapsed_min=st.floats(min_value=0, max_value=1e5), half_life_min=HALF_LIVES)
def test_ingrowth_stands_equal_half_lives(elapsed_min: float, half_life_min: float) -> None:
    own = dict.fromkeys(chain_of("Ac-225"), half_life_min)
    after = ingrowth("Ac-225", 1.0, elapsed_min, own)
    x = np.log(2) * elapsed_min / half_life_min
    assert after["Fr-221"] == pytest.approx(x * np.exp(-x), rel=1e-9)
    assert after["At-217"] == pytest.approx(x**2 / 2 * np.exp(-x), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(parent=st.sampled_from(CHAINS), elapsed_min=st.floats(min_value=0, max_value=1e5))
def test_the_parent_decays_as_if_it_had_no_daughters(parent: str, elapsed_min: float) -> None:
    left = decay_factor(elapsed_min, nuclide(parent).half_life_min)
    assert ingrowth(parent, 7.0, elapsed_min)[parent] == pytest.approx(7.0 * left, rel=1e-12)


@given(
    first=st.floats(min_value=-1e4, max_value=1e4),
    second=st.floats(min_value=-1e4, max_value=1e4),
    half_life_min=st.floats(min_value=100, max_value=1e6),
)
def test_decay_composes(first: float, second: float, half_life_min: float) -> None:
    at_once = decay_factor(first + second, half_life_min)
    one_by_one = decay_factor(first, half_life_min) * decay_factor(second, half_life_min)
    assert at_once == pytest.approx(one_by_one, rel=1e-12)


def test_at_the_start_there_is_only_the_parent() -> None:
    after = ingrowth("Ac-225", 50.0, 0.0)
    assert after.pop("Ac-225") == pytest.approx(50.0)
    assert all(activity < 1e-9 for activity in after.values())


def test_short_daughters_are_as_active_as_a_long_parent_lets_them() -> None:
    after = ingrowth("Ac-225", 100.0, 24 * 60)
    left = after["Ac-225"]
    assert after["At-217"] == pytest.approx(left, rel=1e-3)  # secular equilibrium
    assert after["Po-213"] == pytest.approx(0.9791 * after["Bi-213"], rel=1e-6)


def test_what_leaves_the_table_is_counted_at_the_end_of_the_chain() -> None:
    after = nuclei("I-131", 1.0, 1000 * 8.0249 * 1440)
    assert after[END_OF_CHAIN] == pytest.approx(1.0)


RE_EVALUATED = {
    # Where NUBASE2012 differs from ICRP 107 by more than half a percent: days or minutes or us.
    "Ac-225": 9.920 / 10.0,
    "Fr-221": 4.777 / 4.9,
    "Po-213": 3.72 / 4.2,
}


def test_every_half_life_is_near_the_one_of_radioactivedecay() -> None:
    for name in nuclides():
        theirs = rd.Nuclide(name).half_life("m") * RE_EVALUATED.get(name, 1.0)
        assert nuclide(name).half_life_min == pytest.approx(theirs, rel=6e-3), name


def test_every_value_of_the_table_has_a_source() -> None:
    text = files("doseline").joinpath("nuclides.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        name = row["nuclide"]
        assert row["half_life_source"], name
        energies = row["electron_mev"] + row["photon_mev"] + row["alpha_mev"]
        assert bool(energies) == bool(row["energies_source"]), name
        assert bool(row["gammas_kev_percent"]) == bool(row["gammas_source"]), name
        assert bool(row["progeny"]) == bool(row["progeny_source"]), name


def test_branches_stay_within_one_and_lead_into_the_table() -> None:
    for name in nuclides():
        progeny = nuclide(name).progeny
        assert sum(share for _, share in progeny) <= 1 + 1e-12
        assert all(daughter in nuclides() for daughter, _ in progeny)


def test_the_main_gamma_of_iodine_131_is_364_kev() -> None:
    assert max(nuclide("I-131").gammas, key=lambda line: line[1]) == (364.489, 81.7)


def test_an_unknown_nuclide_is_refused_with_the_near_miss() -> None:
    with pytest.raises(NuclideError, match=r'"I131" is not in the table.*did you mean I-131'):
        nuclide("I131")


def test_time_does_not_run_backwards_in_a_chain() -> None:
    with pytest.raises(NuclideError, match="at least 0 min"):
        ingrowth("Ac-225", 1.0, -1.0)


def test_a_half_life_of_zero_is_refused() -> None:
    with pytest.raises(NuclideError, match="above 0"):
        ingrowth("I-131", 1.0, 10.0, {"I-131": 0.0})
