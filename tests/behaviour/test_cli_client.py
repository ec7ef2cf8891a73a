"""`vhsm.client`: the API for Python programs, on a real server."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vhsm.cli.attributes import facts
from vhsm.client import aes_gcm, connect, hmac_general
from vhsm.client.errors import CryptokiNotInitialized, EncryptedDataInvalid
from vhsm.config import load_client_config
from vhsm.errors import DeviceError, ObjectHandleInvalid, PinIncorrect, SignatureInvalid
from vhsm.wire.table import CKK, CKO
from vhsm.wire.tables import (
    CKA_CLASS,
    CKA_ENCRYPT,
    CKA_KEY_TYPE,
    CKA_LABEL,
    CKA_TOKEN,
    CKA_VALUE,
    CKA_VALUE_LEN,
    CKA_WRAP_TEMPLATE,
    CKM_AES_KEY_GEN,
    CKM_SHA256_HMAC,
    CKM_SHA256_HMAC_GENERAL,
    CKM_SHA512,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import DevServer
    from vhsm.client import Client, Session, Value

LENGTHS = (0, 1, 65_536, 1_044_480)


@pytest.fixture
def client(dev_server: DevServer) -> Iterator[Client]:
    """An application of its own."""
    config = load_client_config(Path(dev_server.token.environment["VHSM_CONFIG"]), {})
    with connect(config=config) as connected:
        yield connected


@pytest.fixture
def session(client: Client, dev_server: DevServer) -> Session:
    """A session with the user logged in."""
    opened = client.open_session(client.slot_of(dev_server.token.label))
    opened.login(dev_server.token.pin.encode())
    return opened


def hmac_key(session: Session, value: bytes) -> int:
    """Import a generic secret as a session object."""
    return session.create_object(
        {CKA_CLASS: CKO.SECRET_KEY, CKA_KEY_TYPE: CKK.GENERIC_SECRET, CKA_LABEL: "mac", CKA_VALUE: value}
    )


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_encrypted_is_decrypted(session: Session, length: int) -> None:
    """AES-GCM both ways; with other additional data the ciphertext is refused."""
    key = session.generate_key(CKM_AES_KEY_GEN, {CKA_VALUE_LEN: 32})
    data, iv = os.urandom(length), session.random(12)
    ciphertext = session.encrypt(key, aes_gcm(iv, b"header"), data)
    assert session.decrypt(key, aes_gcm(iv, b"header"), ciphertext) == data
    with pytest.raises(EncryptedDataInvalid):
        session.decrypt(key, aes_gcm(iv, b"other"), ciphertext)


@pytest.mark.parametrize("length", [*LENGTHS, 3_300_000])
def test_macs_and_digests_are_the_published_algorithms(session: Session, length: int) -> None:
    """HMAC-SHA256 and SHA-512 agree with Python's, also where the data goes in parts; a wrong MAC is refused."""
    value, data = os.urandom(20), os.urandom(length)
    key = hmac_key(session, value)
    mac = session.sign(key, CKM_SHA256_HMAC, data)
    assert mac == hmac.digest(value, data, "sha256")
    session.verify(key, CKM_SHA256_HMAC, data, mac)
    with pytest.raises(SignatureInvalid):
        session.verify(key, CKM_SHA256_HMAC, data, bytes(32))
    assert session.sign(key, hmac_general(CKM_SHA256_HMAC_GENERAL, 8), data) == mac[:8]
    assert session.digest(CKM_SHA512, data) == hashlib.sha512(data).digest()


def test_many_objects_are_made_in_few_requests(session: Session) -> None:
    """1,100 keys take three requests; each is found by its label, and destroyed."""
    seen: list[int] = []
    template = {CKA_CLASS: CKO.SECRET_KEY, CKA_KEY_TYPE: CKK.AES, CKA_TOKEN: True}
    handles = session.create_objects(
        (template | {CKA_LABEL: f"many-{number}", CKA_VALUE: os.urandom(16)} for number in range(1_100)), seen.append
    )
    assert seen == [512, 1_024, 1_100]
    assert len(set(handles)) == 1_100
    assert session.find({CKA_LABEL: "many-700"}) == [handles[700]]
    for handle in handles:
        session.destroy_object(handle)
    assert session.find({CKA_LABEL: "many-700"}) == []


def test_a_key_may_hold_a_template_for_others(session: Session) -> None:
    """It is read as it was written; for people it stands under names."""
    template: dict[int, Value] = {CKA_CLASS: int(CKO.SECRET_KEY), CKA_LABEL: "payment", CKA_ENCRYPT: True}
    key = session.generate_key(CKM_AES_KEY_GEN, {CKA_VALUE_LEN: 32, CKA_WRAP_TEMPLATE: template})
    assert session.attributes(key)[CKA_WRAP_TEMPLATE] == template
    named = {"CKA_CLASS": "CKO_SECRET_KEY", "CKA_LABEL": "payment", "CKA_ENCRYPT": True}
    assert facts(session, key)["CKA_WRAP_TEMPLATE"] == named


def test_attributes_are_read_changed_and_copied(session: Session) -> None:
    """A label changes; a copy has its own; the value of a sensitive key is left out, that of a data object given."""
    key = hmac_key(session, b"value")
    session.set_attributes(key, {CKA_LABEL: "new"})
    assert session.attributes(key, [CKA_VALUE])[CKA_LABEL] == "new"
    assert CKA_VALUE not in session.attributes(key, [CKA_VALUE])
    copy = session.copy_object(key, {CKA_LABEL: "copy"})
    assert session.attributes(copy)[CKA_LABEL] == "copy"
    session.destroy_object(copy)
    with pytest.raises(ObjectHandleInvalid):
        session.attributes(copy)
    data = session.create_object({CKA_CLASS: CKO.DATA, CKA_LABEL: "data", CKA_VALUE: b"text"})
    assert session.attributes(data, [CKA_VALUE])[CKA_VALUE] == b"text"


def test_a_wrong_pin_is_refused(client: Client) -> None:
    """The exception is named after its CKR_ value, and says it."""
    with pytest.raises(PinIncorrect, match="CKR_PIN_INCORRECT"):
        client.open_session().login(b"not this one")


def test_a_closed_client_and_a_missing_server_say_so(client: Client, tmp_path: Path) -> None:
    """Neither hangs."""
    client.close()
    with pytest.raises(CryptokiNotInitialized):
        client.slots()
    with pytest.raises(DeviceError, match="no-such"):
        connect(tmp_path / "no-such.sock")
