"""The service under stress: workers that hang, queues that are full, a container that is removed while it works."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.frames import exchange, receive, send
from tests.faults.installation import WAIT_S, eventually
from vhsm.client import DeviceError, Refusal
from vhsm.errors import REFUSALS
from vhsm.wire import limits
from vhsm.wire.envelope_pb2 import Attach, Hello, Request
from vhsm.wire.slot_token_pb2 import SlotList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.installation import Installation

NEIGHBOUR: Final = "neighbour"
SLOT_LIST: Final = Request(slot_list=SlotList())
# What waits, and what the workers have in hand.
OF_ONE_APPLICATION: Final = limits.SESSION_WAITING_PER_APPLICATION_MAX + limits.WORKER_QUICK_WORKERS
OF_THE_CONTAINER: Final = limits.SESSION_WAITING_PER_CONTAINER_MAX + limits.WORKER_QUICK_WORKERS
TOO_MANY: Final = 5


@pytest.fixture
def neighbour(installation: Installation) -> Iterator[str]:
    """Another container, without tokens; gone after the test."""
    with installation.administration() as admin:
        admin.add_container(NEIGHBOUR)
        yield NEIGHBOUR
        if NEIGHBOUR in {container.name for container in admin.containers()}:
            admin.remove_container(NEIGHBOUR)


@contextlib.contextmanager
def stopped(processes: set[int]) -> Iterator[None]:
    """Stop processes, and let those that are still there go on."""
    try:
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_a_worker_that_hangs_is_killed_and_replaced(installation: Installation) -> None:
    """Its request fails, the application goes on, and as many workers serve as before."""
    before = set(installation.workers())
    with installation.client() as client:
        client.slots()
        with stopped(before):
            with pytest.raises(DeviceError) as refusal:
                client.slots()
            assert str(refusal.value) == str(REFUSALS[DeviceError.rv].__doc__).splitlines()[0]  # of the server
            eventually(lambda: len(before.intersection(installation.workers())) < len(before), "the worker is killed")
            assert len(before.intersection(installation.workers())) == len(before) - 1
        assert client.slots()
    eventually(lambda: len(installation.workers()) == len(before), "the worker is replaced")
    with installation.session() as session:
        assert session.random(16)


@contextlib.contextmanager
def connections(path: str, applications: int, each: int) -> Iterator[list[socket.socket]]:
    """Connect applications, each with so many connections."""
    with contextlib.ExitStack() as stack:
        streams = []
        for _ in range(applications):
            ticket = b""
            for _ in range(each):
                stream = stack.enter_context(socket.socket(socket.AF_UNIX))
                stream.settimeout(WAIT_S)
                stream.connect(path)
                first = Request(attach=Attach(ticket=ticket)) if ticket else Request(hello=Hello())
                ticket = exchange(stream, first).welcome.ticket or ticket
                streams.append(stream)
        yield streams


@pytest.mark.parametrize(("applications", "served"), [(1, OF_ONE_APPLICATION), (3, OF_THE_CONTAINER)])
def test_a_full_queue_answers_busy_and_the_others_are_served(
    installation: Installation, neighbour: str, applications: int, served: int
) -> None:
    """What is too much for one application, or one container, is refused at once; uses run, and a neighbour waits."""
    path = str(installation.socket())
    with (
        connections(path, applications, OF_ONE_APPLICATION + TOO_MANY) as streams,
        installation.session() as session,
        connections(str(installation.socket(neighbour)), 1, 1) as (other,),
    ):
        with stopped(set(installation.workers())):
            for stream in streams:
                send(stream, SLOT_LIST)
            refused = await_readable(streams, len(streams) - served)
            assert {receive(stream).rv for stream in refused} == {limits.REPLY_BUSY}
            assert session.random(16)
            send(other, SLOT_LIST)
        assert {receive(stream).rv for stream in streams if stream not in refused} == {0}
        assert receive(other).rv == 0


def await_readable(streams: list[socket.socket], count: int) -> list[socket.socket]:
    """Wait until so many streams have an answer."""
    readable: list[socket.socket] = []

    def enough() -> bool:
        readable[:] = select.select(streams, [], [], 0)[0]
        return len(readable) >= count

    eventually(enough, f"{count} answers")
    assert len(readable) == count
    return readable


@dataclass
class Busy:
    """A thread that does something over and over, until it is refused or told to end."""

    work: Callable[[], object]
    refusal: Refusal | None = None
    rounds: int = 0
    told: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        """Do it over and over."""
        try:
            while not self.told.is_set():
                self.work()
                self.rounds += 1
        except Refusal as refusal:
            self.refusal = refusal

    def goes_on(self) -> bool:
        """Whether another round is done."""
        seen = self.rounds
        eventually(lambda: self.rounds > seen or not self.thread.is_alive(), "another round")
        return self.rounds > seen

    def end(self) -> Refusal | None:
        """End it; what it was refused with."""
        self.told.set()
        self.thread.join(WAIT_S)
        return self.refusal


def test_a_container_removed_at_work_ends_its_own_applications_only(installation: Installation, neighbour: str) -> None:
    """Requests of the removed one's fail, and it is gone; uses and requests of the other's notice nothing."""
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(installation.session())
        idle, other_idle = (
            stack.enter_context(connections(str(path), 1, 1))[0]
            for path in (installation.socket(), installation.socket(neighbour))
        )
        ours = [Busy(partial(session.random, 4_096)), Busy(stack.enter_context(installation.client()).slots)]
        theirs = [Busy(stack.enter_context(installation.client(neighbour)).slots) for _ in range(2)]
        for busy in (*ours, *theirs):
            stack.callback(busy.end)
        assert all(busy.goes_on() for busy in (*ours, *theirs))
        with installation.administration() as admin:
            admin.remove_container(neighbour)
        eventually(lambda: not any(busy.thread.is_alive() for busy in theirs), "the removed one's applications end")
        assert {type(busy.refusal) for busy in theirs} == {DeviceError}
        assert not other_idle.recv(1)
        assert exchange(idle, SLOT_LIST).rv == 0
        assert all(busy.goes_on() for busy in ours)
        assert [busy.end() for busy in ours] == [None, None]
        assert session.state().state == 3  # CKS_RW_USER_FUNCTIONS
    assert not installation.socket(neighbour).exists()
    with pytest.raises(DeviceError):
        installation.client(neighbour)
