"""The Merkle tree over all entries, as in RFC 9162 section 2.1 (and RFC 6962 before it).

The hash of a leaf is SHA-256 of 0x00 and its bytes, of a node SHA-256 of 0x01 and its two children.
A tree of n leaves splits at the largest power of two below n. Whoever keeps the root of the first
n entries can later be shown, with a proof of logarithmic length, that an entry is among them
(inclusion) and that a longer log still begins with them (consistency).
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from doseline.errors import LedgerError

__all__ = [
    "EMPTY_ROOT",
    "Frontier",
    "consistency_proof",
    "consistent",
    "included",
    "inclusion_proof",
    "node_of",
    "root_of",
    "tree_levels",
]

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


def node_of(left: bytes, right: bytes) -> bytes:
    """The hash of a node with these children."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, largest first.

    An append costs one hash on average, the root as many as there are peaks, at most log2(size).

    >>> edge = Frontier()
    >>> edge.append(sha256(b"\\x00").digest())
    >>> edge.size, edge.root().hex()[:12]
    (1, '6e340b9cffb3')
    """

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise LedgerError(f"a tree of {size} leaves has {size.bit_count()} peaks")

    def append(self, leaf: bytes) -> None:
        """One more leaf, given by its hash."""
        peaks, size = self.peaks, self.size
        while size & 1:  # each finished pair below becomes one node
            leaf = sha256(b"\x01" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self.peaks:
            return EMPTY_ROOT
        found = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            found = node_of(peak, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes.

    >>> root_of([]).hex()[:12]
    'e3b0c44298fc'
    """
    edge = Frontier()
    for leaf in leaves:
        edge.append(leaf)
    return edge.root()


def tree_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The nodes of all complete subtrees, level by level, leaves first: what proofs are made of."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_of(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return levels


def inclusion_proof(levels: Sequence[Sequence[bytes]], index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of the first `size` leaves. [RFC 9162, 2.1.3.1]

    `levels` are those of `tree_levels` over at least as many leaves. Raises LedgerError.
    """
    if not 0 <= index < size <= len(levels[0]):
        raise LedgerError(f"no proof of entry {index} in {size} of {len(levels[0])} entries")
    return _path(levels, index, 0, size)


def consistency_proof(levels: Sequence[Sequence[bytes]], old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with that of `old`. [RFC 9162, 2.1.4.1]

    Empty where both are one tree. Raises LedgerError where old is 0 or beyond new.
    """
    if not 0 < old <= new <= len(levels[0]):
        raise LedgerError(f"no proof from {old} to {new} of {len(levels[0])} entries")
    return _subproof(levels, old, 0, new, whole=True)


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf at its index under the root. [RFC 9162, 2.1.3.2]"""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_of(step, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_of(found, step)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the new tree begins with the old. [RFC 9162, 2.1.4.2]"""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_of(step, first), node_of(step, second)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second = node_of(second, step)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two below a count above 1."""
    return 1 << ((count - 1).bit_length() - 1)


def _subroot(levels: Sequence[Sequence[bytes]], start: int, count: int) -> bytes:
    """The root over `count` leaves from `start`, which begins a subtree."""
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return levels[level][start >> level]
    left = _split(count)
    return node_of(_subroot(levels, start, left), _subroot(levels, start + left, count - left))


def _path(levels: Sequence[Sequence[bytes]], index: int, start: int, count: int) -> list[bytes]:
    if count == 1:
        return []
    left = _split(count)
    if index < left:
        below = _path(levels, index, start, left)
        return [*below, _subroot(levels, start + left, count - left)]
    below = _path(levels, index - left, start + left, count - left)
    return [*below, _subroot(levels, start, left)]


def _subproof(
    levels: Sequence[Sequence[bytes]], old: int, start: int, count: int, whole: bool
) -> list[bytes]:
    if old == count:
        return [] if whole else [_subroot(levels, start, count)]
    left = _split(count)
    if old <= left:
        below = _subproof(levels, old, start, left, whole)
        return [*below, _subroot(levels, start + left, count - left)]
    below = _subproof(levels, old - left, start + left, count - left, whole=False)
    return [*below, _subroot(levels, start, left)]
