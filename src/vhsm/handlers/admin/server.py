"""The server's figures."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from vhsm import __version__
from vhsm.store import accounts
from vhsm.wire import admin_pb2, engine_pb2, envelope_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context


def server_status(context: Context) -> engine_pb2.Answer:
    """Add the store's figures to the engine's own."""
    status = admin_pb2.Status()
    status.CopyFrom(context.ask.engine_status)
    status.version = __version__
    status.kernel = status.kernel or platform.release()
    status.containers, status.users, status.tokens, status.objects = accounts.load_figures(context.store.connection)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(status=status))
