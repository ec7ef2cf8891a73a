"""Users, their tokens and their authentication keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from vhsm.model.identifiers import ContainerId, SlotId, TokenId, TokenUuid, UserId
from vhsm.model.records import Container, Login, Policy, Token, Tries, User
from vhsm.store.schema import authentication_keys, bindings, containers, objects, settings, tokens, users
from vhsm.wire import engine_pb2, session_pb2
from vhsm.wire.limits import LOGIN_PBKDF2_ROUNDS_MIN

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

SERIAL_LENGTH: Final = 16  # characters of CK_TOKEN_INFO.serialNumber
NO_TOKEN_POLICY: Final = Policy.STANDARD  # an administrator has no token: tries are limited as `standard` does

LOGINS: Final = (
    select(
        authentication_keys,
        users.c.name,
        tokens.c.policy,
        tokens.c.uuid.label("token_uuid"),
        containers.c.enrolment_id,
    )
    .join_from(authentication_keys, users)
    .join(containers, containers.c.id == authentication_keys.c.container_id)
    .outerjoin(tokens, tokens.c.id == users.c.token_id)
)
LOGIN_OF_ROLE: Final = LOGINS.where(
    authentication_keys.c.container_id == bindparam("container_id"),
    users.c.token_id == bindparam("token_id"),
    users.c.role == bindparam("role"),
)
LOGIN_OF_NAME: Final = LOGIN_OF_ROLE.where(users.c.name == bindparam("name"))
LOGIN_OF_USER: Final = LOGINS.where(
    authentication_keys.c.container_id == bindparam("container_id"),
    authentication_keys.c.user_id == bindparam("user_id"),
)
LOGIN_OF_ADMINISTRATOR: Final = LOGINS.where(
    authentication_keys.c.container_id == bindparam("container_id"),
    users.c.role == session_pb2.ROLE_ADMINISTRATOR,
    users.c.name == bindparam("name"),
)
LOGINS_OF_USER: Final = LOGINS.where(authentication_keys.c.user_id == bindparam("user_id")).order_by(
    authentication_keys.c.id
)
TRIES: Final = select(authentication_keys.c.failed_tries, authentication_keys.c.last_failure_ms).where(
    authentication_keys.c.id == bindparam("login_id")
)
BEGIN_TRY: Final = (
    update(authentication_keys)
    .where(authentication_keys.c.id == bindparam("login_id"))
    .values(failed_tries=authentication_keys.c.failed_tries + 1, last_failure_ms=bindparam("now_ms"))
)
END_TRY: Final = (
    update(authentication_keys)
    .where(authentication_keys.c.id == bindparam("login_id"))
    .values(failed_tries=0, last_failure_ms=0)
)
VOID_KEYS: Final = (
    update(authentication_keys)
    .where(authentication_keys.c.user_id == bindparam("of_user"))
    .values(sealed_authentication_key=b"", sealed_token_key=b"", failed_tries=0, last_failure_ms=0)
)
REPLACE_KEY: Final = update(authentication_keys).where(authentication_keys.c.id == bindparam("login_id"))
ADD_KEY: Final = insert(authentication_keys)
REMOVE_KEYS: Final = delete(authentication_keys).where(
    authentication_keys.c.container_id == bindparam("container_id"),
    authentication_keys.c.user_id.in_(select(users.c.id).where(users.c.token_id == bindparam("token_id"))),
)
COUNT: Final = select(settings.c.value).where(settings.c.name == bindparam("setting"))
COUNT_UNKNOWN: Final = (
    update(settings).where(settings.c.name == bindparam("setting")).values(value=settings.c.value + 1)
)
ADD_SETTING: Final = insert(settings)
ADD_TOKEN: Final = insert(tokens).returning(tokens.c.id)
ADD_USER: Final = insert(users)
RELABEL: Final = update(tokens).where(tokens.c.id == bindparam("token_id"))
REMOVE_TOKEN: Final = delete(tokens).where(tokens.c.id == bindparam("token_id"))
NAMED_USERS: Final = (
    select(
        users.c.id.label("user_id"),
        users.c.name,
        users.c.role,
        users.c.created_at.label("user_created_at"),
        tokens,
    )
    .outerjoin_from(users, tokens)
    .where(users.c.name.is_not(None))
    .order_by(users.c.created_at, users.c.name)
)
NAMED_USER: Final = NAMED_USERS.where(users.c.name == bindparam("name"))
USERS_OF_TOKEN: Final = select(users.c.id, users.c.role).where(users.c.token_id == bindparam("token_id"))
WHERE_BOUND: Final = (
    select(bindings.c.token_id, bindings.c.slot_id, containers.c.name)
    .join_from(bindings, containers)
    .order_by(bindings.c.slot_id)
)
TRIES_OF_ALL: Final = select(
    authentication_keys.c.user_id, authentication_keys.c.failed_tries, authentication_keys.c.last_failure_ms
)
FIGURES: Final = select(
    select(func.count()).select_from(containers).where(containers.c.kind == engine_pb2.LISTENER_APPLICATION)
    .scalar_subquery().label("containers"),
    select(func.count()).select_from(users).where(users.c.role == session_pb2.ROLE_USER)
    .scalar_subquery().label("users"),
    select(func.count()).select_from(tokens).scalar_subquery().label("tokens"),
    select(func.count()).select_from(objects).scalar_subquery().label("objects"),
)  # fmt: skip


def login_of(row: RowMapping) -> Login:
    """Spell a row as what the other rooms see; the engine's message names all that the seal is bound to."""
    return Login(
        id=row["id"],
        user_id=UserId(row["user_id"]),
        user_name=row["name"] or "",
        role=session_pb2.Role.ValueType(row["role"]),
        policy=NO_TOKEN_POLICY if row["policy"] is None else Policy(row["policy"]),
        key=engine_pb2.AuthenticationKey(
            user_id=row["user_id"],
            role=row["role"],
            token_uuid=row["token_uuid"] or b"",
            enrolment_id=row["enrolment_id"],
            derivation=engine_pb2.DerivationParameters(
                algorithm=row["algorithm"],
                salt=row["salt"],
                rounds=row["rounds"],
                memory_kib=row["memory_kib"],
                parallelism=row["parallelism"],
            ),
            sealed_authentication_key=row["sealed_authentication_key"],
            sealed_token_key=row["sealed_token_key"],
            version=row["version"],
        ),
        tries=Tries(row["failed_tries"], row["last_failure_ms"] / 1000),
    )


def load_login(
    connection: Connection, container: Container, token: Token, role: session_pb2.Role.ValueType, name: str
) -> Login | None:
    """Find who logs in to a token through a container; an empty name means the one of this role."""
    values: dict[str, object] = {"container_id": container.id, "token_id": token.id, "role": role}
    statement = LOGIN_OF_ROLE
    if name:
        statement, values["name"] = LOGIN_OF_NAME, name
    row = connection.execute(statement, values).mappings().first()
    return None if row is None else login_of(row)


def load_login_of_user(connection: Connection, container: Container, user_id: UserId) -> Login | None:
    """Find the row of one user in one container."""
    values = {"container_id": container.id, "user_id": user_id}
    row = connection.execute(LOGIN_OF_USER, values).mappings().first()
    return None if row is None else login_of(row)


def load_administrator(connection: Connection, container: Container, name: str) -> Login | None:
    """Find who logs in over the admin socket."""
    values = {"container_id": container.id, "name": name}
    row = connection.execute(LOGIN_OF_ADMINISTRATOR, values).mappings().first()
    return None if row is None else login_of(row)


def load_logins(connection: Connection, user_id: UserId) -> list[Login]:
    """Return a user's rows in all containers, the oldest first."""
    return [login_of(row) for row in connection.execute(LOGINS_OF_USER, {"user_id": user_id}).mappings()]


def load_tries(connection: Connection, login: Login) -> Tries | None:
    """Return the tries as they are now; None if the row was removed since it was loaded."""
    row = connection.execute(TRIES, {"login_id": login.id}).first()
    return None if row is None else Tries(row.failed_tries, row.last_failure_ms / 1000)


def begin_try(connection: Connection, login: Login, now_s: float) -> None:
    """Count a try as failed, before it is made."""
    connection.execute(BEGIN_TRY, {"login_id": login.id, "now_ms": int(now_s * 1000)})


def end_try(connection: Connection, login: Login) -> None:
    """The PIN was right: forget all failures."""
    connection.execute(END_TRY, {"login_id": login.id})


def count_unknown(connection: Connection) -> None:
    """Count a try for somebody who is not there: as durable, and as slow, as for somebody who is."""
    if connection.execute(COUNT_UNKNOWN, {"setting": "unknown_logins"}).rowcount == 0:
        connection.execute(ADD_SETTING, {"name": "unknown_logins", "value": 1})


def load_rounds(connection: Connection) -> int:
    """Return how many PBKDF2 iterations a new password gets on this server."""
    rounds = connection.execute(COUNT, {"setting": "pbkdf2_rounds"}).scalar()
    return max(rounds or 0, LOGIN_PBKDF2_ROUNDS_MIN)


def sealed_columns(key: engine_pb2.AuthenticationKey) -> dict[str, int | bytes]:
    """Spell what a new password changes in a row."""
    return {
        "algorithm": key.derivation.algorithm,
        "salt": key.derivation.salt,
        "rounds": key.derivation.rounds,
        "memory_kib": key.derivation.memory_kib,
        "parallelism": key.derivation.parallelism,
        "sealed_authentication_key": key.sealed_authentication_key,
        "sealed_token_key": key.sealed_token_key,
        "version": key.version,
    }


def replace_key(connection: Connection, login: Login, key: engine_pb2.AuthenticationKey) -> None:
    """Store a row sealed anew; the failures of the old PIN are forgotten."""
    values = {"login_id": login.id, **sealed_columns(key), "failed_tries": 0, "last_failure_ms": 0}
    connection.execute(REPLACE_KEY, values)


def void_keys(connection: Connection, user_id: UserId) -> None:
    """Take a user's PIN away, in every container; the rows wait for the next."""
    connection.execute(VOID_KEYS, {"of_user": user_id})


def add_key(connection: Connection, container_id: ContainerId, key: engine_pb2.AuthenticationKey) -> None:
    """Let a user log in through a container."""
    values = {"user_id": key.user_id, "container_id": container_id, "role": key.role, **sealed_columns(key)}
    connection.execute(ADD_KEY, values)


def remove_keys(connection: Connection, container: Container, token_id: TokenId) -> None:
    """Let nobody of a token log in through a container any more."""
    connection.execute(REMOVE_KEYS, {"container_id": container.id, "token_id": token_id})


def add_token(connection: Connection, uuid: TokenUuid, label: str, policy: Policy, now_s: float) -> TokenId:
    """Make a token; its serial number is the beginning of its uuid."""
    values = {
        "uuid": uuid,
        "label": label,
        "serial": uuid.hex()[:SERIAL_LENGTH],
        "policy": policy,
        "created_at": int(now_s),
    }
    return TokenId(connection.execute(ADD_TOKEN, values).scalar_one())


def add_user(
    connection: Connection, token_id: TokenId, identity: engine_pb2.AuthenticationKey, name: str | None, now_s: float
) -> None:
    """Make the user of a token whom an authentication key names; a security officer has no name."""
    values = {
        "id": identity.user_id,
        "name": name,
        "role": identity.role,
        "token_id": token_id,
        "created_at": int(now_s),
    }
    connection.execute(ADD_USER, values)


def relabel(connection: Connection, token_id: TokenId, label: str) -> None:
    """Give a token another label."""
    connection.execute(RELABEL, {"token_id": token_id, "label": label})


def remove_token(connection: Connection, token_id: TokenId) -> None:
    """Remove a token with its users, bindings, keys and objects."""
    connection.execute(REMOVE_TOKEN, {"token_id": token_id})


def users_of_token(connection: Connection, token_id: TokenId) -> dict[session_pb2.Role.ValueType, UserId]:
    """Return who logs in to a token, by role."""
    rows = connection.execute(USERS_OF_TOKEN, {"token_id": token_id})
    return {session_pb2.Role.ValueType(row.role): UserId(row.id) for row in rows}


def load_user(connection: Connection, name: str) -> User | None:
    """Find a user as an administrator calls it."""
    row = connection.execute(NAMED_USER, {"name": name}).mappings().first()
    return None if row is None else users_of(connection, [row])[0]


def load_users(connection: Connection) -> list[User]:
    """Return everybody who has a name, in the order in which they were made."""
    return users_of(connection, list(connection.execute(NAMED_USERS).mappings()))


def users_of(connection: Connection, rows: list[RowMapping]) -> list[User]:
    """Add to rows of users where their tokens are bound, and their tries."""
    bound: dict[int, list[tuple[SlotId, str]]] = {}
    for row in connection.execute(WHERE_BOUND):
        bound.setdefault(row.token_id, []).append((SlotId(row.slot_id), row.name))
    tries: dict[int, list[Tries]] = {}
    for row in connection.execute(TRIES_OF_ALL):
        tries.setdefault(row.user_id, []).append(Tries(row.failed_tries, row.last_failure_ms / 1000))
    return [user_of(row, bound.get(row["id"], []), tries.get(row["user_id"], [])) for row in rows]


def user_of(row: RowMapping, bound: list[tuple[SlotId, str]], tries: list[Tries]) -> User:
    """Spell a row as what the other rooms see."""
    slot_ids = tuple(slot_id for slot_id, _ in bound)
    token = None
    if row["id"] is not None:
        token = Token(
            id=TokenId(row["id"]),
            uuid=TokenUuid(row["uuid"]),
            label=row["label"],
            serial=row["serial"],
            policy=Policy(row["policy"]),
            slot_id=slot_ids[0] if slot_ids else SlotId(0),
        )
    return User(
        id=UserId(row["user_id"]),
        name=row["name"],
        role=session_pb2.Role.ValueType(row["role"]),
        created_at=row["user_created_at"],
        token=token,
        containers=tuple(name for _, name in bound),
        slot_ids=slot_ids,
        tries=tuple(tries),
    )


def load_figures(connection: Connection) -> tuple[int, int, int, int]:
    """Count containers, users, tokens and objects."""
    row = connection.execute(FIGURES).one()
    return row.containers, row.users, row.tokens, row.objects
