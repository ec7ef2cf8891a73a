"""Keys (PKCS#11 v3.2, 5.18): generated, wrapped and unwrapped in the engine, stored sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vhsm.errors import KeyHandleInvalid, UnwrappingKeyHandleInvalid, WrappingKeyHandleInvalid
from vhsm.handlers.context import ok
from vhsm.handlers.object import named, store_made
from vhsm.model.attributes import Attributes
from vhsm.model.template import parse_template
from vhsm.policy import derivation, encapsulation, key_templates, templates, wrapping
from vhsm.store import counts
from vhsm.wire.tables import (
    CKA_DECAPSULATE_TEMPLATE,
    CKA_DERIVE_TEMPLATE,
    CKA_ENCAPSULATE_TEMPLATE,
    CKA_UNWRAP_TEMPLATE,
    CKM_PKCS5_PBKD2,
    MECHANISMS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vhsm.handlers.context import Context
    from vhsm.handlers.object import Named
    from vhsm.model.records import Policy
    from vhsm.model.template import Template
    from vhsm.wire import engine_pb2, key_pb2


def generate_key(context: Context) -> engine_pb2.Answer:
    """C_GenerateKey."""
    request = context.request.generate_key
    session = context.of_session
    template = parse_template(request.template, context.ask.secret_lengths)
    policy = session.token.policy
    if request.mechanism.type == CKM_PKCS5_PBKD2:
        attributes = derivation.from_password(template, request.mechanism, policy)
    else:
        attributes = templates.generated(template, MECHANISMS.get(request.mechanism.type), policy)
    templates.check_session(attributes, session)
    return store_made(context, [context.channel.generate_key(attributes)])


def generate_key_pair(context: Context) -> engine_pb2.Answer:
    """C_GenerateKeyPair: both halves in one transaction."""
    request = context.request.generate_key_pair
    session = context.of_session
    wanted = templates.generated_pair(
        parse_template(request.public_template, context.ask.secret_lengths),
        parse_template(request.private_template, context.ask.secret_lengths),
        MECHANISMS.get(request.mechanism.type),
        session.token.policy,
    )
    for attributes in wanted:
        templates.check_session(attributes, session)
    made = context.channel.generate_key_pair(*wanted)
    return store_made(context, [made.public_key, made.private_key])


def derive_key(context: Context) -> engine_pb2.Answer:
    """C_DeriveKey."""
    request = context.request.derive_key
    session = context.of_session
    keys = [named(context, key, KeyHandleInvalid) for key in (request.base_key, *request.further_keys)]
    bases = [key.attributes for key in keys]
    said = [
        parse_template(template, context.ask.secret_lengths)
        for template in (request.template, *request.further_templates)
    ]
    wanted = [
        derivation.derived(
            key_templates.applied(template, bases, CKA_DERIVE_TEMPLATE), request.mechanism, bases, session.token.policy
        )
        for template in said
    ]
    for attributes in wanted:
        templates.check_session(attributes, session)
    base, *further = [key.sealed_object for key in keys]
    return store_made(context, context.channel.make_from_key(base, wanted, further))


def wrap_key(context: Context) -> engine_pb2.Answer:
    """C_WrapKey and C_WrapKeyAuthenticated: the engine puts the wrapped key into the reply."""
    request = context.request.wrap_key
    wrapping_key = named(context, request.wrapping_key, missing=WrappingKeyHandleInvalid)
    key = named(context, request.key, missing=KeyHandleInvalid)
    policy = context.of_session.token.policy
    wrapping.check_wrap(wrapping_key.attributes, key.attributes, request.mechanism, policy)
    encryptions = counts.encryptions(context.store.connection, request.wrapping_key)
    context.channel.wrap_key(wrapping_key.sealed_object, key.sealed_object, encryptions)
    with context.writing() as writing:
        writing.note(object_uuid=b"" if key.row is None else key.row.uuid)
    return ok()


def unwrap_key(context: Context) -> engine_pb2.Answer:
    """C_UnwrapKey and C_UnwrapKeyAuthenticated."""
    request = context.request.unwrap_key
    session = context.of_session
    unwrapping_key = named(context, request.unwrapping_key, missing=UnwrappingKeyHandleInvalid)
    wrapping.check_unwrap(unwrapping_key.attributes, request.mechanism.type, session.token.policy)
    said = parse_template(request.template, context.ask.secret_lengths)
    template = key_templates.applied(said, [unwrapping_key.attributes], CKA_UNWRAP_TEMPLATE)
    attributes = wrapping.unwrapped(template, unwrapping_key.attributes, session.token.policy)
    templates.check_session(attributes, session)
    made = context.channel.make_from_key(unwrapping_key.sealed_object, [attributes])
    for sealed in made:
        wrapping.check_unwrapped(Attributes.parse(sealed.attributes), session.token.policy)
    return store_made(context, made)


def encapsulate_key(context: Context) -> engine_pb2.Answer:
    """C_EncapsulateKey: the engine puts the ciphertext into the reply."""
    request = context.request.encapsulate_key
    key = named(context, request.public_key, KeyHandleInvalid)
    return by_capsule(context, request, key, CKA_ENCAPSULATE_TEMPLATE, encapsulation.encapsulated)


def decapsulate_key(context: Context) -> engine_pb2.Answer:
    """C_DecapsulateKey."""
    request = context.request.decapsulate_key
    key = named(context, request.private_key, KeyHandleInvalid)
    return by_capsule(context, request, key, CKA_DECAPSULATE_TEMPLATE, encapsulation.decapsulated)


def by_capsule(
    context: Context,
    request: key_pb2.EncapsulateKey | key_pb2.DecapsulateKey,
    key: Named,
    held: int,
    decide: Callable[[Template, int, Attributes, Policy], Attributes],
) -> engine_pb2.Answer:
    """Make the key that a ciphertext carries; `held` is the template that the `key` has for it."""
    session = context.of_session
    said = parse_template(request.template, context.ask.secret_lengths)
    template = key_templates.applied(said, [key.attributes], held)
    wanted = decide(template, request.mechanism.type, key.attributes, session.token.policy)
    templates.check_session(wanted, session)
    return store_made(context, context.channel.make_from_key(key.sealed_object, [wanted]))
