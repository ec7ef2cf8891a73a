"""PKCS#11 v3.2, 5.7: objects."""

from __future__ import annotations

import contextlib
from ctypes import addressof, byref, c_ulong, create_string_buffer
from typing import TYPE_CHECKING, Final, cast

import pytest
from pkcs11.constants import Attribute, CertificateType, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests.cryptoki import UNAVAILABLE, CkAttribute, CkTemplate, Refused, refused, secret_key
from tests.mechanisms import gcm
from tests.rv import Rv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cryptoki import Session, Template, Value
    from tests.servers import Token

CKA_PUBLIC_KEY_INFO: Final = cast("Attribute", 0x129)  # the enumeration lacks it
P256: Final = bytes.fromhex("06082a8648ce3d030107")
VALUE = bytes(range(32))
OPEN: dict[str, bool] = {"SENSITIVE": False, "EXTRACTABLE": True}
INJECTIONS = ["'; DROP TABLE objects; --", '" OR 1=1 --', "%", "_", "\\", "\0", "a' UNION SELECT * FROM tokens --"]


def aes(**attributes: Value) -> Template:
    """Write the template of an imported AES key."""
    return secret_key(VALUE, KeyType.AES, **attributes)


def data_object(**attributes: Value) -> Template:
    """Write the template of a data object."""
    return {Attribute.CLASS: ObjectClass.DATA, **{Attribute[name]: value for name, value in attributes.items()}}


@pytest.fixture
def kept(session: Session, token: Token) -> Iterator[Callable[[Template], int]]:
    """Create token objects; the token is emptied after the test, logged in or not."""
    yield lambda template: session.create({Attribute.TOKEN: True, **template})
    with contextlib.suppress(Refused):  # CKR_USER_ALREADY_LOGGED_IN
        session.login(token.pin)
    for handle in session.find({Attribute.TOKEN: True}):
        session.destroy(handle)


# ---- create ----


def test_an_imported_key_says_that_it_was_imported(session: Session) -> None:
    """It is not local, and was known outside: never "always sensitive", never "never extractable"."""
    key = session.create(aes(SENSITIVE=True, EXTRACTABLE=False))
    for flag in (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.EXTRACTABLE):
        assert not session.read_flag(key, flag), flag
    assert session.read_flag(key, Attribute.SENSITIVE)
    assert int.from_bytes(session.read(key, Attribute.VALUE_LEN), "little") == len(VALUE)
    assert session.read(key, Attribute.KEY_GEN_MECHANISM) == bytes(c_ulong(UNAVAILABLE))
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(key, Attribute.VALUE)


def test_an_open_key_is_read(session: Session) -> None:
    """What is neither sensitive nor unextractable comes back as it was: the control of the test above."""
    assert session.read(session.create(aes(**OPEN)), Attribute.VALUE) == VALUE


def test_a_data_object_is_kept(
    session: Session, kept: Callable[[Template], int], open_session: Callable[[], Session]
) -> None:
    """Label, application and value come back in another session."""
    kept(data_object(LABEL="note", APPLICATION="a test", VALUE=b"\x00content\xff", PRIVATE=False))
    other = open_session()
    (found,) = other.find({Attribute.LABEL: "note", Attribute.CLASS: ObjectClass.DATA})
    assert other.read(found, Attribute.APPLICATION) == b"a test"
    assert other.read(found, Attribute.VALUE) == b"\x00content\xff"
    assert session.read(found, Attribute.LABEL) == b"note"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param({Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: VALUE}, id="no class"),
        pytest.param({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.VALUE: VALUE}, id="no type"),
        pytest.param({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}, id="no value"),
    ],
)
def test_an_incomplete_template_is_refused(session: Session, template: Template) -> None:
    """CKR_TEMPLATE_INCOMPLETE."""
    with refused(Rv.TEMPLATE_INCOMPLETE):
        session.create(template)


@pytest.mark.ours  # SoftHSM2 takes keys of any size, and falls over some of the values
@pytest.mark.parametrize(
    "template",
    [
        pytest.param(secret_key(bytes(15), KeyType.AES), id="AES key of 15 bytes"),
        pytest.param(secret_key(b"", KeyType.GENERIC_SECRET), id="empty key"),
        pytest.param(aes(TOKEN=b""), id="empty boolean"),
        pytest.param(aes(TOKEN=b"\x01\x00"), id="boolean of two bytes"),
        pytest.param(aes(VALUE_LEN=16), id="another length than the value's"),
        pytest.param(aes(LOCAL=True), id="claims to be local"),
        pytest.param(aes(ALWAYS_SENSITIVE=True), id="claims to have always been sensitive"),
        pytest.param(aes(MODULUS=b"\x01"), id="attribute of another class"),
        pytest.param(aes(LABEL=b"x" * 70_000), id="oversized label"),
        pytest.param(aes(ALLOWED_MECHANISMS=b""), id="no mechanism allowed", marks=pytest.mark.ours),
        pytest.param({**aes(), Attribute.CLASS: 0x7777}, id="unknown class"),
    ],
)
def test_a_contradictory_template_is_refused(session: Session, template: Template) -> None:
    """One of the template's errors, and no object."""
    template = {**template, Attribute.ID: b"contradictory"}
    with refused(
        *(Rv.ATTRIBUTE_VALUE_INVALID, Rv.ATTRIBUTE_TYPE_INVALID, Rv.ATTRIBUTE_READ_ONLY),
        *(Rv.TEMPLATE_INCONSISTENT, Rv.KEY_SIZE_RANGE),
    ):
        session.create(template)
    assert session.find({Attribute.ID: b"contradictory"}) == []


def test_a_private_object_needs_a_login(open_session: Callable[[], Session]) -> None:
    """CKR_USER_NOT_LOGGED_IN."""
    with refused(Rv.USER_NOT_LOGGED_IN):
        open_session().create(aes(PRIVATE=True))


def test_a_token_object_needs_a_writing_session(session: Session, slot: int) -> None:
    """CKR_SESSION_READ_ONLY."""
    reader = session.module.open_session(slot, read_write=False)
    with refused(Rv.SESSION_READ_ONLY):
        reader.create(aes(TOKEN=True))


# ---- find ----


def test_objects_are_found_by_any_template(session: Session) -> None:
    """By each attribute alone, by several together; a template that nothing fits finds nothing."""
    keys = {
        session.create(aes(LABEL="find me", ID=bytes([number]), ENCRYPT=number == 1, **OPEN)): number
        for number in range(3)
    }
    label: Template = {Attribute.LABEL: "find me"}
    assert set(session.find(label)) == keys.keys()
    for key, number in keys.items():
        assert session.find({**label, Attribute.ID: bytes([number])}) == [key]
    assert [keys[key] for key in session.find({**label, Attribute.ENCRYPT: True})] == [1]
    assert set(session.find({**label, Attribute.KEY_TYPE: KeyType.AES, Attribute.TOKEN: False})) == keys.keys()
    assert session.find({**label, Attribute.KEY_TYPE: KeyType.DES3}) == []


@pytest.mark.parametrize("stored", [False, True])
def test_a_certificate_is_found_by_its_value(session: Session, kept: Callable[[Template], int], stored: bool) -> None:
    """As NSS looks for it: the value is no secret."""
    value = bytes(range(1, 100))
    template: Template = {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.SUBJECT: bytes.fromhex("3000"),
        Attribute.VALUE: value,
        Attribute.TOKEN: stored,
    }
    certificate = kept(template)
    sought: Template = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.VALUE: value}
    assert session.find(sought) == [certificate]
    assert session.find({**sought, Attribute.VALUE: value[:-1]}) == []
    assert session.find({Attribute.CLASS: ObjectClass.DATA, Attribute.VALUE: value}) == []


def test_a_data_object_holds_64_kib(session: Session) -> None:
    """A value of that size, and what describes it."""
    value = bytes(range(256)) * 256
    template: Template = {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: "a label", Attribute.VALUE: value}
    assert session.read(session.create(template), Attribute.VALUE) == value


@pytest.mark.ours  # SoftHSM2 does not know the attribute
def test_what_is_said_of_the_public_key(session: Session) -> None:
    """CKA_PUBLIC_KEY_INFO of a certificate is what the application says (4.6), of a key the key's or refused (4.9)."""
    certificate: Template = {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.SUBJECT: bytes.fromhex("3000"),
        Attribute.VALUE: bytes(range(1, 100)),
    }
    said = session.create({**certificate, CKA_PUBLIC_KEY_INFO: b"said"})
    assert session.read(said, CKA_PUBLIC_KEY_INFO) == b"said"
    made, _ = session.generate_pair(Mechanism.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}, {})
    public: Template = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: P256,
        Attribute.EC_POINT: session.read(made, Attribute.EC_POINT),
    }
    info = session.read(made, CKA_PUBLIC_KEY_INFO)
    assert session.read(session.create({**public, CKA_PUBLIC_KEY_INFO: info}), CKA_PUBLIC_KEY_INFO) == info
    with refused(Rv.ATTRIBUTE_VALUE_INVALID):
        session.create({**public, CKA_PUBLIC_KEY_INFO: info[:-1] + b"x"})
    with refused(Rv.TEMPLATE_INCONSISTENT):
        session.create(aes() | {CKA_PUBLIC_KEY_INFO: info})


def test_an_empty_template_finds_all(session: Session) -> None:
    """Everything that the application may see."""
    keys = {session.create(aes()) for _ in range(3)}
    assert keys <= set(session.find({}))


def test_many_objects_come_in_steps(session: Session) -> None:
    """C_FindObjects gives no more than it is asked for, and each object once."""
    label: Template = {Attribute.LABEL: "one of many"}
    keys = {session.create(aes(LABEL="one of many")) for _ in range(25)}
    for step in (1, 7, 25, 100):
        found = session.find(label, step)
        assert len(found) == len(keys)
        assert set(found) == keys


def test_private_objects_are_hidden_without_a_login(session: Session, kept: Callable[[Template], int]) -> None:
    """Neither found nor used; public ones are."""
    private = kept(aes(LABEL="who sees me", PRIVATE=True))
    public = kept(data_object(LABEL="who sees me", PRIVATE=False))
    assert set(session.find({Attribute.LABEL: "who sees me"})) == {private, public}
    session.logout()
    assert session.find({Attribute.LABEL: "who sees me"}) == [public]
    with refused(Rv.OBJECT_HANDLE_INVALID):
        session.read(private, Attribute.LABEL)


def test_handles_of_private_objects_die_with_the_login(
    session: Session, token: Token, kept: Callable[[Template], int]
) -> None:
    """A new login does not bring them back (5.6.9); what it finds has handles of its own, and public ones live on."""
    label: Template = {Attribute.LABEL: "outlives a login"}
    private = kept(aes(LABEL="outlives a login", PRIVATE=True))
    public = kept(aes(LABEL="outlives a login", PRIVATE=False))
    copies = [session.copy(private, {Attribute.TOKEN: kept_on_token}) for kept_on_token in (True, False)]
    session.complete("Encrypt", gcm(bytes(12)), private, b"ready for use")
    session.logout()
    session.login(token.pin)
    for dead in (private, *copies):
        with refused(Rv.OBJECT_HANDLE_INVALID):
            session.read(dead, Attribute.LABEL)
        with refused(Rv.OBJECT_HANDLE_INVALID):
            session.destroy(dead)
        with refused(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID):  # SoftHSM2: the latter
            session.complete("Encrypt", gcm(bytes(12)), dead, b"message")
    found = session.find(label)
    assert public in found
    assert len(found) == 3
    assert not {private, *copies} & set(found)
    for key in found:
        session.complete("Encrypt", gcm(bytes(12)), key, b"message")
    with refused(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID):  # also while the engine has that very key ready
        session.complete("Encrypt", gcm(bytes(12)), private, b"message")


def test_a_find_is_begun_before_it_is_used(session: Session) -> None:
    """Without C_FindObjectsInit there is nothing to go on with, and a second one meets the first."""
    array, count = (c_ulong * 1)(), c_ulong()
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_FindObjects", array, c_ulong(1), byref(count))
    with refused(Rv.OPERATION_NOT_INITIALIZED):
        session.call("C_FindObjectsFinal")
    empty = CkTemplate({})
    session.call("C_FindObjectsInit", *empty.arguments)
    with refused(Rv.OPERATION_ACTIVE):
        session.call("C_FindObjectsInit", *empty.arguments)


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_is_data(session: Session, kept: Callable[[Template], int], text: str) -> None:
    """Metacharacters in label and id are stored and found as they are, and find nothing else."""
    bystander = kept(data_object(LABEL="bystander", PRIVATE=False))
    key = kept(aes(LABEL=text, ID=text.encode()))
    assert session.find({Attribute.LABEL: text}) == [key]
    assert session.find({Attribute.ID: text.encode()}) == [key]
    assert session.read(key, Attribute.LABEL) == text.encode()
    assert session.find({Attribute.LABEL: "bystander"}) == [bystander]


# ---- attributes ----


def test_label_and_id_can_be_changed(session: Session, kept: Callable[[Template], int]) -> None:
    """The change is seen by the next find."""
    key = kept(aes(LABEL="before"))
    session.write(key, {Attribute.LABEL: "after", Attribute.ID: b"\x01\x02"})
    assert session.read(key, Attribute.LABEL) == b"after"
    assert session.find({Attribute.LABEL: "after", Attribute.ID: b"\x01\x02"}) == [key]
    assert session.find({Attribute.LABEL: "before"}) == []


def test_protection_moves_one_way(session: Session) -> None:
    """SENSITIVE can be set and EXTRACTABLE cleared; never back."""
    key = session.create(aes(**OPEN))
    session.write(key, {Attribute.SENSITIVE: True})
    session.write(key, {Attribute.EXTRACTABLE: False})
    for back in ({Attribute.SENSITIVE: False}, {Attribute.EXTRACTABLE: True}):
        with refused(Rv.ATTRIBUTE_READ_ONLY, Rv.ATTRIBUTE_VALUE_INVALID, Rv.TEMPLATE_INCONSISTENT):
            session.write(key, back)
    with refused(Rv.ATTRIBUTE_SENSITIVE):
        session.read(key, Attribute.VALUE)


def test_what_a_key_is_cannot_be_changed(session: Session) -> None:
    """Class, type, value, origin."""
    key = session.create(aes(**OPEN))
    for change in (
        {Attribute.CLASS: ObjectClass.DATA},
        {Attribute.KEY_TYPE: KeyType.DES3},
        {Attribute.VALUE: bytes(32)},
        {Attribute.LOCAL: True},
        {Attribute.TOKEN: True},
    ):
        with refused(Rv.ATTRIBUTE_READ_ONLY, Rv.ATTRIBUTE_VALUE_INVALID, Rv.TEMPLATE_INCONSISTENT):
            session.write(key, change)
    assert session.read(key, Attribute.VALUE) == VALUE


def test_an_object_that_is_not_modifiable_stays(session: Session) -> None:
    """CKR_ACTION_PROHIBITED, or the older CKR_ATTRIBUTE_READ_ONLY."""
    key = session.create(aes(LABEL="fixed", MODIFIABLE=False))
    with refused(Rv.ACTION_PROHIBITED, Rv.ATTRIBUTE_READ_ONLY):
        session.write(key, {Attribute.LABEL: "changed"})


def test_an_attribute_that_the_object_has_not(session: Session) -> None:
    """CKR_ATTRIBUTE_TYPE_INVALID, which many programs count on, and the others of the call come all the same."""
    key = session.create(aes(LABEL="partial"))
    label = create_string_buffer(32)
    attributes = (CkAttribute * 2)(
        CkAttribute(Attribute.MODULUS, None, 0), CkAttribute(Attribute.LABEL, addressof(label), 32)
    )
    with refused(Rv.ATTRIBUTE_TYPE_INVALID):
        session.call("C_GetAttributeValue", c_ulong(key), attributes, c_ulong(2))
    assert attributes[0].length == UNAVAILABLE
    assert label.raw[: attributes[1].length] == b"partial"


def test_a_short_buffer_is_told(session: Session) -> None:
    """CKR_BUFFER_TOO_SMALL, and the length says that nothing was given."""
    key = session.create(aes(LABEL="a longer label"))
    buffer = create_string_buffer(4)
    attribute = CkAttribute(Attribute.LABEL, addressof(buffer), 4)
    with refused(Rv.BUFFER_TOO_SMALL):
        session.call("C_GetAttributeValue", c_ulong(key), byref(attribute), c_ulong(1))
    assert attribute.length == UNAVAILABLE


# ---- copy and destroy ----


def test_a_copy_can_be_stricter_never_looser(session: Session) -> None:
    """And it is an object of its own."""
    key = session.create(aes(SENSITIVE=True, EXTRACTABLE=True, LABEL="original"))
    copy = session.copy(key, {Attribute.LABEL: "copy", Attribute.EXTRACTABLE: False})
    assert not session.read_flag(copy, Attribute.EXTRACTABLE)
    assert session.read(key, Attribute.LABEL) == b"original"
    with refused(Rv.ATTRIBUTE_READ_ONLY, Rv.ATTRIBUTE_VALUE_INVALID, Rv.TEMPLATE_INCONSISTENT):
        session.copy(copy, {Attribute.EXTRACTABLE: True})
    with refused(Rv.ATTRIBUTE_READ_ONLY, Rv.ATTRIBUTE_VALUE_INVALID, Rv.TEMPLATE_INCONSISTENT):
        session.copy(key, {Attribute.SENSITIVE: False})
    session.destroy(key)
    assert session.read(copy, Attribute.LABEL) == b"copy"


def test_a_destroyed_object_is_gone(session: Session, open_session: Callable[[], Session]) -> None:
    """For every session, at once; destroying it twice is refused."""
    key = session.create(aes(LABEL="doomed", TOKEN=True))
    session.destroy(key)
    assert open_session().find({Attribute.LABEL: "doomed"}) == []
    with refused(Rv.OBJECT_HANDLE_INVALID):
        session.destroy(key)
    with refused(Rv.KEY_HANDLE_INVALID, Rv.OBJECT_HANDLE_INVALID):
        session.begin("Encrypt", gcm(bytes(12)), key)


def test_an_indestructible_object_stays(session: Session) -> None:
    """CKA_DESTROYABLE false is CKR_ACTION_PROHIBITED. A session object, so that it goes with the session."""
    key = session.create(aes(DESTROYABLE=False))
    with refused(Rv.ACTION_PROHIBITED):
        session.destroy(key)


def test_unknown_handles_are_refused(session: Session) -> None:
    """Zero, a guess and the largest number are no objects."""
    for handle in (0, 0x1234_5678, UNAVAILABLE):
        with refused(Rv.OBJECT_HANDLE_INVALID):
            session.destroy(handle)
        with refused(Rv.OBJECT_HANDLE_INVALID):
            session.read(handle, Attribute.LABEL)
