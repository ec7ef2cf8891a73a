"""Uses of keys (PKCS#11 v3.2, 5.8 to 5.15): this is asked once for a key, and then the engine repeats the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import KeyHandleInvalid
from vhsm.handlers.object import named
from vhsm.policy import grants
from vhsm.store import counts
from vhsm.wire import engine_pb2, envelope_pb2, use_pb2

if TYPE_CHECKING:
    from vhsm.handlers.context import Context


def prepare(context: Context) -> engine_pb2.Answer:
    """Decide on the uses of a key, and have the engine keep it ready."""
    request = context.request.prepare
    key = named(context, request.key, missing=KeyHandleInvalid)
    policy = context.of_session.token.policy
    grant = grants.decide(key.attributes, key.number, policy, request.operation, request.mechanism.type)
    if request.mechanism.WhichOneof("parameters") == "message":
        grant.encryptions = counts.encryptions(context.store.connection, request.key)
    context.channel.open_object(key.sealed_object)
    # What the key and the mechanism are like, the engine says by itself.
    return engine_pb2.Answer(reply=envelope_pb2.Reply(prepared=use_pb2.Prepared()), grants=[grant])
