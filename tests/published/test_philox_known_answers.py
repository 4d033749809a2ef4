"""The known answers of Random123 (kat_vectors, philox 4x32, 10 rounds)."""

from typing import Any

import numpy as np
import pytest

from doseline.chance import philox4x32

KNOWN = [
    ((0, 0, 0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter_and_key", "answer"), KNOWN)
def test_philox_gives_the_known_answers(
    counter_and_key: tuple[int, int, int, int, int, int], answer: tuple[int, int, int, int]
) -> None:
    assert philox4x32(*counter_and_key) == answer


@pytest.mark.parametrize(("counter_and_key", "answer"), KNOWN)
def test_philox_gives_the_known_answers_on_arrays(
    counter_and_key: tuple[int, int, int, int, int, int], answer: tuple[int, int, int, int]
) -> None:
    words: list[Any] = [np.full(3, word, dtype=np.uint64) for word in counter_and_key]
    blocks: Any = philox4x32(*words)
    assert [[int(word) for word in block] for block in blocks] == [[word] * 3 for word in answer]


@pytest.mark.parametrize(("counter_and_key", "answer"), KNOWN)
def test_philox_gives_the_known_answers_when_compiled(
    counter_and_key: tuple[int, int, int, int, int, int], answer: tuple[int, int, int, int]
) -> None:
    numba = pytest.importorskip("numba")
    compiled = numba.njit(philox4x32)
    assert tuple(int(word) for word in compiled(*counter_and_key)) == answer
