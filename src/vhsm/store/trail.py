"""The audit trail: records are added, in the transaction of the deed that they swear to, and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, insert, select

from vhsm.store.schema import audit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from vhsm.model.records import AuditRecord

ENTRIES_LOOKED_BACK: Final = 10_000  # bounds the search for what a dead worker did a moment ago

ADD: Final = insert(audit)
DONE: Final = select(audit.c.id).where(
    audit.c.id > select(func.max(audit.c.id) - ENTRIES_LOOKED_BACK).scalar_subquery(),
    audit.c.at_ms >= bindparam("since_ms"),
    audit.c.enrolment_id == bindparam("enrolment_id"),
    audit.c.application == bindparam("application"),
    audit.c.operation == bindparam("operation"),
    audit.c.detail == bindparam("detail"),
    audit.c.result == 0,
)


def add(connection: Connection, record: AuditRecord) -> None:
    """Write one record, in whatever transaction the connection is."""
    connection.execute(
        ADD,
        {
            "at_ms": record.at_ms,
            "enrolment_id": record.enrolment_id,
            "application": signed(record.application),
            "user_id": signed(record.user_id),
            "token_uuid": record.token_uuid,
            "operation": record.operation,
            "object_uuid": record.object_uuid,
            "result": signed(record.result),
            "detail": record.detail,
        },
    )


def is_done(connection: Connection, record: AuditRecord, since_s: float) -> bool:
    """Tell whether the same application did the same successfully since then."""
    found = connection.execute(
        DONE,
        {
            "since_ms": int(since_s * 1000),
            "enrolment_id": record.enrolment_id,
            "application": signed(record.application),
            "operation": record.operation,
            "detail": record.detail,
        },
    )
    return found.first() is not None


def signed(number: int) -> int:
    """Spell a u64 as the signed integer that SQLite stores."""
    return number - (1 << 64) if number >= 1 << 63 else number
