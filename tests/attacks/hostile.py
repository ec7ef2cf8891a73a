"""What the attacks share: a worker that deviates from the honest one, and handles of what is not ours."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, TypeAlias

from tests.attacks.honest import CKR_OK, Honest
from tests.attacks.stage import Client, Stage, template
from vhsm.wire import engine_pb2, envelope_pb2, object_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.engine_harness import Conversation

Override: TypeAlias = "Callable[[Conversation], engine_pb2.Answer]"
Attack: TypeAlias = "Callable[[Stage], bool]"

CKR_PIN_INCORRECT = 0xA0
DATA = b"what is signed"


class Hostile(Honest):
    """A worker that is honest but for what it overrides; it shares the honest one's store."""

    def __init__(self, honest: Honest, **overrides: Override) -> None:
        self.__dict__ = honest.__dict__
        self.overrides = overrides

    def __call__(self, conversation: Conversation) -> None:
        """Serve one Ask: by the override where there is one."""
        override = self.overrides.get(conversation.kind)
        if override:
            conversation.answer(override(conversation))
        else:
            super().__call__(conversation)


def ok(**parts: object) -> engine_pb2.Answer:
    """An Answer that says CKR_OK, whatever happened."""
    return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=CKR_OK), **parts)  # type: ignore[arg-type]


def denied() -> engine_pb2.Answer:
    """What a worker says of a wrong PIN."""
    return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=CKR_PIN_INCORRECT))


def mac(value: bytes) -> bytes:
    """What a signature with this key must be."""
    return hmac.digest(value, DATA, hashlib.sha256)


def handle_of(client: Client, number: int) -> int:
    """Let a hostile worker give the application a handle of any object."""

    def found(_conversation: Conversation) -> engine_pb2.Answer:
        return engine_pb2.Answer(reply=envelope_pb2.Reply(found=object_pb2.Found(objects=[number])))

    rv, handles = client.find(template(), hostile(client, find_objects=found))
    return handles[0] if rv == CKR_OK and handles else 0


def honest_of(client: Client) -> Honest:
    """The worker that serves this client."""
    assert isinstance(client.application.serve, Honest)
    return client.application.serve


def hostile(client: Client, **overrides: Override) -> Hostile:
    """Take over the worker that serves this client."""
    return Hostile(honest_of(client), **overrides)
