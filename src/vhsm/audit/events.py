"""The audit record. Who, what, on which object, with what result; never a PIN, a value or a digest of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, bindparam, func, insert, select

if TYPE_CHECKING:
    from sqlalchemy import Connection

metadata: Final = MetaData()

DETAIL_LENGTH_MAX: Final = 500
ENTRIES_LOOKED_BACK: Final = 10_000  # bounds the search for what a dead worker did a moment ago

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    # Unix time in milliseconds.
    Column("at_ms", Integer, nullable=False),
    Column("enrolment_id", LargeBinary, nullable=False),
    # The engine's number of the application, unique while the engine runs.
    Column("application", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("token_uuid", LargeBinary, nullable=False),
    Column("operation", Text, nullable=False),
    Column("object_uuid", LargeBinary, nullable=False),
    # CKR_ value of the reply.
    Column("result", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)

RECORD: Final = insert(audit)
DONE_BEFORE: Final = select(audit.c.id).where(
    audit.c.enrolment_id == bindparam("enrolment_id"),
    audit.c.application == bindparam("application"),
    audit.c.operation == bindparam("operation"),
    audit.c.detail == bindparam("detail"),
    audit.c.result == 0,
    audit.c.at_ms >= bindparam("since_ms"),
    audit.c.id > select(func.max(audit.c.id) - ENTRIES_LOOKED_BACK).scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class Who:
    """On whose behalf: the container, the application in it, and who is logged in there."""

    enrolment_id: bytes
    application: int
    user_id: int = 0
    token_uuid: bytes = b""


def record(
    connection: Connection,
    who: Who,
    operation: str,
    result: int,
    *,
    at_s: float,
    object_uuid: bytes = b"",
    detail: str = "",
) -> None:
    """Write one record, in whatever transaction the connection is."""
    connection.execute(
        RECORD,
        {
            "at_ms": int(at_s * 1000),
            "enrolment_id": who.enrolment_id,
            "application": signed(who.application),
            "user_id": signed(who.user_id),
            "token_uuid": who.token_uuid,
            "operation": operation,
            "object_uuid": object_uuid,
            "result": result,
            "detail": detail[:DETAIL_LENGTH_MAX],
        },
    )


def done_before(connection: Connection, who: Who, operation: str, detail: str, since_s: float) -> bool:
    """Tell whether this application's request was carried out by a worker that died before it could answer."""
    found = connection.execute(
        DONE_BEFORE,
        {
            "enrolment_id": who.enrolment_id,
            "application": signed(who.application),
            "operation": operation,
            "detail": detail[:DETAIL_LENGTH_MAX],
            "since_ms": int(since_s * 1000),
        },
    )
    return found.first() is not None


def signed(number: int) -> int:
    """Spell a u64 as the signed integer that SQLite stores."""
    return number - (1 << 64) if number >= 1 << 63 else number
