"""The database file: how it is opened, written and kept whole.

SQLite in WAL with synchronous=FULL: an acknowledged write survives kill -9 and power loss. One connection for each
worker, opened after the fork; reads are single statements, writes are BEGIN IMMEDIATE … COMMIT under the engine's
writer's turn. Whatever SQLite complains of becomes a refusal here.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc, insert, select
from sqlalchemy.pool import NullPool

from vhsm.errors import DeviceError, DeviceMemory
from vhsm.model.identifiers import ContainerId, EnrolmentId
from vhsm.model.records import ListenerRow
from vhsm.store import accounts, schema
from vhsm.wire import engine_pb2, session_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

ADMIN_LISTENER_NAME: Final = "admin"
BUSY_TIMEOUT_MS: Final = 2_000  # the engine lets one writer in at a time: only a checkpoint or an operator's tool waits
STATEMENTS_CACHED: Final = 1_000
PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA secure_delete=ON",
    # A worker's sandbox lets it write the data directory only, and what spills is small.
    "PRAGMA temp_store=MEMORY",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


class Store:
    """One database, with at most one open connection in each process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = make_engine(path)
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The process's connection, opened when first needed; each statement is a transaction of its own."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write: all of it, or on any exception nothing."""
        connection = self.connection
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            with contextlib.suppress(exc.DBAPIError):  # SQLite may have rolled back already
                connection.exec_driver_sql("ROLLBACK")
            raise

    def dispose(self) -> None:
        """Close the connection (before a fork); compiled statements are kept."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def listeners(self) -> list[ListenerRow]:
        """Return every listening socket that should be open, the admin socket's first."""
        table = schema.containers
        rows = self.connection.execute(
            select(table.c.enrolment_id, table.c.name, table.c.kind).order_by(table.c.kind.desc(), table.c.id)
        )
        return [
            ListenerRow(EnrolmentId(row.enrolment_id), row.name, engine_pb2.ListenerKind.ValueType(row.kind))
            for row in rows
        ]


def make_engine(path: Path) -> Engine:
    """Describe the database; nothing is opened yet."""
    engine = create_engine(
        f"sqlite:///{path}",
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        query_cache_size=STATEMENTS_CACHED,
    )
    event.listen(engine, "connect", set_pragmas)
    return engine


def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Give each new connection the settings that durability and integrity rest on."""
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


@contextlib.contextmanager
def failures_refused() -> Iterator[None]:
    """Turn what SQLite complains of into a refusal.

    Raises:
        DeviceMemory: the disk is full.
        DeviceError: anything else; the text names SQLite's complaint, and no parameters.
    """
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        complaint = error.orig if isinstance(error, exc.DBAPIError) else error
        code = getattr(complaint, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise DeviceMemory("the database's disk is full: make room, nothing was lost") from error
        raise DeviceError(f"the database failed: {complaint}") from error


def open_store(path: Path) -> Store:
    """Open an existing database; nothing is created or migrated."""
    return Store(path)


def upgrade(path: Path) -> None:
    """Bring a database to this version's schema (Alembic, idempotent)."""
    from vhsm.store.migrate import to_head  # noqa: PLC0415 - workers never migrate, and never load Alembic

    to_head(make_engine(path))


def create(
    path: Path,
    administrator_name: str,
    administrator_key: engine_pb2.AuthenticationKey,
    admin_enrolment_id: bytes,
    *,
    now_s: float | None = None,
) -> None:
    """Make the database with its one administrator, whose key the engine's init mode has sealed.

    The admin socket is enrolled for the uid that runs this: callers with another uid are refused. The derivation's
    rounds become the server's: every new password is derived with as many.
    """
    path.touch(mode=0o600, exist_ok=False)
    upgrade(path)
    store = Store(path)
    now = int(time.time() if now_s is None else now_s)
    key = administrator_key
    with store.transaction() as connection:
        container_id = connection.execute(
            insert(schema.containers).returning(schema.containers.c.id),
            {
                "enrolment_id": admin_enrolment_id,
                "name": ADMIN_LISTENER_NAME,
                "kind": engine_pb2.LISTENER_ADMIN,
                "uid": os.geteuid(),
                "created_at": now,
            },
        ).scalar_one()
        connection.execute(
            insert(schema.users),
            {
                "id": key.user_id,
                "name": administrator_name,
                "role": session_pb2.ROLE_ADMINISTRATOR,
                "token_id": None,
                "created_at": now,
            },
        )
        accounts.add_key(connection, ContainerId(container_id), key)
        connection.execute(insert(schema.settings), {"name": "pbkdf2_rounds", "value": key.derivation.rounds})
    store.dispose()
