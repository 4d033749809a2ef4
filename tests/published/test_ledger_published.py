"""Known answers of the standards on which the ledger stands.

Merkle tree: the leaves, roots and proofs of the reference implementation of Certificate
Transparency (transparency-dev/merkle, testonly), for RFC 6962 and RFC 9162. Signed note: the
example of golang.org/x/mod/sumdb/note, to which C2SP signed-note refers. Ed25519: RFC 8032 7.1.
Canonical JSON: the order of keys in RFC 8785, 3.2.3, and its escapes, 3.2.2.2.
"""

from base64 import b64decode
from hashlib import sha256

import pytest

from doseline.records import inspector
from doseline.records.canonical import encode
from doseline.records.checkpoint import key_hash, key_text, public_key_of
from doseline.records.entry import leaf_of
from doseline.records.merkle import (
    consistency_proof,
    consistent,
    included,
    inclusion_proof,
    root_of,
    tree_levels,
)
from doseline.stores.keys import KeySigner, KeyVerifier

CONTENTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
LEAVES = [leaf_of(bytes.fromhex(content)) for content in CONTENTS]
LEVELS = tree_levels(LEAVES)


@pytest.mark.parametrize("size", range(9))
def test_roots_of_certificate_transparency(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_of_certificate_transparency(index: int, size: int) -> None:
    proof = [bytes.fromhex(step) for step in INCLUSION[index, size]]
    assert inclusion_proof(LEVELS, index, size) == proof
    assert included(LEAVES[index], index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_of_certificate_transparency(old: int, new: int) -> None:
    proof = [bytes.fromhex(step) for step in CONSISTENCY[old, new]]
    assert consistency_proof(LEVELS, old, new) == proof
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert consistent(old, new, *roots, proof)


NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    b"If you think cryptography is the answer to your problem,\n"
    b"then you don't know what your problem is.\n"
)
SIGNED = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def test_the_signed_note_of_the_go_checksum_database() -> None:
    name, key = public_key_of(NEUMANN)
    blob = b64decode(SIGNED)
    assert key_text(name, key) == NEUMANN
    assert key_hash(name, key) == blob[:4]
    assert KeyVerifier(name, key).verify(TEXT, blob[4:])
    assert inspector.signature_holds(key, TEXT, blob[4:])
    assert not inspector.signature_holds(key, TEXT[:-1], blob[4:])


SEEDS = [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
]


@pytest.mark.parametrize("number", range(3))
def test_signatures_of_rfc_8032(number: int) -> None:
    public, message, signature = map(bytes.fromhex, inspector.PUBLISHED[number])
    signer = KeySigner.from_seed("test", bytes.fromhex(SEEDS[number]))
    assert signer.public_key == public
    assert signer.sign(message) == signature
    assert inspector.signature_holds(public, message, signature)


def test_a_signature_with_a_larger_s_is_no_other_signature() -> None:
    """RFC 8032, 5.1.7: S is below the order of the group, or it could be written in two ways."""
    public, message, signature = map(bytes.fromhex, inspector.PUBLISHED[0])
    s = int.from_bytes(signature[32:], "little") + inspector.L
    longer = signature[:32] + s.to_bytes(32, "little")
    assert not inspector.signature_holds(public, message, longer)
    assert not KeyVerifier("test", public).verify(message, longer)


def test_the_inspector_and_the_library_agree_on_signatures_by_other_hands() -> None:
    for n in range(4):
        signer = KeySigner.from_seed("test", sha256(bytes([n])).digest())
        signature = signer.sign(b"message")
        for place in (0, 31, 32, 63):
            changed = bytearray(signature)
            changed[place] ^= 1 << n
            for s in (signature, bytes(changed)):
                by_library = signer.verify(b"message", s)
                assert inspector.signature_holds(signer.public_key, b"message", s) == by_library


def test_keys_are_ordered_as_in_rfc_8785() -> None:
    body = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    # RFC 8785 writes U+FB33 as it is; in NFC, which a record keeps, it is U+05D3 U+05BC, which
    # comes before the Euro sign.
    keys = ["\\r", "1", "\u0080", "\u00f6", "\u05d3\u05bc", "\u20ac", "\U0001f600"]
    numbers = [2, 4, 6, 7, 3, 1, 5]
    told = ",".join(f'"{key}":{n}' for key, n in zip(keys, numbers, strict=True))
    assert encode(body) == f"{{{told}}}".encode()


def test_texts_are_escaped_as_in_rfc_8785() -> None:
    text = '\u20ac$\u000f\nA\'B"\\\\"/'
    assert encode({"string": text}) == (b'{"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}')
