"""PKCS#11 v3.2, 6.16: AES key wrap of data (RFC 3394, RFC 5649); `cryptography` is the other party."""

from __future__ import annotations

import os
from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import keywrap
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import iv, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session

pytestmark = pytest.mark.ours  # SoftHSM2 wraps keys only

KEY: Final = bytes(range(32))
KW: Final = plain(Mechanism.AES_KEY_WRAP)
KWP: Final = plain(Mechanism.AES_KEY_WRAP_KWP)


@pytest.fixture
def key(session: Session) -> int:
    """A key that works on data."""
    return session.create(secret_key(KEY, KeyType.AES, ENCRYPT=True, DECRYPT=True, WRAP=False, UNWRAP=False))


@pytest.mark.parametrize(
    ("mechanism", "wrap", "lengths"),
    [
        (Mechanism.AES_KEY_WRAP, keywrap.aes_key_wrap, (16, 24, 4096)),
        (Mechanism.AES_KEY_WRAP_PAD, keywrap.aes_key_wrap_with_padding, (1, 8, 9, 4097)),
        (Mechanism.AES_KEY_WRAP_KWP, keywrap.aes_key_wrap_with_padding, (1, 7, 8, 9, 16, 4097)),
    ],
)
def test_data_are_wrapped_as_keys_are(
    session: Session, key: int, mechanism: Mechanism, wrap: Callable[[bytes, bytes], bytes], lengths: tuple[int, ...]
) -> None:
    """At once and in parts, of every length that the mechanism takes."""
    for length in lengths:
        content = os.urandom(length)
        wrapped = wrap(KEY, content)
        chosen = plain(mechanism)
        assert session.complete("Encrypt", chosen, key, content) == wrapped
        assert session.in_parts("Encrypt", chosen, key, [content[:5], content[5:]]) == wrapped
        assert session.complete("Decrypt", chosen, key, wrapped) == content
        assert session.in_parts("Decrypt", chosen, key, [wrapped[:9], wrapped[9:]]) == content


def test_what_was_not_wrapped_gives_nothing(session: Session, key: int) -> None:
    """A changed byte; lengths that nothing wrapped has, or that cannot be wrapped."""
    for chosen, wrapped in (
        (KW, keywrap.aes_key_wrap(KEY, bytes(16))),
        (KWP, keywrap.aes_key_wrap_with_padding(KEY, bytes(15))),
    ):
        with refused(Rv.ENCRYPTED_DATA_INVALID):
            session.complete("Decrypt", chosen, key, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
        for wrong in (b"", wrapped[:-1], wrapped[:8]):
            with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
                session.complete("Decrypt", chosen, key, wrong)
    for chosen, wrong in ((KW, bytes(15)), (KW, bytes(8)), (KW, b""), (KWP, b"")):
        with refused(Rv.DATA_LEN_RANGE):
            session.complete("Encrypt", chosen, key, wrong)


def test_an_initial_value_is_the_caller_s(session: Session, key: int) -> None:
    """Of key wrap without padding, 8 bytes; with padding there is one."""
    own, wrong = iv(Mechanism.AES_KEY_WRAP, b"8 bytes."), iv(Mechanism.AES_KEY_WRAP, b"4 b.")
    wrapped = session.complete("Encrypt", own, key, bytes(16))
    assert wrapped != session.complete("Encrypt", KW, key, bytes(16))
    assert session.complete("Decrypt", own, key, wrapped) == bytes(16)
    with refused(Rv.ENCRYPTED_DATA_INVALID):
        session.complete("Decrypt", KW, key, wrapped)
    for bad in (wrong, iv(Mechanism.AES_KEY_WRAP_KWP, bytes(4))):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.begin("Encrypt", bad, key)


def test_a_short_buffer_costs_nothing(session: Session, key: int) -> None:
    """How much padding there was shows only after decryption: the upper bound is told before, and the length then."""
    content = b"nine byte"
    wrapped = keywrap.aes_key_wrap_with_padding(KEY, content)
    session.begin("Encrypt", KWP, key)
    assert session.output_length("C_Encrypt", *data(content)) == len(wrapped)
    assert session.output("C_Encrypt", *data(content), room=len(wrapped)) == wrapped
    session.begin("Decrypt", KWP, key)
    assert session.output_length("C_Decrypt", *data(wrapped)) == 16
    length, buffer = c_ulong(8), create_string_buffer(16)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Decrypt", *data(wrapped), buffer, byref(length))
    assert (length.value, buffer.raw) == (9, bytes(16))
    assert session.output("C_Decrypt", *data(wrapped), room=9) == content


def test_a_key_needs_the_usage(session: Session) -> None:
    """CKA_ENCRYPT and CKA_DECRYPT: that it wraps and unwraps is not enough."""
    carrier = session.create(secret_key(KEY, KeyType.AES, ENCRYPT=False, DECRYPT=False, WRAP=True, UNWRAP=True))
    for kind in ("Encrypt", "Decrypt"):
        with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
            session.begin(kind, KWP, carrier)
