"""Attacks on what protects a key (law 4): each returns whether it won."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.attacks import canonical
from tests.attacks.honest import CKR_OK, wanted
from tests.attacks.hostile import hostile, ok
from tests.attacks.stage import Stage, secret_key, template
from vhsm.wire import engine_pb2, object_pb2, tables
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from tests.attacks.engine_harness import Conversation

# ---- law 4: what protects a key is computed in the engine ------------------------------------------


def reseal_as_extractable(stage: Stage) -> bool:
    """Application and worker agree to make a sensitive key readable."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        client.change(handle, template(EXTRACTABLE=True))
        client.change(handle, template(SENSITIVE=False))
        return value in client.read(handle)[2]


def trust_no_longer_asked_for(stage: Stage) -> bool:
    """CKA_WRAP_WITH_TRUSTED goes down."""
    with stage.someone() as client:
        handle, _, _ = stage.key(client, WRAP_WITH_TRUSTED=True)
        client.change(handle, template(WRAP_WITH_TRUSTED=False))
        return client.read(handle)[1][tables.CKA_WRAP_WITH_TRUSTED] == b"\0"


def _made_otherwise(stage: Stage, kind: str, asked: object_pb2.Template, **meant: bool) -> canonical.Attributes:
    """Ask for an object, let the worker want another one, and look at what was made."""

    def make(conversation: Conversation) -> engine_pb2.Answer:
        attributes = canonical.decode(wanted_of(conversation))
        attributes |= {getattr(tables, f"CKA_{name}"): canonical.boolean(flag) for name, flag in meant.items()}
        made = engine_pb2.MakeObject(attributes=canonical.encode(attributes))
        call = engine_pb2.Call(**{"create_object" if kind == "create_objects" else kind: made})  # type: ignore[arg-type]
        return stage.honest.created(conversation, [call])

    with stage.someone() as client:
        worker = hostile(client, **{kind: make})
        if kind == "generate_key":
            rv, handle = client.generate(asked, worker)
        else:
            rv, handle = client.create(asked, os.urandom(32), worker)
        return client.read(handle)[1] if rv == CKR_OK else {}


def wanted_of(conversation: Conversation) -> bytes:
    """What an honest worker would want."""
    request = conversation.ask.request
    asked = (
        request.generate_key.template if conversation.kind == "generate_key" else request.create_objects.templates[0]
    )
    return wanted(asked)


def generated_as_readable(stage: Stage) -> bool:
    """The application asked for a sensitive key."""
    asked = secret_key(TOKEN=True, VALUE_LEN=32, SENSITIVE=True, EXTRACTABLE=False)
    made = _made_otherwise(stage, "generate_key", asked, SENSITIVE=False, EXTRACTABLE=True)
    return made.get(tables.CKA_SENSITIVE) == b"\0" or made.get(tables.CKA_EXTRACTABLE) == b"\1"


def generated_as_readable_where_the_template_is_silent(stage: Stage) -> bool:
    """The application left it to the defaults, which protect."""
    asked = secret_key(TOKEN=True, VALUE_LEN=32)
    made = _made_otherwise(stage, "generate_key", asked, SENSITIVE=False, EXTRACTABLE=True)
    return made.get(tables.CKA_SENSITIVE) == b"\0" or made.get(tables.CKA_EXTRACTABLE) == b"\1"


def created_as_readable(stage: Stage) -> bool:
    """The application imported a sensitive key."""
    asked = secret_key(TOKEN=True, SENSITIVE=True, EXTRACTABLE=False, VALUE=True)
    made = _made_otherwise(stage, "create_objects", asked, SENSITIVE=False, EXTRACTABLE=True)
    return made.get(tables.CKA_SENSITIVE) == b"\0" or made.get(tables.CKA_EXTRACTABLE) == b"\1"


def created_as_public(stage: Stage) -> bool:
    """A public object is sealed under a key that needs no login."""
    asked = secret_key(TOKEN=True, VALUE=True)
    return _made_otherwise(stage, "create_objects", asked, PRIVATE=False).get(tables.CKA_PRIVATE) == b"\0"


def created_with_a_false_history(stage: Stage) -> bool:
    """An imported key was not always sensitive, never extractable or made here."""
    asked = secret_key(TOKEN=True, VALUE=True)
    claims = {"ALWAYS_SENSITIVE": True, "NEVER_EXTRACTABLE": True, "LOCAL": True}
    made = _made_otherwise(stage, "create_objects", asked, **claims)
    return b"\1" in {made.get(getattr(tables, f"CKA_{name}")) for name in claims}


def generated_with_a_true_history(stage: Stage) -> bool:
    """The control: of a key that was made here the same claims hold."""
    made = _made_otherwise(stage, "generate_key", secret_key(TOKEN=True, VALUE_LEN=32))
    return {made.get(tables.CKA_ALWAYS_SENSITIVE), made.get(tables.CKA_NEVER_EXTRACTABLE)} == {b"\1"}


def created_with_more_uses(stage: Stage) -> bool:
    """The application wanted a key that wraps nothing."""
    asked = secret_key(TOKEN=True, VALUE_LEN=32, WRAP=False, SIGN=False)
    made = _made_otherwise(stage, "generate_key", asked, WRAP=True, SIGN=True)
    return b"\1" in {made.get(tables.CKA_WRAP), made.get(tables.CKA_SIGN)}


def copied_as_readable(stage: Stage) -> bool:
    """The worker wants a readable copy of a sensitive key."""

    def copy(conversation: Conversation) -> engine_pb2.Answer:
        source = stage.ours.objects[conversation.ask.request.copy_object.object]
        attributes = canonical.decode(source.attributes)
        attributes |= {tables.CKA_SENSITIVE: b"\0", tables.CKA_EXTRACTABLE: b"\1"}
        call = engine_pb2.CopySealed(source=source, attributes=canonical.encode(attributes))
        return stage.honest.created(conversation, [engine_pb2.Call(copy_object=call)])

    with stage.someone() as client:
        handle, _, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        rv, copied = client.copy(handle, template(LABEL="copy"), hostile(client, copy_object=copy))
        return rv == CKR_OK and value in client.read(copied)[2]


def copied_as_readable_by_both(stage: Stage) -> bool:
    """Application and worker want a readable copy of a sensitive key."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        rv, copied = client.copy(handle, template(SENSITIVE=False, EXTRACTABLE=True))
        return rv == CKR_OK and value in client.read(copied)[2]


def sensitive_value_revealed(stage: Stage) -> bool:
    """The worker asks the engine to put a sensitive key into the reply."""
    with stage.someone() as client:
        handle, _, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        return value in client.read(handle)[2]


def sensitive_value_revealed_in_place_of_another(stage: Stage) -> bool:
    """The application reads a harmless object; the worker answers with another row of the token."""
    with stage.someone() as client:
        _, number, value = stage.key(client, SENSITIVE=True, EXTRACTABLE=False)
        rv, harmless = client.create(template(CLASS=int(CKO.DATA), TOKEN=True, VALUE=True), b"harmless")
        assert rv == CKR_OK

        def reveal(conversation: Conversation) -> engine_pb2.Answer:
            row = engine_pb2.SealedObject()
            row.CopyFrom(stage.ours.objects[number])
            row.number = conversation.ask.request.read_attributes.object
            conversation.call(engine_pb2.Call(reveal_object=engine_pb2.RevealObject(object=row)))
            return ok()

        return value in client.read(harmless, hostile(client, read_attributes=reveal))[2]
