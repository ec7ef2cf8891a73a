"""The stage of every attack: one engine, two containers with a token each, and a victim who must notice nothing."""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tests.attacks import canonical
from tests.attacks.engine_harness import ADMINISTRATOR_PASSWORD, Application, Engine, Seal, Serve
from tests.attacks.honest import CKR_OK, Honest, TokenRows
from vhsm.wire import admin_pb2, envelope_pb2, key_pb2, object_pb2, session_pb2, signing_pb2, tables, use_pb2
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_PIN = b"owner's PIN"
OFFICER_PIN = b"officer's PIN"

HMAC = use_pb2.Mechanism(type=tables.CKM_SHA256_HMAC)
GENERIC_SECRET_KEY_GEN = use_pb2.Mechanism(type=tables.CKM_GENERIC_SECRET_KEY_GEN)


def template(**attributes: bool | int | str | bytes) -> object_pb2.Template:
    """Spell a template: `template(LABEL="k", SENSITIVE=True)`. CKA_VALUE is always secret 0."""
    spelled = object_pb2.Template()
    for name, value in attributes.items():
        kind: int = getattr(tables, f"CKA_{name}")
        if kind == tables.CKA_VALUE:
            spelled.attributes.add(type=kind, secret=0)
        else:
            spelled.attributes.add(type=kind, value=canonical.spelled(kind, value))
    return spelled


def secret_key(**attributes: bool | int | str | bytes) -> object_pb2.Template:
    """A generic secret's template."""
    return template(CLASS=int(CKO.SECRET_KEY), KEY_TYPE=int(CKK.GENERIC_SECRET), **attributes)


@dataclass(eq=False)
class Client:
    """An honest application with one session on one token."""

    application: Application
    token: TokenRows
    session: int = 0

    @classmethod
    def open(cls, engine: Engine, token: TokenRows, serve: Serve) -> Self:
        """Say Hello and open a read/write session."""
        application = Application.connect(engine, token.enrolment_id, serve).hello()
        client = cls(application, token)
        client.session = client.open_session()
        return client

    def open_session(self, slot_id: int | None = None) -> int:
        """Open a session."""
        opened = session_pb2.OpenSession(slot_id=self.token.slot_id if slot_id is None else slot_id, read_write=True)
        reply, _ = self.application.ask(envelope_pb2.Request(open_session=opened))
        assert reply.rv == CKR_OK
        return reply.session_opened.session

    def ask(
        self, request: envelope_pb2.Request, secrets: tuple[bytes, ...] = (), serve: Serve | None = None
    ) -> tuple[envelope_pb2.Reply, list[bytes]]:
        """Ask in the session."""
        request.session = self.session
        return self.application.ask(request, secrets, serve)

    def login(
        self,
        pin: bytes = OWNER_PIN,
        role: session_pb2.Role.ValueType = session_pb2.ROLE_USER,
        serve: Serve | None = None,
    ) -> int:
        """Log in; the CKR_."""
        login = session_pb2.Login(role=role)
        return self.ask(envelope_pb2.Request(login=login), (pin,), serve)[0].rv

    def state(self) -> int:
        """The session's CKS_ value."""
        reply, _ = self.ask(envelope_pb2.Request(session_info=session_pb2.SessionInfo()))
        assert reply.rv == CKR_OK
        return reply.session_state.state

    def create(
        self, wanted: object_pb2.Template, value: bytes | None = None, serve: Serve | None = None
    ) -> tuple[int, int]:
        """Import (with a value) or make a data object; CKR_ and handle."""
        request = envelope_pb2.Request(create_objects=object_pb2.CreateObjects(templates=[wanted]))
        reply, _ = self.ask(request, () if value is None else (value,), serve)
        return reply.rv, reply.objects_created.objects[0] if reply.rv == CKR_OK else 0

    def generate(self, wanted: object_pb2.Template, serve: Serve | None = None) -> tuple[int, int]:
        """Generate a generic secret; CKR_ and handle."""
        request = envelope_pb2.Request(
            generate_key=key_pb2.GenerateKey(mechanism=GENERIC_SECRET_KEY_GEN, template=wanted)
        )
        reply, _ = self.ask(request, serve=serve)
        return reply.rv, reply.objects_created.objects[0] if reply.rv == CKR_OK else 0

    def read(self, handle: int, serve: Serve | None = None) -> tuple[int, canonical.Attributes, list[bytes]]:
        """Read all attributes and ask for the value: CKR_, attributes, secrets that came."""
        wanted = object_pb2.ReadAttributes(object=handle, types=[tables.CKA_VALUE])
        reply, secrets = self.ask(envelope_pb2.Request(read_attributes=wanted), serve=serve)
        attributes = canonical.decode(reply.attributes_read.attributes) if reply.rv == CKR_OK else {}
        return reply.rv, attributes, secrets

    def change(self, handle: int, wanted: object_pb2.Template, serve: Serve | None = None) -> int:
        """C_SetAttributeValue; the CKR_."""
        change = object_pb2.SetAttributes(object=handle, template=wanted)
        return self.ask(envelope_pb2.Request(set_attributes=change), serve=serve)[0].rv

    def copy(self, handle: int, wanted: object_pb2.Template, serve: Serve | None = None) -> tuple[int, int]:
        """C_CopyObject; CKR_ and handle."""
        copy = object_pb2.CopyObject(object=handle, template=wanted)
        reply, _ = self.ask(envelope_pb2.Request(copy_object=copy), serve=serve)
        return reply.rv, reply.objects_created.objects[0] if reply.rv == CKR_OK else 0

    def find(self, wanted: object_pb2.Template, serve: Serve | None = None) -> tuple[int, list[int]]:
        """Find; CKR_ and handles."""
        request = envelope_pb2.Request(find_objects=object_pb2.FindObjects(template=wanted))
        reply, _ = self.ask(request, serve=serve)
        return reply.rv, list(reply.found.objects)

    def sign(
        self, handle: int, data: bytes, serve: Serve | None = None, mechanism: use_pb2.Mechanism = HMAC
    ) -> tuple[int, bytes]:
        """HMAC in one trip; CKR_ and MAC."""
        use = use_pb2.Use(step=use_pb2.STEP_COMPLETE, key=handle, mechanism=mechanism)
        request = envelope_pb2.Request(session=self.session, sign=signing_pb2.Sign(use=use))
        return self.application.use(request, data, serve)

    def close(self) -> None:
        """Go away."""
        self.application.close()


@dataclass(eq=False)
class Stage:
    """An engine that serves two containers honestly, until a test says otherwise."""

    engine: Engine
    honest: Honest
    ours: TokenRows
    theirs: TokenRows
    victim: Client = field(init=False)
    victims_value: bytes = field(init=False)
    victims_handle: int = field(init=False)
    victims_number: int = field(init=False)

    @classmethod
    def build(cls, program: Path, seal: Seal, folder: Path) -> Self:
        """Start an engine with three quick workers and two slow ones, and make both tokens over the admin socket."""
        engine = Engine.spawn(program, seal, folder)
        honest = Honest()
        honest.administrator.CopyFrom(seal.administrator)
        ours, theirs = honest.bind(os.urandom(16)), honest.bind(os.urandom(16))
        engine.open_listener(seal.admin_enrolment_id, admin=True)
        for token in (ours, theirs):
            engine.open_listener(token.enrolment_id)
        for slow in (False, False, False, True, True):
            engine.open_worker(slow=slow)
        engine.start()
        stage = cls(engine, honest, ours, theirs)
        admin = stage.administrator()
        for token in (ours, theirs):
            add = admin_pb2.UserAdd(name="user", container="c", label=token.uuid.hex())
            reply, _ = admin.ask(envelope_pb2.Request(user_add=add), (OWNER_PIN, OFFICER_PIN))
            assert reply.rv == CKR_OK, f"user add: {reply.rv:#x}"
        admin.close()
        stage.seat_victim()
        return stage

    def administrator(self) -> Application:
        """An application of the admin socket, logged in."""
        admin = Application.connect(self.engine, self.honest.administrator.enrolment_id, self.honest).hello()
        login = session_pb2.Login(role=session_pb2.ROLE_ADMINISTRATOR, user_name="admin")
        reply, _ = admin.ask(envelope_pb2.Request(login=login), (ADMINISTRATOR_PASSWORD,))
        assert reply.rv == CKR_OK, f"administrator's login: {reply.rv:#x}"
        return admin

    def seat_victim(self) -> None:
        """Give the other container an application with a key that it uses all the time."""
        self.victim = Client.open(self.engine, self.theirs, self.honest)
        assert self.victim.login() == CKR_OK
        self.victims_value = os.urandom(32)
        rv, self.victims_handle = self.victim.create(
            secret_key(TOKEN=True, LABEL="victim's", VALUE=True), self.victims_value
        )
        assert rv == CKR_OK, f"create: {rv:#x}"
        self.victims_number = max(self.theirs.objects)

    def client(self, *, logged_in: bool = True) -> Client:
        """A fresh application of our own container."""
        client = Client.open(self.engine, self.ours, self.honest)
        if logged_in:
            assert client.login() == CKR_OK
        return client

    @contextmanager
    def someone(self, *, logged_in: bool = True) -> Iterator[Client]:
        """A fresh application of our own container, for as long as the block runs."""
        client = self.client(logged_in=logged_in)
        try:
            yield client
        finally:
            client.close()

    def key(self, client: Client, **attributes: bool | int | str | bytes) -> tuple[int, int, bytes]:
        """Import a token key: handle, number, value."""
        value = os.urandom(32)
        rv, handle = client.create(secret_key(**{"TOKEN": True, **attributes}, VALUE=True), value)
        assert rv == CKR_OK, f"create: {rv:#x}"
        return handle, max(client.token.objects), value

    def assert_serving(self) -> None:
        """The victim's key works, by the grant that it has and by a worker; the process is the same."""
        assert self.engine.alive, f"the engine died: {self.engine.process.returncode}"
        data = os.urandom(32)
        expected = hmac.digest(self.victims_value, data, hashlib.sha256)
        assert self.victim.sign(self.victims_handle, data) == (CKR_OK, expected)
        rv, attributes, secrets = self.victim.read(self.victims_handle)
        assert (rv, attributes[tables.CKA_LABEL], secrets) == (CKR_OK, b"victim's", [])

    def stop(self) -> None:
        """End it."""
        assert self.engine.stop() == 0, "the supervisor's end is the engine's, and no accident"
