"""What keys may do that can be made again: those that are derived, decapsulated or unwrapped.

The same bytes give the same value each time. Were its use the caller's to say, he could make it once as a key that
others rely on, which derives them or carries them, and once as a key that signs or decrypts; and with the second
compute what the first keeps. So outside `compatible` tokens the use follows from what the key is made of:
- CKA_DERIVE_TEMPLATE, CKA_UNWRAP_TEMPLATE or CKA_DECAPSULATE_TEMPLATE of that key, where it says that others rely on
  the new key: then it does what the template names, and nothing else;
- what comes out of ECDH, or of the extracting half of HKDF, as it is, is there to be derived from (SP 800-56C, 4 and
  5), and does nothing else;
- all other keys work on data.
Templates of its own such a key has from there, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import TemplateInconsistent
from vhsm.policy.defaults import NO, USAGE, WRAPPING, YES
from vhsm.policy.key_templates import TEMPLATES, held
from vhsm.wire import tables
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vhsm.model.attributes import Attributes
    from vhsm.model.template import Template
    from vhsm.wire import use_pb2

# PKCS#11 v3.2, 6.3.16: the shared secret as it is.
CKD_NULL: Final = 1


def check(
    template: Template, object_class: CKO, origin: Attributes, kind: int, *, derives: bool = False
) -> Mapping[int, bytes]:
    """Refuse a use that others must not rely on, and return the usages that a silent template leaves false.

    `origin` is the key that the new one is made of, `kind` the template that it has for it; `derives` says that the new
    key is there to be derived from, if that is silent.

    Raises:
        TemplateInconsistent.
    """
    settled = held(origin, kind)
    usages = set(USAGE[object_class])
    relied_on = WRAPPING | ({tables.CKA_DERIVE} if object_class is CKO.SECRET_KEY else set())
    if any(settled.get(usage) == YES for usage in relied_on):
        does = {usage for usage in usages if settled.get(usage) == YES}
    elif derives and tables.CKA_DERIVE not in settled:
        does = {tables.CKA_DERIVE}
    else:
        does = usages - relied_on
    for named in usages - does:
        if template.values.get(named) == YES:
            raise TemplateInconsistent(f"{tables.ATTRIBUTES[named].name}: this value can be made again for another use")
    for own in TEMPLATES & template.values.keys():
        if own not in settled:
            raise TemplateInconsistent(f"{tables.ATTRIBUTES[own].name} is not as the key that it is made of has it")
    return dict.fromkeys(usages - does, NO)


def derives(asked: use_pb2.Mechanism) -> bool:
    """Tell whether what is derived so is no key yet, but what keys are derived from."""
    match asked.WhichOneof("parameters"):
        case "ecdh":
            return asked.ecdh.kdf == CKD_NULL
        case "hkdf":
            return asked.hkdf.extract and not asked.hkdf.expand
    return False
