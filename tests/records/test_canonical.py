"""One body, one spelling."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import BodyError
from doseline.records import canonical
from doseline.records.canonical import LARGEST, decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    texts | st.integers(-LARGEST, LARGEST),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def in_nfc(body: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return decode(encode(body))
    except BodyError:
        return None  # two keys that are one in NFC


@given(st.dictionaries(texts, values, max_size=4))
def test_a_body_comes_back_and_its_bytes_are_the_only_ones(body: dict[str, Any]) -> None:
    again = in_nfc(body)
    if again is not None:
        assert encode(again) == encode(body)
        assert decode(encode(again)) == again
        assert json.loads(encode(body)) == again


@given(st.dictionaries(texts, values, min_size=2, max_size=4))
def test_the_order_of_keys_does_not_matter(body: dict[str, Any]) -> None:
    backwards = dict(reversed(body.items()))
    if in_nfc(body) is not None:
        assert encode(backwards) == encode(body)


@given(st.dictionaries(texts, values, max_size=4), st.data())
def test_changed_bytes_are_another_body_or_refused(body: dict[str, Any], data: Any) -> None:
    if in_nfc(body) is None:
        return
    content = bytearray(encode(body))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda b: b != content[place]))
    try:
        changed = decode(bytes(content))
    except BodyError:
        return
    assert changed != decode(encode(body))


@given(st.dictionaries(texts, values, max_size=4), st.data())
def test_the_quick_way_of_reading_is_the_strict_one(body: dict[str, Any], data: Any) -> None:
    if in_nfc(body) is None:
        return
    content = bytearray(encode(body))
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.integers(0, len(content)))
        content[place:place] = data.draw(
            st.sampled_from([b" ", b"0", b"-", b".5", b"e1", b"null", b"true", b"\\", b'"', b","])
        )
    try:
        strict = canonical._strictly(bytes(content))
    except BodyError:
        with pytest.raises(BodyError):
            decode(bytes(content))
    else:
        assert decode(bytes(content)) == strict


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"a": 1.5}, "a: a fraction"),
        ({"a": {"b": [1, None]}}, "a.b[1]: null"),
        ({"a": [True]}, "a[0]: true or false"),
        ({"a": b"bytes"}, "a: bytes"),
        ({"a": 2**53}, "a: 9007199254740992 is beyond"),
        ({"a": -(2**53)}, "beyond"),
        ({1: "a"}, "a key is a text"),
        ({"a": "\ud800"}, "no text of Unicode"),
        ({"\u00e9": 1, "e\u0301": 2}, "stands twice"),
        ({"a": float("nan")}, "a fraction"),
        ([1], "a body is an object"),
    ],
)
def test_what_has_no_exact_bytes_is_refused_with_its_place(body: Any, told: str) -> None:
    with pytest.raises(BodyError, match=told.replace("[", r"\[")):
        encode(body)


@pytest.mark.parametrize(
    "content",
    [
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":01}',
        b'{"a":-0}',
        b'{"a":null}',
        b'{"a":true}',
        b'{"a":NaN}',
        b'{"a":1,"a":1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"e\xcc\x81"}',  # e and a combining accent
        b'{"a":"\xff"}',
        b"[]",
        b"1",
        b"",
        b'{"a":9007199254740992}',
        b"{" * 100_000,
        b'\xef\xbb\xbf{"a":1}',
    ],
)
def test_bytes_that_are_not_canonical_are_refused(content: bytes) -> None:
    with pytest.raises(BodyError):
        decode(content)


def test_a_body_may_be_deep_but_not_bottomless() -> None:
    body: Any = {"a": 1}
    for _ in range(40):
        body = {"a": body}
    with pytest.raises(BodyError, match="deep"):
        encode(body)


def test_text_is_kept_in_nfc() -> None:
    assert decode(encode({"name": "Andre\u0301"})) == {"name": "Andr\u00e9"}


def test_keys_are_ordered_by_their_units_of_utf_16() -> None:
    """An emoji, two units from D83D on, comes before U+FFEE, though its number is larger."""
    assert encode({"\uffee": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uffee":1}'.encode()
