"""The ledger for long: twenty thousand killed writers, ten thousand single changes."""

from pathlib import Path

import pytest

from tests.records.tampering import patient, tamper
from tests.records.test_killed import killed
from tests.records.test_tampering import flipped, written_for_flipping

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("seed", range(100, 120))
def test_twenty_thousand_killed_writers_lose_nothing(tmp_path: Path, seed: int) -> None:
    told = killed(tmp_path, 1_000, seed=seed, timeout=3_600)
    assert told["cycles"] == 1_000
    assert (told["lost"], told["halves"]) == (0, 0)


@pytest.mark.parametrize("begin", range(10_000, 20_000, 1_000))
def test_ten_thousand_single_changes_are_found_and_named(tmp_path: Path, begin: int) -> None:
    it = patient(tmp_path / "a.ledger")
    for number in range(begin, begin + 1_000):
        tamper(it, number)


@pytest.mark.parametrize("begin", range(1_000, 6_000, 1_000))
def test_five_thousand_changed_bytes_of_the_file_are_found(tmp_path: Path, begin: int) -> None:
    flipped(written_for_flipping(tmp_path), iter(range(begin, begin + 1_000)))
