"""A session on a token: logins, objects and operations, as PKCS#11 has them, one request each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from vhsm.client.errors import Refusal
from vhsm.client.mechanisms import as_mechanism
from vhsm.client.template import Value, decode_attributes, decode_value, encode_template
from vhsm.wire import limits
from vhsm.wire.digest_pb2 import Digest
from vhsm.wire.encryption_pb2 import Decrypt, Encrypt
from vhsm.wire.envelope_pb2 import Request
from vhsm.wire.key_pb2 import GenerateKey, GenerateKeyPair
from vhsm.wire.object_pb2 import (
    CopyObject,
    CreateObjects,
    DestroyObject,
    FindObjects,
    ReadAttributes,
    SetAttributes,
    Template,
)
from vhsm.wire.random_pb2 import GenerateRandom
from vhsm.wire.session_pb2 import (
    ROLE_SECURITY_OFFICER,
    ROLE_USER,
    CloseSession,
    Login,
    Logout,
    SessionInfo,
    SessionState,
    SetPin,
)
from vhsm.wire.signing_pb2 import Sign, Verify
from vhsm.wire.use_pb2 import (
    OPERATION_DECRYPT,
    OPERATION_DIGEST,
    OPERATION_ENCRYPT,
    OPERATION_SIGN,
    OPERATION_VERIFY,
    STEP_COMPLETE,
    STEP_FINISH,
    STEP_START,
    STEP_UPDATE,
    Cancel,
    Mechanism,
    Operation,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vhsm.client.application import Application
    from vhsm.client.connection import Secret

# A part leaves room in the reply's segment for what encryption adds.
PART_LENGTH_MAX: Final = limits.FRAME_SEGMENT_LENGTH_MAX - 4_096
# Room in a request for its other fields.
REQUEST_OVERHEAD: Final = 1_024


class Session:
    """An open session. Handles are the application's: any of its sessions may use them."""

    def __init__(self, application: Application, number: int) -> None:
        self._application = application
        self._number = number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the session; what ended with the server or the client already is closed too."""
        try:
            self._application.control(Request(session=self._number, close_session=CloseSession()))
        except Refusal:
            return

    def state(self) -> SessionState:
        """Ask for slot, CKS_ state and whether the session may write."""
        return self._application.control(Request(session=self._number, session_info=SessionInfo())).reply.session_state

    # ---- logins -----------------------------------------------------------------------------------

    def login(self, pin: Secret, *, security_officer: bool = False, user_name: str = "") -> None:
        """Log the application in: all its sessions on this token.

        Raises:
            PinIncorrect: whatever the cause.
            PinLocked: too many tries; wait, or have the PIN reset.
        """
        role = ROLE_SECURITY_OFFICER if security_officer else ROLE_USER
        self._application.control(Request(session=self._number, login=Login(role=role, user_name=user_name)), [pin])

    def logout(self) -> None:
        """Log the application out; handles of private objects are dead."""
        self._application.control(Request(session=self._number, logout=Logout()))

    def set_pin(self, old: Secret, new: Secret) -> None:
        """Change the PIN of who is logged in, else of the token's owner."""
        self._application.control(Request(session=self._number, set_pin=SetPin()), [old, new])

    # ---- objects ----------------------------------------------------------------------------------

    def create_object(self, template: Mapping[int, Value]) -> int:
        """Make an object of given attributes (an import, if it is a key); returns its handle."""
        return self.create_objects([template])[0]

    def create_objects(
        self, templates: Iterable[Mapping[int, Value]], on_progress: Callable[[int], None] | None = None
    ) -> list[int]:
        """Make many objects, in as few requests as they fit into; each request is one transaction.

        Args:
            templates: the objects' attributes.
            on_progress: called after each request with the number of objects made so far.

        Raises:
            Refusal: of the first request that fails; objects of earlier ones stay.
        """
        handles: list[int] = []
        for batch, secrets in _batches(templates):
            request = Request(session=self._number, create_objects=CreateObjects(templates=batch))
            handles.extend(self._application.control(request, secrets).reply.objects_created.objects)
            if on_progress is not None:
                on_progress(len(handles))
        return handles

    def generate_key(self, mechanism: int | Mechanism, template: Mapping[int, Value]) -> int:
        """Generate a key in the server; returns its handle."""
        secrets: list[Secret] = []
        generate = GenerateKey(mechanism=as_mechanism(mechanism), template=encode_template(template, secrets))
        answered = self._application.control(Request(session=self._number, generate_key=generate), secrets)
        return answered.reply.objects_created.objects[0]

    def generate_key_pair(
        self, mechanism: int | Mechanism, public: Mapping[int, Value], private: Mapping[int, Value]
    ) -> tuple[int, int]:
        """Generate a key pair in the server; returns the handles of the public and of the private key."""
        generate = GenerateKeyPair(
            mechanism=as_mechanism(mechanism),
            public_template=encode_template(public, []),
            private_template=encode_template(private, []),
        )
        answered = self._application.control(Request(session=self._number, generate_key_pair=generate))
        public_key, private_key = answered.reply.objects_created.objects
        return public_key, private_key

    def find(self, template: Mapping[int, Value] | None = None) -> list[int]:
        """Find the objects that have all these attributes; returns their handles."""
        secrets: list[Secret] = []
        wanted = encode_template(template or {}, secrets)
        handles: list[int] = []
        cursor = 0
        while True:
            request = Request(session=self._number, find_objects=FindObjects(template=wanted, cursor=cursor))
            found = self._application.control(request, secrets).reply.found
            handles.extend(found.objects)
            cursor = found.cursor
            if cursor == 0:
                return handles

    def attributes(self, handle: int, types: Iterable[int] = ()) -> dict[int, Value]:
        """Read an object's attributes by CKA_ type: all that are not secret, and the secret ones named in `types`.

        A secret attribute that the object does not give (CKR_ATTRIBUTE_SENSITIVE) is left out.
        """
        answered = self._application.control(
            Request(session=self._number, read_attributes=ReadAttributes(object=handle, types=list(types)))
        )
        read = answered.reply.attributes_read
        values = decode_attributes(read.attributes)
        for kind, secret in zip(read.secret_types, answered.secrets(), strict=True):
            values[kind] = decode_value(kind, secret)
        return values

    def set_attributes(self, handle: int, template: Mapping[int, Value]) -> None:
        """Change attributes that may change."""
        secrets: list[Secret] = []
        change = SetAttributes(object=handle, template=encode_template(template, secrets))
        self._application.control(Request(session=self._number, set_attributes=change), secrets)

    def copy_object(self, handle: int, template: Mapping[int, Value] | None = None) -> int:
        """Copy an object, with these attributes changed; returns the copy's handle."""
        secrets: list[Secret] = []
        copy = CopyObject(object=handle, template=encode_template(template or {}, secrets))
        return self._application.control(
            Request(session=self._number, copy_object=copy), secrets
        ).reply.objects_created.objects[0]

    def destroy_object(self, handle: int) -> None:
        """Destroy an object."""
        self._application.control(Request(session=self._number, destroy_object=DestroyObject(object=handle)))

    # ---- operations -------------------------------------------------------------------------------

    def encrypt(self, key: int, mechanism: int | Mechanism, data: Secret) -> bytes:
        """Encrypt; with `aes_gcm` the tag stands at the end."""
        return self._operate(OPERATION_ENCRYPT, key, mechanism, data)

    def decrypt(self, key: int, mechanism: int | Mechanism, data: Secret) -> bytes:
        """Decrypt.

        Raises:
            EncryptedDataInvalid: the tag does not fit.
        """
        return self._operate(OPERATION_DECRYPT, key, mechanism, data)

    def sign(self, key: int, mechanism: int | Mechanism, data: Secret) -> bytes:
        """Sign, or compute a MAC."""
        return self._operate(OPERATION_SIGN, key, mechanism, data)

    def verify(self, key: int, mechanism: int | Mechanism, data: Secret, signature: bytes) -> None:
        """Verify a signature or MAC.

        Raises:
            SignatureInvalid: it is not this key's of this data.
        """
        self._operate(OPERATION_VERIFY, key, mechanism, data, signature)

    def digest(self, mechanism: int | Mechanism, data: Secret) -> bytes:
        """Hash."""
        return self._operate(OPERATION_DIGEST, 0, mechanism, data)

    def random(self, length: int) -> bytes:
        """Take random bytes from the server."""
        parts = []
        while length > 0:
            part = min(length, limits.OPERATION_RANDOM_LENGTH_MAX)
            parts.append(
                self._application.use(
                    Request(session=self._number, generate_random=GenerateRandom(length=part))
                ).segment
            )
            length -= part
        return b"".join(parts)

    def _operate(
        self,
        operation: Operation.ValueType,
        key: int,
        mechanism: int | Mechanism,
        data: Secret,
        signature: bytes = b"",
    ) -> bytes:
        """Do the whole operation: one trip where the data fits into it, else part by part."""
        begun = Use(step=STEP_COMPLETE, key=key, mechanism=as_mechanism(mechanism))
        if len(data) + len(signature) <= PART_LENGTH_MAX:
            return self._step(operation, begun, [data], signature)
        output = []
        view = memoryview(data)
        begun.step = STEP_START
        last = len(view) - len(view) % PART_LENGTH_MAX
        try:
            output.append(self._step(operation, begun, [view[:PART_LENGTH_MAX]]))
            output += [
                self._step(operation, Use(step=STEP_UPDATE), [view[at : at + PART_LENGTH_MAX]])
                for at in range(PART_LENGTH_MAX, last, PART_LENGTH_MAX)
            ]
            output.append(self._step(operation, Use(step=STEP_FINISH), [view[last:]], signature))
        except Refusal:
            self._application.control(Request(session=self._number, cancel=Cancel(operation=operation)))
            raise
        return b"".join(output)

    def _step(self, operation: Operation.ValueType, use: Use, data: list[Secret], signature: bytes = b"") -> bytes:
        match operation:
            case Operation.OPERATION_ENCRYPT:
                request = Request(session=self._number, encrypt=Encrypt(use=use))
            case Operation.OPERATION_DECRYPT:
                request = Request(session=self._number, decrypt=Decrypt(use=use))
            case Operation.OPERATION_SIGN:
                request = Request(session=self._number, sign=Sign(use=use))
            case Operation.OPERATION_VERIFY:
                request = Request(session=self._number, verify=Verify(use=use, signature_length=len(signature)))
            case _:
                request = Request(session=self._number, digest=Digest(use=use))
        return self._application.use(request, [*data, signature] if signature else data).segment


def _batches(templates: Iterable[Mapping[int, Value]]) -> Iterator[tuple[list[Template], list[Secret]]]:
    """Cut a stream of templates into requests that keep all three limits: objects, message and secrets."""
    batch: list[Template] = []
    secrets: list[Secret] = []
    message_length = secret_length = 0
    for attributes in templates:
        own: list[Secret] = []
        template = encode_template(attributes, own)
        own_message, own_secret = template.ByteSize() + REQUEST_OVERHEAD // 64, sum(map(len, own))
        if batch and (
            len(batch) == limits.OBJECT_OBJECTS_PER_REQUEST_MAX
            or message_length + own_message > limits.FRAME_MESSAGE_LENGTH_MAX - REQUEST_OVERHEAD
            or secret_length + own_secret > limits.FRAME_SECRET_SEGMENT_LENGTH_MAX
        ):
            yield batch, secrets
            batch, secrets, message_length, secret_length = [], [], 0, 0
        for attribute in template.attributes:
            if attribute.WhichOneof("content") == "secret":
                attribute.secret += len(secrets)
        batch.append(template)
        secrets.extend(own)
        message_length += own_message
        secret_length += own_secret
    if batch:
        yield batch, secrets
