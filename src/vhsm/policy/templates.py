"""What a template may say, and what is taken where it is silent.

Every object is stored with every attribute that its class has and for which there is a default (defaults.py), so that
reading and finding are plain equality. The engine computes what must not be believed of anyone
(spec/pkcs11/attributes.toml, `set_by = "engine"`) and takes everything protective from the application's own template;
these rules fill the gaps.
Source: PKCS#11 v3.2, chapter 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from vhsm.errors import (
    AttributeReadOnly,
    AttributeTypeInvalid,
    AttributeValueInvalid,
    KeySizeRange,
    MechanismInvalid,
    Refusal,
    SessionReadOnly,
    TemplateIncomplete,
    TemplateInconsistent,
    UserNotLoggedIn,
)
from vhsm.model.attributes import Attributes, number
from vhsm.model.records import Policy
from vhsm.model.template import Template
from vhsm.policy import curves, defaults, usage
from vhsm.policy.defaults import NO, YES
from vhsm.wire import session_pb2, tables
from vhsm.wire.limits import POLICY_RSA_BITS_MIN
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.model.records import Session
    from vhsm.wire.table import AttributeRow, MechanismRow

# What C_CopyObject may set beyond what may be changed: the copy is another object.
SET_IN_COPIES: Final = frozenset(
    {tables.CKA_TOKEN, tables.CKA_PRIVATE, tables.CKA_MODIFIABLE, tables.CKA_DESTROYABLE, tables.CKA_COPYABLE}
)

# Sizes that are not a whole range, in bytes.
KEY_BYTES: Final[dict[int, frozenset[int]]] = {
    CKK.AES: frozenset({16, 24, 32}),
    CKK.AES_XTS: frozenset({32, 64}),
}

# A key whose type has these is created with one of them at least.
MADE_OF: Final = (tables.CKA_VALUE, tables.CKA_SEED)
RSA_EXPONENT_MIN: Final = 65_537
ASYMMETRIC: Final = frozenset({
    *(CKK.RSA, CKK.EC, CKK.EC_EDWARDS, CKK.EC_MONTGOMERY),
    *(CKK.ML_DSA, CKK.ML_KEM, CKK.SLH_DSA, CKK.HSS, CKK.XMSS, CKK.XMSSMT),
})  # fmt: skip
# What only the generation of a pair knows.
PAIR_SECRETS: Final = frozenset(
    row.value for row in tables.ATTRIBUTES.values() if row.secret and CKO.PRIVATE_KEY in row.classes
)
COMPUTED: Final[dict[CKO, frozenset[int]]] = {
    CKO.PUBLIC_KEY: frozenset({tables.CKA_MODULUS, tables.CKA_EC_POINT, tables.CKA_VALUE}),
    CKO.PRIVATE_KEY: PAIR_SECRETS | {tables.CKA_MODULUS, tables.CKA_PUBLIC_EXPONENT},
}


def created(template: Template, policy: Policy) -> Attributes:
    """Say what C_CreateObject makes of a template.

    Raises:
        TemplateIncomplete, TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid, CurveNotSupported.
    """
    object_class = class_of(template)
    if object_class in (CKO.DATA, CKO.CERTIFICATE):
        check_attributes(template, object_class, making="create")
        check_required(template, object_class, None, "create")
        if object_class is CKO.CERTIFICATE and not template.names(tables.CKA_VALUE):
            raise TemplateIncomplete("a certificate is created with its CKA_VALUE")
        return Attributes({**defaults.of_storage(object_class), **template.values})
    key_type = key_type_of(template, object_class)
    check_attributes(template, object_class, key_type, making="create")
    check_required(template, object_class, key_type, "create")
    if object_class is CKO.SECRET_KEY:
        check_value(template, key_type)
    values = [kind for kind in MADE_OF if applies(tables.ATTRIBUTES[kind], object_class, key_type)]
    if values and not any(template.names(kind) for kind in values):
        raise TemplateIncomplete("a key of this class and type is created with its CKA_VALUE, or its CKA_SEED")
    if key_type is CKK.RSA:
        modulus = int.from_bytes(template.values[tables.CKA_MODULUS])
        exponent = template.values.get(tables.CKA_PUBLIC_EXPONENT)
        check_rsa(modulus.bit_length(), exponent, policy, AttributeValueInvalid)
    curves.check_offered(template.values.get(tables.CKA_EC_PARAMS), policy)
    return key_of(object_class, key_type, template.values, policy)


def key_of(object_class: CKO, key_type: CKK, said: Mapping[int, bytes], policy: Policy) -> Attributes:
    """Fill in what a key's template leaves open.

    Raises:
        TemplateInconsistent: usages that must not stand together.
    """
    attributes = {**defaults.of_key(object_class, key_type, policy, said), **said}
    usage.check(attributes, object_class, key_type, policy)
    key = Attributes(attributes)
    if object_class is CKO.SECRET_KEY and not usage.tells_check_value(key, policy):
        return key.overlaid({tables.CKA_CHECK_VALUE: b""})
    return key


def check_value(template: Template, key_type: CKK) -> None:
    """Check the length of an imported secret key.

    Raises:
        TemplateIncomplete, TemplateInconsistent, AttributeValueInvalid.
    """
    length = template.secret_lengths.get(tables.CKA_VALUE)
    if length is None:
        raise TemplateIncomplete("a secret key is created with its CKA_VALUE")
    if template.number(tables.CKA_VALUE_LEN) not in {None, length}:
        raise TemplateInconsistent("CKA_VALUE_LEN is not the length of CKA_VALUE")
    if length not in KEY_BYTES.get(key_type, {length}):
        raise AttributeValueInvalid("CKA_VALUE has a length that keys of this type do not have")


def generated(template: Template, mechanism: MechanismRow | None, policy: Policy) -> Attributes:
    """Say what C_GenerateKey makes of a template.

    Raises:
        MechanismInvalid, KeySizeRange, TemplateIncomplete, TemplateInconsistent, AttributeReadOnly.
    """
    if mechanism is None or "generate" not in mechanism.offered(policy):
        raise MechanismInvalid
    said = check_made(template, mechanism, CKO.SECRET_KEY)
    (key_type,) = mechanism.key_types
    if tables.CKA_VALUE in template.secret_lengths:
        raise TemplateInconsistent("the value is generated")
    low, high = mechanism.key_size
    length = template.number(tables.CKA_VALUE_LEN)
    if length is None and low == high:
        length = low
    if length is None:
        raise TemplateIncomplete("CKA_VALUE_LEN says how long the key shall be")
    if not low <= length <= high or length not in KEY_BYTES.get(key_type, {length}):
        raise KeySizeRange
    return key_of(CKO.SECRET_KEY, key_type, {**said, **template.values}, policy)


def generated_pair(
    public: Template, private: Template, mechanism: MechanismRow | None, policy: Policy
) -> tuple[Attributes, Attributes]:
    """Say what C_GenerateKeyPair makes of its templates: the public key, then the private one.

    Raises:
        MechanismInvalid, KeySizeRange, TemplateIncomplete, TemplateInconsistent, AttributeReadOnly,
        CurveNotSupported.
    """
    if mechanism is None or "generate_key_pair" not in mechanism.offered(policy):
        raise MechanismInvalid
    (key_type,) = mechanism.key_types
    made = []
    for template, object_class in ((public, CKO.PUBLIC_KEY), (private, CKO.PRIVATE_KEY)):
        said = check_made(template, mechanism, object_class)
        for kind in COMPUTED[object_class]:
            if template.names(kind):
                raise TemplateInconsistent(f"{tables.ATTRIBUTES[kind].name} is generated")
        made.append(key_of(object_class, key_type, {**said, **template.values}, policy))
    check_required(public, CKO.PUBLIC_KEY, key_type, "generate")
    if key_type is CKK.RSA:
        bits = public.number(tables.CKA_MODULUS_BITS) or 0
        low, high = mechanism.key_size
        if not low <= bits <= high:
            raise KeySizeRange
        check_rsa(bits, public.values.get(tables.CKA_PUBLIC_EXPONENT), policy, KeySizeRange)
    curves.check_offered(public.values.get(tables.CKA_EC_PARAMS), policy)
    return made[0], made[1]


def check_made(template: Template, mechanism: MechanismRow, object_class: CKO) -> dict[int, bytes]:
    """Check what a template of a key to be generated names, and return its class and type.

    Raises:
        TemplateInconsistent, AttributeReadOnly.
    """
    (key_type,) = mechanism.key_types
    said = {tables.CKA_CLASS: number(object_class), tables.CKA_KEY_TYPE: number(key_type)}
    for kind, value in said.items():
        if template.values.get(kind, value) != value:
            raise TemplateInconsistent(f"{mechanism.name} does not make keys of this class and type")
    check_attributes(template, object_class, key_type)
    return said


def check_rsa(bits: int, exponent: bytes | None, policy: Policy, too_short: type[Refusal]) -> None:
    """Refuse RSA keys that are too short, or whose public exponent is too small, but where old programs need them.

    Raises:
        Refusal: `too_short`.
        AttributeValueInvalid: the exponent.
    """
    if policy is Policy.COMPATIBLE:
        return
    if bits < POLICY_RSA_BITS_MIN:
        raise too_short(f"an RSA key has at least {POLICY_RSA_BITS_MIN} bits")
    if exponent is not None and int.from_bytes(exponent) < RSA_EXPONENT_MIN:
        raise AttributeValueInvalid(f"the public exponent of an RSA key is at least {RSA_EXPONENT_MIN}")


def copied(source: Attributes, template: Template, policy: Policy) -> Attributes:
    """Say what C_CopyObject makes of a template.

    Raises:
        AttributeReadOnly, AttributeTypeInvalid, TemplateInconsistent.
    """
    check_changes(source, template, policy, SET_IN_COPIES)
    if source.boolean(tables.CKA_PRIVATE) is not False and template.boolean(tables.CKA_PRIVATE) is False:
        raise TemplateInconsistent("the copy of a private object is private")
    return source.overlaid(template.values)


def check_changes(old: Attributes, template: Template, policy: Policy, also: frozenset[int] = frozenset()) -> None:
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
    usage.check_change(old, template, policy)


def check_trust(template: Template, session: Session) -> Template:
    """Take CKA_TRUSTED out of what is checked, if the caller may set it: the security officer.

    Raises:
        AttributeReadOnly: anyone else.
    """
    if tables.CKA_TRUSTED not in template.values:
        return template
    if session.role != session_pb2.ROLE_SECURITY_OFFICER:
        raise AttributeReadOnly("CKA_TRUSTED is the security officer's to set")
    rest = {kind: value for kind, value in template.values.items() if kind != tables.CKA_TRUSTED}
    return Template(rest, template.secret_lengths)


def may_change(row: AttributeRow, old: bytes | None, new: bytes) -> bool:
    """Tell whether an attribute may go from `old` to `new`."""
    match row.change:
        case "always":
            return True
        case "up":
            return new in (old, YES)
        case "down":
            return new in (old, NO if row.kind == "boolean" else b"")
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


def class_of(template: Template) -> CKO:
    """Read the class of a new object.

    Raises:
        TemplateIncomplete, AttributeValueInvalid.
    """
    value = template.number(tables.CKA_CLASS)
    if value is None:
        raise TemplateIncomplete("CKA_CLASS is missing")
    try:
        return CKO(value)
    except ValueError:
        raise AttributeValueInvalid("objects of this class cannot be created here") from None


def key_type_of(template: Template, object_class: CKO) -> CKK:
    """Read the type of a new key.

    Raises:
        TemplateIncomplete, AttributeValueInvalid, TemplateInconsistent.
    """
    value = template.number(tables.CKA_KEY_TYPE)
    if value is None:
        raise TemplateIncomplete("CKA_KEY_TYPE is missing")
    try:
        key_type = CKK(value)
    except ValueError:
        raise AttributeValueInvalid("keys of this type cannot be created here") from None
    if (key_type in ASYMMETRIC) is (object_class is CKO.SECRET_KEY):
        raise TemplateInconsistent("keys of this type are of another class")
    return key_type


def applies(row: AttributeRow, object_class: CKO, key_type: CKK | None) -> bool:
    """Tell whether objects of this class and type have an attribute."""
    types = row.public_key_types if object_class is CKO.PUBLIC_KEY else row.key_types
    of_type = key_type is None or not types or key_type in types
    return object_class in row.classes and of_type


def check_attributes(
    template: Template, object_class: CKO, key_type: CKK | None = None, making: Literal["create"] | None = None
) -> None:
    """Refuse attributes that objects of this class and type do not have, or that nobody sets.

    Raises:
        TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid.
    """
    private = template.boolean(tables.CKA_PRIVATE) is not False
    for kind in (*template.values, *template.secret_lengths):
        row = tables.ATTRIBUTES[kind]
        if not applies(row, object_class, key_type):
            raise TemplateInconsistent(f"{row.name} is no attribute of this class and type")
        # PKCS#11 v3.2, 4.9: a login for each use is of private objects only.
        if kind == tables.CKA_ALWAYS_AUTHENTICATE and template.values[kind] == YES and not private:
            raise TemplateInconsistent(f"{row.name} is of private objects only")
        if kind == tables.CKA_ALLOWED_MECHANISMS and not template.values[kind]:
            raise AttributeValueInvalid(f"{row.name} would allow none")
        # The engine compares what is said of an imported key with the key.
        compared = making == "create" and kind == tables.CKA_PUBLIC_KEY_INFO
        # That a key is not trusted may be said by anyone (PKCS#11 v3.2, 4.10: only the SO says that it is).
        untrusted = (kind, template.values.get(kind)) == (tables.CKA_TRUSTED, NO)
        if row.set_by == "engine" and not compared and not untrusted:
            raise AttributeReadOnly(f"{row.name} is computed by the server")


def check_required(
    template: Template, object_class: CKO, key_type: CKK | None, making: Literal["create", "generate"]
) -> None:
    """Refuse a template that leaves out what nothing can stand for.

    Raises:
        TemplateIncomplete.
    """
    for row in tables.ATTRIBUTES.values():
        if making in row.required and applies(row, object_class, key_type) and not template.names(row.value):
            raise TemplateIncomplete(f"{row.name} is missing")
