"""Logins under stress: at the same instant, cut off half-way, and wrong ones from next door."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.frames import exchange, send
from tests.faults.installation import CONTAINER, PIN, SO_PIN, TOKEN, USER, Installation
from vhsm.client import connect
from vhsm.client.errors import Refusal
from vhsm.config import ClientConfig
from vhsm.errors import PinIncorrect, PinLocked
from vhsm.wire import limits, session_pb2
from vhsm.wire.envelope_pb2 import Hello, Request
from vhsm.wire.session_pb2 import Login, OpenSession
from vhsm.wire.slot_token_pb2 import SlotList

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

TOGETHER: Final = 16
CUT_OFF: Final = limits.LOGIN_TRIES_MAX + 2  # more than a counter of failures would forgive
WRONG: Final = b"not the PIN"
NEIGHBOUR: Final = "neighbour"
STRANGER: Final = "stranger"
PROCESSES: Final = multiprocessing.get_context("spawn")


def log_in_together(path: Path, barrier: Barrier) -> None:
    """Connect, wait for the others, log in and use the token."""
    with connect(config=ClientConfig(socket=path)) as client:
        session = client.open_session()
        barrier.wait()
        session.login(PIN)
        assert session.state().state == 3  # CKS_RW_USER_FUNCTIONS


def test_sixteen_processes_log_in_at_the_same_instant(installation: Installation) -> None:
    """The right PIN is right for all of them, and nobody is locked out."""
    # Nobody is logged in before: the first derivation is theirs, too.
    barrier = PROCESSES.Barrier(TOGETHER)
    processes = [
        PROCESSES.Process(target=log_in_together, args=(installation.socket(), barrier)) for _ in range(TOGETHER)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * TOGETHER
    assert installation.sql("SELECT max(failed_tries) FROM authentication_keys") == [(0,)]


def log_in_and_hang_up(path: Path, delay_s: float) -> None:
    """Ask for a login and go away so long after; the kernel closes what a killed process had open."""
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(str(path))
    exchange(stream, Request(hello=Hello(untrusted_name="cut off")))
    slot = exchange(stream, Request(slot_list=SlotList())).slots.slots[0].slot_id
    opened = exchange(stream, Request(open_session=OpenSession(slot_id=slot, read_write=True)))
    login = Request(session=opened.session_opened.session, secret_lengths=[len(PIN)])
    login.login.CopyFrom(Login(role=session_pb2.ROLE_USER))
    send(stream, login, PIN)
    instant = time.perf_counter() + delay_s
    while time.perf_counter() < instant:
        pass
    stream.close()


def killed_during_login(path: Path) -> None:
    """Ask for a login and wait to be killed."""
    with connect(config=ClientConfig(socket=path)) as client:
        session = client.open_session()
        while True:
            session.login(PIN)
            session.logout()


def test_clients_that_go_away_during_login_lock_nobody_out(installation: Installation) -> None:
    """A try that has begun goes on: cut off or killed, with the right PIN it is no failure."""
    chance = random.Random(0)  # noqa: S311 - repeatable, not secret
    for _ in range(CUT_OFF):
        log_in_and_hang_up(installation.socket(), chance.random() * 0.3)
    for _ in range(3):
        process = PROCESSES.Process(target=killed_during_login, args=(installation.socket(),))
        process.start()
        select.select([process.sentinel], [], [], chance.random())
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    with installation.session() as session:
        assert session.state().state == 3
    assert installation.sql("SELECT max(failed_tries) FROM authentication_keys") == [(0,)]


@pytest.fixture
def neighbours(installation: Installation) -> Installation:
    """The owner's token in a second container, and a third one that has nothing to do with it."""
    with installation.administration() as admin:
        if NEIGHBOUR not in {container.name for container in admin.containers()}:
            admin.add_container(NEIGHBOUR)
            admin.add_container(STRANGER)
            admin.add_user("somebody", STRANGER, "another", PIN, SO_PIN)
            admin.bind_user(USER, NEIGHBOUR, PIN, SO_PIN)
    return installation


def try_wrongly(installation: Installation, container: str, label: str, times: int) -> list[type[Refusal]]:
    """Try a wrong PIN so often; what came of it."""
    refusals: list[type[Refusal]] = []
    with installation.client(container) as client:
        session = client.open_session(client.slot_of(label))
        for _ in range(times):
            with contextlib.suppress(Refusal):
                try:
                    session.login(WRONG)
                except Refusal as refusal:
                    refusals.append(type(refusal))
                    raise
    return refusals


def test_wrong_pins_of_one_container_never_lock_the_other_out(neighbours: Installation) -> None:
    """The tries are counted for each (user, container): one is refused, the other logs in at the same time."""
    refusals = try_wrongly(neighbours, NEIGHBOUR, TOKEN, limits.LOGIN_TRIES_FREE + 2)
    assert set(refusals) == {PinIncorrect, PinLocked}
    with neighbours.client(NEIGHBOUR) as client, pytest.raises(PinLocked):
        client.open_session(client.slot_of(TOKEN)).login(PIN)
    with neighbours.session(container=CONTAINER) as session:
        assert session.state().state == 3


def test_wrong_pins_of_a_stranger_touch_nobodys_counter(neighbours: Installation) -> None:
    """Another user's failures in another container are that user's own."""
    before = neighbours.sql(
        "SELECT sum(failed_tries) FROM authentication_keys WHERE user_id IN (SELECT id FROM users WHERE name = ?)", USER
    )
    try_wrongly(neighbours, STRANGER, "another", 2)
    after = neighbours.sql(
        "SELECT sum(failed_tries) FROM authentication_keys WHERE user_id IN (SELECT id FROM users WHERE name = ?)", USER
    )
    assert before == after
