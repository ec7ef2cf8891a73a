"""Rows of the store and facts of the caller, as the other rooms see them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from vhsm.wire import engine_pb2, session_pb2

if TYPE_CHECKING:
    from vhsm.model.attributes import Attributes
    from vhsm.model.identifiers import (
        ContainerId,
        EnrolmentId,
        ObjectNumber,
        ObjectUuid,
        SlotId,
        TokenId,
        TokenUuid,
        UserId,
    )


class Policy(StrEnum):
    """How much a token allows."""

    COMPATIBLE = "compatible"
    STANDARD = "standard"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the kernel says of a caller, or what an enrolment demands of it; None: nothing said or demanded."""

    uid: int | None = None
    cgroup_id: int | None = None
    cgroup_path: str | None = None
    network_namespace_cookie: int | None = None


@dataclass(frozen=True, slots=True)
class ListenerRow:
    """One listening socket that the supervisor keeps open."""

    enrolment_id: EnrolmentId
    name: str
    kind: engine_pb2.ListenerKind.ValueType


@dataclass(frozen=True, slots=True)
class Container:
    """An enrolled container; the admin socket is one too, of its own kind."""

    id: ContainerId
    enrolment_id: EnrolmentId
    name: str
    kind: engine_pb2.ListenerKind.ValueType
    evidence: Evidence
    unseen: tuple[str, ...]
    created_at: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the container, as the kernel's evidence confirms it, and the application within."""

    container: Container
    application: int
    administrator_id: UserId
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A token as one container sees it: in a slot."""

    id: TokenId
    uuid: TokenUuid
    label: str
    serial: str
    policy: Policy
    slot_id: SlotId


@dataclass(frozen=True, slots=True)
class Session:
    """The session that a request names, with the login of its application."""

    token: Token
    read_write: bool
    role: session_pb2.Role.ValueType
    user_id: UserId

    @property
    def user_logged_in(self) -> bool:
        """Private objects are the user's, not the security officer's."""
        return self.role == session_pb2.ROLE_USER


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong PINs since the last right one, of one (user, container)."""

    failed: int
    last_failure_at_s: float


@dataclass(frozen=True, slots=True)
class Login:
    """A row of the authentication keys with what policy needs beside it."""

    id: int
    user_id: UserId
    user_name: str
    role: session_pb2.Role.ValueType
    policy: Policy
    key: engine_pb2.AuthenticationKey
    tries: Tries

    @property
    def has_pin(self) -> bool:
        """A user has none after C_InitToken, until the security officer gives one."""
        return bool(self.key.sealed_authentication_key)


@dataclass(frozen=True, slots=True)
class User:
    """A user and, if it has one, its token and where that is bound."""

    id: UserId
    name: str
    role: session_pb2.Role.ValueType
    created_at: int
    token: Token | None
    containers: tuple[str, ...]
    slot_ids: tuple[SlotId, ...]
    tries: tuple[Tries, ...]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A token object's row, its search columns checked against its attributes."""

    number: ObjectNumber
    uuid: ObjectUuid
    version: int
    attributes: Attributes
    canonical: bytes
    sealed: bytes

    def sealed_object(self) -> engine_pb2.SealedObject:
        """Spell it as the engine wants to see it: whole."""
        return engine_pb2.SealedObject(
            number=self.number,
            uuid=self.uuid,
            version=self.version,
            attributes=self.canonical,
            sealed=self.sealed,
        )


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What is sworn of one deed or refusal."""

    # Unix time in milliseconds.
    at_ms: int
    enrolment_id: bytes
    # The engine's number of the application, unique while the engine runs.
    application: int
    user_id: int
    token_uuid: bytes
    operation: str
    object_uuid: bytes
    # CKR_ value of the reply.
    result: int
    detail: str
