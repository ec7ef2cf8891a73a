"""Options that several commands share, and what they stand for."""

import contextlib
import getpass
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from vhsm.client import Administration, connect_admin
from vhsm.client.connection import wipe
from vhsm.config import load_server_config

# A PIN is far shorter; a descriptor that gives more was named by mistake.
SECRET_LENGTH_MAX: Final = 4_096
ADMINISTRATOR_DEFAULT: Final = "admin"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ServerConfigPath = Annotated[
    Path | None,
    typer.Option("--config", help="The server's configuration [VHSM_SERVER_CONFIG, else /etc/vhsm/server.toml]."),
]
ClientConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The client's configuration [VHSM_CONFIG, else /etc/vhsm/client.toml].")
]
AdminName = Annotated[str, typer.Option("--admin", metavar="NAME", help="Who administers.")]
PasswordFd = Annotated[
    int | None,
    typer.Option("--password-fd", metavar="N", help="Read the administrator's password, one line, from descriptor N."),
]


class UsageError(Exception):
    """A command that cannot be carried out as given; the text is one line that says what to do."""


@contextlib.contextmanager
def secret(what: str, descriptor: int | None, option: str, *, new: bool = False) -> Iterator[bytearray]:
    """Ask for a secret, or read one line from a descriptor; it is overwritten afterwards.

    Args:
        what: as the prompt names it.
        descriptor: where to read it from; None asks on the terminal.
        option: the option that names the descriptor, for the error.
        new: ask twice, since a slip would lock out.

    Raises:
        UsageError: there is nobody to ask, or nothing to read.
    """
    value = _asked(what, option, new=new) if descriptor is None else _read_line(descriptor, option)
    try:
        yield value
    finally:
        wipe(value)


@contextlib.contextmanager
def administration(config: Path | None, name: str, password_fd: int | None) -> Iterator[Administration]:
    """Connect to the administrators' socket and log in."""
    with connect_admin(load_server_config(config).admin_socket, name="vhsm") as admin:
        with secret(f"Password of {name}", password_fd, "--password-fd") as password:
            admin.login(name, password)
        yield admin


def _asked(what: str, option: str, *, new: bool) -> bytearray:
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: there is no terminal to ask on; give it by {option} N")
    value = getpass.getpass(f"{what}: ")
    if new and getpass.getpass(f"{what}, again: ") != value:
        raise UsageError(f"{what}: the two differ; try again")
    return bytearray(value.encode())


def _read_line(descriptor: int, option: str) -> bytearray:
    """Read up to a newline or the end, byte by byte: one descriptor may carry several secrets."""
    value = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            value += byte
            if len(value) > SECRET_LENGTH_MAX:
                wipe(value)
                raise UsageError(f"{option} {descriptor}: a line longer than {SECRET_LENGTH_MAX} bytes is no secret")
    except OSError as error:
        raise UsageError(f"{option} {descriptor}: {error.strerror}; open that descriptor for reading") from None
    if not value:
        raise UsageError(f"{option} {descriptor}: nothing to read; write the secret and a newline to it")
    return value
