"""The containers keep what they promise, so that the demo's rows mean something."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.containers import Bind, Host, Lab, descendants, project_binds

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A laboratory that is taken down after the test."""
    with Lab() as laboratory:
        yield laboratory


def test_a_program_inside_is_nobody(lab: Lab) -> None:
    """No capability, no way to gain one, a uid of its own, and no process in sight but its own."""
    container = lab.container("a")
    status = container.run(["cat", "/proc/self/status"]).stdout.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["CapEff"] == fields["CapPrm"] == fields["CapBnd"] == "0000000000000000"
    assert fields["NoNewPrivs"] == "1"
    assert fields["Uid"].split()[0] == str(container.uid)
    assert int(fields["Pid"]) < 10


def test_containers_share_neither_network_nor_files(lab: Lab) -> None:
    """Each has its own network namespace, and sees only what was bound into it."""
    private = lab.own_directory("private")
    (private / "file").write_text("text", encoding="ascii")
    a = lab.container("a", binds=[Bind(private, private)])
    b = lab.container("b")
    command = ["readlink", "/proc/self/ns/net"]
    spaces = {a.run(command).stdout, b.run(command).stdout, f"{Path('/proc/self/ns/net').readlink()}\n".encode()}
    assert len(spaces) == 3
    assert b.run(["cat", private / "file"]).returncode != 0
    assert b.run(["ls", "/home"]).returncode != 0


def test_a_read_only_bind_is_read_only(lab: Lab) -> None:
    """A socket directory can be used and not changed."""
    container = lab.container("a")
    directory = lab.own_directory("shared", container)
    container.binds = (Bind(directory, directory),)
    assert b"Read-only" in container.run(["touch", directory / "x"]).stderr
    container.binds = (Bind(directory, directory, writable=True),)
    assert container.run(["touch", directory / "x"]).returncode == 0


def test_the_kernel_names_a_containers_cgroup(lab: Lab) -> None:
    """What runs inside is in the container's cgroup, whose number is the directory's inode."""
    if lab.host.cgroups is None:
        pytest.skip("no cgroup can be made here")
    container = lab.container("a")
    process = container.start(["sleep", "60"])
    assert container.cgroup is not None
    # bubblewrap tells nothing when the program runs; the group's list does, once the shell has joined it.
    assert process.stdout is not None
    process.kill()
    process.wait()
    assert container.cgroup_id == container.cgroup.stat().st_ino
    shown = lab.container("b", sees_host_processes=True).run(["cat", "/proc/self/cgroup"]).stdout.decode()
    assert [line for line in shown.splitlines() if line.startswith("0::") and line.endswith("/b")]


def test_root_inside_is_root_of_nothing_outside(lab: Lab) -> None:
    """The attacker's container has every capability over its own namespace only."""
    container = lab.container("attacker", root_inside=True)
    out = container.run(["sh", "-c", "id -u; cat /proc/self/uid_map; grep CapEff /proc/self/status"]).stdout.decode()
    uid, mapped, capabilities = out.splitlines()
    assert uid == "0"
    assert mapped.split() == ["0", str(container.uid), "1"]
    assert int(capabilities.split()[1], 16) != 0


def test_the_project_runs_inside(lab: Lab) -> None:
    """Python programs of the checkout run in a container that has only them."""
    container = lab.container("a", binds=project_binds())
    run = container.run(["python", "-c", "import pkcs11, sys; print(sys.prefix)"])
    assert run.returncode == 0, run.stderr


def test_nothing_is_left_behind() -> None:
    """Processes, networks, groups and files are gone when the laboratory closes."""
    with Lab() as lab:
        container = lab.container("a")
        process = container.start(["sh", "-c", "echo on; sleep 60"])
        assert process.stdout is not None
        process.stdout.readline()
        inside = descendants(process.pid)
        assert inside
        directory, cgroup = lab.directory, container.cgroup
    assert process.returncode is not None
    assert not directory.exists()
    assert cgroup is None or not cgroup.parent.exists()
    assert not [pid for pid in inside if alive(pid)]


def alive(pid: int) -> bool:
    """Tell whether a process runs: neither gone nor dead and waiting for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_plain_user_gets_what_a_plain_user_may_have() -> None:
    """Without root there is neither cgroup nor foreign uid, and the programs still are nobody."""
    with Lab(Host(root=False, cgroups=None, missing=())) as lab:
        status = lab.container("a").run(["cat", "/proc/self/status"]).stdout.decode()
        assert "CapEff:\t0000000000000000" in status
