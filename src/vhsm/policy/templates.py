"""What a template may say, and what is taken where it is silent.

Every object is stored with every attribute that its class has and for which there is a default, so that reading and
finding are plain equality. The engine computes what must not be believed of anyone (spec/pkcs11/attributes.toml,
`set_by = "engine"`) and takes everything protective from the application's own template; these rules fill the gaps.
Source: PKCS#11 v3.2, chapter 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import (
    AttributeReadOnly,
    AttributeTypeInvalid,
    AttributeValueInvalid,
    KeySizeRange,
    MechanismInvalid,
    SessionReadOnly,
    TemplateIncomplete,
    TemplateInconsistent,
    UserNotLoggedIn,
)
from vhsm.model.attributes import Attributes, boolean, number
from vhsm.model.records import Policy
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.model.records import Session
    from vhsm.model.template import Template
    from vhsm.wire.table import AttributeRow, MechanismRow

YES: Final = boolean(True)
NO: Final = boolean(False)

STORAGE_DEFAULTS: Final[dict[int, bytes]] = {
    tables.CKA_TOKEN: NO,
    tables.CKA_LABEL: b"",
    tables.CKA_MODIFIABLE: YES,
    tables.CKA_COPYABLE: YES,
    tables.CKA_DESTROYABLE: YES,
}
DATA_DEFAULTS: Final[dict[int, bytes]] = {
    tables.CKA_PRIVATE: NO,
    tables.CKA_APPLICATION: b"",
    tables.CKA_OBJECT_ID: b"",
}
SECRET_KEY_DEFAULTS: Final[dict[int, bytes]] = {
    tables.CKA_PRIVATE: YES,
    tables.CKA_ID: b"",
    tables.CKA_START_DATE: b"",
    tables.CKA_END_DATE: b"",
    tables.CKA_SENSITIVE: YES,
    tables.CKA_EXTRACTABLE: NO,
    tables.CKA_WRAP_WITH_TRUSTED: NO,
    tables.CKA_ENCRYPT: YES,
    tables.CKA_DECRYPT: YES,
    tables.CKA_SIGN: YES,
    tables.CKA_VERIFY: YES,
    tables.CKA_DERIVE: YES,
}
WRAPPING: Final = (tables.CKA_WRAP, tables.CKA_UNWRAP)

# What C_CopyObject may set beyond what may be changed: the copy is another object.
SET_IN_COPIES: Final = frozenset(
    {tables.CKA_TOKEN, tables.CKA_PRIVATE, tables.CKA_MODIFIABLE, tables.CKA_DESTROYABLE, tables.CKA_COPYABLE}
)

# Sizes that are not a whole range, in bytes.
KEY_BYTES: Final[dict[int, frozenset[int]]] = {CKK.AES: frozenset({16, 24, 32})}


def created(template: Template, policy: Policy) -> Attributes:
    """Say what C_CreateObject makes of a template.

    Raises:
        TemplateIncomplete, TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid.
    """
    object_class = class_of(template)
    if object_class is CKO.SECRET_KEY:
        if tables.CKA_VALUE not in template.secret_lengths:
            raise TemplateIncomplete("a secret key is created with its CKA_VALUE")
        if template.number(tables.CKA_VALUE_LEN) not in {None, template.secret_lengths[tables.CKA_VALUE]}:
            raise TemplateInconsistent("CKA_VALUE_LEN is not the length of CKA_VALUE")
        key_type = key_type_of(template)
        sizes = KEY_BYTES.get(key_type)
        if sizes is not None and template.secret_lengths[tables.CKA_VALUE] not in sizes:
            raise AttributeValueInvalid("CKA_VALUE has a length that keys of this type do not have")
    check_attributes(template, object_class)
    return Attributes({**defaults(object_class, policy), **template.values})


def generated(template: Template, mechanism: MechanismRow | None, policy: Policy) -> Attributes:
    """Say what C_GenerateKey makes of a template.

    Raises:
        MechanismInvalid, KeySizeRange, TemplateIncomplete, TemplateInconsistent, AttributeReadOnly.
    """
    if mechanism is None or "generate" not in mechanism.operations:
        raise MechanismInvalid
    if template.values.get(tables.CKA_CLASS, number(CKO.SECRET_KEY)) != number(CKO.SECRET_KEY):
        raise TemplateInconsistent("this mechanism generates secret keys")
    (key_type,) = mechanism.key_types
    if template.values.get(tables.CKA_KEY_TYPE, number(key_type)) != number(key_type):
        raise TemplateInconsistent(f"{mechanism.name} generates keys of another type")
    if tables.CKA_VALUE in template.secret_lengths:
        raise TemplateInconsistent("the value is generated")
    length = template.number(tables.CKA_VALUE_LEN)
    if length is None:
        raise TemplateIncomplete("CKA_VALUE_LEN says how long the key shall be")
    low, high = mechanism.key_bytes
    if not low <= length <= high or length not in KEY_BYTES.get(key_type, {length}):
        raise KeySizeRange
    check_attributes(template, CKO.SECRET_KEY)
    said = {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(key_type)}
    return Attributes({**defaults(CKO.SECRET_KEY, policy), **said, **template.values})


def copied(source: Attributes, template: Template) -> Attributes:
    """Say what C_CopyObject makes of a template.

    Raises:
        AttributeReadOnly, AttributeTypeInvalid, TemplateInconsistent.
    """
    check_changes(source, template, SET_IN_COPIES)
    if source.boolean(tables.CKA_PRIVATE) is not False and template.boolean(tables.CKA_PRIVATE) is False:
        raise TemplateInconsistent("the copy of a private object is private")
    return source.overlaid(template.values)


def check_changes(old: Attributes, template: Template, also: frozenset[int] = frozenset()) -> None:
    """Refuse what C_SetAttributeValue must not do to an object: `always`, `up` and `down` of the table.

    Raises:
        AttributeReadOnly, AttributeTypeInvalid.
    """
    for kind in template.secret_lengths:
        raise AttributeReadOnly(f"{tables.ATTRIBUTES[kind].name} cannot be changed")
    object_class = old.number(tables.CKA_CLASS)
    for kind, value in template.values.items():
        row = tables.ATTRIBUTES[kind]
        if object_class not in row.classes:
            raise AttributeTypeInvalid(f"{row.name} is no attribute of this class")
        if kind not in also and not may_change(row, old.value(kind), value):
            raise AttributeReadOnly(f"{row.name} cannot be changed like this")


def may_change(row: AttributeRow, old: bytes | None, new: bytes) -> bool:
    """Tell whether an attribute may go from `old` to `new`."""
    match row.change:
        case "always":
            return True
        case "up":
            return new in (old, YES)
        case "down":
            return new in (old, NO)
        case "never":
            return False


def check_session(attributes: Attributes, session: Session) -> None:
    """Refuse to make or change an object that the session must not.

    Raises:
        SessionReadOnly: a token object.
        UserNotLoggedIn: a private object.
    """
    if attributes.boolean(tables.CKA_TOKEN) and not session.read_write:
        raise SessionReadOnly
    if attributes.boolean(tables.CKA_PRIVATE) is not False and not session.user_logged_in:
        raise UserNotLoggedIn


def defaults(object_class: CKO, policy: Policy) -> Mapping[int, bytes]:
    """Return what is taken where a template is silent.

    A usage left out is allowed, as every other token does it; wrapping only where the policy is `compatible`, since
    a key that wraps and decrypts gives away what it wrapped (Clulow 2003).
    """
    if object_class is CKO.DATA:
        return {**STORAGE_DEFAULTS, **DATA_DEFAULTS}
    wrapping = boolean(policy is Policy.COMPATIBLE)
    return {**STORAGE_DEFAULTS, **SECRET_KEY_DEFAULTS, **dict.fromkeys(WRAPPING, wrapping)}


def class_of(template: Template) -> CKO:
    """Read the class of a new object: this server makes data objects and secret keys.

    Raises:
        TemplateIncomplete, AttributeValueInvalid.
    """
    value = template.number(tables.CKA_CLASS)
    if value is None:
        raise TemplateIncomplete("CKA_CLASS is missing")
    if value not in {CKO.DATA, CKO.SECRET_KEY}:
        raise AttributeValueInvalid("objects of this class cannot be created here")
    return CKO(value)


def key_type_of(template: Template) -> CKK:
    """Read the type of a new key.

    Raises:
        TemplateIncomplete, AttributeValueInvalid.
    """
    value = template.number(tables.CKA_KEY_TYPE)
    if value is None:
        raise TemplateIncomplete("CKA_KEY_TYPE is missing")
    try:
        return CKK(value)
    except ValueError:
        raise AttributeValueInvalid("keys of this type cannot be created here") from None


def check_attributes(template: Template, object_class: CKO) -> None:
    """Refuse attributes that objects of this class do not have, or that nobody sets.

    Raises:
        TemplateInconsistent, AttributeReadOnly.
    """
    for kind in (*template.values, *template.secret_lengths):
        row = tables.ATTRIBUTES[kind]
        if object_class not in row.classes:
            raise TemplateInconsistent(f"{row.name} is no attribute of this class")
        # That a key is not trusted may be said by anyone (PKCS#11 v3.2, 4.10: only the SO says that it is).
        if row.set_by == "engine" and (kind, template.values.get(kind)) != (tables.CKA_TRUSTED, NO):
            raise AttributeReadOnly(f"{row.name} is computed by the server")
