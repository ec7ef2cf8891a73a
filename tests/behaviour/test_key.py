"""PKCS#11 v3.2, 5.18: key generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import refused
from tests.mechanisms import gcm, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session

AES_KEY_GEN = plain(Mechanism.AES_KEY_GEN)
GENERIC_KEY_GEN = plain(Mechanism.GENERIC_SECRET_KEY_GEN)
HIDDEN = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}


@pytest.mark.parametrize("length", [16, 24, 32])
def test_an_aes_key_is_made(session: Session, length: int) -> None:
    """It has the attributes of its origin and works."""
    key = session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: length, Attribute.LABEL: "made here", **HIDDEN})
    assert int.from_bytes(session.read(key, Attribute.CLASS), "little") == ObjectClass.SECRET_KEY
    assert int.from_bytes(session.read(key, Attribute.KEY_TYPE), "little") == KeyType.AES
    assert int.from_bytes(session.read(key, Attribute.VALUE_LEN), "little") == length
    assert int.from_bytes(session.read(key, Attribute.KEY_GEN_MECHANISM), "little") == Mechanism.AES_KEY_GEN
    for flag in (Attribute.LOCAL, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE):
        assert session.read_flag(key, flag), flag
    assert not session.read_flag(key, Attribute.EXTRACTABLE)
    sealed = session.complete("Encrypt", gcm(bytes(12)), key, b"message")
    assert session.complete("Decrypt", gcm(bytes(12)), key, sealed) == b"message"


def test_keys_differ(session: Session) -> None:
    """Two keys of the same template are two keys."""
    macs = set()
    for _ in range(2):
        key = session.generate(GENERIC_KEY_GEN, {Attribute.VALUE_LEN: 32, **HIDDEN, Attribute.SIGN: True})
        macs.add(session.complete("Sign", plain(Mechanism.SHA256_HMAC), key, b"message"))
    assert len(macs) == 2


def test_a_sensitive_key_is_not_read(session: Session) -> None:
    """Not once it is made."""
    key = session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32, **HIDDEN})
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(key, Attribute.VALUE)


def test_an_open_key_is_read(session: Session) -> None:
    """What is neither sensitive nor unextractable can be read: the control of the test above."""
    template = {Attribute.VALUE_LEN: 32, Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
    assert len(session.read(session.generate(AES_KEY_GEN, template), Attribute.VALUE)) == 32


@pytest.mark.ours  # SoftHSM2 makes extractable keys where the template is silent
def test_silent_templates_protect(session: Session) -> None:
    """Private, sensitive and not extractable, unless told otherwise."""
    key = session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32})
    assert session.read_flag(key, Attribute.PRIVATE)
    assert session.read_flag(key, Attribute.SENSITIVE)
    assert not session.read_flag(key, Attribute.EXTRACTABLE)


def test_usage_left_out_is_allowed(session: Session) -> None:
    """Java and python-pkcs11 name few usages and count on the rest."""
    key = session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32})
    for usage in (Attribute.ENCRYPT, Attribute.DECRYPT, Attribute.SIGN, Attribute.VERIFY):
        assert session.read_flag(key, usage), usage


@pytest.mark.parametrize("length", [0, 15, 17, 33, 1 << 20])
def test_wrong_lengths_are_refused(session: Session, length: int) -> None:
    """An AES key has 16, 24 or 32 bytes."""
    with refused(
        *(Rv.ATTRIBUTE_VALUE_INVALID, Rv.KEY_SIZE_RANGE),
        *(Rv.TEMPLATE_INCONSISTENT, Rv.TEMPLATE_INCOMPLETE),  # SoftHSM2 takes 0 for a missing length
    ):
        session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: length})


def test_the_length_is_needed(session: Session) -> None:
    """CKR_TEMPLATE_INCOMPLETE without CKA_VALUE_LEN."""
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.generate(AES_KEY_GEN, {Attribute.LABEL: "no length"})


def test_a_template_may_not_bring_the_value(session: Session) -> None:
    """Nor another class or type than the mechanism makes."""
    for extra in (
        {Attribute.VALUE: bytes(32)},
        {Attribute.CLASS: ObjectClass.DATA},
        {Attribute.KEY_TYPE: KeyType.DES3},
        {Attribute.LOCAL: True},
    ):
        with refused(Rv.TEMPLATE_INCONSISTENT, Rv.ATTRIBUTE_READ_ONLY, Rv.ATTRIBUTE_VALUE_INVALID):
            session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32, **extra})


def test_a_mechanism_that_makes_no_key_is_refused(session: Session) -> None:
    """CKR_MECHANISM_INVALID."""
    with refused(Rv.MECHANISM_INVALID):
        session.generate(plain(Mechanism.SHA256), {Attribute.VALUE_LEN: 32})


def test_a_token_key_needs_a_writing_session(session: Session, slot: int) -> None:
    """CKR_SESSION_READ_ONLY, and the key is not made."""
    reader = session.module.open_session(slot, read_write=False)
    with refused(Rv.SESSION_READ_ONLY):
        reader.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32, Attribute.TOKEN: True})


def test_a_private_key_needs_a_login(open_session: Callable[[], Session]) -> None:
    """CKR_USER_NOT_LOGGED_IN."""
    with refused(Rv.USER_NOT_LOGGED_IN):
        open_session().generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32, Attribute.PRIVATE: True})


def test_a_token_key_outlives_the_session(session: Session, open_session: Callable[[], Session]) -> None:
    """It is found from another session, and gone once it is destroyed."""
    label = {Attribute.LABEL: "outlives its session"}
    key = session.generate(AES_KEY_GEN, {Attribute.VALUE_LEN: 32, Attribute.TOKEN: True, **label})
    other = open_session()
    try:
        session.close()
        assert other.find(label) == [key]
    finally:
        other.destroy(key)
    assert other.find(label) == []
