"""The spine: every control request passes here, in the same order.

decode → row of the table → state → load → authorize → handler → audit → encode. A Refusal becomes its CKR_ value and
an audit record; whatever else is raised is a bug: CKR_GENERAL_ERROR, logged and counted. Handlers never see a
request that their row does not allow, and nothing that they did unrecorded leaves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import structlog

from vhsm import audit
from vhsm.engine.channel import ChannelBroken
from vhsm.errors import (
    DeviceError,
    DeviceMemory,
    FunctionNotSupported,
    GeneralError,
    Refusal,
    SessionHandleInvalid,
    SessionReadOnly,
    UserNotLoggedIn,
)
from vhsm.handlers.context import Context, ok, who_asks
from vhsm.handlers.operations import OPERATIONS, Audited, Operation, SessionNeed
from vhsm.handlers.warming import warm
from vhsm.model.identifiers import UserId
from vhsm.model.records import Caller, Container, Policy, Session
from vhsm.store import containers, counts, trail
from vhsm.store.database import failures_refused
from vhsm.wire import engine_pb2, envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vhsm.engine.channel import EngineChannel
    from vhsm.store import Store

log = structlog.get_logger(__name__)


class Identify(Protocol):
    """The identity room's part of the spine, handed in since that room stands above this one."""

    def __call__(self, caller: engine_pb2.Caller, container: Container | None) -> Caller:
        """Confirm that the caller is who its listener says, or raise a Refusal."""


class Spine:
    """Serves the Asks of one channel after the other, one at a time.

    Args:
        store: opened; the spine uses its connection in whatever process it runs.
        containers_root: the directory with one directory per container, as administrators are told it.
        identify: vhsm.identity.identify.
        clock: Unix time, for audit records and PIN delays.
        warnings: what the machine cannot offer to this side, for the server's status.
    """

    def __init__(
        self,
        store: Store,
        containers_root: Path,
        identify: Identify,
        clock: Callable[[], float] = time.time,
        *,
        warnings: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._containers_root = containers_root
        self._identify = identify
        self._clock = clock
        self._warnings = warnings
        self.bugs = 0

    def warm(self) -> None:
        """Compile every statement (before the fork; `Store.dispose` after it)."""
        warm(self._store)

    def serve(self, channel: EngineChannel) -> None:
        """Answer Asks until the engine closes the channel.

        Raises:
            ChannelBroken: the two ends disagree, or the engine died in the middle of an Ask.
        """
        while (received := channel.receive()) is not None:
            ask_id, ask = received
            channel.answer(ask_id, self.handle(channel, ask))

    def handle(self, channel: EngineChannel, ask: engine_pb2.Ask) -> engine_pb2.Answer:
        """Serve one Ask, whatever it holds."""
        name = ask.request.WhichOneof("request") or ""
        context: Context | None = None
        try:
            with failures_refused():
                if ask.use_counts:
                    self._count_uses(channel, ask)
                    if not name:
                        return ok()
                row = row_of(name)
                context = self._load(channel, ask, name, row)
                answer = row.handler(context)
                if row.audited is Audited.ALWAYS and not context.recorded:
                    with context.writing():
                        pass
                return answer
        except Refusal as refusal:
            return self._refuse(channel, ask, name, refusal, 0 if context is None else context.delay_ms)
        except ChannelBroken:
            raise
        except Exception:
            self.bugs += 1
            log.exception("bug", operation=name, application=ask.caller.application, bugs=self.bugs)
            return self._refuse(channel, ask, name, GeneralError("a bug: see the server's log"), 0)

    def _load(self, channel: EngineChannel, ask: engine_pb2.Ask, name: str, row: Operation) -> Context:
        """Check state, load caller and session, and authorize what the table can.

        Raises:
            Refusal: whatever stands in the way.
        """
        if ask.caller.kind not in row.listeners:
            raise FunctionNotSupported(f"{name} is not for this socket")
        container = containers.load_by_enrolment_id(self._store.connection, ask.caller.enrolment_id)
        caller = self._identify(ask.caller, container)
        if row.administrator and not caller.administrator_id:
            raise UserNotLoggedIn("log in as an administrator first")
        session = None
        if row.session is not SessionNeed.NONE and ask.caller.kind == engine_pb2.LISTENER_APPLICATION:
            session = self._load_session(ask, caller)
            if row.session is SessionNeed.READ_WRITE and not session.read_write:
                raise SessionReadOnly
        places = self._containers_root, self._warnings
        return Context(channel, self._store, ask, name, caller, session, self._clock, *places)

    def _load_session(self, ask: engine_pb2.Ask, caller: Caller) -> Session:
        """Load the token of the request's session, which must still stand in the caller's slot."""
        if not ask.HasField("session"):
            raise SessionHandleInvalid("the request names no session")
        token = containers.load_token(self._store.connection, caller.container, ask.session.slot_id)
        if token is None or token.uuid != ask.session.token_uuid:
            raise SessionHandleInvalid("the session's token is no longer bound to the container")
        if token.policy is Policy.STRICT and caller.unseen:
            raise DeviceError(f"a strict token, and unseen: {' '.join(caller.unseen)}")
        return Session(token, ask.session.read_write, ask.session.role, UserId(ask.session.user_id))

    def _refuse(
        self, channel: EngineChannel, ask: engine_pb2.Ask, name: str, refusal: Refusal, delay_ms: int
    ) -> engine_pb2.Answer:
        """Record a refusal and spell it; the caller learns the CKR_ alone, an administrator what to do."""
        if refusal.__cause__ is not None and isinstance(refusal, DeviceError | DeviceMemory):
            log.error("store", operation=name, explanation=refusal.explanation)
            self._store.dispose()  # the next statement opens the database afresh
        who = who_asks(ask)
        try:
            channel.begin_write()
            with failures_refused(), self._store.transaction() as connection:
                at_s = self._clock()
                trail.add(connection, audit.event(who, name, refusal.rv, at_s=at_s, detail=refusal.explanation))
            channel.end_write()
        except Refusal as failure:
            # Refused all the same: what cannot be recorded is not done, and not doing it needs no record.
            explanation = failure.explanation
            log.error("unrecorded refusal", operation=name, rv=refusal.rv, explanation=explanation)  # noqa: TRY400
        told = refusal.explanation if ask.caller.kind == engine_pb2.LISTENER_ADMIN else ""
        return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=refusal.rv, explanation=told), delay_ms=delay_ms)

    def _count_uses(self, channel: EngineChannel, ask: engine_pb2.Ask) -> None:
        """Store a batch of the engine's counters."""
        channel.begin_write()
        try:
            with self._store.transaction() as connection:
                counts.add(connection, ask.use_counts)
        finally:
            channel.end_write()


def row_of(name: str) -> Operation:
    """Find a request's row.

    Raises:
        FunctionNotSupported: no row, no request.
    """
    row = OPERATIONS.get(name)
    if row is None:
        raise FunctionNotSupported("no such request")
    return row
