//! What the kernel says of a peer, where no safe wrapper exists: the one file of the gate with `unsafe`.

#![allow(unsafe_code, reason = "two socket options and one ioctl that rustix does not wrap")]

use rustix::io::Errno;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Linux 6.5, `asm-generic/socket.h`; the headers of Debian 12 lack it.
const SO_PEERPIDFD: libc::c_int = 77;
/// Linux 5.14, `asm-generic/socket.h`.
const SO_NETNS_COOKIE: libc::c_int = 71;

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// Take ownership of a descriptor that the supervisor left open for us.
///
/// # Errors
/// `EBADF` where there is none.
pub fn inherited(descriptor: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: F_GETFD only looks the number up; a number that is not open answers EBADF.
    if descriptor < 3 || unsafe { libc::fcntl(descriptor, libc::F_GETFD) } < 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: it is open (above), and the command line hands each number to one owner, before any thread starts.
    let owned = unsafe { OwnedFd::from_raw_fd(descriptor) };
    rustix::io::fcntl_setfd(&owned, rustix::io::FdFlags::CLOEXEC)?;
    Ok(owned)
}

/// Process id (0 outside our PID namespace) and user id of the process that connected: SO_PEERCRED.
///
/// # Errors
/// What getsockopt(2) says.
pub fn peer_credentials(socket: BorrowedFd<'_>) -> Result<(u32, u32), Errno> {
    let mut credentials = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `credentials` and `length` are valid for writes of what the option returns, one ucred.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut length,
        )
    };
    if answer < 0 {
        return Err(last_error());
    }
    Ok((u32::try_from(credentials.pid).unwrap_or(0), credentials.uid))
}

/// The pidfd of the process that connected.
///
/// # Errors
/// `ENOPROTOOPT` before Linux 6.5.
pub fn peer_pidfd(socket: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let mut descriptor: libc::c_int = -1;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `descriptor` and `length` are valid for writes of what the option returns, one int.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PEERPIDFD,
            (&raw mut descriptor).cast(),
            &raw mut length,
        )
    };
    if answer < 0 || descriptor < 0 {
        return Err(last_error());
    }
    // SAFETY: the kernel made this descriptor for us just now.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The cookie of the network namespace that the peer's socket was made in.
///
/// # Errors
/// `ENOPROTOOPT` before Linux 5.14.
pub fn network_namespace_cookie(socket: BorrowedFd<'_>) -> Result<u64, Errno> {
    let mut cookie: u64 = 0;
    let mut length = size_of::<u64>() as libc::socklen_t;
    // SAFETY: `cookie` and `length` are valid for writes of what the option returns, one u64.
    let answer = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut length,
        )
    };
    if answer < 0 { Err(last_error()) } else { Ok(cookie) }
}

/// The number of the processor that the calling thread runs on; `None` where the kernel does not say.
#[must_use]
pub fn processor() -> Option<usize> {
    // SAFETY: no arguments, and it only reads.
    usize::try_from(unsafe { libc::sched_getcpu() }).ok()
}

/// What PIDFD_GET_INFO tells.
#[derive(Clone, Copy, Debug)]
pub struct ProcessInfo {
    /// Process id in our namespace.
    pub pid: u32,
    /// Inode of the v2 cgroup; `None` where the kernel did not say.
    pub cgroup_id: Option<u64>,
}

/// Ask a pidfd whose it is.
///
/// # Errors
/// `ENOTTY` before Linux 6.13, `EREMOTE` for a process outside our PID namespace, `ESRCH` once it is gone.
pub fn process_info(pidfd: BorrowedFd<'_>) -> Result<ProcessInfo, Errno> {
    // SAFETY: the structure is plain numbers, for which all-zero is a value.
    let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
    info.mask = u64::from(libc::PIDFD_INFO_PID | libc::PIDFD_INFO_CGROUPID);
    // SAFETY: the request number says this structure's size, and `info` is valid for reads and writes of it.
    let answer = unsafe { libc::ioctl(pidfd.as_raw_fd(), libc::PIDFD_GET_INFO, &raw mut info) };
    if answer < 0 {
        return Err(last_error());
    }
    let cgroup_id = (info.mask & u64::from(libc::PIDFD_INFO_CGROUPID) != 0).then_some(info.cgroupid);
    Ok(ProcessInfo { pid: info.pid, cgroup_id })
}
