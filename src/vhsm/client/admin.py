"""Administration over the administrators' socket: containers, users, status. It never uses keys."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vhsm.client.application import Application, Connected
from vhsm.config import ClientConfig
from vhsm.wire.admin_pb2 import (
    Container,
    ContainerAdd,
    ContainerList,
    ContainerRemove,
    Evidence,
    ServerStatus,
    Status,
    User,
    UserAdd,
    UserList,
    UserModify,
    UserRemove,
)
from vhsm.wire.envelope_pb2 import Request
from vhsm.wire.session_pb2 import ROLE_ADMINISTRATOR, Login, Logout

if TYPE_CHECKING:
    from vhsm.client.connection import Secret

# The supervisor binds a new container's socket right after the reply left.
SOCKET_WAIT_S: Final = 5.0
SOCKET_POLL_S: Final = 0.005


class Administration(Connected):
    """A connected administrator. All but `status` needs a login."""

    def login(self, name: str, password: Secret) -> None:
        """Log in.

        Raises:
            PinIncorrect: whatever the cause.
        """
        self._application.control(Request(login=Login(role=ROLE_ADMINISTRATOR, user_name=name)), [password])

    def logout(self) -> None:
        """Log out."""
        self._application.control(Request(logout=Logout()))

    def status(self) -> Status:
        """Ask how the server does, and what it warns of."""
        return self._application.control(Request(server_status=ServerStatus())).reply.status

    # ---- containers -------------------------------------------------------------------------------

    def containers(self) -> list[Container]:
        """List the enrolled containers."""
        return list(self._application.control(Request(container_list=ContainerList())).reply.containers.containers)

    def add_container(self, name: str, evidence: Evidence | None = None) -> Container:
        """Enrol a container, and wait until its socket answers.

        Args:
            name: becomes the name of its socket's directory.
            evidence: what the kernel must say of its callers; None asks for nothing.
        """
        request = Request(container_add=ContainerAdd(name=name, evidence=evidence))
        container = self._application.control(request).reply.container
        _await_socket(Path(container.socket_path))
        return container

    def remove_container(self, name: str) -> None:
        """Remove a container; refused while a user is bound to it."""
        self._application.control(Request(container_remove=ContainerRemove(name=name)))

    # ---- users ------------------------------------------------------------------------------------

    def users(self) -> list[User]:
        """List the users."""
        return list(self._application.control(Request(user_list=UserList())).reply.users.users)

    def add_user(
        self, name: str, container: str, label: str, pin: Secret, so_pin: Secret, *, policy: str = "standard"
    ) -> User:
        """Make a user with a token, its security officer and its binding to a container.

        Args:
            name: the user.
            container: the container whose applications may use the token.
            label: the token's label.
            pin: the user's password.
            so_pin: the security officer's password.
            policy: compatible, standard or strict.
        """
        request = Request(user_add=UserAdd(name=name, container=container, label=label, policy=policy))
        return self._application.control(request, [pin, so_pin]).reply.user

    def bind_user(self, name: str, container: str, pin: Secret, so_pin: Secret) -> User:
        """Bind a user's token to one more container; needs the passwords of the user and the security officer."""
        request = Request(user_modify=UserModify(name=name, add_container=container))
        return self._application.control(request, [pin, so_pin]).reply.user

    def modify_user(
        self, name: str, pin: Secret, *, new_pin: Secret | None = None, remove_container: str = "", label: str = ""
    ) -> User:
        """Change what is given; needs the user's present password."""
        change = UserModify(name=name, remove_container=remove_container, label=label, new_password=new_pin is not None)
        secrets = [pin] if new_pin is None else [pin, new_pin]
        return self._application.control(Request(user_modify=change), secrets).reply.user

    def remove_user(self, name: str) -> None:
        """Remove a user with token and objects."""
        self._application.control(Request(user_remove=UserRemove(name=name)))


def connect_admin(socket_path: Path, *, name: str = "vhsm.client") -> Administration:
    """Connect to the administrators' socket of a server.

    Raises:
        DeviceError: nobody answers.
    """
    return Administration(Application(ClientConfig(socket=socket_path), name))


def _await_socket(path: Path) -> None:
    """Wait, for a bounded time, until a new container's socket takes connections."""
    deadline = time.monotonic() + SOCKET_WAIT_S
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
        time.sleep(SOCKET_POLL_S)
