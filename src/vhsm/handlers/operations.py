"""The table: one row for each control request. This is the whole attack surface of the control workers.

No row, no request: the spine answers CKR_FUNCTION_NOT_SUPPORTED. Requests that the engine answers alone (sessions,
logout, the use lane, random, digests, attributes of session objects) have no row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from vhsm.handlers import slot_token
from vhsm.wire.engine_pb2 import LISTENER_ADMIN, LISTENER_APPLICATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from vhsm.handlers.context import Context
    from vhsm.wire.engine_pb2 import Answer, ListenerKind


class SessionNeed(Enum):
    """Which session a request must name, on an application socket."""

    NONE = "none"
    ANY = "any"
    READ_WRITE = "read-write"


class Audited(Enum):
    """What is recorded before the reply leaves. Refusals always are."""

    # A record for each object written, in the same transaction; reads leave none.
    WRITES = "writes"
    # A record in any case.
    ALWAYS = "always"


class Workers(Enum):
    """Which workers serve it: slow ones may derive a key from a password (about 0.4 s)."""

    QUICK = "quick"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Operation:
    """One row."""

    handler: Callable[[Context], Answer]
    listeners: frozenset[ListenerKind.ValueType]
    session: SessionNeed = SessionNeed.NONE
    # An administrator must have logged in.
    administrator: bool = False
    # It may write to the store.
    writes: bool = False
    workers: Workers = Workers.QUICK
    audited: Audited = Audited.WRITES


APPLICATION: Final = frozenset({LISTENER_APPLICATION})
ADMIN: Final = frozenset({LISTENER_ADMIN})
BOTH: Final = APPLICATION | ADMIN

OPERATIONS: Final[dict[str, Operation]] = {
    "hello": Operation(slot_token.hello, BOTH, writes=True),
    "slot_list": Operation(slot_token.slot_list, APPLICATION),
    "token_info": Operation(slot_token.token_info, APPLICATION),
}
