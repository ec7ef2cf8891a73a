"""The engine as the supervisor sees it: a child process and a control socket."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from vhsm.service.binaries import engine_path
from vhsm.wire import engine_pb2 as wire
from vhsm.wire import limits

if TYPE_CHECKING:
    from vhsm.config import ServerConfig
    from vhsm.service.privileges import Identity

# An engine that does not take a packet for so long is stuck.
CONTROL_TIMEOUT_S: Final = 10.0
END_GRACE_S: Final = 5.0


class EngineGoneError(Exception):
    """The engine ended, or no longer talks."""


class EngineProcess:
    """The running engine: what the supervisor tells it and hears from it."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self.control = control

    @classmethod
    def start(cls, config: ServerConfig, seal: int, identity: Identity | None) -> EngineProcess:
        """Start the engine and give it the seal's descriptor, which is closed here.

        Raises:
            ConfigError: there is no engine.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        command = [str(engine_path()), "serve", "--control-fd", str(theirs.fileno()), "--seal-fd", str(seal)]
        if config.secret_memory_bytes is not None:
            command += ["--secret-memory-bytes", str(config.secret_memory_bytes)]
        if identity is not None:
            command += ["--uid", str(identity.uid), "--gid", str(identity.gid)]
        # Connections and pidfds of all applications are the engine's descriptors.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(), seal),
            # Ctrl-C is the supervisor's to answer.
            process_group=0,
            # Nothing of the operator's environment concerns it.
            env={},
        )
        theirs.close()
        os.close(seal)
        ours.settimeout(CONTROL_TIMEOUT_S)
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    def send(self, message: wire.ToEngine, descriptor: socket.socket | None = None) -> None:
        """Tell the engine something; a socket that goes along is closed here.

        Raises:
            EngineGoneError: it cannot hear.
        """
        try:
            descriptors = [] if descriptor is None else [descriptor.fileno()]
            socket.send_fds(self.control, [message.SerializeToString()], descriptors)
        except OSError as error:
            raise EngineGoneError(f"the engine does not listen: {error}") from None
        finally:
            if descriptor is not None:
                descriptor.close()

    def receive(self) -> wire.FromEngine:
        """Take the next message.

        Raises:
            EngineGoneError: there will be none.
        """
        try:
            packet = self.control.recv(limits.WORKER_PACKET_LENGTH_MAX + 1)
        except OSError as error:
            raise EngineGoneError(f"the engine does not talk: {error}") from None
        if not packet:
            raise EngineGoneError("the engine ended")
        try:
            return wire.FromEngine.FromString(packet)
        except DecodeError:
            raise EngineGoneError("the engine talks nonsense") from None

    def end(self) -> int:
        """Let go of the control socket, which ends the engine, and wait for it; returns its exit status."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(END_GRACE_S)
        self._process.kill()
        return self._process.wait()
