"""Any PKCS#11 module, called as a C program calls it.

A thin layer over the function list: every call checks its CK_RV and raises `Refused`, templates are dictionaries, and
`Module.call` reaches each function raw. Tests use it because they must send what a polite library never would.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from contextlib import contextmanager
from ctypes import POINTER, Structure, byref, c_char, c_ubyte, c_ulong, c_void_p
from typing import TYPE_CHECKING, Final, Self

from pkcs11.constants import Attribute, ObjectClass

from tests.mechanisms import Parameters, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Value = bool | int | bytes | str | Mapping[Attribute, "Value"]
Template = dict[Attribute, Value]

CKF_RW_SESSION: Final = 0x2
CKF_SERIAL_SESSION: Final = 0x4
CKU_SO: Final = 0
CKU_USER: Final = 1
UNAVAILABLE: Final = c_ulong(-1).value
OUTPUT_LENGTH: Final = 1 << 17  # enough for most tests

# PKCS#11 v2.40, CK_FUNCTION_LIST: the order of its members.
NAMES: Final = (
    "C_Initialize C_Finalize C_GetInfo C_GetFunctionList C_GetSlotList C_GetSlotInfo C_GetTokenInfo "
    "C_GetMechanismList C_GetMechanismInfo C_InitToken C_InitPIN C_SetPIN C_OpenSession C_CloseSession "
    "C_CloseAllSessions C_GetSessionInfo C_GetOperationState C_SetOperationState C_Login C_Logout C_CreateObject "
    "C_CopyObject C_DestroyObject C_GetObjectSize C_GetAttributeValue C_SetAttributeValue C_FindObjectsInit "
    "C_FindObjects C_FindObjectsFinal C_EncryptInit C_Encrypt C_EncryptUpdate C_EncryptFinal C_DecryptInit C_Decrypt "
    "C_DecryptUpdate C_DecryptFinal C_DigestInit C_Digest C_DigestUpdate C_DigestKey C_DigestFinal C_SignInit C_Sign "
    "C_SignUpdate C_SignFinal C_SignRecoverInit C_SignRecover C_VerifyInit C_Verify C_VerifyUpdate C_VerifyFinal "
    "C_VerifyRecoverInit C_VerifyRecover C_DigestEncryptUpdate C_DecryptDigestUpdate C_SignEncryptUpdate "
    "C_DecryptVerifyUpdate C_GenerateKey C_GenerateKeyPair C_WrapKey C_UnwrapKey C_DeriveKey C_SeedRandom "
    "C_GenerateRandom C_GetFunctionStatus C_CancelFunction C_WaitForSlotEvent"
)
FUNCTIONS: Final = NAMES.split()
# PKCS#11 v3.0 and v3.2: what CK_FUNCTION_LIST_3_0 and CK_FUNCTION_LIST_3_2 have besides.
NAMES_3: Final = (
    "C_GetInterfaceList C_GetInterface C_LoginUser C_SessionCancel C_MessageEncryptInit C_EncryptMessage "
    "C_EncryptMessageBegin C_EncryptMessageNext C_MessageEncryptFinal C_MessageDecryptInit C_DecryptMessage "
    "C_DecryptMessageBegin C_DecryptMessageNext C_MessageDecryptFinal C_MessageSignInit C_SignMessage "
    "C_SignMessageBegin C_SignMessageNext C_MessageSignFinal C_MessageVerifyInit C_VerifyMessage "
    "C_VerifyMessageBegin C_VerifyMessageNext C_MessageVerifyFinal C_EncapsulateKey C_DecapsulateKey "
    "C_VerifySignatureInit C_VerifySignature C_VerifySignatureUpdate C_VerifySignatureFinal "
    "C_GetSessionValidationFlags C_AsyncComplete C_AsyncGetID C_AsyncJoin C_WrapKeyAuthenticated "
    "C_UnwrapKeyAuthenticated"
)
FUNCTIONS_3: Final = frozenset(NAMES_3.split())


class CkAttribute(Structure):
    """CK_ATTRIBUTE."""

    _fields_ = (("type", c_ulong), ("value", c_void_p), ("length", c_ulong))


class CkTokenInfo(Structure):
    """CK_TOKEN_INFO."""

    _fields_ = (
        *(("label", c_char * 32), ("manufacturer", c_char * 32), ("model", c_char * 16), ("serial", c_char * 16)),
        *(("flags", c_ulong), ("session_count_max", c_ulong), ("session_count", c_ulong)),
        *(("rw_session_count_max", c_ulong), ("rw_session_count", c_ulong)),
        *(("pin_length_max", c_ulong), ("pin_length_min", c_ulong), ("public_total", c_ulong)),
        *(("public_free", c_ulong), ("private_total", c_ulong), ("private_free", c_ulong)),
        *(("hardware_version", c_ubyte * 2), ("firmware_version", c_ubyte * 2), ("utc_time", c_char * 16)),
    )


class CkSessionInfo(Structure):
    """CK_SESSION_INFO."""

    _fields_ = (("slot", c_ulong), ("state", c_ulong), ("flags", c_ulong), ("device_error", c_ulong))


class CkFunctionList(Structure):
    """CK_FUNCTION_LIST."""

    _fields_ = (("version", c_ubyte * 2), *((name, c_void_p) for name in FUNCTIONS))


class CkFunctionList3(Structure):
    """CK_FUNCTION_LIST_3_2."""

    _fields_ = (("version", c_ubyte * 2), *((name, c_void_p) for name in (*FUNCTIONS, *NAMES_3.split())))


class CkInterface(Structure):
    """CK_INTERFACE."""

    _fields_ = (("name", c_void_p), ("functions", c_void_p), ("flags", c_ulong))


class Refused(Exception):  # noqa: N818 - PKCS#11 calls many of these answers no error
    """A function that answered something else than CKR_OK."""

    def __init__(self, function: str, rv: int) -> None:
        self.function = function
        self.rv = Rv(rv) if rv in set(Rv) else rv
        super().__init__(f"{function}: {self.rv!r}")


@contextmanager
def refused(*expected: Rv) -> Iterator[None]:
    """Expect a refusal with one of these CKR_ values."""
    try:
        yield
    except Refused as refusal:
        if refusal.rv not in expected:
            raise
    else:
        raise AssertionError(f"not refused; expected {' or '.join(rv.name for rv in expected)}")


def encode(value: Value) -> bytes:
    """Write an attribute's value as C has it; one that is a template stands in memory (CkTemplate)."""
    match value:
        case bool():
            return bytes([value])
        case int():
            return bytes(c_ulong(value))
        case str():
            return value.encode()
        case bytes():
            return value
    raise TypeError("a template has no value of its own")


class CkTemplate:
    """A template in C's form; keeps what it points at, so it must live as long as the call."""

    def __init__(self, template: Mapping[Attribute, Value]) -> None:
        # A template in a template is an array of CK_ATTRIBUTE.
        self.inner: list[CkTemplate] = []
        values = [self.encode(value) for value in template.values()]
        self.buffers = [ctypes.create_string_buffer(value, max(len(value), 1)) for value in values]
        self.array = (CkAttribute * len(values))(
            *(
                CkAttribute(kind, ctypes.addressof(buffer), len(value))
                for kind, buffer, value in zip(template, self.buffers, values, strict=True)
            )
        )
        self.arguments = (self.array, c_ulong(len(values)))

    def encode(self, value: Value) -> bytes:
        """Write a value; that of a template in a template is an array of CK_ATTRIBUTE."""
        if not isinstance(value, Mapping):
            return encode(value)
        self.inner.append(CkTemplate(value))
        return bytes(self.inner[-1].array)


class Module:
    """A loaded PKCS#11 module."""

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))
        functions = POINTER(CkFunctionList)()
        rv: int = library.C_GetFunctionList(byref(functions))
        if rv != Rv.OK:
            raise Refused("C_GetFunctionList", rv)
        self.library = library
        self.functions = functions.contents
        self.prototype = ctypes.CFUNCTYPE(c_ulong)

    def raw(self, function: str, *arguments: object) -> int:
        """Call a function and return its CK_RV."""
        if function in FUNCTIONS_3:
            return self.raw_3(function, *arguments)
        pointer = ctypes.cast(getattr(self.functions, function), self.prototype)
        return int(pointer(*arguments))

    def raw_3(self, function: str, *arguments: object) -> int:
        """Call a function of the newest list, which the module gives where no version is asked for."""
        found = POINTER(CkInterface)()
        rv: int = self.library.C_GetInterface(None, None, byref(found), c_ulong(0))
        if rv != Rv.OK:
            raise Refused("C_GetInterface", rv)
        functions = ctypes.cast(found.contents.functions, POINTER(CkFunctionList3)).contents
        pointer = ctypes.cast(getattr(functions, function), self.prototype)
        return int(pointer(*arguments))

    def call(self, function: str, *arguments: object) -> None:
        """Call a function.

        Raises:
            Refused: It answered something else than CKR_OK.
        """
        rv = self.raw(function, *arguments)
        if rv != Rv.OK:
            raise Refused(function, rv)

    def __enter__(self) -> Self:
        """C_Initialize, without arguments."""
        self.call("C_Initialize", None)
        return self

    def __exit__(self, *_: object) -> None:
        """C_Finalize."""
        self.raw("C_Finalize", None)

    def slots(self, *, token_present: bool = True) -> list[int]:
        """C_GetSlotList."""
        count = c_ulong()
        self.call("C_GetSlotList", c_ubyte(token_present), None, byref(count))
        array = (c_ulong * count.value)()
        self.call("C_GetSlotList", c_ubyte(token_present), array, byref(count))
        return list(array)[: count.value]

    def token_info(self, slot: int) -> CkTokenInfo:
        """C_GetTokenInfo."""
        info = CkTokenInfo()
        self.call("C_GetTokenInfo", c_ulong(slot), byref(info))
        return info

    def slot_of(self, label: str) -> int:
        """Find a token by its label."""
        for slot in self.slots():
            if self.token_info(slot).label.rstrip(b" ") == label.encode():
                return slot
        raise LookupError(label)

    def mechanisms(self, slot: int) -> set[int]:
        """C_GetMechanismList."""
        count = c_ulong()
        self.call("C_GetMechanismList", c_ulong(slot), None, byref(count))
        array = (c_ulong * count.value)()
        self.call("C_GetMechanismList", c_ulong(slot), array, byref(count))
        return set(array)

    def init_token(self, slot: int, so_pin: str, label: str) -> None:
        """C_InitToken."""
        self.call(
            "C_InitToken",
            c_ulong(slot),
            *data(so_pin.encode()),
            ctypes.create_string_buffer(label.ljust(32).encode(), 32),
        )

    def open_session(self, slot: int, *, read_write: bool = True) -> Session:
        """C_OpenSession."""
        handle = c_ulong()
        flags = CKF_SERIAL_SESSION | (CKF_RW_SESSION if read_write else 0)
        self.call("C_OpenSession", c_ulong(slot), c_ulong(flags), None, None, byref(handle))
        return Session(self, handle.value)


class Session:
    """An open session."""

    def __init__(self, module: Module, handle: int) -> None:
        self.module = module
        self.handle = handle

    def call(self, function: str, *arguments: object) -> None:
        """Call a function of this session."""
        self.module.call(function, c_ulong(self.handle), *arguments)

    def output(self, function: str, *arguments: object, room: int = OUTPUT_LENGTH) -> bytes:
        """Call a function whose last two arguments are buffer and length."""
        buffer = ctypes.create_string_buffer(room)
        length = c_ulong(room)
        self.call(function, *arguments, buffer, byref(length))
        return buffer.raw[: length.value]

    def output_length(self, function: str, *arguments: object) -> int:
        """Ask a function how much it would write."""
        length = c_ulong()
        self.call(function, *arguments, None, byref(length))
        return length.value

    def close(self) -> None:
        """C_CloseSession."""
        self.call("C_CloseSession")

    def info(self) -> CkSessionInfo:
        """C_GetSessionInfo."""
        info = CkSessionInfo()
        self.call("C_GetSessionInfo", byref(info))
        return info

    def login(self, pin: str, user: int = CKU_USER) -> None:
        """C_Login."""
        self.call("C_Login", c_ulong(user), *data(pin.encode()))

    def logout(self) -> None:
        """C_Logout."""
        self.call("C_Logout")

    def init_pin(self, pin: str) -> None:
        """C_InitPIN."""
        self.call("C_InitPIN", *data(pin.encode()))

    def set_pin(self, old: str, new: str) -> None:
        """C_SetPIN."""
        self.call("C_SetPIN", *data(old.encode()), *data(new.encode()))

    # ---- objects ----

    def create(self, template: Mapping[Attribute, Value]) -> int:
        """C_CreateObject."""
        handle = c_ulong()
        written = CkTemplate(template)
        self.call("C_CreateObject", *written.arguments, byref(handle))
        return handle.value

    def copy(self, key: int, template: Mapping[Attribute, Value]) -> int:
        """C_CopyObject."""
        handle = c_ulong()
        written = CkTemplate(template)
        self.call("C_CopyObject", c_ulong(key), *written.arguments, byref(handle))
        return handle.value

    def destroy(self, key: int) -> None:
        """C_DestroyObject."""
        self.call("C_DestroyObject", c_ulong(key))

    def generate(self, mechanism: Parameters, template: Mapping[Attribute, Value]) -> int:
        """C_GenerateKey."""
        handle = c_ulong()
        written = CkTemplate(template)
        self.call("C_GenerateKey", byref(mechanism.mechanism), *written.arguments, byref(handle))
        return handle.value

    def generate_pair(
        self, mechanism: int, public: Mapping[Attribute, Value], private: Mapping[Attribute, Value]
    ) -> tuple[int, int]:
        """C_GenerateKeyPair; the handles of the public and of the private key."""
        handles = c_ulong(), c_ulong()
        written = CkTemplate(public), CkTemplate(private)
        arguments = [argument for template in written for argument in template.arguments]
        self.call("C_GenerateKeyPair", byref(plain(mechanism).mechanism), *arguments, *map(byref, handles))
        return handles[0].value, handles[1].value

    def derive(self, mechanism: Parameters, base: int, template: Mapping[Attribute, Value]) -> int:
        """C_DeriveKey."""
        handle = c_ulong()
        written = CkTemplate(template)
        self.call("C_DeriveKey", byref(mechanism.mechanism), c_ulong(base), *written.arguments, byref(handle))
        return handle.value

    def wrap(self, mechanism: Parameters, wrapping_key: int, key: int) -> bytes:
        """C_WrapKey: the length, then the wrapped key."""
        arguments = byref(mechanism.mechanism), c_ulong(wrapping_key), c_ulong(key)
        room = self.output_length("C_WrapKey", *arguments)
        return self.output("C_WrapKey", *arguments, room=room)

    def unwrap(
        self, mechanism: Parameters, unwrapping_key: int, wrapped: bytes, template: Mapping[Attribute, Value]
    ) -> int:
        """C_UnwrapKey."""
        handle = c_ulong()
        written = CkTemplate(template)
        arguments = byref(mechanism.mechanism), c_ulong(unwrapping_key), *data(wrapped), *written.arguments
        self.call("C_UnwrapKey", *arguments, byref(handle))
        return handle.value

    def read(self, key: int, kind: Attribute) -> bytes:
        """C_GetAttributeValue of one attribute: the length, then the value."""
        attribute = CkAttribute(kind, None, 0)
        self.call("C_GetAttributeValue", c_ulong(key), byref(attribute), c_ulong(1))
        buffer = ctypes.create_string_buffer(max(attribute.length, 1))
        attribute.value = ctypes.addressof(buffer)
        self.call("C_GetAttributeValue", c_ulong(key), byref(attribute), c_ulong(1))
        return buffer.raw[: attribute.length]

    def read_flag(self, key: int, kind: Attribute) -> bool:
        """Read a CK_BBOOL."""
        return self.read(key, kind) == b"\x01"

    def write(self, key: int, template: Mapping[Attribute, Value]) -> None:
        """C_SetAttributeValue."""
        written = CkTemplate(template)
        self.call("C_SetAttributeValue", c_ulong(key), *written.arguments)

    def find(self, template: Mapping[Attribute, Value], step: int = 100) -> list[int]:
        """C_FindObjectsInit, C_FindObjects until none is left, C_FindObjectsFinal."""
        written = CkTemplate(template)
        self.call("C_FindObjectsInit", *written.arguments)
        found: list[int] = []
        array, count = (c_ulong * step)(), c_ulong(step)
        while count.value:
            self.call("C_FindObjects", array, c_ulong(step), byref(count))
            found += list(array)[: count.value]
        self.call("C_FindObjectsFinal")
        return found

    # ---- operations: `kind` is Encrypt, Decrypt, Sign or Digest ----

    def begin(self, kind: str, mechanism: Parameters, key: int | None = None) -> None:
        """C_…Init."""
        self.call(f"C_{kind}Init", byref(mechanism.mechanism), *([] if key is None else [c_ulong(key)]))

    def complete(self, kind: str, mechanism: Parameters, key: int | None, content: bytes) -> bytes:
        """C_…Init and the single call."""
        self.begin(kind, mechanism, key)
        return self.output(f"C_{kind}", *data(content))

    def update(self, kind: str, content: bytes) -> bytes:
        """C_…Update; the output is empty where the kind has none."""
        if kind in {"Encrypt", "Decrypt"}:
            return self.output(f"C_{kind}Update", *data(content))
        self.call(f"C_{kind}Update", *data(content))
        return b""

    def in_parts(self, kind: str, mechanism: Parameters, key: int | None, parts: Sequence[bytes]) -> bytes:
        """C_…Init, an Update for each part, C_…Final."""
        self.begin(kind, mechanism, key)
        output = b"".join([self.update(kind, part) for part in parts])
        return output + self.output(f"C_{kind}Final")

    def verify(self, mechanism: Parameters, key: int, content: bytes, signature: bytes) -> None:
        """C_VerifyInit and C_Verify."""
        self.begin("Verify", mechanism, key)
        self.call("C_Verify", *data(content), *data(signature))

    def random(self, length: int) -> bytes:
        """C_GenerateRandom."""
        buffer = ctypes.create_string_buffer(length)
        self.call("C_GenerateRandom", buffer, c_ulong(length))
        return buffer.raw


def data(content: bytes) -> tuple[object, c_ulong]:
    """Give pointer and length of bytes that the callee reads."""
    return ctypes.create_string_buffer(content, max(len(content), 1)), c_ulong(len(content))


def secret_key(value: bytes, key_type: int, **attributes: Value) -> Template:
    """Write the template of an imported secret key: a session object unless told otherwise."""
    return {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: key_type,
        Attribute.VALUE: value,
        **{Attribute[name]: attribute for name, attribute in attributes.items()},
    }
