"""Containers, and the tokens that stand in their slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from vhsm.model.identifiers import ContainerId, EnrolmentId, SlotId, TokenId, TokenUuid
from vhsm.model.records import Container, Evidence, Policy, Token
from vhsm.store import driver
from vhsm.store.schema import bindings, containers, tokens
from vhsm.wire import engine_pb2

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

CONTAINERS: Final = select(containers).order_by(containers.c.id)
BY_ENROLMENT_ID: Final = select(containers).where(containers.c.enrolment_id == bindparam("enrolment_id"))
BY_NAME: Final = select(containers).where(containers.c.name == bindparam("name"))
TOKENS_IN: Final = (
    select(bindings.c.slot_id, tokens)
    .join_from(bindings, tokens)
    .where(bindings.c.container_id == bindparam("container_id"))
    .order_by(bindings.c.slot_id)
)
TOKEN_IN_SLOT: Final = TOKENS_IN.where(bindings.c.slot_id == bindparam("slot_id"))
IS_BOUND: Final = select(func.count()).where(bindings.c.container_id == bindparam("container_id"))
ADD: Final = insert(containers)
NOTE_UNSEEN: Final = update(containers).where(containers.c.id == bindparam("container_id"))
REMOVE: Final = delete(containers).where(containers.c.id == bindparam("container_id"))
BIND: Final = insert(bindings).returning(bindings.c.slot_id)
UNBIND: Final = delete(bindings).where(
    bindings.c.container_id == bindparam("container_id"), bindings.c.token_id == bindparam("token_id")
)


def container_of(row: RowMapping | dict[str, Any]) -> Container:
    """Spell a row as what the other rooms see."""
    return Container(
        id=ContainerId(row["id"]),
        enrolment_id=EnrolmentId(row["enrolment_id"]),
        name=row["name"],
        kind=engine_pb2.ListenerKind.ValueType(row["kind"]),
        evidence=Evidence(row["uid"], row["cgroup_id"], row["cgroup_path"], row["network_namespace_cookie"]),
        unseen=tuple(row["unseen"].split()),
        created_at=row["created_at"],
    )


def token_of(row: RowMapping | dict[str, Any]) -> Token:
    """Spell a row of tokens and bindings as what the other rooms see."""
    return Token(
        id=TokenId(row["id"]),
        uuid=TokenUuid(row["uuid"]),
        label=row["label"],
        serial=row["serial"],
        policy=Policy(row["policy"]),
        slot_id=SlotId(row["slot_id"]),
    )


def load_by_enrolment_id(connection: Connection, enrolment_id: bytes) -> Container | None:
    """Find the container whose listener was called."""
    row = driver.first(connection, BY_ENROLMENT_ID, {"enrolment_id": enrolment_id})
    return None if row is None else container_of(row)


def load_by_name(connection: Connection, name: str) -> Container | None:
    """Find a container as an administrator calls it."""
    row = connection.execute(BY_NAME, {"name": name}).mappings().first()
    return None if row is None else container_of(row)


def load_all(connection: Connection) -> list[Container]:
    """Return every container and the admin socket, in the order in which they were made."""
    return [container_of(row) for row in connection.execute(CONTAINERS).mappings()]


def load_tokens(connection: Connection, container: Container) -> list[Token]:
    """Return the tokens that the container sees, by slot."""
    return [token_of(row) for row in connection.execute(TOKENS_IN, {"container_id": container.id}).mappings()]


def load_token(connection: Connection, container: Container, slot_id: int) -> Token | None:
    """Return the token in one of the container's slots."""
    values = {"container_id": container.id, "slot_id": slot_id}
    row = driver.first(connection, TOKEN_IN_SLOT, values)
    return None if row is None else token_of(row)


def add(connection: Connection, name: str, enrolment_id: bytes, evidence: Evidence, now_s: float) -> None:
    """Enrol a container."""
    connection.execute(
        ADD,
        {
            "enrolment_id": enrolment_id,
            "name": name,
            "kind": engine_pb2.LISTENER_APPLICATION,
            "uid": evidence.uid,
            "cgroup_id": evidence.cgroup_id,
            "cgroup_path": evidence.cgroup_path,
            "network_namespace_cookie": evidence.network_namespace_cookie,
            "created_at": int(now_s),
        },
    )


def note_unseen(connection: Connection, container: Container, unseen: tuple[str, ...]) -> None:
    """Remember which evidence the listener could not see."""
    connection.execute(NOTE_UNSEEN, {"container_id": container.id, "unseen": " ".join(unseen)})


def is_bound(connection: Connection, container: Container) -> bool:
    """Tell whether any token stands in the container."""
    return connection.execute(IS_BOUND, {"container_id": container.id}).scalar_one() > 0


def remove(connection: Connection, container: Container) -> None:
    """Forget a container that nothing is bound to."""
    connection.execute(REMOVE, {"container_id": container.id})


def bind(connection: Connection, container: Container, token_id: TokenId) -> SlotId:
    """Put a token into a slot of the container; slot numbers are never used again."""
    return SlotId(connection.execute(BIND, {"container_id": container.id, "token_id": token_id}).scalar_one())


def unbind(connection: Connection, container: Container, token_id: TokenId) -> None:
    """Take a token out of the container."""
    connection.execute(UNBIND, {"container_id": container.id, "token_id": token_id})
