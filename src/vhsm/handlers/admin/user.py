"""Users: made with token, security officer and binding; listed, modified, removed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from vhsm.errors import ArgumentsBad
from vhsm.handlers.authentication import check_secrets, parameters
from vhsm.model.identifiers import TokenUuid
from vhsm.policy import pin
from vhsm.policy.names import checked_label, checked_name
from vhsm.store import accounts, containers
from vhsm.wire import admin_pb2, engine_pb2, envelope_pb2, session_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.model.records import Container, User

USER_PASSWORD: Final = 0
OFFICER_PASSWORD: Final = 1
TOKEN_UUID_LENGTH: Final = 16
USER_ID_BITS: Final = 62  # random: a user's number is part of its key derivation before any row exists

ROLES: Final = {
    session_pb2.ROLE_USER: "user",
    session_pb2.ROLE_SECURITY_OFFICER: "security officer",
    session_pb2.ROLE_ADMINISTRATOR: "administrator",
}


def user_add(context: Context) -> engine_pb2.Answer:
    """Make user, token, security officer and binding, in one transaction."""
    request = context.request.user_add
    name = checked_name("user", request.name)
    label = checked_label(request.label)
    policy = pin.policy_named(request.policy)
    check_secrets(context, 2)
    for length in context.ask.secret_lengths:
        pin.check_length(length)
    connection = context.store.connection
    if accounts.load_user(connection, name) is not None:
        if context.done_before(name):
            return told(context, name)
        raise ArgumentsBad(f"there is a user {name} already")
    container = bindable(context, request.container, label)
    token_uuid = TokenUuid(secrets.token_bytes(TOKEN_UUID_LENGTH))
    rounds = accounts.load_rounds(connection)
    keys = [
        context.channel.derive_new(identity(container, token_uuid, role, rounds), secret, source)
        for role, secret, source in (
            (session_pb2.ROLE_USER, USER_PASSWORD, engine_pb2.TOKEN_KEY_FRESH),
            (session_pb2.ROLE_SECURITY_OFFICER, OFFICER_PASSWORD, engine_pb2.TOKEN_KEY_OF_THIS_ASK),
        )
    ]
    now_s = context.clock()
    with context.writing() as writing:
        bindable(context, request.container, label)
        if accounts.load_user(writing.connection, name) is not None:
            raise ArgumentsBad(f"there is a user {name} already")
        token_id = accounts.add_token(writing.connection, token_uuid, label, policy, now_s)
        for key, known_as in zip(keys, (name, None), strict=True):
            accounts.add_user(writing.connection, token_id, key, known_as, now_s)
            accounts.add_key(writing.connection, container.id, key)
        containers.bind(writing.connection, container, token_id)
        writing.note(detail=name)
    return told(context, name)


def identity(
    container: Container, token_uuid: TokenUuid, role: session_pb2.Role.ValueType, rounds: int, user_id: int = 0
) -> engine_pb2.AuthenticationKey:
    """Name what a new authentication key is bound to; without a user it is a new one."""
    return engine_pb2.AuthenticationKey(
        user_id=user_id or secrets.randbits(USER_ID_BITS) | 1,
        role=role,
        token_uuid=token_uuid,
        enrolment_id=container.enrolment_id,
        derivation=parameters(rounds),
        version=1,
    )


def bindable(context: Context, name: str, label: str) -> Container:
    """Find the container that a token with this label is to be bound to.

    Raises:
        ArgumentsBad: there is none, or it has such a token: applications find tokens by their labels.
    """
    connection = context.store.connection
    container = containers.load_by_name(connection, name)
    if container is None or container.kind != engine_pb2.LISTENER_APPLICATION:
        raise ArgumentsBad("there is no such container: add it first with `vhsm container add`")
    if any(token.label == label for token in containers.load_tokens(connection, container)):
        raise ArgumentsBad(f"the container has a token labelled {label!r} already")
    return container


def user_list(context: Context) -> engine_pb2.Answer:
    """List every user and administrator."""
    found = [spelled(user) for user in accounts.load_users(context.store.connection)]
    return engine_pb2.Answer(reply=envelope_pb2.Reply(users=admin_pb2.Users(users=found)))


def user_remove(context: Context) -> engine_pb2.Answer:
    """Remove a user with its token and all objects, in one transaction."""
    name = context.request.user_remove.name
    user = accounts.load_user(context.store.connection, name)
    if user is None and context.done_before(name):
        return engine_pb2.Answer(reply=envelope_pb2.Reply())
    if user is None or user.token is None:
        raise ArgumentsBad("there is no such user with a token: see `vhsm user list`")
    ended = accounts.users_of_token(context.store.connection, user.token.id)
    with context.writing() as writing:
        accounts.remove_token(writing.connection, user.token.id)
        writing.note(detail=name)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(), ended_users=ended.values(), ended_tokens=[user.token.uuid])


def told(context: Context, name: str) -> engine_pb2.Answer:
    """Answer with a user as it is now."""
    user = accounts.load_user(context.store.connection, name)
    reply = envelope_pb2.Reply() if user is None else envelope_pb2.Reply(user=spelled(user))
    return engine_pb2.Answer(reply=reply)


def spelled(user: User) -> admin_pb2.User:
    """Spell a user for administrators."""
    policy = accounts.NO_TOKEN_POLICY if user.token is None else user.token.policy
    return admin_pb2.User(
        name=user.name,
        role=ROLES[user.role],
        token_label="" if user.token is None else user.token.label,
        token_serial="" if user.token is None else user.token.serial,
        policy="" if user.token is None else user.token.policy,
        containers=user.containers,
        slot_ids=user.slot_ids,
        created_at=user.created_at,
        locked=any(pin.is_locked(policy, tries) for tries in user.tries),
    )
