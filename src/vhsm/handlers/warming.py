"""Compile the statements that workers run, before they are forked: SQLAlchemy keeps the compiled form."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from vhsm import audit
from vhsm.model.identifiers import ObjectNumber, TokenId, UserId
from vhsm.model.records import Login, Policy, Tries
from vhsm.store import accounts, containers, counts, objects, trail
from vhsm.wire import engine_pb2, session_pb2
from vhsm.wire.tables import CKA_CLASS, CKA_ID, CKA_KEY_TYPE, CKA_LABEL, CKA_SIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vhsm.store import Connection, Store

NOBODY = b"\x00" * 16
NO_TOKEN = TokenId(0)
TEMPLATES = (
    (),
    (CKA_CLASS,),
    (CKA_LABEL,),
    (CKA_ID,),
    (CKA_CLASS, CKA_LABEL),
    (CKA_CLASS, CKA_ID),
    (CKA_CLASS, CKA_KEY_TYPE),
    (CKA_CLASS, CKA_KEY_TYPE, CKA_LABEL),
    (CKA_CLASS, CKA_SIGN),
)


class NothingWritten(Exception):  # noqa: N818 - rolls back, nothing more
    """Ends the transaction of the statements that write."""


def warm(store: Store) -> None:
    """Run what Asks run, on a token that does not exist; write nothing; close the connection."""
    store.listeners()
    read(store.connection)
    with contextlib.suppress(NothingWritten), store.transaction() as connection:
        write(connection)
        raise NothingWritten
    store.dispose()


def read(connection: Connection) -> None:
    """Run the statements that read."""
    for container in containers.load_all(connection)[:1]:
        containers.load_by_enrolment_id(connection, container.enrolment_id)
        containers.load_tokens(connection, container)
        containers.load_token(connection, container, 0)
        accounts.load_login_of_user(connection, container, UserId(0))
        accounts.load_administrator(connection, container, "")
    accounts.load_tries(connection, nobody())
    accounts.load_rounds(connection)
    objects.load(connection, NO_TOKEN, ObjectNumber(0), private_visible=False)
    for wanted in finds():
        objects.find(connection, wanted)


def write(connection: Connection) -> None:
    """Run the statements that write, all without effect or rolled back."""
    accounts.begin_try(connection, nobody(), 0)
    accounts.end_try(connection, nobody())
    counts.add(connection, [engine_pb2.UseCount()])
    trail.add(connection, audit.event(audit.Who(NOBODY, 0), "", 0, at_s=0))
    objects.remove(connection, NO_TOKEN, ObjectNumber(0))


def finds() -> Iterator[objects.Wanted]:
    """Make the finds that programs usually make."""
    for kinds in TEMPLATES:
        for private_visible in (False, True):
            yield objects.Wanted(NO_TOKEN, dict.fromkeys(kinds, b"\x00"), private_visible, after=0, limit=1)


def nobody() -> Login:
    """Make a login that no row has."""
    key = engine_pb2.AuthenticationKey()
    return Login(0, UserId(0), "", session_pb2.ROLE_USER, Policy.STANDARD, key, Tries(0, 0))
