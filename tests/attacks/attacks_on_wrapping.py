"""Attacks that carry a key out under another one, or in again with less protection: each returns whether it won."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import keywrap

from tests.attacks import canonical
from tests.attacks.honest import CKR_OK, wanted
from tests.attacks.hostile import honest_of, hostile, ok
from tests.attacks.stage import Client, Stage, secret_key, template
from vhsm.wire import engine_pb2, envelope_pb2, key_pb2, tables, use_pb2
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from tests.attacks.engine_harness import Conversation, Serve
    from vhsm.wire import object_pb2

KWP: Final = use_pb2.Mechanism(type=tables.CKM_AES_KEY_WRAP_KWP)
KEK: Final = bytes(range(32))  # what the attacker knows


def carrier(client: Client, **attributes: bool | bytes) -> int:
    """Import a key of which the attacker knows the value."""
    asked = template(CLASS=int(CKO.SECRET_KEY), KEY_TYPE=int(CKK.AES), TOKEN=True, **attributes, VALUE=True)
    rv, handle = client.create(asked, KEK)
    assert rv == CKR_OK, f"create: {rv:#x}"
    return handle


def wrapped(client: Client, wrapping_key: int, key: int, serve: Serve | None = None) -> bytes:
    """C_WrapKey, and take off the wrapping; nothing where it is refused."""
    asked = key_pb2.WrapKey(mechanism=KWP, wrapping_key=wrapping_key, key=key)
    reply, secrets = client.ask(envelope_pb2.Request(wrap_key=asked), serve=serve)
    return keywrap.aes_key_unwrap_with_padding(KEK, secrets[0]) if reply.rv == CKR_OK else b""


def unextractable_key_wrapped(stage: Stage) -> bool:
    """Application and worker agree to wrap what must stay."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        return wrapped(client, carrier(client), handle) == value


def wrapped_by_a_key_that_nobody_trusts(stage: Stage) -> bool:
    """The key asks for a trusted one."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, EXTRACTABLE=True, WRAP_WITH_TRUSTED=True)
        return wrapped(client, carrier(client), handle) == value


def wrapped_by_a_key_that_does_not_wrap(stage: Stage) -> bool:
    """The carrier's own usage says no."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, EXTRACTABLE=True)
        return wrapped(client, carrier(client, WRAP=False), handle) == value


def wrapped_by_a_key_that_wraps_others(stage: Stage) -> bool:
    """The carrier's CKA_WRAP_TEMPLATE names keys of another label."""
    demanded = canonical.encode({tables.CKA_LABEL: b"another"})
    with stage.someone() as client:
        handle, _, value = stage.key(client, EXTRACTABLE=True)
        return wrapped(client, carrier(client, WRAP_TEMPLATE=demanded), handle) == value


def another_key_wrapped_in_its_place(stage: Stage) -> bool:
    """The application wraps a harmless key; the worker names another row of the token."""
    with stage.someone() as client:
        _, number, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        harmless, _, _ = stage.key(client, EXTRACTABLE=True)

        def wrap(conversation: Conversation) -> engine_pb2.Answer:
            rows = stage.ours.objects
            wrapping_key = rows[conversation.ask.request.wrap_key.wrapping_key]
            call = engine_pb2.WrapObject(wrapping_key=wrapping_key, key=rows[number])
            conversation.call(engine_pb2.Call(wrap_key=call))
            return ok()

        return wrapped(client, carrier(client), harmless, hostile(client, wrap_key=wrap)) == value


def two_keys_wrapped_under_one_nonce(stage: Stage) -> bool:
    """Application and worker agree on a nonce: a known key under it gives the keystream of the other."""
    parameters = use_pb2.GcmParameters(iv=bytes(12), tag_bits=128)
    with stage.someone() as client:
        known, _, known_value = stage.key(client, EXTRACTABLE=True)
        handle, _, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=True)
        asked = key_pb2.WrapKey(
            mechanism=use_pb2.Mechanism(type=tables.CKM_AES_GCM, gcm=parameters), wrapping_key=carrier(client)
        )
        wrapped_keys = []
        for asked.key in (known, handle):
            reply, secrets = client.ask(envelope_pb2.Request(wrap_key=asked))
            wrapped_keys += secrets if reply.rv == CKR_OK else [b""]
        return value == bytes(a ^ b ^ c for a, b, c in zip(*wrapped_keys, known_value, strict=False))


def trusted_by_its_user(stage: Stage) -> bool:
    """The user says that his own key is to be trusted, and the worker lets him."""
    with stage.someone() as client:
        handle = carrier(client, PRIVATE=False)
        client.change(handle, template(TRUSTED=True))
        return client.read(handle)[1][tables.CKA_TRUSTED] == b"\1"


def unwrapped_as_readable(stage: Stage) -> bool:
    """The application asked for a sensitive key; the worker wants a readable one."""
    value = bytes(range(100, 132))
    with stage.someone() as client:
        asked = secret_key(TOKEN=True, SENSITIVE=True, EXTRACTABLE=False)

        def unwrap(conversation: Conversation) -> engine_pb2.Answer:
            return honest_of(client).unwrapped(conversation, wanted(asked, SENSITIVE=False, EXTRACTABLE=True))

        rv, handle = unwrapped(client, asked, value, hostile(client, unwrap_key=unwrap))
        return rv == CKR_OK and value in client.read(handle)[2]


def unwrapped_against_the_carriers_template(stage: Stage) -> bool:
    """CKA_UNWRAP_TEMPLATE says sensitive; application and worker agree that it does not matter."""
    value = bytes(range(100, 132))
    demanded = canonical.encode({tables.CKA_SENSITIVE: b"\1", tables.CKA_EXTRACTABLE: b"\0"})
    with stage.someone() as client:
        asked = secret_key(TOKEN=True, SENSITIVE=False, EXTRACTABLE=True)
        rv, handle = unwrapped(client, asked, value, UNWRAP_TEMPLATE=demanded)
        return rv == CKR_OK and value in client.read(handle)[2]


def unwrapped_with_a_false_history(stage: Stage) -> bool:
    """What was outside was not always sensitive, whatever the worker claims."""
    claims = {"ALWAYS_SENSITIVE": True, "NEVER_EXTRACTABLE": True, "LOCAL": True}
    with stage.someone() as client:
        asked = secret_key(TOKEN=True)

        def unwrap(conversation: Conversation) -> engine_pb2.Answer:
            return honest_of(client).unwrapped(conversation, wanted(asked, **claims))

        rv, handle = unwrapped(client, asked, bytes(32), hostile(client, unwrap_key=unwrap))
        assert rv == CKR_OK
        made: canonical.Attributes = client.read(handle)[1]
        return b"\1" in {made.get(getattr(tables, f"CKA_{name}")) for name in claims}


def unwrapped(
    client: Client, asked: object_pb2.Template, value: bytes, serve: Serve | None = None, **attributes: bytes
) -> tuple[int, int]:
    """C_UnwrapKey of a value that the attacker wrapped himself; CKR_ and handle."""
    unwrapping_key = carrier(client, **attributes)
    request = key_pb2.UnwrapKey(mechanism=KWP, unwrapping_key=unwrapping_key, template=asked, wrapped_secret=0)
    bytes_ = keywrap.aes_key_wrap_with_padding(KEK, value)
    reply, _ = client.ask(envelope_pb2.Request(unwrap_key=request), (bytes_,), serve)
    return reply.rv, reply.objects_created.objects[0] if reply.rv == CKR_OK else 0
