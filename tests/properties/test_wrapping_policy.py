"""Which keys carry which, and which usages stand together, by policy (security: Clulow 2003)."""

from __future__ import annotations

import itertools
from typing import Final

import pytest

from vhsm.errors import (
    AttributeReadOnly,
    KeyFunctionNotPermitted,
    KeyNotWrappable,
    KeyUnextractable,
    MechanismInvalid,
    MechanismParamInvalid,
    Refusal,
    TemplateInconsistent,
    WrappingKeyHandleInvalid,
    WrappingKeySizeRange,
)
from vhsm.model.attributes import Attributes, boolean, number
from vhsm.model.records import Policy
from vhsm.model.template import Template
from vhsm.policy import mechanisms, templates, usage, wrapping
from vhsm.policy.defaults import USAGE, WRAPPING
from vhsm.wire import tables, use_pb2
from vhsm.wire.table import CKK, CKO

GUARDED: Final = (Policy.STANDARD, Policy.STRICT)
KWP: Final = use_pb2.Mechanism(type=tables.CKM_AES_KEY_WRAP_KWP)


def aes(value_length: int = 32, **flags: bool) -> Attributes:
    """Give an AES key's attributes; what is not named is false."""
    values = {
        tables.CKA_CLASS: number(CKO.SECRET_KEY),
        tables.CKA_KEY_TYPE: number(CKK.AES),
        tables.CKA_VALUE_LEN: number(value_length),
        **{kind: boolean(False) for kind in USAGE[CKO.SECRET_KEY]},
        tables.CKA_EXTRACTABLE: boolean(False),
        tables.CKA_SENSITIVE: boolean(False),
        tables.CKA_TRUSTED: boolean(False),
        tables.CKA_WRAP_WITH_TRUSTED: boolean(False),
    }
    return Attributes(values | {getattr(tables, f"CKA_{name}"): boolean(flag) for name, flag in flags.items()})


CARRIER: Final = aes(WRAP=True)
TRUSTED: Final = aes(WRAP=True, TRUSTED=True)
OPEN: Final = aes(EXTRACTABLE=True)
SENSITIVE: Final = aes(EXTRACTABLE=True, SENSITIVE=True)


@pytest.mark.parametrize("policy", GUARDED)
@pytest.mark.parametrize(
    ("carrier", "key", "refusal"),
    [
        (CARRIER, OPEN, None),
        (TRUSTED, SENSITIVE, None),
        (CARRIER, SENSITIVE, KeyNotWrappable),
        (TRUSTED, aes(SENSITIVE=True), KeyUnextractable),
        (CARRIER, aes(EXTRACTABLE=True, WRAP_WITH_TRUSTED=True), KeyNotWrappable),
        (aes(TRUSTED=True), OPEN, KeyFunctionNotPermitted),
        (aes(WRAP=True, TRUSTED=True, DECRYPT=True), SENSITIVE, KeyFunctionNotPermitted),
        # It could leave under another trusted key, as one that signs, and come back as one that decrypts.
        (aes(WRAP=True, TRUSTED=True, VERIFY=True), SENSITIVE, KeyFunctionNotPermitted),
        (aes(16, WRAP=True, TRUSTED=True), SENSITIVE, WrappingKeySizeRange),
        (TRUSTED, aes(EXTRACTABLE=True, SENSITIVE=True, WRAP=True), KeyNotWrappable),
        (TRUSTED, aes(EXTRACTABLE=True, SENSITIVE=True, UNWRAP=True), KeyNotWrappable),
        (TRUSTED, aes(EXTRACTABLE=True, SENSITIVE=True, DERIVE=True), KeyNotWrappable),
        (TRUSTED, aes(EXTRACTABLE=True, SENSITIVE=True, DERIVE=True, VERIFY=True), None),
        (CARRIER, aes(EXTRACTABLE=True, WRAP=True, DERIVE=True), None),
        (Attributes({tables.CKA_CLASS: number(CKO.DATA)}), OPEN, WrappingKeyHandleInvalid),
        (aes(16, WRAP=True, TRUSTED=True), aes(16, EXTRACTABLE=True, SENSITIVE=True), None),
    ],
)
def test_a_sensitive_key_leaves_under_a_trusted_and_strong_one(
    policy: Policy, carrier: Attributes, key: Attributes, refusal: type[Refusal] | None
) -> None:
    """And the carrier does nothing else."""
    if refusal is None:
        wrapping.check_wrap(carrier, key, KWP, policy)
    else:
        with pytest.raises(refusal):
            wrapping.check_wrap(carrier, key, KWP, policy)


@pytest.mark.parametrize("policy", GUARDED)
def test_only_what_authenticates_carries_keys(policy: Policy) -> None:
    """The others are for `compatible` tokens, which have all."""
    old = {
        *(tables.CKM_AES_ECB, tables.CKM_AES_CBC, tables.CKM_AES_CBC_PAD),
        *(tables.CKM_AES_KEY_WRAP, tables.CKM_RSA_PKCS),
    }
    refused = {(value, operation) for value in old for operation in ("wrap", "unwrap")}
    for row in tables.MECHANISMS.values():
        for operation in {"wrap", "unwrap"} & row.operations:
            assert mechanisms.offered(row.value, operation, Policy.COMPATIBLE) is row
            if (row.value, operation) in refused:
                with pytest.raises(MechanismInvalid):
                    mechanisms.offered(row.value, operation, policy)
            else:
                assert mechanisms.offered(row.value, operation, policy) is row


def test_two_keys_under_one_nonce_would_tell_each_other() -> None:
    """GCM's is made in the server, but on `compatible` tokens, where a caller's is taken too."""
    given = use_pb2.Mechanism(type=tables.CKM_AES_GCM, gcm=use_pb2.GcmParameters(iv=bytes(12), tag_bits=128))
    made = use_pb2.Mechanism(type=tables.CKM_AES_GCM, message=use_pb2.MessageParameters(nonce=bytes(12), generator=1))
    for policy in Policy:
        wrapping.check_wrap(TRUSTED, SENSITIVE, made, policy)
        wrapping.check_unwrap(aes(UNWRAP=True), given.type, policy)
    for policy in GUARDED:
        with pytest.raises(MechanismParamInvalid):
            wrapping.check_wrap(TRUSTED, SENSITIVE, given, policy)
    wrapping.check_wrap(TRUSTED, SENSITIVE, given, Policy.COMPATIBLE)


@pytest.mark.parametrize(
    ("carries", "works"), list(itertools.product(WRAPPING, usage.WORK & set(USAGE[CKO.SECRET_KEY])))
)
def test_a_key_carries_keys_or_works(carries: int, works: int) -> None:
    """One that is asked to carry gets no other usage by default; asked for both, it is refused, or carries nothing."""
    said = {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(CKK.AES), carries: boolean(True)}
    both = said | {works: boolean(True)}
    for policy in GUARDED:
        made = templates.key_of(CKO.SECRET_KEY, CKK.AES, said, policy)
        assert not any(made.boolean(kind) for kind in usage.WORK)
    with pytest.raises(TemplateInconsistent):
        templates.key_of(CKO.SECRET_KEY, CKK.AES, both, Policy.STRICT)
    mixed = templates.key_of(CKO.SECRET_KEY, CKK.AES, both, Policy.STANDARD)
    with pytest.raises(KeyFunctionNotPermitted):
        wrapping.check_wrap(mixed.overlaid({tables.CKA_WRAP: boolean(True)}), OPEN, KWP, Policy.STANDARD)
    with pytest.raises(KeyFunctionNotPermitted):
        wrapping.check_unwrap(mixed.overlaid({tables.CKA_UNWRAP: boolean(True)}), KWP.type, Policy.STANDARD)
    with pytest.raises(AttributeReadOnly):
        templates.check_changes(mixed, Template({works: boolean(False)}), Policy.STANDARD)


@pytest.mark.parametrize("kind", sorted(USAGE[CKO.SECRET_KEY]))
def test_usages_only_fall(kind: int) -> None:
    """But on `compatible` tokens, where they change as PKCS#11 has it."""
    raised, lowered = Template({kind: boolean(True)}), Template({kind: boolean(False)})
    has = aes().overlaid({kind: boolean(True)})
    for policy in GUARDED:
        with pytest.raises(AttributeReadOnly):
            templates.check_changes(aes(), raised, policy)
        templates.check_changes(has, lowered, policy)
        templates.check_changes(has, raised, policy)
    templates.check_changes(aes(), raised, Policy.COMPATIBLE)


@pytest.mark.parametrize("policy", GUARDED)
def test_what_is_unwrapped_stays(policy: Policy) -> None:
    """Sensitive and not extractable by default; a template that asks otherwise is refused."""
    said = {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(CKK.AES)}
    made = wrapping.unwrapped(Template(said), CARRIER, policy)
    assert made.boolean(tables.CKA_SENSITIVE)
    assert made.boolean(tables.CKA_EXTRACTABLE) is False
    for wrong in ({tables.CKA_SENSITIVE: boolean(False)}, {tables.CKA_EXTRACTABLE: boolean(True)}):
        with pytest.raises(TemplateInconsistent):
            wrapping.unwrapped(Template(said | wrong), CARRIER, policy)
        wrapping.unwrapped(Template(said | wrong), CARRIER, Policy.COMPATIBLE)


def test_strength_is_that_of_sp_800_57() -> None:
    """Table 2 of part 1."""
    assert [wrapping.strength(aes(length)) for length in (16, 24, 32)] == [128, 192, 256]
    for bits, strength in ((1024, 80), (2048, 112), (3072, 128), (4096, 152), (7680, 192), (8192, 192), (15_360, 256)):
        modulus = (1 << bits - 1 | 1).to_bytes(bits // 8)
        key = Attributes({tables.CKA_KEY_TYPE: number(CKK.RSA), tables.CKA_MODULUS: modulus})
        assert wrapping.strength(key) == strength
    for key_type in (CKK.ML_DSA, CKK.ML_KEM):
        kinds = {tables.CKA_KEY_TYPE: number(key_type)}
        sets = [Attributes({**kinds, tables.CKA_PARAMETER_SET: number(value)}) for value in (1, 2, 3)]
        assert [wrapping.strength(key) for key in sets] == [128, 192, 256]
    kinds = {tables.CKA_KEY_TYPE: number(CKK.SLH_DSA)}
    sets = [Attributes({**kinds, tables.CKA_PARAMETER_SET: number(value)}) for value in range(1, 13)]
    assert [wrapping.strength(key) for key in sets] == 4 * [128] + 4 * [192] + 4 * [256]
    for key_type, parameters, strength in (
        (CKK.EC, "06082a8648ce3d030101", 96),
        (CKK.EC, "06052b81040021", 112),
        (CKK.EC, "06082a8648ce3d030107", 128),
        (CKK.EC, "06052b81040023", 256),
        (CKK.EC, "06092b2403030208010109", 160),
        (CKK.EC, "06092b240303020801010d", 256),
        (CKK.EC_MONTGOMERY, "06032b656e", 128),
        (CKK.EC_MONTGOMERY, "06032b656f", 224),
        (CKK.EC_EDWARDS, "130a65647761726473343438", 224),
        (CKK.EC, "06032a0304", 256),
    ):
        kinds = {tables.CKA_KEY_TYPE: number(key_type), tables.CKA_EC_PARAMS: bytes.fromhex(parameters)}
        assert wrapping.strength(Attributes(kinds)) == strength
