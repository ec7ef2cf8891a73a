"""The supervisor's, the workers' and the applications' ends of one real engine process, in the hands of a test.

Everything runs in the test's own thread: an application's request is written, then whatever the engine asks is
served by the function that the test gave, then the reply is read. No wait is longer than `WAIT_S`, and none is a
pause: each ends with the event that it waits for.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

from vhsm.wire import admin_pb2, engine_pb2, envelope_pb2, limits, slot_token_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WAIT_S = 30.0  # far beyond every deadline of the engine that a test meets, far below the test's own limit
PACKET_LENGTH_MAX = 1 << 20  # what we are ready to receive: more than the engine may send
HEADER = struct.Struct(">IBBHII")
ADMINISTRATOR_ID = 1
ADMINISTRATOR_PASSWORD = b"administrator's password"
ROUNDS = limits.LOGIN_PBKDF2_ROUNDS_MIN


class Closed(Exception):  # noqa: N818 - it names what happened
    """The other end is gone."""


class Silence(AssertionError):  # noqa: N818 - it names what happened
    """What had to happen did not, within WAIT_S."""


def binary(name: str) -> Path:
    """Find one of the engine's programs: beside `VHSM_ENGINE`, else in this checkout."""
    beside = os.environ.get("VHSM_ENGINE")
    folder = Path(beside).parent if beside else Path(__file__).parents[2] / "target" / "release"
    return folder / name


def frame(
    message: bytes, segment: bytes = b"", lane: int = limits.FRAME_LANE_CONTROL, magic: int = limits.FRAME_MAGIC
) -> bytes:
    """Spell one frame."""
    header = HEADER.pack(magic, limits.FRAME_VERSION, lane, 0, len(message), len(segment))
    return header + message + segment


@dataclass(frozen=True)
class Seal:
    """What `vhsm-engine init` made: the seal file's content and the first administrator's key."""

    content: bytes
    administrator: engine_pb2.AuthenticationKey
    admin_enrolment_id: bytes

    @classmethod
    def make(cls, program: Path) -> Self:
        """Run the engine's init mode."""
        enrolment_id = os.urandom(limits.OBJECT_UUID_LENGTH)
        password_end, password = os.pipe()
        output, output_end = os.pipe()
        with tempfile.TemporaryFile() as seal, os.fdopen(output, "rb") as output_file:
            with os.fdopen(password, "wb") as password_file:
                password_file.write(ADMINISTRATOR_PASSWORD)
            command = [program, "init", "--seal-fd", seal.fileno(), "--password-fd", password_end]
            command += ["--output-fd", output_end, "--enrolment-id", enrolment_id.hex()]
            command += ["--user-id", ADMINISTRATOR_ID, "--rounds", ROUNDS]
            try:
                passed = (seal.fileno(), password_end, output_end)
                subprocess.run([str(part) for part in command], pass_fds=passed, check=True, timeout=WAIT_S)
            finally:
                os.close(password_end)
                os.close(output_end)
            seal.seek(0)
            administrator = engine_pb2.AuthenticationKey.FromString(output_file.read())
            return cls(seal.read(), administrator, enrolment_id)


@dataclass(eq=False)
class WorkerEnd:
    """The worker's end of one channel."""

    sock: socket.socket
    pid: int
    slow: bool
    # Sends, and never reads again.
    deaf: bool = False

    def send_raw(self, packet: bytes) -> None:
        """Send one packet as it is; a closed channel is no error, it is what the attack may lead to."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(packet)

    def send(self, ask_id: int, message: engine_pb2.Call | engine_pb2.Answer) -> None:
        """Send a Call or an Answer."""
        packet = engine_pb2.FromWorker(id=ask_id)
        if isinstance(message, engine_pb2.Call):
            packet.call.CopyFrom(message)
        else:
            packet.answer.CopyFrom(message)
        self.send_raw(packet.SerializeToString())

    def receive(self) -> engine_pb2.ToWorker:
        """Receive one packet.

        Raises:
            Closed: the engine closed the channel.
            Silence: nothing came.
        """
        if not select.select([self.sock], [], [], WAIT_S)[0]:
            raise Silence("the engine sent this worker nothing")
        try:
            packet = self.sock.recv(PACKET_LENGTH_MAX)
        except ConnectionResetError:
            raise Closed from None
        if not packet:
            raise Closed
        assert len(packet) <= limits.WORKER_PACKET_LENGTH_MAX, "the engine keeps its own limit"
        return engine_pb2.ToWorker.FromString(packet)

    @property
    def closed(self) -> bool:
        """Whether the channel is over, whatever was sent before."""
        if self.sock.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self.sock, 0)
        return bool(poll.poll(0))


@dataclass
class Conversation:
    """One Ask, in the hands of whoever plays the worker."""

    engine: Engine
    worker: WorkerEnd
    id: int
    ask: engine_pb2.Ask
    results: list[engine_pb2.CallResult] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The row of the request: `login`, `find_objects`, ..."""
        return self.ask.request.WhichOneof("request") or ""

    def call(self, call: engine_pb2.Call) -> engine_pb2.CallResult:
        """Make one nested call."""
        self.worker.send(self.id, call)
        answer = self.worker.receive()
        assert answer.id == self.id
        assert answer.WhichOneof("message") == "result"
        self.results.append(answer.result)
        return answer.result

    def answer(self, answer: engine_pb2.Answer | None = None, *, rv: int = 0) -> None:
        """End the Ask."""
        self.worker.send(self.id, answer or engine_pb2.Answer(reply=envelope_pb2.Reply(rv=rv)))

    def die(self) -> None:
        """End as a worker does that is killed."""
        self.worker.sock.close()


Serve: TypeAlias = "Callable[[Conversation], None]"


@dataclass(eq=False)
class Engine:
    """One engine process, with the supervisor's end of its control channel."""

    program: Path
    seal: Seal
    folder: Path
    process: subprocess.Popen[bytes]
    control: socket.socket
    workers: list[WorkerEnd] = field(default_factory=list)
    listeners: dict[bytes, Path] = field(default_factory=dict)
    events: list[engine_pb2.FromEngine] = field(default_factory=list)
    workers_made: int = 0

    @classmethod
    def spawn(cls, program: Path, seal: Seal, folder: Path) -> Self:
        """Start the process; listeners and workers are still to come."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with tempfile.TemporaryFile() as seal_file, theirs:
            seal_file.write(seal.content)
            seal_file.seek(0)
            command = [program, "serve", "--control-fd", theirs.fileno(), "--seal-fd", seal_file.fileno()]
            passed = (theirs.fileno(), seal_file.fileno())
            process = subprocess.Popen([str(part) for part in command], pass_fds=passed)
        return cls(program, seal, folder, process, ours)

    def tell(self, message: engine_pb2.ToEngine, descriptor: socket.socket | None = None) -> None:
        """Send the engine what a supervisor sends."""
        descriptors = [descriptor.fileno()] if descriptor else []
        socket.send_fds(self.control, [message.SerializeToString()], descriptors)

    def open_listener(self, enrolment_id: bytes, *, admin: bool = False) -> Path:
        """Bind a socket and hand it over; the path of it."""
        path = self.folder / f"{enrolment_id.hex()}.sock"
        kind = engine_pb2.LISTENER_ADMIN if admin else engine_pb2.LISTENER_APPLICATION
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(512)
            opened = engine_pb2.ListenerOpen(kind=kind, enrolment_id=enrolment_id)
            self.tell(engine_pb2.ToEngine(listener_open=opened), listener)
        self.listeners[enrolment_id] = path
        return path

    def open_worker(self, *, slow: bool = False) -> WorkerEnd:
        """Give the engine one more worker, which the test plays."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PACKET_LENGTH_MAX)
        self.workers_made += 1
        worker = WorkerEnd(ours, 1_000_000_000 + self.workers_made, slow)
        role = engine_pb2.WORKER_SLOW if slow else engine_pb2.WORKER_QUICK
        opened = engine_pb2.WorkerOpen(pid=worker.pid)
        setattr(opened, "class", role)
        with theirs:
            self.tell(engine_pb2.ToEngine(worker_open=opened), theirs)
        self.workers.append(worker)
        return worker

    def start(self) -> engine_pb2.Ready:
        """Let it serve, and wait until it says so."""
        self.tell(engine_pb2.ToEngine(start=engine_pb2.Start()))
        while True:
            event = self.next_event()
            if event.HasField("ready"):
                return event.ready

    def next_event(self) -> engine_pb2.FromEngine:
        """Receive one message of the control channel."""
        if not select.select([self.control], [], [], WAIT_S)[0]:
            raise Silence("the engine told its supervisor nothing")
        packet = self.control.recv(PACKET_LENGTH_MAX)
        if not packet:
            raise Closed
        return engine_pb2.FromEngine.FromString(packet)

    def replace_dead_workers(self) -> int:
        """Do what a supervisor does after a worker's death; how many there were."""
        dead = [worker for worker in self.workers if worker.closed]
        for worker in dead:
            self.workers.remove(worker)
            worker.sock.close()
            self.open_worker(slow=worker.slow)
        return len(dead)

    def pump(self, waiting_for: socket.socket, serve: Serve, wait_s: float = WAIT_S) -> None:
        """Serve what the engine asks until `waiting_for` can be read.

        Raises:
            Silence: it could not, within `wait_s`.
        """
        deadline = time.monotonic() + wait_s
        while True:
            self.replace_dead_workers()
            workers = {worker.sock: worker for worker in self.workers if not worker.deaf}
            left_s = max(0.0, deadline - time.monotonic())
            ready = select.select([waiting_for, self.control, *workers], [], [], left_s)[0]
            if not ready:
                raise Silence(f"nothing came within {wait_s} s")
            if self.control in ready:
                self.events.append(self.next_event())
            for sock in ready:
                worker = workers.get(sock)
                if worker and not worker.closed:
                    self.serve_one(worker, serve)
            if waiting_for in ready:
                return

    def serve_one(self, worker: WorkerEnd, serve: Serve) -> None:
        """Let `serve` play the worker for one Ask; batches of counts are taken with thanks."""
        message = worker.receive()
        assert message.WhichOneof("message") == "ask", "half-duplex: an idle worker hears nothing but an Ask"
        conversation = Conversation(self, worker, message.id, message.ask)
        if conversation.kind:
            with suppress(Closed):
                serve(conversation)
        else:
            conversation.answer()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self) -> int:
        """End it as the supervisor's death does; its exit status."""
        self.control.close()
        try:
            return self.process.wait(WAIT_S)
        finally:
            self.process.kill()
            self.process.wait()
            for worker in self.workers:
                worker.sock.close()


@dataclass(eq=False)
class Application:
    """One connection of an honest client."""

    engine: Engine
    sock: socket.socket
    serve: Serve
    ticket: bytes = b""

    @classmethod
    def connect(cls, engine: Engine, enrolment_id: bytes, serve: Serve) -> Self:
        """Connect, and say nothing yet."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(WAIT_S)
        sock.connect(str(engine.listeners[enrolment_id]))
        return cls(engine, sock, serve)

    def send(self, request: envelope_pb2.Request, segment: bytes, lane: int) -> None:
        """Write one request."""
        self.sock.sendall(frame(request.SerializeToString(), segment, lane))

    def read_exactly(self, length: int) -> bytes:
        """Read so many bytes.

        Raises:
            Closed: the engine closed the connection.
        """
        parts: list[bytes] = []
        while length:
            try:
                part = self.sock.recv(length)
            except ConnectionResetError:
                raise Closed from None
            if not part:
                raise Closed
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def receive(self) -> tuple[envelope_pb2.Reply, bytes]:
        """Read one reply and its segment."""
        magic, version, _lane, processor, message_length, segment_length = HEADER.unpack(self.read_exactly(HEADER.size))
        assert (magic, version, processor) == (limits.FRAME_MAGIC, limits.FRAME_VERSION, 0)
        message = self.read_exactly(message_length)
        return envelope_pb2.Reply.FromString(message), self.read_exactly(segment_length)

    def use(self, request: envelope_pb2.Request, data: bytes = b"", serve: Serve | None = None) -> tuple[int, bytes]:
        """Ask on the use lane; CKR_ value and output."""
        self.send(request, data, limits.FRAME_LANE_USE)
        self.engine.pump(self.sock, serve or self.serve)
        reply, output = self.receive()
        return reply.rv, output

    def ask(
        self, request: envelope_pb2.Request, secrets: Sequence[bytes] = (), serve: Serve | None = None
    ) -> tuple[envelope_pb2.Reply, list[bytes]]:
        """Ask on the control lane; the reply and its secrets."""
        request.secret_lengths.extend(len(secret) for secret in secrets)
        self.send(request, b"".join(secrets), limits.FRAME_LANE_CONTROL)
        self.engine.pump(self.sock, serve or self.serve)
        reply, segment = self.receive()
        revealed: list[bytes] = []
        for length in reply.secret_lengths:
            revealed.append(segment[:length])
            segment = segment[length:]
        assert not segment, "secret_lengths cut the whole segment"
        return reply, revealed

    def hello(self, serve: Serve | None = None) -> Self:
        """Say Hello and keep the ticket."""
        reply, _ = self.ask(envelope_pb2.Request(hello=envelope_pb2.Hello(untrusted_name="attack")), serve=serve)
        assert reply.rv == 0
        self.ticket = reply.welcome.ticket
        return self

    def slots(self) -> list[int]:
        """The slots that it sees."""
        reply, _ = self.ask(envelope_pb2.Request(slot_list=slot_token_pb2.SlotList()))
        assert reply.rv == 0
        return [slot.slot_id for slot in reply.slots.slots]

    def close(self) -> None:
        """Go away."""
        self.sock.close()


def status(application: Application) -> admin_pb2.Status:
    """Ask the engine for its figures, over an application of the admin socket."""
    reply, _ = application.ask(envelope_pb2.Request(server_status=admin_pb2.ServerStatus()))
    assert reply.rv == 0
    return reply.status
