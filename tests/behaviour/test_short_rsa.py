"""RSA keys of 512 bits, which old programs and suites use: every mechanism of `compatible` tokens, or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import refused, secret_key
from tests.mechanisms import oaep, plain, pss, rsa_aes
from tests.rv import Rv
from vhsm.wire.table import CKK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

BITS: Final = 512
LENGTH: Final = BITS // 8
MESSAGE: Final = b"a message"


@pytest.fixture
def pair(session: Session) -> tuple[int, int]:
    """A session key pair that does everything."""
    public = {Attribute.MODULUS_BITS: BITS, Attribute.WRAP: True}
    return session.generate_pair(Mechanism.RSA_PKCS_KEY_PAIR_GEN, public, {Attribute.UNWRAP: True})


def signatures() -> Iterator[tuple[Parameters, bytes, bool]]:
    """Mechanisms, what they sign, and whether 64 bytes are enough for it (RFC 8017, 9.1.1 and 9.2)."""
    yield plain(Mechanism.RSA_PKCS), bytes(53), True
    yield plain(Mechanism.RSA_X_509), MESSAGE, True
    for hashed, fits in (("SHA1", True), ("SHA256", True), ("SHA384", False), ("SHA512", False)):
        yield plain(Mechanism[f"{hashed}_RSA_PKCS"]), MESSAGE, fits
    for hashed, digest, salt, fits in (
        ("SHA1", Mechanism.SHA_1, 42, True),
        ("SHA1", Mechanism.SHA_1, 43, False),
        ("SHA256", Mechanism.SHA256, 30, True),
        ("SHA256", Mechanism.SHA256, 32, False),
        ("SHA512", Mechanism.SHA512, 0, False),
    ):
        yield pss(Mechanism[f"{hashed}_RSA_PKCS_PSS"], digest, salt), MESSAGE, fits
    yield pss(Mechanism.RSA_PKCS_PSS, Mechanism.SHA512, 0), bytes(64), False


@pytest.mark.ours  # SoftHSM2 signs with hashes that do not fit, or says CKR_GENERAL_ERROR
def test_signatures_that_fit(session: Session, pair: tuple[int, int]) -> None:
    """Made and verified where the encoding has room; elsewhere CKR_KEY_SIZE_RANGE, and nothing verifies."""
    public, private = pair
    for mechanism, content, fits in signatures():
        if not fits:
            with refused(Rv.KEY_SIZE_RANGE):
                session.complete("Sign", mechanism, private, content)
            with refused(Rv.SIGNATURE_INVALID):
                session.verify(mechanism, public, content, bytes(LENGTH - 1) + b"\1")
            continue
        signature = session.complete("Sign", mechanism, private, content)
        assert len(signature) == LENGTH
        session.verify(mechanism, public, content, signature)
        with refused(Rv.SIGNATURE_INVALID):
            session.verify(mechanism, public, content, signature[:-1] + bytes([signature[-1] ^ 1]))
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("Sign", plain(Mechanism.RSA_PKCS), private, bytes(54))


def test_a_signature_is_what_the_modulus_says(session: Session, pair: tuple[int, int]) -> None:
    """Python's own arithmetic opens it."""
    public, private = pair
    modulus = int.from_bytes(session.read(public, Attribute.MODULUS))
    assert modulus.bit_length() == BITS
    signature = session.complete("Sign", plain(Mechanism.RSA_PKCS), private, MESSAGE)
    block = pow(int.from_bytes(signature), 65_537, modulus).to_bytes(LENGTH)
    assert block == b"\0\1" + b"\xff" * (LENGTH - 3 - len(MESSAGE)) + b"\0" + MESSAGE


@pytest.mark.ours  # SoftHSM2 tells of bad padding, and has no OAEP but with SHA-1
def test_what_fits_is_encrypted(session: Session, pair: tuple[int, int]) -> None:
    """To the last byte; a hash that does not fit is CKR_KEY_SIZE_RANGE, and bad padding is not told."""
    public, private = pair
    for mechanism, longest in ((plain(Mechanism.RSA_PKCS), 53), (oaep(Mechanism.SHA_1), 22)):
        content = bytes(range(longest))
        ciphertext = session.complete("Encrypt", mechanism, public, content)
        assert session.complete("Decrypt", mechanism, private, ciphertext) == content
        with refused(Rv.DATA_LEN_RANGE):
            session.complete("Encrypt", mechanism, public, content + b"!")
    for kind, key in (("Encrypt", public), ("Decrypt", private)):
        with refused(Rv.KEY_SIZE_RANGE):
            session.complete(kind, oaep(Mechanism.SHA256), key, bytes(LENGTH))
    for last in range(2, 10):
        wrong = session.complete("Encrypt", plain(Mechanism.RSA_X_509), public, bytes(LENGTH - 1) + bytes([last]))
        assert len(session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, wrong)) <= LENGTH - 11


@pytest.mark.ours
def test_what_fits_is_carried(session: Session, pair: tuple[int, int]) -> None:
    """Keys that a block holds; those that it does not are refused, whatever the block is unwrapped to."""
    public, private = pair
    value = bytes(range(16))
    key = session.create(secret_key(value, KeyType.AES) | {Attribute.EXTRACTABLE: True})
    kind = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.AES,
        Attribute.SENSITIVE: False,
        Attribute.EXTRACTABLE: True,
    }
    for mechanism in (plain(Mechanism.RSA_PKCS), oaep(Mechanism.SHA_1), rsa_aes(Mechanism.SHA_1, 128)):
        wrapped = session.wrap(mechanism, public, key)
        assert session.read(session.unwrap(mechanism, private, wrapped, kind), Attribute.VALUE) == value
    for mechanism in (oaep(Mechanism.SHA256), rsa_aes(Mechanism.SHA256)):
        with refused(Rv.WRAPPING_KEY_SIZE_RANGE):
            session.wrap(mechanism, public, key)
        with refused(Rv.UNWRAPPING_KEY_SIZE_RANGE):
            session.unwrap(mechanism, private, bytes(LENGTH + 24), kind)
    with refused(Rv.KEY_SIZE_RANGE):
        session.wrap(rsa_aes(Mechanism.SHA_1), public, key)
    # Of every type that a block may be taken for, also where its keys are longer than a message.
    wrong = session.complete("Encrypt", plain(Mechanism.RSA_X_509), public, bytes(LENGTH - 1) + b"\7")
    for key_type in (KeyType.AES, CKK.AES_XTS, KeyType.DES3, KeyType.GENERIC_SECRET):
        taken = session.unwrap(plain(Mechanism.RSA_PKCS), private, wrong, kind | {Attribute.KEY_TYPE: key_type})
        assert 0 < len(session.read(taken, Attribute.VALUE)) <= LENGTH
