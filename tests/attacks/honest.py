"""An honest worker with an in-memory store: what a hostile one deviates from, one step at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.attacks import canonical
from tests.attacks.engine_harness import ADMINISTRATOR_ID, ROUNDS
from vhsm.wire import (
    admin_pb2,
    engine_pb2,
    envelope_pb2,
    limits,
    object_pb2,
    session_pb2,
    slot_token_pb2,
    tables,
    use_pb2,
)
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.engine_harness import Conversation

CKR_OK = 0x0
CKR_DEVICE_ERROR = 0x30
CKR_OBJECT_HANDLE_INVALID = 0x82
CKR_PIN_INCORRECT = 0xA0
CKR_USER_NOT_LOGGED_IN = 0x101

OPERATIONS = (
    use_pb2.OPERATION_ENCRYPT,
    use_pb2.OPERATION_DECRYPT,
    use_pb2.OPERATION_SIGN,
    use_pb2.OPERATION_VERIFY,
    use_pb2.OPERATION_DIGEST_KEY,
)
SESSION_OBJECT = 1 << 63

DEFAULTS: canonical.Attributes = {
    tables.CKA_TOKEN: b"\0",
    tables.CKA_PRIVATE: b"\1",
    tables.CKA_LABEL: b"",
    tables.CKA_ID: b"",
    tables.CKA_SENSITIVE: b"\1",
    tables.CKA_EXTRACTABLE: b"\0",
    tables.CKA_WRAP_WITH_TRUSTED: b"\0",
    tables.CKA_MODIFIABLE: b"\1",
    tables.CKA_COPYABLE: b"\1",
    tables.CKA_DESTROYABLE: b"\1",
    tables.CKA_ENCRYPT: b"\1",
    tables.CKA_DECRYPT: b"\1",
    tables.CKA_SIGN: b"\1",
    tables.CKA_VERIFY: b"\1",
    tables.CKA_WRAP: b"\1",
    tables.CKA_UNWRAP: b"\1",
    tables.CKA_DERIVE: b"\1",
    tables.CKA_START_DATE: b"",
    tables.CKA_END_DATE: b"",
}
DATA_DEFAULTS: canonical.Attributes = {
    tables.CKA_TOKEN: b"\0",
    tables.CKA_PRIVATE: b"\0",
    tables.CKA_LABEL: b"",
    tables.CKA_MODIFIABLE: b"\1",
    tables.CKA_COPYABLE: b"\1",
    tables.CKA_DESTROYABLE: b"\1",
    tables.CKA_APPLICATION: b"",
    tables.CKA_OBJECT_ID: b"",
}


class NoSuchObject(Exception):  # noqa: N818 - it names what happened
    """The store has no such row."""


@dataclass
class TokenRows:
    """One token: its binding to one container, its two authentication keys, its objects."""

    uuid: bytes
    slot_id: int
    enrolment_id: bytes
    owner_id: int
    officer_id: int
    keys: dict[int, engine_pb2.AuthenticationKey] = field(default_factory=dict)
    objects: dict[int, engine_pb2.SealedObject] = field(default_factory=dict)

    @property
    def bound(self) -> engine_pb2.BoundToken:
        """The row of an Answer to Hello."""
        return engine_pb2.BoundToken(slot_id=self.slot_id, token_uuid=self.uuid, policy="standard")

    def row_of(self, conversation: Conversation, number: int) -> engine_pb2.SealedObject:
        """Find an object's row; for a session object, which the engine has, its number alone."""
        if number >= SESSION_OBJECT:
            sent = {held.number: held for held in conversation.ask.session_objects}
            return sent.get(number, engine_pb2.SealedObject(number=number))
        if number not in self.objects:
            raise NoSuchObject
        return self.objects[number]


def wanted(template: object_pb2.Template, **changed: bool) -> bytes:
    """The whole object that an honest handler wants for a template."""
    given = {attribute.type: attribute.value for attribute in template.attributes if attribute.HasField("value")}
    is_data = given.get(tables.CKA_CLASS) == canonical.number(CKO.DATA)
    attributes = (DATA_DEFAULTS if is_data else DEFAULTS) | given
    attributes |= {getattr(tables, f"CKA_{name}"): canonical.boolean(value) for name, value in changed.items()}
    return canonical.encode(attributes)


class Honest:
    """The worker's and the store's part, for all tokens of one test."""

    def __init__(self) -> None:
        self.tokens: dict[bytes, TokenRows] = {}
        self.administrator = engine_pb2.AuthenticationKey()
        self.next_number = 1
        self.served: list[str] = []

    def bind(self, enrolment_id: bytes) -> TokenRows:
        """Make a token's identity; its keys come with `user_add`."""
        ordinal = len(self.tokens)
        token = TokenRows(os.urandom(16), ordinal, enrolment_id, 100 + 2 * ordinal, 101 + 2 * ordinal)
        self.tokens[token.uuid] = token
        return token

    def token_of(self, conversation: Conversation) -> TokenRows:
        """The token of the Ask's session."""
        return self.tokens[conversation.ask.session.token_uuid]

    def __call__(self, conversation: Conversation) -> None:
        """Serve one Ask."""
        self.served.append(conversation.kind)
        handler: Callable[[Conversation], engine_pb2.Answer] = getattr(self, conversation.kind)
        try:
            conversation.answer(handler(conversation))
        except NoSuchObject:
            conversation.answer(rv=CKR_OBJECT_HANDLE_INVALID)

    # ---- who and where ---------------------------------------------------------------------------

    def bound(self, conversation: Conversation) -> list[engine_pb2.BoundToken]:
        """The tokens of the caller's container."""
        enrolment_id = conversation.ask.caller.enrolment_id
        return [token.bound for token in self.tokens.values() if token.enrolment_id == enrolment_id]

    def hello(self, conversation: Conversation) -> engine_pb2.Answer:
        """Welcome."""
        reply = envelope_pb2.Reply(welcome=envelope_pb2.Welcome(server_version="attack"))
        return engine_pb2.Answer(reply=reply, bound_tokens=self.bound(conversation))

    def slot_list(self, conversation: Conversation) -> engine_pb2.Answer:
        """The container's slots."""
        bound = self.bound(conversation)
        slots = [slot_token_pb2.Slot(slot_id=token.slot_id, container="c") for token in bound]
        reply = envelope_pb2.Reply(slots=slot_token_pb2.Slots(slots=slots))
        return engine_pb2.Answer(reply=reply, bound_tokens=bound)

    def token_info(self, _conversation: Conversation) -> engine_pb2.Answer:
        """Anything true enough."""
        return engine_pb2.Answer(reply=envelope_pb2.Reply(token=slot_token_pb2.Token(label="token")))

    def server_status(self, conversation: Conversation) -> engine_pb2.Answer:
        """The engine's own figures."""
        return engine_pb2.Answer(reply=envelope_pb2.Reply(status=conversation.ask.engine_status))

    # ---- logins ----------------------------------------------------------------------------------

    def key_for(self, conversation: Conversation) -> engine_pb2.AuthenticationKey:
        """The authentication key that a Login is for."""
        login = conversation.ask.request.login
        if login.role == session_pb2.ROLE_ADMINISTRATOR:
            return self.administrator
        return self.token_of(conversation).keys[login.role]

    def login(self, conversation: Conversation) -> engine_pb2.Answer:
        """Log in by what is remembered, else by derivation."""
        key = self.key_for(conversation)
        turn = engine_pb2.BeginLogin(user_id=key.user_id, role=key.role, secret=0)
        begun = conversation.call(engine_pb2.Call(begin_login=turn))
        if begun.rv == CKR_OK and begun.login_begun.remembered:
            return engine_pb2.Answer(reply=envelope_pb2.Reply())
        derive = engine_pb2.DeriveLogin(key=key, secret=0, log_in=True, linger_s=60)
        derived = conversation.call(engine_pb2.Call(derive_login=derive))
        return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=derived.rv))

    def user_add(self, conversation: Conversation) -> engine_pb2.Answer:
        """Make the two authentication keys of the token that the request names (by its uuid, as `label`)."""
        token = self.tokens[bytes.fromhex(conversation.ask.request.user_add.label)]
        people = (
            (token.owner_id, session_pb2.ROLE_USER, engine_pb2.TOKEN_KEY_FRESH),
            (token.officer_id, session_pb2.ROLE_SECURITY_OFFICER, engine_pb2.TOKEN_KEY_OF_THIS_ASK),
        )
        for secret, (user_id, role, source) in enumerate(people):
            key = engine_pb2.AuthenticationKey(
                user_id=user_id, role=role, token_uuid=token.uuid, enrolment_id=token.enrolment_id, version=1
            )
            key.derivation.algorithm = engine_pb2.KEY_DERIVATION_PBKDF2_HMAC_SHA256
            key.derivation.rounds = ROUNDS
            derive = engine_pb2.DeriveNew(key=key, secret=secret, token_key=source)
            derived = conversation.call(engine_pb2.Call(derive_new=derive))
            if derived.rv:
                return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=derived.rv))
            token.keys[role] = derived.keys_derived.key
        return engine_pb2.Answer(reply=envelope_pb2.Reply(user=admin_pb2.User(name="user")))

    # ---- objects ---------------------------------------------------------------------------------

    def keep(self, conversation: Conversation, made: engine_pb2.SealedObject) -> int:
        """Store what the engine made; its number."""
        if made.number >= SESSION_OBJECT:
            return made.number
        row = engine_pb2.SealedObject()
        row.CopyFrom(made)
        stored = self.token_of(conversation).objects
        # The UUID is the idempotency key: a write that is asked again is the same write.
        row.number = next((number for number, other in stored.items() if other.uuid == row.uuid), self.next_number)
        self.next_number = max(self.next_number, row.number + 1)
        conversation.call(engine_pb2.Call(begin_write=engine_pb2.BeginWrite()))
        stored[row.number] = row
        conversation.call(engine_pb2.Call(end_write=engine_pb2.EndWrite()))
        return row.number

    def created(self, conversation: Conversation, calls: list[engine_pb2.Call]) -> engine_pb2.Answer:
        """Make objects by one call each."""
        numbers: list[int] = []
        for call in calls:
            result = conversation.call(call)
            if result.rv:
                return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv))
            numbers.append(self.keep(conversation, result.object_made.object))
        reply = envelope_pb2.Reply(objects_created=object_pb2.ObjectsCreated(objects=numbers))
        return engine_pb2.Answer(reply=reply)

    def create_objects(self, conversation: Conversation) -> engine_pb2.Answer:
        """Import."""
        calls = []
        for index, template in enumerate(conversation.ask.request.create_objects.templates):
            make = engine_pb2.MakeObject(template_index=index, attributes=wanted(template))
            calls.append(engine_pb2.Call(create_object=make))
        return self.created(conversation, calls)

    def generate_key(self, conversation: Conversation) -> engine_pb2.Answer:
        """Generate."""
        make = engine_pb2.MakeObject(attributes=wanted(conversation.ask.request.generate_key.template))
        return self.created(conversation, [engine_pb2.Call(generate_key=make)])

    def copy_object(self, conversation: Conversation) -> engine_pb2.Answer:
        """Copy, with the template's changes."""
        request = conversation.ask.request.copy_object
        source = self.token_of(conversation).row_of(conversation, request.object)
        template = {attribute.type: attribute.value for attribute in request.template.attributes}
        attributes = canonical.decode(source.attributes) | template
        copy = engine_pb2.CopySealed(attributes=canonical.encode(attributes))
        if request.object < SESSION_OBJECT:
            copy.source.CopyFrom(source)
        return self.created(conversation, [engine_pb2.Call(copy_object=copy)])

    def destroy_object(self, conversation: Conversation) -> engine_pb2.Answer:
        """Destroy."""
        number = conversation.ask.request.destroy_object.object
        if number >= SESSION_OBJECT:
            destroy = engine_pb2.DestroySessionObject(number=number)
            result = conversation.call(engine_pb2.Call(destroy_session_object=destroy))
            return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv))
        gone = self.token_of(conversation).objects.pop(number, None)
        reply = envelope_pb2.Reply(rv=CKR_OK if gone else CKR_OBJECT_HANDLE_INVALID)
        return engine_pb2.Answer(reply=reply, touched_objects=[number])

    def read_attributes(self, conversation: Conversation) -> engine_pb2.Answer:
        """Let the engine fill in what may be read."""
        row = self.token_of(conversation).row_of(conversation, conversation.ask.request.read_attributes.object)
        result = conversation.call(engine_pb2.Call(reveal_object=engine_pb2.RevealObject(object=row)))
        return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv))

    def set_attributes(self, conversation: Conversation) -> engine_pb2.Answer:
        """Seal again."""
        number = conversation.ask.request.set_attributes.object
        token = self.token_of(conversation)
        row = token.row_of(conversation, number)
        result = conversation.call(engine_pb2.Call(reseal_object=engine_pb2.Reseal(object=row)))
        if result.rv == CKR_OK and number < SESSION_OBJECT:
            row = token.objects[number] = engine_pb2.SealedObject()
            row.CopyFrom(result.object_made.object)
            row.number = number
        return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv), touched_objects=[number])

    def find_objects(self, conversation: Conversation) -> engine_pb2.Answer:
        """Every token object whose attributes hold the template's."""
        template = {
            attribute.type: attribute.value for attribute in conversation.ask.request.find_objects.template.attributes
        }
        found = [
            number
            for number, row in self.token_of(conversation).objects.items()
            if template.items() <= canonical.decode(row.attributes).items()
        ][: limits.OBJECT_FIND_HANDLES_MAX]
        return engine_pb2.Answer(reply=envelope_pb2.Reply(found=object_pb2.Found(objects=found)))

    def wrap_key(self, conversation: Conversation) -> engine_pb2.Answer:
        """Wrap, whatever wraps whatever."""
        request, token = conversation.ask.request.wrap_key, self.token_of(conversation)
        wrap = engine_pb2.WrapObject(
            wrapping_key=token.row_of(conversation, request.wrapping_key), key=token.row_of(conversation, request.key)
        )
        result = conversation.call(engine_pb2.Call(wrap_key=wrap))
        return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv))

    def unwrap_key(self, conversation: Conversation) -> engine_pb2.Answer:
        """Unwrap as the template says."""
        return self.unwrapped(conversation, wanted(conversation.ask.request.unwrap_key.template))

    def unwrapped(self, conversation: Conversation, attributes: bytes) -> engine_pb2.Answer:
        """Unwrap, and want this of the result."""
        row = self.token_of(conversation).row_of(conversation, conversation.ask.request.unwrap_key.unwrapping_key)
        make = engine_pb2.MakeFromKey(key=row, attributes=[attributes])
        result = conversation.call(engine_pb2.Call(make_from_key=make))
        if result.rv:
            return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv))
        numbers = [self.keep(conversation, made) for made in result.objects_made.objects]
        reply = envelope_pb2.Reply(objects_created=object_pb2.ObjectsCreated(objects=numbers))
        return engine_pb2.Answer(reply=reply)

    # ---- uses ------------------------------------------------------------------------------------

    def prepare(self, conversation: Conversation) -> engine_pb2.Answer:
        """Open the key and grant everything that it allows."""
        number = conversation.ask.request.prepare.key
        row = self.token_of(conversation).row_of(conversation, number)
        result = conversation.call(engine_pb2.Call(open_object=engine_pb2.OpenObject(object=row)))
        if result.rv:
            return engine_pb2.Answer(reply=envelope_pb2.Reply(rv=result.rv))
        grant = engine_pb2.Grant(object=number, operations=OPERATIONS)
        return engine_pb2.Answer(reply=envelope_pb2.Reply(prepared=use_pb2.Prepared()), grants=[grant])


assert ADMINISTRATOR_ID < 100, "tokens' people are numbered from 100"
