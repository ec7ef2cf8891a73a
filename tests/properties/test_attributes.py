"""The canonical form of attributes: one spelling for each set, and nothing else is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhsm.client.template import Value, decode_attributes, encode_value
from vhsm.model.attributes import Attributes, Malformed, boolean
from vhsm.wire import tables

VECTORS: Final = Path(__file__).resolve().parents[2] / "spec" / "vectors" / "attributes.json"
VALUES: Final = st.dictionaries(st.integers(0, 2**64 - 1), st.binary(max_size=64), max_size=12)


@given(VALUES)
def test_what_is_spelled_is_read_again(values: dict[int, bytes]) -> None:
    """Parsing is the inverse of encoding."""
    assert dict(Attributes.parse(Attributes(values).encode()).values) == values


@given(st.binary(max_size=200))
def test_only_the_canonical_spelling_is_read(data: bytes) -> None:
    """Whatever parses is spelled the same again: no two spellings for one object."""
    try:
        attributes = Attributes.parse(data)
    except Malformed:
        return
    assert attributes.encode() == data


@given(VALUES.filter(bool), st.data())
def test_a_cut_spelling_is_refused(values: dict[int, bytes], data: st.DataObject) -> None:
    """A prefix is either another object's spelling, at the end of an entry, or malformed."""
    spelled = Attributes(values).encode()
    cut = spelled[: data.draw(st.integers(0, len(spelled) - 1))]
    try:
        read = Attributes.parse(cut)
    except Malformed:
        return
    assert read.encode() == cut
    assert len(read.values) < len(values)


def test_every_implementation_spells_the_same() -> None:
    """The vectors of spec/ hold here as in the engine."""
    vectors = json.loads(VECTORS.read_text())
    for vector in vectors["valid"]:
        canonical = bytes.fromhex(vector["encoded"])
        values = {entry["type"]: bytes.fromhex(entry["value"]) for entry in vector["attributes"]}
        assert Attributes(values).encode() == canonical, vector
        assert dict(Attributes.parse(canonical).values) == values, vector
    for vector in vectors["malformed"]:
        with pytest.raises(Malformed):  # named in the vector
            Attributes.parse(bytes.fromhex(vector["encoded"]))


def test_a_template_in_a_key_is_spelled_as_attributes() -> None:
    """The Python client writes it, and reads it where it stands among others."""
    template: dict[int, Value] = {tables.CKA_SENSITIVE: True, tables.CKA_LABEL: "payment"}
    inner = Attributes({tables.CKA_LABEL: b"payment", tables.CKA_SENSITIVE: boolean(True)}).encode()
    assert encode_value(tables.CKA_WRAP_TEMPLATE, template) == inner
    whole = Attributes({tables.CKA_WRAP_TEMPLATE: inner, tables.CKA_TOKEN: boolean(True)}).encode()
    assert decode_attributes(whole) == {tables.CKA_TOKEN: True, tables.CKA_WRAP_TEMPLATE: template}
