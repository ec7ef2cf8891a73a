"""A small model of a token: what PKCS#11 v3.2 says that each call answers.

A call's `errors` are all that the standard gives for what is wrong with it: the token may answer any of them, since
their order is its own, and must answer CKR_OK where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from tests.rv import Rv

USER: Final = 1
SECURITY_OFFICER: Final = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: a generic secret that signs, or a data object (no `sign`)."""

    identifier: bytes
    label: bytes
    value: bytes
    token: bool
    private: bool
    is_key: bool = True
    sensitive: bool = False
    extractable: bool = True
    sign: bool = True
    modifiable: bool = True
    copyable: bool = True
    destroyable: bool = True
    # Where a session object lives.
    application: int = -1
    session: int = -1

    @property
    def hidden(self) -> bool:
        """Tell whether its value is never shown."""
        return self.is_key and (self.sensitive or not self.extractable)


@dataclass(slots=True)
class Signing:
    """An active signature operation."""

    key: Stored
    data: bytes = b""
    # The key has gone since: PKCS#11 leaves open what comes of the operation.
    adrift: bool = False


@dataclass(slots=True)
class OpenSession:
    """A session, closed or open."""

    handle: int
    read_write: bool
    open: bool = True
    signing: Signing | None = None


@dataclass(slots=True)
class Handle:
    """What an application knows of an object."""

    number: int
    identifier: bytes
    # Of a private token object: the login under which it was given. It is dead after.
    login: int | None


@dataclass(slots=True)
class Program:
    """An application: sessions, login, and the handles that it was given."""

    number: int
    sessions: list[OpenSession] = field(default_factory=list)
    role: int | None = None
    logins: int = 0
    handles: list[Handle] = field(default_factory=list)

    def open_sessions(self) -> list[OpenSession]:
        """List those that are open."""
        return [session for session in self.sessions if session.open]


class Model:
    """The token, and the applications that use it."""

    def __init__(self, applications: int) -> None:
        self.programs = [Program(number) for number in range(applications)]
        self.objects: dict[bytes, Stored] = {}

    # ---- sessions and logins ----

    def errors_of_open(self, program: Program, *, read_write: bool) -> set[Rv]:
        """C_OpenSession (5.6.1)."""
        return {Rv.SESSION_READ_WRITE_SO_EXISTS} if program.role == SECURITY_OFFICER and not read_write else set()

    def errors_of_login(self, program: Program, session: OpenSession, role: int) -> set[Rv]:
        """C_Login (5.6.8), the PIN being right."""
        errors = closed(session)
        if program.role is not None:
            errors.add(Rv.USER_ALREADY_LOGGED_IN if program.role == role else Rv.USER_ANOTHER_ALREADY_LOGGED_IN)
        if role == SECURITY_OFFICER and not all(each.read_write for each in program.open_sessions()):
            errors.add(Rv.SESSION_READ_ONLY_EXISTS)
        return errors

    def log_out(self, program: Program) -> None:
        """Forget the login: private session objects go, handles of private token objects die (5.6.9)."""
        program.role = None
        program.logins += 1
        for stored in list(self.objects.values()):
            if stored.private and not stored.token and stored.application == program.number:
                self.remove(stored)
        for session in program.sessions:
            if session.signing and session.signing.key.private:
                session.signing.adrift = True

    def close(self, program: Program, session: OpenSession) -> None:
        """Close a session: its objects go, and with the last one the login (5.6.3)."""
        session.open = False
        session.signing = None
        for stored in list(self.objects.values()):
            if not stored.token and (stored.application, stored.session) == (program.number, session.handle):
                self.remove(stored)
        if program.role is not None and not program.open_sessions():
            self.log_out(program)

    # ---- objects ----

    def alive(self, program: Program, handle: Handle) -> Stored | None:
        """Give the object of a handle, unless one of the two is dead or out of sight."""
        stored = self.objects.get(handle.identifier)
        if stored is None or handle.login not in {None, program.logins} or not self.sees(program, stored):
            return None
        return stored

    def sees(self, program: Program, stored: Stored) -> bool:
        """Tell whether an application sees an object: private ones after the user's login (4.4)."""
        if stored.private and program.role != USER:
            return False
        return stored.token or stored.application == program.number

    def errors_of_create(self, program: Program, session: OpenSession, wanted: Stored) -> set[Rv]:
        """C_CreateObject (5.7.1)."""
        errors = closed(session)
        if wanted.token and not session.read_write:
            errors.add(Rv.SESSION_READ_ONLY)
        if wanted.private and program.role != USER:
            errors.add(Rv.USER_NOT_LOGGED_IN)
        return errors

    def errors_of_copy(self, program: Program, session: OpenSession, source: Handle, wanted: Stored) -> set[Rv]:
        """C_CopyObject (5.7.2): as a creation, and nothing becomes less protected."""
        stored = self.alive(program, source)
        if stored is None:
            return self.errors_of_create(program, session, wanted) | {Rv.OBJECT_HANDLE_INVALID}
        errors = self.errors_of_create(program, session, wanted)
        if not stored.copyable:
            errors.add(Rv.ACTION_PROHIBITED)
        if not stored.modifiable:  # the copy gets another name, and only what can be modified may differ
            errors.add(Rv.ATTRIBUTE_READ_ONLY)
        if stored.private and not wanted.private:
            errors.add(Rv.TEMPLATE_INCONSISTENT)
        return errors

    def errors_of_change(self, program: Program, session: OpenSession, handle: Handle, change: Stored) -> set[Rv]:
        """C_SetAttributeValue (5.7.6), CKA_SENSITIVE and CKA_EXTRACTABLE one way (4.9)."""
        stored = self.alive(program, handle)
        errors = errors_of_write(session, stored)
        if stored is None:
            return errors
        if not stored.modifiable:
            errors.add(Rv.ACTION_PROHIBITED)
        if (stored.sensitive and not change.sensitive) or (not stored.extractable and change.extractable):
            errors.add(Rv.ATTRIBUTE_READ_ONLY)
        return errors

    def errors_of_destroy(self, program: Program, session: OpenSession, handle: Handle) -> set[Rv]:
        """C_DestroyObject (5.7.3)."""
        stored = self.alive(program, handle)
        errors = errors_of_write(session, stored)
        if stored is not None and not stored.destroyable:
            errors.add(Rv.ACTION_PROHIBITED)
        return errors

    def put(self, program: Program, session: OpenSession, number: int, made: Stored) -> None:
        """Take up a new object, whose handle is `number`."""
        if not made.token:
            made = replace(made, application=program.number, session=session.handle)
        self.objects[made.identifier] = made
        self.know(program, number, made)

    def know(self, program: Program, number: int, stored: Stored) -> None:
        """Note a handle."""
        login = program.logins if stored.private and stored.token else None
        if all(handle.number != number for handle in program.handles):
            program.handles.append(Handle(number, stored.identifier, login))

    def remove(self, stored: Stored) -> None:
        """Destroy an object; who signs with it is adrift."""
        del self.objects[stored.identifier]
        for program in self.programs:
            for session in program.sessions:
                if session.signing and session.signing.key.identifier == stored.identifier:
                    session.signing.adrift = True

    # ---- signatures ----

    def errors_of_sign_init(self, program: Program, session: OpenSession, handle: Handle) -> set[Rv]:
        """C_SignInit (5.13.1)."""
        errors = closed(session)
        if session.signing:
            errors.add(Rv.OPERATION_ACTIVE)
        stored = self.alive(program, handle)
        if stored is None or not stored.is_key:
            errors.add(Rv.KEY_HANDLE_INVALID)
        elif not stored.sign:
            errors.add(Rv.KEY_FUNCTION_NOT_PERMITTED)
        return errors


def errors_of_write(session: OpenSession, stored: Stored | None) -> set[Rv]:
    """Say what every call answers that changes an object, which may have gone.

    Of one that is not there a read-only session need not say so: it might be a token object.
    """
    errors = closed(session)
    if stored is None:
        errors.add(Rv.OBJECT_HANDLE_INVALID)
    if not session.read_write and (stored is None or stored.token):
        errors.add(Rv.SESSION_READ_ONLY)
    return errors


def closed(session: OpenSession) -> set[Rv]:
    """Say what every call answers on a closed session."""
    return set() if session.open else {Rv.SESSION_HANDLE_INVALID}
