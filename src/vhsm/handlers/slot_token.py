"""Slots and tokens (PKCS#11 v3.2, 5.5): a container sees exactly the tokens that are bound to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm import __version__
from vhsm.errors import ArgumentsBad, SlotIdInvalid
from vhsm.handlers.authentication import PIN, check_secrets, prove, renewed
from vhsm.model.records import Policy, Token
from vhsm.policy import pin, security_officer
from vhsm.policy.names import checked_label
from vhsm.store import accounts, containers, objects
from vhsm.wire import engine_pb2, envelope_pb2, session_pb2, slot_token_pb2
from vhsm.wire.limits import LOGIN_PIN_LENGTH_MAX, LOGIN_PIN_LENGTH_MIN, LOGIN_TRIES_MAX

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.model.records import Login

# CKF_ bits of CK_TOKEN_INFO (PKCS#11 v3.2, section 3.2).
CKF_RNG: Final = 0x0001
CKF_LOGIN_REQUIRED: Final = 0x0004
CKF_USER_PIN_INITIALIZED: Final = 0x0008
CKF_TOKEN_INITIALIZED: Final = 0x0400
CKF_USER_PIN_COUNT_LOW: Final = 0x0001_0000
CKF_USER_PIN_FINAL_TRY: Final = 0x0002_0000
CKF_USER_PIN_LOCKED: Final = 0x0004_0000
SECURITY_OFFICER_SHIFT: Final = 4  # the CKF_SO_PIN_ bits stand four above the user's


def hello(context: Context) -> engine_pb2.Answer:
    """Welcome an application: its identity is confirmed already; remember what could not be seen of it."""
    caller = context.caller
    if not set(caller.unseen) <= set(caller.container.unseen):
        unseen = tuple(sorted({*caller.unseen, *caller.container.unseen}))
        with context.writing() as writing:
            containers.note_unseen(writing.connection, caller.container, unseen)
            writing.note(detail=f"unseen: {' '.join(unseen)}")
    welcome = envelope_pb2.Welcome(server_version=__version__)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(welcome=welcome), bound_tokens=bound(visible_tokens(context)))


def slot_list(context: Context) -> engine_pb2.Answer:
    """List the caller's slots."""
    tokens = visible_tokens(context)
    name = context.caller.container.name
    slots = [slot_token_pb2.Slot(slot_id=token.slot_id, container=name, policy=token.policy) for token in tokens]
    return engine_pb2.Answer(
        reply=envelope_pb2.Reply(slots=slot_token_pb2.Slots(slots=slots)), bound_tokens=bound(tokens)
    )


def token_info(context: Context) -> engine_pb2.Answer:
    """Describe the token in one of the caller's slots."""
    wanted = context.request.token_info.slot_id
    token = next((token for token in visible_tokens(context) if token.slot_id == wanted), None)
    if token is None:
        raise SlotIdInvalid
    info = slot_token_pb2.Token(
        label=token.label,
        serial=token.serial,
        flags=flags(context, token),
        policy=token.policy,
        pin_min=LOGIN_PIN_LENGTH_MIN,
        pin_max=LOGIN_PIN_LENGTH_MAX,
    )
    return engine_pb2.Answer(reply=envelope_pb2.Reply(token=info))


def init_token(context: Context) -> engine_pb2.Answer:
    """C_InitToken: objects and the user's PIN are gone in one transaction, the token key is another; the slot stays.

    The engine has looked that no application has a session on the token.
    """
    check_secrets(context, 1)
    request = context.request.init_token
    connection = context.store.connection
    token = context.of_session.token
    security_officer.check_allowed(token)
    label = checked_label(request.label)
    if any(other.label == label and other.id != token.id for other in visible_tokens(context)):
        raise ArgumentsBad("another token of the container has this label")
    officer = accounts.load_login(connection, context.caller.container, token, session_pb2.ROLE_SECURITY_OFFICER, "")
    prove(context, officer, log_in=False)
    users = accounts.users_of_token(connection, token.id)
    source, keys = engine_pb2.TOKEN_KEY_FRESH, []
    for login in accounts.load_logins(connection, users[session_pb2.ROLE_SECURITY_OFFICER]):
        keys.append((login, context.channel.derive_new(renewed(context, login.key), PIN, source)))
        source = engine_pb2.TOKEN_KEY_OF_THIS_ASK
    with context.writing() as writing:
        objects.remove_all(writing.connection, token.id)
        accounts.void_keys(writing.connection, users[session_pb2.ROLE_USER])
        for login, key in keys:
            accounts.replace_key(writing.connection, login, key)
        accounts.relabel(writing.connection, token.id, label)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(), ended_users=list(users.values()), emptied_tokens=[token.uuid])


def visible_tokens(context: Context) -> list[Token]:
    """Return the tokens bound to the caller's container; a strict one only where all evidence was seen."""
    caller = context.caller
    tokens = containers.load_tokens(context.store.connection, caller.container)
    return [token for token in tokens if token.policy is not Policy.STRICT or not caller.unseen]


def bound(tokens: list[Token]) -> list[engine_pb2.BoundToken]:
    """Tell the engine which sessions the application may open."""
    return [
        engine_pb2.BoundToken(slot_id=token.slot_id, token_uuid=token.uuid, policy=token.policy) for token in tokens
    ]


def flags(context: Context, token: Token) -> int:
    """Spell what the server knows of a token as CKF_ bits."""
    bits = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED
    for role, shift in ((session_pb2.ROLE_USER, 0), (session_pb2.ROLE_SECURITY_OFFICER, SECURITY_OFFICER_SHIFT)):
        login = accounts.load_login(context.store.connection, context.caller.container, token, role, "")
        if login is not None:
            bits |= pin_flags(login) << shift
            bits |= CKF_USER_PIN_INITIALIZED if role == session_pb2.ROLE_USER and login.has_pin else 0
    return bits


def pin_flags(login: Login) -> int:
    """Spell a user's failed tries as CKF_USER_PIN_ bits."""
    failed = login.tries.failed
    bits = CKF_USER_PIN_COUNT_LOW if failed else 0
    if login.policy is not Policy.COMPATIBLE and failed == LOGIN_TRIES_MAX - 1:
        bits |= CKF_USER_PIN_FINAL_TRY
    if pin.is_locked(login.policy, login.tries):
        bits |= CKF_USER_PIN_LOCKED
    return bits
