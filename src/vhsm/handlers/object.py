"""Objects (PKCS#11 v3.2, 5.7): created, copied, destroyed, read, changed and found.

Whatever is private is there for the logged-in user only; anyone else gets the same answer as for an object that does
not exist. Session objects live in the engine, which sends their attributes along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vhsm.errors import ActionProhibited, ArgumentsBad, FunctionFailed, ObjectHandleInvalid, Refusal, SessionReadOnly
from vhsm.handlers.context import ok
from vhsm.model.attributes import Attributes
from vhsm.model.identifiers import ObjectNumber, is_session_object
from vhsm.model.template import parse_template
from vhsm.policy import templates
from vhsm.store import objects
from vhsm.wire import engine_pb2, envelope_pb2, object_pb2
from vhsm.wire.limits import OBJECT_FIND_HANDLES_MAX, OBJECT_OBJECTS_PER_REQUEST_MAX
from vhsm.wire.tables import CKA_COPYABLE, CKA_DESTROYABLE, CKA_MODIFIABLE, CKA_PRIVATE, CKA_TOKEN

if TYPE_CHECKING:
    from vhsm.handlers.context import Context
    from vhsm.model.records import StoredObject

RESEALS_MAX: Final = 3  # how often a change starts again because another one came between


@dataclass(frozen=True, slots=True)
class Named:
    """The object that a request names: its attributes, and its row unless it is a session object."""

    number: ObjectNumber
    attributes: Attributes
    row: StoredObject | None

    @property
    def sealed_object(self) -> engine_pb2.SealedObject:
        """The row as the engine wants it; of a session object the number alone."""
        return engine_pb2.SealedObject(number=self.number) if self.row is None else self.row.sealed_object()


def named(context: Context, number: int, missing: type[Refusal] = ObjectHandleInvalid) -> Named:
    """Load the object that the request names.

    Raises:
        Refusal: `missing`, for what is not there and for what the caller may not see alike.
    """
    session = context.of_session
    named_number = ObjectNumber(number)
    if is_session_object(named_number):
        row = None
        sent = next((held for held in context.ask.session_objects if held.number == number), None)
        if sent is None:  # the engine has no such object, or no longer
            raise missing
        attributes = Attributes.parse(sent.attributes)
    else:
        row = objects.load(
            context.store.connection, session.token.id, named_number, private_visible=session.user_logged_in
        )
        if row is None:
            raise missing
        attributes = row.attributes
    if attributes.boolean(CKA_PRIVATE) is not False and not session.user_logged_in:
        raise missing
    return Named(named_number, attributes, row)


# ---- making -----------------------------------------------------------------------------------


def create_objects(context: Context) -> engine_pb2.Answer:
    """C_CreateObject, and the import of many in one transaction: all of them or none."""
    request = context.request.create_objects
    if not 1 <= len(request.templates) <= OBJECT_OBJECTS_PER_REQUEST_MAX:
        raise ArgumentsBad(f"one request creates 1 to {OBJECT_OBJECTS_PER_REQUEST_MAX} objects")
    session = context.of_session
    wanted = []
    for template in request.templates:
        parsed = parse_template(template, context.ask.secret_lengths)
        attributes = templates.created(parsed, session.token.policy)
        templates.check_session(attributes, session)
        wanted.append(attributes)
    made = [context.channel.create_object(index, attributes) for index, attributes in enumerate(wanted)]
    return store_made(context, made)


def copy_object(context: Context) -> engine_pb2.Answer:
    """C_CopyObject."""
    request = context.request.copy_object
    source = named(context, request.object)
    if source.attributes.boolean(CKA_COPYABLE) is False:
        raise ActionProhibited("CKA_COPYABLE is false")
    template = parse_template(request.template, context.ask.secret_lengths)
    attributes = templates.copied(source.attributes, template, context.of_session.token.policy)
    templates.check_session(attributes, context.of_session)
    return store_made(context, [context.channel.copy_object(source.sealed_object, attributes)])


def store_made(context: Context, made: list[engine_pb2.SealedObject]) -> engine_pb2.Answer:
    """Store the token objects among what the engine made, in one transaction, and name all of them.

    Session objects become real with the Answer: a refusal leaves none behind.
    """
    numbers = [ObjectNumber(sealed.number) for sealed in made]
    to_store = [at for at, sealed in enumerate(made) if not is_session_object(ObjectNumber(sealed.number))]
    if to_store:
        with context.writing() as writing:
            for at in to_store:
                numbers[at] = objects.add(writing.connection, context.of_session.token.id, made[at])
                writing.note(object_uuid=made[at].uuid)
    created = object_pb2.ObjectsCreated(objects=numbers)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(objects_created=created))


# ---- changing ---------------------------------------------------------------------------------


def destroy_object(context: Context) -> engine_pb2.Answer:
    """C_DestroyObject. A second worker that is asked because the first one died may find it done."""
    number = context.request.destroy_object.object
    try:
        target = named(context, number)
    except ObjectHandleInvalid:
        if context.ask.asked_before:
            return engine_pb2.Answer(reply=envelope_pb2.Reply(), touched_objects=[number])
        raise
    check_may_change(context, target)
    if target.attributes.boolean(CKA_DESTROYABLE) is False:
        raise ActionProhibited("CKA_DESTROYABLE is false")
    if target.row is None:
        context.channel.destroy_session_object(target.number)
    else:
        with context.writing() as writing:
            if not objects.remove(writing.connection, context.of_session.token.id, target.number):
                raise ObjectHandleInvalid
            writing.note(object_uuid=target.row.uuid)
    return engine_pb2.Answer(reply=envelope_pb2.Reply(), touched_objects=[target.number])


def set_attributes(context: Context) -> engine_pb2.Answer:
    """C_SetAttributeValue: the engine proves the old state and seals the new one, one version on."""
    request = context.request.set_attributes
    template = parse_template(request.template, context.ask.secret_lengths)
    for _ in range(RESEALS_MAX):
        target = named(context, request.object)
        check_may_change(context, target)
        if target.attributes.boolean(CKA_MODIFIABLE) is False:
            raise ActionProhibited("CKA_MODIFIABLE is false")
        templates.check_changes(
            target.attributes, templates.check_trust(template, context.of_session), context.of_session.token.policy
        )
        sealed = context.channel.reseal_object(target.sealed_object)
        if target.row is None or replaced(context, target.row, sealed):
            return engine_pb2.Answer(reply=envelope_pb2.Reply(), touched_objects=[target.number])
    raise FunctionFailed("the object was changed by others all the time")


def replaced(context: Context, row: StoredObject, sealed: engine_pb2.SealedObject) -> bool:
    """Store a row sealed anew; False, and nothing recorded, if it changed meanwhile."""
    with context.writing(recorded=False) as writing:
        done = objects.replace(writing.connection, context.of_session.token.id, row, sealed)
        if done:
            context.record(writing.connection, 0, object_uuid=row.uuid)
    context.recorded = done
    return done


def check_may_change(context: Context, target: Named) -> None:
    """Refuse changes of token objects in read-only sessions.

    Raises:
        SessionReadOnly.
    """
    if target.attributes.boolean(CKA_TOKEN) and not context.of_session.read_write:
        raise SessionReadOnly


# ---- reading ----------------------------------------------------------------------------------


def read_attributes(context: Context) -> engine_pb2.Answer:
    """C_GetAttributeValue and C_GetObjectSize of a token object: the engine opens the row and fills the reply."""
    target = named(context, context.request.read_attributes.object)
    context.channel.open_object(target.sealed_object)
    context.channel.reveal_object(target.sealed_object)
    return ok()


def find_objects(context: Context) -> engine_pb2.Answer:
    """C_FindObjects: the numbers of visible token objects; the engine adds session objects.

    A value that is secret cannot be looked for here: no token object matches it. A certificate's is none.
    """
    request = context.request.find_objects
    session = context.of_session
    template = parse_template(request.template, context.ask.secret_lengths, sought=True)
    numbers, cursor = (
        ([], 0)
        if template.secret_lengths
        else objects.find(
            context.store.connection,
            objects.Wanted(
                token_id=session.token.id,
                values=template.values,
                private_visible=session.user_logged_in,
                after=request.cursor,
                limit=OBJECT_FIND_HANDLES_MAX,
            ),
        )
    )
    return engine_pb2.Answer(reply=envelope_pb2.Reply(found=object_pb2.Found(objects=numbers, cursor=cursor)))
