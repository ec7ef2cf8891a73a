"""Token objects: rows that the engine has sealed, found by any template.

The search columns are copies of what stands in `attributes`. A find that they answer reads no attributes at all;
any other reads them in the order of their numbers and compares. On load the copies are checked: a row that differs
is corrupt, and refused alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, LargeBinary, bindparam, case, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from vhsm.errors import DeviceError
from vhsm.model.attributes import Attributes, Malformed, entry
from vhsm.model.identifiers import PRIVATE_OBJECT_BIT, ObjectNumber, ObjectUuid
from vhsm.model.records import StoredObject
from vhsm.store import driver
from vhsm.store.schema import objects
from vhsm.wire.tables import CKA_CLASS, CKA_ID, CKA_KEY_TYPE, CKA_LABEL, CKA_PRIVATE, CKA_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from vhsm.model.identifiers import TokenId
    from vhsm.wire import engine_pb2

SCANNED_AT_ONCE: Final = 1_024  # rows of one SELECT while a find compares attributes
NUMBER_MAX: Final = (1 << 63) - 1  # what SQLite's integers hold

NUMERIC_COLUMNS: Final = {CKA_CLASS: "object_class", CKA_KEY_TYPE: "key_type", CKA_PRIVATE: "private"}
BYTES_COLUMNS: Final = {CKA_ID: "object_id", CKA_LABEL: "label"}
# Whose index answers a find: the most telling first.
LEADING: Final = (CKA_LABEL, CKA_ID, CKA_CLASS)
UNARY_PLUS: Final[custom_op[Any]] = custom_op("+")
COLUMNS: Final = NUMERIC_COLUMNS | BYTES_COLUMNS

# An object as a reply names it.
REPORTED: Final = case((objects.c.private == 0, objects.c.id), else_=objects.c.id.bitwise_or(PRIVATE_OBJECT_BIT)).label(
    "reported"
)
# A hidden row is not read at all: it must take as long as one that is not there.
LOAD: Final = select(objects).where(
    objects.c.id == bindparam("number"),
    objects.c.token_id == bindparam("token_id"),
    objects.c.private <= bindparam("private_visible"),
)
REPORTED_OF_UUID: Final = select(REPORTED).where(
    objects.c.uuid == bindparam("uuid"), objects.c.token_id == bindparam("token_id")
)
ADD: Final = insert(objects).on_conflict_do_nothing(index_elements=[objects.c.uuid]).returning(REPORTED)
REPLACE: Final = update(objects).where(
    objects.c.id == bindparam("number"),
    objects.c.token_id == bindparam("of_token"),
    objects.c.version == bindparam("old_version"),
)
REMOVE_ALL: Final = delete(objects).where(objects.c.token_id == bindparam("token_id"))
REMOVE: Final = delete(objects).where(objects.c.id == bindparam("number"), objects.c.token_id == bindparam("token_id"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a find looks for."""

    token_id: TokenId
    # Canonical values by CKA_ type, without CKA_TOKEN.
    values: Mapping[int, bytes]
    # Objects with CKA_PRIVATE are there for the logged-in user only.
    private_visible: bool
    # Numbers up to this one were given before.
    after: int
    limit: int


def columns_of(attributes: Attributes) -> dict[str, int | bytes | None]:
    """Copy the search columns out of attributes."""
    return {
        "object_class": attributes.number(CKA_CLASS),
        "key_type": attributes.number(CKA_KEY_TYPE),
        "object_id": attributes.value(CKA_ID),
        "label": attributes.value(CKA_LABEL),
        "private": int(attributes.boolean(CKA_PRIVATE) is not False),
    }


def load(
    connection: Connection, token_id: TokenId, number: ObjectNumber, *, private_visible: bool
) -> StoredObject | None:
    """Load a row of a token; `None` for what is not there and for what may not be seen alike.

    Raises:
        DeviceError: the row is corrupt.
    """
    if number > NUMBER_MAX:
        return None
    row = connection.execute(LOAD, {"number": number, "token_id": token_id, "private_visible": private_visible}).first()
    return None if row is None else stored_object(row)


def stored_object(row: Row[*tuple[Any, ...]]) -> StoredObject:
    """Check a row's search columns against its attributes.

    Raises:
        DeviceError.
    """
    # SQLite stores anything in any column, whatever its type says.
    kinds = (row.version, int), (row.uuid, bytes), (row.attributes, bytes), (row.sealed, bytes)
    if not all(isinstance(value, kind) for value, kind in kinds) or row.version < 1:
        raise DeviceError(f"object {row.id} is corrupt: a column holds another type")
    try:
        attributes = Attributes.parse(row.attributes)
    except Malformed as error:
        raise DeviceError(f"object {row.id} is corrupt: its attributes cannot be read") from error
    for name, value in columns_of(attributes).items():
        if row._mapping[objects.c[name]] != value:  # noqa: SLF001 - public despite its name
            raise DeviceError(f"object {row.id} is corrupt: its column {name} differs from its attributes")
    return StoredObject(
        number=ObjectNumber(row.id),
        uuid=ObjectUuid(row.uuid),
        version=row.version,
        attributes=attributes,
        canonical=row.attributes,
        sealed=row.sealed,
    )


def add(connection: Connection, token_id: TokenId, sealed: engine_pb2.SealedObject) -> ObjectNumber:
    """Store an object that the engine has sealed, once: the same uuid again is the same object. Reports its number.

    Raises:
        DeviceError: the uuid belongs to another token.
    """
    row = {"uuid": sealed.uuid, "token_id": token_id, **sealed_columns(sealed)}
    number = connection.execute(ADD, row).scalar()
    if number is None:
        number = connection.execute(REPORTED_OF_UUID, {"uuid": sealed.uuid, "token_id": token_id}).scalar()
    if number is None:
        raise DeviceError("the uuid of a new object belongs to another token")
    return ObjectNumber(number)


def replace(connection: Connection, token_id: TokenId, old: StoredObject, sealed: engine_pb2.SealedObject) -> bool:
    """Store an object sealed anew; False if it changed or went away since `old` was loaded."""
    key = {"number": old.number, "of_token": token_id, "old_version": old.version}
    return connection.execute(REPLACE, {**key, **sealed_columns(sealed)}).rowcount == 1


def remove(connection: Connection, token_id: TokenId, number: ObjectNumber) -> bool:
    """Remove an object; False if it was not there."""
    return connection.execute(REMOVE, {"number": number, "token_id": token_id}).rowcount == 1


def remove_all(connection: Connection, token_id: TokenId) -> None:
    """Destroy every object of a token."""
    connection.execute(REMOVE_ALL, {"token_id": token_id})


def sealed_columns(sealed: engine_pb2.SealedObject) -> dict[str, int | bytes | None]:
    """Spell what the engine sealed as columns.

    Raises:
        DeviceError: the engine's attributes cannot be read.
    """
    try:
        attributes = Attributes.parse(sealed.attributes)
    except Malformed as error:
        raise DeviceError("the engine's attributes cannot be read") from error
    return {
        "version": sealed.version,
        "attributes": sealed.attributes,
        "sealed": sealed.sealed,
        **columns_of(attributes),
    }


# ---- finding ----------------------------------------------------------------------------------


def find(connection: Connection, wanted: Wanted) -> tuple[list[ObjectNumber], int]:
    """Report the next objects, in the order of their numbers, and where to go on (0 at the end)."""
    values = dict(wanted.values)
    if values.pop(CKA_TOKEN, b"\x01") != b"\x01":
        return [], 0
    columns = {kind: value for kind, value in values.items() if kind in COLUMNS}
    others = [entry(kind, value) for kind, value in values.items() if kind not in COLUMNS]
    parameters: dict[str, object] = {"token_id": wanted.token_id, "after": min(wanted.after, NUMBER_MAX)}
    for kind, value in columns.items():
        parameters[f"v_{COLUMNS[kind]}"] = value if kind in BYTES_COLUMNS else int.from_bytes(value, "big")
        if kind in NUMERIC_COLUMNS and int.from_bytes(value, "big") > NUMBER_MAX:
            return [], 0
    statement = finding(frozenset(columns), wanted.private_visible, bool(others))
    if others:
        return scan(connection, statement, parameters, others, wanted.limit)
    rows = driver.rows(connection, statement, {**parameters, "at_most": wanted.limit + 1})
    numbers = [ObjectNumber(reported) for _, reported in rows[: wanted.limit]]
    return numbers, rows[wanted.limit - 1][0] if len(rows) > wanted.limit else 0


def scan(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    parameters: dict[str, object],
    others: list[bytes],
    limit: int,
) -> tuple[list[ObjectNumber], int]:
    """Compare the attributes of what the columns have found."""
    found: list[ObjectNumber] = []
    last = 0
    while True:
        rows = connection.execute(statement, {**parameters, "at_most": SCANNED_AT_ONCE}).all()
        for number, reported, canonical in rows:
            if matches(canonical, others):
                if len(found) == limit:
                    return found, last
                found.append(ObjectNumber(reported))
                last = number
        if len(rows) < SCANNED_AT_ONCE:
            return found, 0
        parameters["after"] = rows[-1].id


def matches(canonical: object, others: list[bytes]) -> bool:
    """Tell whether every wanted entry is one of the object's; a corrupt row matches nothing."""
    if not isinstance(canonical, bytes) or not all(wanted in canonical for wanted in others):
        return False
    try:  # the bytes are there; now see that they are entries, and not part of some value
        values = Attributes.parse(canonical).values
    except Malformed:
        return False
    entries = {entry(kind, value) for kind, value in values.items()}
    return entries.issuperset(others)


@functools.lru_cache(maxsize=128)
def finding(kinds: frozenset[int], private_visible: bool, with_attributes: bool) -> Select[*tuple[Any, ...]]:
    """Build the SELECT for the columns that a template names: at most 128 different ones, compiled once each."""
    what = [objects.c.id, REPORTED, *([objects.c.attributes] if with_attributes else [])]
    statement = select(*what).where(objects.c.token_id == bindparam("token_id"), objects.c.id > bindparam("after"))
    leading = next((kind for kind in LEADING if kind in kinds), None)
    for kind in sorted(kinds):
        column: ColumnElement[Any] = objects.c[COLUMNS[kind]]
        value = bindparam(f"v_{COLUMNS[kind]}", type_=LargeBinary if kind in BYTES_COLUMNS else Integer)
        if kind != leading:
            # A unary plus, so that SQLite takes the index of the leading column and not of this one.
            column = UnaryExpression(column, operator=UNARY_PLUS)
        statement = statement.where(column == value)
    if not private_visible:
        statement = statement.where(objects.c.private == 0)
    return statement.order_by(objects.c.id).limit(bindparam("at_most", type_=Integer))
