# ruff: noqa: INP001 - Alembic runs this file by its path
"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    who()
    logins()
    objects()
    records()


def who() -> None:
    """Containers, tokens, users and which token stands in which container's slot."""
    op.create_table(
        "containers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("enrolment_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("uid", sa.Integer),
        sa.Column("cgroup_id", sa.Integer),
        sa.Column("cgroup_path", sa.Text),
        sa.Column("network_namespace_cookie", sa.Integer),
        sa.Column("unseen", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uuid", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, nullable=False, unique=True),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("created_at", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, unique=True),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("token_id", sa.Integer, sa.ForeignKey("tokens.id", ondelete="CASCADE")),
        sa.Column("created_at", sa.Integer, nullable=False),
    )
    op.create_index("ix_users_token_id", "users", ["token_id"])
    op.create_table(
        "bindings",
        sa.Column("slot_id", sa.Integer, primary_key=True),
        sa.Column("container_id", sa.Integer, sa.ForeignKey("containers.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("token_id", sa.Integer, sa.ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
        sa.UniqueConstraint("container_id", "token_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bindings_token_id", "bindings", ["token_id"])


def logins() -> None:
    """Authentication keys, with the counter of wrong tries of each."""
    op.create_table(
        "authentication_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("container_id", sa.Integer, sa.ForeignKey("containers.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("algorithm", sa.Integer, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("rounds", sa.Integer, nullable=False),
        sa.Column("memory_kib", sa.Integer, nullable=False),
        sa.Column("parallelism", sa.Integer, nullable=False),
        sa.Column("sealed_authentication_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed_token_key", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("failed_tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_failure_ms", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("user_id", "container_id"),
    )


def objects() -> None:
    """Token objects, with an index for each usual way to find one."""
    op.create_table(
        "objects",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uuid", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("token_id", sa.Integer, sa.ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("attributes", sa.BLOB, nullable=False),
        sa.Column("sealed", sa.BLOB, nullable=False),
        sa.Column("class", sa.Integer, nullable=False),
        sa.Column("key_type", sa.Integer),
        sa.Column("object_id", sa.LargeBinary),
        sa.Column("label", sa.LargeBinary),
        sa.Column("private", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    number_and_rest = ["id", "class", "key_type", "private"]
    op.create_index("objects_by_label", "objects", ["token_id", "label", *number_and_rest])
    op.create_index("objects_by_object_id", "objects", ["token_id", "object_id", *number_and_rest])
    op.create_index("objects_by_class", "objects", ["token_id", "class", "id", "key_type", "private"])
    op.create_index("objects_by_token", "objects", ["token_id", *number_and_rest])


def records() -> None:
    """What is sworn, counted and set."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at_ms", sa.Integer, nullable=False),
        sa.Column("enrolment_id", sa.LargeBinary, nullable=False),
        sa.Column("application", sa.Integer, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("token_uuid", sa.LargeBinary, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("object_uuid", sa.LargeBinary, nullable=False),
        sa.Column("result", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "use_counts",
        sa.Column("enrolment_id", sa.LargeBinary, primary_key=True),
        sa.Column("token_uuid", sa.LargeBinary, primary_key=True),
        sa.Column("object", sa.Integer, primary_key=True),
        sa.Column("operation", sa.Integer, primary_key=True),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
