"""Check an exported record: is this what the ledger holds, and did its key sign it?

This one file needs Python 3.9 or newer and nothing else; it shares no line with the software that
wrote the record. Read it first, it is short. Then run it beside the files that it checks:

    python check.py                         the folder in which it lies
    python check.py FOLDER                  another folder
    python check.py --key NAME+HASH+KEY     hold the key against the one its owner published
    python check.py --checkpoint FILE       hold the ledger against a checkpoint that you kept

It ends with 0 where everything holds, 1 where something does not, 2 where it was called wrongly.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

TEXTS = (
    "stream", "kind", "occurred_at", "recorded_at", "actor", "role", "reason", "command_id", "body",
)  # fmt: skip
NUMBERS = ("position", "stream_seq", "schema_version")
OWN = {
    "README.md", "check.py", "checkpoint.txt", "consistency.json", "entries.jsonl",
    "public-key.txt",
}  # fmt: skip


class Wrong(Exception):  # noqa: N818
    """Something does not hold."""


# ------------------------------------------------------------------- Ed25519 (RFC 8032, 5.1)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    """The sum of two points of the curve, in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, p: Point) -> Point:
    """A point added to itself so many times."""
    found = NEUTRAL
    while number > 0:
        if number & 1:
            found = add(found, p)
        p = add(p, p)
        number >>= 1
    return found


def point(content: bytes) -> Point | None:
    """The point of 32 bytes, or None where they are no point."""
    y = int.from_bytes(content, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def bytes_of(p: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def signature_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature of Ed25519 is that of the message by the key."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, s = point(public_key), int.from_bytes(signature[32:], "little")
    if a is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return bytes_of(add(times(s, BASE), times(k, minus_a))) == signature[:32]


# Section 7.1 of RFC 8032: public key, message, signature.
PUBLISHED = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        "984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


def test_itself() -> None:
    """This file judges the published signatures rightly, and refuses them for another message."""
    for key, message, signature in PUBLISHED:
        k, m, s = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
        if not signature_holds(k, m, s) or signature_holds(k, m + b"!", s):
            raise Wrong("this file does not work as RFC 8032 says; do not trust its answer")


# -------------------------------------------------------------- the Merkle tree (RFC 9162, 2.1)


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a proof leads to from a leaf. [2.1.3.2]"""
    fn, sn, found = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            raise Wrong("its proof is too long")
        if fn & 1 or fn == sn:
            found = node(step, found)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node(found, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Wrong("its proof is too short")
    return found


def roots_by_consistency(
    old: int, new: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """The old and the new root that a proof leads to. [2.1.4.2]"""
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path or not 0 < old < new:
        raise Wrong("there is no proof between these sizes")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for step in path[1:]:
        if sn == 0:
            raise Wrong("the proof between the checkpoints is too long")
        if fn & 1 or fn == sn:
            fr, sr = node(step, fr), node(step, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Wrong("the proof between the checkpoints is too short")
    return fr, sr


# ------------------------------------------------------------------------------ what is checked


class Checkpoint(NamedTuple):
    """A signed note: what is signed, and the signature."""

    text: bytes
    origin: str
    size: int
    root: bytes
    at: str
    key_name: str
    key_hash: bytes
    signature: bytes


def checkpoint_in(path: Path) -> Checkpoint:
    """Read a checkpoint: origin, size, root, time, an empty line, a signature."""
    try:
        text, signed = path.read_bytes().split(b"\n\n")
        origin, size, root, at = text.decode().split("\n")
        dash, name, coded = signed.decode().rstrip("\n").split(" ")
        blob = base64.b64decode(coded, validate=True)
        if dash != "—" or not at.startswith("time ") or len(blob) != 68:
            raise ValueError
        hash_of_root = base64.b64decode(root, validate=True)
        return Checkpoint(
            text + b"\n", origin, int(size), hash_of_root, at[5:], name, blob[:4], blob[4:]
        )
    except (ValueError, OSError):
        raise Wrong(f"{path.name} cannot be read as a checkpoint") from None


def key_in(line: str) -> tuple[str, bytes]:
    """The name and the 32 bytes of a public key written NAME+HASH+KEY."""
    try:
        name, hash_, coded = line.strip().split("+", 2)
        content = base64.b64decode(coded, validate=True)
    except ValueError:
        raise Wrong(f"this is no public key: {line.strip()[:80]}") from None
    expected = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4].hex()
    if len(content) != 33 or content[0] != 1 or hash_ != expected:
        raise Wrong(f"this is no public key: {line.strip()[:80]}")
    return name, content[1:]


def is_named(mark: Checkpoint, key: str) -> bool:
    """Whether the checkpoint names the key as the one that signed it."""
    name, content = key_in(key)
    named = hashlib.sha256(name.encode() + b"\n\x01" + content).digest()[:4]
    return (mark.key_name, mark.key_hash) == (name, named)


def check_signature(mark: Checkpoint, key: str) -> None:
    """The checkpoint is signed by the key."""
    if not is_named(mark, key):
        raise Wrong("the checkpoint is signed by another key than the ledger names")
    if not signature_holds(key_in(key)[1], mark.text, mark.signature):
        raise Wrong("the signature of the checkpoint does not hold")


def leaf_of(entry: dict[str, Any]) -> bytes:
    """The hash of an entry, from its fields."""
    texts = [entry[name].encode("utf-8") for name in TEXTS]
    numbers = [entry[name] for name in NUMBERS]
    head = struct.pack(">18sQQI9I", b"doseline entry v1\n", *numbers, *map(len, texts))
    return hashlib.sha256(b"\x00" + head + b"".join(texts)).digest()


def entries_in(path: Path) -> list[dict[str, Any]]:
    """The entries of a file of one JSON object a line."""
    found = []
    for number, line in enumerate(path.read_bytes().decode("utf-8").split("\n"), 1):
        if not line:
            continue
        pairs = json.loads(line, object_pairs_hook=list)
        entry = dict(pairs)
        if sorted(name for name, _ in pairs) != sorted((*NUMBERS, *TEXTS, "leaf_hash", "proof")):
            raise Wrong(f"{path.name}, line {number}: not the fields of an entry")
        if any(type(entry[name]) is not int for name in NUMBERS):
            raise Wrong(f"{path.name}, line {number}: a number is none")
        found.append(entry)
    return found


def check_entries(entries: list[dict[str, Any]], mark: Checkpoint) -> None:
    """Each entry has its hash, is in the ledger, and follows the one before in its stream."""
    due: dict[str, int] = {}
    before = -1
    for entry in entries:
        at = f"entry {entry['position']}"
        leaf = leaf_of(entry)
        if leaf.hex() != entry["leaf_hash"]:
            raise Wrong(f"{at}: changed, its fields do not have its hash")
        if not before < entry["position"] < mark.size:
            raise Wrong(f"{at}: not in its place")
        proof = [bytes.fromhex(step) for step in entry["proof"]]
        try:
            root = root_by_inclusion(leaf, entry["position"], mark.size, proof)
        except Wrong as wrong:
            raise Wrong(f"{at}: {wrong}") from None
        if root != mark.root:
            raise Wrong(f"{at}: not in the ledger that the checkpoint signs")
        if entry["stream_seq"] != due.get(entry["stream"], 0):
            raise Wrong(f"{at}: {entry['stream']} has a gap before it")
        due[entry["stream"]] = entry["stream_seq"] + 1
        before = entry["position"]


def keys_of_the_ledger(entries: list[dict[str, Any]], mark: Checkpoint) -> list[str]:
    """The keys, from the first entry on; each later one is signed by the one before."""
    of_ledger = [entry for entry in entries if entry["stream"] == "ledger"]
    if not of_ledger or of_ledger[0]["position"] != 0:
        raise Wrong("the first entry of the ledger is missing")
    first = json.loads(of_ledger[0]["body"])
    if mark.origin != first["store"] + ("/demo" if first["demo"] == "yes" else ""):
        raise Wrong("the checkpoint is of another ledger")
    keys = [str(first["key"])]
    for entry in of_ledger[1:]:
        if entry["kind"] == "KeyChanged":
            body = json.loads(entry["body"])
            message = f"doseline key change\n{mark.origin}\n{body['key']}\n".encode()
            signature = base64.b64decode(body["signature"])
            if not signature_holds(key_in(keys[-1])[1], message, signature):
                raise Wrong(f"entry {entry['position']}: the key before did not sign the change")
            keys.append(str(body["key"]))
    return keys


def completeness(entries: list[dict[str, Any]], mark: Checkpoint) -> str:
    """Whether the ledger itself says how many entries each stream had.

    It does so in the entry of the export, which is the last that the checkpoint counts.
    """
    told = [entry for entry in entries if entry["kind"] == "RecordExported"]
    if not told or told[-1]["position"] != mark.size - 1:
        return "NOT SHOWN: that no later entry was left out (the export is no entry of the ledger)"
    counts = {row["stream"]: row["entries"] for row in json.loads(told[-1]["body"])["streams"]}
    found: dict[str, int] = {}
    for entry in entries:
        if entry["position"] < told[-1]["position"]:
            found[entry["stream"]] = found.get(entry["stream"], 0) + 1
    for stream, count in counts.items():
        if found.get(stream, 0) != count:
            raise Wrong(
                f"{stream}: {found.get(stream, 0)} entries here, the ledger counts {count}; "
                "some were left out"
            )
    return f"complete: the ledger counts as many entries in each of {len(counts)} streams"


def check_files(folder: Path, entries: list[dict[str, Any]], mark: Checkpoint) -> list[str]:
    """The other files of the folder, the papers, have the hashes in the entry of the export."""
    named: dict[str, str] = {}
    if entries[-1]["kind"] == "RecordExported" and entries[-1]["position"] == mark.size - 1:
        rows = json.loads(entries[-1]["body"]).get("files", [])
        named = {row["file"]: row["sha256"] for row in rows}
    for name, digest in named.items():
        if not (folder / name).is_file():
            raise Wrong(f"{name}: missing, the ledger says that it was handed out")
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise Wrong(f"{name}: changed, it does not have the hash that the ledger says")
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    count = f"{len(named)} other files, each with the hash that the ledger says"
    return [
        count if named else "no other files: the ledger says that none were handed out",
        *(f"NOT SHOWN: what {name} is; the ledger says nothing of it"
          for name in sorted(here - OWN - set(named))),
    ]  # fmt: skip


def check_kept(folder: Path, kept: Checkpoint, mark: Checkpoint, keys: list[str]) -> None:
    """The ledger of this folder begins with the one whose checkpoint was kept."""
    its = [key for key in keys if is_named(kept, key)]
    check_signature(kept, its[0] if its else keys[-1])
    if kept.origin != mark.origin:
        raise Wrong("the checkpoint that you kept is of another ledger")
    if kept.size > mark.size:
        raise Wrong(
            f"entries {mark.size} to {kept.size - 1} are missing: "
            f"the checkpoint that you kept counts {kept.size} entries"
        )
    if kept.size == mark.size:
        if kept.root != mark.root:
            raise Wrong("the ledger was written anew since the checkpoint that you kept")
        return
    proofs = json.loads((folder / "consistency.json").read_text(encoding="utf-8"))
    steps = proofs.get(str(kept.size))
    if steps is None:
        raise Wrong(f"no proof from {kept.size} entries; ask for an export with your checkpoint")
    path = [bytes.fromhex(step) for step in steps]
    if roots_by_consistency(kept.size, mark.size, kept.root, path) != (kept.root, mark.root):
        raise Wrong("the ledger was written anew since the checkpoint that you kept")


def check(folder: Path, key: str | None, kept: Path | None) -> list[str]:
    """Check a folder, and say what was shown. Raises Wrong with the first thing that is not so."""
    test_itself()
    mark = checkpoint_in(folder / "checkpoint.txt")
    entries = entries_in(folder / "entries.jsonl")
    check_entries(entries, mark)
    keys = keys_of_the_ledger(entries, mark)
    named = keys[-1]
    check_signature(mark, named)
    beside = (folder / "public-key.txt").read_text(encoding="utf-8").strip()
    if named != beside:
        raise Wrong("public-key.txt is not the key that the ledger names")
    shown = [
        f"{len(entries)} entries, each with its hash, in the ledger {mark.origin}",
        f"signed at {mark.at}, when the ledger had {mark.size} entries",
        completeness(entries, mark),
        *check_files(folder, entries, mark),
    ]
    if key is not None and key.strip() != named:
        raise Wrong("the key of this ledger is not the one that you gave")
    shown.append(f"signed by the key {named}" + (", the one that you gave" if key else ""))
    if key is None:
        shown.append("NOT SHOWN: whose key that is; hold it against what its owner published")
    if kept is not None:
        check_kept(folder, checkpoint_in(kept), mark, keys)
        shown.append("the ledger begins with the one whose checkpoint you kept")
    return shown


def main(arguments: Sequence[str]) -> int:
    """Read the command line, check, and say what was found."""
    given, options = list(arguments), {}
    for name in ("--key", "--checkpoint"):
        if name in given:
            place = given.index(name)
            if place + 1 == len(given):
                sys.stderr.write(f"{name} needs a value\n")
                return 2
            options[name] = given[place + 1]
            del given[place : place + 2]
    if len(given) > 1 or any(word.startswith("-") for word in given):
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    folder = Path(given[0]) if given else Path(__file__).resolve().parent
    kept = options.get("--checkpoint")
    try:
        shown = check(folder, options.get("--key"), Path(kept) if kept else None)
    except Wrong as wrong:
        sys.stdout.write(f"WRONG: {wrong}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as wrong:
        sys.stdout.write(f"WRONG: the files cannot be read: {type(wrong).__name__}: {wrong}\n")
        return 1
    sys.stdout.write("".join(f"  {line}\n" for line in shown) + "HOLDS\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
