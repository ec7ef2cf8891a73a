"""What a handler has to work with while it serves one Ask."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vhsm import audit
from vhsm.errors import SessionHandleInvalid
from vhsm.store import trail
from vhsm.store.database import failures_refused
from vhsm.wire import engine_pb2, envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vhsm.engine.channel import EngineChannel
    from vhsm.model.records import Caller, Session
    from vhsm.store import Connection, Store

DONE_WITHIN_S: Final = 300  # longer than any deadline of a worker


@dataclass(slots=True)
class Writing:
    """A write in progress: SQL on its connection, and what the audit record will say of it."""

    connection: Connection
    notes: list[tuple[bytes, str]] = field(default_factory=list)

    def note(self, *, object_uuid: bytes = b"", detail: str = "") -> None:
        """Ask for an audit record of this; without any note there will be one that names nothing."""
        self.notes.append((object_uuid, detail))


@dataclass(slots=True)
class Context:
    """One Ask, its caller and session as loaded, and the ways to the engine and the store."""

    channel: EngineChannel
    store: Store
    ask: engine_pb2.Ask
    operation: str
    caller: Caller
    # Of a request whose row needs one; `of_session` for those handlers.
    session: Session | None
    # Unix time.
    clock: Callable[[], float]
    containers_root: Path
    # What the machine cannot offer to the control side, one line each.
    warnings: tuple[str, ...] = ()
    # Whether a record of what was done stands in the audit table.
    recorded: bool = False
    # How long a refusal is kept back.
    delay_ms: int = 0

    @property
    def request(self) -> envelope_pb2.Request:
        """The request as the application sent it, handles replaced by numbers."""
        return self.ask.request

    @property
    def of_session(self) -> Session:
        """The session, for handlers whose row says that there is one."""
        if self.session is None:
            raise SessionHandleInvalid
        return self.session

    @property
    def who(self) -> audit.Who:
        """On whose behalf, for the audit record."""
        return who_asks(self.ask)

    @contextlib.contextmanager
    def writing(self, *, recorded: bool = True) -> Iterator[Writing]:
        """Take the writer's turn for one transaction; the audit record stands in it.

        Nothing but SQL may happen inside. `recorded=False` is for the writes before the deed (a PIN try's count).
        """
        self.channel.begin_write()
        try:
            with failures_refused(), self.store.transaction() as connection:
                writing = Writing(connection)
                yield writing
                if recorded:
                    for object_uuid, detail in writing.notes or [(b"", "")]:
                        self.record(connection, 0, object_uuid=object_uuid, detail=detail)
            self.recorded = self.recorded or recorded
        finally:
            self.channel.end_write()

    def record(self, connection: Connection, result: int, *, object_uuid: bytes = b"", detail: str = "") -> None:
        """Write one audit record of this Ask."""
        at_s = self.clock()
        event = audit.event(self.who, self.operation, result, at_s=at_s, object_uuid=object_uuid, detail=detail)
        trail.add(connection, event)

    def done_before(self, detail: str) -> bool:
        """Tell whether this request was carried out by a worker that died before it could answer."""
        now_s = self.clock()
        event = audit.event(self.who, self.operation, 0, at_s=now_s, detail=detail)
        return self.ask.asked_before and trail.is_done(self.store.connection, event, now_s - DONE_WITHIN_S)


def who_asks(ask: engine_pb2.Ask) -> audit.Who:
    """Name the caller as the engine does, also where no Context could be made."""
    return audit.Who(
        enrolment_id=ask.caller.enrolment_id,
        application=ask.caller.application,
        user_id=ask.session.user_id or ask.caller.administrator_id,
        token_uuid=ask.session.token_uuid,
    )


def ok() -> engine_pb2.Answer:
    """Answer CKR_OK and nothing else."""
    return engine_pb2.Answer(reply=envelope_pb2.Reply())
