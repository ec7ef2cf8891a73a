"""The tables. Numbers that must never name something else later are AUTOINCREMENT.

Migrations spell the same tables for themselves; a test compares the two.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BLOB,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

containers: Final = Table(
    "containers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("enrolment_id", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    # ListenerKind: 0 application, 1 admin.
    Column("kind", Integer, nullable=False),
    Column("uid", Integer),
    Column("cgroup_id", Integer),
    Column("cgroup_path", Text),
    Column("network_namespace_cookie", Integer),
    # Names of evidence that could not be seen, separated by spaces.
    Column("unseen", Text, nullable=False, server_default=""),
    Column("created_at", Integer, nullable=False),
    sqlite_autoincrement=True,
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", LargeBinary, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("serial", Text, nullable=False, unique=True),
    Column("policy", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    sqlite_autoincrement=True,
)

users: Final = Table(
    "users",
    metadata,
    # Random, since it is named in the key derivation before the row is written.
    Column("id", Integer, primary_key=True, autoincrement=False),
    # Absent for a security officer, who has no name of its own.
    Column("name", Text, unique=True),
    # Role: 1 user, 2 security officer, 3 administrator.
    Column("role", Integer, nullable=False),
    Column("token_id", Integer, ForeignKey("tokens.id", ondelete="CASCADE"), index=True),
    Column("created_at", Integer, nullable=False),
)

bindings: Final = Table(
    "bindings",
    metadata,
    Column("slot_id", Integer, primary_key=True),
    Column("container_id", Integer, ForeignKey("containers.id", ondelete="RESTRICT"), nullable=False),
    Column("token_id", Integer, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("container_id", "token_id"),
    sqlite_autoincrement=True,
)

authentication_keys: Final = Table(
    "authentication_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("container_id", Integer, ForeignKey("containers.id", ondelete="RESTRICT"), nullable=False),
    Column("role", Integer, nullable=False),
    Column("algorithm", Integer, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("memory_kib", Integer, nullable=False),
    Column("parallelism", Integer, nullable=False),
    Column("sealed_authentication_key", LargeBinary, nullable=False),
    Column("sealed_token_key", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("failed_tries", Integer, nullable=False, server_default="0"),
    # Unix time in milliseconds of the last try that was begun and not yet known to be right.
    Column("last_failure_ms", Integer, nullable=False, server_default="0"),
    UniqueConstraint("user_id", "container_id"),
)

objects: Final = Table(
    "objects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", LargeBinary, nullable=False, unique=True),
    Column("token_id", Integer, ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("attributes", BLOB, nullable=False),
    Column("sealed", BLOB, nullable=False),
    # Copies for the search, checked against `attributes` on load.
    Column("class", Integer, nullable=False, key="object_class"),
    Column("key_type", Integer),
    Column("object_id", LargeBinary),
    Column("label", LargeBinary),
    Column("private", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# Each index holds the most telling column, then the number, so that a find continues after the last one without
# sorting, and then the other search columns, so that a find which they answer reads no row.
_NUMBER_AND_REST: Final = (objects.c.id, objects.c.object_class, objects.c.key_type, objects.c.private)
Index("objects_by_label", objects.c.token_id, objects.c.label, *_NUMBER_AND_REST)
Index("objects_by_object_id", objects.c.token_id, objects.c.object_id, *_NUMBER_AND_REST)
Index(
    "objects_by_class", objects.c.token_id, objects.c.object_class, objects.c.id, objects.c.key_type, objects.c.private
)
Index("objects_by_token", objects.c.token_id, *_NUMBER_AND_REST)

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at_ms", Integer, nullable=False),
    Column("enrolment_id", LargeBinary, nullable=False),
    Column("application", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("token_uuid", LargeBinary, nullable=False),
    Column("operation", Text, nullable=False),
    Column("object_uuid", LargeBinary, nullable=False),
    Column("result", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)

use_counts: Final = Table(
    "use_counts",
    metadata,
    Column("enrolment_id", LargeBinary, primary_key=True),
    Column("token_uuid", LargeBinary, primary_key=True),
    Column("object", Integer, primary_key=True),
    Column("operation", Integer, primary_key=True),
    Column("uses", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

settings: Final = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)
