"""Grants and templates: no policy decision ever gives more than the attributes say."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vhsm.errors import AttributeReadOnly, KeyFunctionNotPermitted, MechanismInvalid, Refusal, TemplateInconsistent
from vhsm.model.attributes import Attributes, boolean, number
from vhsm.model.identifiers import ObjectNumber
from vhsm.model.records import Policy
from vhsm.model.template import Template
from vhsm.policy import defaults, grants, templates
from vhsm.wire import tables, use_pb2
from vhsm.wire.table import CKK, CKO, AttributeRow

NUMBER = ObjectNumber(7)
USAGE = (tables.CKA_ENCRYPT, tables.CKA_DECRYPT, tables.CKA_SIGN, tables.CKA_VERIFY)
KEYS = st.builds(
    lambda usage, key_type, allowed: Attributes(
        {
            tables.CKA_CLASS: number(CKO.SECRET_KEY),
            tables.CKA_KEY_TYPE: number(key_type),
            tables.CKA_ALLOWED_MECHANISMS: b"".join(map(number, allowed)),
            **{kind: boolean(may) for kind, may in zip(USAGE, usage, strict=True)},
        }
    ),
    st.tuples(*[st.booleans()] * len(USAGE)),
    st.sampled_from(list(CKK)),
    st.lists(st.sampled_from(list(tables.MECHANISMS)), max_size=3),
)
OPERATIONS = st.sampled_from(list(grants.USES))
POLICIES = st.sampled_from(list(Policy))


@given(KEYS, POLICIES, OPERATIONS, st.sampled_from(list(tables.MECHANISMS)))
def test_a_grant_is_what_the_key_allows(
    key: Attributes, policy: Policy, operation: use_pb2.Operation.ValueType, mechanism: int
) -> None:
    """Every operation granted has its attribute, every mechanism is on the key's list, and what was asked is in it."""
    try:
        grant = grants.decide(key, NUMBER, policy, operation, mechanism)
    except Refusal:
        return
    assert operation in grant.operations
    for granted in grant.operations:
        if granted != use_pb2.OPERATION_DIGEST_KEY:
            assert key.boolean(grants.USES[granted][1])
    allowed = key.numbers(tables.CKA_ALLOWED_MECHANISMS)
    assert not allowed or (grant.mechanisms and set(grant.mechanisms) <= set(allowed))
    assert not grant.mechanisms or mechanism in grant.mechanisms


@given(KEYS, POLICIES, OPERATIONS)
def test_usage_is_refused_by_its_attribute(
    key: Attributes, policy: Policy, operation: use_pb2.Operation.ValueType
) -> None:
    """CKR_KEY_FUNCTION_NOT_PERMITTED for the right mechanism and a false attribute; an unknown one comes first."""
    name, attribute = grants.USES[operation]
    forbidden = key.overlaid({attribute: boolean(False), tables.CKA_ALLOWED_MECHANISMS: b""})
    fitting = [
        row.value
        for row in tables.MECHANISMS.values()
        if name in row.offered(policy) and forbidden.number(tables.CKA_KEY_TYPE) in row.key_types
    ]
    for mechanism in fitting:
        with pytest.raises(KeyFunctionNotPermitted):
            grants.decide(forbidden, NUMBER, policy, operation, mechanism)
    with pytest.raises(MechanismInvalid):
        grants.decide(forbidden, NUMBER, policy, operation, 0xDEAD_BEEF)


@given(POLICIES)
def test_secret_keys_are_closed_where_a_template_is_silent(policy: Policy) -> None:
    """Private, sensitive and not extractable; wrapping only where the policy is compatible."""
    template = Template(
        {tables.CKA_CLASS: number(CKO.SECRET_KEY), tables.CKA_KEY_TYPE: number(CKK.AES)}, {tables.CKA_VALUE: 32}
    )
    key = templates.created(template, policy)
    assert key.boolean(tables.CKA_PRIVATE)
    assert key.boolean(tables.CKA_SENSITIVE)
    assert key.boolean(tables.CKA_EXTRACTABLE) is False
    assert all(key.boolean(kind) for kind in USAGE)
    for kind in defaults.WRAPPING:
        assert key.boolean(kind) is (policy is Policy.COMPATIBLE)


@given(st.sampled_from([row for row in tables.ATTRIBUTES.values() if row.kind == "boolean"]), st.booleans())
def test_attributes_move_one_way(row: AttributeRow, value: bool) -> None:
    """SENSITIVE up, EXTRACTABLE down, the rest as the table says."""
    old = Attributes({tables.CKA_CLASS: number(min(row.classes)), row.value: boolean(not value)})
    lawful = row.change == "always" or (row.change == "up" and value) or (row.change == "down" and not value)
    change = Template({row.value: boolean(value)})
    if lawful:
        templates.check_changes(old, change, Policy.COMPATIBLE)
    else:
        with pytest.raises(AttributeReadOnly):
            templates.check_changes(old, change, Policy.COMPATIBLE)


@pytest.mark.parametrize(("source", "copy"), list(itertools.product([True, False], repeat=2)))
def test_private_objects_have_no_public_copies(source: bool, copy: bool) -> None:
    """CKR_TEMPLATE_INCONSISTENT."""
    old = Attributes({tables.CKA_CLASS: number(CKO.DATA), tables.CKA_PRIVATE: boolean(source)})
    template = Template({tables.CKA_PRIVATE: boolean(copy)})
    if source and not copy:
        with pytest.raises(TemplateInconsistent):
            templates.copied(old, template, Policy.COMPATIBLE)
    else:
        assert templates.copied(old, template, Policy.COMPATIBLE).boolean(tables.CKA_PRIVATE) is copy
