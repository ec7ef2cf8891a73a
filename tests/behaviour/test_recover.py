"""PKCS#11 v3.2, 5.14 and 5.16: signatures that hold their data."""

from __future__ import annotations

from ctypes import byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from pkcs11.constants import Attribute
from pkcs11.mechanisms import Mechanism

from tests.behaviour.test_key_pair import rsa_pair, rsa_public
from tests.cryptoki import data, refused
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Module, Session
    from tests.servers import Server

pytestmark = pytest.mark.ours  # SoftHSM2 has neither

MESSAGE: Final = b"what the signature holds"
PKCS: Final = plain(Mechanism.RSA_PKCS)
RAW: Final = plain(Mechanism.RSA_X_509)
BLOCK: Final = 256


def test_what_was_signed_is_recovered(session: Session) -> None:
    """By PKCS#1 v1.5, of any length that fits; OpenSSL recovers the same."""
    public, private = rsa_pair(session)
    other = rsa_public(session, public)
    for content in (MESSAGE, b"", bytes(BLOCK - 11)):
        signature = session.complete("SignRecover", PKCS, private, content)
        assert len(signature) == BLOCK
        assert other.recover_data_from_signature(signature, padding.PKCS1v15(), None) == content
        assert session.complete("VerifyRecover", PKCS, public, signature) == content
    with refused(Rv.DATA_LEN_RANGE):
        session.complete("SignRecover", PKCS, private, bytes(BLOCK - 10))


def test_raw_blocks_on_a_compatible_token(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """CKM_RSA_X_509 gives back the whole block."""
    from tests.cryptoki import Module  # noqa: PLC0415 - the fixture of that name is another token's

    token = server.add_user("anna", "app", policy="compatible")
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        session.login(token.pin)
        public, private = rsa_pair(session)
        block = bytes(100) + MESSAGE.ljust(BLOCK - 100, b".")
        signature = session.complete("SignRecover", RAW, private, block)
        assert session.complete("VerifyRecover", RAW, public, signature) == block
        short = session.complete("SignRecover", RAW, private, MESSAGE)
        assert session.complete("VerifyRecover", RAW, public, short) == MESSAGE.rjust(BLOCK, b"\0")


def test_other_signatures_are_refused(session: Session) -> None:
    """Of another key, and of another length."""
    public, private = rsa_pair(session)
    _, stranger = rsa_pair(session)
    signature = session.complete("SignRecover", PKCS, private, MESSAGE)
    for wrong in (session.complete("SignRecover", PKCS, stranger, MESSAGE), bytes(BLOCK)):
        with refused(Rv.SIGNATURE_INVALID):
            session.complete("VerifyRecover", PKCS, public, wrong)
    for wrong in (signature[1:], signature + b"\0", b""):
        with refused(Rv.SIGNATURE_LEN_RANGE):
            session.complete("VerifyRecover", PKCS, public, wrong)


def test_lengths_are_told_and_the_data_is_kept(session: Session) -> None:
    """A small buffer tells the length and ends nothing."""
    public, private = rsa_pair(session)
    session.begin("SignRecover", PKCS, private)
    assert session.output_length("C_SignRecover", *data(MESSAGE)) == BLOCK
    signature = session.output("C_SignRecover", *data(MESSAGE))
    session.begin("VerifyRecover", PKCS, public)
    assert session.output_length("C_VerifyRecover", *data(signature)) >= len(MESSAGE)
    length = c_ulong(3)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_VerifyRecover", *data(signature), create_string_buffer(3), byref(length))
    assert length.value == len(MESSAGE)
    assert session.output("C_VerifyRecover", *data(signature), room=length.value) == MESSAGE
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_VerifyRecover", *data(signature))


def test_the_keys_attributes_decide(session: Session, module: Module, slot: int) -> None:
    """CKA_SIGN is not CKA_SIGN_RECOVER, and only RSA has mechanisms that recover."""
    _, private = rsa_pair(session, SIGN_RECOVER=False)
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("SignRecover", PKCS, private)
    session.begin("Sign", PKCS, private)
    public, _ = rsa_pair(session)
    session.write(public, {Attribute.VERIFY_RECOVER: False})
    with refused(Rv.KEY_FUNCTION_NOT_PERMITTED):
        session.begin("VerifyRecover", PKCS, public)
    with refused(Rv.MECHANISM_INVALID):
        session.begin("SignRecover", plain(Mechanism.SHA256_RSA_PKCS), private)
    assert Mechanism.RSA_PKCS in module.mechanisms(slot)
