"""PKCS#11 v3.2, 5.6.5, 5.6.6, 5.6.11 and 5.22: the state of operations; validation and asynchrony."""

from __future__ import annotations

import hashlib
import hmac
from ctypes import byref, c_ulong
from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_signing import VALUE, hmac_key
from tests.cryptoki import data, refused, secret_key
from tests.mechanisms import ctr, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session

pytestmark = pytest.mark.ours  # SoftHSM2 has none of these

SHA256: Final = plain(Mechanism.SHA256)
HMAC: Final = plain(Mechanism.SHA256_HMAC)
HEAD: Final = b"what came before, "
TAIL: Final = b"and what comes after"


def save(session: Session) -> bytes:
    """C_GetOperationState: its length, then itself."""
    length = session.output_length("C_GetOperationState")
    state = session.output("C_GetOperationState", room=length)
    assert len(state) == length
    return state


def restore(session: Session, state: bytes, encryption_key: int = 0, authentication_key: int = 0) -> None:
    """C_SetOperationState."""
    session.call("C_SetOperationState", *data(state), c_ulong(encryption_key), c_ulong(authentication_key))


def test_a_digest_is_forked(session: Session, open_session: Callable[[], Session]) -> None:
    """A saved digest goes on in its session and in another, as often as one likes."""
    session.begin("Digest", SHA256)
    session.update("Digest", HEAD)
    state = save(session)
    other = open_session()
    restore(other, state)
    for continued in (session, other):
        continued.update("Digest", TAIL)
        assert continued.output("C_DigestFinal") == hashlib.sha256(HEAD + TAIL).digest()
    restore(session, state)
    assert session.output("C_DigestFinal") == hashlib.sha256(HEAD).digest()


def test_a_mac_needs_its_key_again(session: Session) -> None:
    """The state holds no key."""
    key = hmac_key(session)
    session.begin("Sign", HMAC, key)
    session.update("Sign", HEAD)
    state = save(session)
    assert VALUE not in state
    with refused(Rv.KEY_NEEDED):
        restore(session, state)
    with refused(Rv.KEY_NOT_NEEDED):
        restore(session, state, encryption_key=key + 1, authentication_key=key)
    restore(session, state, authentication_key=key)
    session.update("Sign", TAIL)
    assert session.output("C_SignFinal") == hmac.digest(VALUE, HEAD + TAIL, "sha256")
    aes = session.create(secret_key(bytes(32), KeyType.AES, ENCRYPT=True))
    with refused(Rv.KEY_TYPE_INCONSISTENT, Rv.KEY_FUNCTION_NOT_PERMITTED):
        restore(session, state, authentication_key=aes)


def test_a_restored_state_replaces_what_was_going_on(session: Session) -> None:
    """Of every kind."""
    session.begin("Digest", SHA256)
    session.update("Digest", HEAD)
    state = save(session)
    session.update("Digest", TAIL)
    session.begin("Sign", HMAC, hmac_key(session))
    restore(session, state)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.output("C_SignFinal")
    assert session.output("C_DigestFinal") == hashlib.sha256(HEAD).digest()


def test_what_cannot_be_saved(session: Session) -> None:
    """No operation at all; what the engine has the beginning of; a digest that took a key in."""
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        save(session)
    session.begin("Digest", SHA256)
    session.update("Digest", bytes(100_000))
    with refused(Rv.STATE_UNSAVEABLE):
        save(session)
    assert session.output("C_DigestFinal") == hashlib.sha256(bytes(100_000)).digest()
    session.begin("Digest", SHA256)
    session.call("C_DigestKey", c_ulong(session.create(secret_key(bytes(32), KeyType.AES))))
    with refused(Rv.STATE_UNSAVEABLE):
        save(session)
    aes = session.create(secret_key(bytes(32), KeyType.AES, ENCRYPT=True))
    session.begin("Encrypt", ctr(bytes(16), 128), aes)
    session.update("Encrypt", HEAD)
    with refused(Rv.STATE_UNSAVEABLE):
        save(session)


def test_a_state_is_not_believed(session: Session) -> None:
    """Each prefix, each byte changed in turn, and rubbish: refused or harmless."""
    session.begin("Digest", SHA256)
    session.update("Digest", HEAD)
    state = save(session)
    for length in range(len(state)):
        with refused(Rv.SAVED_STATE_INVALID):
            restore(session, state[:length])
    with refused(Rv.SAVED_STATE_INVALID):
        restore(session, state + b"\0")
    for at in range(len(state) - len(HEAD)):
        changed = bytearray(state)
        changed[at] ^= 0x55
        with refused(Rv.SAVED_STATE_INVALID, Rv.KEY_NEEDED, Rv.OPERATION_NOT_INITIALIZED):
            restore(session, bytes(changed))
            session.output("C_SignFinal")
    restore(session, state)
    assert session.output("C_DigestFinal") == hashlib.sha256(HEAD).digest()


def test_nothing_is_validated_and_nothing_asynchronous(session: Session) -> None:
    """C_GetSessionValidationFlags tells of no validation; C_Async… answer what a synchronous session answers."""
    for kind in (0, 1, 2):
        flags = c_ulong(7)
        session.call("C_GetSessionValidationFlags", c_ulong(kind), byref(flags))
        assert flags.value == 0
    with refused(Rv.ARGUMENTS_BAD):
        session.call("C_GetSessionValidationFlags", c_ulong(1), None)
    for function, absent in (
        ("C_AsyncComplete", Rv.OPERATION_NOT_INITIALIZED),
        ("C_AsyncGetID", Rv.OPERATION_NOT_INITIALIZED),
        ("C_AsyncJoin", Rv.SAVED_STATE_INVALID),
    ):
        identifier = c_ulong(0)
        with refused(absent):
            session.call(function, b"C_Digest", byref(identifier), c_ulong(0), c_ulong(0))
        for name in (None, b""):
            with refused(Rv.ARGUMENTS_BAD):
                session.call(function, name, byref(identifier), c_ulong(0), c_ulong(0))
    with refused(Rv.ARGUMENTS_BAD):
        session.call("C_AsyncGetID", b"C_Digest", None)
