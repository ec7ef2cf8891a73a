"""`vhsm dev`: a throw-away server with one ready token, for tests and for trying things out.

Its directory holds everything, so several run side by side:

    server.toml client.toml server.log server.pid exports    data/ seal/ sockets/

`exports` is written last: with it the directory is complete and can be started again, without it it is a ruin.
"""

import contextlib
import fcntl
import os
import secrets
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from vhsm.cli.options import UsageError
from vhsm.cli.output import stderr
from vhsm.client import connect_admin
from vhsm.client.connection import wipe
from vhsm.config import ConfigError, ServerConfig, load_server_config
from vhsm.errors import DeviceError, Refusal

app = typer.Typer(help="A throw-away server with one ready token.", no_args_is_help=True)

NAME: Final = "dev"  # of container, user and token label
PIN_BYTES: Final = 8
READY_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0
STOP_POLL_S: Final = 0.02
LOG_TAIL_LINES: Final = 5
EXPORTS: Final = "exports"
MARK: Final = "server.toml"
LOCK: Final = ".lock"

Directory = Annotated[
    Path | None, typer.Option("--dir", help="Where it lives [$XDG_RUNTIME_DIR/vhsm-dev, else ~/.cache/vhsm/dev].")
]


@app.command()
def start(
    directory: Directory = None,
    policy: Annotated[str, typer.Option(help="compatible, standard or strict.")] = "compatible",
) -> None:
    """Start it and print shell exports: eval "$(vhsm dev start)".

    Started already, it prints the same exports again; stopped by force, it is started again as it was.
    """
    home = _home(directory)
    with _locked(home):
        config = _config(home)
        exports = home / EXPORTS
        if exports.exists():
            if not _is_running(config):
                stderr.print(f"vhsm: starting the server of {home} again")
                _start_server(home, config)
        else:
            _make(home, policy)
        typer.echo(exports.read_text(encoding="utf-8"), nl=False)


@app.command()
def stop(directory: Directory = None) -> None:
    """Stop it and take its directory away."""
    home = _home(directory)
    if not home.exists():
        stderr.print(f"vhsm: nothing runs in {home}")
        return
    with _locked(home):
        _expect_ours(home)
        _stop_server(_config(home))
        shutil.rmtree(home)
    stderr.print(f"vhsm: stopped, and {home} removed")


def _home(directory: Path | None) -> Path:
    if directory is not None:
        return directory.absolute()
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "vhsm-dev" if runtime else Path.home() / ".cache" / "vhsm" / "dev"


def _config(home: Path) -> ServerConfig:
    """Spell the server's configuration; it is written to the mark file as well."""
    return ServerConfig(
        source=home / MARK,
        data_dir=home / "data",
        seal_file=home / "seal" / "machine.seal",
        socket_dir=home / "sockets",
        pid_file=home / "server.pid",
        separate_uids=False,
        log_format="console",
    )


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Let one start or stop at a time work on a directory."""
    while True:
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            home.chmod(0o700)
            descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"{home}: {error.strerror}; name another directory by --dir") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A stop that held it before has taken the directory away.
            if os.fstat(descriptor).st_nlink:
                yield
                return
        finally:
            os.close(descriptor)


def _make(home: Path, policy: str) -> None:
    """Make server, container, user and token anew."""
    # Brings the database's libraries, for which no other command should wait.
    from vhsm.service.binaries import module_path  # noqa: PLC0415
    from vhsm.service.initialise import initialise  # noqa: PLC0415

    config = _config(home)
    _clear(home)
    module = module_path()
    _write(
        home / MARK,
        f'data_dir = "{config.data_dir}"\nseal_file = "{config.seal_file}"\nsocket_dir = "{config.socket_dir}"\n'
        f'pid_file = "{config.pid_file}"\nseparate_uids = false\nlog_format = "console"\n',
    )
    load_server_config(home / MARK)
    stderr.print(f"vhsm: making a server in {home}")
    password, pin, so_pin = (bytearray(secrets.token_hex(PIN_BYTES), "ascii") for _ in range(3))
    initialise(config, "admin", password)
    _start_server(home, config)
    try:
        with connect_admin(config.admin_socket, name="vhsm dev") as admin:
            admin.login("admin", password)
            container = admin.add_container(NAME)
            admin.add_user(NAME, NAME, NAME, pin, so_pin, policy=policy)
        _write(home / "client.toml", f'socket = "{container.socket_path}"\n')
        exports = {
            "PKCS11_MODULE": str(module),
            "PKCS11_TOKEN": NAME,
            "PKCS11_PIN": pin.decode(),
            "PKCS11_SO_PIN": so_pin.decode(),
            "VHSM_CONFIG": str(home / "client.toml"),
        }
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in exports.items()]
        _write(home / f"{EXPORTS}.new", "".join(lines))
        (home / f"{EXPORTS}.new").rename(home / EXPORTS)
    except BaseException:
        _stop_server(config)
        raise
    finally:
        for value in (password, pin, so_pin):
            wipe(value)


def _clear(home: Path) -> None:
    """Take away what an unfinished start left; refuse a directory that is somebody else's."""
    left = _expect_ours(home)
    _stop_server(_config(home))
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _expect_ours(home: Path) -> list[Path]:
    """List what the directory holds; refuse one that `vhsm dev start` did not make."""
    left = [path for path in home.iterdir() if path.name != LOCK]
    if left and not (home / MARK).exists():
        raise UsageError(f"{home}: is not empty, and `vhsm dev` did not make it; name another directory by --dir")
    return left


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _start_server(home: Path, config: ServerConfig) -> None:
    """Start the server in the background, and wait until it serves."""
    ready_reader, ready_writer = os.pipe()
    command = [sys.executable, "-m", "vhsm.cli.main", "serve", "--config", str(config.source)]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--ready-fd", str(ready_writer)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(ready_writer,),
            start_new_session=True,
        )
    os.close(ready_writer)
    try:
        readable, _, _ = select.select([ready_reader], [], [], READY_TIMEOUT_S)
        # An empty read is the end of a server that never got ready.
        if readable and os.read(ready_reader, 1):
            return
    finally:
        os.close(ready_reader)
    process.terminate()
    process.wait()
    tail = (home / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    stderr.print(*tail, sep="\n", markup=False)
    raise ConfigError(f"{home}: the server did not start; {home / 'server.log'} says why")


def _is_running(config: ServerConfig) -> bool:
    from vhsm.service.files import is_locked  # noqa: PLC0415

    return is_locked(config.data_dir)


def _stop_server(config: ServerConfig) -> None:
    """End the server whose lock is held, by its pid file, and wait until supervisor, workers and engine are gone."""
    with contextlib.suppress(OSError, ValueError):
        if _is_running(config):
            handle = os.pidfd_open(int(config.pid_file.read_text(encoding="ascii")))
            try:
                for number in (signal.SIGTERM, signal.SIGKILL):
                    signal.pidfd_send_signal(handle, number)
                    if select.select([handle], [], [], STOP_TIMEOUT_S)[0]:
                        break
            finally:
                os.close(handle)
    # The engine outlives a killed supervisor until it sees the end of its control socket.
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            connect_admin(config.admin_socket).close()
        except DeviceError:
            return
        except Refusal:
            pass
        time.sleep(STOP_POLL_S)
