"""Proving a PIN: the one way in which every login, PIN change and administrator's proof goes.

The counter of wrong tries is written durably before the engine derives anything and is cleared only by a right PIN,
so that killing the server buys no try. Whoever is not there costs as much time and as many writes, and gets the
same answer.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, NoReturn

from vhsm.errors import ArgumentsBad, PinIncorrect
from vhsm.policy import pin
from vhsm.store import accounts
from vhsm.wire import engine_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.model.records import Login

PIN: Final = 0  # index of the secret that is proven: always the first


def check_secrets(context: Context, count: int) -> None:
    """Refuse a request with another number of secrets.

    Raises:
        ArgumentsBad.
    """
    if len(context.ask.secret_lengths) != count:
        raise ArgumentsBad(f"this request carries {count} secrets")


def prove(context: Context, login: Login | None, *, log_in: bool) -> bool:
    """Prove the request's first secret to be this user's PIN; with `log_in` the application is logged in.

    The caller ends the try (`accounts.end_try` or `replace_key`) in the transaction that records its deed.
    Returns True if the PIN was one that the engine remembers: then nothing was derived and no try begun.

    Raises:
        PinIncorrect: whatever the cause.
        PinLocked: no try was made.
    """
    if login is None:
        refuse_unknown(context)
    pin.check_not_locked(login.policy, login.tries)
    if context.channel.begin_login(login.user_id, login.role, PIN) and log_in:
        return True
    # Read after the turn was ours: another try may have ended meanwhile.
    tries = accounts.load_tries(context.store.connection, login)
    if tries is None:
        refuse_unknown(context)
    now_s = context.clock()
    pin.check_may_try(login.policy, tries, now_s)
    with context.writing(recorded=False) as writing:
        accounts.begin_try(writing.connection, login, now_s)
    try:
        context.channel.derive_login(login.key, PIN, log_in=log_in, linger_s=pin.linger_s(login.policy))
    except PinIncorrect:
        context.delay_ms = pin.reply_delay_ms(login.policy, tries.failed + 1)
        raise PinIncorrect from None
    return False


def refuse_unknown(context: Context) -> NoReturn:
    """Do for a user who is not there what is done for one who is, and fail.

    Raises:
        PinIncorrect.
    """
    with context.writing(recorded=False) as writing:
        accounts.count_unknown(writing.connection)
    key = engine_pb2.AuthenticationKey(
        enrolment_id=context.caller.container.enrolment_id,
        derivation=parameters(accounts.load_rounds(context.store.connection)),
    )
    # The engine refuses it, whatever the password; its own words would tell the two cases apart.
    with contextlib.suppress(PinIncorrect):
        context.channel.derive_login(key, PIN, log_in=False, absent=True)
    raise PinIncorrect


def parameters(rounds: int) -> engine_pb2.DerivationParameters:
    """Spell how a new password is derived; the engine adds the salt."""
    return engine_pb2.DerivationParameters(
        algorithm=engine_pb2.KEY_DERIVATION_PBKDF2_HMAC_SHA256,
        rounds=rounds,
    )


def renewed(context: Context, key: engine_pb2.AuthenticationKey) -> engine_pb2.AuthenticationKey:
    """Spell the identity of a row that is to be sealed anew, with this server's parameters."""
    return engine_pb2.AuthenticationKey(
        user_id=key.user_id,
        role=key.role,
        token_uuid=key.token_uuid,
        enrolment_id=key.enrolment_id,
        derivation=parameters(accounts.load_rounds(context.store.connection)),
        version=key.version + 1,
    )
