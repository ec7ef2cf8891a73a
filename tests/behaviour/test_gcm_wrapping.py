"""PKCS#11 v3.2, 5.18.6, 5.18.7 and 6.13.3: keys that AES-GCM carries, under nonces that the server makes.

Played on the policies that take no others; test_wrapping.py has what `compatible` tokens take.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from ctypes import byref, c_ulong, create_string_buffer
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import servers
from tests.attacks.test_key_theft import trust
from tests.attacks.theft import CARRIES, asked
from tests.behaviour.test_message import COUNTER, COUNTER_XOR, GENERATE, NO_GENERATE, RANDOM, Gcm
from tests.behaviour.test_wrapping import IV, KEK, KWP, VALUE, extractable, pair
from tests.cryptoki import CKU_USER, CkTemplate, Module, data, refused
from tests.mechanisms import gcm, gcm_wrap, iv, iv_of
from tests.rv import Rv
from vhsm.wire import use_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cryptoki import Session, Template
    from tests.servers import Token

pytestmark = pytest.mark.ours  # SoftHSM2's CKM_AES_GCM carries no keys
AAD: Final = b"what the key is for"
NONCE: Final = bytes(12)
# What comes in; not what it may do, which is not the same under all policies.
ARRIVING: Final[Template] = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}


@dataclass(frozen=True, slots=True)
class Stage:
    """A logged-in session, its token, the server's data, and a trusted AES key that carries others."""

    session: Session
    token: Token
    data: Path
    carrier: int


@pytest.fixture(scope="module", params=["standard", "strict"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One for each policy."""
    path = tmp_path_factory.mktemp(request.param) / "server"
    with pytest.MonkeyPatch.context() as patch, servers.dev_server(path, "--policy", request.param) as server:
        for name, value in server.token.environment.items():
            patch.setenv(name, value)
        with Module(server.token.module) as module:
            session = module.open_session(module.slot_of(server.token.label))
            session.login(server.token.pin, CKU_USER)
            carrier = trusted(session, server.token, "carrier")
            yield Stage(session, server.token, path / "data", carrier)


def trusted(session: Session, token: Token, label: str) -> int:
    """Import an AES key that carries keys, and have the security officer trust it."""
    carries = asked(VALUE=KEK, PRIVATE=False, SENSITIVE=True, TOKEN=True, LABEL=label, **CARRIES)
    carrier = session.create(carries)
    trust(session, carrier, token)
    return carrier


def wrap(session: Session, message: Gcm, carrier: int, key: int, aad: bytes = AAD) -> bytes:
    """C_WrapKeyAuthenticated: the length, then the wrapped key."""
    arguments = byref(message.mechanism), c_ulong(carrier), c_ulong(key), *data(aad)
    room = session.output_length("C_WrapKeyAuthenticated", *arguments)
    return session.output("C_WrapKeyAuthenticated", *arguments, room=room)


def unwrap(session: Session, message: Gcm, carrier: int, wrapped: bytes, aad: bytes = AAD) -> int:
    """C_UnwrapKeyAuthenticated, of an AES key."""
    handle, template = c_ulong(), CkTemplate(ARRIVING)
    arguments = byref(message.mechanism), c_ulong(carrier), *data(wrapped), *template.arguments
    session.call("C_UnwrapKeyAuthenticated", *arguments, *data(aad), byref(handle))
    return handle.value


def block(session: Session, key: int) -> bytes:
    """Encrypt something: two keys that do it alike are one."""
    return session.complete("Encrypt", iv(Mechanism.AES_CBC, IV), key, bytes(16))


@pytest.mark.parametrize("generator", [GENERATE, RANDOM])
def test_a_key_comes_back(stage: Stage, generator: int) -> None:
    """By C_WrapKey; the nonce that is written back is new each time, and another implementation takes it."""
    session, carrier = stage.session, stage.carrier
    key = extractable(session)
    nonces = set()
    for _ in range(3):
        mechanism = gcm_wrap(NONCE, AAD, generator=generator)
        wrapped = session.wrap(mechanism, carrier, key)
        made = iv_of(mechanism)
        nonces.add(made)
        assert AESGCM(KEK).decrypt(made, wrapped, AAD) == VALUE
        for again in (gcm_wrap(made, AAD), gcm(made, AAD), gcm_wrap(made, AAD, generator=7, fixed_bits=1 << 40)):
            assert block(session, session.unwrap(again, carrier, wrapped, ARRIVING)) == block(session, key)
        for wrong in (gcm_wrap(made, b"another purpose"), gcm_wrap(NONCE, AAD), gcm_wrap(made, AAD, 120)):
            with refused(Rv.WRAPPED_KEY_INVALID):
                session.unwrap(wrong, carrier, wrapped, ARRIVING)
    assert len(nonces | {NONCE}) == 4


@pytest.mark.parametrize("generator", [GENERATE, RANDOM])
def test_a_key_comes_back_by_the_functions_that_authenticate(stage: Stage, generator: int) -> None:
    """The tag has a place of its own; of what is ignored in unwrapping anything may be said."""
    session, carrier = stage.session, stage.carrier
    key = extractable(session)
    nonces = set()
    for tag_length in (16, 12):
        message = Gcm(NONCE, generator, tag=bytes(tag_length))
        wrapped = wrap(session, message, carrier, key)
        nonce, tag = message.made_iv, message.made_tag
        nonces.add(nonce)
        assert AESGCM(KEK).encrypt(nonce, VALUE, AAD)[: 32 + tag_length] == wrapped + tag
        for again in (Gcm(nonce, tag=tag), Gcm(nonce, 7, 1 << 40, tag)):
            assert block(session, unwrap(session, again, carrier, wrapped)) == block(session, key)
        assert block(session, session.unwrap(gcm(nonce, AAD, 8 * tag_length), carrier, wrapped + tag, ARRIVING))
        for wrong in (Gcm(NONCE, tag=tag), Gcm(nonce, tag=bytes(tag_length))):
            with refused(Rv.WRAPPED_KEY_INVALID):
                unwrap(session, wrong, carrier, wrapped)
        for text, aad in ((wrapped[:-1] + b"?", AAD), (wrapped, b"another purpose"), (wrapped, b"")):
            with refused(Rv.WRAPPED_KEY_INVALID):
                unwrap(session, Gcm(nonce, tag=tag), carrier, text, aad)
    assert len(nonces | {NONCE}) == 3
    assert wrap(session, Gcm(NONCE, generator), carrier, key, b"")
    with refused(Rv.MECHANISM_INVALID):
        session.output("C_WrapKeyAuthenticated", byref(KWP.mechanism), c_ulong(carrier), c_ulong(key), *data(AAD))


def test_a_private_key_comes_back(stage: Stage) -> None:
    """As its PrivateKeyInfo."""
    session, carrier = stage.session, stage.carrier
    private = pair(session, "ec")
    message = Gcm(NONCE, GENERATE)
    wrapped = wrap(session, message, carrier, private)
    info = AESGCM(KEK).decrypt(message.made_iv, wrapped + message.made_tag, AAD)
    assert isinstance(serialization.load_der_private_key(info, None), ec.EllipticCurvePrivateKey)


def test_a_callers_nonce_unwraps_only(stage: Stage) -> None:
    """Of two keys under one nonce, who knows the first learns the second."""
    session, carrier = stage.session, stage.carrier
    key = extractable(session)
    sealed = AESGCM(KEK).encrypt(NONCE, VALUE, AAD)
    for mechanism in (gcm(NONCE, AAD), gcm_wrap(NONCE, AAD)):
        arguments = byref(mechanism.mechanism), c_ulong(carrier), c_ulong(key)
        for ask in (session.output_length, session.output):
            with refused(Rv.MECHANISM_PARAM_INVALID):
                ask("C_WrapKey", *arguments)
    with refused(Rv.MECHANISM_PARAM_INVALID):
        wrap(session, Gcm(NONCE, NO_GENERATE), carrier, key)
    for _ in range(2):
        assert block(session, session.unwrap(gcm(NONCE, AAD), carrier, sealed, ARRIVING)) == block(session, key)


def test_a_nonce_is_96_random_bits(stage: Stage) -> None:
    """The caller fixes none; counters would begin anew with each call."""
    session, carrier = stage.session, stage.carrier
    key = extractable(session)
    for generator, fixed_bits in ((GENERATE, 1), (RANDOM, 32), (COUNTER, 0), (COUNTER_XOR, 0), (5, 0), (GENERATE, 97)):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.wrap(gcm_wrap(NONCE, generator=generator, fixed_bits=fixed_bits), carrier, key)
        with refused(Rv.MECHANISM_PARAM_INVALID):
            wrap(session, Gcm(NONCE, generator, fixed_bits), carrier, key)
    for wrong in (
        *(gcm_wrap(bytes(length), generator=GENERATE) for length in (11, 16)),
        *(gcm_wrap(NONCE, tag_bits=tag_bits, generator=GENERATE) for tag_bits in (64, 88, 97, 136)),
    ):
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.wrap(wrong, carrier, key)


def test_a_length_costs_no_nonce(stage: Stage) -> None:
    """Neither asking for it nor a short buffer writes one, or a tag; nor is one counted."""
    session = stage.session
    worn = trusted(session, stage.token, "worn")
    with closing(sqlite3.connect(stage.data / "vhsm.db")) as database, database:
        (number,) = database.execute("SELECT max(id) FROM objects").fetchone()
        for operation, uses in ((use_pb2.OPERATION_ENCRYPT, 1 << 31), (use_pb2.OPERATION_WRAP, (1 << 31) - 2)):
            counted = (bytes(16), bytes(16), number, operation, uses, 0)
            database.execute("INSERT INTO use_counts VALUES (?, ?, ?, ?, ?, ?)", counted)
    key = extractable(session)
    message, plain = Gcm(NONCE, GENERATE), gcm_wrap(NONCE, generator=GENERATE)
    calls = (
        ("C_WrapKey", 48, (byref(plain.mechanism), c_ulong(worn), c_ulong(key))),
        ("C_WrapKeyAuthenticated", 32, (byref(message.mechanism), c_ulong(worn), c_ulong(key), *data(AAD))),
    )
    buffer = create_string_buffer(48)
    for function, expected, arguments in calls:
        for _ in range(3):
            assert session.output_length(function, *arguments) == expected
            length = c_ulong(expected - 1)
            with refused(Rv.BUFFER_TOO_SMALL):
                session.call(function, *arguments, buffer, byref(length))
            assert length.value == expected
    assert (iv_of(plain), message.made_iv, message.made_tag, buffer.raw) == (NONCE, NONCE, bytes(16), bytes(48))
    for function, expected, arguments in calls:
        assert len(session.output(function, *arguments, room=expected)) == expected
    for function, expected, arguments in calls:
        assert session.output_length(function, *arguments) == expected
        with refused(Rv.KEY_EXHAUSTED):
            session.output(function, *arguments)
    assert session.wrap(KWP, worn, key)
