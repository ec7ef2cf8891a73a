"""PKCS#11 v3.2, 5.17: two operations of a session that go on at once."""

from __future__ import annotations

import hashlib
import hmac
from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_signing import VALUE, hmac_key
from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import ctr, gcm, iv, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

pytestmark = pytest.mark.ours  # SoftHSM2 has none of the four

MESSAGE: Final = bytes(range(256)) * 16
PARTS: Final = [MESSAGE[:32], MESSAGE[32:112], MESSAGE[112:]]
SHA256: Final = plain(Mechanism.SHA256)
HMAC: Final = plain(Mechanism.SHA256_HMAC)
CIPHERS: Final[dict[str, Callable[[], Parameters]]] = {
    "CBC": lambda: iv(Mechanism.AES_CBC, bytes(16)),
    "CBC-PAD": lambda: iv(Mechanism.AES_CBC_PAD, bytes(16)),
    "CTR": lambda: ctr(bytes(16), 128),
    "GCM": lambda: gcm(bytes(12)),
}


def aes_key(session: Session) -> int:
    """Import an AES session key."""
    return session.create(secret_key(bytes(range(32)), KeyType.AES, ENCRYPT=True, DECRYPT=True))


@pytest.mark.parametrize("name", CIPHERS)
def test_encryption_with_a_digest_or_a_mac(session: Session, name: str) -> None:
    """C_DigestEncryptUpdate and C_SignEncryptUpdate give what the operations give one by one."""
    cipher, key, mac_key = CIPHERS[name], aes_key(session), hmac_key(session)
    expected = session.complete("Encrypt", cipher(), key, MESSAGE)
    session.begin("Encrypt", cipher(), key)
    session.begin("Digest", SHA256)
    text = b"".join(session.output("C_DigestEncryptUpdate", *data(part)) for part in PARTS)
    assert text + session.output("C_EncryptFinal") == expected
    assert session.output("C_DigestFinal") == hashlib.sha256(MESSAGE).digest()
    session.begin("Encrypt", cipher(), key)
    session.begin("Sign", HMAC, mac_key)
    text = b"".join(session.output("C_SignEncryptUpdate", *data(part)) for part in PARTS)
    assert text + session.output("C_EncryptFinal") == expected
    assert session.output("C_SignFinal") == hmac.digest(VALUE, MESSAGE, "sha256")


@pytest.mark.parametrize("name", CIPHERS)
def test_decryption_with_a_digest_or_a_mac(session: Session, name: str) -> None:
    """What C_DecryptFinal gives the caller adds to the other operation by itself (PKCS#11 v3.2, 5.17.2)."""
    cipher, key, mac_key = CIPHERS[name], aes_key(session), hmac_key(session)
    text = session.complete("Encrypt", cipher(), key, MESSAGE)
    parts = [text[:48], text[48:100], text[100:]]
    session.begin("Decrypt", cipher(), key)
    session.begin("Digest", SHA256)
    plaintext = b"".join(session.output("C_DecryptDigestUpdate", *data(part)) for part in parts)
    last = session.output("C_DecryptFinal")
    session.call("C_DigestUpdate", *data(last))
    assert plaintext + last == MESSAGE
    assert session.output("C_DigestFinal") == hashlib.sha256(MESSAGE).digest()
    session.begin("Decrypt", cipher(), key)
    session.begin("Verify", HMAC, mac_key)
    plaintext = b"".join(session.output("C_DecryptVerifyUpdate", *data(part)) for part in parts)
    last = session.output("C_DecryptFinal")
    session.call("C_VerifyUpdate", *data(last))
    assert plaintext + last == MESSAGE
    session.call("C_VerifyFinal", *data(hmac.digest(VALUE, MESSAGE, "sha256")))


def test_a_small_buffer_leaves_both_untouched(session: Session) -> None:
    """So does a question for the length."""
    key = aes_key(session)
    expected = session.complete("Encrypt", ctr(bytes(16), 128), key, MESSAGE)
    session.begin("Encrypt", ctr(bytes(16), 128), key)
    session.begin("Digest", SHA256)
    assert session.output_length("C_DigestEncryptUpdate", *data(MESSAGE)) == len(MESSAGE)
    length = c_ulong(len(MESSAGE) - 1)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_DigestEncryptUpdate", *data(MESSAGE), create_string_buffer(1), byref(length))
    assert length.value == len(MESSAGE)
    assert session.output("C_DigestEncryptUpdate", *data(MESSAGE)) == expected
    assert session.output("C_DigestFinal") == hashlib.sha256(MESSAGE).digest()


def test_in_place(session: Session) -> None:
    """The output may be written over the input, and what was there is digested."""
    key = aes_key(session)
    expected = session.complete("Encrypt", ctr(bytes(16), 128), key, MESSAGE)
    session.begin("Encrypt", ctr(bytes(16), 128), key)
    session.begin("Digest", SHA256)
    buffer, length = create_string_buffer(MESSAGE, len(MESSAGE)), c_ulong(len(MESSAGE))
    session.call("C_DigestEncryptUpdate", buffer, length, buffer, byref(length))
    assert buffer.raw == expected
    assert session.output("C_DigestFinal") == hashlib.sha256(MESSAGE).digest()


def test_both_must_be_there_and_end_together(session: Session) -> None:
    """CKR_OPERATION_NOT_INITIALIZED ends nothing; another error ends both."""
    key = aes_key(session)
    session.begin("Encrypt", ctr(bytes(16), 128), key)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_DigestEncryptUpdate", *data(MESSAGE))
    session.begin("Digest", SHA256)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_SignEncryptUpdate", *data(MESSAGE))
    with refused(Rv.ARGUMENTS_BAD):
        session.output("C_DigestEncryptUpdate", None, c_ulong(3))
    for final in ("C_EncryptFinal", "C_DigestFinal"):
        with refused(Rv.OPERATION_NOT_INITIALIZED):
            session.output(final)
