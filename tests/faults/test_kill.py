"""kill -9 at any moment of a write: what was acknowledged is there, whole, and the service comes back.

VHSM_FAULT_POINTS sets how many moments are tried (`make faults`: 500). Each is a request of the script and an instant
within it, drawn from a seed; engine, worker and supervisor take turns.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.faults.installation import PIN, Installation, eventually
from tests.faults.script import State, Write, agrees, holds, script
from vhsm.client import DeviceError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS: Final = int(os.environ.get("VHSM_FAULT_POINTS", "25"))
TARGETS: Final = ("engine", "worker", "supervisor")
# A request is hit from its sending to a little after its reply.
BEYOND: Final = 1.2
USUAL_S: Final = 0.5  # of a request that the measured script left out: a change of PIN


class Course:
    """One installation under a script, point after point."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.state = State(PIN, {})
        self.usual_s: dict[str, float] = {}

    def measure(self) -> None:
        """Run the script undisturbed, to learn how long each request takes."""
        for write in script(self.state, "measured", random.Random(0)):  # noqa: S311 - repeatable, not secret
            with self.installation.session(self.state.pin) as session:
                began = time.perf_counter()
                write.run(session)
                self.usual_s.setdefault(write.name, time.perf_counter() - began)
            self.state = write.after

    def run(self, point: int) -> None:
        """Run the script with one kill in it, come back, and compare."""
        chance = random.Random(point)  # noqa: S311 - repeatable, not secret
        writes = list(script(self.state, f"point {point}", chance))
        hit = chance.randrange(len(writes))
        target = TARGETS[point % len(TARGETS)]
        delay_s = chance.random() * BEYOND * self.usual_s.get(writes[hit].name, USUAL_S)
        for index, write in enumerate(writes):
            if index == hit:
                self.kill_during(write, target, delay_s, chance)
            if self.state != write.after:
                with self.installation.session(self.state.pin) as session:
                    write.run(session)
                self.state = write.after
        self.installation.assert_sound()

    def kill_during(self, write: Write, target: str, delay_s: float, chance: random.Random) -> None:
        """Send one request and kill one process within it."""
        with self.installation.session(self.state.pin) as session:
            acknowledged = self.disturbed(lambda: write.run(session), self.victims(target, chance), delay_s)
        self.come_back(target)
        if acknowledged:
            self.state = write.after
        states = [self.state] if acknowledged else [write.after, self.state]
        for pin in dict.fromkeys(state.pin for state in states):
            if self.settle(pin, states):
                return
        pytest.fail(f"{write.name}, {target} killed after {delay_s:.6f} s: neither before nor after it")

    def settle(self, pin: bytes, states: list[State]) -> bool:
        """Log in with a PIN that may hold, and find which of the possible states is the true one."""
        try:
            with self.installation.session(pin) as session:
                found = holds(session)
        except Refusal as refusal:
            if len({state.pin for state in states}) == 1:
                pytest.fail(f"the acknowledged PIN is refused: {refusal}")
            return False
        for state in states:
            if state.pin == pin and agrees(found, state):
                self.state = state
                return True
        pytest.fail(f"found {sorted(found)}, expected one of {[sorted(state.keys) for state in states]}")

    def victims(self, target: str, chance: random.Random) -> list[int]:
        """Whom to kill; of the workers one, or all."""
        supervisor = self.installation.supervisor
        assert supervisor is not None
        match target:
            case "engine":
                return [self.installation.engine()]
            case "worker":
                workers = self.installation.workers()
                return workers if chance.random() < 0.5 else [chance.choice(workers)]
            case _:
                return [supervisor.pid]

    @staticmethod
    def disturbed(request: Callable[[], object], victims: list[int], delay_s: float) -> bool:
        """Run a request and kill so long after its begin; whether it was acknowledged."""
        begun = threading.Event()

        def kill() -> None:
            begun.wait()
            instant = time.perf_counter() + delay_s
            while time.perf_counter() < instant:
                pass
            for pid in victims:
                os.kill(pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            begun.set()
            request()
        except (DeviceError, Refusal):
            return False
        else:
            return True
        finally:
            killer.join()

    def come_back(self, target: str) -> None:
        """After a worker's death the service serves by itself, else an operator starts it again."""
        if target == "worker":
            eventually(self.connects, "the service serves after a worker's death")
            return
        self.installation.await_end()
        self.installation.serve()

    def connects(self) -> bool:
        """Whether an application is welcome."""
        try:
            with self.installation.client() as client:
                client.slots()
        except (DeviceError, Refusal):
            return False
        return True


@pytest.fixture(scope="module")
def course(installation: Installation) -> Course:
    """The course of all points."""
    course = Course(installation)
    course.measure()
    return course


@pytest.mark.parametrize("point", range(POINTS))
def test_an_acknowledged_write_survives_a_kill(course: Course, point: int) -> None:
    """Acknowledged: there and whole. Not acknowledged: there and whole, or not there at all."""
    course.run(point)
