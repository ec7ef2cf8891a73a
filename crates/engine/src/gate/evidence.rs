//! Evidence: what the kernel says of a caller, collected when it says Hello.
//!
//! Rules kept here: (1) nothing is taken from the client; (2) the process is held by pidfd, and everything read under
//! its number counts only if the pidfd says afterwards that it still lives; (3) what cannot be seen is listed, not
//! guessed.

use super::kernel;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use vhsm_wire::messages;

/// Longest `/proc/PID/cgroup` or `/proc/PID/stat` that is looked at, in bytes.
const PROC_FILE_LENGTH_MAX: usize = 16_384;

/// Whether a pidfd's inode names its process (Linux 6.9); before, all pidfds shared one anonymous inode.
static PIDFS: AtomicBool = AtomicBool::new(false);

/// Look what this kernel's pidfds are; once, before the system calls for it are closed.
pub fn probe() {
    /// `PID_FS_MAGIC` of `linux/magic.h`.
    const PID_FS_MAGIC: u64 = 0x5049_4446;
    let own = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty());
    let is_pidfs = own.and_then(rustix::fs::fstatfs).is_ok_and(|found| found.f_type as u64 == PID_FS_MAGIC);
    PIDFS.store(is_pidfs, Ordering::Relaxed);
}

/// Which process an application is; equal for two connections of one process only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessName {
    /// Inode of the pidfd in pidfs: unique as long as the system runs.
    Inode(u64),
    /// Process id and start time (clock ticks since boot), on kernels before 6.9.
    Started(u32, u64),
}

/// A caller, as the kernel knows it.
pub struct Evidence {
    /// What goes into the Ask.
    pub seen: messages::Evidence,
    /// What was tried and not seen.
    pub unseen: Vec<String>,
    /// Which process.
    pub process: ProcessName,
    /// Signals the end of the process; `None` before Linux 6.5.
    pub pidfd: Option<OwnedFd>,
}

/// Why a caller has no evidence: then it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unidentified;

impl From<Errno> for Unidentified {
    fn from(_: Errno) -> Self {
        Self
    }
}

/// Collect the evidence of a connection's peer.
///
/// # Errors
/// [`Unidentified`] when the process has ended, or nothing names it.
pub fn collect(socket: BorrowedFd<'_>) -> Result<Evidence, Unidentified> {
    let (peer_pid, uid) = kernel::peer_credentials(socket)?;
    let mut seen = messages::Evidence { uid: Some(uid), ..Default::default() };
    let mut unseen = Vec::new();
    match kernel::network_namespace_cookie(socket) {
        Ok(cookie) => seen.network_namespace_cookie = Some(cookie),
        Err(_) => unseen.push("network_namespace_cookie".to_owned()),
    }
    let pidfd = kernel::peer_pidfd(socket).ok();
    let (process, pid) = match &pidfd {
        Some(pidfd) => by_pidfd(pidfd.as_fd(), peer_pid, &mut seen, &mut unseen)?,
        None => {
            unseen.extend(["pidfd".to_owned(), "cgroup_id".to_owned()]);
            (ProcessName::Started(peer_pid, start_time(peer_pid)?), Some(peer_pid))
        }
    };
    match pid.and_then(cgroup_path) {
        Some(path) => seen.cgroup_path = Some(path),
        None => unseen.push("cgroup_path".to_owned()),
    }
    still_the_same(process, pidfd.as_ref())?;
    Ok(Evidence { seen, unseen, process, pidfd })
}

/// Which process connected, without the rest of the evidence: for Attach.
///
/// # Errors
/// As [`collect`].
pub fn process_of(socket: BorrowedFd<'_>) -> Result<ProcessName, Unidentified> {
    let (peer_pid, _) = kernel::peer_credentials(socket)?;
    let pidfd = kernel::peer_pidfd(socket).ok();
    let process = match &pidfd {
        Some(pidfd) => name_of(pidfd.as_fd(), Some(peer_pid).filter(|pid| *pid != 0))?,
        None => ProcessName::Started(peer_pid, start_time(peer_pid)?),
    };
    still_the_same(process, pidfd.as_ref())?;
    Ok(process)
}

fn by_pidfd(
    pidfd: BorrowedFd<'_>,
    peer_pid: u32,
    seen: &mut messages::Evidence,
    unseen: &mut Vec<String>,
) -> Result<(ProcessName, Option<u32>), Unidentified> {
    let mut pid = Some(peer_pid).filter(|pid| *pid != 0);
    match kernel::process_info(pidfd) {
        Ok(info) => {
            pid = Some(info.pid).filter(|pid| *pid != 0);
            seen.cgroup_id = info.cgroup_id;
        }
        Err(Errno::SRCH) => return Err(Unidentified),
        // A process outside our PID namespace, or a kernel before 6.13.
        Err(_) => {}
    }
    if seen.cgroup_id.is_none() {
        unseen.push("cgroup_id".to_owned());
    }
    Ok((name_of(pidfd, pid)?, pid))
}

fn name_of(pidfd: BorrowedFd<'_>, pid: Option<u32>) -> Result<ProcessName, Unidentified> {
    if PIDFS.load(Ordering::Relaxed) {
        return Ok(ProcessName::Inode(rustix::fs::fstat(pidfd)?.st_ino));
    }
    let pid = pid.ok_or(Unidentified)?;
    Ok(ProcessName::Started(pid, start_time(pid)?))
}

/// What was read under the process's number counts only if it has not ended meanwhile.
fn still_the_same(process: ProcessName, pidfd: Option<&OwnedFd>) -> Result<(), Unidentified> {
    if let Some(pidfd) = pidfd {
        return if has_ended(pidfd.as_fd()) { Err(Unidentified) } else { Ok(()) };
    }
    match process {
        ProcessName::Started(pid, start) if start_time(pid)? == start => Ok(()),
        _ => Err(Unidentified),
    }
}

/// Whether the process of a pidfd has ended.
#[must_use]
pub fn has_ended(pidfd: BorrowedFd<'_>) -> bool {
    let mut entry = [PollFd::from_borrowed_fd(pidfd, PollFlags::IN)];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    !matches!(poll(&mut entry, Some(&now)), Ok(0))
}

fn cgroup_path(pid: u32) -> Option<String> {
    let text = proc_file(pid, "cgroup").ok()?;
    let line = |prefix: &str| text.lines().find_map(|line| line.strip_prefix(prefix).map(str::to_owned));
    let named = || text.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path.to_owned()));
    line("0::").or_else(named)
}

/// Field 22 of /proc/PID/stat (proc(5)), counted behind the command's closing parenthesis.
fn start_time(pid: u32) -> Result<u64, Unidentified> {
    let text = proc_file(pid, "stat")?;
    let (_, fields) = text.rsplit_once(')').ok_or(Unidentified)?;
    fields.split_whitespace().nth(19).and_then(|field| field.parse().ok()).ok_or(Unidentified)
}

fn proc_file(pid: u32, name: &str) -> Result<String, Unidentified> {
    let file = rustix::fs::openat(
        rustix::fs::CWD,
        format!("/proc/{pid}/{name}"),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let mut text = Vec::new();
    let mut part = [0_u8; 4_096];
    loop {
        let length = rustix::io::read(&file, &mut part)?;
        if length == 0 {
            return String::from_utf8(text).map_err(|_| Unidentified);
        }
        text.extend_from_slice(&part[..length]);
        if text.len() > PROC_FILE_LENGTH_MAX {
            return Err(Unidentified);
        }
    }
}
