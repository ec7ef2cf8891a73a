"""Which usages one key may have together (Clulow 2003: a key that wraps and decrypts gives away what it wrapped).

Outside `compatible` tokens a secret key either carries keys or works on data, and what a key is used for never grows
after it was made. A private key with both usages, as NSS asks for, is made, but unwraps nothing (wrapping.py); in
`strict` it is refused, as an RSA key is that both signs and decrypts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import AttributeReadOnly, TemplateInconsistent
from vhsm.model.records import Policy
from vhsm.policy.defaults import USAGE, WRAPPING, YES
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.model.attributes import Attributes
    from vhsm.model.template import Template

USAGES: Final = frozenset(kind for kinds in USAGE.values() for kind in kinds)
# What a key that carries keys does not do besides.
WORK: Final = USAGES - WRAPPING


def conflicting(usage: Mapping[int, bytes], object_class: CKO, key_type: CKK | None, policy: Policy) -> str:
    """Say which usages must not stand together; nothing where all may."""
    has = {kind for kind in USAGES if usage.get(kind) == YES}
    match object_class, policy:
        case _, Policy.COMPATIBLE:
            return ""
        case CKO.SECRET_KEY, _:
            if has & WRAPPING and has & WORK:
                return "a secret key that wraps or unwraps does nothing else"
        case CKO.PRIVATE_KEY, Policy.STRICT:
            if tables.CKA_UNWRAP in has and has & WORK:
                return "a private key that unwraps does nothing else"
            if key_type is CKK.RSA and {tables.CKA_SIGN, tables.CKA_DECRYPT} <= has:
                return "an RSA key either signs or decrypts"
        case CKO.PUBLIC_KEY, Policy.STRICT:
            if tables.CKA_WRAP in has and has & WORK:
                return "a public key that wraps does nothing else"
    return ""


def check(usage: Mapping[int, bytes], object_class: CKO, key_type: CKK | None, policy: Policy) -> None:
    """Refuse usages that must not stand together.

    Raises:
        TemplateInconsistent.
    """
    conflict = conflicting(usage, object_class, key_type, policy)
    if conflict:
        raise TemplateInconsistent(conflict)


def check_change(old: Attributes, template: Template, policy: Policy) -> None:
    """Refuse a usage that a key did not have when it was made.

    Raises:
        AttributeReadOnly.
    """
    if policy is Policy.COMPATIBLE:
        return
    for kind in USAGES & template.values.keys():
        if template.values[kind] == YES and not old.boolean(kind):
            raise AttributeReadOnly(f"{tables.ATTRIBUTES[kind].name} is settled when the key is made")
