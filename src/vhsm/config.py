"""Configuration of server and client: TOML files, read strictly.

A key that nobody reads is a mistake that would stay unseen, so it is an error; each error is one line that names
the file, the key and the remedy.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from vhsm.wire import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERVER_CONFIG_DEFAULT: Final = Path("/etc/vhsm/server.toml")
CLIENT_CONFIG_DEFAULT: Final = Path("/etc/vhsm/client.toml")

# sun_path holds 108 bytes and the kernel wants a terminating zero (unix(7)).
SOCKET_PATH_LENGTH_MAX: Final = 107
WORKERS_MAX: Final = 64
SECRET_MEMORY_BYTES_MIN: Final = 4 * 1024 * 1024
TIMEOUT_MS_MAX: Final = 600_000
PID_FILE: Final = "server.pid"  # no container may be called so
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
LOG_FORMATS: Final = ("console", "json")

_Value = TypeVar("_Value")
_Default = TypeVar("_Default")


class ConfigError(Exception):
    """A configuration that cannot be used; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Uids:
    """User ids of the three kinds of process; the groups have the same numbers or the users' own."""

    engine: int = 64_710
    worker: int = 64_711
    supervisor: int = 64_712


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What `vhsm serve` and `vhsm init` are told."""

    # The file that was read; None for the defaults.
    source: Path | None = None
    data_dir: Path = Path("/var/lib/vhsm")
    # Outside data_dir: a copy of the database must not bring its key along.
    seal_file: Path = Path("/etc/vhsm/machine.seal")
    socket_dir: Path = Path("/run/vhsm")
    # Default: server.pid in socket_dir.
    pid_file: Path = Path("/run/vhsm") / PID_FILE
    quick_workers: int = limits.WORKER_QUICK_WORKERS
    slow_workers: int = limits.WORKER_SLOW_WORKERS
    # None: as much as the engine may lock.
    secret_memory_bytes: int | None = None
    # Started as root, give engine, workers and supervisor users of their own.
    separate_uids: bool = True
    uids: Uids = Uids()
    log_level: str = "info"
    # None: console on a terminal, else JSON.
    log_format: str | None = None

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.data_dir / "vhsm.db"

    @property
    def admin_socket(self) -> Path:
        """Where administrators connect."""
        return self.socket_dir / "admin" / "admin.sock"


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """How a program reaches the server."""

    socket: Path = Path("/run/vhsm/vhsm.sock")
    connect_timeout_ms: int = limits.MODULE_CONNECT_TIMEOUT_MS
    reply_timeout_ms: int = limits.MODULE_REPLY_TIMEOUT_MS


def load_server_config(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> ServerConfig:
    """Read the server's configuration: `path`, else VHSM_SERVER_CONFIG, else the default file, else the defaults.

    Raises:
        ConfigError: the file is missing though it was named, is no TOML, or says what cannot be.
    """
    usual = ServerConfig()
    named = path or _path_of(environment, "VHSM_SERVER_CONFIG")
    source = named or SERVER_CONFIG_DEFAULT
    if named is None and not source.exists():
        return usual
    table = _Table.read(source)
    uids = table.subtable("uids")
    socket_dir = table.take("socket_dir", _absolute_path, usual.socket_dir)
    config = ServerConfig(
        source=source,
        data_dir=table.take("data_dir", _absolute_path, usual.data_dir),
        seal_file=table.take("seal_file", _absolute_path, usual.seal_file),
        socket_dir=socket_dir,
        pid_file=table.take("pid_file", _absolute_path, socket_dir / PID_FILE),
        quick_workers=table.take("quick_workers", _number(1, WORKERS_MAX), usual.quick_workers),
        slow_workers=table.take("slow_workers", _number(1, WORKERS_MAX), usual.slow_workers),
        secret_memory_bytes=table.take("secret_memory_bytes", _number(SECRET_MEMORY_BYTES_MIN, 2**40), None),
        separate_uids=table.take("separate_uids", _boolean, usual.separate_uids),
        uids=Uids(
            engine=uids.take("engine", _number(1, 2**32 - 2), usual.uids.engine),
            worker=uids.take("worker", _number(1, 2**32 - 2), usual.uids.worker),
            supervisor=uids.take("supervisor", _number(1, 2**32 - 2), usual.uids.supervisor),
        ),
        log_level=table.take("log_level", _one_of(LOG_LEVELS), usual.log_level),
        log_format=table.take("log_format", _one_of(LOG_FORMATS), None),
    )
    uids.expect_empty()
    table.expect_empty()
    if config.seal_file.is_relative_to(config.data_dir):
        raise ConfigError(f"{source}: seal_file lies inside data_dir; name a place outside {config.data_dir}")
    if config.pid_file.is_relative_to(socket_dir) and config.pid_file != socket_dir / PID_FILE:
        raise ConfigError(f"{source}: pid_file lies where containers have directories; name a place outside socket_dir")
    check_socket_path(config.admin_socket)
    return config


def load_client_config(path: Path | None = None, environment: Mapping[str, str] = os.environ) -> ClientConfig:
    """Read the client's configuration: `path`, else VHSM_CONFIG, else the default file, else the defaults.

    VHSM_SOCKET in the environment goes before the file's `socket`.

    Raises:
        ConfigError: the file is missing though it was named, is no TOML, or says what cannot be.
    """
    usual = ClientConfig()
    named = path or _path_of(environment, "VHSM_CONFIG")
    source = named or CLIENT_CONFIG_DEFAULT
    table = _Table.read(source) if named is not None or source.exists() else _Table(source, "", {})
    timeout = _number(1, TIMEOUT_MS_MAX)
    config = ClientConfig(
        socket=table.take("socket", _absolute_path, usual.socket),
        connect_timeout_ms=table.take("connect_timeout_ms", timeout, usual.connect_timeout_ms),
        reply_timeout_ms=table.take("reply_timeout_ms", timeout, usual.reply_timeout_ms),
    )
    table.expect_empty()
    socket = _path_of(environment, "VHSM_SOCKET") or config.socket
    check_socket_path(socket)
    return ClientConfig(socket, config.connect_timeout_ms, config.reply_timeout_ms)


def check_socket_path(path: Path) -> None:
    """Refuse a path that the kernel cannot bind a unix socket to.

    Raises:
        ConfigError: longer than SOCKET_PATH_LENGTH_MAX bytes.
    """
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_LENGTH_MAX:
        raise ConfigError(
            f"{path}: {length} bytes, and a unix socket's path holds {SOCKET_PATH_LENGTH_MAX}; choose a shorter one"
        )


class _Table:
    """One TOML table whose keys are taken one by one; what is left over is a mistake."""

    def __init__(self, source: Path, prefix: str, values: dict[str, object]) -> None:
        self._source = source
        self._prefix = prefix
        self._values = values
        self._known: list[str] = []

    @classmethod
    def read(cls, source: Path) -> _Table:
        try:
            return cls(source, "", tomllib.loads(source.read_text(encoding="utf-8")))
        except OSError as error:
            raise ConfigError(f"{source}: {error.strerror or error}; create the file or name another one") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{source}: not valid TOML ({error}); correct the file") from None

    def take(self, key: str, parse: Callable[[object], _Value], default: _Default) -> _Value | _Default:
        self._known.append(key)
        if key not in self._values:
            return default
        try:
            return parse(self._values.pop(key))
        except ValueError as error:
            raise ConfigError(f"{self._source}: {self._prefix}{key} must be {error}; correct it") from None

    def subtable(self, key: str) -> _Table:
        values = self.take(key, _table, {})
        return _Table(self._source, f"{key}.", values)

    def expect_empty(self) -> None:
        for key in self._values:
            known = ", ".join(self._known)
            raise ConfigError(f"{self._source}: unknown key {self._prefix}{key}; remove it (known keys: {known})")


def _path_of(environment: Mapping[str, str], name: str) -> Path | None:
    value = environment.get(name)
    return Path(value) if value else None


def _absolute_path(value: object) -> Path:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise ValueError("an absolute path in quotes")
    return Path(os.path.normpath(value))


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - one kind of error for every wrong value
    return value


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("a table")  # noqa: TRY004 - one kind of error for every wrong value
    return value


def _number(least: int, greatest: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= greatest:
            raise ValueError(f"a whole number from {least} to {greatest}")
        return value

    return parse


def _one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return parse
