"""What a worker may still do: Landlock for files, seccomp for system calls.

Both are closed after everything is imported. Where the kernel or libseccomp offers less, the caller learns it as a
warning: the engine's laws hold all the same.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Final

from landlock import FSAccess, LandlockError, Ruleset, landlock_abi_version

from vhsm.service.privileges import PR_SET_DUMPABLE

try:
    # Looks for libseccomp.so.2 by starting programs, so before any sandbox is closed; the library may be absent.
    import pyseccomp
except (ImportError, OSError, RuntimeError):
    pyseccomp = None

if TYPE_CHECKING:
    from pathlib import Path

# To reach out, to look into or run others, to gain rights, to change what the sandbox rests on. A worker talks over
# the descriptors that it has.
DENIED_SYSCALLS: Final = (
    # network and other processes' sockets
    *("socket", "connect", "bind", "listen", "accept", "accept4"),
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd"),
    *("pidfd_send_signal", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "prlimit64"),
    # programs and processes of its own
    *("execve", "execveat", "fork", "vfork", "clone", "clone3"),
    # users, namespaces, mounts
    *("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid"),
    *("capset", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "mount_setattr", "move_mount"),
    *("open_tree", "fsopen", "fsmount", "fsconfig", "open_by_handle_at", "mknod", "mknodat"),
    # kernel surface that Python never needs
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load"),
    *("kexec_file_load", "reboot", "swapon", "swapoff", "personality", "memfd_create", "memfd_secret", "modify_ldt"),
)

_DATA_ACCESS: Final = (
    FSAccess.READ_FILE | FSAccess.WRITE_FILE | FSAccess.READ_DIR | FSAccess.MAKE_REG | FSAccess.REMOVE_FILE
)
_LANDLOCK_ABI_TRUNCATE: Final = 3
_EPERM: Final = 1
NO_LANDLOCK: Final = "workers can read every file of their user: the kernel offers no Landlock ({})"
NO_SECCOMP: Final = "workers run without a system call filter: install libseccomp2"


def missing() -> list[str]:
    """Say what `confine` will not be able to close on this machine, one line each."""
    lines = []
    ctypes.set_errno(0)
    try:
        landlock_abi_version()
    except (OSError, LandlockError) as error:
        lines.append(NO_LANDLOCK.format(error))
    if pyseccomp is None:
        lines.append(NO_SECCOMP)
    return lines


def confine(data_dir: Path) -> list[str]:
    """Close files but for the data directory, and the system calls above, for good.

    Needs no_new_privs. Returns what could not be closed, one line each.
    """
    return [warning for warning in (_close_files(data_dir), _close_syscalls()) if warning is not None]


def _close_files(data_dir: Path) -> str | None:
    # The package takes whatever errno ctypes holds for its own.
    ctypes.set_errno(0)
    try:
        access = _DATA_ACCESS
        if landlock_abi_version() >= _LANDLOCK_ABI_TRUNCATE:
            access |= FSAccess.TRUNCATE
        rules = Ruleset()
        rules.allow(data_dir, rules=access)
        rules.allow("/dev/urandom", rules=FSAccess.READ_FILE)
        rules.allow("/dev/null", rules=FSAccess.READ_FILE | FSAccess.WRITE_FILE)
        rules.apply()
    except (OSError, LandlockError) as error:
        return NO_LANDLOCK.format(error)
    return None


def _close_syscalls() -> str | None:
    if pyseccomp is None:
        return NO_SECCOMP
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        refuse = pyseccomp.ERRNO(_EPERM)
        for name in DENIED_SYSCALLS:
            try:
                rules.add_rule(refuse, name)
            except (OSError, ValueError):
                continue  # a call that this architecture or library does not know
        # abort() may end this process; nobody else's.
        rules.add_rule(refuse, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, os.getpid()))
        rules.add_rule(refuse, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, PR_SET_DUMPABLE))
        rules.load()
    except OSError as error:
        return f"workers run without a system call filter: the kernel refused it ({error})"
    return None
