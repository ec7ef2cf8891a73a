"""Rows that something else has changed: refused for what they are, and every other row is served."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.installation import PIN, Installation
from tests.faults.script import DATA, key
from vhsm.client import DeviceError, Refusal
from vhsm.errors import KeyHandleInvalid, ObjectHandleInvalid, PinIncorrect
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vhsm.client import Session

VALUE: Final = b"the value of the key that is hit"
OTHERS: Final = b"the value of the key that is not"

# What of an object's row is authenticated or checked against it. `id` and `token_id` say where the row stands.
OBJECT_COLUMNS: Final = (
    "uuid",
    "version",
    "attributes",
    "sealed",
    "class",
    "key_type",
    "object_id",
    "label",
    "private",
)
KEY_COLUMNS: Final = (
    "algorithm",
    "salt",
    "rounds",
    "memory_kib",
    "parallelism",
    "sealed_authentication_key",
    "sealed_token_key",
    "version",
    "role",
)


def flipped(value: object) -> object:
    """Change one bit."""
    match value:
        case bytes() if value:
            middle = len(value) // 2
            return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
        case bytes():
            return b"\1"
        case int():
            return value ^ 1
        case None:
            return 1
    raise AssertionError(value)


@pytest.fixture(scope="module")
def stored(installation: Installation) -> tuple[int, int]:
    """Two keys: the row that is hit, and the row that is not; their ids."""
    with installation.session() as session:
        session.create_objects([key("hit", VALUE), key("other", OTHERS)])
    rows = installation.sql("SELECT id, label FROM objects ORDER BY id DESC LIMIT 2")
    ids = {label: number for number, label in rows}
    hit, other = ids[b"hit"], ids[b"other"]
    assert isinstance(hit, int)
    assert isinstance(other, int)
    return hit, other


@pytest.fixture
def session(installation: Installation, stored: tuple[int, int]) -> Iterator[Session]:
    """An application that has found both keys and used neither."""
    assert stored
    with installation.session() as session:
        yield session


def signs(session: Session, handle: int, value: bytes) -> bool:
    """Whether the key is the one that was stored."""
    return session.sign(handle, tables.CKM_SHA256_HMAC, DATA) == hmac.digest(value, DATA, hashlib.sha256)


@pytest.mark.parametrize("column", OBJECT_COLUMNS)
def test_a_corrupt_object_is_refused_and_the_others_are_served(
    installation: Installation, stored: tuple[int, int], session: Session, column: str
) -> None:
    """CKR_DEVICE_ERROR for reading, using and copying it; restored, it is served again (the control)."""
    (hit,), (other,) = session.find({tables.CKA_LABEL: "hit"}), session.find({tables.CKA_LABEL: "other"})
    ((kept,),) = installation.sql(f"SELECT {column} FROM objects WHERE id = ?", stored[0])  # noqa: S608 - our list
    write = f"UPDATE objects SET {column} = ? WHERE id = ?"  # noqa: S608 - our list
    installation.sql(write, flipped(kept), stored[0])
    try:
        with pytest.raises(DeviceError):
            session.attributes(hit)
        with pytest.raises(DeviceError):
            session.sign(hit, tables.CKM_SHA256_HMAC, DATA)
        with pytest.raises(DeviceError):
            session.copy_object(hit, {tables.CKA_LABEL: "copy"})
        assert signs(session, other, OTHERS)
        assert session.attributes(other)[tables.CKA_LABEL] == "other"
    finally:
        installation.sql(write, kept, stored[0])
    assert signs(session, hit, VALUE)


def test_a_row_moved_to_another_token_is_not_there(
    installation: Installation, stored: tuple[int, int], session: Session
) -> None:
    """Its token does not have it, and the other could not open it."""
    (hit,), (other,) = session.find({tables.CKA_LABEL: "hit"}), session.find({tables.CKA_LABEL: "other"})
    ((kept,),) = installation.sql("SELECT token_id FROM objects WHERE id = ?", stored[0])
    installation.sql("UPDATE objects SET token_id = token_id + 1000 WHERE id = ?", stored[0])
    try:
        with pytest.raises((ObjectHandleInvalid, KeyHandleInvalid, DeviceError)):
            session.sign(hit, tables.CKM_SHA256_HMAC, DATA)
        assert signs(session, other, OTHERS)
    finally:
        installation.sql("UPDATE objects SET token_id = ? WHERE id = ?", kept, stored[0])
    assert signs(session, hit, VALUE)


def test_swapped_rows_are_refused(installation: Installation, stored: tuple[int, int], session: Session) -> None:
    """One row's attributes with the other's secret: each is whole by itself, together they are nobody's."""
    hit, other = stored
    (handle,) = session.find({tables.CKA_LABEL: "hit"})
    ((kept,),) = installation.sql("SELECT sealed FROM objects WHERE id = ?", hit)
    installation.sql("UPDATE objects SET sealed = (SELECT sealed FROM objects WHERE id = ?) WHERE id = ?", other, hit)
    try:
        with pytest.raises(DeviceError):
            session.sign(handle, tables.CKM_SHA256_HMAC, DATA)
    finally:
        installation.sql("UPDATE objects SET sealed = ? WHERE id = ?", kept, hit)
    assert signs(session, handle, VALUE)


@pytest.mark.parametrize("column", KEY_COLUMNS)
def test_a_corrupt_authentication_key_logs_nobody_in(installation: Installation, column: str) -> None:
    """Refused, and counted as the try that it was; restored, it opens again (the control)."""
    own = "user_id = (SELECT id FROM users WHERE role = 1)"
    ((kept,),) = installation.sql(f"SELECT {column} FROM authentication_keys WHERE {own}")  # noqa: S608 - our list
    write = f"UPDATE authentication_keys SET {column} = ?, failed_tries = 0, last_failure_ms = 0 WHERE {own}"  # noqa: S608 - our list
    installation.sql(write, flipped(kept))
    try:
        # A remembered PIN is compared without the row; a new engine remembers none.
        installation.stop()
        installation.serve()
        with installation.client() as client, pytest.raises((PinIncorrect, DeviceError)):
            client.open_session().login(PIN)
    finally:
        installation.sql(write, kept)
    with installation.session() as session:
        assert session.state().state == 3


def test_the_database_is_sound_after_all_this(installation: Installation) -> None:
    """Nothing of the above was the server's doing."""
    installation.assert_sound()
    with installation.session() as session, pytest.raises(Refusal):
        session.attributes(1)
