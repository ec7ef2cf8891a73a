"""The store: finds are equality, writes are once, corrupt rows stand alone, strings are data."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect

from vhsm import store
from vhsm.errors import DeviceError, DeviceMemory
from vhsm.model.attributes import Attributes, boolean, number
from vhsm.model.identifiers import PRIVATE_OBJECT_BIT, ObjectNumber, TokenId, TokenUuid
from vhsm.model.records import Evidence, Policy
from vhsm.store import accounts, containers, objects, schema
from vhsm.store.database import failures_refused
from vhsm.wire import engine_pb2, session_pb2, tables
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from collections.abc import Iterator

ENROLMENT_ID = b"the admin socket"
LABELS = st.sampled_from([b"", b"a", b"b", b"' OR 1=1 --", "\N{SNOWMAN}".encode()])
OBJECTS = st.fixed_dictionaries(
    {
        tables.CKA_CLASS: st.sampled_from([number(CKO.DATA), number(CKO.SECRET_KEY)]),
        tables.CKA_LABEL: LABELS,
        tables.CKA_ID: st.sampled_from([b"", b"\x00", b"1"]),
        tables.CKA_PRIVATE: st.booleans().map(boolean),
        tables.CKA_SIGN: st.booleans().map(boolean),
        tables.CKA_APPLICATION: LABELS,
    }
)

WITH_TOKEN = 6  # beside the places of OBJECTS' six attributes: CKA_TOKEN too


def administrator() -> engine_pb2.AuthenticationKey:
    """Make what the engine's init mode makes, without a secret in it."""
    return engine_pb2.AuthenticationKey(
        user_id=1,
        role=session_pb2.ROLE_ADMINISTRATOR,
        enrolment_id=ENROLMENT_ID,
        derivation=engine_pb2.DerivationParameters(
            algorithm=engine_pb2.KEY_DERIVATION_PBKDF2_HMAC_SHA256, salt=bytes(16), rounds=600_000
        ),
        sealed_authentication_key=b"sealed",
        version=1,
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Store]:
    """Make a store with its administrator."""
    path = tmp_path_factory.mktemp("store") / "vhsm.db"
    store.create(path, "admin", administrator(), ENROLMENT_ID, now_s=0)
    opened = store.open_store(path)
    yield opened
    opened.dispose()


@pytest.fixture
def token(database: store.Store) -> TokenId:
    """Make a token of the test's own."""
    return new_token(database)


def new_token(database: store.Store) -> TokenId:
    """Make a token that no other test has."""
    with database.transaction() as connection:
        return accounts.add_token(connection, TokenUuid(os.urandom(16)), "label", Policy.STANDARD, 0)


def add(database: store.Store, token: TokenId, values: dict[int, bytes], uuid: bytes = b"") -> ObjectNumber:
    """Store an object as the engine would have sealed it."""
    sealed = engine_pb2.SealedObject(
        uuid=uuid or os.urandom(16), version=1, attributes=Attributes(values).encode(), sealed=b"sealed"
    )
    with database.transaction() as connection:
        return row_number(objects.add(connection, token, sealed))


def find(
    database: store.Store, token: TokenId, values: dict[int, bytes], limit: int, *, user: bool = True
) -> list[int]:
    """Find to the end, page by page."""
    found: list[int] = []
    after = 0
    while True:
        wanted = objects.Wanted(token, values, private_visible=user, after=after, limit=limit)
        numbers, after = objects.find(database.connection, wanted)
        assert len(numbers) <= limit
        found += map(row_number, numbers)
        if not after:
            return found


def row_number(reported: ObjectNumber) -> ObjectNumber:
    """Leave out what a reply says besides."""
    return ObjectNumber(reported & ~PRIVATE_OBJECT_BIT)


def test_migrations_make_the_schema(database: store.Store) -> None:
    """What the migrations make is what the statements are written for."""
    declared = create_engine("sqlite://")
    schema.metadata.create_all(declared)
    wanted, made = inspect(declared), inspect(database.connection)
    for table in schema.metadata.tables:
        names = [column["name"] for column in wanted.get_columns(table)]
        assert [column["name"] for column in made.get_columns(table)] == names
        assert indexes(made, table) == indexes(wanted, table)
        assert made.get_foreign_keys(table) == wanted.get_foreign_keys(table)


def indexes(inspector: object, table: str) -> dict[str | None, list[str | None]]:
    """Name a table's indexes and their columns."""
    found = inspector.get_indexes(table)  # type: ignore[attr-defined]  # sqlalchemy's Inspector, by inspect()
    return {index["name"]: index["column_names"] for index in found}


def test_a_database_is_upgraded_twice_without_harm(database: store.Store) -> None:
    """`vhsm serve` does it at each start."""
    store.upgrade(database.path)
    assert [row.name for row in database.listeners()][:1] == ["admin"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(OBJECTS, max_size=12),
    wanted=OBJECTS,
    kinds=st.sets(st.integers(0, WITH_TOKEN)),
    limit=st.integers(1, 4),
    user=st.booleans(),
)
def test_a_find_is_equality(  # noqa: PLR0917 - hypothesis fills them by name
    database: store.Store,
    rows: list[dict[int, bytes]],
    wanted: dict[int, bytes],
    kinds: set[int],
    limit: int,
    user: bool,
) -> None:
    """By any template, page by page: exactly the visible objects that have every attribute of it, once, in order."""
    token = new_token(database)
    template = {kind: wanted[kind] for at, kind in enumerate(wanted) if at in kinds}
    if WITH_TOKEN in kinds:
        template[tables.CKA_TOKEN] = boolean(True)
    numbers = [add(database, token, row) for row in rows]
    expected = [
        row_number
        for row_number, row in zip(numbers, rows, strict=True)
        if all(row.get(kind) == value for kind, value in template.items() if kind != tables.CKA_TOKEN)
        and (user or row[tables.CKA_PRIVATE] == boolean(False))
    ]
    assert find(database, token, template, limit, user=user) == expected


def test_a_value_within_a_value_is_no_match(database: store.Store, token: TokenId) -> None:
    """An attribute that holds the spelling of another is not taken for it."""
    hidden = Attributes({tables.CKA_SIGN: boolean(True)}).encode()[1:]
    plain = {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_LABEL: b"", tables.CKA_PRIVATE: boolean(False)}
    add(database, token, {**plain, tables.CKA_APPLICATION: hidden})
    assert find(database, token, {tables.CKA_SIGN: boolean(True)}, 10) == []


def test_session_objects_are_not_the_store_s(database: store.Store, token: TokenId) -> None:
    """CKA_TOKEN false finds nothing here."""
    add(database, token, {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(False)})
    assert find(database, token, {tables.CKA_TOKEN: boolean(False)}, 10) == []


def test_the_same_uuid_is_the_same_object(database: store.Store, token: TokenId) -> None:
    """A worker that died after its commit is asked again: one row, and the same number."""
    values = {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(False)}
    uuid = os.urandom(16)
    assert add(database, token, values, uuid) == add(database, token, values, uuid)
    assert len(find(database, token, {}, 10)) == 1
    with pytest.raises(DeviceError):
        add(database, new_token(database), values, uuid)


def test_a_number_is_never_used_again(database: store.Store, token: TokenId) -> None:
    """A stale handle must not name another object."""
    values = {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(False)}
    first = add(database, token, values)
    with database.transaction() as connection:
        assert objects.remove(connection, token, first)
    assert add(database, token, values) > first


def test_an_object_of_another_token_is_not_there(database: store.Store, token: TokenId) -> None:
    """Neither read nor found nor removed by whoever knows its number."""
    number_of_it = add(database, token, {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(False)})
    other = new_token(database)
    assert objects.load(database.connection, other, number_of_it, private_visible=True) is None
    assert find(database, other, {}, 10) == []
    with database.transaction() as connection:
        assert not objects.remove(connection, other, number_of_it)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE objects SET label = 'x' WHERE id = ?",
        "UPDATE objects SET private = 0 WHERE id = ?",
        "UPDATE objects SET class = 7 WHERE id = ?",
        "UPDATE objects SET attributes = x'02' WHERE id = ?",
        "UPDATE objects SET attributes = 'text' WHERE id = ?",
        "UPDATE objects SET sealed = 'text' WHERE id = ?",
        "UPDATE objects SET version = 'text' WHERE id = ?",
        "UPDATE objects SET attributes = substr(attributes, 1, 9) WHERE id = ?",
    ],
)
def test_a_corrupt_row_stands_alone(database: store.Store, token: TokenId, damage: str) -> None:
    """CKR_DEVICE_ERROR for it, and its neighbour is served."""
    values = {
        tables.CKA_CLASS: number(CKO.DATA),
        tables.CKA_LABEL: b"label",
        tables.CKA_PRIVATE: boolean(True),
        tables.CKA_SIGN: boolean(True),
    }
    corrupt, whole = add(database, token, values), add(database, token, values)
    with sqlite3.connect(database.path) as beside:
        beside.execute(damage, (corrupt,))
    beside.close()
    with pytest.raises(DeviceError):
        objects.load(database.connection, token, corrupt, private_visible=True)
    assert objects.load(database.connection, token, whole, private_visible=True) is not None
    assert whole in find(database, token, {tables.CKA_SIGN: boolean(True)}, 10)


def test_a_change_is_made_on_the_version_that_was_read(database: store.Store, token: TokenId) -> None:
    """Of two changes that read the same version, one is told to read again."""
    values = {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_LABEL: b"1", tables.CKA_PRIVATE: boolean(False)}
    old = objects.load(database.connection, token, add(database, token, values), private_visible=True)
    assert old is not None
    attributes = old.attributes.overlaid({tables.CKA_LABEL: b"2"}).encode()
    sealed = engine_pb2.SealedObject(uuid=old.uuid, version=old.version + 1, attributes=attributes, sealed=b"new")
    with database.transaction() as connection:
        assert objects.replace(connection, token, old, sealed)
        assert not objects.replace(connection, token, old, sealed)
    new = objects.load(database.connection, token, old.number, private_visible=True)
    assert new is not None
    assert (new.version, new.sealed, new.attributes.value(tables.CKA_LABEL)) == (2, b"new", b"2")


def test_a_failed_transaction_leaves_nothing(database: store.Store, token: TokenId) -> None:
    """All of it, or nothing."""
    values = Attributes({tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(False)}).encode()
    sealed = engine_pb2.SealedObject(uuid=os.urandom(16), version=1, attributes=values)

    def fail_half_way() -> None:
        with database.transaction() as connection:
            objects.add(connection, token, sealed)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert find(database, token, {}, 10) == []


def test_a_full_disk_refuses_and_loses_nothing(database: store.Store, token: TokenId) -> None:
    """CKR_DEVICE_MEMORY; what was there is there, and once there is room it goes on."""
    small = {tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(False)}
    before = add(database, token, small)
    connection = database.connection
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with failures_refused():
            for _ in range(100):
                add(database, token, {**small, tables.CKA_APPLICATION: bytes(60_000)})

    with pytest.raises(DeviceMemory):
        fill()
    assert before in find(database, token, {}, 1_000)
    connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert add(database, token, small) > before


@given(name=st.text(min_size=1, max_size=30).filter(lambda name: "\x00" not in name and name.isprintable()))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_strings_are_data(database: store.Store, name: str) -> None:
    """Whatever stands in a name or a label, it comes back as it went in."""
    name = f"{name}'); DROP TABLE users; --"
    if containers.load_by_name(database.connection, name) is None:
        with database.transaction() as connection:
            containers.add(connection, name, os.urandom(16), Evidence(cgroup_path=name), 0)
    found = containers.load_by_name(database.connection, name)
    assert found is not None
    assert (found.name, found.evidence.cgroup_path) == (name, name)
    assert accounts.load_user(database.connection, name) is None
    assert accounts.load_user(database.connection, "admin") is not None


def test_tries_are_counted_before_and_cleared_after(database: store.Store) -> None:
    """The counter is what the next worker reads, whatever became of this one."""
    container = containers.load_by_enrolment_id(database.connection, ENROLMENT_ID)
    assert container is not None
    login = accounts.load_administrator(database.connection, container, "admin")
    assert login is not None
    for failed in (1, 2):
        with database.transaction() as connection:
            accounts.begin_try(connection, login, 1000.5)
        again = accounts.load_tries(database.connection, login)
        assert again is not None
        assert (again.failed, again.last_failure_at_s) == (failed, 1000.5)
    with database.transaction() as connection:
        accounts.end_try(connection, login)
    cleared = accounts.load_tries(database.connection, login)
    assert cleared is not None
    assert cleared.failed == 0
