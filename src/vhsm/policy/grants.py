"""Which uses of a key an application may repeat without asking again.

A Grant covers everything that the key's attributes and the token's policy allow, so that one question is enough. The
engine narrows it once more by the attributes that it has authenticated itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.errors import (
    KeyFunctionNotPermitted,
    KeyHandleInvalid,
    KeyIndigestible,
    KeyTypeInconsistent,
)
from vhsm.model.records import Policy
from vhsm.policy.mechanisms import check_allowed, offered
from vhsm.wire import engine_pb2, use_pb2
from vhsm.wire.table import CKO
from vhsm.wire.tables import (
    CKA_ALLOWED_MECHANISMS,
    CKA_CLASS,
    CKA_DECRYPT,
    CKA_ENCRYPT,
    CKA_EXTRACTABLE,
    CKA_KEY_TYPE,
    CKA_SENSITIVE,
    CKA_SIGN,
    CKA_SIGN_RECOVER,
    CKA_VERIFY,
    CKA_VERIFY_RECOVER,
    MECHANISMS,
)

if TYPE_CHECKING:
    from vhsm.model.attributes import Attributes
    from vhsm.model.identifiers import ObjectNumber
    from vhsm.wire.table import MechanismRow

# Operation: its name in the table of mechanisms, and the attribute that allows it.
USES: Final[dict[use_pb2.Operation.ValueType, tuple[str, int]]] = {
    use_pb2.OPERATION_ENCRYPT: ("encrypt", CKA_ENCRYPT),
    use_pb2.OPERATION_DECRYPT: ("decrypt", CKA_DECRYPT),
    use_pb2.OPERATION_SIGN: ("sign", CKA_SIGN),
    use_pb2.OPERATION_VERIFY: ("verify", CKA_VERIFY),
    use_pb2.OPERATION_SIGN_RECOVER: ("sign_recover", CKA_SIGN_RECOVER),
    use_pb2.OPERATION_VERIFY_RECOVER: ("verify_recover", CKA_VERIFY_RECOVER),
}
KEY_CLASSES: Final = frozenset({CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY})


def decide(
    key: Attributes, number: ObjectNumber, policy: Policy, operation: use_pb2.Operation.ValueType, mechanism: int
) -> engine_pb2.Grant:
    """Grant what the key may do, if what is asked is part of it.

    Raises:
        KeyHandleInvalid: it is no key.
        MechanismInvalid: unknown, not for this operation, or forbidden by the key or the policy.
        KeyTypeInconsistent: not for keys of this type.
        KeyFunctionNotPermitted: the key's usage attributes forbid it.
        KeyIndigestible: its digest would tell what is derived from it.
    """
    if key.number(CKA_CLASS) not in KEY_CLASSES:
        raise KeyHandleInvalid("it is no key")
    if operation == use_pb2.OPERATION_DIGEST_KEY:
        if key.number(CKA_CLASS) != CKO.SECRET_KEY:
            raise KeyFunctionNotPermitted("only secret keys are digested")
        if not digestible(key, policy):
            raise KeyIndigestible
    else:
        check_use(key, policy, operation, mechanism)
    listed = mechanisms(key, policy, USES.get(operation, ("digest", 0))[0])
    # A Grant gives each of its operations with each of its mechanisms: what one of them withholds is asked for apart.
    apart = {name for mechanism in listed for name in withheld(MECHANISMS[mechanism], policy)}
    operations = [use for use, (name, attribute) in USES.items() if key.boolean(attribute) and name not in apart]
    if key.number(CKA_CLASS) == CKO.SECRET_KEY and digestible(key, policy):
        operations.append(use_pb2.OPERATION_DIGEST_KEY)
    return engine_pb2.Grant(object=number, operations=operations, mechanisms=listed)


def digestible(key: Attributes, policy: Policy) -> bool:
    """Tell whether C_DigestKey may take a secret key.

    With data of the caller's before and after it, a digest is a function of derivation (HKDF's extraction, SP 800-56C's
    one step): outside `compatible` tokens only a key that may be read anyway is digested.
    """
    readable = key.boolean(CKA_SENSITIVE) is False and key.boolean(CKA_EXTRACTABLE) is True
    return readable or policy is Policy.COMPATIBLE


def check_use(key: Attributes, policy: Policy, operation: use_pb2.Operation.ValueType, mechanism: int) -> None:
    """Refuse one use of a key that table, key or policy forbid; as `decide` raises."""
    name, attribute = USES.get(operation, ("", 0))
    row = offered(mechanism, name, policy)
    check_allowed(key, row)
    if key.number(CKA_KEY_TYPE) not in row.key_types:
        raise KeyTypeInconsistent
    if not key.boolean(attribute):
        raise KeyFunctionNotPermitted


def withheld(row: MechanismRow, policy: Policy) -> frozenset[str]:
    """Return the operations of a mechanism that the policy takes away."""
    return row.operations - row.offered(policy)


def mechanisms(key: Attributes, policy: Policy, operation: str) -> list[int]:
    """Name the mechanisms of a Grant; none means all that the engine has for this key."""
    allowed = key.numbers(CKA_ALLOWED_MECHANISMS)
    if not allowed and not any(withheld(row, policy) for row in MECHANISMS.values()):
        return []
    key_type = key.number(CKA_KEY_TYPE)
    fitting = [
        row.value
        for row in MECHANISMS.values()
        if (key_type in row.key_types or "digest" in row.operations)
        and row.offered(policy)
        and operation not in withheld(row, policy)
        and (not allowed or row.value in allowed)
    ]
    return fitting or list(allowed)  # an empty list would mean all
