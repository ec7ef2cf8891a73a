"""The files of a server: lock, process id, seal and the data directory's owner."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from typing import TYPE_CHECKING, Final

from vhsm.config import ConfigError, ServerConfig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vhsm.service.privileges import Identity

LOCK_NAME: Final = "server.lock"


@contextlib.contextmanager
def locked_data_dir(config: ServerConfig) -> Iterator[None]:
    """Hold the data directory's lock: two servers never share one. The kernel lets go of it with the process.

    Raises:
        ConfigError: another server holds it, or there is no initialised data directory.
    """
    if not config.database.exists():
        raise ConfigError(f"{config.database}: not there; run `vhsm init` first or name another data_dir")
    path = config.data_dir / LOCK_NAME
    try:
        # The directory is the workers', this may be root: what they put there is not followed.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; run as the user who owns {config.data_dir}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{path}: another server uses this directory; stop it first") from None
        yield
    finally:
        os.close(descriptor)


def is_locked(data_dir: Path) -> bool:
    """Tell whether a server uses this data directory now."""
    try:
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def written_pid_file(path: Path) -> Iterator[None]:
    """Say in a file which process supervises.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; choose another pid_file") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def open_seal(path: Path) -> int:
    """Open the machine seal for the engine, which alone reads it.

    Raises:
        ConfigError: it is not there, or others than its owner may read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; restore the seal or name its place by seal_file") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode) or mode & 0o077:
        os.close(descriptor)
        raise ConfigError(f"{path}: others than its owner can read the seal; chmod 600 it")
    return descriptor


def give_data_dir(data_dir: Path, owner: Identity) -> None:
    """Make the workers' user own the data directory and what lies in it.

    Raises:
        ConfigError: that user could not reach the directory.
    """
    expect_reachable(data_dir, owner.uid)
    os.chown(data_dir, owner.uid, owner.gid)
    for entry_path in data_dir.iterdir():
        os.chown(entry_path, owner.uid, owner.gid, follow_symlinks=False)


def expect_reachable(data_dir: Path, uid: int) -> None:
    """See that a user without any capability gets to the data directory.

    Raises:
        ConfigError: a directory on the way is closed to it.
    """
    for parent in data_dir.parents:
        entry = parent.stat()
        if not entry.st_mode & (stat.S_IXUSR if entry.st_uid == uid else stat.S_IXOTH):
            raise ConfigError(f"{data_dir}: workers, as user {uid}, cannot pass {parent}; choose another data_dir")
