"""PKCS#11 v3.2, 5.6: C_Login, C_Logout, C_SetPIN, and what a wrong PIN costs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType

from tests.cryptoki import CKU_SO, Module, Refused, Session, refused, secret_key
from tests.rv import Rv
from vhsm.wire import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers import DevServer, Server, Token

WRONG = "certainly wrong"
BOUND_S = 30  # for a delay of LOGIN_DELAY_FIRST_S


@pytest.fixture
def own(own_dev_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session on a token of the test's own, nobody logged in."""
    token = own_dev_server.token
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        yield module.open_session(module.slot_of(token.label))


def log_in_after_delay(session: Session, pin: str) -> None:
    """Try until the delay is over; a try within it is refused and costs nothing."""
    end = time.monotonic() + BOUND_S
    while time.monotonic() < end:
        try:
            session.login(pin)
        except Refused as refusal:
            if refusal.rv != Rv.PIN_LOCKED:
                raise
        else:
            return
    raise TimeoutError


# ---- who is logged in ----


@pytest.mark.ours  # SoftHSM2 lets one log out twice
def test_a_login_is_the_application_s(session: Session, module: Module, slot: int, token: Token) -> None:
    """Once for all its sessions; a second login of the same user is told so."""
    other = module.open_session(slot)
    with refused(Rv.USER_ALREADY_LOGGED_IN):
        other.login(token.pin)
    other.logout()
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.logout()


def test_one_user_at_a_time(session: Session, token: Token) -> None:
    """The security officer cannot join the user."""
    with refused(Rv.USER_ANOTHER_ALREADY_LOGGED_IN):
        session.login(token.so_pin, CKU_SO)


def test_a_wrong_pin_is_refused(module: Module, slot: int, token: Token) -> None:
    """And the right one works after it."""
    session = module.open_session(slot)
    with refused(Rv.PIN_INCORRECT):
        session.login(WRONG)
    session.login(token.pin)


@pytest.mark.parametrize("pin", ["", "abc", "x" * 256, "x" * 4096])
def test_a_pin_of_no_possible_length_is_refused(module: Module, slot: int, pin: str) -> None:
    """Whichever code says so, nobody is logged in."""
    session = module.open_session(slot)
    with refused(Rv.PIN_INCORRECT, Rv.PIN_LEN_RANGE, Rv.ARGUMENTS_BAD):
        session.login(pin)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.create(secret_key(bytes(32), KeyType.AES, PRIVATE=True))


def test_unknown_user_types_are_refused(module: Module, slot: int, token: Token) -> None:
    """CKR_USER_TYPE_INVALID."""
    with refused(Rv.USER_TYPE_INVALID):
        module.open_session(slot).login(token.pin, 17)


def test_the_officer_uses_no_private_object(module: Module, slot: int, token: Token) -> None:
    """The officer administers; keys are the user's."""
    session = module.open_session(slot)
    session.login(token.so_pin, CKU_SO)
    with refused(Rv.USER_NOT_LOGGED_IN):
        session.create(secret_key(bytes(32), KeyType.AES, PRIVATE=True))


# ---- changing the PIN ----


def test_a_changed_pin_replaces_the_old_one(own: Session, own_dev_server: DevServer) -> None:
    """And opens the same objects: only one row was wrapped again."""
    token = own_dev_server.token
    own.login(token.pin)
    key = own.create(secret_key(bytes(32), KeyType.AES, TOKEN=True, LABEL="stays", PRIVATE=True))
    identity = own.read(key, Attribute.UNIQUE_ID)
    own.set_pin(token.pin, "the new pin")
    own.logout()
    with refused(Rv.PIN_INCORRECT):
        own.login(token.pin)
    own.login("the new pin")
    (found,) = own.find({Attribute.LABEL: "stays"})
    assert own.read(found, Attribute.UNIQUE_ID) == identity


def test_a_pin_is_changed_only_by_who_knows_it(own: Session, own_dev_server: DevServer) -> None:
    """The old PIN is asked for even after a login."""
    pin = own_dev_server.token.pin
    own.login(pin)
    with refused(Rv.PIN_INCORRECT):
        own.set_pin(WRONG, "the new pin")
    with refused(Rv.PIN_LEN_RANGE, Rv.PIN_INVALID):
        own.set_pin(pin, "x")
    own.logout()
    own.login(pin)


# ---- tries ----


def answer(call: Callable[..., object], *arguments: str) -> int:
    """Say how a call was refused."""
    with pytest.raises(Refused) as refusal:
        call(*arguments)
    return refusal.value.rv


def test_compatible_never_locks(own: Session, own_dev_server: DevServer) -> None:
    """Test programs try several wrong PINs in a row: each is answered, and the right one still works."""
    for _ in range(limits.LOGIN_TRIES_MAX + 1):
        with refused(Rv.PIN_INCORRECT):
            own.login(WRONG)
    own.login(own_dev_server.token.pin)


def test_standard_delays_after_the_free_tries(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the delay even the right PIN is refused; after it, it works, and the tries are free again."""
    token = server.add_user("alice", "a")
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        for _ in range(limits.LOGIN_TRIES_FREE):
            with refused(Rv.PIN_INCORRECT):
                session.login(WRONG)
        # On a busy machine the first delay may be over before the next try is made; each later one is twice as long.
        tries = limits.LOGIN_TRIES_MAX - limits.LOGIN_TRIES_FREE - 1
        assert any(answer(session.login, WRONG) == Rv.PIN_LOCKED for _ in range(tries))
        with refused(Rv.PIN_LOCKED):
            session.login(token.pin)
        log_in_after_delay(session, token.pin)
        session.logout()
        with refused(Rv.PIN_INCORRECT):
            session.login(WRONG)
        session.login(token.pin)


def test_a_remembered_pin_frees_the_tries(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that needs no derivation ends a row of wrong PINs like any other: they never add up to a lock."""
    token = server.add_user("alice", "a")
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        session = module.open_session(module.slot_of(token.label))
        for _ in range(limits.LOGIN_TRIES_MAX + 1):
            session.login(token.pin)
            session.logout()
            with refused(Rv.PIN_INCORRECT):
                session.login(WRONG)


# ---- containers ----

LIST = """
import pkcs11
for slot in pkcs11.lib(MODULE).get_slots(token_present=True):
    print(slot.get_token().label)
"""

LOG_IN_ELSEWHERE = """
import sys, pkcs11
try:
    pkcs11.lib(MODULE).get_token(token_label=LABEL).open(user_pin=PIN)
except pkcs11.PKCS11Error as error:
    sys.exit(type(error).__name__)
"""


def test_two_containers_do_not_see_each_other_s_tokens(server: Server) -> None:
    """The slots of a container are exactly the tokens bound to it; a label and a PIN from elsewhere open nothing."""
    alice, bob = server.add_user("alice", "a"), server.add_user("bob", "b")
    assert alice.python(LIST).split() == ["alice"]
    assert bob.python(LIST).split() == ["bob"]
    alice.python(LOG_IN_ELSEWHERE)
    elsewhere = type(alice)(alice.module, alice.label, alice.pin, alice.so_pin, bob.environment)
    with pytest.raises(AssertionError, match="NoSuchToken"):
        elsewhere.python(LOG_IN_ELSEWHERE)


def test_another_container_cannot_lock_the_owner_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong PINs for a token of the same name, tried from elsewhere, leave the owner's counter alone."""
    alice = server.add_user("alice", "a")
    bob = server.add_user("bob", "b")
    monkeypatch.setenv("VHSM_CONFIG", bob.environment["VHSM_CONFIG"])
    with Module(bob.module) as module:
        session = module.open_session(module.slot_of(bob.label))
        for _ in range(limits.LOGIN_TRIES_FREE + 2):
            with refused(Rv.PIN_INCORRECT, Rv.PIN_LOCKED):
                session.login(alice.pin)
    alice.python(LOG_IN_ELSEWHERE)
