"""PKCS#11 v3.2, 5.13 and 5.15: message authentication codes."""

from __future__ import annotations

import hashlib
import hmac
from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, NamedTuple

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import general, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session


class Case(NamedTuple):
    """A test case of RFC 2202, section 3 (HMAC-SHA-1)."""

    key: bytes
    message: bytes
    digest: str


RFC_2202 = [
    Case(b"\x0b" * 20, b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
    Case(b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    Case(b"\xaa" * 20, b"\xdd" * 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
    Case(bytes(range(1, 26)), b"\xcd" * 50, "4c9007f4026250c6bc8414f9bf50c86c2d7235da"),
    Case(b"\x0c" * 20, b"Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"),
    Case(
        b"\xaa" * 80,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    ),
    Case(
        b"\xaa" * 80,
        b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
        "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
    ),
]
HMACS = {
    Mechanism.SHA_1_HMAC: ("sha1", Mechanism.SHA_1_HMAC_GENERAL),
    Mechanism.SHA224_HMAC: ("sha224", Mechanism.SHA224_HMAC_GENERAL),
    Mechanism.SHA256_HMAC: ("sha256", Mechanism.SHA256_HMAC_GENERAL),
    Mechanism.SHA384_HMAC: ("sha384", Mechanism.SHA384_HMAC_GENERAL),
    Mechanism.SHA512_HMAC: ("sha512", Mechanism.SHA512_HMAC_GENERAL),
}
SHA256_HMAC = plain(Mechanism.SHA256_HMAC)
MESSAGE = b"a message to be authenticated"
VALUE = bytes(range(64))
# SoftHSM2 answers the first for a signature of the wrong length, the standard both.
WRONG_SIGNATURE = (Rv.SIGNATURE_INVALID, Rv.SIGNATURE_LEN_RANGE)


def hmac_key(session: Session, value: bytes = VALUE, **attributes: bool) -> int:
    """Import a session key."""
    return session.create(
        secret_key(value, KeyType.GENERIC_SECRET, SIGN=True, VERIFY=True)
        | {Attribute[name]: attribute for name, attribute in attributes.items()}
    )


@pytest.mark.ours  # SoftHSM2 refuses keys shorter than the hash
@pytest.mark.parametrize("case", RFC_2202, ids=lambda case: case.message[:8].decode("latin-1"))
def test_rfc_2202(session: Session, case: Case) -> None:
    """Every published HMAC-SHA-1 comes out, and verifies."""
    key = hmac_key(session, case.key)
    signature = session.complete("Sign", plain(Mechanism.SHA_1_HMAC), key, case.message)
    assert signature.hex() == case.digest
    session.verify(plain(Mechanism.SHA_1_HMAC), key, case.message, signature)


@pytest.mark.parametrize("mechanism", HMACS)
@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 65_536, 70_000])
def test_parts_and_whole_agree(session: Session, mechanism: Mechanism, length: int) -> None:
    """However the message is cut, the MAC is the same, also beyond what is gathered on the way."""
    message = bytes(index % 251 for index in range(length))
    expected = hmac.digest(VALUE, message, HMACS[mechanism][0])
    key = hmac_key(session)
    assert session.complete("Sign", plain(mechanism), key, message) == expected
    assert session.in_parts("Sign", plain(mechanism), key, [message[:40], b"", message[40:]]) == expected


@pytest.mark.ours  # SoftHSM2 has no general forms
@pytest.mark.parametrize("mechanism", HMACS)
def test_the_general_form_cuts_the_mac(session: Session, mechanism: Mechanism) -> None:
    """CKM_…_HMAC_GENERAL gives the first bytes, from one to all."""
    name, general_mechanism = HMACS[mechanism]
    expected = hmac.digest(VALUE, MESSAGE, name)
    key = hmac_key(session)
    for length in (1, 10, len(expected)):
        signature = session.complete("Sign", general(general_mechanism, length), key, MESSAGE)
        assert signature == expected[:length]
        session.verify(general(general_mechanism, length), key, MESSAGE, signature)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        session.begin("Sign", general(general_mechanism, len(expected) + 1), key)


def test_a_changed_message_does_not_verify(session: Session) -> None:
    """Neither does a changed signature, nor one of another length."""
    key = hmac_key(session)
    signature = session.complete("Sign", SHA256_HMAC, key, MESSAGE)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(SHA256_HMAC, key, MESSAGE + b".", signature)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(SHA256_HMAC, key, MESSAGE, bytes([signature[0] ^ 1]) + signature[1:])
    with refused(*WRONG_SIGNATURE):
        session.verify(SHA256_HMAC, key, MESSAGE, signature[:-1])


def test_verification_in_parts(session: Session) -> None:
    """C_VerifyUpdate and C_VerifyFinal say the same as C_Verify."""
    key = hmac_key(session)
    signature = hmac.digest(VALUE, MESSAGE, hashlib.sha256)
    for good, message in ((True, MESSAGE), (False, MESSAGE[:-1])):
        session.begin("Verify", SHA256_HMAC, key)
        session.update("Verify", message[:5])
        session.update("Verify", message[5:])
        if good:
            session.call("C_VerifyFinal", *data(signature))
        else:
            with refused(Rv.SIGNATURE_INVALID):
                session.call("C_VerifyFinal", *data(signature))


def test_a_failed_verification_ends_the_operation(session: Session) -> None:
    """The next one starts afresh."""
    key = hmac_key(session)
    with refused(Rv.SIGNATURE_INVALID):
        session.verify(SHA256_HMAC, key, MESSAGE, bytes(32))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_Verify", *data(MESSAGE), *data(bytes(32)))


def test_a_short_buffer_leaves_the_operation_active(session: Session) -> None:
    """CKR_BUFFER_TOO_SMALL tells the length; the next call, with room, succeeds."""
    session.begin("Sign", SHA256_HMAC, hmac_key(session))
    length = c_ulong(31)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Sign", *data(MESSAGE), create_string_buffer(31), byref(length))
    assert length.value == 32
    assert session.output_length("C_Sign", *data(MESSAGE)) == 32
    assert session.output("C_Sign", *data(MESSAGE)) == hmac.digest(VALUE, MESSAGE, hashlib.sha256)


def test_a_key_signs_only_if_it_may(session: Session) -> None:
    """CKA_SIGN and CKA_VERIFY are asked, each for its own."""
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Sign", SHA256_HMAC, hmac_key(session, SIGN=False))
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("Verify", SHA256_HMAC, hmac_key(session, VERIFY=False))


def test_an_encryption_key_does_not_sign(session: Session) -> None:
    """CKM_SHA256_HMAC wants a generic secret or an HMAC key."""
    key = session.create(secret_key(bytes(32), KeyType.AES))
    with refused(Rv.KEY_TYPE_INCONSISTENT):
        session.begin("Sign", SHA256_HMAC, key)


@pytest.mark.ours  # SoftHSM2 knows neither of the key types
@pytest.mark.parametrize(
    ("key_type", "mechanism"),
    [
        (KeyType.SHA_1_HMAC, Mechanism.SHA_1_HMAC),
        (KeyType.SHA256_HMAC, Mechanism.SHA256_HMAC),
        (KeyType.SHA512_HMAC, Mechanism.SHA512_HMAC),
    ],
)
def test_hmac_key_types(session: Session, key_type: KeyType, mechanism: Mechanism) -> None:
    """A key may be typed for its hash, and then signs with that one."""
    key = session.create(secret_key(VALUE, key_type))
    assert session.complete("Sign", plain(mechanism), key, MESSAGE) == hmac.digest(VALUE, MESSAGE, HMACS[mechanism][0])


def test_unknown_keys_and_mechanisms_are_refused(session: Session) -> None:
    """A handle that is none, and a mechanism that does not sign."""
    with refused(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID):
        session.begin("Sign", SHA256_HMAC, 0x1234_5678)
    with refused(Rv.MECHANISM_INVALID):
        session.begin("Sign", plain(Mechanism.SHA256), hmac_key(session))


@pytest.mark.ours  # SoftHSM2 has one operation a session
def test_another_operation_does_not_disturb(session: Session) -> None:
    """A session may sign and digest in parts at the same time."""
    key = hmac_key(session)
    session.begin("Sign", SHA256_HMAC, key)
    session.update("Sign", MESSAGE[:3])
    assert session.complete("Digest", plain(Mechanism.SHA256), None, MESSAGE) == hashlib.sha256(MESSAGE).digest()
    session.update("Sign", MESSAGE[3:])
    assert session.output("C_SignFinal") == hmac.digest(VALUE, MESSAGE, hashlib.sha256)
