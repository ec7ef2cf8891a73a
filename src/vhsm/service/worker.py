"""A control worker's life after the fork: give up every right that it does not need, then serve until told to end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, Final, NoReturn

import structlog

from vhsm.engine.channel import EngineChannel
from vhsm.service import sandbox
from vhsm.service.privileges import become_worker

if TYPE_CHECKING:
    from pathlib import Path

    from vhsm.handlers.dispatch import Spine
    from vhsm.service.privileges import Identity
    from vhsm.wire.engine_pb2 import Ask

# Behind the engine, so that a busy control side does not delay a signature (use lane p99.9 0.1 instead of 3.4 ms).
WORKER_NICENESS: Final = 10
STDERR: Final = 2

_log = structlog.get_logger()


class EndableChannel(EngineChannel):
    """A channel that ends between two Asks once SIGTERM has come; an Ask in progress is finished."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__(channel)
        self._engine = channel
        self._wakeup, wakeup_writer = socket.socketpair()
        wakeup_writer.setblocking(False)
        # Kept, or its descriptor would close.
        self._wakeup_writer = wakeup_writer
        signal.set_wakeup_fd(wakeup_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)

    def receive(self) -> tuple[int, Ask] | None:
        """Wait for the next Ask; None when the engine is gone or this worker is to end."""
        readable, _, _ = select.select([self._engine, self._wakeup], [], [])
        if self._engine not in readable:
            return None
        return super().receive()


def live(
    channel: socket.socket, spine: Spine, identity: Identity | None, supervisor_pid: int, data_dir: Path
) -> NoReturn:
    """Harden this freshly forked process, serve, and end the process. Signals are blocked on entry."""
    status = 1
    try:
        _forget_supervisor(channel)
        os.nice(WORKER_NICENESS)
        become_worker(identity, supervisor_pid)
        # The supervisor said before what is missing; this is for what fails against expectation.
        for warning in sandbox.confine(data_dir):
            _log.warning("worker.sandbox", warning=warning)
        engine = EndableChannel(channel)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())
        spine.serve(engine)
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the engine is gone: the supervisor says so
    except Exception:  # noqa: BLE001 - the last frame of this process
        _log.exception("worker.died")
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        # Never back into the supervisor's frames.
        os._exit(status)


def _forget_supervisor(channel: socket.socket) -> None:
    """Drop signal handlers and descriptors that came with the fork, but for the channel and standard error."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    kept = channel.fileno()
    os.closerange(STDERR + 1, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
