"""PKCS#11 v3.2, 5.4 to 5.6: initialisation, slots, tokens and sessions."""

from __future__ import annotations

import os
import sys
from ctypes import byref, c_ubyte, c_ulong
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import CKF_SERIAL_SESSION, CKU_SO, CkTokenInfo, Module, Refused, Session, refused, secret_key
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers import Token

CKS_RO_PUBLIC, CKS_RO_USER, CKS_RW_PUBLIC, CKS_RW_USER, CKS_RW_SO = range(5)
CKF_LOGIN_REQUIRED = 0x4
CKF_USER_PIN_INITIALIZED = 0x8
CKF_TOKEN_INITIALIZED = 0x400
REQUIRED_MECHANISMS = {
    *(Mechanism.AES_KEY_GEN, Mechanism.GENERIC_SECRET_KEY_GEN, Mechanism.AES_GCM),
    *(Mechanism.SHA_1_HMAC, Mechanism.SHA224_HMAC, Mechanism.SHA256_HMAC),
    *(Mechanism.SHA384_HMAC, Mechanism.SHA512_HMAC),
    *(Mechanism.SHA_1, Mechanism.SHA224, Mechanism.SHA256, Mechanism.SHA384, Mechanism.SHA512),
}


def test_nothing_works_before_initialisation(token: Token) -> None:
    """Every function but a few answers CKR_CRYPTOKI_NOT_INITIALIZED."""
    module = Module(token.module)
    with refused(Rv.CRYPTOKI_NOT_INITIALIZED):
        module.slots()
    with refused(Rv.CRYPTOKI_NOT_INITIALIZED):
        module.call("C_Finalize", None)


def test_a_second_initialisation_is_told_so(module: Module) -> None:
    """C_Initialize twice is CKR_CRYPTOKI_ALREADY_INITIALIZED, and harmless."""
    with refused(Rv.CRYPTOKI_ALREADY_INITIALIZED):
        module.call("C_Initialize", None)
    assert module.slots()


def test_a_module_can_be_finalised_and_used_again(token: Token) -> None:
    """OpenDNSSEC's signer does it twice; sessions and logins of before are gone."""
    module = Module(token.module)
    with module:
        before = module.open_session(module.slot_of(token.label))
        before.login(token.pin)
    with module:
        with refused(Rv.SESSION_HANDLE_INVALID):
            before.info()
        after = module.open_session(module.slot_of(token.label))
        assert after.info().state == CKS_RW_PUBLIC


def test_a_token_is_found_by_its_label(module: Module, token: Token) -> None:
    """The label is padded with blanks, and the token says that it is ready."""
    info = module.token_info(module.slot_of(token.label))
    assert info.label == token.label.encode().ljust(32)
    wanted = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_LOGIN_REQUIRED
    assert info.flags & wanted == wanted


def test_slot_numbers_are_stable(token: Token) -> None:
    """The same token has the same slot after the module was started again."""
    module = Module(token.module)
    with module:
        before = module.slot_of(token.label)
    with module:
        assert module.slot_of(token.label) == before


def test_an_unknown_slot_is_refused(module: Module) -> None:
    """CKR_SLOT_ID_INVALID, also for the largest number there is."""
    for slot in (0xDEAD_BEEF, c_ulong(-1).value):
        with refused(Rv.SLOT_ID_INVALID):
            module.token_info(slot)
        with refused(Rv.SLOT_ID_INVALID):
            module.open_session(slot)


def test_null_pointers_are_refused(module: Module, slot: int) -> None:
    """An argument error, not a crash."""
    with refused(Rv.ARGUMENTS_BAD):
        module.call("C_GetSlotList", c_ubyte(1), None, None)
    with refused(Rv.ARGUMENTS_BAD):
        module.call("C_GetTokenInfo", c_ulong(slot), None)
    with refused(Rv.ARGUMENTS_BAD):
        module.call("C_OpenSession", c_ulong(slot), c_ulong(CKF_SERIAL_SESSION), None, None, None)


def test_a_short_slot_list_tells_the_length(module: Module) -> None:
    """CKR_BUFFER_TOO_SMALL and the number of slots."""
    count = c_ulong(0)
    with refused(Rv.BUFFER_TOO_SMALL):
        module.call("C_GetSlotList", c_ubyte(1), (c_ulong * 1)(), byref(count))
    assert count.value == len(module.slots())


def test_the_mechanisms_of_the_token_are_listed(module: Module, slot: int) -> None:
    """All that this release promises are there."""
    assert module.mechanisms(slot) >= REQUIRED_MECHANISMS


def test_a_session_must_be_serial(module: Module, slot: int) -> None:
    """Parallel sessions are long gone from the standard."""
    handle = c_ulong()
    with refused(Rv.SESSION_PARALLEL_NOT_SUPPORTED):
        module.call("C_OpenSession", c_ulong(slot), c_ulong(0), None, None, byref(handle))


def test_session_states_follow_the_login(module: Module, slot: int, token: Token) -> None:
    """All sessions of the application change state together."""
    read_only, read_write = module.open_session(slot, read_write=False), module.open_session(slot)
    assert (read_only.info().state, read_write.info().state) == (CKS_RO_PUBLIC, CKS_RW_PUBLIC)
    read_only.login(token.pin)
    assert (read_only.info().state, read_write.info().state) == (CKS_RO_USER, CKS_RW_USER)
    later = module.open_session(slot)
    assert later.info().state == CKS_RW_USER
    read_write.logout()
    assert (read_only.info().state, later.info().state) == (CKS_RO_PUBLIC, CKS_RW_PUBLIC)


def test_the_security_officer_needs_every_session_to_write(module: Module, slot: int, token: Token) -> None:
    """A read-only session bars the officer's login, and the officer's login bars read-only sessions."""
    read_only, read_write = module.open_session(slot, read_write=False), module.open_session(slot)
    with refused(Rv.SESSION_READ_ONLY_EXISTS):
        read_write.login(token.so_pin, CKU_SO)
    read_only.close()
    read_write.login(token.so_pin, CKU_SO)
    assert read_write.info().state == CKS_RW_SO
    with refused(Rv.SESSION_READ_WRITE_SO_EXISTS):
        module.open_session(slot, read_write=False)


def test_a_closed_session_is_dead(session: Session) -> None:
    """Its handle answers CKR_SESSION_HANDLE_INVALID everywhere."""
    session.close()
    with refused(Rv.SESSION_HANDLE_INVALID):
        session.info()
    with refused(Rv.SESSION_HANDLE_INVALID):
        session.random(16)
    with refused(Rv.SESSION_HANDLE_INVALID):
        session.close()


def test_closing_all_sessions_ends_the_login(module: Module, slot: int, session: Session) -> None:
    """A token without sessions is logged out (PKCS#11 v3.2, 5.6.2)."""
    others = [module.open_session(slot) for _ in range(3)]
    module.call("C_CloseAllSessions", c_ulong(slot))
    for dead in [session, *others]:
        with refused(Rv.SESSION_HANDLE_INVALID):
            dead.info()
    assert module.open_session(slot).info().state == CKS_RW_PUBLIC


def test_closing_the_last_session_ends_the_login(module: Module, slot: int, session: Session) -> None:
    """The same, one by one."""
    session.close()
    assert module.open_session(slot).info().state == CKS_RW_PUBLIC


def test_session_objects_end_with_their_session(
    module: Module, slot: int, session: Session, open_session: Callable[[], Session]
) -> None:
    """An object of one session is seen by another until the first is closed."""
    owner = module.open_session(slot)
    owner.create(secret_key(bytes(16), KeyType.AES, LABEL="short-lived"))
    assert len(session.find({Attribute.LABEL: "short-lived"})) == 1
    owner.close()
    assert open_session().find({Attribute.LABEL: "short-lived"}) == []


def test_many_sessions_can_be_open(module: Module, slot: int) -> None:
    """A thousand sessions at once, each with a handle of its own."""
    sessions = [module.open_session(slot) for _ in range(1_000)]
    assert len({session.handle for session in sessions}) == 1_000
    info = CkTokenInfo()
    module.call("C_GetTokenInfo", c_ulong(slot), byref(info))
    assert info.session_count in {1_000, c_ulong(-1).value}


@pytest.mark.ours  # SoftHSM2 counts its handles up
def test_handles_are_hard_to_guess(module: Module, slot: int) -> None:
    """Neighbours in time are no neighbours in number."""
    handles = [module.open_session(slot).handle for _ in range(8)]
    assert all(abs(first - second) > 1_000 for first, second in pairwise(handles))


@pytest.mark.ours  # SoftHSM2 knows nothing of forks
def test_a_forked_child_starts_afresh(session: Session, token: Token) -> None:
    """Nothing of the parent's works in the child until it initialises for itself; the parent goes on undisturbed."""
    key = session.create(secret_key(bytes(32), KeyType.GENERIC_SECRET))
    child = os.fork()
    if child == 0:
        os._exit(child_starts_afresh(session, token))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(session.complete("Sign", plain(Mechanism.SHA256_HMAC), key, b"message")) == 32


def child_starts_afresh(inherited: Session, token: Token) -> int:
    """Exit status of the child: 0 if all is as promised."""
    try:
        with refused(Rv.CRYPTOKI_NOT_INITIALIZED):
            inherited.random(16)
        with inherited.module as module:
            session = module.open_session(module.slot_of(token.label))
            assert session.info().state == CKS_RW_PUBLIC
            session.login(token.pin)
            session.create(secret_key(bytes(32), KeyType.AES, PRIVATE=True))
    except (AssertionError, Refused) as failure:
        sys.stderr.write(f"in the child: {failure}\n")
        return 1
    return 0
