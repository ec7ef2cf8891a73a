"""Users, capabilities and process attributes: what the three kinds of process give up, and when.

Everything here only ever takes rights away from the calling process. The constants are the kernel's
(linux/prctl.h, linux/capability.h).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from vhsm.config import ServerConfig

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_KEEPCAPS: Final = 8
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4

CAP_CHOWN: Final = 0
CAP_KILL: Final = 5
CAP_SETGID: Final = 6
CAP_SETUID: Final = 7
CAP_SETPCAP: Final = 8
# To fork workers under their own uid and to end them; nothing else.
SUPERVISOR_CAPABILITIES: Final = frozenset({CAP_KILL, CAP_SETGID, CAP_SETUID})

_CAPABILITY_VERSION_3: Final = 0x2008_0522
_CAPABILITY_WORD_BITS: Final = 32

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and its group, by number."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Identities:
    """The users of the three kinds of process."""

    engine: Identity
    worker: Identity
    supervisor: Identity


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityWord(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def prctl(option: int, *arguments: int) -> None:
    """Change an attribute of this process, by prctl of Linux.

    Raises:
        OSError: the kernel refused.
    """
    padded = [*arguments, 0, 0, 0, 0][:4]
    if _libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(argument) for argument in padded)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")


def capabilities(kind: Literal["CapEff", "CapPrm"] = "CapEff") -> frozenset[int]:
    """Tell which capabilities this process may use now, or take up at will (proc(5), CapEff and CapPrm)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{kind}:"):
            mask = int(line.split()[1], 16)
            return frozenset(bit for bit in range(mask.bit_length()) if mask >> bit & 1)
    return frozenset()


def limit_capabilities(kept: frozenset[int]) -> None:
    """Keep these capabilities at most: permitted and effective; none ambient, inheritable or in the bounding set.

    Raises:
        OSError: the kernel refused.
    """
    _limit_bounding_set(kept)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    mask = sum(1 << capability for capability in kept & capabilities("CapPrm"))
    words = (_CapabilityWord * 2)()
    for index, word in enumerate(words):
        part = mask >> (index * _CAPABILITY_WORD_BITS) & (2**_CAPABILITY_WORD_BITS - 1)
        word.effective = word.permitted = part
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    if _libc.capset(ctypes.byref(header), ctypes.byref(words)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"capset: {os.strerror(code)}")


def separate_identities(config: ServerConfig) -> tuple[Identities | None, str | None]:
    """Choose the users of engine, workers and supervisor, where this process may change users.

    Returns:
        The users, or None; and where that weakens what the operator may expect, a warning.
    """
    if os.geteuid() != 0:
        return None, None
    if not config.separate_uids:
        return None, "engine, workers and supervisor share root's user id (separate_uids = false)"
    chosen = Identities(
        engine=_identity("vhsm-engine", config.uids.engine),
        worker=_identity("vhsm", config.uids.worker),
        supervisor=_identity("vhsm-supervisor", config.uids.supervisor),
    )
    if not capabilities() >= SUPERVISOR_CAPABILITIES | {CAP_CHOWN}:
        return None, "engine, workers and supervisor share one user id: CAP_SETUID, SETGID, CHOWN or KILL is missing"
    for identity in (chosen.engine, chosen.worker, chosen.supervisor):
        if not (_mapped("/proc/self/uid_map", identity.uid) and _mapped("/proc/self/gid_map", identity.gid)):
            return (
                None,
                f"engine, workers and supervisor share one user id: {identity.uid} is not in the user namespace",
            )
    return chosen, None


def become_supervisor(identity: Identity) -> None:
    """Leave root behind, but for the right to start and end processes of the other two users.

    Raises:
        OSError: the kernel refused.
    """
    # The change of user takes away the right to do this.
    _limit_bounding_set(SUPERVISOR_CAPABILITIES)
    prctl(PR_SET_KEEPCAPS, 1)
    _change_user(identity)
    limit_capabilities(SUPERVISOR_CAPABILITIES)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def become_worker(identity: Identity | None, supervisor_pid: int) -> None:
    """Give up user, capabilities, dumps and growth of rights for good, and tie this life to the supervisor's.

    Raises:
        OSError: the kernel refused.
        ProcessLookupError: the supervisor died meanwhile.
    """
    if identity is not None:
        _change_user(identity)
    limit_capabilities(frozenset())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 0)
    # A change of user clears it, hence after all of that.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor_pid:
        raise ProcessLookupError("the supervisor is gone")


def _limit_bounding_set(kept: frozenset[int]) -> None:
    """Keep these capabilities at most for whatever this process or its children may execute."""
    if CAP_SETPCAP not in capabilities():
        return
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    for capability in range(last + 1):
        if capability not in kept:
            prctl(PR_CAPBSET_DROP, capability)


def _change_user(identity: Identity) -> None:
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)


def _identity(name: str, number: int) -> Identity:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return Identity(number, number)
    return Identity(entry.pw_uid, entry.pw_gid)


def _mapped(map_file: str, number: int) -> bool:
    for line in Path(map_file).read_text(encoding="ascii").splitlines():
        inside, _, count = (int(field) for field in line.split())
        if inside <= number < inside + count:
            return True
    return False
