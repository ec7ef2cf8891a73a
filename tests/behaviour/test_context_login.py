"""PKCS#11 v3.2, 4.9 and 5.6.8: keys whose every use needs the user's PIN (CKA_ALWAYS_AUTHENTICATE)."""

from __future__ import annotations

from ctypes import c_ulong
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.behaviour.test_key_pair import MESSAGE, rsa_pair, rsa_public
from tests.cryptoki import CKU_SO, CKU_USER, Module, data, refused
from tests.mechanisms import ecdh, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cryptoki import Session
    from tests.servers import Server, Token

CONTEXT_SPECIFIC: Final = 2
SIGN: Final = plain(Mechanism.SHA256_RSA_PKCS)


@pytest.fixture
def key(session: Session) -> int:
    """A private key that asks for the PIN each time."""
    _, private = rsa_pair(session, ALWAYS_AUTHENTICATE=True)
    assert session.read_flag(private, Attribute.ALWAYS_AUTHENTICATE)
    return private


def test_a_login_serves_one_use(session: Session, token: Token, key: int) -> None:
    """C_SignInit, C_Login, C_Sign; without the login between, CKR_USER_NOT_LOGGED_IN."""
    for _ in range(2):
        session.begin("Sign", SIGN, key)
        session.login(token.pin, CONTEXT_SPECIFIC)
        signature = session.output("C_Sign", *data(MESSAGE))
        rsa_public(session, key).verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        session.begin("Sign", SIGN, key)
        with refused(Rv.USER_NOT_LOGGED_IN):
            session.output("C_Sign", *data(MESSAGE))


def test_parts_are_one_use(session: Session, token: Token, key: int) -> None:
    """However many, and also where they are streamed."""
    for message in (MESSAGE, MESSAGE * 10_000):
        session.begin("Sign", SIGN, key)
        session.login(token.pin, CONTEXT_SPECIFIC)
        session.update("Sign", message[:9])
        session.update("Sign", message[9:])
        signature = session.output("C_SignFinal")
        rsa_public(session, key).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        session.begin("Sign", SIGN, key)
        with refused(Rv.USER_NOT_LOGGED_IN):
            session.update("Sign", message)
            session.output("C_SignFinal")


@pytest.mark.ours  # SoftHSM2 is of PKCS#11 v2.40
def test_each_message_is_a_use(session: Session, token: Token, key: int) -> None:
    """A login serves one message after C_MessageSignInit, whole or in parts; C_MessageSignFinal ends none of them.

    PKCS#11 v3.2, 5.14.1: the process is for "one or more signature operations"; 5.14.2: C_SignMessage "begins and
    terminates a message signing operation"; 4.9: a login lasts "until the cryptographic operation has [...] been
    completed".
    """
    no_parameter = (None, c_ulong(0))
    session.begin("MessageSign", SIGN, key)
    for _ in range(3):
        with refused(Rv.USER_NOT_LOGGED_IN):
            session.output("C_SignMessage", *no_parameter, *data(MESSAGE))
        session.login(token.pin, CONTEXT_SPECIFIC)
        signature = session.output("C_SignMessage", *no_parameter, *data(MESSAGE))
        rsa_public(session, key).verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    for message in (MESSAGE, MESSAGE * 10_000):
        session.call("C_SignMessageBegin", *no_parameter)
        session.login(token.pin, CONTEXT_SPECIFIC)
        session.call("C_SignMessageNext", *no_parameter, *data(message), None, None)
        signature = session.output("C_SignMessageNext", *no_parameter, *data(b""))
        rsa_public(session, key).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    session.call("C_MessageSignFinal")
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.login(token.pin, CONTEXT_SPECIFIC)


@pytest.mark.ours  # the same
def test_a_login_for_messages_serves_nothing_else(session: Session, token: Token, key: int) -> None:
    """Not a key that asks for none, not a message that the engine has the beginning of, not what comes after."""
    no_parameter = (None, c_ulong(0))
    _, silent = rsa_pair(session)
    session.begin("MessageSign", SIGN, silent)
    session.output("C_SignMessage", *no_parameter, *data(MESSAGE))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.login(token.pin, CONTEXT_SPECIFIC)
    session.call("C_MessageSignFinal")
    session.begin("MessageSign", SIGN, key)
    session.login(token.pin, CONTEXT_SPECIFIC)
    session.call("C_SignMessageBegin", *no_parameter)
    session.call("C_SignMessageNext", *no_parameter, *data(MESSAGE * 10_000), None, None)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.login(token.pin, CONTEXT_SPECIFIC)
    session.output("C_SignMessageNext", *no_parameter, *data(b""))
    session.login(token.pin, CONTEXT_SPECIFIC)
    session.call("C_MessageSignFinal")
    session.begin("Sign", SIGN, key)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.output("C_Sign", *data(MESSAGE))


def test_a_length_is_told_before(session: Session, token: Token, key: int) -> None:
    """Asking for a length is no use."""
    session.begin("Sign", SIGN, key)
    assert session.output_length("C_Sign", *data(MESSAGE)) == 256
    session.login(token.pin, CONTEXT_SPECIFIC)
    assert len(session.output("C_Sign", *data(MESSAGE))) == 256


def test_decryption_too(session: Session, token: Token) -> None:
    """Every use of the private key."""
    public, private = rsa_pair(session, ALWAYS_AUTHENTICATE=True)
    text = session.complete("Encrypt", plain(Mechanism.RSA_PKCS), public, MESSAGE)
    session.begin("Decrypt", plain(Mechanism.RSA_PKCS), private)
    session.login(token.pin, CONTEXT_SPECIFIC)
    assert session.output("C_Decrypt", *data(text)) == MESSAGE
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.complete("Decrypt", plain(Mechanism.RSA_PKCS), private, text)


@pytest.mark.ours  # SoftHSM2 answers CKR_OPERATION_NOT_INITIALIZED for the first only
def test_nothing_waits(session: Session, token: Token) -> None:
    """CKR_OPERATION_NOT_INITIALIZED without an operation, and where its key does not ask for a login."""
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.login(token.pin, CONTEXT_SPECIFIC)
    _, private = rsa_pair(session)
    session.begin("Sign", SIGN, private)
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.login(token.pin, CONTEXT_SPECIFIC)
    assert len(session.output("C_Sign", *data(MESSAGE))) == 256


@pytest.mark.ours  # SoftHSM2 binds the login to less
def test_a_login_serves_what_was_prepared(
    session: Session, token: Token, key: int, open_session: Callable[[], Session]
) -> None:
    """Not another session's operation, not another key's, not a later one."""
    other = open_session()
    other.begin("Sign", SIGN, key)
    session.begin("Sign", SIGN, key)
    session.login(token.pin, CONTEXT_SPECIFIC)
    with refused(Rv.USER_NOT_LOGGED_IN):
        other.output("C_Sign", *data(MESSAGE))
    session.call("C_SignInit", None, None)
    session.begin("Sign", SIGN, key)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.output("C_Sign", *data(MESSAGE))
    _, second = rsa_pair(session, ALWAYS_AUTHENTICATE=True)
    session.begin("Sign", SIGN, key)
    session.login(token.pin, CONTEXT_SPECIFIC)
    session.call("C_SignInit", None, None)
    session.begin("Sign", SIGN, second)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.output("C_Sign", *data(MESSAGE))


@pytest.mark.ours  # a wrong PIN delays
def test_a_wrong_pin_counts_and_locks(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong PIN is a try like any other; once no try is left, the user is logged out."""
    token = server.add_user("anna", "app")
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        session.login(token.pin)
        _, private = rsa_pair(session, ALWAYS_AUTHENTICATE=True)
        session.begin("Sign", SIGN, private)
        with refused(Rv.PIN_INCORRECT):
            session.login("certainly wrong", CONTEXT_SPECIFIC)
        session.login(token.pin, CONTEXT_SPECIFIC)
        assert len(session.output("C_Sign", *data(MESSAGE))) == 256
        session.begin("Sign", SIGN, private)
        with refused(Rv.PIN_INCORRECT):
            session.login(token.so_pin, CONTEXT_SPECIFIC)
        with refused(Rv.USER_NOT_LOGGED_IN):
            session.output("C_Sign", *data(MESSAGE))
        session.begin("Sign", SIGN, private)
        with refused(Rv.PIN_LOCKED):
            for _ in range(20):
                with refused(Rv.PIN_INCORRECT):
                    session.login("certainly wrong", CONTEXT_SPECIFIC)
        with refused(Rv.USER_NOT_LOGGED_IN):
            session.logout()


def test_the_attribute_is_of_private_objects(session: Session) -> None:
    """PKCS#11 v3.2, 4.9: only where CKA_PRIVATE is true; and it never changes."""
    with refused(Rv.TEMPLATE_INCONSISTENT, Rv.ATTRIBUTE_VALUE_INVALID):
        rsa_pair(session, ALWAYS_AUTHENTICATE=True, PRIVATE=False)
    _, private = rsa_pair(session, ALWAYS_AUTHENTICATE=True)
    with refused(Rv.ATTRIBUTE_READ_ONLY):
        session.write(private, {Attribute.ALWAYS_AUTHENTICATE: False})


@pytest.mark.ours  # SoftHSM2 derives without asking
def test_functions_without_an_init_do_not_use_such_a_key(session: Session, token: Token, key: int) -> None:
    """C_DeriveKey and C_UnwrapKey leave no moment for a login; another key's prepared use is not theirs to take."""
    p_256 = bytes.fromhex("06082a8648ce3d030107")
    curve = {Attribute.EC_PARAMS: p_256}
    public, asks = session.generate_pair(
        Mechanism.EC_KEY_PAIR_GEN, curve, {Attribute.DERIVE: True, Attribute.ALWAYS_AUTHENTICATE: True}
    )
    _, silent = session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, curve, {Attribute.DERIVE: True})
    point = session.read(public, Attribute.EC_POINT)
    secret = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
        Attribute.VALUE_LEN: 32,
    }
    assert session.derive(ecdh(Mechanism.ECDH1_DERIVE, point), silent, secret)
    session.begin("Sign", SIGN, key)
    session.login(token.pin, CONTEXT_SPECIFIC)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.derive(ecdh(Mechanism.ECDH1_DERIVE, point), asks, secret)
    assert len(session.output("C_Sign", *data(MESSAGE))) == 256


@pytest.mark.ours  # SoftHSM2 is of PKCS#11 v2.40
def test_a_user_by_name(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """C_LoginUser takes the token's own user by name, and nobody else; C_Login proves that user's PIN again."""
    token = server.add_user("anna", "app")
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        pin = data(token.pin.encode())
        for name in (data(b"nobody"), data(b"\xff"), data(b"x" * 300)):
            with refused(Rv.PIN_INCORRECT):
                session.call("C_LoginUser", c_ulong(CKU_USER), *pin, *name)
        with refused(Rv.ARGUMENTS_BAD):
            session.call("C_LoginUser", c_ulong(CKU_USER), *pin, None, c_ulong(4))
        session.call("C_LoginUser", c_ulong(CKU_USER), *pin, *data(b"anna"))
        with refused(Rv.USER_ALREADY_LOGGED_IN):
            session.call("C_LoginUser", c_ulong(CKU_USER), *pin, *data(b"anna"))
        with refused(Rv.USER_ALREADY_LOGGED_IN):
            session.login(token.pin)
        with refused(Rv.USER_ANOTHER_ALREADY_LOGGED_IN):
            session.call("C_LoginUser", c_ulong(CKU_USER), *pin, *data(b"nobody"))
        _, private = rsa_pair(session, ALWAYS_AUTHENTICATE=True)
        session.begin("Sign", SIGN, private)
        session.call("C_LoginUser", c_ulong(CONTEXT_SPECIFIC), *pin, *data(b"anna"))
        assert len(session.output("C_Sign", *data(MESSAGE))) == 256


def test_nobody_else_logs_in_so(session: Session, token: Token, key: int) -> None:
    """The officer's PIN is not the user's."""
    session.begin("Sign", SIGN, key)
    with refused(Rv.USER_ANOTHER_ALREADY_LOGGED_IN):
        session.login(token.so_pin, CKU_SO)
    with refused(Rv.USER_ALREADY_LOGGED_IN):
        session.login(token.pin)
