"""PKCS#11 v3.2, 4.8 to 4.10 and 5.18.3 to 5.18.5: keys that say what they wrap, and what is made with them."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_ulong
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import keywrap
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import kdf
from tests.cryptoki import CkAttribute, CkTemplate, refused, secret_key
from tests.mechanisms import ecdh, oaep, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from tests.cryptoki import Session, Template, Value

KEK: Final = bytes(range(32))
VALUE: Final = bytes(range(100, 132))
KW: Final = plain(Mechanism.AES_KEY_WRAP)
UNAVAILABLE: Final = 2**64 - 1
AES: Final[Template] = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
P256: Final = bytes.fromhex("06082a8648ce3d030107")
HELD: Final = (Attribute.WRAP_TEMPLATE, Attribute.UNWRAP_TEMPLATE, Attribute.DERIVE_TEMPLATE)
READABLE: Final[Template] = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}


def kek(session: Session, **attributes: Value) -> int:
    """Import an AES key that carries keys."""
    usage = {"WRAP": True, "UNWRAP": True, "ENCRYPT": False, "DECRYPT": False}
    return session.create(secret_key(KEK, KeyType.AES, **{**usage, **attributes}))


def carried(session: Session, **attributes: Value) -> int:
    """Import a key that may be wrapped."""
    return session.create(secret_key(VALUE, KeyType.AES, EXTRACTABLE=True, SENSITIVE=True, **attributes))


def pair(session: Session, **private: Value) -> tuple[int, bytes]:
    """Generate a P-256 pair; the private key, and the point of the public one."""
    more = {Attribute[name]: value for name, value in private.items()}
    public, key = session.generate_pair(
        Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}, {Attribute.DERIVE: True, **more}
    )
    return key, session.read(public, Attribute.EC_POINT)[2:]


# ---- what they mean ----------------------------------------------------------------------------------


@pytest.mark.ours  # SoftHSM2 answers CKR_KEY_NOT_WRAPPABLE
def test_a_key_wraps_only_what_matches_its_template(session: Session) -> None:
    """Every attribute of CKA_WRAP_TEMPLATE, by the rules of C_FindObjects; what it does not name may be anything."""
    demanded: Template = {Attribute.LABEL: "payment", Attribute.KEY_TYPE: KeyType.AES, Attribute.SENSITIVE: True}
    carrier = kek(session, WRAP_TEMPLATE=demanded)
    matching = carried(session, LABEL="payment", ID=b"any")
    assert session.wrap(KW, carrier, matching) == keywrap.aes_key_wrap(KEK, VALUE)
    for key in (carried(session), carried(session, LABEL="payments")):
        with refused(Rv.KEY_HANDLE_INVALID):
            session.wrap(KW, carrier, key)
        assert session.wrap(KW, kek(session), key), "the control"


@pytest.mark.ours  # SoftHSM2 answers CKR_KEY_NOT_WRAPPABLE
def test_a_public_key_wraps_only_what_matches_its_template(session: Session) -> None:
    """What the token computes may be asked for: keys that were generated here."""
    public, _ = session.generate_pair(
        Mechanism.RSA_PKCS_KEY_PAIR_GEN,
        {
            Attribute.MODULUS_BITS: 2048,
            Attribute.PUBLIC_EXPONENT: b"\1\0\1",
            Attribute.WRAP: True,
            Attribute.WRAP_TEMPLATE: {Attribute.LOCAL: True},
        },
        {Attribute.UNWRAP: True},
    )
    made = session.generate(plain(Mechanism.AES_KEY_GEN), {**AES, **READABLE, Attribute.VALUE_LEN: 32})
    assert len(session.wrap(oaep(Mechanism.SHA_1), public, made)) == 256
    with refused(Rv.KEY_HANDLE_INVALID):
        session.wrap(oaep(Mechanism.SHA_1), public, carried(session))


@pytest.mark.ours  # SoftHSM2 refuses a caller who says the same
def test_what_is_unwrapped_is_as_the_carrier_says(session: Session) -> None:
    """CKA_UNWRAP_TEMPLATE is put on the new key."""
    said: Template = {Attribute.LABEL: "unwrapped", Attribute.DECRYPT: False, Attribute.EXTRACTABLE: False}
    carrier = kek(session, UNWRAP_TEMPLATE=said)
    wrapped = keywrap.aes_key_wrap(KEK, VALUE)
    own: tuple[Template, ...] = ({}, {Attribute.DECRYPT: False}, {Attribute.ID: b"own"})
    for more in own:
        key = session.unwrap(KW, carrier, wrapped, {**AES, **more})
        assert session.read(key, Attribute.LABEL) == b"unwrapped"
        assert not session.read_flag(key, Attribute.DECRYPT)
        assert not session.read_flag(key, Attribute.EXTRACTABLE)
        assert session.read(key, Attribute.ID) == more.get(Attribute.ID, b"")


def test_a_caller_does_not_contradict_the_carrier(session: Session) -> None:
    """C_UnwrapKey with a template that says otherwise; the carrier without one is the control."""
    carrier = kek(session, UNWRAP_TEMPLATE={Attribute.SENSITIVE: True, Attribute.LABEL: "unwrapped"})
    wrapped = keywrap.aes_key_wrap(KEK, VALUE)
    for other in ({Attribute.SENSITIVE: False}, {Attribute.LABEL: "mine"}):
        with refused(Rv.TEMPLATE_INCONSISTENT):
            session.unwrap(KW, carrier, wrapped, {**AES, **other})
        assert session.unwrap(KW, kek(session), wrapped, {**AES, **other})


@pytest.mark.ours  # SoftHSM2 asks the caller for class and type all the same
def test_the_carrier_may_say_class_and_type(session: Session) -> None:
    """Then the caller need not."""
    carrier = kek(session, UNWRAP_TEMPLATE={**AES, **READABLE})
    key = session.unwrap(KW, carrier, keywrap.aes_key_wrap(KEK, VALUE), {Attribute.LABEL: "short"})
    assert session.read(key, Attribute.VALUE) == VALUE


@pytest.mark.ours  # SoftHSM2 has no CKA_DERIVE_TEMPLATE
def test_what_is_derived_is_as_its_base_key_says(session: Session) -> None:
    """CKA_DERIVE_TEMPLATE, of a private and of a secret key."""
    said: Template = {Attribute.LABEL: "derived", Attribute.SENSITIVE: True, Attribute.ENCRYPT: False}
    private, _ = pair(session, DERIVE_TEMPLATE=said)
    _, peer = pair(session)
    base = session.create(secret_key(VALUE, KeyType.GENERIC_SECRET, DERIVE=True, DERIVE_TEMPLATE=said))
    xored = kdf.string_data(kdf.CKM_XOR_BASE_AND_DATA, bytes(32))
    for mechanism, key in ((ecdh(Mechanism.ECDH1_DERIVE, peer), private), (xored, base)):
        template: Template = {**AES, Attribute.VALUE_LEN: 32}
        made = session.derive(mechanism, key, template)
        assert session.read(made, Attribute.LABEL) == b"derived"
        assert not session.read_flag(made, Attribute.ENCRYPT)
        for other in ({Attribute.ENCRYPT: True}, {Attribute.LABEL: "mine"}):
            with refused(Rv.TEMPLATE_INCONSISTENT):
                session.derive(mechanism, key, {**template, **other})


# ---- how they are written and read -------------------------------------------------------------------


def attribute_of(session: Session, key: int, attribute: CkAttribute) -> int:
    """C_GetAttributeValue, and its CK_RV."""
    arguments = c_ulong(session.handle), c_ulong(key), byref(attribute), c_ulong(1)
    return session.module.raw("C_GetAttributeValue", *arguments)


@pytest.mark.ours  # SoftHSM2 2.6 does not give them back as 5.7.5 says
def test_a_template_is_read_as_it_was_written(session: Session) -> None:
    """The length; then types and lengths; then values (PKCS#11 v3.2, 5.7.5)."""
    key = kek(session, WRAP_TEMPLATE={Attribute.LABEL: "payment", Attribute.KEY_TYPE: KeyType.AES})
    asked = CkAttribute(Attribute.WRAP_TEMPLATE, None, 0)
    assert attribute_of(session, key, asked) == Rv.OK
    assert asked.length == 2 * ctypes.sizeof(CkAttribute)
    array = (CkAttribute * 2)(CkAttribute(99, None, 0), CkAttribute(99, None, 0))
    asked.value = ctypes.addressof(array)
    assert attribute_of(session, key, asked) == Rv.OK
    lengths = {Attribute.LABEL: 7, Attribute.KEY_TYPE: 8}
    assert {inner.type: inner.length for inner in array} == lengths
    buffers = {inner.type: ctypes.create_string_buffer(inner.length) for inner in array}
    for inner in array:
        inner.value = ctypes.addressof(buffers[inner.type])
    assert attribute_of(session, key, asked) == Rv.OK
    assert buffers[Attribute.LABEL].raw == b"payment"
    assert buffers[Attribute.KEY_TYPE].raw == bytes(c_ulong(KeyType.AES))


@pytest.mark.ours  # as above
def test_a_template_without_room_is_not_written(session: Session) -> None:
    """CKR_BUFFER_TOO_SMALL for the array and for a value in it; the other values are written all the same."""
    key = kek(session, WRAP_TEMPLATE={Attribute.LABEL: "payment", Attribute.KEY_TYPE: KeyType.AES})
    buffers = [ctypes.create_string_buffer(b"......", 6), ctypes.create_string_buffer(8)]
    entries = [CkAttribute(0, ctypes.addressof(buffer), len(buffer)) for buffer in buffers]
    array = (CkAttribute * 2)(*entries)
    size = ctypes.sizeof(array)
    short = CkAttribute(Attribute.WRAP_TEMPLATE, ctypes.addressof(array), size - 1)
    assert attribute_of(session, key, short) == Rv.BUFFER_TOO_SMALL
    assert (short.length, array[0].length) == (UNAVAILABLE, 6), "untouched"
    whole = CkAttribute(Attribute.WRAP_TEMPLATE, ctypes.addressof(array), size)
    assert attribute_of(session, key, whole) == Rv.BUFFER_TOO_SMALL
    found = {inner.type: inner.length for inner in array}
    assert (whole.length, found) == (size, {Attribute.LABEL: UNAVAILABLE, Attribute.KEY_TYPE: 8})
    assert (buffers[0].raw, buffers[1].raw) == (b"......", bytes(c_ulong(KeyType.AES)))


@pytest.mark.ours  # SoftHSM2 reads no type of objects that do not have it either, but says it otherwise
def test_a_key_without_a_template_has_none(session: Session) -> None:
    """An empty one is one, and stands for nothing."""
    key = kek(session, WRAP_TEMPLATE={})
    assert session.read(key, Attribute.WRAP_TEMPLATE) == b""
    assert session.wrap(KW, key, carried(session))
    for kind in HELD:
        with refused(Rv.ATTRIBUTE_TYPE_INVALID):
            session.read(carried(session), kind)


@pytest.mark.ours  # SoftHSM2 lets them be changed
def test_a_template_is_set_once(session: Session) -> None:
    """Neither C_SetAttributeValue nor C_CopyObject changes it, and a copy has it."""
    said: Template = {Attribute.LABEL: "payment"}
    key = kek(session, WRAP_TEMPLATE=said)
    changes: tuple[Template, ...] = ({}, {Attribute.LABEL: "other"})
    for other in changes:
        with refused(Rv.ATTRIBUTE_READ_ONLY):
            session.write(key, {Attribute.WRAP_TEMPLATE: other})
        with refused(Rv.ATTRIBUTE_READ_ONLY):
            session.copy(key, {Attribute.WRAP_TEMPLATE: other})
    with refused(Rv.KEY_HANDLE_INVALID):
        session.wrap(KW, session.copy(key, {}), carried(session))
    assert session.find({Attribute.WRAP_TEMPLATE: said, Attribute.CLASS: ObjectClass.SECRET_KEY})


@pytest.mark.ours  # SoftHSM2 takes all of these
def test_what_is_no_template_for_keys(session: Session) -> None:
    """A template in a template, a secret, no type of ours; what the token computes, where it would be put on keys."""
    bad: tuple[tuple[Attribute, Value, Rv], ...] = (
        (Attribute.WRAP_TEMPLATE, {Attribute.WRAP_TEMPLATE: {}}, Rv.ATTRIBUTE_VALUE_INVALID),
        (Attribute.WRAP_TEMPLATE, {Attribute.VALUE: VALUE}, Rv.ATTRIBUTE_VALUE_INVALID),
        (Attribute.WRAP_TEMPLATE, {Attribute.SENSITIVE: b""}, Rv.ATTRIBUTE_VALUE_INVALID),
        (Attribute.WRAP_TEMPLATE, {Attribute.OTP_FORMAT: 1}, Rv.ATTRIBUTE_TYPE_INVALID),
        (Attribute.WRAP_TEMPLATE, bytes(25), Rv.ATTRIBUTE_VALUE_INVALID),
        (Attribute.UNWRAP_TEMPLATE, {Attribute.LOCAL: True}, Rv.ATTRIBUTE_VALUE_INVALID),
        (Attribute.DERIVE_TEMPLATE, {Attribute.ALWAYS_SENSITIVE: True}, Rv.ATTRIBUTE_VALUE_INVALID),
    )
    for kind, value, expected in bad:
        with refused(expected):
            kek(session, **{kind.name: value})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256, Attribute.DERIVE_TEMPLATE: {}}, {})


@pytest.mark.ours  # SoftHSM2 does not look
def test_an_array_that_is_not_there(session: Session) -> None:
    """A null pointer with a length is refused, and read by nobody."""
    template = CkTemplate(secret_key(KEK, KeyType.AES, WRAP_TEMPLATE={Attribute.LABEL: "none"}))
    (array,) = (entry for entry in template.array if entry.type == Attribute.WRAP_TEMPLATE)
    array.value = None
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.call("C_CreateObject", *template.arguments, byref(c_ulong()))
