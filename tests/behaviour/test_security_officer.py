"""PKCS#11 v3.2, 5.5.7 and 5.5.8: the security officer empties a token, and gives its user a PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import CKU_SO, CKU_USER, Module, refused, secret_key
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cryptoki import Session
    from tests.servers import DevServer, Server, Token

CKF_USER_PIN_INITIALIZED = 0x8
HMAC = plain(Mechanism.SHA256_HMAC)
NEW_PIN = "a new PIN 47"


@pytest.fixture
def own(own_dev_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Module, Token]]:
    """A compatible token of the test's own, in an initialised module."""
    token = own_dev_server.token
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    with Module(token.module) as module:
        yield module, token


def logged_in(module: Module, token: Token, pin: str, user: int = CKU_USER) -> Session:
    """Open a session and log in."""
    session = module.open_session(module.slot_of(token.label))
    session.login(pin, user)
    return session


def keep_key(session: Session) -> bytes:
    """Store an HMAC key, and return a signature that it makes."""
    template = secret_key(b"k" * 32, KeyType.GENERIC_SECRET, TOKEN=True, SIGN=True, LABEL="kept")
    return session.complete("Sign", HMAC, session.create(template), b"message")


def test_a_new_pin_opens_the_same_keys(own: tuple[Module, Token]) -> None:
    """C_InitPIN: the old PIN is refused, the new one finds everything, and a lock is lifted."""
    module, token = own
    user = logged_in(module, token, token.pin)
    signature = keep_key(user)
    user.close()
    officer = logged_in(module, token, token.so_pin, CKU_SO)
    with refused(Rv.PIN_LEN_RANGE):
        officer.init_pin("")
    officer.init_pin(NEW_PIN)
    officer.close()
    session = module.open_session(module.slot_of(token.label))
    with refused(Rv.PIN_INCORRECT):
        session.login(token.pin)
    session.login(NEW_PIN)
    (key,) = session.find({Attribute.LABEL: "kept"})
    assert session.complete("Sign", HMAC, key, b"message") == signature


def test_only_the_officer_gives_pins(own: tuple[Module, Token]) -> None:
    """Neither nobody nor the user, and nobody in a read-only session."""
    module, token = own
    session = module.open_session(module.slot_of(token.label))
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.init_pin(NEW_PIN)
    session.login(token.pin)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.init_pin(NEW_PIN)


def test_an_initialised_token_is_empty(own: tuple[Module, Token]) -> None:
    """C_InitToken: nothing is left but slot and officer; C_InitPIN makes it usable again, under another token key."""
    module, token = own
    slot = module.slot_of(token.label)
    user = logged_in(module, token, token.pin)
    keep_key(user)
    public = secret_key(b"p" * 16, KeyType.AES, TOKEN=True, PRIVATE=False, LABEL="public")
    user.create(public)
    with refused(Rv.SESSION_EXISTS):
        module.init_token(slot, token.so_pin, "fresh")
    user.close()
    with refused(Rv.PIN_INCORRECT):
        module.init_token(slot, token.pin, "fresh")
    module.init_token(slot, token.so_pin, "fresh")
    info = module.token_info(slot)
    assert info.label.rstrip() == b"fresh"
    assert not info.flags & CKF_USER_PIN_INITIALIZED
    session = module.open_session(slot)
    assert session.find({}) == []
    with refused(Rv.USER_PIN_NOT_INITIALIZED):
        session.login(token.pin)
    session.login(token.so_pin, CKU_SO)
    session.init_pin(NEW_PIN)
    session.logout()
    assert module.token_info(slot).flags & CKF_USER_PIN_INITIALIZED
    session.login(NEW_PIN)
    assert session.find({}) == []
    keep_key(session)


@pytest.mark.ours
def test_other_policies_leave_it_to_administrators(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a standard token both are CKR_ACTION_PROHIBITED, and nothing is lost."""
    token = server.add_user("anna", "web")
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    with Module(token.module) as module:
        slot = module.slot_of(token.label)
        with refused(Rv.ACTION_PROHIBITED):
            module.init_token(slot, token.so_pin, "fresh")
        officer = logged_in(module, token, token.so_pin, CKU_SO)
        with refused(Rv.ACTION_PROHIBITED):
            officer.init_pin(NEW_PIN)
        officer.logout()
        officer.login(token.pin)
