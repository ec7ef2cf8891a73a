"""`vhsm init`, `serve`, `container`, `user`, `key` and `status`, as people type them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from tests.servers import VHSM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADMIN = "administrator's password"
ALICE = "alice's password"
OFFICER = "officer's password"
READY_TIMEOUT_S = 60.0
ML_KEM_512 = bytes.fromhex("0609608648016503040401")  # id-alg-ml-kem-512 of NIST (2.16.840.1.101.3.4.4.1), in DER
PAIR_ID_BYTES = 20
COMMON = ("--token", "till", "--pin-fd", "0")


class Server:
    """A server of the test's own, by `vhsm init` and `vhsm serve`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "server.toml"
        self.config.write_text(
            f"data_dir = '{directory}/data'\nseal_file = '{directory}/seal/machine.seal'\n"
            f"socket_dir = '{directory}/run'\nseparate_uids = false\n"
        )
        self.environment = os.environ | {"VHSM_SERVER_CONFIG": str(self.config)}

    def run(self, *arguments: str, secrets: tuple[str, ...] = (), check: bool = True) -> str:
        """Run a command with these secrets, line by line, on standard input; returns what it printed."""
        done = subprocess.run(
            [VHSM, *arguments],
            input="".join(f"{secret}\n" for secret in secrets),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout if check else f"{done.returncode} {done.stderr}"

    def admin(self, *arguments: str, secrets: tuple[str, ...] = (), check: bool = True) -> str:
        """Run a command as the administrator."""
        return self.run(*arguments, "--password-fd", "0", secrets=(ADMIN, *secrets), check=check)

    def serve(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it serves."""
        reader, writer = os.pipe()
        process = subprocess.Popen(
            [VHSM, "serve", "--ready-fd", str(writer)],
            env=self.environment,
            pass_fds=(writer,),
            stderr=(self.directory / "log").open("ab"),
        )
        os.close(writer)
        readable, _, _ = select.select([reader], [], [], READY_TIMEOUT_S)
        assert readable
        assert os.read(reader, 6) == b"ready\n", (self.directory / "log").read_text()
        os.close(reader)
        return process


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with container `shop` and user `alice`."""
    made = Server(tmp_path_factory.mktemp("admin"))
    made.run("init", "--password-fd", "0", secrets=(ADMIN,))
    process = made.serve()
    try:
        made.admin("container", "add", "shop")
        made.admin(
            *("user", "add", "alice", "--container", "shop", "--label", "till", "--pin-fd", "0", "--so-pin-fd", "0"),
            secrets=(ALICE, OFFICER),
        )
        made.environment["VHSM_SOCKET"] = str(made.directory / "run/shop/vhsm.sock")
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_init_overwrites_nothing(server: Server) -> None:
    """A second `init` names what is there already."""
    assert "vhsm.db: is there already" in server.run("init", "--password-fd", "0", secrets=("x",), check=False)


def test_two_servers_never_share_a_data_directory(server: Server) -> None:
    """The second one says which lock it met, and ends."""
    answer = server.run("serve", check=False)
    assert answer.startswith("3 ")
    assert "server.lock" in answer


def test_a_wrong_administrator_learns_nothing(server: Server) -> None:
    """Wrong password and unknown name get the same line."""
    wrong = server.run("user", "list", "--password-fd", "0", secrets=("wrong",), check=False)
    unknown = server.run("user", "list", "--admin", "eve", "--password-fd", "0", secrets=(ADMIN,), check=False)
    assert wrong == unknown
    assert wrong.startswith("1 vhsm: ")


def test_containers_and_users_are_listed(server: Server) -> None:
    """What was added is there, in JSON and in words."""
    assert [row["name"] for row in json.loads(server.admin("container", "list", "--json"))] == ["shop"]
    rows = {row["name"]: row for row in json.loads(server.admin("user", "list", "--json"))}
    assert rows["alice"]["token_label"] == "till"
    assert rows["alice"]["policy"] == "standard"
    assert rows["alice"]["containers"] == ["shop"]
    assert "alice" in server.admin("user", "list")


@pytest.mark.parametrize("name", ["server.pid", "admin"])
def test_a_container_is_not_called_as_what_lies_beside_it(server: Server, name: str) -> None:
    """The directory of its socket could not be made; the refusal is one line, and nothing is enrolled."""
    assert (server.directory / "run" / name).exists()
    refusal = server.admin("container", "add", name, check=False)
    assert refusal == f"1 vhsm: {name} stands in the directory where containers have theirs; choose another name\n"
    assert [row["name"] for row in json.loads(server.admin("container", "list", "--json"))] == ["shop"]


def test_status_needs_no_login(server: Server) -> None:
    """Anyone who reaches the administrators' socket sees figures and warnings, no names."""
    status = json.loads(server.run("status", "--json"))
    assert status["users"] >= 1
    assert status["quick_workers"] >= 1
    assert "secret memory" in server.run("status")


def test_a_key_from_import_to_removal(server: Server) -> None:
    """RFC 4231, test case 2, with an imported key; then it is destroyed."""
    (server.directory / "key").write_text("4a656665")  # "Jefe"
    (server.directory / "data.txt").write_text("what do ya want for nothing?")
    server.run(
        *(
            "key",
            "import",
            "jefe",
            "--type",
            "generic",
            "--hex",
            "--value-file",
            str(server.directory / "key"),
            *COMMON,
        ),
        secrets=(ALICE,),
    )
    mac = server.run("key", "hmac", "jefe", str(server.directory / "data.txt"), *COMMON, secrets=(ALICE,))
    assert mac.strip() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    facts = json.loads(server.run("key", "info", "jefe", "--json", *COMMON, secrets=(ALICE,)))
    assert facts["CKA_SENSITIVE"] is True
    assert facts["CKA_LOCAL"] is False
    assert "CKA_VALUE" not in facts
    server.run("key", "remove", "jefe", "--yes", *COMMON, secrets=(ALICE,))
    assert "no key" in server.run("key", "info", "jefe", *COMMON, secrets=(ALICE,), check=False)


def test_a_generated_key_is_listed(server: Server) -> None:
    """`key generate` makes a token key that other processes see."""
    server.run("key", "generate", "aes", "--bits", "128", "--id", "c0ffee", *COMMON, secrets=(ALICE,))
    rows = json.loads(server.run("key", "list", "--json", *COMMON, secrets=(ALICE,)))
    (made,) = [row for row in rows if row["CKA_LABEL"] == "aes"]
    assert (made["CKA_ID"], made["CKA_VALUE_LEN"], made["CKA_LOCAL"]) == ("c0ffee", 16, True)


@pytest.mark.parametrize(
    ("key_type", "kind"), [("rsa", RSAPublicKey), ("p256", EllipticCurvePublicKey), ("ed25519", Ed25519PublicKey)]
)
def test_a_pair_from_generation_to_removal(server: Server, key_type: str, kind: type) -> None:
    """Its public key is one that others read; both halves are listed, by one id, and destroyed, and nothing else is."""
    label = f"pair-{key_type}"
    size = ("--bits", "2048") if key_type == "rsa" else ()
    told = server.run("key", "generate", label, "--type", key_type, *size, *COMMON, secrets=(ALICE,))
    public = load_pem_public_key(server.run("key", "public", label, *COMMON, secrets=(ALICE,)).encode())
    assert isinstance(public, kind)
    (private, identifier), half = halves(server, label)
    assert (private, half) == ("CKO_PRIVATE_KEY", ("CKO_PUBLIC_KEY", identifier))
    assert len(bytes.fromhex(identifier)) == PAIR_ID_BYTES
    assert identifier in told
    lines = server.run("key", "list", *COMMON, secrets=(ALICE,)).splitlines()
    assert sum(line.split()[:2] == [label, identifier] for line in lines) == 2  # not cut where it is no terminal
    server.run("key", "generate", "bystander", *COMMON, secrets=(ALICE,))
    server.run("key", "remove", label, "--yes", *COMMON, secrets=(ALICE,))
    assert listed(server, label) == []
    server.run("key", "remove", "bystander", "--yes", *COMMON, secrets=(ALICE,))


@pytest.mark.parametrize(
    ("key_type", "kind"),
    [
        ("x25519", X25519PublicKey),
        ("brainpoolp384r1", EllipticCurvePublicKey),
        ("ml-dsa-44", mldsa.MLDSA44PublicKey),
        ("ml-dsa-65", mldsa.MLDSA65PublicKey),
        ("ml-dsa-87", mldsa.MLDSA87PublicKey),
        ("ml-kem-512", ML_KEM_512),
        ("ml-kem-768", mlkem.MLKEM768PublicKey),
        ("ml-kem-1024", mlkem.MLKEM1024PublicKey),
    ],
)
def test_pairs_of_newer_kinds(server: Server, key_type: str, kind: type | bytes) -> None:
    """Each type makes a pair of its own curve or parameter set, whose public key others read."""
    label = f"newer-{key_type}"
    made = server.run("key", "generate", label, "--type", key_type, "--json", *COMMON, secrets=(ALICE,))
    facts = json.loads(made)
    assert (facts["CKA_CLASS"], facts["CKA_LOCAL"], facts["CKA_SENSITIVE"]) == ("CKO_PRIVATE_KEY", True, True)
    public = bytes.fromhex(facts["CKA_PUBLIC_KEY_INFO"])
    if isinstance(kind, bytes):  # `cryptography` has no such key
        assert kind in public
    else:
        assert isinstance(load_der_public_key(public), kind)


def test_a_public_key_of_another_pair_stays(server: Server) -> None:
    """Two pairs share a label; the one that is destroyed takes its own public half along, and no other."""
    for identifier in ("01", "02"):
        server.run("key", "generate", "twin", "--type", "p256", "--id", identifier, *COMMON, secrets=(ALICE,))
    refused = server.run("key", "remove", "twin", "--yes", *COMMON, secrets=(ALICE,), check=False)
    assert "choose one by --id" in refused
    server.run("key", "remove", "twin", "--id", "01", "--yes", *COMMON, secrets=(ALICE,))
    assert listed(server, "twin") == ["CKO_PRIVATE_KEY", "CKO_PUBLIC_KEY"]
    server.run("key", "public", "twin", "--id", "02", *COMMON, secrets=(ALICE,))
    server.run("key", "remove", "twin", "--yes", *COMMON, secrets=(ALICE,))


@pytest.mark.parametrize(
    "arguments", [("--type", "p256", "--bits", "256"), ("--type", "rsa", "--bits", "2056"), ("--type", "dsa")]
)
def test_a_size_or_type_that_is_not_offered_is_refused(server: Server, arguments: tuple[str, ...]) -> None:
    """Before anybody is asked for a password."""
    assert server.run("key", "generate", "none", *arguments, *COMMON, check=False).startswith("2 ")


def halves(server: Server, label: str) -> list[tuple[str, str]]:
    """Give class and CKA_ID of the keys with a label."""
    rows = json.loads(server.run("key", "list", "--json", *COMMON, secrets=(ALICE,)))
    return sorted((row["CKA_CLASS"], row["CKA_ID"]) for row in rows if row["CKA_LABEL"] == label)


def listed(server: Server, label: str) -> list[str]:
    """Name the classes of the keys with a label."""
    return [kind for kind, _ in halves(server, label)]


def test_a_token_shows_its_policy(server: Server) -> None:
    """Without a login: policy, state, and what the policy leaves out; a token that is not there is refused."""
    (shown,) = [row for row in json.loads(server.run("token", "show", "--json")) if row["token"] == "till"]
    assert (shown["policy"], shown["container"], shown["state"]) == ("standard", "shop", [])
    assert set(shown["not offered"]).isdisjoint({"CKM_AES_GCM", "CKM_ECDSA"})
    assert "standard" in server.run("token", "show", "till")
    assert server.run("token", "show", "no such", check=False).startswith("1 ")


def test_the_doctor_finds_nothing_on_a_sound_machine(server: Server) -> None:
    """Configuration, socket, server, token, module, seal and database are looked at."""
    found = json.loads(server.run("doctor", "--json"))
    assert "fault" not in {finding["state"] for finding in found}, found
    told = " ".join(finding["what"] for finding in found)
    for what in ("client configuration", "the server answers", "token till", "PKCS#11 module", "machine seal"):
        assert what in told


def test_the_doctor_names_what_is_wrong(server: Server, tmp_path: Path) -> None:
    """A missing socket, a broken configuration and an open seal are faults, each with its remedy."""
    missing = run(server.environment | {"VHSM_SOCKET": str(tmp_path / "none.sock")}, "doctor")
    assert missing.returncode == 1
    assert "VHSM_SOCKET" in missing.stdout
    broken = tmp_path / "client.toml"
    broken.write_text("sokket = '/run/x'\n")
    told = run(server.environment, "doctor", "--config", str(broken))
    assert told.returncode == 1
    assert "sokket" in told.stdout
    seal = server.directory / "seal/machine.seal"
    seal.chmod(0o644)
    try:
        told = run(server.environment, "doctor")
    finally:
        seal.chmod(0o600)
    assert told.returncode == 1
    assert "chmod 600" in told.stdout


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that asks for nothing."""
    return subprocess.run([VHSM, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_second_container_gets_its_own_binding(server: Server) -> None:
    """With both passwords a token is bound to one more container, and taken away from it again."""
    server.admin("container", "add", "shop2")
    server.admin(
        *("user", "modify", "alice", "--add-container", "shop2", "--pin-fd", "0", "--so-pin-fd", "0"),
        secrets=(ALICE, OFFICER),
    )
    second = {"VHSM_SOCKET": str(server.directory / "run/shop2/vhsm.sock")}
    listed = subprocess.run(
        [VHSM, "key", "list", "--pin-fd", "0"],
        input=f"{ALICE}\n",
        env=server.environment | second,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    server.admin("user", "modify", "alice", "--remove-container", "shop2", "--pin-fd", "0", secrets=(ALICE,))
    server.admin("container", "remove", "shop2")


def test_a_password_change_holds(server: Server) -> None:
    """The new password opens the token, the old one no more."""
    user = ("user", "add", "bob", "--container", "shop", "--label", "bob", "--pin-fd", "0", "--so-pin-fd", "0")
    server.admin(*user, secrets=("first password", OFFICER))
    server.admin(
        *("user", "modify", "bob", "--pin-fd", "0", "--new-pin-fd", "0"), secrets=("first password", "second password")
    )
    keys = ("key", "list", "--token", "bob", "--pin-fd", "0")
    server.run(*keys, secrets=("second password",))
    assert server.run(*keys, secrets=("first password",), check=False).startswith("1 ")
    server.admin("user", "remove", "bob", "--yes")


@pytest.mark.parametrize("arguments", [("user", "add", "x", "--container", "'; DROP TABLE users; --", "--label", "l")])
def test_sql_in_a_name_is_data(server: Server, arguments: tuple[str, ...]) -> None:
    """A name that is SQL names nothing."""
    answer = server.admin(
        *arguments, "--pin-fd", "0", "--so-pin-fd", "0", secrets=("password", "password"), check=False
    )
    assert answer.startswith("1 ")
    assert "alice" in server.admin("user", "list")


def test_a_secret_is_never_asked_of_nobody(server: Server) -> None:
    """Without a terminal and without a descriptor the command says how to give the secret."""
    assert "--password-fd" in server.run("user", "list", check=False)


def test_without_a_server_the_answer_names_the_socket(tmp_path: Path) -> None:
    """A missing socket is told in one line, with exit status 4."""
    answer = Server(tmp_path).run("status", check=False)
    assert answer.startswith("4 ")
    assert "admin.sock" in answer
