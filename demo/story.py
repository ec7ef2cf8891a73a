"""The chapters of the demo, in the order in which they are told."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from demo import attacks, importer, vectors
from demo.containers import PROJECT, Bind, descendants, end, kernel, project_binds
from demo.server import CLIENT_SOCKET_DIRECTORY, Failed, Server, vhsm
from tools.kernel import offers as kernel_features

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from demo.containers import Container, Lab
    from demo.report import Report

MODULE: Final = PROJECT / "target/release/libvhsm_pkcs11.so"
# Where the module stands in a container that has nothing else of ours.
MODULE_INSIDE: Final = Path("/opt/libvhsm_pkcs11.so")
FILES_INSIDE: Final = Path("/srv")
KEY_LENGTH: Final = 32

ADMINISTRATOR: Final = "administrator"
A: Final = "customer A"
B: Final = "customer B"

# Imports a key, signs with it, destroys it: three processes that know of nothing but PKCS#11. $1 is the file of the
# key, $2 that of the data. (Without --key-type it imports a generic secret; 0.23 refuses that type by its name.)
PKCS11_TOOL: Final = """
tool() { pkcs11-tool --module "$PKCS11_MODULE" --token-label "$PKCS11_TOKEN" --login --pin "$PIN" "$@" >&2; }
IFS= read -r PIN
tool --write-object "$1" --type secrkey --id 17 --label imported --usage-sign
tool --sign --mechanism SHA-1-HMAC --id 17 --input-file "$2" --output-file /tmp/signature
tool --delete-object --type secrkey --id 17
cat /tmp/signature
"""
PKCS11_TOOL_GENERATE: Final = """
tool() { pkcs11-tool --module "$PKCS11_MODULE" --token-label "$PKCS11_TOKEN" --login --pin "$PIN" "$@"; }
IFS= read -r PIN
tool --keygen --key-type AES:32 --id 18 --label generated >&2
tool --list-objects --type secrkey --id 18
tool --delete-object --type secrkey --id 18 >&2
tool --list-objects --type secrkey --id 18
"""


@dataclass(slots=True)
class Customer:
    """A customer: a user with a token, and the container of its application."""

    name: str
    container: Container
    label: str
    pin: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    so_pin: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    slot: int = 0


class Story:
    """One telling, in one laboratory."""

    def __init__(self, lab: Lab, report: Report) -> None:
        self.lab = lab
        self.report = report
        self.server = Server(lab)
        self.a = self._customer("a", "alice")
        self.b = self._customer("b", "bob")
        self.files = lab.own_directory("a-files", self.a.container)

    def tell(self) -> None:
        """Tell all of it."""
        for what in self.lab.host.missing:
            tell = self.report.not_offered if self.lab.host.root else self.report.needs_root
            tell("this machine", what, f"uid {os.geteuid()}, {kernel()}")
        self.serve()
        self.register()
        self.use_pkcs11_tool()
        self.use_python()
        self.use_command_line()
        self.change_users()
        self.intrude()
        self.attack()

    def serve(self) -> None:
        """Make and start a server in its container."""
        self.server.initialise()
        self.report.add(ADMINISTRATOR, "initialises the server", True, "seal, database, administrator")
        self.server.serve()
        status = self.server.vhsm("status")
        self.report.add(ADMINISTRATOR, "starts it in its container", True, f"keys in {status['memory']}")
        for warning in status.get("warnings", []):
            self.report.not_offered("this machine", "a protection of the server's", warning)

    def register(self) -> None:
        """Enrol two containers, by their cgroups where the kernel shows them, and add their users."""
        for customer in (self.a, self.b):
            name = customer.container.name
            evidence = self._evidence(customer.container)
            self.server.administer("container", "add", name, *evidence)
            self.report.add(
                ADMINISTRATOR, f"enrols container {name}", True, " ".join(evidence) or "by its socket alone"
            )
            added = self.server.administer(
                *("user", "add", customer.name, "--container", name, "--label", customer.label),
                *("--pin-fd", "0", "--so-pin-fd", "0"),
                secrets=[customer.pin, customer.so_pin],
            )
            customer.slot = int(added["slot_ids"][0])
            self.report.add(ADMINISTRATOR, f"creates user {customer.name}", True, f"token {customer.label}")
        if not offers_cgroup_ids():
            self.report.not_offered(ADMINISTRATOR, "evidence by cgroup", f"{kernel()} lacks PIDFD_GET_INFO")

    def use_pkcs11_tool(self) -> None:
        """Sign the cases of RFC 2202 with pkcs11-tool, in a container that has the module and nothing else of ours."""
        self._show(self.a, Bind(MODULE, MODULE_INSIDE), Bind(self.files, FILES_INSIDE))
        self.a.container.environment = {
            **self.a.container.environment,
            "PKCS11_MODULE": str(MODULE_INSIDE),
            "PKCS11_TOKEN": self.a.label,
        }
        signed = []
        for case in vectors.hmac_sha1():
            self._put("key", case.key)
            self._put("data", case.data)
            command: list[str | Path] = [
                PKCS11_TOOL,
                "sh",
                FILES_INSIDE / "key",
                FILES_INSIDE / "data",
            ]
            run = self.a.container.run(["sh", "-euc", *command], stdin=f"{self.a.pin}\n".encode())
            got = run.stdout.hex() if run.returncode == 0 else last_line(run.stderr)
            signed.append((f"case {case.case}", got, case.digest.hex()))
        self.report.results(A, "pkcs11-tool: import, sign, destroy: RFC 2202", signed)
        run = self.a.container.run(["sh", "-euc", PKCS11_TOOL_GENERATE], stdin=f"{self.a.pin}\n".encode())
        shown = run.stdout.decode(errors="replace")
        held = run.returncode == 0 and shown.count("generated") == 1 and "AES length 32" in shown
        self.report.add(
            A, "pkcs11-tool: generate, list, destroy", held, last_line(run.stderr) if not held else "AES-256"
        )

    def use_python(self) -> None:
        """Run the customer's python-pkcs11 program: every result beside the published one."""
        self._show(self.a, *project_binds(), Bind(MODULE, MODULE_INSIDE), Bind(self.files, FILES_INSIDE))
        run = self.a.container.run([attacks.PYTHON, "-m", "demo.customer"], stdin=f"{self.a.pin}\n".encode())
        if run.returncode != 0:
            self.report.add(A, "python-pkcs11", False, last_line(run.stderr))
            return
        for what, results in json.loads(run.stdout).items():
            self.report.results(A, f"python-pkcs11: {what}", results)

    def use_command_line(self) -> None:
        """Do with `vhsm key` what the tool of 2014 did: generate, import, list, info, hmac, delete."""
        case = vectors.hmac_sha1()[1]
        self._put("key", case.key.hex().encode())
        self._put("data", case.data)
        made = self._key("generate", "made", "--bits", "256")
        self.report.add(A, "vhsm key generate", made["CKA_LOCAL"] is True, str(made["CKA_KEY_TYPE"]))
        self._key("import", "imported-2", "--type", "generic", "--hex", "--value-file", f"{FILES_INSIDE}/key")
        self.report.add(A, "vhsm key import", True, "RFC 2202 case 2")
        mac = self._key("hmac", "imported-2", f"{FILES_INSIDE}/data", "--hash", "sha1")
        self.report.equal(A, "vhsm key hmac", str(mac["hmac"]), case.digest.hex())
        info = self._key("info", "imported-2")
        names = ("CKA_NEVER_EXTRACTABLE", "CKA_LOCAL", "CKA_VALUE")
        told = ", ".join(f"{name} {info.get(name)}" for name in names)
        self.report.equal(A, "vhsm key info", told, "CKA_NEVER_EXTRACTABLE False, CKA_LOCAL False, CKA_VALUE None")
        for label in ("made", "imported-2"):
            self._key("remove", label, "--yes")
        self.report.equal(A, "vhsm key remove, list", str(self._key("list")), "[]")

    def change_users(self) -> None:
        """Modify a user, and destroy one."""
        new_pin = secrets.token_urlsafe(18)
        command = ("user", "modify", self.b.name, "--new-password", "--pin-fd", "0", "--new-pin-fd", "0")
        self.server.administer(*command, secrets=[self.b.pin, new_pin])
        old, self.b.pin = self.b.pin, new_pin
        self._show(self.b, *project_binds())
        self.report.add(ADMINISTRATOR, "modifies user bob: new password", *self._refused(self.b, old))
        self.report.equal(B, "uses the new password", str(self._key("list", customer=self.b)), "[]")
        carol = Customer("carol", self.b.container, "token-c")
        self.server.administer(
            *(
                "user",
                "add",
                carol.name,
                "--container",
                "b",
                "--label",
                carol.label,
                "--pin-fd",
                "0",
                "--so-pin-fd",
                "0",
            ),
            secrets=[carol.pin, carol.so_pin],
        )
        self._key("generate", "short-lived", "--token", carol.label, customer=carol)
        self.server.administer("user", "remove", carol.name, "--yes")
        left = [user["name"] for user in self.server.administer("user", "list")]
        self.report.add(ADMINISTRATOR, "destroys user carol with her keys", carol.name not in left, ", ".join(left))

    def intrude(self) -> None:
        """Let customer B try A's login over B's socket, and a stranger A's socket."""
        command: list[str | Path] = [attacks.PYTHON, "-m", "demo.intruder", self.a.name, self.a.label, str(self.a.slot)]
        run = self.b.container.run(command, stdin=f"{self.b.pin}\n{self.a.pin}\n".encode())
        if run.returncode != 0:
            self.report.add(B, "tries A's login and password", False, last_line(run.stderr))
            return
        for what, answer in json.loads(run.stdout).items():
            self.report.add(B, what, (answer == "ALLOWED") == ("control" in what), answer)
        if not self._evidence(self.a.container):
            return
        stranger = self.lab.container("stranger", environment={"PYTHONPATH": f"{PROJECT}/src"})
        stranger.binds = (*project_binds(), Bind(self.server.socket_directory("a"), CLIENT_SOCKET_DIRECTORY))
        held, seen = self._refused(Customer("alice", stranger, self.a.label), self.a.pin)
        self.report.add("a stranger", "has A's socket and password, in another cgroup", held, seen)

    def attack(self) -> None:
        """Look for keys and PINs wherever they might lie, while the engine uses them."""
        key = secrets.token_bytes(KEY_LENGTH)
        with ExitStack() as running:
            importing = [
                running.enter_context(self._client("importer", *how, extra=key)) for how in ((), ("careless",))
            ]
            for (_, mac), does in zip(importing, ("overwrites it", "keeps it (control)"), strict=True):
                self.report.equal(A, f"imports a key by C_CreateObject, {does}, signs", mac, expected_hmac(key))
            forgetful, careless = (inside(process) for process, _ in importing)
            attacks.client_memory(self.report, "an imported key in the client's memory", forgetful, careless, key)
            generating, _ = running.enter_context(self._client("generator", "generate"))
            reading, value = running.enter_context(self._client("generator", "read"))
            generated = bytes.fromhex(value)
            what = "a generated key in the memory of the client that had it made"
            attacks.client_memory(self.report, what, inside(generating), inside(reading), generated)
            self._attack_server(attacks.Loot({
                "the imported key": key,
                "the generated key": generated,
                "A's password": self.a.pin.encode(),
                "B's password": self.b.pin.encode(),
                "the administrator's password": self.server.password.encode(),
            }))  # fmt: skip

    def _attack_server(self, loot: attacks.Loot) -> None:
        processes = self.server.processes()
        engine, python = processes["engine"][0], processes["python"]
        attacker = self.lab.container("attacker", sees_host_processes=True, root_inside=True)
        attacker.binds = tuple(project_binds())
        attacks.as_container_root(self.report, attacker, {"the engine": engine, "a worker": python[-1]}, loot)
        home = self.server.home
        attacks.hidden_files(self.report, attacker, [home / "data/vhsm.db", home / "seal/machine.seal"])
        memory = self.server.vhsm("status")["memory"]
        attacks.as_host_root(self.report, self.b.container, engine, python, loot, memory=memory)
        attacks.database(self.report, self.lab, self.server.data, loot)

    # ---- steps that the chapters share ------------------------------------------------------------

    def _customer(self, container: str, user: str) -> Customer:
        made = self.lab.container(container, environment={"PYTHONPATH": f"{PROJECT}/src"})
        return Customer(user, made, f"token-{container}")

    def _show(self, customer: Customer, *binds: Bind) -> None:
        """Say what a customer's container sees: its own socket's directory, read-only, and this."""
        socket = Bind(self.server.socket_directory(customer.container.name), CLIENT_SOCKET_DIRECTORY)
        customer.container.binds = (socket, *binds)

    def _evidence(self, container: Container) -> list[str]:
        if container.cgroup_id is None or not offers_cgroup_ids():
            return []
        return ["--cgroup-id", str(container.cgroup_id)]

    def _put(self, name: str, content: bytes) -> None:
        path = self.files / name
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)

    def _key(self, *arguments: str, customer: Customer | None = None) -> dict[str, object]:
        """Run `vhsm key` in a customer's container, as its user."""
        whose = customer or self.a
        answer: dict[str, object] = vhsm(whose.container, "key", *arguments, "--pin-fd", "0", secrets=[whose.pin])
        return answer

    def _refused(self, customer: Customer, pin: str) -> tuple[bool, str]:
        """Try to use a token with a password that must not do."""
        try:
            vhsm(customer.container, "key", "list", "--token", customer.label, "--pin-fd", "0", secrets=[pin])
        except Failed as refusal:
            return True, str(refusal).rpartition("list: ")[2]
        return False, "ALLOWED"

    @contextmanager
    def _client(
        self, program: str, *arguments: str, extra: bytes = b""
    ) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
        """Run a client of A's that does its work, says so in a line, and stays."""
        process = self.a.container.start([attacks.PYTHON, "-m", f"demo.{program}", *arguments])
        try:
            if process.stdin is None or process.stdout is None or process.stderr is None:
                raise Failed(f"{program} has no pipes")
            process.stdin.write(f"{self.a.pin}\n".encode() + extra)
            process.stdin.flush()
            line = process.stdout.readline().decode().strip()
            if not line:
                raise Failed(f"{program}: {last_line(process.stderr.read())}")
            yield process, line
        finally:
            end(process)


def inside(process: subprocess.Popen[bytes]) -> int:
    """Give the host's number of the program that runs in a container."""
    return descendants(process.pid)[-1]


def expected_hmac(key: bytes) -> str:
    """Compute what the importing client must print."""
    return hmac.new(key, importer.DATA, "sha1").hexdigest()


def last_line(text: bytes) -> str:
    """Give the line that says what went wrong."""
    lines = [line for line in text.decode(errors="replace").strip().splitlines() if line != "Aborting."]
    return lines[-1] if lines else "no message"


def offers_cgroup_ids() -> bool:
    """Tell whether the kernel names a caller's cgroup."""
    found = kernel_features()
    return found["SO_PEERPIDFD"] and found["PIDFD_GET_INFO"]
