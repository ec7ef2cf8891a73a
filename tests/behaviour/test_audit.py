"""Logins, refusals, writes and administration are recorded before their reply leaves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from pkcs11.constants import Attribute
from pkcs11.mechanisms import KeyType

from tests.cryptoki import Module, Session, refused, secret_key
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import DevServer

WRONG = "certainly wrong"
VALUE = b"the value of a key, 32 bytes lng"


class Trail:
    """What the audit table gained since the last look, read beside the server."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.last = 0
        self.news()

    def news(self) -> list[tuple[str, int]]:
        """Operation and CKR_ value of each new record."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT id, operation, result FROM audit WHERE id > ? ORDER BY id", (self.last,)
            ).fetchall()
        self.last = max([self.last, *(number for number, _, _ in rows)])
        return [(operation, result) for _, operation, result in rows]


@pytest.fixture
def session(own_dev_server: DevServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session on a token of the test's own, nobody logged in."""
    token = own_dev_server.token
    monkeypatch.setenv("VHSM_CONFIG", token.environment["VHSM_CONFIG"])
    with Module(token.module) as module:
        yield module.open_session(module.slot_of(token.label))


def test_each_deed_has_its_record(session: Session, own_dev_server: DevServer) -> None:
    """Read right after each reply: a record of login, refusal, creation, change, destruction and PIN change."""
    trail = Trail(own_dev_server.directory / "data" / "vhsm.db")
    pin = own_dev_server.token.pin
    with refused(Rv.PIN_INCORRECT):
        session.login(WRONG)
    assert ("login", Rv.PIN_INCORRECT) in trail.news()
    session.login(pin)
    assert ("login", Rv.OK) in trail.news()
    key = session.create(secret_key(VALUE, KeyType.AES, TOKEN=True))
    assert ("create_objects", Rv.OK) in trail.news()
    session.write(key, {Attribute.LABEL: "changed"})
    assert ("set_attributes", Rv.OK) in trail.news()
    session.destroy(key)
    assert ("destroy_object", Rv.OK) in trail.news()
    session.set_pin(pin, "another pin")
    assert ("set_pin", Rv.OK) in trail.news()


def test_no_secret_stands_in_the_server_s_files(session: Session, own_dev_server: DevServer) -> None:
    """Neither PINs nor a key's value: not in the database, its log or its journal, nor in the server's log."""
    token = own_dev_server.token
    with refused(Rv.PIN_INCORRECT):
        session.login(WRONG)
    session.login(token.pin)
    session.create(secret_key(VALUE, KeyType.AES, TOKEN=True, LABEL="a label in the clear"))
    files = [*(own_dev_server.directory / "data").iterdir(), own_dev_server.directory / "server.log"]
    content = b"".join(path.read_bytes() for path in files)
    assert b"a label in the clear" in content  # the control: labels are no secret, and the right files were read
    for secret in (VALUE, token.pin.encode(), token.so_pin.encode(), WRONG.encode()):
        assert secret not in content
