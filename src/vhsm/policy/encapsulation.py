"""Keys made by encapsulation (PKCS#11 v3.2, 5.18.8 and 5.18.9): which may be made, and what of.

What a public key encapsulates may be as open as its template says: anyone can do it without a token. What a sensitive
private key decapsulates is sensitive, and not extractable unless that key is, as what is derived from one
(derivation.py), and works on data unless that key says else (purpose.py). A key has the whole secret: a part of it
beside the whole would weaken both. On `compatible` tokens the template decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import KeyFunctionNotPermitted, TemplateInconsistent
from vhsm.model.records import Policy
from vhsm.policy import purpose
from vhsm.policy.derivation import secret_key
from vhsm.policy.mechanisms import check_base, offered
from vhsm.wire import tables
from vhsm.wire.table import CKO

if TYPE_CHECKING:
    from vhsm.model.attributes import Attributes
    from vhsm.model.template import Template

# FIPS 203, section 8: length of a shared secret, in bytes.
SHARED_BYTES: Final = 32


def encapsulated(template: Template, mechanism: int, key: Attributes, policy: Policy) -> Attributes:
    """Say what C_EncapsulateKey makes of a template.

    Raises:
        MechanismInvalid, KeyHandleInvalid, KeyTypeInconsistent, KeyFunctionNotPermitted, TemplateInconsistent,
        AttributeReadOnly, AttributeValueInvalid.
    """
    check_base(key, offered(mechanism, "encapsulate", policy))
    if key.number(tables.CKA_CLASS) != CKO.PUBLIC_KEY or not key.boolean(tables.CKA_ENCAPSULATE):
        raise KeyFunctionNotPermitted
    check_length(template, policy)
    return secret_key(template, policy)


def decapsulated(template: Template, mechanism: int, key: Attributes, policy: Policy) -> Attributes:
    """Say what C_DecapsulateKey makes of a template; as `encapsulated` raises."""
    check_base(key, offered(mechanism, "decapsulate", policy))
    if key.number(tables.CKA_CLASS) != CKO.PRIVATE_KEY or not key.boolean(tables.CKA_DECAPSULATE):
        raise KeyFunctionNotPermitted
    check_length(template, policy)
    if policy is Policy.COMPATIBLE:
        return secret_key(template, policy)
    unused = purpose.check(template, CKO.SECRET_KEY, key, tables.CKA_DECAPSULATE_TEMPLATE)
    made = secret_key(template, policy, unused)
    if key.boolean(tables.CKA_SENSITIVE) is not False and made.boolean(tables.CKA_SENSITIVE) is False:
        raise TemplateInconsistent("what a sensitive key decapsulates is sensitive")
    if key.boolean(tables.CKA_EXTRACTABLE) is not True and made.boolean(tables.CKA_EXTRACTABLE) is True:
        raise TemplateInconsistent("what a key that is not extractable decapsulates is not extractable")
    return made


def check_length(template: Template, policy: Policy) -> None:
    """Refuse a key of a part of the secret, but where programs need it.

    Raises:
        TemplateInconsistent.
    """
    if policy is not Policy.COMPATIBLE and template.number(tables.CKA_VALUE_LEN) not in {None, SHARED_BYTES}:
        raise TemplateInconsistent(f"the key has all {SHARED_BYTES} bytes of the secret")
