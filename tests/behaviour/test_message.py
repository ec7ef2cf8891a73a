"""PKCS#11 v3.2, 5.9, 5.11, 5.14 and 5.16: message-based encryption and signatures."""

from __future__ import annotations

import ctypes
import hashlib
import hmac
from ctypes import byref, c_ulong, c_void_p, create_string_buffer
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_signing import VALUE, hmac_key
from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import CkMechanism, gcm, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session

pytestmark = pytest.mark.ours  # SoftHSM2 is of PKCS#11 v2.40

NO_GENERATE, GENERATE, COUNTER, RANDOM, COUNTER_XOR = range(5)
END_OF_MESSAGE: Final = c_ulong(1)
KEY: Final = bytes(range(32))
AAD: Final = b"what is not secret"
TEXT: Final = b"what is secret, and longer than a block"
GCM: Final = plain(Mechanism.AES_GCM)
HMAC: Final = plain(Mechanism.SHA256_HMAC)


class CkGcmMessageParams(ctypes.Structure):
    """CK_GCM_MESSAGE_PARAMS."""

    _fields_ = (
        *(("iv", c_void_p), ("iv_length", c_ulong), ("fixed_bits", c_ulong), ("generator", c_ulong)),
        *(("tag", c_void_p), ("tag_bits", c_ulong)),
    )


@dataclass
class Gcm:
    """The parameter of one message, and what it points at."""

    iv: bytes
    generator: int = NO_GENERATE
    fixed_bits: int = 0
    tag: bytes = bytes(16)
    buffers: list[ctypes.Array[ctypes.c_char]] = field(init=False)
    parameter: CkGcmMessageParams = field(init=False)

    def __post_init__(self) -> None:
        """Lay it out."""
        self.buffers = [create_string_buffer(value, len(value)) for value in (self.iv, self.tag)]
        iv, tag = map(ctypes.addressof, self.buffers)
        self.parameter = CkGcmMessageParams(iv, len(self.iv), self.fixed_bits, self.generator, tag, len(self.tag) * 8)

    @property
    def arguments(self) -> tuple[object, c_ulong]:
        """As the functions take it."""
        return byref(self.parameter), c_ulong(ctypes.sizeof(self.parameter))

    @property
    def mechanism(self) -> CkMechanism:
        """CKM_AES_GCM as C_WrapKeyAuthenticated has it."""
        return CkMechanism(Mechanism.AES_GCM, ctypes.addressof(self.parameter), ctypes.sizeof(self.parameter))

    @property
    def made_iv(self) -> bytes:
        """The IV that was written."""
        return self.buffers[0].raw

    @property
    def made_tag(self) -> bytes:
        """The tag that was written."""
        return self.buffers[1].raw


@pytest.fixture
def key(session: Session) -> int:
    """An AES session key."""
    return session.create(secret_key(KEY, KeyType.AES, ENCRYPT=True, DECRYPT=True))


def encrypt(session: Session, message: Gcm, text: bytes = TEXT, aad: bytes = AAD) -> bytes:
    """C_EncryptMessage."""
    return session.output("C_EncryptMessage", *message.arguments, *data(aad), *data(text), room=len(text))


def decrypt(session: Session, message: Gcm, text: bytes, aad: bytes = AAD) -> bytes:
    """C_DecryptMessage."""
    return session.output("C_DecryptMessage", *message.arguments, *data(aad), *data(text), room=len(text))


@pytest.mark.parametrize("length", [0, 1, 39, 1 << 20, 3 << 20])
def test_messages_of_one_init(session: Session, key: int, length: int) -> None:
    """Each with its own IV, data and tag, as OpenSSL has them."""
    text = bytes(index % 251 for index in range(length))
    session.begin("MessageEncrypt", GCM, key)
    for iv in (bytes(12), b"another IV..", b"a longer one that is hashed"):
        message = Gcm(iv)
        encrypted = encrypt(session, message, text)
        assert encrypted + message.made_tag == AESGCM(KEY).encrypt(iv, text, AAD)
    session.call("C_MessageEncryptFinal")
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        encrypt(session, Gcm(bytes(12)))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_MessageEncryptFinal")


def test_the_parameter_of_an_init(session: Session, key: int) -> None:
    """None is needed, a message's is let pass, and what is neither is refused."""
    first = Gcm(bytes(12))
    parameter = (ctypes.addressof(first.parameter), ctypes.sizeof(first.parameter))
    session.call("C_MessageEncryptInit", byref(CkMechanism(Mechanism.AES_GCM, *parameter)), c_ulong(key))
    assert encrypt(session, first) + first.made_tag == AESGCM(KEY).encrypt(bytes(12), TEXT, AAD)
    session.call("C_MessageEncryptFinal")
    for function in ("C_MessageEncryptInit", "C_MessageDecryptInit"):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.call(function, byref(CkMechanism(Mechanism.AES_GCM, parameter[0], 5)), c_ulong(key))


def test_decryption_of_messages(session: Session, key: int) -> None:
    """A message that does not hold is refused, and the next one decrypts."""
    sealed = AESGCM(KEY).encrypt(bytes(12), TEXT, AAD)
    text, tag = sealed[:-16], sealed[-16:]
    session.begin("MessageDecrypt", GCM, key)
    for _ in range(2):
        assert decrypt(session, Gcm(bytes(12), tag=tag), text) == TEXT
        for wrong in (Gcm(bytes(12)), Gcm(b"another IV..", tag=tag)):
            with refused(Rv.AEAD_DECRYPT_FAILED):
                decrypt(session, wrong, text)
        with refused(Rv.AEAD_DECRYPT_FAILED):
            decrypt(session, Gcm(bytes(12), tag=tag), text, b"")
    assert decrypt(session, Gcm(bytes(12), tag=AESGCM(KEY).encrypt(bytes(12), b"", b"")), b"", b"") == b""
    session.call("C_MessageDecryptFinal")


def test_messages_in_parts(session: Session, key: int) -> None:
    """The tag comes with the last part, and plaintext only once it holds."""
    session.begin("MessageEncrypt", GCM, key)
    for iv in (bytes(12), b"another IV.."):
        message = Gcm(iv)
        session.call("C_EncryptMessageBegin", *message.arguments, *data(AAD))
        with refused(Rv.OPERATION_ACTIVE):
            encrypt(session, message)
        session.call("C_EncryptMessageBegin", *message.arguments, *data(AAD))
        parts = []
        for part, flags in ((TEXT[:5], 0), (b"", 0), (TEXT[5:], 1)):
            length = c_ulong(len(part))
            buffer = create_string_buffer(max(len(part), 1))
            session.call("C_EncryptMessageNext", *message.arguments, *data(part), buffer, byref(length), c_ulong(flags))
            parts.append(buffer.raw[: length.value])
        assert b"".join(parts) + message.made_tag == AESGCM(KEY).encrypt(iv, TEXT, AAD)
    session.begin("MessageDecrypt", GCM, key)
    message = Gcm(bytes(12), tag=AESGCM(KEY).encrypt(bytes(12), TEXT, AAD)[-16:])
    text = AESGCM(KEY).encrypt(bytes(12), TEXT, AAD)[:-16]
    session.call("C_DecryptMessageBegin", *message.arguments, *data(AAD))
    plaintext, room = b"", create_string_buffer(len(TEXT))
    for part, flags in ((text[:7], 0), (text[7:], 1)):
        length = c_ulong(len(TEXT))
        session.call("C_DecryptMessageNext", *message.arguments, *data(part), room, byref(length), c_ulong(flags))
        plaintext += room.raw[: length.value]
    assert plaintext == TEXT


def test_ivs_are_made_by_the_server(session: Session, key: int) -> None:
    """Counters begin at nought with each Init; random ones never repeat; the fixed bits stay."""
    base = bytes(range(0xA0, 0xAC))
    for _ in range(2):
        session.begin("MessageEncrypt", GCM, key)
        for number in range(3):
            message = Gcm(base, COUNTER, 32)
            sealed = encrypt(session, message) + message.made_tag
            assert message.made_iv == base[:4] + number.to_bytes(8)
            assert AESGCM(KEY).decrypt(message.made_iv, sealed, AAD) == TEXT
        session.call("C_MessageEncryptFinal")
    session.begin("MessageEncrypt", GCM, key)
    for number in range(3):
        message = Gcm(base, COUNTER_XOR)
        sealed = encrypt(session, message) + message.made_tag
        assert int.from_bytes(message.made_iv) == int.from_bytes(base) ^ number
        assert AESGCM(KEY).decrypt(message.made_iv, sealed, AAD) == TEXT
    session.call("C_MessageEncryptFinal")
    session.begin("MessageEncrypt", GCM, key)
    message = Gcm(base, COUNTER_XOR)
    for number in range(5):  # the same parameter again and again, with the IV that was made in it
        sealed = encrypt(session, message) + message.made_tag
        assert int.from_bytes(message.made_iv) == int.from_bytes(base) ^ number
        assert AESGCM(KEY).decrypt(message.made_iv, sealed, AAD) == TEXT
    session.call("C_MessageEncryptFinal")
    session.begin("MessageEncrypt", GCM, key)
    for message in (Gcm(b"another IV.."), Gcm(base, COUNTER, 32), Gcm(b"other again."), Gcm(base, COUNTER, 32)):
        sealed = encrypt(session, message) + message.made_tag
        assert AESGCM(KEY).decrypt(message.made_iv, sealed, AAD) == TEXT
    assert message.made_iv == base[:4] + (1).to_bytes(8), "those that were given do not count"
    session.call("C_MessageEncryptFinal")
    for generator in (GENERATE, RANDOM):
        session.begin("MessageEncrypt", GCM, key)
        seen = set()
        for _ in range(20):
            message = Gcm(bytes(12), generator)
            sealed = encrypt(session, message) + message.made_tag
            assert AESGCM(KEY).decrypt(message.made_iv, sealed, AAD) == TEXT
            seen.add(message.made_iv)
        assert len(seen) == 20
        session.call("C_MessageEncryptFinal")


def test_an_iv_is_made_when_a_message_begins(session: Session, key: int) -> None:
    """C_EncryptMessageBegin gives it, before any data."""
    session.begin("MessageEncrypt", GCM, key)
    message = Gcm(bytes(12), RANDOM)
    session.call("C_EncryptMessageBegin", *message.arguments, *data(AAD))
    iv = message.made_iv
    assert iv != bytes(12)
    length, buffer = c_ulong(len(TEXT)), create_string_buffer(len(TEXT))
    session.call("C_EncryptMessageNext", *message.arguments, *data(TEXT), buffer, byref(length), END_OF_MESSAGE)
    assert message.made_iv == iv
    assert AESGCM(KEY).decrypt(iv, buffer.raw + message.made_tag, AAD) == TEXT


def test_what_a_message_must_say(session: Session, key: int) -> None:
    """Other sizes, generators and tags are refused; a small buffer tells the length; the readiness stays."""
    session.begin("MessageEncrypt", GCM, key)
    for wrong in (Gcm(bytes(12), 5), Gcm(bytes(12), RANDOM, 33), Gcm(bytes(12), COUNTER, 97), Gcm(bytes(12), tag=b"4")):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            encrypt(session, wrong)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.output("C_EncryptMessage", None, c_ulong(0), *data(AAD), *data(TEXT))
    message = Gcm(bytes(12), COUNTER)
    assert session.output_length("C_EncryptMessage", *message.arguments, *data(AAD), *data(TEXT)) == len(TEXT)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.output("C_EncryptMessage", *message.arguments, *data(AAD), *data(TEXT), room=1)
    encrypt(session, message)
    assert message.made_iv == bytes(12), "neither question has used up a number"
    with refused(Rv.OPERATION_ACTIVE):
        session.begin("Encrypt", gcm(bytes(12)), key)
    with refused(Rv.MECHANISM_INVALID):
        session.begin("MessageDecrypt", plain(Mechanism.AES_ECB), key)
    session.call("C_SessionCancel", c_ulong(2))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        encrypt(session, message)
    session.begin("Encrypt", gcm(bytes(12)), key)


def test_signatures_of_messages(session: Session) -> None:
    """One Init, any number of messages, whole and in parts; a wrong one does not end the readiness."""
    key = hmac_key(session)
    none = (None, c_ulong(0))
    session.begin("MessageSign", HMAC, key)
    session.begin("MessageVerify", HMAC, key)
    for content in (b"", TEXT, TEXT * 5_000):
        expected = hmac.digest(VALUE, content, hashlib.sha256)
        assert session.output("C_SignMessage", *none, *data(content)) == expected
        session.call("C_SignMessageBegin", *none)
        session.call("C_SignMessageNext", *none, *data(content[:9]), None, None)
        assert session.output("C_SignMessageNext", *none, *data(content[9:])) == expected
        session.call("C_VerifyMessage", *none, *data(content), *data(expected))
        with refused(Rv.SIGNATURE_INVALID):
            session.call("C_VerifyMessage", *none, *data(content + b"."), *data(expected))
        session.call("C_VerifyMessageBegin", *none)
        session.call("C_VerifyMessageNext", *none, *data(content[:9]), None, c_ulong(0))
        session.call("C_VerifyMessageNext", *none, *data(content[9:]), *data(expected))
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.output("C_SignMessage", *data(b"parameter"), *data(TEXT))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_SignMessageNext", *none, *data(TEXT))
    session.call("C_MessageSignFinal")
    session.call("C_MessageVerifyFinal")
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_SignMessage", *none, *data(TEXT))
