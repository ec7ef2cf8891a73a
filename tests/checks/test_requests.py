"""No row, no request: every request of the contract is served in one place, and said where."""

from __future__ import annotations

import re
from pathlib import Path

from vhsm.handlers.operations import OPERATIONS, Audited
from vhsm.wire import envelope_pb2
from vhsm.wire.engine_pb2 import LISTENER_ADMIN

ROOT = Path(__file__).resolve().parents[2]
GATE = ROOT / "crates/engine/src/gate"
REQUESTS = {field.name for field in envelope_pb2.Request.DESCRIPTOR.oneofs_by_name["request"].fields}
# A use, and whatever touches live state only, is answered by the engine.
ENGINE_ALONE = {
    *("attach", "open_session", "close_session", "close_all_sessions", "session_info", "logout"),
    *("cancel", "encrypt", "decrypt", "sign", "verify", "digest", "digest_key"),
    *("sign_recover", "verify_recover"),
    *("generate_random", "seed_random"),
}


def test_every_request_has_one_place() -> None:
    """The workers' table and the engine's list share nothing and leave nothing out."""
    assert OPERATIONS.keys() & ENGINE_ALONE == set()
    assert OPERATIONS.keys() | ENGINE_ALONE == REQUESTS


def test_the_engine_knows_what_it_answers_alone() -> None:
    """Each of them is named where the gate decides."""
    gate = "".join(path.read_text() for path in GATE.glob("*.rs"))
    named = set(re.findall(r"\bR::(\w+)", gate))
    assert {"".join(part.capitalize() for part in name.split("_")) for name in ENGINE_ALONE} <= named


def test_administration_is_recorded_and_closed_to_applications() -> None:
    """No row that needs an administrator is open on an application's socket, and each leaves a record in any case."""
    rows = {name: row for name, row in OPERATIONS.items() if row.administrator}
    assert rows
    for name, row in rows.items():
        assert row.audited is Audited.ALWAYS, name
        assert row.listeners == {LISTENER_ADMIN}, name
