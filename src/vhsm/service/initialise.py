"""`vhsm init`: the machine seal, the database and its one administrator, made once."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from vhsm.config import ConfigError, ServerConfig
from vhsm.service import files, listeners
from vhsm.service.binaries import engine_path
from vhsm.service.privileges import separate_identities
from vhsm.store import create
from vhsm.wire import limits
from vhsm.wire.engine_pb2 import AuthenticationKey

if TYPE_CHECKING:
    from pathlib import Path

ADMINISTRATOR_ID: Final = 1
ENROLMENT_ID_LENGTH: Final = 16
OUTPUT_LENGTH_MAX: Final = 65_536


def initialise(
    config: ServerConfig, administrator: str, password: bytes | bytearray, rounds: int = limits.LOGIN_PBKDF2_ROUNDS_MIN
) -> None:
    """Make a server's files; the engine makes the seal and seals the administrator's key.

    Args:
        config: where everything goes.
        administrator: the first administrator's name.
        password: that administrator's; it goes to the engine by a pipe.
        rounds: PBKDF2 iterations of this and of every later password.

    Raises:
        ConfigError: something is there already, or cannot be made.
    """
    os.umask(0o077)
    for path in (config.database, config.seal_file):
        if path.exists():
            raise ConfigError(
                f"{path}: is there already; nothing is overwritten, so move it away or name another place"
            )
    engine_path()
    listeners.make_directory(config.data_dir, 0o700)
    _make_seal_directory(config.seal_file.parent)
    listeners.make_directory(config.socket_dir, 0o700)
    enrolment_id = secrets.token_bytes(ENROLMENT_ID_LENGTH)
    try:
        key = _run_engine(config.seal_file, password, enrolment_id, rounds)
        create(config.database, administrator, key, enrolment_id)
    except BaseException:
        # Half a server is none: the seal that was just made protects nothing yet.
        for path in (config.seal_file, *config.data_dir.glob(f"{config.database.name}*")):
            with contextlib.suppress(OSError):
                path.unlink()
        raise
    identities, _ = separate_identities(config)
    if identities is not None:
        files.give_data_dir(config.data_dir, identities.worker)
        os.chown(config.socket_dir, identities.supervisor.uid, identities.supervisor.gid)


def _make_seal_directory(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; name another seal_file") from None


def _run_engine(seal_file: Path, password: bytes | bytearray, enrolment_id: bytes, rounds: int) -> AuthenticationKey:
    """Run the engine's init mode: it writes the seal, and gives back the administrator's sealed key."""
    try:
        seal = os.open(seal_file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{seal_file}: {error.strerror}; name another seal_file") from None
    password_reader, password_writer = os.pipe()
    output_reader, output_writer = os.pipe()
    command = [str(engine_path()), "init"]
    command += ["--seal-fd", str(seal), "--password-fd", str(password_reader), "--output-fd", str(output_writer)]
    command += ["--enrolment-id", enrolment_id.hex(), "--user-id", str(ADMINISTRATOR_ID), "--rounds", str(rounds)]
    inherited = (seal, password_reader, output_writer)
    try:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=inherited, env={}) as process:
            for descriptor in (password_reader, output_writer):
                os.close(descriptor)
            # Shorter than a pipe's buffer, so this never waits.
            with contextlib.suppress(BrokenPipeError):
                os.write(password_writer, password)
            os.close(password_writer)
            with os.fdopen(output_reader, "rb") as output:
                sealed = output.read(OUTPUT_LENGTH_MAX)
        if process.returncode == 0:
            os.fsync(seal)
    finally:
        os.close(seal)
    if process.returncode != 0:
        raise ConfigError(f"{command[0]} init failed with status {process.returncode}; it says why above")
    try:
        return AuthenticationKey.FromString(sealed)
    except DecodeError:
        raise ConfigError(f"{command[0]} and this vhsm do not belong together; build both anew") from None
