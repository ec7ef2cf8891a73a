"""Logins and PINs (PKCS#11 v3.2, 5.6). Sessions themselves are the engine's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from vhsm.errors import (
    PinIncorrect,
    Refusal,
    SessionReadOnlyExists,
    UserAlreadyLoggedIn,
    UserAnotherAlreadyLoggedIn,
    UserNotLoggedIn,
    UserPinNotInitialized,
    UserTypeInvalid,
)
from vhsm.handlers.authentication import PIN, check_secrets, prove, renewed
from vhsm.handlers.context import ok
from vhsm.policy import pin, security_officer
from vhsm.store import accounts
from vhsm.wire import engine_pb2, envelope_pb2, session_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.model.records import Login, Session

log = structlog.get_logger(__name__)

NEW_PIN: Final = 1  # index of SetPin's second secret


def login(context: Context) -> engine_pb2.Answer:
    """C_Login, C_LoginUser, and the administrator's login."""
    check_secrets(context, 1)
    request = context.request.login
    connection = context.store.connection
    container = context.caller.container
    if context.ask.caller.kind == engine_pb2.LISTENER_ADMIN:
        if request.role != session_pb2.ROLE_ADMINISTRATOR:
            raise UserTypeInvalid("over the admin socket only administrators log in")
        found = accounts.load_administrator(connection, container, request.user_name)
    elif request.for_one_use:
        found = who_proves(context)
    else:
        check_may_log_in(context.of_session, request.role)
        found = accounts.load_login(connection, container, context.of_session.token, request.role, request.user_name)
        check_has_pin(found)
    remembered = prove(context, found, log_in=True)
    if found is not None and not remembered:
        succeed(context, found)
    elif found is not None and found.tries.failed:
        # Else wrong PINs would add up to a lock for as long as some application stays logged in.
        with context.writing() as writing:
            accounts.end_try(writing.connection, found)
    return ok()


def who_proves(context: Context) -> Login | None:
    """Find who proves the PIN for one use (CKU_CONTEXT_SPECIFIC): the user who is logged in.

    Which operation waits for it is the engine's to know.

    Raises:
        UserNotLoggedIn.
    """
    session = context.of_session
    if not session.user_logged_in:
        raise UserNotLoggedIn
    return accounts.load_login_of_user(context.store.connection, context.caller.container, session.user_id)


def succeed(context: Context, login: Login) -> None:
    """Record a login whose PIN was derived, and seal its row anew if it was derived more cheaply than new ones are."""
    key = None
    if login.key.derivation.rounds < accounts.load_rounds(context.store.connection):
        try:
            key = context.channel.derive_new(
                renewed(context, login.key), PIN, token_key_source(login), keep_authentication_key=True
            )
        except Refusal as refusal:  # the PIN was right: that its row stays as it was is no reason to refuse the login
            log.warning("login.not_renewed", user_id=login.user_id, rv=refusal.rv)
    with context.writing() as writing:
        if key is None:
            accounts.end_try(writing.connection, login)
        else:
            accounts.replace_key(writing.connection, login, key)


def check_may_log_in(session: Session, role: session_pb2.Role.ValueType) -> None:
    """Refuse a login that the application's state does not allow.

    Raises:
        UserTypeInvalid, UserAlreadyLoggedIn, UserAnotherAlreadyLoggedIn, SessionReadOnlyExists.
    """
    if role not in {session_pb2.ROLE_USER, session_pb2.ROLE_SECURITY_OFFICER}:
        raise UserTypeInvalid
    if session.role == role:
        raise UserAlreadyLoggedIn
    if session.role != session_pb2.ROLE_NONE:
        raise UserAnotherAlreadyLoggedIn
    if role == session_pb2.ROLE_SECURITY_OFFICER and not session.read_write:
        raise SessionReadOnlyExists


def set_pin(context: Context) -> engine_pb2.Answer:
    """C_SetPIN: one row is sealed anew, that of the user in the calling container.

    A user who logs in through several containers has a row, and so a PIN, for each; this changes no other
    (`vhsm user modify` changes all). The authentication key stays, and with it every object.
    """
    check_secrets(context, 2)
    pin.check_length(context.ask.secret_lengths[NEW_PIN])
    found = whose_pin(context)
    check_has_pin(found)
    prove(context, found, log_in=False)
    if found is None:
        raise PinIncorrect
    key = context.channel.derive_new(
        renewed(context, found.key), NEW_PIN, token_key_source(found), keep_authentication_key=True
    )
    with context.writing() as writing:
        accounts.replace_key(writing.connection, found, key)
    # Other applications of the user log in again, with the new PIN; this one stays as it is.
    return engine_pb2.Answer(reply=envelope_pb2.Reply(), ended_users=[found.user_id])


def check_has_pin(login: Login | None) -> None:
    """Refuse to prove a PIN that the token was made without.

    Raises:
        UserPinNotInitialized.
    """
    if login is not None and not login.has_pin:
        raise UserPinNotInitialized("the security officer gives one by C_InitPIN")


def init_pin(context: Context) -> engine_pb2.Answer:
    """C_InitPIN: the logged-in security officer gives the user a PIN, in every container of the token.

    The token key comes from the officer's login, so every object stays.
    """
    check_secrets(context, 1)
    session = context.of_session
    security_officer.check_allowed(session.token)
    if session.role != session_pb2.ROLE_SECURITY_OFFICER:
        raise UserNotLoggedIn
    pin.check_length(context.ask.secret_lengths[PIN])
    connection = context.store.connection
    user_id = accounts.users_of_token(connection, session.token.id)[session_pb2.ROLE_USER]
    keys = [
        (login, context.channel.derive_new(renewed(context, login.key), PIN, engine_pb2.TOKEN_KEY_OF_LOGIN))
        for login in accounts.load_logins(connection, user_id)
    ]
    with context.writing() as writing:
        for login, key in keys:
            accounts.replace_key(writing.connection, login, key)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(), ended_users=[user_id])


def whose_pin(context: Context) -> Login | None:
    """Find the row of whoever is logged in, else of the token's owner."""
    connection = context.store.connection
    container = context.caller.container
    session = context.of_session
    if session.user_id:
        return accounts.load_login_of_user(connection, container, session.user_id)
    return accounts.load_login(connection, container, session.token, session_pb2.ROLE_USER, "")


def token_key_source(login: Login) -> engine_pb2.TokenKeySource.ValueType:
    """Say which token key a row sealed anew holds: an administrator's none."""
    if login.role == session_pb2.ROLE_ADMINISTRATOR:
        return engine_pb2.TOKEN_KEY_NONE
    return engine_pb2.TOKEN_KEY_OF_THIS_ASK
