"""Keys derived from others (PKCS#11 v3.2, 5.18.5): which may be made, and what of.

In `standard` and `strict` nothing that is derived from a sensitive key can be read, nor is it so short that it can be
guessed: keys derived with growing lengths would give their common value away, byte by byte (Clulow 2003). What the
usual programs do with ECDH, to derive a secret and read it, is for `compatible` tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import (
    AttributeValueInvalid,
    KeyFunctionNotPermitted,
    KeyHandleInvalid,
    KeyTypeInconsistent,
    MechanismInvalid,
    TemplateInconsistent,
)
from vhsm.model.attributes import Attributes, number
from vhsm.model.records import Policy
from vhsm.policy import defaults
from vhsm.policy.templates import ASYMMETRIC, KEY_BYTES, check_attributes, names
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vhsm.model.template import Template
    from vhsm.wire.table import MechanismRow

# What is derived from a sensitive key has at least the strength of AES-128, in bytes.
VALUE_LENGTH_MIN: Final = 16


def derived(
    template: Template, mechanism: MechanismRow | None, bases: Sequence[Attributes], policy: Policy
) -> Attributes:
    """Say what C_DeriveKey makes of a template; `bases` are the base key and those that the parameters name.

    Raises:
        MechanismInvalid, KeyHandleInvalid, KeyTypeInconsistent, KeyFunctionNotPermitted, TemplateInconsistent,
        AttributeReadOnly, AttributeValueInvalid.
    """
    if mechanism is None or "derive" not in mechanism.offered(policy):
        raise MechanismInvalid
    for base in bases:
        check_base(base, mechanism)
    key_type = type_of(template)
    check_attributes(template, CKO.SECRET_KEY, key_type)
    if names(template, tables.CKA_VALUE):
        raise TemplateInconsistent("the value is derived")
    length = template.number(tables.CKA_VALUE_LEN)
    if length is not None and length not in KEY_BYTES.get(key_type, {length}):
        raise AttributeValueInvalid("keys of this type do not have this length")
    if policy is not Policy.COMPATIBLE:
        check_inheritance(template, bases)
    said = {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(key_type)}
    return Attributes({**defaults.of_key(CKO.SECRET_KEY, key_type, policy), **said, **template.values})


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


def check_base(base: Attributes, mechanism: MechanismRow) -> None:
    """Refuse a base key that is none, or not for this.

    Raises:
        KeyHandleInvalid, MechanismInvalid, KeyTypeInconsistent, KeyFunctionNotPermitted.
    """
    key_type = base.number(tables.CKA_KEY_TYPE)
    if key_type is None:
        raise KeyHandleInvalid("it is no key")
    allowed = base.numbers(tables.CKA_ALLOWED_MECHANISMS)
    if allowed and mechanism.value not in allowed:
        raise MechanismInvalid("CKA_ALLOWED_MECHANISMS does not name it")
    if key_type not in mechanism.key_types:
        raise KeyTypeInconsistent
    if base.number(tables.CKA_CLASS) == CKO.PUBLIC_KEY or not base.boolean(tables.CKA_DERIVE):
        raise KeyFunctionNotPermitted


def check_inheritance(template: Template, bases: Sequence[Attributes]) -> None:
    """Refuse a key that is less protected than those that it is derived from, or may be guessed.

    Raises:
        TemplateInconsistent.
    """
    sensitive = any(base.boolean(tables.CKA_SENSITIVE) is not False for base in bases)
    extractable = all(base.boolean(tables.CKA_EXTRACTABLE) is True for base in bases)
    if sensitive and template.boolean(tables.CKA_SENSITIVE) is False:
        raise TemplateInconsistent("what is derived from a sensitive key is sensitive")
    if not extractable and template.boolean(tables.CKA_EXTRACTABLE) is True:
        raise TemplateInconsistent("what is derived from a key that is not extractable is not extractable")
    length = template.number(tables.CKA_VALUE_LEN)
    if sensitive and length is not None and length < VALUE_LENGTH_MIN:
        raise TemplateInconsistent(f"what is derived from a sensitive key has at least {VALUE_LENGTH_MIN} bytes")
