"""Keys derived from others (PKCS#11 v3.2, 5.18.5), or from a password (6.37.4): which may be made, and what of.

In `standard` and `strict` nothing that is derived from a sensitive key can be read, by any way:
- it inherits CKA_SENSITIVE, and CKA_EXTRACTABLE false;
- it is not so short that it can be guessed: keys derived with growing lengths would give their common value away, byte
  by byte (Clulow 2003);
- its base key does nothing else that computes the same function: HKDF, SP 800-108 and the encryption of data can be
  done by hand with a key that also signs or encrypts, and told from one that verifies;
- one key alone goes into it: with a second, such as a salt, one value could be made as a base and as a key that works;
- what it may do follows from its base key, not from the caller (purpose.py);
- data are derived only where keys are not: CKM_HKDF_DATA makes the IVs of TLS 1.3, which CKM_HKDF_DERIVE does not.
What the usual programs do with ECDH, to derive a secret and read it, is for `compatible` tokens.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from vhsm.errors import (
    AttributeValueInvalid,
    KeyFunctionNotPermitted,
    MechanismParamInvalid,
    TemplateIncomplete,
    TemplateInconsistent,
)
from vhsm.model.attributes import Attributes, number
from vhsm.model.records import Policy
from vhsm.model.template import Template
from vhsm.policy import defaults, purpose, usage
from vhsm.policy.mechanisms import check_base, offered
from vhsm.policy.templates import ASYMMETRIC, KEY_BYTES, check_attributes, key_of
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vhsm.wire import use_pb2

# What is derived from a sensitive key has at least the strength of AES-128, in bytes.
VALUE_LENGTH_MIN: Final = 16
# No usage is ruled out.
NOTHING: Final[Mapping[int, bytes]] = MappingProxyType({})
# RFC 8446, 7.1: HkdfLabel has a length of 2 bytes, then the label with a length of 1 byte.
TLS13_IV: Final = b"\x08tls13 iv"


def derived(template: Template, asked: use_pb2.Mechanism, bases: Sequence[Attributes], policy: Policy) -> Attributes:
    """Say what C_DeriveKey makes of a template; `bases` are the base key and those that the parameters name.

    Raises:
        MechanismInvalid, MechanismParamInvalid, KeyHandleInvalid, KeyTypeInconsistent, KeyFunctionNotPermitted,
        TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid.
    """
    mechanism = offered(asked.type, "derive", policy)
    for base in bases:
        check_base(base, mechanism)
        if base.number(tables.CKA_CLASS) == CKO.PUBLIC_KEY or not base.boolean(tables.CKA_DERIVE):
            raise KeyFunctionNotPermitted
    makes_data = mechanism.value == tables.CKM_HKDF_DATA
    unused = NOTHING
    if policy is Policy.COMPATIBLE:
        check_data(template, asked)
    if mechanism.parameters == "tls_keys":
        template = inheriting(template, bases[0])
    if policy is not Policy.COMPATIBLE:
        check_protection(template, asked, bases)
        if any(map(sensitive, bases)) and not makes_data:
            derives = purpose.derives(asked)
            unused = purpose.check(template, CKO.SECRET_KEY, bases[0], tables.CKA_DERIVE_TEMPLATE, derives=derives)
    return derived_data(template) if makes_data else secret_key(template, policy, unused)


def check_data(template: Template, asked: use_pb2.Mechanism) -> None:
    """Refuse data for CKM_AES_…_ENCRYPT_DATA that are too short for the key, as other tokens do.

    They are the mechanism's parameter, and suites of other tokens want that said (docs/conformance.md). Elsewhere the
    engine has the standard's answer, CKR_DATA_LEN_RANGE.

    Raises:
        MechanismParamInvalid.
    """
    match asked.type:
        case tables.CKM_AES_ECB_ENCRYPT_DATA:
            data = asked.derivation_data
        case tables.CKM_AES_CBC_ENCRYPT_DATA:
            data = asked.cbc_data.data
        case _:
            return
    if (template.number(tables.CKA_VALUE_LEN) or 0) > len(data):
        raise MechanismParamInvalid("the data are too short for the key")


def inheriting(template: Template, base: Attributes) -> Template:
    """Give the keys of a TLS connection the protection of their master secret.

    PKCS#11 v3.2, "TLS 1.2 mechanisms", "Key and MAC derivation": all four inherit the values of the base key, and the
    template may not differ.

    Raises:
        TemplateInconsistent: it does.
    """
    values = dict(template.values)
    for kind in (tables.CKA_SENSITIVE, tables.CKA_EXTRACTABLE):
        if (held := base.value(kind)) is not None and values.setdefault(kind, held) != held:
            raise TemplateInconsistent(f"{tables.ATTRIBUTES[kind].name} is the master secret's")
    return Template(values, template.secret_lengths)


def from_password(template: Template, asked: use_pb2.Mechanism, policy: Policy) -> Attributes:
    """Say what CKM_PKCS5_PBKD2 makes of a template.

    Raises:
        MechanismInvalid, TemplateIncomplete, TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid.
    """
    offered(asked.type, "generate", policy)
    if template.names(tables.CKA_VALUE_LEN):
        return secret_key(template, policy)
    raise TemplateIncomplete("CKA_VALUE_LEN says how long the key shall be")


def derived_data(template: Template) -> Attributes:
    """Say what CKM_HKDF_DATA makes: a data object, as long as CKA_VALUE_LEN says.

    Raises:
        TemplateInconsistent, AttributeReadOnly.
    """
    values = {kind: value for kind, value in template.values.items() if kind != tables.CKA_VALUE_LEN}
    if template.number(tables.CKA_CLASS) not in {None, CKO.DATA} or template.names(tables.CKA_VALUE):
        raise TemplateInconsistent("CKM_HKDF_DATA makes a data object of a value of its own")
    check_attributes(Template(values), CKO.DATA)
    return Attributes({**defaults.of_storage(CKO.DATA), tables.CKA_CLASS: number(CKO.DATA), **values})


def secret_key(template: Template, policy: Policy, unused: Mapping[int, bytes] = NOTHING) -> Attributes:
    """Say what is made of a template for a key whose value is computed; `unused` are usages that it must not have.

    Raises:
        TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid.
    """
    key_type = type_of(template)
    check_attributes(template, CKO.SECRET_KEY, key_type)
    if template.names(tables.CKA_VALUE):
        raise TemplateInconsistent("the value is computed")
    length = template.number(tables.CKA_VALUE_LEN)
    if length is not None and length not in KEY_BYTES.get(key_type, {length}):
        raise AttributeValueInvalid("keys of this type do not have this length")
    said = {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(key_type)}
    return key_of(CKO.SECRET_KEY, key_type, {**said, **unused, **template.values}, policy)


def type_of(template: Template) -> CKK:
    """Read the type of a derived key: without one it is a generic secret (6.20.5).

    Raises:
        TemplateInconsistent: no secret key.
    """
    object_class, said = template.number(tables.CKA_CLASS), template.number(tables.CKA_KEY_TYPE)
    try:
        key_type = CKK.GENERIC_SECRET if said is None else CKK(said)
    except ValueError:
        raise TemplateInconsistent("keys of this type are not derived") from None
    if object_class not in {None, CKO.SECRET_KEY} or key_type in ASYMMETRIC:
        raise TemplateInconsistent("only secret keys are derived")
    return key_type


def check_protection(template: Template, asked: use_pb2.Mechanism, bases: Sequence[Attributes]) -> None:
    """Refuse what would let a sensitive key be read, or anything that is derived from it (see the module).

    Raises:
        KeyFunctionNotPermitted, MechanismParamInvalid, TemplateInconsistent.
    """
    extractable = all(base.boolean(tables.CKA_EXTRACTABLE) is True for base in bases)
    if not extractable and template.boolean(tables.CKA_EXTRACTABLE) is True:
        raise TemplateInconsistent("what is derived from a key that is not extractable is not extractable")
    if not any(map(sensitive, bases)):
        return
    if len(bases) > 1:
        raise KeyFunctionNotPermitted("with another key for salt or data, what a sensitive key derives has two makers")
    base = bases[0]
    if usage.computes(base):
        raise KeyFunctionNotPermitted("a key that also signs, verifies or enciphers tells what is derived from it")
    makes_data = asked.type == tables.CKM_HKDF_DATA
    if asked.WhichOneof("parameters") == "hkdf" and makes_data is not names_tls13_iv(asked.hkdf.info):
        raise MechanismParamInvalid("data are derived from a sensitive key for `tls13 iv` only, and no keys are")
    if makes_data:
        if base.number(tables.CKA_KEY_TYPE) != CKK.HKDF or not asked.hkdf.expand:
            raise KeyFunctionNotPermitted("data are derived from a sensitive key of CKK_HKDF only, by expansion")
        return
    if template.boolean(tables.CKA_SENSITIVE) is False:
        raise TemplateInconsistent("what is derived from a sensitive key is sensitive")
    length = template.number(tables.CKA_VALUE_LEN)
    if length is not None and length < VALUE_LENGTH_MIN:
        raise TemplateInconsistent(f"what is derived from a sensitive key has at least {VALUE_LENGTH_MIN} bytes")


def sensitive(key: Attributes) -> bool:
    """Tell whether a key's value must not be told."""
    return key.boolean(tables.CKA_SENSITIVE) is not False


def names_tls13_iv(info: bytes) -> bool:
    """Tell whether this is an HkdfLabel of an IV (RFC 8446, 7.1 and 7.3)."""
    return info[2:].startswith(TLS13_IV)
