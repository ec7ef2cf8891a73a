"""The server's figures."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from vhsm import __version__
from vhsm.store import accounts, containers
from vhsm.wire import admin_pb2, engine_pb2, envelope_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context


def server_status(context: Context) -> engine_pb2.Answer:
    """Add the store's figures, and what the control side cannot promise, to the engine's own."""
    status = admin_pb2.Status()
    status.CopyFrom(context.ask.engine_status)
    status.version = __version__
    status.kernel = status.kernel or platform.release()
    status.containers, status.users, status.tokens, status.objects = accounts.load_figures(context.store.connection)
    status.warnings.extend(context.warnings)
    status.warnings.extend(
        f"callers of container {container.name} are not seen whole: {', '.join(container.unseen)}"
        for container in containers.load_all(context.store.connection)
        if container.unseen
    )
    return engine_pb2.Answer(reply=envelope_pb2.Reply(status=status))
