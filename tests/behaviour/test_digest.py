"""PKCS#11 v3.2, 5.12: message digesting."""

from __future__ import annotations

import hashlib
from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING

import pytest
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import CkMechanism, Parameters, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session

DIGESTS = {
    Mechanism.SHA_1: "sha1",
    Mechanism.SHA224: "sha224",
    Mechanism.SHA256: "sha256",
    Mechanism.SHA384: "sha384",
    Mechanism.SHA512: "sha512",
}
# FIPS 180-4's examples: one block, two blocks.
ABC = b"abc"
TWO_BLOCKS = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
PUBLISHED = {
    (Mechanism.SHA_1, ABC): "a9993e364706816aba3e25717850c26c9cd0d89d",
    (Mechanism.SHA_1, TWO_BLOCKS): "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
    (Mechanism.SHA256, ABC): "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    (Mechanism.SHA256, TWO_BLOCKS): "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
}


@pytest.mark.parametrize(("mechanism", "message", "expected"), [(*case, value) for case, value in PUBLISHED.items()])
def test_published_digests(session: Session, mechanism: Mechanism, message: bytes, expected: str) -> None:
    """The examples of FIPS 180-4 come out."""
    assert session.complete("Digest", plain(mechanism), None, message).hex() == expected


@pytest.mark.parametrize("mechanism", DIGESTS)
@pytest.mark.parametrize("length", [0, 1, 127, 70_000])
def test_parts_and_whole_agree(session: Session, mechanism: Mechanism, length: int) -> None:
    """However the message is cut, the digest is the same, also beyond what is gathered on the way."""
    message = bytes(index % 251 for index in range(length))
    expected = hashlib.new(DIGESTS[mechanism], message).digest()
    assert session.complete("Digest", plain(mechanism), None, message) == expected
    parts = [message[:1], b"", message[1:500], message[500:]]
    assert session.in_parts("Digest", plain(mechanism), None, parts) == expected


def test_a_digest_needs_no_login(open_session: Callable[[], Session]) -> None:
    """A public session is enough."""
    assert open_session().complete("Digest", plain(Mechanism.SHA256), None, ABC) == hashlib.sha256(ABC).digest()


def test_a_parameter_that_no_digest_has_is_not_read(session: Session) -> None:
    """PowerDNS 4.7 leaves pParameter and ulParameterLen of its CKM_SHA_1 unset."""
    for mechanism, name in DIGESTS.items():
        unset = Parameters(CkMechanism(mechanism, 1, 1 << 40))
        assert session.complete("Digest", unset, None, ABC) == hashlib.new(name, ABC).digest()


def test_a_key_is_digested_between_the_parts(session: Session) -> None:
    """C_DigestKey takes the key's value as the next part, and the key never leaves."""
    key = session.create(secret_key(b"secret value 123", KeyType.GENERIC_SECRET))
    session.begin("Digest", plain(Mechanism.SHA256))
    session.update("Digest", b"before")
    session.call("C_DigestKey", c_ulong(key))
    session.update("Digest", b"after")
    assert session.output("C_DigestFinal") == hashlib.sha256(b"beforesecret value 123after").digest()


def test_a_short_buffer_leaves_the_operation_active(session: Session) -> None:
    """CKR_BUFFER_TOO_SMALL tells the length; the next call, with room, succeeds."""
    session.begin("Digest", plain(Mechanism.SHA256))
    length = c_ulong(31)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_Digest", *data(ABC), create_string_buffer(31), byref(length))
    assert length.value == 32
    assert session.output("C_Digest", *data(ABC)) == hashlib.sha256(ABC).digest()


def test_a_size_query_leaves_the_operation_active(session: Session) -> None:
    """A null buffer asks for the length."""
    session.begin("Digest", plain(Mechanism.SHA512))
    assert session.output_length("C_Digest", *data(ABC)) == 64
    assert session.output("C_Digest", *data(ABC)) == hashlib.sha512(ABC).digest()


def test_operations_are_begun_before_they_are_used(session: Session) -> None:
    """Without C_DigestInit there is nothing to update, and a second one meets the first."""
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.update("Digest", ABC)
    session.begin("Digest", plain(Mechanism.SHA256))
    with refused(Rv.OPERATION_ACTIVE):
        session.begin("Digest", plain(Mechanism.SHA256))


def test_an_unknown_mechanism_is_refused(session: Session) -> None:
    """A mechanism that does not digest is CKR_MECHANISM_INVALID."""
    with refused(Rv.MECHANISM_INVALID):
        session.begin("Digest", plain(Mechanism.AES_GCM))
