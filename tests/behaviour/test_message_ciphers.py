"""PKCS#11 v3.2, 5.9 and 5.11: messages with AES-CCM and ChaCha20-Poly1305, and whose nonces a token takes."""

from __future__ import annotations

import ctypes
import sqlite3
from contextlib import closing, nullcontext
from ctypes import byref, c_ulong, c_void_p, create_string_buffer
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_aes_modes import aes_key
from tests.behaviour.test_message import COUNTER, COUNTER_XOR, GCM, GENERATE, KEY, NO_GENERATE, RANDOM, Gcm
from tests.behaviour.test_more_ciphers import chacha_key
from tests.behaviour.test_nonces import session_under
from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import plain
from tests.rv import Rv
from vhsm.wire import tables, use_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cryptoki import Session

pytestmark = pytest.mark.ours  # SoftHSM2 is of PKCS#11 v2.40

AAD: Final = b"what is not secret"
TEXT: Final = b"what is secret, and longer than a block"
NONCE: Final = bytes(range(12))
CCM: Final = plain(Mechanism.AES_CCM)
CHACHA: Final = plain(tables.CKM_CHACHA20_POLY1305)
# Each with its flags: CKF_END_OF_MESSAGE is 1.
PARTS: Final = ((TEXT[:5], 0), (b"", 0), (TEXT[5:], 1))


class CkCcmMessageParams(ctypes.Structure):
    """CK_CCM_MESSAGE_PARAMS."""

    _fields_ = (
        *(("data_length", c_ulong), ("nonce", c_void_p), ("nonce_length", c_ulong), ("fixed_bits", c_ulong)),
        *(("generator", c_ulong), ("mac", c_void_p), ("mac_length", c_ulong)),
    )


class CkChachaMessageParams(ctypes.Structure):
    """CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS."""

    _fields_ = (("nonce", c_void_p), ("nonce_length", c_ulong), ("tag", c_void_p))


@dataclass
class Message:
    """The parameter of one message, and what it points at."""

    nonce: bytes
    tag: bytes = bytes(16)
    parameter: ctypes.Structure = field(init=False)
    places: list[ctypes.Array[ctypes.c_char]] = field(init=False)

    def __post_init__(self) -> None:
        """Lay it out."""
        self.places = [create_string_buffer(value, len(value)) for value in (self.nonce, self.tag)]

    @property
    def arguments(self) -> tuple[object, c_ulong]:
        """As the functions take it."""
        return byref(self.parameter), c_ulong(ctypes.sizeof(self.parameter))

    @property
    def made_nonce(self) -> bytes:
        """The nonce that was written."""
        return self.places[0].raw

    @property
    def made_tag(self) -> bytes:
        """The tag that was written."""
        return self.places[1].raw


@dataclass
class Ccm(Message):
    """Of AES-CCM."""

    generator: int = NO_GENERATE
    fixed_bits: int = 0
    data_length: int = len(TEXT)

    def __post_init__(self) -> None:
        """Lay it out."""
        super().__post_init__()
        nonce, tag = map(ctypes.addressof, self.places)
        numbers = len(self.nonce), self.fixed_bits, self.generator
        self.parameter = CkCcmMessageParams(self.data_length, nonce, *numbers, tag, len(self.tag))


@dataclass
class Chacha(Message):
    """Of ChaCha20-Poly1305; programs give its nonce's length in bytes, the standard in bits."""

    nonce_length: int = 12

    def __post_init__(self) -> None:
        """Lay it out."""
        super().__post_init__()
        nonce, tag = map(ctypes.addressof, self.places)
        self.parameter = CkChachaMessageParams(nonce, self.nonce_length, tag)


def whole(session: Session, function: str, message: Message | Gcm, text: bytes = TEXT) -> bytes:
    """C_EncryptMessage or C_DecryptMessage."""
    return session.output(function, *message.arguments, *data(AAD), *data(text), room=len(text))


def in_parts(session: Session, kind: str, message: Message, parts: tuple[tuple[bytes, int], ...]) -> bytes:
    """C_EncryptMessageBegin and C_EncryptMessageNext, or those of decryption: nothing comes before the end."""
    session.call(f"C_{kind}MessageBegin", *message.arguments, *data(AAD))
    buffer, length = create_string_buffer(len(TEXT)), c_ulong()
    for part, flags in parts:
        length.value = len(buffer) if flags else 0
        arguments = *message.arguments, *data(part), buffer, byref(length), c_ulong(flags)
        session.call(f"C_{kind}MessageNext", *arguments)
        assert flags or not length.value
    return buffer.raw[: length.value]


def check_messages(
    session: Session, make: Callable[[bytes, bytes], Message], seal: Callable[[bytes], bytes], nonces: list[bytes]
) -> None:
    """Whole and in parts, both ways; a wrong one is refused, and the next one decrypts."""
    for nonce in nonces:
        sealed, message, again = seal(nonce), make(nonce, bytes(16)), make(nonce, bytes(16))
        encrypted, tag = sealed[: len(TEXT)], sealed[len(TEXT) :]
        assert whole(session, "C_EncryptMessage", message) + message.made_tag == sealed
        assert in_parts(session, "Encrypt", again, PARTS) + again.made_tag == sealed
        for wrong in (make(nonce, bytes(16)), make(nonce[::-1], tag)):
            with refused(Rv.AEAD_DECRYPT_FAILED):
                whole(session, "C_DecryptMessage", wrong, encrypted)
        right = make(nonce, tag)
        assert whole(session, "C_DecryptMessage", right, encrypted) == TEXT
        assert in_parts(session, "Decrypt", right, ((encrypted[:7], 0), (encrypted[7:], 1))) == TEXT
    session.call("C_MessageEncryptFinal")
    session.call("C_MessageDecryptFinal")


@pytest.mark.parametrize("nonce_length", [12, 96], ids=["bytes", "bits"])
def test_messages_with_chacha20_poly1305(session: Session, nonce_length: int) -> None:
    """As OpenSSL has them."""
    key, cipher = chacha_key(session), ChaCha20Poly1305(KEY)
    for kind in ("MessageEncrypt", "MessageDecrypt"):
        session.begin(kind, CHACHA, key)
    nonces = [bytes([number]) * 11 + b"." for number in range(3)]
    check_messages(
        session,
        lambda nonce, tag: Chacha(nonce, tag, nonce_length),
        lambda nonce: cipher.encrypt(nonce, TEXT, AAD),
        nonces,
    )


def test_messages_with_ccm(session: Session) -> None:
    """As OpenSSL has them, with nonces of every length."""
    key, cipher = aes_key(session, KEY), AESCCM(KEY)
    for kind in ("MessageEncrypt", "MessageDecrypt"):
        session.begin(kind, CCM, key)
    nonces = [bytes(range(length)) for length in range(7, 14)]
    check_messages(session, Ccm, lambda nonce: cipher.encrypt(nonce, TEXT, AAD), nonces)


def test_ccm_is_held_to_the_length_it_was_told(session: Session) -> None:
    """Another length is refused, and the message ends with it; so does one that no round trip takes."""
    key = aes_key(session, KEY)
    session.begin("MessageEncrypt", CCM, key)
    session.begin("MessageDecrypt", CCM, key)
    for told in (0, len(TEXT) - 1, len(TEXT) + 1):
        with refused(Rv.DATA_LEN_RANGE):
            whole(session, "C_EncryptMessage", Ccm(NONCE, data_length=told))
        with refused(Rv.DATA_LEN_RANGE):
            in_parts(session, "Encrypt", Ccm(NONCE, data_length=told), PARTS)
        with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
            whole(session, "C_DecryptMessage", Ccm(NONCE, data_length=told))
    with refused(Rv.DATA_LEN_RANGE):
        whole(session, "C_EncryptMessage", Ccm(NONCE, data_length=4 << 20), bytes(4 << 20))
    for wrong in (Ccm(bytes(6)), Ccm(bytes(14)), Ccm(NONCE, b"odd"), Ccm(NONCE, bytes(6)), Ccm(NONCE, fixed_bits=97)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            whole(session, "C_EncryptMessage", wrong)
    for other in (Chacha(bytes(12)), Gcm(bytes(12))):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            whole(session, "C_EncryptMessage", other)
    message = Ccm(NONCE)
    assert whole(session, "C_EncryptMessage", message) + message.made_tag == AESCCM(KEY).encrypt(NONCE, TEXT, AAD)


def test_nonces_of_ccm_are_made_by_the_server(session: Session) -> None:
    """Counters count from nought; random ones never repeat; a message in parts gets its nonce when it begins."""
    key, cipher = aes_key(session, KEY), AESCCM(KEY)
    session.begin("MessageEncrypt", CCM, key)
    for number in range(3):
        message = Ccm(NONCE, generator=COUNTER, fixed_bits=32)
        encrypted = whole(session, "C_EncryptMessage", message)
        assert message.made_nonce == NONCE[:4] + number.to_bytes(8)
        assert cipher.decrypt(message.made_nonce, encrypted + message.made_tag, AAD) == TEXT
    seen = set()
    for _ in range(20):
        message = Ccm(NONCE, generator=RANDOM)
        session.call("C_EncryptMessageBegin", *message.arguments, *data(AAD))
        nonce = message.made_nonce
        buffer, length = create_string_buffer(len(TEXT)), c_ulong(len(TEXT))
        session.call("C_EncryptMessageNext", *message.arguments, *data(TEXT), buffer, byref(length), c_ulong(1))
        assert cipher.decrypt(nonce, buffer.raw + message.made_tag, AAD) == TEXT
        seen.add(nonce)
    assert len(seen) == 20


# ---- Policies ----


def test_strict_makes_the_nonces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random ones of 96 bits alone: no caller's, no counter, which begins anew, and none that the caller steers."""
    with session_under("strict", tmp_path / "server", monkeypatch) as (_, session, _label):
        key, other = aes_key(session, KEY), aes_key(session, KEY)
        session.begin("MessageEncrypt", GCM, key)
        for generator in (GENERATE, RANDOM):
            message = Gcm(bytes(12), generator)
            sealed = whole(session, "C_EncryptMessage", message) + message.made_tag
            assert AESGCM(KEY).decrypt(message.made_iv, sealed, AAD) == TEXT
        for wrong in (Gcm(NONCE), Gcm(NONCE, COUNTER), Gcm(NONCE, COUNTER_XOR), Gcm(NONCE, RANDOM, 1)):
            with refused(Rv.MECHANISM_PARAM_INVALID):
                whole(session, "C_EncryptMessage", wrong)
        session.call("C_MessageEncryptFinal")
        session.begin("MessageEncrypt", CCM, other)
        ours = Ccm(bytes(12), generator=GENERATE)
        sealed = whole(session, "C_EncryptMessage", ours) + ours.made_tag
        assert AESCCM(KEY).decrypt(ours.made_nonce, sealed, AAD) == TEXT
        with refused(Rv.MECHANISM_PARAM_INVALID):
            whole(session, "C_EncryptMessage", Ccm(NONCE))
        session.call("C_MessageEncryptFinal")
        # Its messages have no generator.
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.begin("MessageEncrypt", CHACHA, chacha_key(session))


def test_standard_takes_no_nonce_twice_from_a_counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter that begins anew is refused where it has been; a made nonce is not taken from the caller again."""
    with session_under("standard", tmp_path / "server", monkeypatch) as (_, session, _label):
        key = aes_key(session, KEY)
        session.begin("MessageEncrypt", GCM, key)
        for _ in range(2):
            whole(session, "C_EncryptMessage", Gcm(NONCE, COUNTER, 32))
        made = Gcm(NONCE, RANDOM)
        whole(session, "C_EncryptMessage", made)
        for again in (made.made_iv, NONCE[:4] + bytes(8)):
            with refused(Rv.MECHANISM_PARAM_INVALID):
                whole(session, "C_EncryptMessage", Gcm(again))
        session.call("C_MessageEncryptFinal")
        session.begin("MessageEncrypt", GCM, key)
        for _ in range(2):
            with refused(Rv.MECHANISM_PARAM_INVALID):
                whole(session, "C_EncryptMessage", Gcm(NONCE, COUNTER, 32))
        third = Gcm(NONCE, COUNTER, 32)
        whole(session, "C_EncryptMessage", third)
        assert third.made_iv == NONCE[:4] + (2).to_bytes(8)
        session.call("C_MessageEncryptFinal")
        session.begin("MessageEncrypt", CHACHA, chacha_key(session))
        whole(session, "C_EncryptMessage", Chacha(NONCE))
        with refused(Rv.MECHANISM_PARAM_INVALID):
            whole(session, "C_EncryptMessage", Chacha(NONCE))


def test_a_key_has_so_many_nonces_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2^32 (SP 800-38D, 8.3), with those that were counted in earlier lives of server and application."""
    with session_under("strict", tmp_path / "server", monkeypatch) as (_, session, _label):
        worn, fresh = (session.create(secret_key(KEY, KeyType.AES, TOKEN=True, LABEL=label)) for label in "wf")
        with closing(sqlite3.connect(tmp_path / "server" / "data" / "vhsm.db")) as database, database:
            ((number,),) = database.execute("SELECT min(id) FROM objects")
            counted = (bytes(16), bytes(16), number, use_pb2.OPERATION_ENCRYPT, 2**32 - 2, 0)
            database.execute("INSERT INTO use_counts VALUES (?, ?, ?, ?, ?, ?)", counted)
        for key, left in ((worn, 2), (fresh, 3)):
            session.begin("MessageEncrypt", GCM, key)
            for _ in range(left):
                whole(session, "C_EncryptMessage", Gcm(bytes(12), GENERATE))
            with refused(Rv.KEY_EXHAUSTED) if key == worn else nullcontext():
                whole(session, "C_EncryptMessage", Gcm(bytes(12), GENERATE))
            session.call("C_MessageEncryptFinal")
