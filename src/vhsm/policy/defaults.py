"""What is taken where a template is silent (PKCS#11 v3.2, chapter 4).

A usage left out is allowed, as every other token does it, where keys of the type can do it at all; wrapping only where
the policy is `compatible`, since a key that wraps and decrypts gives away what it wrapped (usage.py). In `strict` an
RSA key signs; one that decrypts has to say so, and then does not sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vhsm.model.attributes import boolean, number
from vhsm.model.records import Policy
from vhsm.wire import tables
from vhsm.wire.table import CKK, CKO

if TYPE_CHECKING:
    from collections.abc import Mapping

YES: Final = boolean(True)
NO: Final = boolean(False)

STORAGE: Final[dict[int, bytes]] = {
    tables.CKA_TOKEN: NO,
    tables.CKA_LABEL: b"",
    tables.CKA_MODIFIABLE: YES,
    tables.CKA_COPYABLE: YES,
    tables.CKA_DESTROYABLE: YES,
}
DATA: Final[dict[int, bytes]] = {
    tables.CKA_PRIVATE: NO,
    tables.CKA_APPLICATION: b"",
    tables.CKA_OBJECT_ID: b"",
}
CERTIFICATE: Final[dict[int, bytes]] = {
    tables.CKA_PRIVATE: NO,
    tables.CKA_ID: b"",
    tables.CKA_SUBJECT: b"",
    tables.CKA_ISSUER: b"",
    tables.CKA_SERIAL_NUMBER: b"",
    tables.CKA_START_DATE: b"",
    tables.CKA_END_DATE: b"",
    tables.CKA_CERTIFICATE_CATEGORY: number(0),
    tables.CKA_JAVA_MIDP_SECURITY_DOMAIN: number(0),
    tables.CKA_NAME_HASH_ALGORITHM: number(tables.CKM_SHA_1),
    tables.CKA_URL: b"",
    tables.CKA_HASH_OF_SUBJECT_PUBLIC_KEY: b"",
    tables.CKA_HASH_OF_ISSUER_PUBLIC_KEY: b"",
}
KEY: Final[dict[int, bytes]] = {
    tables.CKA_ID: b"",
    tables.CKA_START_DATE: b"",
    tables.CKA_END_DATE: b"",
}
PROTECTED: Final[dict[int, bytes]] = {
    tables.CKA_PRIVATE: YES,
    tables.CKA_SENSITIVE: YES,
    tables.CKA_EXTRACTABLE: NO,
    tables.CKA_WRAP_WITH_TRUSTED: NO,
}

# What an attribute of usage is called, for each class of keys.
USAGE: Final[dict[CKO, tuple[int, ...]]] = {
    CKO.PUBLIC_KEY: (
        tables.CKA_ENCRYPT,
        tables.CKA_VERIFY,
        tables.CKA_VERIFY_RECOVER,
        tables.CKA_WRAP,
        tables.CKA_DERIVE,
        tables.CKA_ENCAPSULATE,
    ),
    CKO.PRIVATE_KEY: (
        tables.CKA_DECRYPT,
        tables.CKA_SIGN,
        tables.CKA_SIGN_RECOVER,
        tables.CKA_UNWRAP,
        tables.CKA_DERIVE,
        tables.CKA_DECAPSULATE,
    ),
    CKO.SECRET_KEY: (
        tables.CKA_ENCRYPT,
        tables.CKA_DECRYPT,
        tables.CKA_SIGN,
        tables.CKA_VERIFY,
        tables.CKA_WRAP,
        tables.CKA_UNWRAP,
        tables.CKA_DERIVE,
    ),
}
WRAPPING: Final = frozenset({tables.CKA_WRAP, tables.CKA_UNWRAP})
ENCIPHERING: Final = frozenset({tables.CKA_ENCRYPT, tables.CKA_DECRYPT})
# What keys of a type can do; those of other types (secret keys) can do all.
ABLE: Final[dict[CKK, frozenset[int]]] = {
    CKK.RSA: WRAPPING
    | ENCIPHERING
    | {tables.CKA_SIGN, tables.CKA_VERIFY, tables.CKA_SIGN_RECOVER, tables.CKA_VERIFY_RECOVER},
    CKK.EC: frozenset({tables.CKA_SIGN, tables.CKA_VERIFY, tables.CKA_DERIVE}),
    CKK.HKDF: frozenset({tables.CKA_DERIVE}),
    CKK.EC_EDWARDS: frozenset({tables.CKA_SIGN, tables.CKA_VERIFY}),
    CKK.EC_MONTGOMERY: frozenset({tables.CKA_DERIVE}),
    CKK.ML_DSA: frozenset({tables.CKA_SIGN, tables.CKA_VERIFY}),
    CKK.SLH_DSA: frozenset({tables.CKA_SIGN, tables.CKA_VERIFY}),
    CKK.HSS: frozenset({tables.CKA_VERIFY}),
    CKK.XMSS: frozenset({tables.CKA_VERIFY}),
    CKK.XMSSMT: frozenset({tables.CKA_VERIFY}),
    CKK.ML_KEM: frozenset({tables.CKA_ENCAPSULATE, tables.CKA_DECAPSULATE}),
}


def of_key(object_class: CKO, key_type: CKK, policy: Policy, said: Mapping[int, bytes]) -> Mapping[int, bytes]:
    """Return the defaults of a key whose template says so much."""
    able = ABLE.get(key_type, frozenset(USAGE[object_class]))
    if policy is not Policy.COMPATIBLE:
        # One that is asked to carry keys does nothing else, unless it is asked for that too.
        carries = any(said.get(kind) == YES for kind in WRAPPING)
        able = frozenset() if carries else able - WRAPPING
    if policy is Policy.STRICT and key_type is CKK.RSA:
        enciphers = any(said.get(kind) == YES for kind in ENCIPHERING)
        able -= {tables.CKA_SIGN, tables.CKA_VERIFY} if enciphers else ENCIPHERING
    usage = {kind: boolean(kind in able) for kind in USAGE[object_class]}
    match object_class:
        case CKO.PUBLIC_KEY:
            return {**STORAGE, **KEY, **usage, tables.CKA_PRIVATE: NO, tables.CKA_SUBJECT: b""}
        case CKO.PRIVATE_KEY:
            own = {tables.CKA_SUBJECT: b"", tables.CKA_ALWAYS_AUTHENTICATE: NO}
            return {**STORAGE, **KEY, **PROTECTED, **usage, **own}
        case _:
            return {**STORAGE, **KEY, **PROTECTED, **usage}


def of_storage(object_class: CKO) -> Mapping[int, bytes]:
    """Return the defaults of a data object or a certificate."""
    return {**STORAGE, **(DATA if object_class is CKO.DATA else CERTIFICATE)}
