"""Changes to a user, each proven by the user's present password: an administrator alone cannot open a token.

The password is that of the user's oldest container where it is not locked: whoever locks it in one cannot keep the
administrator from taking that one away. What it opens (authentication key and token key) is sealed anew
for a further container, or under a new password for all containers of the user at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import ArgumentsBad
from vhsm.handlers.admin.user import bindable, identity, told
from vhsm.handlers.authentication import PIN, check_secrets, prove, renewed
from vhsm.policy import pin
from vhsm.policy.names import checked_label
from vhsm.store import accounts, containers
from vhsm.wire import engine_pb2, session_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.model.identifiers import UserId
    from vhsm.model.records import Container, Login, Token, User

SECOND: Final = 1  # the new password, or the security officer's for a further container
CONTAINERS_MAX: Final = 64  # of one user: a new password is derived once for each, within the slow deadline


def user_modify(context: Context) -> engine_pb2.Answer:
    """Change what the request says, in one transaction."""
    request = context.request.user_modify
    connection = context.store.connection
    user = accounts.load_user(connection, request.name)
    if user is None or user.token is None:
        raise ArgumentsBad("there is no such user with a token: see `vhsm user list`")
    token = user.token
    check_secrets(context, 2 if request.new_password or request.add_container else 1)
    check_request(context, user)
    logins = accounts.load_logins(connection, user.id)
    ids = accounts.users_of_token(connection, token.id)
    added = bindable(context, request.add_container, token.label) if request.add_container else None
    proven = next((login for login in logins if not pin.is_locked(login.policy, login.tries)), None)
    proven = proven or next(iter(logins), None)
    prove(context, proven, log_in=False)

    resealed: list[tuple[Login, engine_pb2.AuthenticationKey]] = []
    if request.new_password:
        resealed = [(login, reseal(context, login)) for login in logins]
    new_keys = [] if added is None else further_keys(context, added, token, ids)
    with context.writing() as writing:
        if proven is not None:
            accounts.end_try(writing.connection, proven)
        for login, key in resealed:
            accounts.replace_key(writing.connection, login, key)
        if added is not None:
            for key in new_keys:
                accounts.add_key(writing.connection, added.id, key)
            containers.bind(writing.connection, added, token.id)
        unbound = [unbind(context, user, token, request.remove_container)] if request.remove_container else []
        if request.label:
            accounts.relabel(writing.connection, token.id, checked_label(request.label))
        writing.note(detail=request.name)
    answer = told(context, request.name)
    answer.unbound.extend(unbound)
    if request.new_password or request.remove_container:
        answer.ended_users.extend(ids.values())
    return answer


def check_request(context: Context, user: User) -> None:
    """Refuse what makes no sense before anything is derived.

    Raises:
        ArgumentsBad, PinLenRange.
    """
    request = context.request.user_modify
    if request.new_password and request.add_container:
        raise ArgumentsBad("change the password and add the container in two steps")
    for length in context.ask.secret_lengths[SECOND:]:
        pin.check_length(length)
    if request.add_container and len(user.containers) >= CONTAINERS_MAX:
        raise ArgumentsBad(f"a user has at most {CONTAINERS_MAX} containers")
    if request.remove_container:
        if request.remove_container not in user.containers:
            raise ArgumentsBad("the user is not bound to this container: see `vhsm user list`")
        if len(user.containers) == 1 and not request.add_container:
            raise ArgumentsBad("it is the user's only container: without it no key could be opened again")
    if request.label:
        checked_label(request.label)


def reseal(context: Context, login: Login) -> engine_pb2.AuthenticationKey:
    """Seal what was opened under the new password."""
    return context.channel.derive_new(
        renewed(context, login.key), SECOND, engine_pb2.TOKEN_KEY_OF_THIS_ASK, keep_authentication_key=True
    )


def further_keys(
    context: Context, container: Container, token: Token, ids: dict[session_pb2.Role.ValueType, UserId]
) -> list[engine_pb2.AuthenticationKey]:
    """Seal the token key for a further container, for the user and for the security officer."""
    rounds = accounts.load_rounds(context.store.connection)
    return [
        context.channel.derive_new(
            identity(container, token.uuid, role, rounds, ids[role]), secret, engine_pb2.TOKEN_KEY_OF_THIS_ASK
        )
        for role, secret in ((session_pb2.ROLE_USER, PIN), (session_pb2.ROLE_SECURITY_OFFICER, SECOND))
    ]


def unbind(context: Context, user: User, token: Token, name: str) -> engine_pb2.Unbinding:
    """Take the token out of a container, and with it every way to log in from there.

    Returns what the engine must end: keys that need no login were usable there too.

    Raises:
        ArgumentsBad: it went away meanwhile.
    """
    container = containers.load_by_name(context.store.connection, name)
    if container is None:
        raise ArgumentsBad(f"the container of {user.name} is gone")
    accounts.remove_keys(context.store.connection, container, token.id)
    containers.unbind(context.store.connection, container, token.id)
    return engine_pb2.Unbinding(enrolment_id=container.enrolment_id, token_uuid=token.uuid)
