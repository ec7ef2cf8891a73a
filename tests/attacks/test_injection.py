"""SQL metacharacters, through the real stack: in every string field they are data, or refused as no name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.installation import CONTAINER, PIN, SO_PIN, USER, Installation
from vhsm.client import Refusal, connect
from vhsm.config import ClientConfig
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vhsm.client import Session, Value

HOSTILE: Final = (
    "'",
    '"',
    "''",
    "' OR '1'='1",
    "'; DROP TABLE objects; --",
    '"; DELETE FROM users; --',
    "' UNION SELECT sealed, 1, 2 FROM objects --",
    "%",
    "_",
    "*",
    ":label",
    "?1",
    "%(label)s",
    "\\'",
    "a\0b",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{COMBINING ACUTE ACCENT}",
    "${IFS}$(id)`id`",
    "x" * 10_000,
)
TABLES: Final = ("objects", "users", "tokens", "containers", "authentication_keys", "bindings")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server of this module's own."""
    made = Installation.make(tmp_path_factory.mktemp("injection"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def session(installation: Installation) -> Iterator[Session]:
    """The owner's session, with one object that nobody must touch."""
    with installation.session() as session:
        session.create_object({tables.CKA_CLASS: int(CKO.DATA), tables.CKA_TOKEN: True, tables.CKA_LABEL: "untouched"})
        yield session


def rows(installation: Installation) -> dict[str, object]:
    """How many rows each table has."""
    return {table: installation.sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608 - our list


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_attributes_are_data(installation: Installation, session: Session, text: str) -> None:
    """Label, id, application and object id: stored as they are, found by exactly themselves."""
    before = rows(installation)
    raw = text.encode()
    data: dict[int, Value] = {
        tables.CKA_CLASS: int(CKO.DATA),
        tables.CKA_TOKEN: True,
        tables.CKA_LABEL: text,
        tables.CKA_APPLICATION: text,
        tables.CKA_OBJECT_ID: raw,
        tables.CKA_VALUE: raw,
    }
    key: dict[int, Value] = {
        tables.CKA_CLASS: int(CKO.SECRET_KEY),
        tables.CKA_KEY_TYPE: int(CKK.GENERIC_SECRET),
        tables.CKA_TOKEN: True,
        tables.CKA_LABEL: text,
        tables.CKA_ID: raw,
        tables.CKA_VALUE: bytes(32),
    }
    made = session.create_objects([data, key])
    assert sorted(session.find({tables.CKA_LABEL: text})) == sorted(made)
    for template in ({tables.CKA_APPLICATION: text}, {tables.CKA_OBJECT_ID: raw}):
        assert session.find(template) == [made[0]]
    assert session.find({tables.CKA_ID: raw}) == [made[1]]
    read = session.attributes(made[0], [tables.CKA_VALUE])
    assert [read[kind] for kind in (tables.CKA_LABEL, tables.CKA_APPLICATION, tables.CKA_VALUE)] == [text, text, raw]
    changed = f"{text} changed"
    session.set_attributes(made[1], {tables.CKA_LABEL: changed})
    assert session.find({tables.CKA_LABEL: changed}) == [made[1]]
    for handle in made:
        session.destroy_object(handle)
    assert rows(installation) == before
    assert len(session.find({tables.CKA_LABEL: "untouched"})) == 1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_names_are_data_or_no_names(installation: Installation, session: Session, text: str) -> None:
    """Users, labels and policies, containers, and what a client calls itself; whoever is added can be removed."""
    before = rows(installation)
    with installation.administration() as admin:
        for name, label in ((text, text), ("another", text)):
            try:
                made = admin.add_user(name, CONTAINER, label, PIN, SO_PIN)
            except Refusal:
                continue
            assert (made.name, made.token_label) == (name, label)
            admin.remove_user(made.name)
            break
        with contextlib.suppress(Refusal):
            assert admin.add_container(text).name == text
            admin.remove_container(text)
        refusals: tuple[Callable[[], object], ...] = (
            lambda: admin.add_user("another", CONTAINER, "another", PIN, SO_PIN, policy=text),
            lambda: admin.add_user("another", text, "another", PIN, SO_PIN),
            lambda: admin.remove_container(text),
            lambda: admin.remove_user(text),
            lambda: admin.modify_user(text, PIN, label="x"),
        )
        for refused in refusals:
            with pytest.raises(Refusal):
                refused()
        assert [user.name for user in admin.users() if user.name == USER] == [USER]
    with connect(config=ClientConfig(socket=installation.socket()), name=text[:64]) as client, pytest.raises(Refusal):
        client.open_session().login(PIN, user_name=text)
    assert rows(installation) == before
    assert len(session.find({tables.CKA_LABEL: "untouched"})) == 1
    installation.assert_sound()
