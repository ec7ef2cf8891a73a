"""Keys (PKCS#11 v3.2, 5.18): generated in the engine, stored sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.handlers.object import store_made
from vhsm.model.template import parse_template
from vhsm.policy import templates
from vhsm.wire.tables import MECHANISMS

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.wire import engine_pb2


def generate_key(context: Context) -> engine_pb2.Answer:
    """C_GenerateKey."""
    request = context.request.generate_key
    session = context.of_session
    template = parse_template(request.template, context.ask.secret_lengths)
    attributes = templates.generated(template, MECHANISMS.get(request.mechanism.type), session.token.policy)
    templates.check_session(attributes, session)
    return store_made(context, [context.channel.generate_key(attributes)])
