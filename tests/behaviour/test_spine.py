"""The spine over a real socketpair, with a script in the engine's place: what it refuses, and in which order it acts.

The script answers every call with CKR_OK but those that a test names; what it was asked, it keeps.
"""

from __future__ import annotations

import secrets
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.rv import Rv
from vhsm import store
from vhsm.engine.channel import ChannelBroken, EngineChannel
from vhsm.handlers.dispatch import Spine
from vhsm.handlers.operations import OPERATIONS
from vhsm.identity import identify
from vhsm.model.identifiers import ContainerId, TokenUuid
from vhsm.model.records import Container, Evidence, Policy, Token
from vhsm.store import accounts, containers
from vhsm.wire import admin_pb2, engine_pb2, envelope_pb2, object_pb2, session_pb2, slot_token_pb2
from vhsm.wire.limits import LOGIN_TRIES_FREE, LOGIN_TRIES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADMIN = b"the admin socket"
TIMEOUT_S = 20


@dataclass(slots=True)
class Scripted:
    """An engine of few words, and the worker that it talks to."""

    socket: socket.socket
    store: store.Store
    now_s: float = 1_800_000_000.0
    refusing: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    # Failed tries in the store at the moment of each derivation.
    failed_at_derivation: list[int] = field(default_factory=list)
    ids: int = 0

    def ask(self, ask: engine_pb2.Ask) -> engine_pb2.Answer:
        """Send an Ask, answer the calls, return the Answer."""
        self.ids += 1
        self.calls.clear()
        self.socket.send(engine_pb2.ToWorker(id=self.ids, ask=ask).SerializeToString())
        while True:
            message = engine_pb2.FromWorker.FromString(self.socket.recv(1 << 18))
            assert message.id == self.ids
            if message.WhichOneof("message") == "answer":
                return message.answer
            self.socket.send(engine_pb2.ToWorker(id=self.ids, result=self.result(message.call)).SerializeToString())

    def result(self, call: engine_pb2.Call) -> engine_pb2.CallResult:
        """Answer one call."""
        name = call.WhichOneof("call") or ""
        self.calls.append(name)
        if name == "derive_login":
            row = self.store.connection.exec_driver_sql("SELECT sum(failed_tries) FROM authentication_keys").scalar()
            self.failed_at_derivation.append(int(row or 0))
        result = engine_pb2.CallResult(rv=self.refusing.get(name, 0))
        if name == "derive_new":
            result.keys_derived.key.CopyFrom(call.derive_new.key)
            result.keys_derived.key.sealed_authentication_key = b"sealed"
        return result

    def audit(self) -> list[tuple[str, int]]:
        """Return operation and CKR_ value of every record."""
        rows = self.store.connection.exec_driver_sql("SELECT operation, result FROM audit ORDER BY id")
        return [(row.operation, row.result) for row in rows]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Scripted]:
    """Make a store with an administrator, and a spine that serves it."""
    path = tmp_path / "vhsm.db"
    key = engine_pb2.AuthenticationKey(
        user_id=1,
        role=session_pb2.ROLE_ADMINISTRATOR,
        enrolment_id=ADMIN,
        derivation=engine_pb2.DerivationParameters(salt=bytes(16), rounds=600_000),
        version=1,
    )
    store.create(path, "admin", key, ADMIN)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(TIMEOUT_S)
    beside = store.open_store(path)
    scripted = Scripted(ours, beside)
    served = store.open_store(path)
    spine = Spine(served, tmp_path, identify, clock=lambda: scripted.now_s)

    def serve() -> None:
        spine.serve(EngineChannel(theirs))
        served.dispose()

    worker = threading.Thread(target=serve)
    worker.start()
    yield scripted
    ours.close()
    worker.join(TIMEOUT_S)
    assert not worker.is_alive()
    theirs.close()
    beside.dispose()


@pytest.fixture
def slot(engine: Scripted) -> tuple[Container, Token]:
    """Bind a token with a user to a container."""
    return bind(engine, Policy.STANDARD)


def bind(engine: Scripted, policy: Policy, evidence: Evidence | None = None) -> tuple[Container, Token]:
    """Make container, token, user and binding."""
    name, uuid = f"c-{policy}", TokenUuid(secrets.token_bytes(16))
    with engine.store.transaction() as connection:
        containers.add(connection, name, secrets.token_bytes(16), evidence or Evidence(), 0)
        container = containers.load_by_name(connection, name)
        assert container is not None
        token_id = accounts.add_token(connection, uuid, "label", policy, 0)
        key = engine_pb2.AuthenticationKey(
            user_id=secrets.randbits(40),
            role=session_pb2.ROLE_USER,
            derivation=engine_pb2.DerivationParameters(salt=bytes(16), rounds=600_000),
            sealed_authentication_key=b"sealed",
            version=1,
        )
        accounts.add_user(connection, token_id, key, f"user-{policy}", 0)
        accounts.add_key(connection, ContainerId(container.id), key)
        containers.bind(connection, container, token_id)
    return container, containers.load_tokens(engine.store.connection, container)[0]


def asked(
    slot: tuple[Container, Token],
    request: envelope_pb2.Request,
    *,
    read_write: bool = True,
    unseen: tuple[str, ...] = (),
) -> engine_pb2.Ask:
    """Spell an Ask of an application with a session."""
    container, token = slot
    return engine_pb2.Ask(
        caller=engine_pb2.Caller(enrolment_id=container.enrolment_id, application=5, unseen=unseen),
        session=engine_pb2.AskSession(slot_id=token.slot_id, token_uuid=token.uuid, read_write=read_write),
        request=request,
        secret_lengths=[8],
    )


def administered(request: envelope_pb2.Request, *, administrator_id: int = 1, uid: int | None = None) -> engine_pb2.Ask:
    """Spell an Ask over the admin socket."""
    enrolled = engine_pb2.Caller(kind=engine_pb2.LISTENER_ADMIN, enrolment_id=ADMIN, administrator_id=administrator_id)
    if uid is not None:
        enrolled.evidence.uid = uid
    return engine_pb2.Ask(caller=enrolled, request=request)


LOGIN = envelope_pb2.Request(login=session_pb2.Login(role=session_pb2.ROLE_USER))


@pytest.mark.parametrize("name", [field.name for field in envelope_pb2.Request.DESCRIPTOR.oneofs[0].fields])
def test_no_row_no_request(engine: Scripted, slot: tuple[Container, Token], name: str) -> None:
    """What the table lacks is CKR_FUNCTION_NOT_SUPPORTED, and recorded; so is a request on the wrong socket."""
    request = envelope_pb2.Request()
    getattr(request, name).SetInParent()
    row = OPERATIONS.get(name)
    if row is None or engine_pb2.LISTENER_APPLICATION not in row.listeners:
        assert engine.ask(asked(slot, request)).reply.rv == Rv.FUNCTION_NOT_SUPPORTED
        assert engine.audit()[-1] == (name, Rv.FUNCTION_NOT_SUPPORTED)


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if row.administrator])
def test_administration_needs_a_login(engine: Scripted, name: str) -> None:
    """CKR_USER_NOT_LOGGED_IN, and one line that says what to do."""
    request = envelope_pb2.Request()
    getattr(request, name).SetInParent()
    uid = containers.load_all(engine.store.connection)[0].evidence.uid
    answer = engine.ask(administered(request, administrator_id=0, uid=uid))
    assert answer.reply.rv == Rv.USER_NOT_LOGGED_IN
    assert "administrator" in answer.reply.explanation


def test_another_uid_is_refused_at_the_admin_socket(engine: Scripted) -> None:
    """The admin socket is enrolled for the uid that ran init."""
    hello = envelope_pb2.Request(hello=envelope_pb2.Hello())
    assert engine.ask(administered(hello, uid=4242)).reply.rv == Rv.DEVICE_ERROR
    assert engine.ask(administered(hello)).reply.rv == Rv.DEVICE_ERROR
    assert engine.audit()[-2:] == [("hello", Rv.DEVICE_ERROR)] * 2


def test_evidence_must_match(engine: Scripted) -> None:
    """What the enrolment demands is seen and equal, or every request is refused, with one code."""
    slot = bind(engine, Policy.STANDARD, Evidence(cgroup_id=7))
    for cgroup_id, rv in ((7, Rv.OK), (8, Rv.DEVICE_ERROR), (None, Rv.DEVICE_ERROR)):
        ask = asked(slot, envelope_pb2.Request(slot_list=slot_token_pb2.SlotList()))
        if cgroup_id is not None:
            ask.caller.evidence.cgroup_id = cgroup_id
        assert engine.ask(ask).reply.rv == rv


def test_strict_tokens_refuse_callers_not_seen_whole(engine: Scripted) -> None:
    """They stand in no slot of such a caller, and a session on one is of no use."""
    slot = bind(engine, Policy.STRICT)
    slots = envelope_pb2.Request(slot_list=slot_token_pb2.SlotList())
    find = envelope_pb2.Request(find_objects=object_pb2.FindObjects())
    assert len(engine.ask(asked(slot, slots)).bound_tokens) == 1
    assert engine.ask(asked(slot, find)).reply.rv == Rv.OK
    assert len(engine.ask(asked(slot, slots, unseen=("cgroup_id",))).bound_tokens) == 0
    assert engine.ask(asked(slot, find, unseen=("cgroup_id",))).reply.rv == Rv.DEVICE_ERROR


def test_a_token_of_another_container_is_not_served(engine: Scripted, slot: tuple[Container, Token]) -> None:
    """Whatever session the engine names, the store's binding decides."""
    stranger = bind(engine, Policy.COMPATIBLE)
    find = envelope_pb2.Request(find_objects=object_pb2.FindObjects())
    assert engine.ask(asked((stranger[0], slot[1]), find)).reply.rv == Rv.SESSION_HANDLE_INVALID


def test_a_try_is_counted_before_it_is_made(engine: Scripted, slot: tuple[Container, Token]) -> None:
    """At each derivation the store knows of it already; tries end in delay and lock, and none is derived then."""
    engine.refusing["derive_login"] = Rv.PIN_INCORRECT
    for failed in range(1, LOGIN_TRIES_MAX + 1):
        assert engine.ask(asked(slot, LOGIN)).reply.rv == Rv.PIN_INCORRECT
        assert engine.failed_at_derivation[-1] == failed
        if failed > LOGIN_TRIES_FREE:
            assert engine.ask(asked(slot, LOGIN)).reply.rv == Rv.PIN_LOCKED
            assert "derive_login" not in engine.calls
        engine.now_s += 1_000
    engine.refusing.clear()
    assert engine.ask(asked(slot, LOGIN)).reply.rv == Rv.PIN_LOCKED
    assert "derive_login" not in engine.calls
    assert len(engine.failed_at_derivation) == LOGIN_TRIES_MAX


def test_a_right_pin_clears_the_count(engine: Scripted, slot: tuple[Container, Token]) -> None:
    """Wrong, wrong, right: as if nothing had been, and each is recorded."""
    engine.refusing["derive_login"] = Rv.PIN_INCORRECT
    for _ in range(2):
        engine.ask(asked(slot, LOGIN))
    engine.refusing.clear()
    assert engine.ask(asked(slot, LOGIN)).reply.rv == Rv.OK
    engine.ask(asked(slot, LOGIN))
    assert engine.failed_at_derivation == [1, 2, 3, 1]
    wrong, right = ("login", Rv.PIN_INCORRECT), ("login", Rv.OK)
    assert engine.audit() == [wrong, wrong, right, right]


def test_nobody_costs_as_much_as_somebody(engine: Scripted, slot: tuple[Container, Token]) -> None:
    """The same answer, the same derivation, as many transactions; no counter of anybody is touched."""
    engine.refusing["derive_login"] = Rv.PIN_INCORRECT
    known = engine.ask(asked(slot, LOGIN))
    calls = [call for call in engine.calls if call != "begin_login"]
    login = session_pb2.Login(role=session_pb2.ROLE_USER, user_name="nobody' OR '1'='1")
    unknown = engine.ask(asked(slot, envelope_pb2.Request(login=login)))
    assert unknown == known
    assert engine.calls == calls
    assert engine.failed_at_derivation == [1, 1]


def test_a_bug_is_a_general_error_and_the_next_ask_is_served(
    engine: Scripted, slot: tuple[Container, Token], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a refusal, and not the end of the worker."""

    def fail(_: object) -> engine_pb2.Answer:
        raise ZeroDivisionError

    row = OPERATIONS["slot_list"]
    monkeypatch.setitem(OPERATIONS, "slot_list", type(row)(fail, row.listeners))
    slots = envelope_pb2.Request(slot_list=slot_token_pb2.SlotList())
    assert engine.ask(asked(slot, slots)).reply.rv == Rv.GENERAL_ERROR
    monkeypatch.undo()
    assert engine.ask(asked(slot, slots)).reply.rv == Rv.OK
    assert engine.audit() == [("slot_list", Rv.GENERAL_ERROR)]


def test_a_container_added_twice_by_a_dying_worker_is_added_once(engine: Scripted) -> None:
    """Asked before and done: the same answer. Not asked before: refused, as for anyone who takes a name."""
    uid = containers.load_all(engine.store.connection)[0].evidence.uid
    ask = administered(envelope_pb2.Request(container_add=admin_pb2.ContainerAdd(name="twice")), uid=uid)
    first = engine.ask(ask)
    assert engine.ask(ask).reply.rv == Rv.ARGUMENTS_BAD
    ask.asked_before = True
    assert engine.ask(ask) == first
    for name in ("", "..", "a/b", "x" * 65, "admin", "no space", "-rf"):
        bad = envelope_pb2.Request(container_add=admin_pb2.ContainerAdd(name=name))
        assert engine.ask(administered(bad, uid=uid)).reply.rv == Rv.ARGUMENTS_BAD


@pytest.mark.parametrize("packet", [b"\xff" * 20, engine_pb2.ToWorker(id=1).SerializeToString(), bytes(200_000)])
def test_a_packet_that_is_no_ask_ends_the_worker(packet: bytes) -> None:
    """Malformed, empty or cut: the two ends no longer agree."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        ours.send(packet)
        with pytest.raises(ChannelBroken):
            EngineChannel(theirs).receive()
