"""An application in a process of its own, told by pickles over its pipes what to call.

`python -m tests.properties.application MODULE LABEL` answers each request with what the call returned, or its CK_RV.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from ctypes import c_ulong
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tests.cryptoki import Module, Refused, Session
from tests.mechanisms import plain

if TYPE_CHECKING:
    from tests.servers import Token

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Request:
    """A method of `Session`, or of `Module` where there is no session."""

    session: int | None
    method: str
    arguments: tuple[Any, ...]


class Application:
    """The near end."""

    def __init__(self, token: Token, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.properties.application", str(token.module), token.label],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, session: int | None, method: str, *arguments: object) -> Any:
        """Have a method called.

        Raises:
            Refused: as the method did.
        """
        assert self._process.stdin
        assert self._process.stdout
        pickle.dump(Request(session, method, arguments), self._process.stdin)
        self._process.stdin.flush()
        refused, answer = pickle.load(self._process.stdout)  # noqa: S301 - our own child
        if refused:
            raise Refused(method, refused)
        return answer

    def close(self) -> None:
        """End the process; its sessions and session objects go with it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Walked(Module):
    """A module, with the calls that a walk makes of it."""

    def open_session_as(self, slot: int, read_write: bool) -> Session:
        """C_OpenSession."""
        return self.open_session(slot, read_write=read_write)

    def close_all_sessions(self, slot: int) -> None:
        """C_CloseAllSessions."""
        self.call("C_CloseAllSessions", c_ulong(slot))


class WalkedSession(Session):
    """A session, likewise."""

    def begin_plain(self, kind: str, mechanism: int, key: int) -> None:
        """C_…Init by a mechanism without parameter."""
        self.begin(kind, plain(mechanism), key)


def serve(module: Walked, slot: int, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end."""
    while True:
        try:
            request: Request = pickle.load(requests)  # noqa: S301 - our own parent
        except EOFError:
            return
        answer: object = None
        refused = 0
        try:
            if request.session is None:
                answer = getattr(module, request.method)(slot, *request.arguments)
                answer = answer.handle if isinstance(answer, Session) else answer
            else:
                answer = getattr(WalkedSession(module, request.session), request.method)(*request.arguments)
        except Refused as refusal:
            refused = int(refusal.rv)
        pickle.dump((refused, answer), answers)
        answers.flush()


if __name__ == "__main__":
    with Walked(Path(sys.argv[1])) as loaded:
        serve(loaded, loaded.slot_of(sys.argv[2]), sys.stdin.buffer, sys.stdout.buffer)
