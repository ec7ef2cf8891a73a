"""PKCS#11 v3.2, 4.13 to 4.16: profile, mechanism and validation objects."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_ulong
from typing import TYPE_CHECKING, Final

import pytest
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import Mechanism

from tests.cryptoki import UNAVAILABLE, CkAttribute, refused
from tests.mechanisms import plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Module, Session

pytestmark = pytest.mark.ours  # SoftHSM2 has none

CKO_PROFILE: Final = 9
CKO_VALIDATION: Final = 10
CKA_PROFILE_ID: Final = 0x601
CKA_MECHANISM_TYPE: Final = 0x500
BASELINE, EXTENDED = 1, 2


def of_class(session: Session, object_class: int, **also: bool) -> list[int]:
    """Find the objects of a class."""
    also_spelled = {Attribute[name]: value for name, value in also.items()}
    return session.find({Attribute.CLASS: object_class, **also_spelled})


def number(session: Session, handle: int, kind: int) -> int:
    """Read a CK_ULONG."""
    return int.from_bytes(session.read(handle, kind), "little")  # type: ignore[arg-type]


def test_profiles(module: Module, slot: int) -> None:
    """Baseline and extended provider, also for who is not logged in."""
    session = module.open_session(slot, read_write=False)
    found = of_class(session, CKO_PROFILE)
    assert {number(session, handle, CKA_PROFILE_ID) for handle in found} == {BASELINE, EXTENDED}
    assert of_class(session, CKO_PROFILE, TOKEN=True, PRIVATE=False) == found
    assert of_class(session, CKO_PROFILE, PRIVATE=True) == []
    assert session.read_flag(found[0], Attribute.TOKEN)


def test_mechanisms(session: Session, module: Module, slot: int) -> None:
    """One object for each that C_GetMechanismList names."""
    found = of_class(session, ObjectClass.MECHANISM)
    assert {number(session, handle, CKA_MECHANISM_TYPE) for handle in found} == module.mechanisms(slot)


def test_nothing_is_validated(session: Session) -> None:
    """No validation object."""
    assert of_class(session, CKO_VALIDATION) == []


def test_a_search_for_everything_finds_what_was_made(session: Session) -> None:
    """Programs that list objects are not told of these."""
    builtin = {*of_class(session, CKO_PROFILE), *of_class(session, ObjectClass.MECHANISM)}
    assert not builtin & set(session.find({}))


def test_they_stay_as_they_are(session: Session) -> None:
    """CKR_ACTION_PROHIBITED; as a key, none is one."""
    handle = of_class(session, CKO_PROFILE)[0]
    with refused(Rv.ACTION_PROHIBITED):
        session.destroy(handle)
    with refused(Rv.ACTION_PROHIBITED):
        session.copy(handle, {})
    with refused(Rv.ACTION_PROHIBITED):
        session.write(handle, {Attribute.LABEL: "mine"})
    with refused(Rv.KEY_HANDLE_INVALID):
        session.begin("Sign", plain(Mechanism.SHA256_HMAC), handle)
    with refused(Rv.TEMPLATE_INCONSISTENT, Rv.ATTRIBUTE_VALUE_INVALID):
        session.create({Attribute.CLASS: CKO_PROFILE, Attribute.TOKEN: False})


def test_attributes_are_read_as_of_any_object(session: Session) -> None:
    """Every one is answered; the code is the first of type-invalid and too-small that applies."""
    handle = of_class(session, CKO_PROFILE)[0]
    buffers = [ctypes.create_string_buffer(length) for length in (8, 2, 1)]
    kinds = (Attribute.CLASS, Attribute.LABEL, Attribute.MODULUS)
    array = (CkAttribute * 3)(
        *(CkAttribute(kind, ctypes.addressof(b), len(b)) for kind, b in zip(kinds, buffers, strict=True))
    )
    with refused(Rv.ATTRIBUTE_TYPE_INVALID):
        session.call("C_GetAttributeValue", c_ulong(handle), array, c_ulong(3))
    assert int.from_bytes(buffers[0].raw, "little") == CKO_PROFILE
    assert [attribute.length for attribute in array] == [8, UNAVAILABLE, UNAVAILABLE]
    array[1].length = 2
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_GetAttributeValue", c_ulong(handle), array, c_ulong(2))
    size = c_ulong()
    session.call("C_GetObjectSize", c_ulong(handle), byref(size))
    assert 0 < size.value < 1_000
