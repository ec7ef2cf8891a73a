"""Say what this kernel offers of what the server's protections rest on.

Prints a line for each feature; with --all, the exit status is 0 only if none is missing. Tests ask `offers()`.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import platform
import socket
import struct
import sys
from typing import Final

# Numbers of x86-64 and the generic table alike.
SYS_LANDLOCK_CREATE_RULESET: Final = 444
SYS_MEMFD_SECRET: Final = 447
LANDLOCK_CREATE_RULESET_VERSION: Final = 1
SO_PEERPIDFD: Final = 77  # asm-generic/socket.h, Linux 6.5
PIDFD_INFO_LENGTH: Final = 64  # PIDFD_INFO_SIZE_VER0 of linux/pidfd.h, Linux 6.13
PIDFD_INFO_CGROUPID: Final = 1 << 2
PIDFD_GET_INFO: Final = (3 << 30) | (PIDFD_INFO_LENGTH << 16) | (0xFF << 8) | 11  # _IOWR(PIDFS_IOCTL_MAGIC, 11, …)

LIBC: Final = ctypes.CDLL(None, use_errno=True)


def memfd_secret() -> bool:
    """Can memory be taken out of the kernel's own map (CONFIG_SECRETMEM, on by default from 6.5)?"""
    descriptor: int = LIBC.syscall(SYS_MEMFD_SECRET, 0)
    if descriptor < 0:
        return False
    os.close(descriptor)
    return True


def peer_pidfd() -> bool:
    """Does an accepted socket name its peer by pidfd?"""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            os.close(ours.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD))
        except OSError:
            return False
    return True


def pidfd_info() -> bool:
    """Does a pidfd tell its process's cgroup?"""
    descriptor = os.pidfd_open(os.getpid())
    try:
        request = bytearray(struct.pack("=Q", PIDFD_INFO_CGROUPID).ljust(PIDFD_INFO_LENGTH, b"\0"))
        fcntl.ioctl(descriptor, PIDFD_GET_INFO, request)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return bool(struct.unpack_from("=Q", request)[0] & PIDFD_INFO_CGROUPID)


def landlock() -> bool:
    """Can a process give up the file system?"""
    version: int = LIBC.syscall(SYS_LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    return version > 0


def offers() -> dict[str, bool]:
    """Probe every feature, by its name in the documents."""
    return {
        "memfd_secret": memfd_secret(),
        "SO_PEERPIDFD": peer_pidfd(),
        "PIDFD_GET_INFO": pidfd_info(),
        "Landlock": landlock(),
    }


def main() -> int:
    """Print the features."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="fail unless every feature is there")
    strict = parser.parse_args().all
    found = offers()
    for name, offered in found.items():
        print(f"{name}: {'offered' if offered else f'not offered: kernel {platform.release()} lacks it'}")
    return 0 if all(found.values()) or not strict else 1


if __name__ == "__main__":
    sys.exit(main())
