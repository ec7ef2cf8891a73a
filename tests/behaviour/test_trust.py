"""CKA_TRUSTED: what sensitive keys leave under is the security officer's choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism

from tests import servers
from tests.cryptoki import CKU_SO, CKU_USER, Module, Session, refused
from tests.mechanisms import oaep, plain
from tests.rv import Rv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cryptoki import Template

pytestmark = pytest.mark.ours
OAEP = oaep(Mechanism.SHA256)


def test_a_sensitive_key_leaves_under_a_key_that_the_officer_trusts(tmp_path: Path) -> None:
    """On a `standard` token no key of the user's carries a sensitive key out; the officer's choice does."""
    with (
        pytest.MonkeyPatch.context() as patch,
        servers.dev_server(tmp_path / "server", "--policy", "standard") as server,
    ):
        for name, value in server.token.environment.items():
            patch.setenv(name, value)
        with Module(server.token.module) as module:
            session = module.open_session(module.slot_of(server.token.label))
            session.login(server.token.pin, CKU_USER)
            backup = rsa.generate_private_key(65_537, 3_072)
            session.create(carrier(backup.public_key().public_numbers()))
            with refused(Rv.KEY_NOT_WRAPPABLE):
                wrapped_key(session)
            session.logout()
            session.login(server.token.so_pin, CKU_SO)
            session.write(backup_key(session), {Attribute.TRUSTED: True})
            session.logout()
            session.login(server.token.pin, CKU_USER)
            wrapped = wrapped_key(session)
            hashed = hashes.SHA256()
            assert len(backup.decrypt(wrapped, padding.OAEP(padding.MGF1(hashed), hashed, None))) == 16
            with refused(Rv.WRAPPING_KEY_SIZE_RANGE):
                session.wrap(OAEP, backup_key(session), extractable(session, 32))


def carrier(numbers: rsa.RSAPublicNumbers) -> Template:
    """Write the template of a public key that carries keys, and does nothing else."""
    return {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
        Attribute.TOKEN: True,
        Attribute.LABEL: "backup",
        Attribute.MODULUS: numbers.n.to_bytes(384),
        Attribute.PUBLIC_EXPONENT: numbers.e.to_bytes(3),
        Attribute.WRAP: True,
        Attribute.ENCRYPT: False,
        Attribute.VERIFY: False,
    }


def backup_key(session: Session) -> int:
    """Find the carrier."""
    (found,) = session.find({Attribute.LABEL: "backup"})
    return found


def extractable(session: Session, length: int) -> int:
    """Generate a sensitive key that may be wrapped."""
    template = {Attribute.VALUE_LEN: length, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True}
    return session.generate(plain(Mechanism.AES_KEY_GEN), template)


def wrapped_key(session: Session) -> bytes:
    """Wrap a sensitive AES-128 key with the carrier."""
    return session.wrap(OAEP, backup_key(session), extractable(session, 16))
