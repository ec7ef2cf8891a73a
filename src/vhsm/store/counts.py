"""How often each key was used, by whom and for what: added up from the engine's batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from vhsm.store.schema import use_counts
from vhsm.wire import use_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from vhsm.wire import engine_pb2

# What takes a nonce.
_ENCRYPT: Final = (use_pb2.OPERATION_ENCRYPT, use_pb2.OPERATION_WRAP)
_NEW = insert(use_counts)
ADD: Final = _NEW.on_conflict_do_update(
    index_elements=list(use_counts.primary_key),
    set_={"uses": use_counts.c.uses + _NEW.excluded.uses, "refused": use_counts.c.refused + _NEW.excluded.refused},
)
COUNTED_MAX: Final = (1 << 63) - 1  # session objects' numbers have a 64th bit: they are counted as object 0


def add(connection: Connection, counts: Iterable[engine_pb2.UseCount]) -> None:
    """Add a batch."""
    rows = [
        {
            "enrolment_id": count.enrolment_id,
            "token_uuid": count.token_uuid,
            "object": count.object if count.object <= COUNTED_MAX else 0,
            "operation": count.operation,
            "uses": count.count,
            "refused": count.refused,
        }
        for count in counts
    ]
    if rows:
        connection.execute(ADD, rows)


def encryptions(connection: Connection, key: int) -> int:
    """Add up how often a token's key encrypted or wrapped; of a session's key nothing is told apart, and it is new."""
    if key > COUNTED_MAX:
        return 0
    of_key = (use_counts.c.object == key) & use_counts.c.operation.in_(_ENCRYPT)
    return connection.execute(select(func.sum(use_counts.c.uses)).where(of_key)).scalar() or 0
