"""One application: the connections of this process to one socket, shared by its threads."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Final, Self

from vhsm.client.connection import Answered, Connection
from vhsm.client.errors import CryptokiNotInitialized, Refusal
from vhsm.wire.envelope_pb2 import Attach, Hello, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vhsm.client.connection import Secret
    from vhsm.config import ClientConfig

# More threads than this wait for a connection rather than open one.
CONNECTIONS_MAX: Final = 16
NAME_LENGTH_MAX: Final = 64  # bytes that a server keeps; a Hello has little room


class Application:
    """Hello once, Attach for further connections; each carries one request at a time."""

    def __init__(self, config: ClientConfig, name: str) -> None:
        self._config = config
        self._owner = os.getpid()
        self._changed = threading.Condition()
        self._idle: list[Connection] = []
        self._open = 1
        self._closed = False
        first = Connection.open(config)
        try:
            kept = name.encode()[:NAME_LENGTH_MAX].decode(errors="ignore")
            self._ticket = first.control(Request(hello=Hello(untrusted_name=kept))).reply.welcome.ticket
        except Refusal:
            first.close()
            raise
        self._idle.append(first)

    def close(self) -> None:
        """End the application: its sessions, session objects and login end with it."""
        with self._changed:
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            self._changed.notify_all()

    def control(self, request: Request, secrets: Sequence[Secret] = ()) -> Answered:
        """Send a request of the control lane.

        Raises:
            Refusal: the server's answer.
        """
        with self._borrowed() as connection:
            return connection.control(request, secrets)

    def use(self, request: Request, data: Sequence[Secret] = ()) -> Answered:
        """Send a request of the use lane.

        Raises:
            Refusal: the server's answer.
        """
        with self._borrowed() as connection:
            return connection.use(request, data)

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        connection = self._borrow()
        try:
            yield connection
        finally:
            self._return(connection)

    def _borrow(self) -> Connection:
        if os.getpid() != self._owner:
            raise CryptokiNotInitialized("this process was forked from the one that connected; connect anew")
        with self._changed:
            while not self._idle and not self._closed and self._open >= CONNECTIONS_MAX:
                self._changed.wait()
            if self._closed:
                raise CryptokiNotInitialized("the client is closed; connect anew")
            if self._idle:
                return self._idle.pop()
            self._open += 1
        try:
            return self._attach()
        except Refusal:
            with self._changed:
                self._open -= 1
                self._changed.notify()
            raise

    def _attach(self) -> Connection:
        connection = Connection.open(self._config)
        try:
            connection.control(Request(attach=Attach(ticket=self._ticket)))
        except Refusal:
            connection.close()
            raise
        return connection

    def _return(self, connection: Connection) -> None:
        with self._changed:
            if self._closed or connection.is_closed:
                connection.close()
                self._open -= 1
            else:
                self._idle.append(connection)
            self._changed.notify()


class Connected:
    """Whatever speaks to a server as an application, and ends it when closed."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect: sessions, session objects and the login end."""
        self._application.close()
