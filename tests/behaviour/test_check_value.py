"""PKCS#11 v3.2, 4.6.3, 4.10 and 6.8.2: CKA_CHECK_VALUE, by which people compare keys."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_ml_kem import decapsulate, encapsulate, pair
from tests.cryptoki import refused, secret_key
from tests.mechanisms import plain
from tests.rv import Rv
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from tests.cryptoki import Session, Template, Value

KEY: Final = bytes(range(32))
DES_KEY: Final = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
OPEN: Final[dict[str, Value]] = {"SENSITIVE": False, "EXTRACTABLE": True}
AES_KEY: Final[Template] = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}


def enciphered(cipher: AES | TripleDES) -> bytes:
    """Encrypt a block of zeros, and give its first three bytes."""
    encryptor = Cipher(cipher, ECB()).encryptor()  # noqa: S305 - one block
    return encryptor.update(bytes(cipher.block_size // 8))[:3]


def digested(value: bytes) -> bytes:
    """Give the first three bytes of the digest."""
    return hashlib.sha1(value).digest()[:3]  # noqa: S324 - the standard's


def check_value(session: Session, handle: int) -> bytes:
    """Read CKA_CHECK_VALUE."""
    return session.read(handle, Attribute.CHECK_VALUE)


def test_keys_of_a_block_cipher_encrypt_zeros(session: Session) -> None:
    """Whoever made them, and whatever they may be used for."""
    for length in (16, 24, 32):
        key = session.create(secret_key(KEY[:length], KeyType.AES, ENCRYPT=False))
        assert check_value(session, key) == enciphered(AES(KEY[:length]))
    key = session.create(secret_key(DES_KEY, KeyType.DES3))
    assert check_value(session, key) == enciphered(TripleDES(DES_KEY))
    made = session.generate(plain(Mechanism.AES_KEY_GEN), {**AES_KEY, Attribute.VALUE_LEN: 32})
    block = session.complete("Encrypt", plain(Mechanism.AES_ECB), made, bytes(16))
    assert check_value(session, made) == block[:3]


@pytest.mark.ours  # SoftHSM2 tells a digest of sensitive secrets as well
def test_a_digest_is_told_of_what_may_be_read(session: Session) -> None:
    """Three bytes of a digest would tell a short secret; of a certificate, which is public, they are told."""
    for key_type in (KeyType.GENERIC_SECRET, KeyType.SHA256_HMAC):
        assert check_value(session, session.create(secret_key(b"1234", key_type, **OPEN))) == digested(b"1234")
        for hidden in ({"SENSITIVE": True}, {"EXTRACTABLE": False}):
            key = session.create(secret_key(b"1234", key_type, **{**OPEN, **hidden}))
            assert check_value(session, key) == b""
    certificate: Template = {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: 0,
        Attribute.SUBJECT: b"\x30\x00",
        Attribute.VALUE: b"a certificate",
    }
    assert check_value(session, session.create(certificate)) == digested(b"a certificate")
    assert check_value(session, session.create(secret_key(KEY, CKK.HKDF))) == b""


@pytest.mark.ours  # SoftHSM2 does not know all these ways
def test_made_in_every_way(session: Session) -> None:
    """Unwrapped, derived, encapsulated and copied keys have it too."""
    carrier = session.create(secret_key(KEY, KeyType.AES, UNWRAP=True))
    unwrapped = session.unwrap(plain(Mechanism.AES_KEY_WRAP), carrier, keywrap.aes_key_wrap(KEY, KEY[:16]), AES_KEY)
    assert check_value(session, unwrapped) == enciphered(AES(KEY[:16]))
    assert check_value(session, session.copy(unwrapped, {})) == enciphered(AES(KEY[:16]))
    base = session.create(secret_key(KEY, KeyType.GENERIC_SECRET))
    derived = session.derive(plain(Mechanism.SHA256_KEY_DERIVATION), base, {**AES_KEY, Attribute.VALUE_LEN: 32})
    assert check_value(session, derived) == enciphered(AES(hashlib.sha256(KEY).digest()))
    public, private = pair(session)
    ciphertext, ours = encapsulate(session, public, AES_KEY)
    theirs = decapsulate(session, private, ciphertext, AES_KEY)
    block = session.complete("Encrypt", plain(Mechanism.AES_ECB), ours, bytes(16))
    assert check_value(session, ours) == check_value(session, theirs) == block[:3]


def test_a_template_says_the_right_one(session: Session) -> None:
    """CKR_ATTRIBUTE_VALUE_INVALID for a wrong one; an empty one means that there shall be none."""
    right = enciphered(AES(KEY))
    assert check_value(session, session.create(secret_key(KEY, KeyType.AES, CHECK_VALUE=right))) == right
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create(secret_key(KEY, KeyType.AES, CHECK_VALUE=b"\0\0\0"))
    template: Template = {**AES_KEY, Attribute.VALUE_LEN: 32}
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.generate(plain(Mechanism.AES_KEY_GEN), {**template, Attribute.CHECK_VALUE: b"long"})
    made = session.generate(plain(Mechanism.AES_KEY_GEN), {**template, Attribute.CHECK_VALUE: b""})
    assert check_value(session, made) == b""


@pytest.mark.ours  # SoftHSM2 compares
def test_a_guess_is_not_answered(session: Session) -> None:
    """Of a sensitive secret that has none, a template's value is neither right nor wrong."""
    for guess in (digested(b"1234"), b"\0\0\0"):
        key = session.create(secret_key(b"1234", KeyType.GENERIC_SECRET, SENSITIVE=True, CHECK_VALUE=guess))
        assert check_value(session, key) == b""


@pytest.mark.ours  # SoftHSM2 lets nobody take it away
def test_it_is_taken_away_and_not_changed(session: Session) -> None:
    """C_SetAttributeValue and C_CopyObject with no value (4.10); CKR_ATTRIBUTE_READ_ONLY for any other."""
    key = session.create(secret_key(KEY, KeyType.AES))
    for other in (b"\0", b"\0\0\0"):
        with refused(Rv.ATTRIBUTE_READ_ONLY):
            session.write(key, {Attribute.CHECK_VALUE: other})
        with refused(Rv.ATTRIBUTE_READ_ONLY):
            session.copy(key, {Attribute.CHECK_VALUE: other})
    assert check_value(session, session.copy(key, {Attribute.CHECK_VALUE: b""})) == b""
    session.write(key, {Attribute.CHECK_VALUE: b""})
    assert check_value(session, key) == b""
    with refused(Rv.ATTRIBUTE_READ_ONLY):
        session.write(key, {Attribute.CHECK_VALUE: enciphered(AES(KEY))})
