//! The engine's cage: no dump, no privilege, no file but /proc, few system calls.
//!
//! Two steps, since Landlock, capabilities and bounding set belong to a thread and pass to the threads that it
//! makes later, while threads cannot be made any more once the system calls are limited: [`harden`] before the
//! first thread, [`confine`] after the last. Between them nothing is read from an application.

#![allow(unsafe_code, reason = "calls the kernel where no crate does")]

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities, set_no_new_privs,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;
use std::io;
use thiserror::Error;

/// Why the cage could not be closed.
#[derive(Debug, Error)]
#[error("{what}: {error}")]
pub struct SandboxError {
    /// What was tried.
    pub what: &'static str,
    /// What the system said.
    pub error: String,
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> SandboxError {
    move |error| SandboxError { what, error: error.to_string() }
}

/// What Landlock handles: all that kernels up to 6.12 know. Where the kernel knows less, a warning says so.
const LANDLOCK: ABI = ABI::V6;

/// While there is one thread: another uid and gid if they are given, no capability, no dump, no core, no new
/// privileges; of the file system, reading below /proc is left; no connection is made. Returns warnings.
///
/// # Errors
/// [`SandboxError`]: do not go on.
pub fn harden(uid_gid: Option<(u32, u32)>) -> Result<Vec<String>, SandboxError> {
    let mut warnings = Vec::new();
    drop_bounding_set()?;
    if let Some((uid, gid)) = uid_gid {
        become_user(uid, gid)?;
    }
    drop_capabilities()?;
    if rustix::process::geteuid().is_root() {
        warnings.push("the engine runs as uid 0 (without capabilities): give it a uid of its own".into());
    }
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(failed("setrlimit(RLIMIT_CORE)"))?;
    // After the change of uid, which sets it anew.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed("prctl(PR_SET_DUMPABLE)"))?;
    set_no_new_privs(true).map_err(failed("prctl(PR_SET_NO_NEW_PRIVS)"))?;
    warnings.extend(close_file_system()?);
    Ok(warnings)
}

/// Once all threads are started: the list of system calls, for all of them. Anything else kills the process.
///
/// # Errors
/// [`SandboxError`]: do not serve.
pub fn confine() -> Result<(), SandboxError> {
    let filter = filter().map_err(failed("seccomp filter"))?;
    apply_filter_all_threads(&filter).map_err(failed("seccomp"))
}

fn drop_bounding_set() -> Result<(), SandboxError> {
    let held = capabilities(None).map_err(failed("capget"))?;
    if !held.effective.contains(CapabilitySet::SETPCAP) {
        // A plain user: no_new_privs keeps the bounding set from ever mattering.
        return Ok(());
    }
    for capability in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(capability) {
            // A capability that this kernel does not know.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(failed("prctl(PR_CAPBSET_DROP)")(error)),
        }
    }
    Ok(())
}

fn become_user(uid: u32, gid: u32) -> Result<(), SandboxError> {
    let changed = |outcome: i32, what| {
        if outcome == 0 { Ok(()) } else { Err(failed(what)(io::Error::last_os_error())) }
    };
    // SAFETY: no groups are read from a null list of length 0; the others take numbers. glibc changes all threads.
    unsafe {
        changed(libc::setgroups(0, std::ptr::null()), "setgroups")?;
        changed(libc::setresgid(gid, gid, gid), "setresgid")?;
        changed(libc::setresuid(uid, uid, uid), "setresuid")
    }
}

fn drop_capabilities() -> Result<(), SandboxError> {
    clear_ambient_capability_set().map_err(failed("prctl(PR_CAP_AMBIENT)"))?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
        .map_err(failed("capset"))
}

fn close_file_system() -> Result<Option<String>, SandboxError> {
    let proc = PathFd::new("/proc").map_err(failed("open /proc"))?;
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rule(PathBeneath::new(proc, AccessFs::ReadFile)))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(failed("Landlock"))?;
    Ok(match restricted.ruleset {
        RulesetStatus::FullyEnforced => None,
        RulesetStatus::PartiallyEnforced => Some(
            "this kernel's Landlock is older than 6.12's: the engine's file system is closed, signals or network \
                  may not be (seccomp still refuses them)"
                .into(),
        ),
        RulesetStatus::NotEnforced => {
            Some("this kernel has no Landlock: the engine could read files (seccomp still refuses to write)".into())
        }
    })
}

/// Allowed whatever their arguments: connections that exist, events, the ordinary heap, locks, time, the end.
const ALLOWED: &[i64] = &[
    // Bytes in and out of open descriptors.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_getsockname,
    libc::SYS_close,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_lseek,
    // Events.
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_ppoll,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    // The ordinary heap.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Locks, threads that exist, signals to ourselves.
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_getcpu,
    libc::SYS_sched_getaffinity,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Time and chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    // The end.
    libc::SYS_exit,
    libc::SYS_exit_group,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
];

/// `_IOWR(0xFF, 11, struct pidfd_info)` without its direction and size, which grows with the kernel.
const PIDFD_GET_INFO: u64 = 0xff0b;
const IOCTL_TYPE_AND_NUMBER: u64 = 0xffff;

fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    let masked = |argument, mask, value| {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)?;
        SeccompRule::new(vec![condition])
    };
    // Reading only; Landlock says where.
    let writes = (libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC) as u64;
    rules.insert(libc::SYS_openat, vec![masked(2, writes, 0)?]);
    // No memory becomes code.
    let executable = libc::PROT_EXEC as u64;
    rules.insert(libc::SYS_mmap, vec![masked(2, executable, 0)?]);
    rules.insert(libc::SYS_mprotect, vec![masked(2, executable, 0)?]);
    let non_blocking = libc::FIONBIO & IOCTL_TYPE_AND_NUMBER;
    rules.insert(
        libc::SYS_ioctl,
        vec![masked(1, IOCTL_TYPE_AND_NUMBER, PIDFD_GET_INFO)?, masked(1, IOCTL_TYPE_AND_NUMBER, non_blocking)?],
    );
    // A thread moves itself, and nobody else.
    let itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_sched_setaffinity, vec![SeccompRule::new(vec![itself])?]);
    // abort() signals itself; SIGKILL and the like to others are Landlock's and the missing capabilities' to refuse.
    let own = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::Eq,
        rustix::process::getpid().as_raw_nonzero().get() as u64,
    )?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]);
    let architecture = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture)?.try_into()
}
