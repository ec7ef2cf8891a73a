"""The supervisor: opens the seal, binds the listeners, forks the workers, starts the engine and watches them all.

Rules:
- It reads no secret: the seal's descriptor goes to the engine unread.
- Everything is imported and warmed before the first fork; it stays single-threaded.
- No process keeps a copy of a worker's end of its channel, or that worker's death would go unseen.
- What workers say (container rows) is checked again before it becomes a path.
- The engine's death ends the service; a worker's death costs one fork.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import structlog

from vhsm.config import ConfigError
from vhsm.service import listeners, worker
from vhsm.service.engine_process import EngineGoneError
from vhsm.wire import engine_pb2 as wire
from vhsm.wire import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vhsm.config import ServerConfig
    from vhsm.handlers.dispatch import Spine
    from vhsm.service.engine_process import EngineProcess
    from vhsm.service.privileges import Identity

HANDLED_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
# A worker that ends sooner is replaced after a pause, which doubles from the least to the greatest.
WORKER_SETTLED_S: Final = 1.0
RESPAWN_PAUSE_LEAST_S: Final = 0.1
RESPAWN_PAUSE_GREATEST_S: Final = 5.0
WORKER_END_GRACE_S: Final = 5.0
# An Ask in progress may take its whole deadline before SIGTERM is heeded.
WORKER_REPLACE_GRACE_S: Final = limits.WORKER_DEADLINE_SLOW_MS / 1000 + 5
WAKEUP_BYTES: Final = 4096

_log = structlog.get_logger()


@dataclass(slots=True)
class _Worker:
    pid: int
    kind: wire.WorkerClass.ValueType
    started: float
    # Monotonic time after which it is killed; None while it is wanted.
    deadline: float | None = None


class Supervisor:
    """One running service."""

    def __init__(
        self, config: ServerConfig, spine: Spine, engine: EngineProcess, worker_identity: Identity | None
    ) -> None:
        self._config = config
        self._spine = spine
        self._engine = engine
        self._worker_identity = worker_identity
        self._workers: dict[int, _Worker] = {}
        # Enrolment ids of the open containers, by name.
        self._containers: dict[str, bytes] = {}
        self._due: list[tuple[float, wire.WorkerClass.ValueType]] = []
        self._pause = RESPAWN_PAUSE_LEAST_S
        self._to_replace: deque[int] = deque()
        self._replacing: int | None = None
        self._wakeup, self._wakeup_writer = socket.socketpair()
        self._ending = False

    def __enter__(self) -> Self:
        self._wakeup.setblocking(False)
        self._wakeup_writer.setblocking(False)
        signal.set_wakeup_fd(self._wakeup_writer.fileno(), warn_on_full_buffer=False)
        for number in HANDLED_SIGNALS:
            signal.signal(number, lambda _number, _frame: None)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end_all()

    def start(self, admin_enrolment_id: bytes, containers: Mapping[str, bytes]) -> None:
        """Bind, fork and let the engine serve; it says Ready by itself.

        Raises:
            ConfigError: the administrators' socket cannot be bound.
            EngineGoneError: the engine ended meanwhile.
        """
        admin = listeners.bind_admin(self._config.socket_dir)
        opened = wire.ListenerOpen(kind=wire.LISTENER_ADMIN, enrolment_id=admin_enrolment_id)
        self._engine.send(wire.ToEngine(listener_open=opened), admin)
        self._reconcile(containers)
        # What was made until now is never collected, and so never copied, in a worker.
        gc.collect()
        gc.freeze()
        for kind, count in (
            (wire.WORKER_QUICK, self._config.quick_workers),
            (wire.WORKER_SLOW, self._config.slow_workers),
        ):
            for _ in range(count):
                self._fork(kind)
        self._engine.send(wire.ToEngine(start=wire.Start()))

    def run(self, on_ready: Callable[[Iterable[str]], None]) -> int:
        """Watch until told to end; returns the exit status, 0 if it was told to."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._engine.control, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            try:
                while not self._ending:
                    ready = {key.fileobj for key, _ in selector.select(self._timeout())}
                    if self._wakeup in ready:
                        self._take_signals()
                    if self._engine.control in ready and not self._ending:
                        self._take_message(on_ready)
                    self._reap()
                    self._kill_overdue()
                    self._fork_due()
            except EngineGoneError as error:
                _log.error("engine.gone", reason=str(error))
                return 1
        return 0

    # ---- engine -----------------------------------------------------------------------------------

    def _take_message(self, on_ready: Callable[[Iterable[str]], None]) -> None:
        message = self._engine.receive()
        match message.WhichOneof("message"):
            case "ready":
                on_ready(message.ready.warnings)
            case "reconcile_listeners":
                rows = message.reconcile_listeners.listeners
                self._reconcile({row.name: row.enrolment_id for row in rows})
            case "kill_worker":
                self._kill(message.kill_worker.pid)
            case _:
                raise EngineGoneError("the engine sent an empty message")

    def _kill(self, pid: int) -> None:
        """Kill a worker that the engine gave up; only ever one of ours, which cannot have been reaped yet."""
        if pid in self._workers:
            _log.warning("worker.killed", pid=pid, reason="the engine closed its channel")
            os.kill(pid, signal.SIGKILL)

    def _reconcile(self, wanted: Mapping[str, bytes]) -> None:
        """Open and close listeners so that they are these containers'."""
        for name, enrolment_id in list(self._containers.items()):
            if wanted.get(name) != enrolment_id:
                self._engine.send(wire.ToEngine(listener_close=wire.ListenerClose(enrolment_id=enrolment_id)))
                listeners.remove_container(self._config.socket_dir, name)
                del self._containers[name]
                _log.info("listener.closed", container=name)
        for name, enrolment_id in wanted.items():
            if name in self._containers:
                continue
            if enrolment_id in self._containers.values():
                _log.error("listener.refused", container=name, reason="another container has this enrolment id")
                continue
            try:
                listener = listeners.bind_container(self._config.socket_dir, name)
            except ConfigError as error:
                # The others are served all the same.
                _log.error("listener.refused", container=name, reason=str(error))
                continue
            opened = wire.ListenerOpen(kind=wire.LISTENER_APPLICATION, enrolment_id=enrolment_id)
            self._engine.send(wire.ToEngine(listener_open=opened), listener)
            self._containers[name] = enrolment_id
            _log.info("listener.opened", container=name)

    # ---- workers ----------------------------------------------------------------------------------

    def _fork(self, kind: wire.WorkerClass.ValueType) -> None:
        engine_end, worker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (engine_end, worker_end):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * limits.WORKER_PACKET_LENGTH_MAX)
        supervisor_pid = os.getpid()
        # The child's signals must not reach the parent's wakeup socket.
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED_SIGNALS)
        pid = os.fork()
        if pid == 0:
            worker.live(worker_end, self._spine, self._worker_identity, supervisor_pid, self._config.data_dir)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED_SIGNALS)
        worker_end.close()
        self._workers[pid] = _Worker(pid, kind, time.monotonic())
        opened = wire.WorkerOpen(pid=pid)
        # `class` is a word of Python's.
        setattr(opened, "class", kind)
        self._engine.send(wire.ToEngine(worker_open=opened), engine_end)

    def _take_signals(self) -> None:
        for number in self._wakeup.recv(WAKEUP_BYTES):
            if number in (signal.SIGTERM, signal.SIGINT):
                self._ending = True
            elif number == signal.SIGHUP:
                self._to_replace = deque(pid for pid, held in self._workers.items() if held.deadline is None)
                self._replace_next()

    def _replace_next(self) -> None:
        """Put a fresh worker beside the next old one, and let that one finish; the rest follow when it is gone."""
        while self._replacing is None and self._to_replace:
            old = self._workers.get(self._to_replace.popleft())
            if old is None:
                continue
            self._fork(old.kind)
            old.deadline = time.monotonic() + WORKER_REPLACE_GRACE_S
            self._replacing = old.pid
            os.kill(old.pid, signal.SIGTERM)

    def _reap(self) -> None:
        for pid in list(self._workers):
            reaped, status = os.waitpid(pid, os.WNOHANG)
            if reaped:
                self._bury(self._workers.pop(pid), os.waitstatus_to_exitcode(status))

    def _bury(self, dead: _Worker, status: int) -> None:
        if dead.pid == self._replacing:
            self._replacing = None
            _log.info("worker.replaced", pid=dead.pid)
            self._replace_next()
            return
        now = time.monotonic()
        if now - dead.started < WORKER_SETTLED_S:
            self._pause = min(2 * self._pause, RESPAWN_PAUSE_GREATEST_S)
            due = now + self._pause
        else:
            self._pause, due = RESPAWN_PAUSE_LEAST_S, now
        self._due.append((due, dead.kind))
        _log.warning("worker.ended", pid=dead.pid, status=status)

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for held in self._workers.values():
            if held.deadline is not None and held.deadline <= now:
                os.kill(held.pid, signal.SIGKILL)

    def _fork_due(self) -> None:
        now = time.monotonic()
        waiting, self._due = self._due, []
        for due, kind in waiting:
            if due <= now:
                self._fork(kind)
            else:
                self._due.append((due, kind))

    def _timeout(self) -> float | None:
        """Seconds until something must be done unasked; None when nothing must."""
        times = [due for due, _ in self._due]
        times += [held.deadline for held in self._workers.values() if held.deadline is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    # ---- the end ----------------------------------------------------------------------------------

    def _end_all(self) -> None:
        """End engine and workers, and take the sockets away. An acknowledged write is on disk already."""
        status = self._engine.end()
        _log.info("engine.ended", status=status)
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + WORKER_END_GRACE_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakeup, selectors.EVENT_READ)
            while self._workers:
                for pid in list(self._workers):
                    if os.waitpid(pid, os.WNOHANG)[0]:
                        del self._workers[pid]
                if not self._workers:
                    break
                left = deadline - time.monotonic()
                if left <= 0:
                    for pid in self._workers:
                        os.kill(pid, signal.SIGKILL)
                # SIGCHLD wakes; without it, look again after the grace.
                if selector.select(left if left > 0 else WORKER_END_GRACE_S):
                    self._wakeup.recv(WAKEUP_BYTES)
        for name in self._containers:
            listeners.remove_container(self._config.socket_dir, name)
        listeners.remove_admin(self._config.socket_dir)
        signal.set_wakeup_fd(-1)
