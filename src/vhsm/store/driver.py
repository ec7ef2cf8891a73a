"""The SELECTs of every Ask, at the driver: SQLAlchemy spells each once, and sqlite3 alone runs it from then on.

An execution by SQLAlchemy costs ten times what SQLite needs for such a row, and each find makes three.
"""

from __future__ import annotations

import functools
import sqlite3
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Select

DIALECT: Final = sqlite.dialect(paramstyle="named")
STATEMENTS_KEPT: Final = 256


class Spelled(NamedTuple):
    """A statement as the driver takes it."""

    text: str
    # Values that stand in the statement itself.
    literals: dict[str, object]
    columns: tuple[str, ...]


@functools.lru_cache(maxsize=STATEMENTS_KEPT)
def spelled(statement: Select[*tuple[Any, ...]]) -> Spelled:
    """Spell a statement, once each: statements are constants, or kept by who builds them."""
    compiled = statement.compile(dialect=DIALECT)
    return Spelled(str(compiled), dict(compiled.params), tuple(statement.selected_columns.keys()))


def rows(
    connection: Connection, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    """Return every row, uninterpreted: for columns that hold integers, texts and bytes.

    Raises:
        sqlite3.Error: whatever SQLite complains of (store.database.failures_refused).
    """
    text, literals, _ = spelled(statement)
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(driver)
    return driver.execute(text, {**literals, **parameters}).fetchall()


def first(
    connection: Connection, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
) -> dict[str, Any] | None:
    """Return the first row by the names of its columns; None where there is none.

    Raises:
        sqlite3.Error: as `rows`.
    """
    found = rows(connection, statement, parameters)
    return dict(zip(spelled(statement).columns, found[0], strict=True)) if found else None
