"""A random walk of calls, over sessions of two processes, against a small model of a token.

VHSM_WALKS sets the number of walks; a failure then prints the shortest walk to it that Hypothesis finds, which takes
minutes. Without it the walk is printed as it was.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import Refused
from tests.properties.application import Application
from tests.properties.token_model import SECURITY_OFFICER, USER, Handle, Model, OpenSession, Program, Signing, Stored
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.cryptoki import Template
    from tests.servers import DevServer, Token

WALKS: Final = int(os.environ.get("VHSM_WALKS", "25"))
PHASES: Final = (Phase.generate, Phase.shrink) if "VHSM_WALKS" in os.environ else (Phase.generate,)
WALKS_OF_THE_CONTROL: Final = 200  # it meets the fault within a few
STEPS: Final = 60
APPLICATIONS: Final = 2
SESSIONS_MAX: Final = 6

CHOICE = st.integers(0, 1 << 16)
LABELS = st.sampled_from([b"", b"walked", b"seen"])
FLAGS = st.fixed_dictionaries({
    **{name: st.booleans() for name in ("token", "private", "is_key", "sensitive", "extractable", "sign")},
    **{name: st.sampled_from([True, True, True, False]) for name in ("modifiable", "copyable", "destroyable")},
})  # fmt: skip


def template_of(stored: Stored) -> Template:
    """Spell an object for C_CreateObject."""
    template: Template = {
        Attribute.TOKEN: stored.token,
        Attribute.PRIVATE: stored.private,
        Attribute.LABEL: stored.label,
        Attribute.MODIFIABLE: stored.modifiable,
        Attribute.COPYABLE: stored.copyable,
        Attribute.DESTROYABLE: stored.destroyable,
        Attribute.VALUE: stored.value,
    }
    if not stored.is_key:
        return {**template, Attribute.CLASS: ObjectClass.DATA, Attribute.APPLICATION: stored.identifier}
    return {
        **template,
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
        Attribute.ID: stored.identifier,
        Attribute.SENSITIVE: stored.sensitive,
        Attribute.EXTRACTABLE: stored.extractable,
        Attribute.SIGN: stored.sign,
    }


class Walk(RuleBasedStateMachine):
    """One walk; the token is empty when it begins, and when it has ended."""

    token: ClassVar[Token]
    model_of: ClassVar[type[Model]] = Model
    applications: ClassVar[list[Application]]
    numbers: ClassVar[Iterator[int]] = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        self.model = self.model_of(APPLICATIONS)
        for program in self.model.programs:
            handle = self.ask(program, None, set(), "open_session_as", True)
            program.sessions.append(OpenSession(handle, read_write=True))

    # ---- choosing ----

    def program(self, choice: int) -> Program:
        """Choose an application; one choice is used for all, in digits."""
        return self.model.programs[choice % APPLICATIONS]

    def session(self, program: Program, choice: int) -> OpenSession:
        """Choose one of its sessions: mostly an open one."""
        sessions = program.open_sessions()
        if not sessions or choice % 11 == 0:
            sessions = program.sessions
        return sessions[choice // 7 % len(sessions)]

    def handle(self, program: Program, choice: int) -> Handle:
        """Choose one of its handles, dead ones among them."""
        return program.handles[choice // 5 % len(program.handles)]

    def identifier(self) -> bytes:
        """Name an object for good: 8 characters."""
        return f"{next(self.numbers):08x}".encode()

    def ask(
        self, program: Program, session: OpenSession | None, errors: set[Rv], method: str, *arguments: object
    ) -> Any:
        """Call, and compare the answer with what the model allows; None where it was refused."""
        answer: Any = None
        rv: int = Rv.OK
        try:
            answer = self.applications[program.number].ask(session.handle if session else None, method, *arguments)
        except Refused as refusal:
            rv = refusal.rv
        assert rv in (errors or {Rv.OK}), f"{method}: {rv!r}; the model says {errors or 'CKR_OK'}"
        if rv != Rv.OK:
            return None
        return answer if answer is not None else True

    def any_handle(self) -> bool:
        """Every application has been given a handle."""
        return all(program.handles for program in self.model.programs)

    # ---- sessions and logins ----

    @rule(choice=CHOICE, read_write=st.sampled_from([True, True, False]))
    def open_session(self, choice: int, read_write: bool) -> None:
        """C_OpenSession."""
        program = self.program(choice)
        if len(program.open_sessions()) >= SESSIONS_MAX:
            return
        errors = self.model.errors_of_open(program, read_write=read_write)
        handle = self.ask(program, None, errors, "open_session_as", read_write)
        if handle:
            program.sessions.append(OpenSession(handle, read_write))

    @rule(choice=CHOICE)
    def close_session(self, choice: int) -> None:
        """C_CloseSession."""
        program = self.program(choice)
        session = self.session(program, choice)
        errors = set() if session.open else {Rv.SESSION_HANDLE_INVALID}
        if self.ask(program, session, errors, "close"):
            self.model.close(program, session)

    @rule(choice=CHOICE, role=st.sampled_from([USER, USER, USER, SECURITY_OFFICER]))
    def login(self, choice: int, role: int) -> None:
        """C_Login by the right PIN."""
        program = self.program(choice)
        session = self.session(program, choice)
        errors = self.model.errors_of_login(program, session, role)
        pin = self.token.pin if role == USER else self.token.so_pin
        if self.ask(program, session, errors, "login", pin, role):
            program.role = role

    @rule(choice=CHOICE)
    def logout(self, choice: int) -> None:
        """C_Logout."""
        program = self.program(choice)
        session = self.session(program, choice)
        errors = set() if session.open else {Rv.SESSION_HANDLE_INVALID}
        if program.role is None:
            errors.add(Rv.USER_NOT_LOGGED_IN)
        if self.ask(program, session, errors, "logout"):
            self.model.log_out(program)

    # ---- objects ----

    @rule(choice=CHOICE, label=LABELS, flags=FLAGS)
    def create(self, choice: int, label: bytes, flags: dict[str, bool]) -> None:
        """C_CreateObject."""
        program = self.program(choice)
        session = self.session(program, choice)
        identifier = self.identifier()
        wanted = Stored(identifier, label, identifier * 4, **flags)
        errors = self.model.errors_of_create(program, session, wanted)
        made = self.ask(program, session, errors, "create", template_of(wanted))
        if made:
            self.model.put(program, session, made, wanted)

    @precondition(any_handle)
    @rule(choice=CHOICE, label=LABELS, token=st.booleans(), private=st.booleans())
    def copy(self, choice: int, label: bytes, token: bool, private: bool) -> None:
        """C_CopyObject, to another label and place."""
        program = self.program(choice)
        session, source = self.session(program, choice), self.handle(program, choice)
        stored = self.model.objects.get(source.identifier)
        stored = stored or Stored(b"", b"", b"", token=False, private=False)
        identifier = self.identifier()
        wanted = replace(stored, identifier=identifier, label=label, token=token, private=private)
        errors = self.model.errors_of_copy(program, session, source, wanted)
        template = {
            Attribute.TOKEN: token,
            Attribute.PRIVATE: private,
            Attribute.LABEL: label,
            Attribute.ID if stored.is_key else Attribute.APPLICATION: identifier,
        }
        made = self.ask(program, session, errors, "copy", source.number, template)
        if made:
            self.model.put(program, session, made, wanted)

    @precondition(any_handle)
    @rule(choice=CHOICE, label=LABELS)
    def relabel(self, choice: int, label: bytes) -> None:
        """C_SetAttributeValue of the label."""
        self.change(choice, {Attribute.LABEL: label}, lambda stored: replace(stored, label=label))

    @precondition(any_handle)
    @rule(choice=CHOICE, sensitive=st.booleans())
    def make_sensitive(self, choice: int, sensitive: bool) -> None:
        """C_SetAttributeValue of CKA_SENSITIVE, and the way back."""
        self.change(choice, {Attribute.SENSITIVE: sensitive}, lambda stored: replace(stored, sensitive=sensitive))

    @precondition(any_handle)
    @rule(choice=CHOICE, extractable=st.booleans())
    def make_extractable(self, choice: int, extractable: bool) -> None:
        """C_SetAttributeValue of CKA_EXTRACTABLE, and the way back."""
        change: Template = {Attribute.EXTRACTABLE: extractable}
        self.change(choice, change, lambda stored: replace(stored, extractable=extractable))

    def change(self, choice: int, template: Template, changed: Callable[[Stored], Stored]) -> None:
        """Change a key, or whatever has a label."""
        program = self.program(choice)
        session, handle = self.session(program, choice), self.handle(program, choice)
        stored = self.model.alive(program, handle)
        if stored and not stored.is_key and Attribute.LABEL not in template:
            return
        new = changed(stored) if stored else Stored(b"", b"", b"", token=False, private=False)
        errors = self.model.errors_of_change(program, session, handle, new)
        if self.ask(program, session, errors, "write", handle.number, template):
            self.model.objects[handle.identifier] = new

    @precondition(any_handle)
    @rule(choice=CHOICE)
    def destroy(self, choice: int) -> None:
        """C_DestroyObject."""
        program = self.program(choice)
        session, handle = self.session(program, choice), self.handle(program, choice)
        errors = self.model.errors_of_destroy(program, session, handle)
        if self.ask(program, session, errors, "destroy", handle.number):
            self.model.remove(self.model.objects[handle.identifier])

    @precondition(any_handle)
    @rule(choice=CHOICE)
    def read(self, choice: int) -> None:
        """C_GetAttributeValue of label and value."""
        program = self.program(choice)
        session, handle = self.session(program, choice), self.handle(program, choice)
        stored = self.model.alive(program, handle)
        errors = set() if session.open else {Rv.SESSION_HANDLE_INVALID}
        if stored is None:
            errors.add(Rv.OBJECT_HANDLE_INVALID)
        label = self.ask(program, session, errors, "read", handle.number, Attribute.LABEL)
        if stored and stored.hidden:
            errors.add(Rv.ATTRIBUTE_SENSITIVE)
        value = self.ask(program, session, errors, "read", handle.number, Attribute.VALUE)
        if stored and session.open:
            assert label in {stored.label, True}
            assert stored.hidden or value == stored.value

    @rule(choice=CHOICE, label=LABELS)
    def find(self, choice: int, label: bytes) -> None:
        """C_FindObjects by label: what is in sight, all of it and nothing else."""
        program = self.program(choice)
        session = self.session(program, choice)
        errors = set() if session.open else {Rv.SESSION_HANDLE_INVALID}
        by_identifier: dict[bytes, int] = {}
        for kind, attribute in ((ObjectClass.SECRET_KEY, Attribute.ID), (ObjectClass.DATA, Attribute.APPLICATION)):
            found = self.ask(program, session, errors, "find", {Attribute.LABEL: label, Attribute.CLASS: kind})
            if errors:
                return
            for number in found:
                by_identifier[self.ask(program, session, set(), "read", number, attribute)] = number
        seen = {each.identifier for each in self.model.objects.values() if self.model.sees(program, each)}
        expected = {identifier for identifier in seen if self.model.objects[identifier].label == label}
        assert set(by_identifier) == expected
        for identifier, number in by_identifier.items():
            self.model.know(program, number, self.model.objects[identifier])

    # ---- signatures ----

    @precondition(any_handle)
    @rule(choice=CHOICE)
    def sign_init(self, choice: int) -> None:
        """C_SignInit by CKM_SHA256_HMAC."""
        program = self.program(choice)
        session, handle = self.session(program, choice), self.handle(program, choice)
        errors = self.model.errors_of_sign_init(program, session, handle)
        if session.signing and session.signing.adrift and errors == {Rv.OPERATION_ACTIVE}:
            errors.add(Rv.OK)
        if self.ask(program, session, errors, "begin_plain", "Sign", Mechanism.SHA256_HMAC, handle.number):
            session.signing = Signing(self.model.objects[handle.identifier])

    @rule(choice=CHOICE, part=st.binary(max_size=40))
    def sign_update(self, choice: int, part: bytes) -> None:
        """C_SignUpdate."""
        program = self.program(choice)
        session = self.session(program, choice)
        if self.ask(program, session, self.errors_of_signing(session), "update", "Sign", part) is None:
            session.signing = None
        elif session.signing:
            session.signing.data += part

    @rule(choice=CHOICE)
    def sign_final(self, choice: int) -> None:
        """C_SignFinal: the MAC of all parts."""
        program = self.program(choice)
        session = self.session(program, choice)
        mac = self.ask(program, session, self.errors_of_signing(session), "output", "C_SignFinal")
        if mac is not None and session.signing:
            assert mac == hmac.digest(session.signing.key.value, session.signing.data, hashlib.sha256)
        session.signing = None

    def errors_of_signing(self, session: OpenSession) -> set[Rv]:
        """C_SignUpdate and C_SignFinal (5.13): without a key that still is, they may say so."""
        if not session.open:
            return {Rv.SESSION_HANDLE_INVALID}
        if session.signing is None:
            return {Rv.OPERATION_NOT_INITIALIZED}
        if session.signing.adrift:
            return {Rv.OK, Rv.KEY_HANDLE_INVALID, Rv.OPERATION_NOT_INITIALIZED, Rv.USER_NOT_LOGGED_IN}
        return set()

    # ---- the end ----

    def teardown(self) -> None:
        """Close everything, and empty the token; anew, where an object may not be destroyed."""
        for program in self.model.programs:
            self.applications[program.number].ask(None, "close_all_sessions")
        left = [stored for stored in self.model.objects.values() if stored.token]
        application = self.applications[0]
        if any(not stored.destroyable for stored in left):
            application.ask(None, "init_token", self.token.so_pin, self.token.label)
        session = application.ask(None, "open_session_as", True)
        if any(not stored.destroyable for stored in left):
            application.ask(session, "login", self.token.so_pin, SECURITY_OFFICER)
            application.ask(session, "init_pin", self.token.pin)
        elif left:
            application.ask(session, "login", self.token.pin, USER)
            for number in application.ask(session, "find", {}):
                application.ask(session, "destroy", number)
        application.ask(session, "close")


class Careless(Model):
    """A model in which nobody needs to log in to make a private object."""

    def errors_of_create(self, program: Program, session: OpenSession, wanted: Stored) -> set[Rv]:
        """Leave CKR_USER_NOT_LOGGED_IN out."""
        return super().errors_of_create(program, session, wanted) - {Rv.USER_NOT_LOGGED_IN}


@pytest.fixture
def applications(own_dev_server: DevServer) -> Iterator[list[Application]]:
    """Two processes that use the token of a server of the test's own."""
    token = own_dev_server.token
    started = [Application(token, os.environ | token.environment) for _ in range(APPLICATIONS)]
    Walk.token, Walk.applications = token, started
    yield started
    for application in started:
        application.close()


def walk(model: type[Model], walks: int, phases: Sequence[Phase] = PHASES) -> None:
    """Walk so often; hypothesis raises what the first wrong answer raised."""
    Walk.model_of = model
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=walks,
            stateful_step_count=STEPS,
            phases=phases,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.ours  # SoftHSM2 has one application at a time, and other ideas of private objects
@pytest.mark.usefixtures("applications")
def test_a_random_walk_meets_what_the_model_says() -> None:
    """Sessions, logins, objects made, copied, changed, destroyed and found, signatures in parts: two processes."""
    walk(Model, WALKS)


@pytest.mark.ours
@pytest.mark.usefixtures("applications")
def test_a_random_walk_notices() -> None:
    """The positive control: a model that is wrong in one thing is contradicted."""
    with pytest.raises(AssertionError, match="the model says"):
        walk(Careless, WALKS_OF_THE_CONTROL, (Phase.generate,))
