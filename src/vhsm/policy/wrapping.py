"""Which keys carry which (PKCS#11 v3.2, 5.18.3 and 5.18.4).

The engine holds every worker to the attributes: usage, CKA_EXTRACTABLE, CKA_WRAP_WITH_TRUSTED. What depends on the
token's policy stands here. `compatible` adds nothing to the standard, which gives keys away to whoever may wrap them
with a key that he knows. Elsewhere a sensitive key leaves only under one that the security officer trusts, that is at
least as strong and does nothing else; and what is unwrapped stays. What is wrapped forgets what it was for: a key whose
use for one thing alone protects others, because it carries them or they are derived from it, is not wrapped at all.
Nor does a caller choose the nonce: of two keys under one, whoever knows the first takes the keystream off the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import (
    CurveNotSupported,
    KeyFunctionNotPermitted,
    KeyHandleInvalid,
    KeyNotWrappable,
    KeyUnextractable,
    MechanismParamInvalid,
    TemplateInconsistent,
    UnwrappingKeyHandleInvalid,
    UnwrappingKeyTypeInconsistent,
    WrappedKeyInvalid,
    WrappingKeyHandleInvalid,
    WrappingKeySizeRange,
    WrappingKeyTypeInconsistent,
)
from vhsm.model.records import Policy
from vhsm.policy import curves, grants, key_templates, purpose, templates, usage
from vhsm.policy.curves import STRENGTH_MAX
from vhsm.policy.defaults import NO, YES
from vhsm.policy.mechanisms import check_allowed, offered
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.model.attributes import Attributes
    from vhsm.model.template import Template
    from vhsm.wire import use_pb2

# Security strength in bits by the length of an RSA modulus (SP 800-57 part 1 revision 5, table 2; between its
# lines: FIPS 140-3 implementation guidance, D.B).
RSA_STRENGTH: Final = ((15_360, 256), (7_680, 192), (4_096, 152), (3_072, 128), (2_048, 112), (1_024, 80))
# By the parameter set: FIPS 203, table 2, and FIPS 204, table 1. A category is at least as strong as AES-128 (1 and 2),
# AES-192 (3) or AES-256 (5).
SET_STRENGTH: Final = {1: 128, 2: 192, 3: STRENGTH_MAX}
# Likewise FIPS 205, table 2: four sets of each size.
SLH_DSA_STRENGTH: Final = {number: (128, 192, STRENGTH_MAX)[(number - 1) // 4] for number in range(1, 13)}


def check_wrap(wrapping_key: Attributes, key: Attributes, asked: use_pb2.Mechanism, policy: Policy) -> None:
    """Refuse a C_WrapKey that the attributes or the policy forbid.

    Raises:
        MechanismInvalid, MechanismParamInvalid, KeyHandleInvalid, KeyNotWrappable, KeyUnextractable,
        KeyFunctionNotPermitted, WrappingKeyHandleInvalid, WrappingKeyTypeInconsistent, WrappingKeySizeRange.
    """
    row = offered(asked.type, "wrap", policy)
    if policy is not Policy.COMPATIBLE and asked.WhichOneof("parameters") == "gcm":
        raise MechanismParamInvalid("a wrapped key's nonce is made in the server")
    key_type = wrapping_key.number(tables.CKA_KEY_TYPE)
    if key_type is None:
        raise WrappingKeyHandleInvalid
    check_allowed(wrapping_key, row)
    if key_type not in row.key_types:
        raise WrappingKeyTypeInconsistent
    if not wrapping_key.boolean(tables.CKA_WRAP):
        raise KeyFunctionNotPermitted("CKA_WRAP is false")
    check_leaves(key)
    trusted_only = key.boolean(tables.CKA_WRAP_WITH_TRUSTED) is not False
    if trusted_only and wrapping_key.boolean(tables.CKA_TRUSTED) is not True:
        raise KeyNotWrappable("only a trusted key wraps it")
    key_templates.check_wrapped(wrapping_key, key)
    if policy is not Policy.COMPATIBLE:
        check_stays_secret(wrapping_key, key)


def check_stays_secret(wrapping_key: Attributes, key: Attributes) -> None:
    """Refuse to wrap where that would give a sensitive key away, or those that rely on it (see the module).

    Raises:
        KeyNotWrappable, KeyFunctionNotPermitted, WrappingKeySizeRange.
    """
    sensitive = key.boolean(tables.CKA_SENSITIVE) is not False
    if sensitive and wrapping_key.boolean(tables.CKA_TRUSTED) is not True:
        raise KeyNotWrappable("only a key that the security officer trusts wraps a sensitive one")
    if sensitive and usage.dedicated(key):
        raise KeyNotWrappable("a key that carries others, or that they are derived from, stays here")
    # Of a pair, what the public half verifies tells nothing of what it carries.
    harmless = {tables.CKA_VERIFY} if wrapping_key.number(tables.CKA_CLASS) == CKO.PUBLIC_KEY else set()
    if {kind for kind in usage.WORK if wrapping_key.boolean(kind)} - harmless:
        raise KeyFunctionNotPermitted("the wrapping key does more than carry keys")
    if strength(wrapping_key) < strength(key):
        raise WrappingKeySizeRange("the wrapping key is weaker than what it would wrap")


def check_leaves(key: Attributes) -> None:
    """Refuse to wrap what is no key, no secret, or marked to stay.

    Raises:
        KeyHandleInvalid, KeyNotWrappable, KeyUnextractable.
    """
    if key.number(tables.CKA_CLASS) not in grants.KEY_CLASSES:
        raise KeyHandleInvalid("it is no key")
    if key.number(tables.CKA_CLASS) == CKO.PUBLIC_KEY:
        raise KeyNotWrappable("a public key is no secret")
    if not key.boolean(tables.CKA_EXTRACTABLE):
        raise KeyUnextractable


def check_unwrap(unwrapping_key: Attributes, mechanism: int, policy: Policy) -> None:
    """Refuse a C_UnwrapKey that the attributes or the policy forbid.

    Raises:
        MechanismInvalid, KeyFunctionNotPermitted, UnwrappingKeyHandleInvalid, UnwrappingKeyTypeInconsistent.
    """
    row = offered(mechanism, "unwrap", policy)
    key_type = unwrapping_key.number(tables.CKA_KEY_TYPE)
    if key_type is None:
        raise UnwrappingKeyHandleInvalid
    check_allowed(unwrapping_key, row)
    if key_type not in row.key_types:
        raise UnwrappingKeyTypeInconsistent
    if not unwrapping_key.boolean(tables.CKA_UNWRAP):
        raise KeyFunctionNotPermitted("CKA_UNWRAP is false")
    if policy is not Policy.COMPATIBLE and any(unwrapping_key.boolean(kind) for kind in usage.WORK):
        raise KeyFunctionNotPermitted("the unwrapping key does more than carry keys")


def unwrapped(template: Template, unwrapping_key: Attributes, policy: Policy) -> Attributes:
    """Say what C_UnwrapKey makes of a template.

    Raises:
        TemplateIncomplete, TemplateInconsistent, AttributeReadOnly, AttributeValueInvalid.
    """
    object_class = templates.class_of(template)
    if object_class not in {CKO.SECRET_KEY, CKO.PRIVATE_KEY}:
        raise TemplateInconsistent("secret and private keys are unwrapped")
    key_type = templates.key_type_of(template, object_class)
    templates.check_attributes(template, object_class, key_type)
    if template.secret_lengths:
        raise TemplateInconsistent("the value is in what is wrapped")
    unused: Mapping[int, bytes] = {}
    if policy is not Policy.COMPATIBLE:
        unused = purpose.check(template, object_class, unwrapping_key, tables.CKA_UNWRAP_TEMPLATE)
        for kind, wrong in ((tables.CKA_SENSITIVE, NO), (tables.CKA_EXTRACTABLE, YES)):
            if template.values.get(kind) == wrong:
                raise TemplateInconsistent(f"{tables.ATTRIBUTES[kind].name}: an unwrapped key stays here")
    return templates.key_of(object_class, key_type, {**unused, **template.values}, policy)


def check_unwrapped(key: Attributes, policy: Policy) -> None:
    """Refuse a key that no template of this token's could have brought in: only unwrapped does it show what it is.

    Raises:
        WrappedKeyInvalid.
    """
    try:
        curves.check_offered(key.value(tables.CKA_EC_PARAMS), policy)
    except CurveNotSupported as refusal:
        raise WrappedKeyInvalid(str(refusal)) from None
    modulus = key.value(tables.CKA_MODULUS)
    if modulus is not None:
        exponent = key.value(tables.CKA_PUBLIC_EXPONENT)
        templates.check_rsa(int.from_bytes(modulus).bit_length(), exponent, policy, WrappedKeyInvalid)


def strength(key: Attributes) -> int:
    """Estimate a key's security strength, in bits."""
    match key.number(tables.CKA_KEY_TYPE):
        case CKK.RSA:
            bits = int.from_bytes(key.value(tables.CKA_MODULUS) or b"").bit_length()
            return next((strength for least, strength in RSA_STRENGTH if bits >= least), 0)
        case CKK.EC | CKK.EC_EDWARDS | CKK.EC_MONTGOMERY:
            return curves.strength(key.value(tables.CKA_EC_PARAMS))
        case CKK.ML_DSA | CKK.ML_KEM:
            return SET_STRENGTH.get(key.number(tables.CKA_PARAMETER_SET) or 0, STRENGTH_MAX)
        case CKK.SLH_DSA:
            return SLH_DSA_STRENGTH.get(key.number(tables.CKA_PARAMETER_SET) or 0, STRENGTH_MAX)
        case _ if key.number(tables.CKA_CLASS) == CKO.PRIVATE_KEY:
            return STRENGTH_MAX
        case _:
            return min(8 * (key.number(tables.CKA_VALUE_LEN) or 0), STRENGTH_MAX)
