"""What keys may do that can be made again: it follows from what they are made of (policy/purpose.py)."""

from __future__ import annotations

from typing import Final

import pytest

from vhsm.errors import KeyFunctionNotPermitted, TemplateInconsistent
from vhsm.model.attributes import Attributes, boolean, number
from vhsm.model.records import Policy
from vhsm.model.template import Template
from vhsm.policy import derivation, encapsulation, key_templates, wrapping
from vhsm.policy.defaults import USAGE
from vhsm.wire import derivation_pb2, tables, use_pb2
from vhsm.wire.table import CKK, CKO

GUARDED: Final = (Policy.STANDARD, Policy.STRICT)
ECDH: Final = use_pb2.Mechanism(type=tables.CKM_ECDH1_DERIVE, ecdh=derivation_pb2.EcdhParameters(kdf=1))
ECDH_KDF: Final = use_pb2.Mechanism(type=tables.CKM_ECDH1_DERIVE, ecdh=derivation_pb2.EcdhParameters(kdf=6))


def hkdf(*, extract: bool, expand: bool, salt_type: int = 1) -> use_pb2.Mechanism:
    """Give CKM_HKDF_DERIVE."""
    parameters = derivation_pb2.HkdfParameters(extract=extract, expand=expand, salt_type=salt_type)
    return use_pb2.Mechanism(type=tables.CKM_HKDF_DERIVE, hkdf=parameters)


def flags(**values: bool) -> dict[int, bytes]:
    """Write attributes by their names."""
    return {getattr(tables, f"CKA_{name}"): boolean(value) for name, value in values.items()}


def key(object_class: CKO, key_type: CKK, held: int | None = None, says: dict[int, bytes] | None = None) -> Attributes:
    """Give a sensitive key of which others are made, with a template `held` for them."""
    use = tables.CKA_DECAPSULATE if key_type is CKK.ML_KEM else tables.CKA_DERIVE
    values = {
        tables.CKA_CLASS: number(object_class),
        tables.CKA_KEY_TYPE: number(key_type),
        **dict.fromkeys(USAGE[object_class], boolean(False)),
        **flags(SENSITIVE=True, EXTRACTABLE=False),
        use: boolean(True),
    }
    return Attributes(values | ({held: Attributes(says or {}).encode()} if held else {}))


def uses(made: Attributes) -> set[int]:
    """Tell what a key may do."""
    return {kind for kind in USAGE[CKO.SECRET_KEY] if made.boolean(kind)}


EC: Final = key(CKO.PRIVATE_KEY, CKK.EC)
SECRET: Final = key(CKO.SECRET_KEY, CKK.GENERIC_SECRET)
ONWARD: Final = key(CKO.SECRET_KEY, CKK.GENERIC_SECRET, tables.CKA_DERIVE_TEMPLATE, flags(DERIVE=True))
CARRIERS: Final = key(CKO.SECRET_KEY, CKK.GENERIC_SECRET, tables.CKA_DERIVE_TEMPLATE, flags(UNWRAP=True))
NO_BASE: Final = key(CKO.PRIVATE_KEY, CKK.EC, tables.CKA_DERIVE_TEMPLATE, flags(DERIVE=False))
DERIVES: Final = {tables.CKA_DERIVE}
WORKS: Final = {tables.CKA_ENCRYPT, tables.CKA_DECRYPT, tables.CKA_SIGN, tables.CKA_VERIFY}
CASES: Final = [
    (ECDH, [EC], DERIVES),
    (ECDH, [NO_BASE], WORKS),
    (ECDH_KDF, [EC], WORKS),
    (hkdf(extract=True, expand=False), [SECRET], DERIVES),
    (hkdf(extract=True, expand=True), [SECRET], WORKS),
    (hkdf(extract=False, expand=True), [SECRET], WORKS),
    (hkdf(extract=False, expand=True), [ONWARD], DERIVES),
    (hkdf(extract=False, expand=True), [CARRIERS], {tables.CKA_UNWRAP}),
]


@pytest.mark.parametrize("policy", GUARDED)
@pytest.mark.parametrize(("mechanism", "bases", "expected"), CASES)
def test_the_use_of_a_derived_key_follows_from_its_base(
    policy: Policy, mechanism: use_pb2.Mechanism, bases: list[Attributes], expected: set[int]
) -> None:
    """A silent template gets that use; one that asks for more is refused, but on a `compatible` token."""
    silent = {tables.CKA_VALUE_LEN: number(32)}
    template = key_templates.applied(Template(silent), bases, tables.CKA_DERIVE_TEMPLATE)
    assert uses(derivation.derived(template, mechanism, bases, policy)) == expected
    for kind in set(USAGE[CKO.SECRET_KEY]) - expected:
        more = Template(silent | {kind: boolean(True)})
        with pytest.raises(TemplateInconsistent):
            derivation.derived(more, mechanism, bases, policy)
        assert kind in uses(derivation.derived(more, mechanism, bases, Policy.COMPATIBLE))


@pytest.mark.parametrize("policy", GUARDED)
def test_two_keys_make_nothing_of_a_sensitive_one(policy: Policy) -> None:
    """A salt that is a key, or a key among SP 800-108's data: HMAC by the one over the other has a second way to it."""
    known = SECRET.overlaid(flags(SENSITIVE=False, EXTRACTABLE=True))
    silent = Template({tables.CKA_VALUE_LEN: number(32)})
    feedback = use_pb2.Mechanism(type=tables.CKM_SP800_108_FEEDBACK_KDF, kdf=derivation_pb2.KdfParameters())
    for mechanism in (hkdf(extract=True, expand=False, salt_type=4), feedback):
        for bases in ([SECRET, known], [known, SECRET], [SECRET, SECRET]):
            with pytest.raises(KeyFunctionNotPermitted):
                derivation.derived(silent, mechanism, bases, policy)
            derivation.derived(silent, mechanism, bases, Policy.COMPATIBLE)
        derivation.derived(silent, mechanism, [known, known], policy)


@pytest.mark.parametrize("policy", GUARDED)
def test_templates_for_others_come_from_the_base(policy: Policy) -> None:
    """The caller does not choose what is made of what he has made."""
    own = {tables.CKA_DERIVE_TEMPLATE: Attributes(flags(DERIVE=True)).encode(), tables.CKA_VALUE_LEN: number(32)}
    with pytest.raises(TemplateInconsistent):
        derivation.derived(Template(own), ECDH, [EC], policy)
    base = key(CKO.PRIVATE_KEY, CKK.EC, tables.CKA_DERIVE_TEMPLATE, flags(DERIVE=True) | own)
    assert derivation.derived(Template(own), ECDH, [base], policy).value(tables.CKA_DERIVE_TEMPLATE)


@pytest.mark.parametrize("policy", GUARDED)
def test_what_is_decapsulated_or_unwrapped_works_on_data(policy: Policy) -> None:
    """Or does what the key that it comes from says."""
    capsule = key(CKO.PRIVATE_KEY, CKK.ML_KEM)
    onward = key(CKO.PRIVATE_KEY, CKK.ML_KEM, tables.CKA_DECAPSULATE_TEMPLATE, flags(DERIVE=True))
    kem, silent = tables.CKM_ML_KEM, Template({tables.CKA_VALUE_LEN: number(32)})
    assert uses(encapsulation.decapsulated(silent, kem, capsule, policy)) == WORKS
    assert uses(encapsulation.decapsulated(silent, kem, onward, policy)) == DERIVES
    said = {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(CKK.AES)}
    carrier = key(CKO.SECRET_KEY, CKK.AES)
    carriers = key(CKO.SECRET_KEY, CKK.AES, tables.CKA_UNWRAP_TEMPLATE, flags(UNWRAP=True))
    assert uses(wrapping.unwrapped(Template(said), carrier, policy)) == WORKS
    template = key_templates.applied(Template(said), [carriers], tables.CKA_UNWRAP_TEMPLATE)
    assert uses(wrapping.unwrapped(template, carriers, policy)) == {tables.CKA_UNWRAP}
    for usage in ("UNWRAP", "WRAP", "DERIVE"):
        with pytest.raises(TemplateInconsistent):
            wrapping.unwrapped(Template(said | flags(**{usage: True})), carrier, policy)
