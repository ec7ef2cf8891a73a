"""OpenDNSSEC, unmodified: enforcer and signer, as daemons, sign two zones with keys that they make in the token."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.conformance.building import PROGRAMS
from tests.conformance.zone import ZONE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Token

pytestmark = pytest.mark.program("OpenDNSSEC", "dpkg:opendnssec-signer")

ZONES: Final = ("rsa.test", "ec.test")  # the first label names the policy in kasp.xml
# Its keys are labelled with their ids, 16 random bytes in hexadecimal.
DELETE_KEYS: Final = """
import re, pkcs11
session = pkcs11.lib(MODULE).get_token(token_label=LABEL).open(user_pin=PIN, rw=True)
for found in list(session.get_objects({pkcs11.Attribute.TOKEN: True})):
    if re.fullmatch("[0-9a-f]{32}", found[pkcs11.Attribute.LABEL]):
        found.destroy()
"""


@pytest.fixture
def places(token: Token, tmp_path: Path) -> Iterator[list[str]]:
    """Options of bwrap that put the test's own directories where the daemons' are compiled in."""
    isolated = ["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run", "--dir", "/run/opendnssec"]
    isolated += ["--unshare-pid", "--unshare-net", "--die-with-parent"]
    tried = subprocess.run(["bwrap", *isolated, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"not offered: bubblewrap cannot make a mount namespace here ({tried.stderr.strip()})")
    etc, var = tmp_path / "etc", tmp_path / "var"
    (var / "unsigned").mkdir(parents=True)
    for zone in ZONES:
        (var / "unsigned" / zone).write_text(ZONE.format(zone=zone))
    etc.mkdir()
    for name in ("kasp.xml", "conf.xml"):
        shutil.copy(PROGRAMS / "opendnssec" / name, etc)
    configuration = (etc / "conf.xml").read_text().replace("@MODULE@", str(token.module))
    (etc / "conf.xml").write_text(configuration.replace("@LABEL@", token.label).replace("@PIN@", token.pin))
    (etc / "zonelist.xml").write_text('<?xml version="1.0"?><ZoneList/>')
    yield [*isolated, "--bind", str(etc), "/etc/opendnssec", "--bind", str(var), "/var/lib/opendnssec"]
    token.python(DELETE_KEYS)


def test_two_zones_are_signed(token: Token, places: list[str], tmp_path: Path) -> None:
    """RSA with NSEC3 and ECDSA with NSEC; ldns-verify-zone accepts both, and refuses a zone that was changed."""
    done = token.run("bwrap", *places, "sh", PROGRAMS / "opendnssec" / "run.sh", *ZONES, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for zone in ZONES:
        signed = tmp_path / "var" / "signed" / zone
        verified = token.run("ldns-verify-zone", signed, check=False)
        assert "Zone is verified and complete" in verified.stdout, verified.stdout + verified.stderr
        assert f"{zone}." in signed.read_text()
        signed.write_text(signed.read_text().replace("192.0.2.2", "192.0.2.3"))
        assert token.run("ldns-verify-zone", signed, check=False).returncode != 0
