"""Knot DNS, unmodified: the server signs two zones with keys that it makes in the token, by GnuTLS."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from tests.conformance.zone import ZONE
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Token

pytestmark = pytest.mark.program("Knot DNS", "dpkg:knot")

READY: Final = "server started"  # once the zones are loaded, and signed
RSA, EC = ZONES = ("rsa.test", "ec.test")
# With no interface to listen on it only signs; what is signed is written at once.
CONFIGURATION: Final = """
server:
    rundir: {directory}
log:
  - target: stdout
    any: info
database:
    storage: {directory}/kasp
keystore:
  - id: hsm
    backend: pkcs11
    config: "pkcs11:token={token.label};pin-value={token.pin} {token.module}"
policy:
  - id: {RSA}
    keystore: hsm
    algorithm: rsasha256
    ksk-size: 2048
    zsk-size: 2048
    nsec3: on
  - id: {EC}
    keystore: hsm
    algorithm: ecdsap256sha256
template:
  - id: default
    storage: {directory}
    dnssec-signing: on
    zonefile-sync: 0
zone:
  - domain: {RSA}
    dnssec-policy: {RSA}
  - domain: {EC}
    dnssec-policy: {EC}
"""


@dataclass(frozen=True, slots=True)
class Knot:
    """The server's directory, and the programs that come with it."""

    token: Token
    directory: Path

    def run(self, program: str, *arguments: str) -> str:
        """Run `knotc` or `keymgr` on it."""
        done = self.token.run(f"/usr/sbin/{program}", "--config", self.directory / "knot.conf", *arguments, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def keys(self, zone: str) -> list[str]:
        """Name a zone's keys: their CKA_ID, in hexadecimal."""
        return [line.split()[0] for line in self.run("keymgr", zone, "list").splitlines()]

    def signed(self, zone: str) -> bool:
        """Ask ldns whether the zone is signed, all of it and well."""
        verified = self.token.run("ldns-verify-zone", self.directory / f"{zone}.zone", check=False)
        return verified.returncode == 0 and "Zone is verified and complete" in verified.stdout


@pytest.fixture
def knot(token: Token, tmp_path: Path) -> Iterator[Knot]:
    """A server; its keys are deleted in the end, by its own program."""
    made = Knot(token, tmp_path)
    (tmp_path / "kasp").mkdir()
    configuration = CONFIGURATION.format(directory=tmp_path, token=token, RSA=RSA, EC=EC)
    (tmp_path / "knot.conf").write_text(configuration)
    for zone in ZONES:
        (tmp_path / f"{zone}.zone").write_text(ZONE.format(zone=zone))
    yield made
    ids = {zone: made.keys(zone) for zone in ZONES}
    for zone in ZONES:
        for key in ids[zone]:
            made.run("keymgr", zone, "delete", key)
    assert not {key for keys in ids.values() for key in keys} & ids_on(token)


@contextmanager
def started(knot: Knot) -> Iterator[None]:
    """Run the server."""
    command = ["/usr/sbin/knotd", "--config", str(knot.directory / "knot.conf")]
    with serving(command, knot.token.environment, READY):
        yield


def ids_on(token: Token) -> set[str]:
    """Read the CKA_IDs of the private keys on the token."""
    listed = token.pkcs11_tool("--list-objects", "--type", "privkey")
    return {line.split()[-1] for line in listed.splitlines() if line.strip().startswith("ID:")}


def test_two_zones_are_signed(knot: Knot) -> None:
    """RSA with NSEC3 and ECDSA with NSEC, and a key rolled; ldns-verify-zone accepts it, also after a restart."""
    with started(knot):
        knot.run("knotc", "--blocking", "zone-sign", *ZONES)
        assert all(knot.signed(zone) for zone in ZONES)
        before = knot.keys(EC)
        knot.run("knotc", "--blocking", "zone-key-rollover", EC, "zsk")
        assert knot.signed(EC)
    keys = knot.keys(RSA) + knot.keys(EC)
    assert len(keys) == len(before) + 3
    assert set(keys) <= ids_on(knot.token)
    with started(knot):
        knot.run("knotc", "--blocking", "zone-sign", *ZONES)
        assert all(knot.signed(zone) for zone in ZONES)
    zone_file = knot.directory / f"{EC}.zone"
    zone_file.write_text(zone_file.read_text().replace("192.0.2.2", "192.0.2.3"))
    assert not knot.signed(EC)
