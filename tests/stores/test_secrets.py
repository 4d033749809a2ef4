"""Secrets of people: hashed, owned, whole or as before."""

import os
from pathlib import Path

import pytest

from doseline.errors import LedgerError, NotPermitted
from doseline.stores.secrets import Secrets


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Secrets(tmp_path / "secrets.json").set("ann", 1, "a long secret")
    return tmp_path / "secrets.json"


def test_a_secret_is_right_for_its_person_and_generation_alone(path: Path) -> None:
    secrets = Secrets(path)
    assert secrets.check("ann", 1, "a long secret")
    assert not secrets.check("ann", 1, "another secret")
    assert not secrets.check("ann", 2, "a long secret")
    assert not secrets.check("bob", 1, "a long secret")


def test_the_file_holds_no_secret_and_is_its_owners(path: Path) -> None:
    assert "a long secret" not in path.read_text(encoding="utf-8")
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
        path.chmod(0o644)
        with pytest.raises(NotPermitted, match="others can read"):
            Secrets(path)


def test_the_same_secret_of_two_people_looks_different(path: Path) -> None:
    secrets = Secrets(path)
    secrets.set("bob", 1, "a long secret")
    assert len(set(secrets._held.values())) == 2


def test_a_short_secret_is_refused(path: Path) -> None:
    with pytest.raises(NotPermitted, match="at least 8"):
        Secrets(path).set("bob", 1, "short")


def test_a_new_secret_leaves_the_old_generation(path: Path) -> None:
    """The ledger says which counts: so a crash between the two files locks nobody out."""
    secrets = Secrets(path)
    secrets.set("ann", 2, "a newer secret")
    assert Secrets(path).check("ann", 1, "a long secret")
    assert Secrets(path).check("ann", 2, "a newer secret")


def test_a_damaged_file_is_told(path: Path) -> None:
    path.write_text("{", encoding="utf-8")
    with pytest.raises(LedgerError, match="could not be read"):
        Secrets(path)
