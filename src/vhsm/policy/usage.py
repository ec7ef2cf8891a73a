"""Which usages one key may have together (Clulow 2003: a key that wraps and decrypts gives away what it wrapped).

Outside `compatible` tokens a key either carries keys or works on data, and what it is used for never grows after it
was made. In `strict` a template that asks for both is refused. In `standard` the key is made, since python-pkcs11 and
NSS ask for every usage where their user names none; but it works on data only: it carries nothing (wrapping.py), and
does not come to by losing the rest. Likewise a secret key that signs or encrypts is no base of others
(derivation.py), and does not become one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import AttributeReadOnly, TemplateInconsistent
from vhsm.model.records import Policy
from vhsm.policy.defaults import USAGE, WRAPPING, YES
from vhsm.policy.key_templates import TEMPLATES
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.model.attributes import Attributes
    from vhsm.model.template import Template

USAGES: Final = frozenset(kind for kinds in USAGE.values() for kind in kinds)
# What a key that carries keys does not do besides.
WORK: Final = USAGES - WRAPPING
# With such a use an application computes by hand what is derived; verification tells a MAC of growing length.
COMPUTING: Final = {
    "encrypt": tables.CKA_ENCRYPT,
    "decrypt": tables.CKA_DECRYPT,
    "sign": tables.CKA_SIGN,
    "verify": tables.CKA_VERIFY,
}


def check(usage: Mapping[int, bytes], object_class: CKO, key_type: CKK | None, policy: Policy) -> None:
    """Refuse usages that must not stand together.

    Raises:
        TemplateInconsistent.
    """
    if policy is not Policy.STRICT:
        return
    has = {kind for kind in USAGES if usage.get(kind) == YES}
    if object_class is CKO.PUBLIC_KEY:
        has.discard(tables.CKA_VERIFY)
    if has & WRAPPING and has & WORK:
        raise TemplateInconsistent("a key that wraps or unwraps does nothing else")
    if key_type is CKK.RSA and {tables.CKA_SIGN, tables.CKA_DECRYPT} <= has:
        raise TemplateInconsistent("an RSA key either signs or decrypts")


def check_change(old: Attributes, template: Template, policy: Policy) -> None:
    """Refuse a usage that a key did not have when it was made, and a carrier or a base that has done other work.

    Raises:
        AttributeReadOnly.
    """
    if policy is Policy.COMPATIBLE:
        return
    had = {kind for kind in USAGES if old.boolean(kind)}
    for kind in USAGES & template.values.keys():
        if template.values[kind] == YES and kind not in had:
            raise AttributeReadOnly(f"{tables.ATTRIBUTES[kind].name} is settled when the key is made")
    has = {kind for kind in had if template.values.get(kind, YES) == YES}
    if had & WORK and not has & WORK and has & WRAPPING:
        raise AttributeReadOnly("a key that did something else does not come to carry keys")
    changed = old.overlaid(template.values)
    if changed.boolean(tables.CKA_DERIVE) and computes(old) and not computes(changed):
        raise AttributeReadOnly("a key that did something else does not become a base of others")


def computes(key: Attributes) -> bool:
    """Tell whether a secret key also tells, by signing or encrypting, what is derived from it."""
    uses = {name for name, attribute in COMPUTING.items() if key.boolean(attribute)}
    allowed, key_type = key.numbers(tables.CKA_ALLOWED_MECHANISMS), key.number(tables.CKA_KEY_TYPE)
    return key.number(tables.CKA_CLASS) == CKO.SECRET_KEY and any(
        key_type in row.key_types and uses & row.operations and (not allowed or row.value in allowed)
        for row in tables.MECHANISMS.values()
    )


def dedicated(key: Attributes) -> bool:
    """Tell whether other keys rely on what this one does not do: it carries them, or they are made of it."""
    does = {kind for kind in USAGES if key.boolean(kind)}
    carries = bool(does & WRAPPING) and not does & WORK
    derives = key.number(tables.CKA_CLASS) == CKO.SECRET_KEY and tables.CKA_DERIVE in does and not computes(key)
    return carries or derives or any(key.value(kind) for kind in TEMPLATES)


def tells_check_value(key: Attributes, policy: Policy) -> bool:
    """Tell whether a secret key may have a CKA_CHECK_VALUE: it is the beginning of an encrypted block of zeros.

    So begin what GCM hashes with, and what CKM_AES_ECB_ENCRYPT_DATA derives from zeros.
    """
    if policy is Policy.STANDARD:
        return computes(key) or not key.boolean(tables.CKA_DERIVE)
    return policy is Policy.COMPATIBLE
