"""Which usages one key may have together (Clulow 2003: a key that wraps and decrypts gives away what it wrapped).

Outside `compatible` tokens a key either carries keys or works on data, and what it is used for never grows after it
was made. In `strict` a template that asks for both is refused. In `standard` the key is made, since python-pkcs11 and
NSS ask for every usage where their user names none; but it works on data only: it carries nothing (wrapping.py), and
does not come to by losing the rest.
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
    if policy is not Policy.STRICT:
        return ""
    if object_class is CKO.PUBLIC_KEY:
        has.discard(tables.CKA_VERIFY)
    if has & WRAPPING and has & WORK:
        return "a key that wraps or unwraps does nothing else"
    if key_type is CKK.RSA and {tables.CKA_SIGN, tables.CKA_DECRYPT} <= has:
        return "an RSA key either signs or decrypts"
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
    """Refuse a usage that a key did not have when it was made, and a carrier that has done other work.

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
