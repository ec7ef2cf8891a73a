"""Nonces of authenticated encryption under each policy: what `standard` remembers, what `strict` refuses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests import servers
from tests.behaviour.test_aes_modes import IV, KEY, aes_key
from tests.behaviour.test_more_ciphers import chacha_key
from tests.cryptoki import CKU_USER, Module, data, refused
from tests.mechanisms import ccm, chacha_poly, gcm, iv
from tests.rv import Rv
from vhsm.wire import tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cryptoki import Session
    from tests.mechanisms import Parameters

pytestmark = pytest.mark.ours

NONCE: Final = bytes(range(12))
OTHER: Final = bytes(12)
MESSAGE: Final = b"a message"


@contextmanager
def session_under(policy: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Module, Session, str]]:
    """A logged-in session with a token under a policy, its module and the token's label."""
    with servers.dev_server(path, "--policy", policy) as server:
        for name, value in server.token.environment.items():
            monkeypatch.setenv(name, value)
        with Module(server.token.module) as module:
            session = module.open_session(module.slot_of(server.token.label))
            session.login(server.token.pin, CKU_USER)
            yield module, session, server.token.label


def uses(session: Session, nonce: bytes) -> list[tuple[str, Parameters, int]]:
    """Give every use of a caller's nonce that must not come twice, each with a key of its own."""
    return [
        ("Encrypt", gcm(nonce), aes_key(session)),
        ("Encrypt", ccm(nonce, len(MESSAGE)), aes_key(session)),
        ("Encrypt", chacha_poly(nonce), chacha_key(session)),
        ("Sign", iv(tables.CKM_AES_GMAC, nonce), aes_key(session)),
    ]


def test_standard_takes_a_nonce_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nonce that is remembered for the key is refused, whole and in parts; another one, or another key, is taken."""
    with session_under("standard", tmp_path / "server", monkeypatch) as (module, session, label):
        for kind, mechanism, key in uses(session, NONCE):
            session.complete(kind, mechanism, key, MESSAGE)
            with refused(Rv.MECHANISM_PARAM_INVALID):
                session.complete(kind, mechanism, key, MESSAGE)
            with refused(Rv.MECHANISM_PARAM_INVALID):
                session.in_parts(kind, mechanism, key, [MESSAGE])
        gcm_key = aes_key(session)
        sealed = session.complete("Encrypt", gcm(NONCE), gcm_key, MESSAGE)
        assert sealed == AESGCM(KEY).encrypt(NONCE, MESSAGE, None)
        # The same key authenticates with GMAC, whose tags are GCM's.
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.complete("Sign", iv(tables.CKM_AES_GMAC, NONCE), gcm_key, MESSAGE)
        session.complete("Encrypt", gcm(OTHER), gcm_key, MESSAGE)
        for _ in range(2):
            assert session.complete("Decrypt", gcm(NONCE), gcm_key, sealed) == MESSAGE
        # Modes that do not authenticate keep their IVs to the caller.
        for _ in range(2):
            session.complete("Encrypt", iv(tables.CKM_AES_CBC, IV), gcm_key, bytes(16))
        # Java gives an encryption up by encrypting nothing, and begins again with the same nonce.
        session.complete("Encrypt", gcm(bytes([9] * 12)), gcm_key, b"")
        session.complete("Encrypt", gcm(bytes([9] * 12)), gcm_key, MESSAGE)
        with refused(Rv.MECHANISM_PARAM_INVALID):
            session.complete("Encrypt", gcm(bytes([9] * 12)), gcm_key, MESSAGE)
        # What one session used, another may not.
        other = module.open_session(module.slot_of(label))
        with refused(Rv.MECHANISM_PARAM_INVALID):
            other.complete("Encrypt", gcm(OTHER), gcm_key, MESSAGE)


def test_a_query_takes_no_nonce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for the length, or a buffer that is too small, uses nothing up."""
    with session_under("standard", tmp_path / "server", monkeypatch) as (_, session, _label):
        key = aes_key(session)
        session.begin("Encrypt", gcm(NONCE), key)
        assert session.output_length("C_Encrypt", *data(MESSAGE)) == len(MESSAGE) + 16
        assert session.output("C_Encrypt", *data(MESSAGE)) == AESGCM(KEY).encrypt(NONCE, MESSAGE, None)


def test_strict_takes_no_nonce_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Init refuses it; what was encrypted elsewhere is decrypted, and a MAC is verified."""
    with session_under("strict", tmp_path / "server", monkeypatch) as (_, session, _label):
        for kind, mechanism, key in uses(session, NONCE):
            with refused(Rv.MECHANISM_PARAM_INVALID):
                session.begin(kind, mechanism, key)
        key = aes_key(session)
        sealed = AESGCM(KEY).encrypt(NONCE, MESSAGE, None)
        assert session.complete("Decrypt", gcm(NONCE), key, sealed) == MESSAGE
        mac = AESGCM(KEY).encrypt(NONCE, b"", MESSAGE)
        session.verify(iv(tables.CKM_AES_GMAC, NONCE), key, MESSAGE, mac)


def test_compatible_takes_any_nonce(session: Session) -> None:
    """As often as the caller likes: the control of the tests above."""
    for kind, mechanism, key in uses(session, NONCE):
        for _ in range(2):
            session.complete(kind, mechanism, key, MESSAGE)
