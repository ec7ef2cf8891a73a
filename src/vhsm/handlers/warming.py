"""Compile the statements that workers run, before they are forked: SQLAlchemy keeps the compiled form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.store import accounts, containers

if TYPE_CHECKING:
    from vhsm.store import Store


def warm(store: Store) -> None:
    """Run what reads, on whatever the store holds; then close the connection."""
    connection = store.connection
    store.listeners()
    for container in containers.load_all(connection):
        containers.load_by_enrolment_id(connection, container.enrolment_id)
        for token in containers.load_tokens(connection, container):
            containers.load_token(connection, container, token.slot_id)
    accounts.load_users(connection)
    accounts.load_figures(connection)
    accounts.load_rounds(connection)
    store.dispose()
