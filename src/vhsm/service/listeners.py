"""Listening sockets: one directory per container, to be bind-mounted there, and one for administrators.

    socket_dir/            0700
      admin/               0700   admin.sock  0600
      CONTAINER/           0755   vhsm.sock   0666

Which socket a caller came through says which container it is, so the directories are the walls. Rows come from
workers, which may be hostile: names are checked again before they become paths.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from typing import TYPE_CHECKING, Final

from vhsm.config import PID_FILE, ConfigError, check_socket_path

if TYPE_CHECKING:
    from pathlib import Path

ADMIN_DIRECTORY: Final = "admin"
ADMIN_SOCKET: Final = "admin.sock"
CONTAINER_SOCKET: Final = "vhsm.sock"
LISTEN_BACKLOG: Final = 1024
STALE_PROBES: Final = 20
STALE_PROBE_PAUSE_S: Final = 0.1
CONTAINER_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


def is_container_name(name: str) -> bool:
    """Tell whether a name may become a directory of the socket directory."""
    return CONTAINER_NAME.fullmatch(name) is not None and name not in {ADMIN_DIRECTORY, PID_FILE}


def make_directory(path: Path, mode: int) -> None:
    """Make a directory with exactly this mode, or bring an own one to it.

    Raises:
        ConfigError: it cannot be made, is no directory, or belongs to somebody else.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        if path.is_symlink():
            raise ConfigError(f"{path}: is a symbolic link; name the directory itself")
        # Root prepares directories that the other users own.
        if os.geteuid() not in (0, path.stat().st_uid):
            raise ConfigError(f"{path}: belongs to user {path.stat().st_uid}; give it to user {os.geteuid()}")
        path.chmod(mode)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; make the directory or name another one") from None


def bind_admin(socket_dir: Path) -> socket.socket:
    """Listen for administrators.

    Raises:
        ConfigError: the path is taken or cannot be bound.
    """
    return _bind(socket_dir / ADMIN_DIRECTORY, 0o700, ADMIN_SOCKET, 0o600)


def bind_container(socket_dir: Path, name: str) -> socket.socket:
    """Listen for one container's applications.

    Raises:
        ConfigError: the name cannot be a directory, or the path is taken or cannot be bound.
    """
    if not is_container_name(name):
        raise ConfigError(f"container {name!r}: not a name for a directory; remove it and add it under another name")
    return _bind(socket_dir / name, 0o755, CONTAINER_SOCKET, 0o666)


def remove_container(socket_dir: Path, name: str) -> None:
    """Take away the socket and the directory of a container that is gone."""
    _remove(socket_dir / name, CONTAINER_SOCKET)


def remove_admin(socket_dir: Path) -> None:
    """Take away the administrators' socket and its directory."""
    _remove(socket_dir / ADMIN_DIRECTORY, ADMIN_SOCKET)


def _remove(directory: Path, name: str) -> None:
    with contextlib.suppress(OSError):
        (directory / name).unlink()
    with contextlib.suppress(OSError):
        directory.rmdir()


def _bind(directory: Path, directory_mode: int, name: str, mode: int) -> socket.socket:
    path = directory / name
    check_socket_path(path)
    make_directory(directory, directory_mode)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        _replace_stale(path)
        # Nobody may connect before the mode is right.
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
        path.chmod(mode)
        listener.listen(LISTEN_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(f"{path}: {error.strerror}; free the path or choose another socket_dir") from None
    except ConfigError:
        listener.close()
        raise
    return listener


def _replace_stale(path: Path) -> None:
    """Take away a socket that nobody listens on any more; one that goes on answering belongs to another server."""
    if not path.exists():
        return
    # The engine of a killed supervisor may be just about to end.
    for _ in range(STALE_PROBES):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
                return
        time.sleep(STALE_PROBE_PAUSE_S)
    raise ConfigError(f"{path}: another server listens here; stop it or choose another socket_dir")
