"""The audit record. Who, what, on which object, with what result; never a PIN, a value or a digest of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vhsm.model.records import AuditRecord

DETAIL_LENGTH_MAX: Final = 500  # characters: refusals cannot fill the disk faster than their number does


@dataclass(frozen=True, slots=True)
class Who:
    """On whose behalf: the container, the application in it, and who is logged in there."""

    enrolment_id: bytes
    application: int
    user_id: int = 0
    token_uuid: bytes = b""


def event(
    who: Who, operation: str, result: int, *, at_s: float, object_uuid: bytes = b"", detail: str = ""
) -> AuditRecord:
    """Make the record of one deed or refusal.

    Args:
        who: on whose behalf.
        operation: the request's name in the table of operations.
        result: CKR_ value of the reply.
        at_s: Unix time.
        object_uuid: the object concerned, if one is.
        detail: what an administrator needs to know beyond that; printable characters are kept.
    """
    return AuditRecord(
        at_ms=int(at_s * 1000),
        enrolment_id=who.enrolment_id,
        application=who.application,
        user_id=who.user_id,
        token_uuid=who.token_uuid,
        operation=operation,
        object_uuid=object_uuid,
        result=result,
        detail="".join(letter if letter.isprintable() else "?" for letter in detail[:DETAIL_LENGTH_MAX]),
    )
