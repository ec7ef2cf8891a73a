"""The import rule finds what it forbids, and the tree obeys it."""

from __future__ import annotations

import pytest

from tools.check_imports import INNER, SOURCE, breaches, check

FORBIDDEN = [
    ("vhsm.policy.key", "import vhsm.store"),
    ("vhsm.policy.key", "from vhsm.store import rows"),
    ("vhsm.policy.key", "from vhsm import store"),
    ("vhsm.policy.key", "from ..store import rows"),
    ("vhsm.policy.key", "from .. import store"),
    ("vhsm.policy.key", "def f():\n    import vhsm.audit"),
    ("vhsm.model", "import vhsm.policy"),
    ("vhsm.errors", "import vhsm.model"),
    ("vhsm.wire.table", "import vhsm.errors"),
    ("vhsm.handlers.object", "import vhsm.identity"),
    ("vhsm.handlers.object", "import vhsm.config"),
    ("vhsm.identity", "import vhsm.service"),
    ("vhsm.client", "import vhsm.handlers"),
    ("vhsm.cli.key", "import vhsm.store"),
    ("vhsm", "import vhsm.store"),
    ("vhsm.handlers.object", "import sqlalchemy as sa"),
    ("vhsm.policy.key", "if TYPE_CHECKING:\n    from vhsm.store import Row"),
    ("vhsm.audit.events", "import sqlalchemy"),
    ("vhsm.service.worker", "from sqlite3 import connect"),
    ("vhsm.handlers.object", "import socket"),
    ("vhsm.store.rows", "from subprocess import run"),
    ("vhsm.client.session", "import pickle"),
    ("vhsm.handlers.object", 'QUERY = "select id from objects"'),
    ("vhsm.cli.key", 'run("DELETE FROM objects ")'),
    ("vhsm.store.rows", 'connection.execute(f"SELECT * FROM {table}")'),
    ("vhsm.store.rows", 'text("SELECT * FROM objects WHERE label = " + label)'),
    ("vhsm.store.rows", 'text("SELECT * FROM objects WHERE label = %s" % label)'),
    ("vhsm.store.rows", 'text("SELECT * FROM objects WHERE label = {}".format(label))'),
    ("vhsm.misc", "pass"),
]

ALLOWED = [
    ("vhsm.policy.key", "from vhsm.policy.token import rule\nfrom vhsm.model import Token\nimport vhsm.wire.limits"),
    ("vhsm.policy.key", "from .token import rule"),
    ("vhsm.handlers.dispatch", "from vhsm import audit, engine, policy, store"),
    ("vhsm.service.worker", "import socket\nimport vhsm.identity"),
    ("vhsm.cli.serve", "import subprocess\nimport vhsm.service"),
    ("vhsm.store.rows", "import sqlalchemy\nconnection.execute(FIND, {'label': label})"),
    ("vhsm.handlers.object", "if TYPE_CHECKING:\n    from sqlalchemy import Connection"),
    ("vhsm.cli.key", '"""Select a key from those of the token."""'),
]


@pytest.mark.parametrize(("module", "source"), FORBIDDEN)
def test_a_forbidden_line_is_found(module: str, source: str) -> None:
    """Each way of breaking the rule is seen: the control that makes the next tests mean something."""
    assert breaches(source, "sample.py", module)


@pytest.mark.parametrize(("module", "source"), ALLOWED)
def test_an_allowed_line_passes(module: str, source: str) -> None:
    """What the rooms need is not refused."""
    assert breaches(source, "sample.py", module) == []


@pytest.mark.parametrize("room", sorted(INNER))
def test_inner_rooms_never_import_each_other(room: str) -> None:
    """Policy, engine, store and audit know only the ground they stand on."""
    for other in INNER - {room}:
        assert breaches(f"import vhsm.{other}", "sample.py", f"vhsm.{room}.sample")


def test_the_tree_obeys() -> None:
    """No module of src/vhsm breaks the rule."""
    assert list(map(str, check(SOURCE))) == []
