"""The table: one row for each control request. This is the whole attack surface of the control workers.

No row, no request: the spine answers CKR_FUNCTION_NOT_SUPPORTED. Requests that the engine answers alone (sessions,
logout, the use lane, random, digests, attributes of session objects) have no row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from vhsm.handlers import key, object, session, slot_token, use  # noqa: A004 - the chapter's name
from vhsm.handlers.admin import container, server, user, user_modify
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
ANY: Final = SessionNeed.ANY
READ_WRITE: Final = SessionNeed.READ_WRITE
SLOW: Final = Workers.SLOW
ALWAYS: Final = Audited.ALWAYS

OPERATIONS: Final[dict[str, Operation]] = {
    # envelope, 5.5: slots and tokens
    "hello": Operation(slot_token.hello, BOTH, writes=True),
    "slot_list": Operation(slot_token.slot_list, APPLICATION),
    "token_info": Operation(slot_token.token_info, APPLICATION),
    "init_token": Operation(slot_token.init_token, APPLICATION, ANY, writes=True, workers=SLOW, audited=ALWAYS),
    # 5.6: logins
    "login": Operation(session.login, BOTH, ANY, writes=True, workers=SLOW, audited=ALWAYS),
    "set_pin": Operation(session.set_pin, APPLICATION, READ_WRITE, writes=True, workers=SLOW, audited=ALWAYS),
    "init_pin": Operation(session.init_pin, APPLICATION, READ_WRITE, writes=True, workers=SLOW, audited=ALWAYS),
    # 5.7: objects
    "create_objects": Operation(object.create_objects, APPLICATION, ANY, writes=True),
    "copy_object": Operation(object.copy_object, APPLICATION, ANY, writes=True),
    "destroy_object": Operation(object.destroy_object, APPLICATION, ANY, writes=True),
    "read_attributes": Operation(object.read_attributes, APPLICATION, ANY),
    "set_attributes": Operation(object.set_attributes, APPLICATION, ANY, writes=True),
    "find_objects": Operation(object.find_objects, APPLICATION, ANY),
    # 5.18: keys
    "generate_key": Operation(key.generate_key, APPLICATION, ANY, writes=True),
    "generate_key_pair": Operation(key.generate_key_pair, APPLICATION, ANY, writes=True, workers=SLOW),
    "derive_key": Operation(key.derive_key, APPLICATION, ANY, writes=True),
    "wrap_key": Operation(key.wrap_key, APPLICATION, ANY, writes=True, audited=ALWAYS),
    "unwrap_key": Operation(key.unwrap_key, APPLICATION, ANY, writes=True),
    "encapsulate_key": Operation(key.encapsulate_key, APPLICATION, ANY, writes=True),
    "decapsulate_key": Operation(key.decapsulate_key, APPLICATION, ANY, writes=True),
    # 5.8 to 5.15: uses
    "prepare": Operation(use.prepare, APPLICATION, ANY),
    # administration
    "server_status": Operation(server.server_status, ADMIN),
    "container_add": Operation(container.container_add, ADMIN, administrator=True, writes=True, audited=ALWAYS),
    "container_list": Operation(container.container_list, ADMIN, administrator=True, audited=ALWAYS),
    "container_remove": Operation(container.container_remove, ADMIN, administrator=True, writes=True, audited=ALWAYS),
    "user_add": Operation(user.user_add, ADMIN, administrator=True, writes=True, workers=SLOW, audited=ALWAYS),
    "user_list": Operation(user.user_list, ADMIN, administrator=True, audited=ALWAYS),
    "user_modify": Operation(
        user_modify.user_modify, ADMIN, administrator=True, writes=True, workers=SLOW, audited=ALWAYS
    ),
    "user_remove": Operation(user.user_remove, ADMIN, administrator=True, writes=True, audited=ALWAYS),
}
