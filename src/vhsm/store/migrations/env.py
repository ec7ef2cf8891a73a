# ruff: noqa: INP001 - Alembic runs this file by its path
"""Alembic's entry: runs the migrations on the connection that vhsm.store.migrate hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection


def run() -> None:
    """Run all wanted migrations in one transaction: all of them, or none."""
    connection = context.config.attributes["connection"]
    if not isinstance(connection, Connection):
        raise TypeError("run migrations through vhsm.store.upgrade")
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver itself begins nothing: it is in autocommit
        context.run_migrations()


run()
