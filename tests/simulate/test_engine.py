"""Which engine plays, and what is said where the kernel cannot."""

from dataclasses import replace
from datetime import date

import pytest

from doseline.simulate import engine, simulate
from doseline.simulate.engine import MANY, NotModelledError, kernel_models, takes_kernel
from tests.hand_world import world
from tests.simulate.worlds import FROM, UNTIL, Weekly, tiny


def test_without_numba_the_reference_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _: None)
    assert not takes_kernel("auto", world(), FROM, UNTIL, 10 * MANY)
    assert kernel_models(world()) == ("Numba is not installed (the extra `speed`)",)
    with pytest.raises(NotModelledError, match="Numba is not installed"):
        simulate(
            tiny(), Weekly(), seed=1, replications=1, from_on=FROM, until_on=UNTIL, engine="kernel"
        )


def test_few_replications_do_not_pay_for_the_kernel() -> None:
    pytest.importorskip("numba")
    assert not takes_kernel("auto", world(), FROM, UNTIL, MANY - 1)
    assert takes_kernel("auto", world(), FROM, UNTIL, MANY)
    assert not takes_kernel("reference", world(), FROM, UNTIL, MANY)


def test_a_world_too_large_for_the_tables_says_so() -> None:
    programme = replace(world(), until_on=date(3900, 1, 1))
    assert not kernel_models(programme, FROM, UNTIL)
    many = replace(programme, products=programme.products * 50)
    assert any("kinds of sites" in reason for reason in kernel_models(many))


def test_a_numba_without_what_the_kernel_uses_of_it_leaves_all_to_the_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("numba")
    from numba.core import caching

    engine.kernel_lacks()  # the kernel itself is imported by a sound Numba
    monkeypatch.delattr(caching, "IndexDataCacheFile")
    assert not takes_kernel("auto", world(), FROM, UNTIL, MANY)
    (reason,) = kernel_models(world())
    assert "has no numba.core.caching.IndexDataCacheFile" in reason


def test_a_numba_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    numba = pytest.importorskip("numba")
    engine.kernel_lacks()
    monkeypatch.setattr(numba, "__version__", "0.61.2")
    assert engine.kernel_lacks() == "Numba 0.61.2 is older than 0.68: the kernel needs another one"


def test_where_compiling_fails_the_reference_plays_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("numba")
    from doseline.simulate.kernel import play

    class Broken:
        signatures = ()

        def compile(self, _: object) -> None:
            raise AttributeError("no such thing inside Numba")

    monkeypatch.setattr(play, "run_futures", Broken())
    asked = {"seed": 1, "replications": 2, "from_on": FROM, "until_on": UNTIL}
    with pytest.warns(RuntimeWarning, match="the reference plays: .* no such thing inside Numba"):
        found = simulate(tiny(), Weekly(), engine="kernel", **asked)  # type: ignore[arg-type]
    plain = simulate(tiny(), Weekly(), engine="reference", **asked)  # type: ignore[arg-type]
    assert found == plain
