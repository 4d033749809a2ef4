"""The tree against its own definition, and every false proof refused."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import LedgerError
from doseline.records import inspector
from doseline.records.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    consistent,
    included,
    inclusion_proof,
    node_of,
    root_of,
    tree_levels,
)

LEAVES = [sha256(b"\x00" + bytes([n])).digest() for n in range(70)]
LEVELS = tree_levels(LEAVES)


def plain_root(leaves: list[bytes]) -> bytes:
    """Section 2.1.1 of RFC 9162, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


ROOTS = [plain_root(LEAVES[:n]) for n in range(len(LEAVES) + 1)]


def test_the_growing_root_is_that_of_the_definition() -> None:
    edge = Frontier()
    assert edge.root() == EMPTY_ROOT == ROOTS[0]
    for n, leaf in enumerate(LEAVES, 1):
        edge.append(leaf)
        assert edge.root() == root_of(LEAVES[:n]) == ROOTS[n]
        assert Frontier(n, edge.peaks).root() == ROOTS[n]


def test_an_append_costs_no_more_than_the_logarithm() -> None:
    edge = Frontier()
    for leaf in LEAVES:
        edge.append(leaf)
        assert len(edge.peaks) == edge.size.bit_count()
    with pytest.raises(LedgerError):
        Frontier(3, [LEAVES[0]])


def test_every_proof_of_inclusion_holds_here_and_at_the_inspector() -> None:
    for size in range(1, len(LEAVES) + 1):
        for index in range(size):
            proof = inclusion_proof(LEVELS, index, size)
            assert len(proof) <= (size - 1).bit_length()
            assert included(LEAVES[index], index, size, proof, ROOTS[size])
            found = inspector.root_by_inclusion(LEAVES[index], index, size, proof)
            assert found == ROOTS[size]


def test_every_proof_of_consistency_holds_here_and_at_the_inspector() -> None:
    for new in range(1, len(LEAVES) + 1):
        for old in range(1, new + 1):
            proof = consistency_proof(LEVELS, old, new)
            assert consistent(old, new, ROOTS[old], ROOTS[new], proof)
            if old < new:
                found = inspector.roots_by_consistency(old, new, ROOTS[old], proof)
                assert found == (ROOTS[old], ROOTS[new])


@given(st.data())
def test_no_other_leaf_place_size_root_or_proof_is_included(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(LEVELS, index, size)
    assert not included(LEAVES[index - 1], index, size, proof, ROOTS[size]) or size == 1
    other = data.draw(st.integers(-1, size + 1).filter(lambda n: n != index))
    assert not included(LEAVES[index], other, size, proof, ROOTS[size])
    assert not included(LEAVES[index], index, size, proof, ROOTS[size - 1])
    assert not included(LEAVES[index], index, size, [*proof, LEAVES[0]], ROOTS[size])
    smaller = data.draw(st.integers(1, size))
    if index < smaller < size:  # a true proof, of a tree of another size
        short = inclusion_proof(LEVELS, index, smaller)
        # Of the same length it would hold: the size is bound to the root by the checkpoint alone.
        assert len(short) == len(proof) or not included(
            LEAVES[index], index, size, short, ROOTS[smaller]
        )
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:place], node_of(b"", b""), *proof[place + 1 :]]
        assert not included(LEAVES[index], index, size, changed, ROOTS[size])
        assert not included(LEAVES[index], index, size, proof[:-1], ROOTS[size])


@given(st.data())
def test_no_other_history_is_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, len(LEAVES)))
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(LEVELS, old, new)
    assert not consistent(old, new, ROOTS[old - 1], ROOTS[new], proof)
    assert not consistent(old, new, ROOTS[old], ROOTS[new - 1], proof)
    assert not consistent(old, new, ROOTS[old], ROOTS[new], proof[:-1])
    assert not consistent(old, new, ROOTS[old], ROOTS[new], [*proof, LEAVES[0]])
    assert not consistent(0, new, EMPTY_ROOT, ROOTS[new], [])
    assert not consistent(new, old, ROOTS[new], ROOTS[old], proof)
    place = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:place], node_of(b"", b""), *proof[place + 1 :]]
    assert not consistent(old, new, ROOTS[old], ROOTS[new], changed)


def test_there_is_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(LedgerError):
        inclusion_proof(LEVELS, 5, 5)
    with pytest.raises(LedgerError):
        consistency_proof(LEVELS, 0, 5)
    with pytest.raises(LedgerError):
        consistency_proof(LEVELS, 5, len(LEAVES) + 1)
