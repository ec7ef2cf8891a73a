"""PKCS#11 v3.2, 6.12 to 6.15, 6.58 and 6.61: AES in CCM, GMAC, CTS and XTS, and ChaCha20-Poly1305.

`cryptography` is the other party; SoftHSM2 has none of these. CTS, which `cryptography` does not have, is checked
against its CBC by the definition of CBC-CS1 (addendum to SP 800-38A).
"""

from __future__ import annotations

from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from pkcs11.constants import Attribute

from tests.behaviour.test_aes_modes import IV, KEY, LONG, aes_key, pieces
from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import ccm, chacha_poly, iv, plain
from tests.rv import Rv
from vhsm.wire import tables
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

pytestmark = pytest.mark.ours

BLOCK: Final = 16
NONCE: Final = bytes(range(12))
AAD: Final = b"additional data"
XTS_KEY: Final = bytes(range(64))
# What a round trip holds, in bytes.
SEGMENT: Final = 1_048_576


class Vector(NamedTuple):
    """A published encryption."""

    key: str
    nonce: str
    aad: str
    plaintext: str
    ciphertext: str


# SP 800-38C, examples 1 to 3: those with MACs of at least 64 bits.
CCM_VECTORS: Final = [
    (
        Vector(
            "404142434445464748494a4b4c4d4e4f",
            "101112131415161718191a1b1c1d1e1f"[:24],
            "000102030405060708090a0b0c0d0e0f10111213",
            "202122232425262728292a2b2c2d2e2f3031323334353637",
            "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951",
        ),
        8,
    ),
]
# IEEE 1619-2007, appendix B: vectors 2 and 15 (a data unit that is no whole number of blocks).
XTS_VECTORS: Final = [
    Vector(
        "11" * 16 + "22" * 16, "3333333333" + "00" * 11, "", "44" * 32,
        "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
    ),
    Vector(
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", "9a78563412" + "00" * 11, "",
        "000102030405060708090a0b0c0d0e0f10", "6c1625db4671522d3d7599601de7ca09ed",
    ),
]  # fmt: skip


def xts_key(session: Session, value: bytes = XTS_KEY) -> int:
    """Import a session key of two halves."""
    return session.create(secret_key(value, CKK.AES_XTS, ENCRYPT=True, DECRYPT=True))


def chacha_key(session: Session) -> int:
    """Import a session key."""
    return session.create(secret_key(KEY, CKK.CHACHA20, ENCRYPT=True, DECRYPT=True))


def whole(session: Session, kind: str, mechanism: Parameters, key: int, content: bytes) -> bytes:
    """Run the single call, with room for long messages."""
    session.begin(kind, mechanism, key)
    return session.output(f"C_{kind}", *data(content), room=len(content) + BLOCK)


# ---- CCM and ChaCha20-Poly1305 ----


@pytest.mark.parametrize(("vector", "mac_length"), CCM_VECTORS)
def test_published_ccm(session: Session, vector: Vector, mac_length: int) -> None:
    """The examples of SP 800-38C come out."""
    key = aes_key(session, bytes.fromhex(vector.key))
    plaintext = bytes.fromhex(vector.plaintext)
    mechanism = ccm(bytes.fromhex(vector.nonce), len(plaintext), bytes.fromhex(vector.aad), mac_length)
    assert session.complete("Encrypt", mechanism, key, plaintext).hex() == vector.ciphertext
    assert session.complete("Decrypt", mechanism, key, bytes.fromhex(vector.ciphertext)) == plaintext


@pytest.mark.parametrize("key_bytes", [16, 24, 32])
@pytest.mark.parametrize("nonce_bytes", [7, 12, 13])
@pytest.mark.parametrize("mac_length", [8, 10, 16])
@pytest.mark.parametrize("length", [0, 1, 16, 1_000])
def test_ccm_agrees_with_another_implementation(
    session: Session, key_bytes: int, nonce_bytes: int, mac_length: int, length: int
) -> None:
    """Every size of key, nonce and MAC."""
    value, nonce, message = KEY[:key_bytes], bytes(range(nonce_bytes)), LONG[:length]
    key, mechanism = aes_key(session, value), ccm(nonce, length, AAD, mac_length)
    ciphertext = session.complete("Encrypt", mechanism, key, message)
    assert ciphertext == AESCCM(value, mac_length).encrypt(nonce, message, AAD)
    assert session.complete("Decrypt", mechanism, key, ciphertext) == message


@pytest.mark.parametrize("length", [0, 1, 64, 1_000, 200_000])
def test_chacha20_poly1305_agrees_with_another_implementation(session: Session, length: int) -> None:
    """Whole, both ways."""
    key, message = chacha_key(session), LONG[:length]
    ciphertext = whole(session, "Encrypt", chacha_poly(NONCE, AAD), key, message)
    assert ciphertext == ChaCha20Poly1305(KEY).encrypt(NONCE, message, AAD)
    assert whole(session, "Decrypt", chacha_poly(NONCE, AAD), key, ciphertext) == message


@pytest.mark.parametrize("name", ["CCM", "ChaCha20-Poly1305"])
def test_what_authenticates_gives_nothing_before_its_end(session: Session, name: str) -> None:
    """Parts are gathered, the length is told, what was changed has one answer, and what is too long is refused."""
    message = LONG[:5_000]
    if name == "CCM":
        key, mechanism, expected = aes_key(session), ccm(NONCE, 5_000), AESCCM(KEY).encrypt(NONCE, message, b"")
    else:
        key, mechanism = chacha_key(session), chacha_poly(NONCE)
        expected = ChaCha20Poly1305(KEY).encrypt(NONCE, message, b"")
    for kind, given, wanted in (("Encrypt", message, expected), ("Decrypt", expected, message)):
        session.begin(kind, mechanism, key)
        assert [session.update(kind, given[:1]), session.update(kind, given[1:])] == [b"", b""]
        assert session.output_length(f"C_{kind}Final") == len(wanted)
        length = c_ulong(len(wanted) - 1)
        with refused(Rv.BUFFER_TOO_SMALL):
            session.call(f"C_{kind}Final", create_string_buffer(length.value), byref(length))
        assert session.output(f"C_{kind}Final", room=len(wanted)) == wanted
    for at in (0, len(expected) - 1):
        changed = bytearray(expected)
        changed[at] ^= 1
        with refused(Rv.ENCRYPTED_DATA_INVALID):
            whole(session, "Decrypt", mechanism, key, bytes(changed))
    with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
        whole(session, "Decrypt", mechanism, key, expected[:15])
    with refused(Rv.DATA_LEN_RANGE):
        whole(session, "Encrypt", mechanism, key, bytes(SEGMENT))
    session.begin("Encrypt", mechanism, key)
    with refused(Rv.DATA_LEN_RANGE):
        pieces(session, "Encrypt", bytes(SEGMENT), SEGMENT // 4)


def test_ccm_takes_the_length_that_was_announced(session: Session) -> None:
    """Another length of data is refused, each way."""
    key = aes_key(session)
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Encrypt", ccm(NONCE, 10), key, bytes(11))
    ciphertext = session.complete("Encrypt", ccm(NONCE, 10), key, bytes(10))
    with refused(Rv.ENCRYPTED_DATA_LEN_RANGE):
        session.complete("Decrypt", ccm(NONCE, 11), key, ciphertext)


@pytest.mark.parametrize(
    "mechanism",
    [
        ccm(bytes(6), 10),
        ccm(bytes(14), 10),
        ccm(bytes(13), 65_536),
        ccm(NONCE, 10, mac_length=4),
        ccm(NONCE, 10, mac_length=6),
        ccm(NONCE, 10, mac_length=9),
        ccm(NONCE, 10, mac_length=18),
        ccm(NONCE, 10, mac_length=1 << 40),
        plain(tables.CKM_AES_CCM),
        *(iv(tables.CKM_AES_CTS, bytes(length)) for length in (8, 15, 17)),
    ],
)
def test_parameters_of_aes_are_checked(session: Session, mechanism: Parameters) -> None:
    """SP 800-38C: nonces of 7 to 13 bytes, MACs of 8 to 16, data that the nonce leaves room for."""
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Encrypt", mechanism, aes_key(session))


@pytest.mark.parametrize("length", [0, 8, 11, 13, 24])
def test_chacha20_poly1305_has_one_length_of_nonce(session: Session, length: int) -> None:
    """RFC 8439: 96 bits."""
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Encrypt", chacha_poly(bytes(length)), chacha_key(session))


# ---- GMAC ----


@pytest.mark.parametrize("key_bytes", [16, 24, 32])
@pytest.mark.parametrize("length", [0, 1, 16, 17, 70_000, 1_100_000])
def test_gmacs_agree_with_another_implementation(session: Session, key_bytes: int, length: int) -> None:
    """A GCM tag of additional data alone: whole and in parts, signed and verified."""
    value, message = KEY[:key_bytes], LONG[:length]
    expected = AESGCM(value).encrypt(NONCE, b"", message)
    mechanism = iv(tables.CKM_AES_GMAC, NONCE)
    key = aes_key(session, value)
    assert session.complete("Sign", mechanism, key, message) == expected
    session.verify(mechanism, key, message, expected)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(mechanism, key, message, bytes(16))
    with refused(Rv.SIGNATURE_LEN_RANGE):
        session.verify(mechanism, key, message, expected[:15])
    session.begin("Verify", mechanism, key)
    for part in (message[:5], message[5:50], message[50:69_000], message[69_000:]):
        session.update("Verify", part)
    session.call("C_VerifyFinal", *data(expected))
    parts = [message[:5], message[5:50], message[50:69_000], message[69_000:]]
    assert session.in_parts("Sign", mechanism, aes_key(session, value), parts) == expected


# ---- CTS and XTS ----


class Stolen(NamedTuple):
    """A mode that gives as many bytes as it takes, and what the other party makes of it."""

    mechanism: Parameters
    name: str

    def key(self, session: Session) -> int:
        """Import its key."""
        return xts_key(session) if self.name == "XTS" else aes_key(session)

    def ciphertext(self, message: bytes) -> bytes:
        """Encrypt as the other party does."""
        if self.name == "XTS":
            encryptor = Cipher(algorithms.AES(XTS_KEY), modes.XTS(IV)).encryptor()
            return encryptor.update(message) + encryptor.finalize()
        encryptor = Cipher(algorithms.AES(KEY), modes.CBC(IV)).encryptor()
        missing = -len(message) % BLOCK
        blocks = encryptor.update(message + bytes(missing)) + encryptor.finalize()
        return blocks[: len(blocks) - BLOCK - missing] + blocks[-BLOCK:]


STOLEN: Final = [
    Stolen(iv(tables.CKM_AES_CTS, IV), "CTS"),
    Stolen(iv(tables.CKM_AES_XTS, IV), "XTS"),
]
every_mode = pytest.mark.parametrize("mode", STOLEN, ids=lambda mode: mode.name)


@pytest.mark.parametrize("vector", XTS_VECTORS, ids=["2", "15"])
def test_published_xts(session: Session, vector: Vector) -> None:
    """The vectors of IEEE 1619 come out."""
    key, mechanism = (
        xts_key(session, bytes.fromhex(vector.key)),
        iv(tables.CKM_AES_XTS, bytes.fromhex(vector.nonce)),
    )
    plaintext = bytes.fromhex(vector.plaintext)
    assert session.complete("Encrypt", mechanism, key, plaintext).hex() == vector.ciphertext
    assert session.complete("Decrypt", mechanism, key, bytes.fromhex(vector.ciphertext)) == plaintext


@every_mode
@pytest.mark.parametrize("length", [16, 17, 31, 32, 33, 47, 48, 1_000, 1_048_577, 1_100_001])
def test_as_many_bytes_out_as_in(session: Session, mode: Stolen, length: int) -> None:
    """What one encrypts, the other does alike; and it decrypts again."""
    key, message = mode.key(session), LONG[:length]
    ciphertext = whole(session, "Encrypt", mode.mechanism, key, message)
    assert ciphertext == mode.ciphertext(message)
    assert whole(session, "Decrypt", mode.mechanism, key, ciphertext) == message


@every_mode
@pytest.mark.parametrize("step", [1, 7, 15, 16, 17, 33, 100])
@pytest.mark.parametrize("length", [16, 100, 112])
def test_parts_give_what_the_whole_gives(session: Session, mode: Stolen, step: int, length: int) -> None:
    """Parts of odd sizes make the same output, each at most two blocks late."""
    key, message = mode.key(session), LONG[:length]
    ciphertext = mode.ciphertext(message)
    for kind, given, wanted in (("Encrypt", message, ciphertext), ("Decrypt", ciphertext, message)):
        session.begin(kind, mode.mechanism, key)
        given_back = [
            session.output(f"C_{kind}Update", *data(given[start : start + step]), room=step + 2 * BLOCK)
            for start in range(0, length, step)
        ]
        last = session.output(f"C_{kind}Final", room=2 * BLOCK)
        assert b"".join([*given_back, last]) == wanted
        assert BLOCK <= len(last) <= 2 * BLOCK


@every_mode
@pytest.mark.parametrize("length", [0, 1, 15])
def test_less_than_a_block_is_refused(session: Session, mode: Stolen, length: int) -> None:
    """Whole and in parts: there is nothing to steal from."""
    key = mode.key(session)
    for kind, wrong in (("Encrypt", Rv.DATA_LEN_RANGE), ("Decrypt", Rv.ENCRYPTED_DATA_LEN_RANGE)):
        with refused(wrong):
            session.complete(kind, mode.mechanism, key, bytes(length))
        with refused(wrong):
            session.in_parts(kind, mode.mechanism, key, [bytes(length)])


# ---- keys ----


@pytest.mark.parametrize(
    ("mechanism", "key_type", "length"),
    [
        (tables.CKM_AES_XTS_KEY_GEN, CKK.AES_XTS, 32),
        (tables.CKM_AES_XTS_KEY_GEN, CKK.AES_XTS, 64),
        (tables.CKM_CHACHA20_KEY_GEN, CKK.CHACHA20, 32),
    ],
)
def test_keys_are_made(session: Session, mechanism: int, key_type: CKK, length: int) -> None:
    """Of their own type, and for their own mechanism alone; where there is one length, it need not be said."""
    said = {} if key_type is CKK.CHACHA20 else {Attribute.VALUE_LEN: length}
    key = session.generate(plain(mechanism), said)
    assert int.from_bytes(session.read(key, Attribute.KEY_TYPE), "little") == key_type
    assert int.from_bytes(session.read(key, Attribute.VALUE_LEN), "little") == length
    chosen = iv(tables.CKM_AES_XTS, IV) if key_type is CKK.AES_XTS else chacha_poly(NONCE)
    ciphertext = session.complete("Encrypt", chosen, key, LONG[:40])
    assert session.complete("Decrypt", chosen, key, ciphertext) == LONG[:40]
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Encrypt", iv(tables.CKM_AES_CBC, IV), key)
    for wrong in (16, 33, 48, 128):
        with refused(Rv.KEY_SIZE_RANGE, Rv.ATTRIBUTE_VALUE_INVALID):
            session.generate(plain(mechanism), {Attribute.VALUE_LEN: wrong})


def test_imported_keys_have_the_right_length(session: Session) -> None:
    """Two AES keys of 16 or 32 bytes that differ; 32 bytes for ChaCha20."""
    for value in (bytes(16), bytes(48), bytes(range(16)) * 2, bytes(range(32)) * 2):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(secret_key(value, CKK.AES_XTS))
    for value in (bytes(16), bytes(33)):
        with refused(Rv.ATTRIBUTE_VALUE_INVALID):
            session.create(secret_key(value, CKK.CHACHA20))
