"""`vhsm serve`: everything in its order, from the configuration to the exit status."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog

from vhsm.config import ConfigError
from vhsm.errors import Refusal
from vhsm.handlers.dispatch import Spine
from vhsm.identity import identify
from vhsm.service import files, listeners, log, sandbox
from vhsm.service.engine_process import EngineGoneError, EngineProcess
from vhsm.service.privileges import become_supervisor, separate_identities
from vhsm.service.supervisor import Supervisor
from vhsm.store import open_store
from vhsm.store.database import failures_refused
from vhsm.wire.engine_pb2 import LISTENER_ADMIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vhsm.config import ServerConfig

_log = structlog.get_logger()


def serve(config: ServerConfig, ready_fd: int | None = None) -> int:
    """Run the service until SIGTERM or SIGINT; returns the exit status.

    Args:
        config: the server's configuration.
        ready_fd: a descriptor to which one line is written once the engine serves.

    Raises:
        ConfigError: something the operator must put right first.
    """
    log.configure(config.log_level, config.log_format)
    os.umask(0o077)
    identities, weakened = separate_identities(config)
    warnings = tuple(([weakened] if weakened else []) + sandbox.missing())
    for warning in warnings:
        _log.warning("service.weakened", warning=warning)
    with files.locked_data_dir(config):
        seal = files.open_seal(config.seal_file)
        listeners.make_directory(config.socket_dir, 0o700)
        with files.written_pid_file(config.pid_file):
            store = open_store(config.database)
            spine = Spine(store, config.socket_dir, identify, warnings=warnings)
            try:
                with failures_refused():
                    spine.warm()
                    rows = store.listeners()
                    store.dispose()
            except Refusal as refusal:
                raise ConfigError(f"{config.database}: {refusal}; restore it from your backup") from None
            if identities is None:
                files.expect_reachable(config.data_dir, os.geteuid())
            else:
                files.give_data_dir(config.data_dir, identities.worker)
            # While this is still root: the engine locks its memory before it gives its rights up.
            engine = EngineProcess.start(config, seal, identities.engine if identities else None)
            if identities is not None:
                os.chown(config.socket_dir, identities.supervisor.uid, identities.supervisor.gid)
                become_supervisor(identities.supervisor)
            with Supervisor(config, spine, engine, identities.worker if identities else None) as supervisor:
                admin = [row.enrolment_id for row in rows if row.kind == LISTENER_ADMIN]
                containers = {row.name: row.enrolment_id for row in rows if row.kind != LISTENER_ADMIN}
                if len(admin) != 1:
                    raise ConfigError(f"{config.database}: holds no administrators' listener; restore the database")
                try:
                    supervisor.start(admin[0], containers)
                except EngineGoneError as error:
                    _log.error("engine.gone", reason=str(error))
                    return 1
                return supervisor.run(lambda warnings: _announce(config, engine, warnings, ready_fd))


def _announce(config: ServerConfig, engine: EngineProcess, warnings: Iterable[str], ready_fd: int | None) -> None:
    for warning in warnings:
        _log.warning("engine.weakened", warning=warning)
    _log.info("service.ready", engine_pid=engine.pid, admin_socket=str(config.admin_socket))
    if ready_fd is not None:
        os.write(ready_fd, b"ready\n")
        os.close(ready_fd)
