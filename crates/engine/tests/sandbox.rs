//! The cage holds, and every attempt succeeds without it.
//!
//! Each attempt runs in a child process twice: caged, where it must be killed or refused, and free, where it must
//! succeed, or it proves nothing.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, exit};
use std::sync::mpsc::channel;

/// What a cage does to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The process dies by SIGSYS.
    Killed,
    /// The attempt fails, the process lives.
    Refused,
    /// The engine needs this.
    Allowed,
    /// This kernel has no Landlock to refuse it.
    NotOffered,
}

type Attempt = fn() -> bool;

const ATTEMPTS: &[(&str, Fate, Attempt)] = &[
    ("read a peer's cgroup", Fate::Allowed, || std::fs::read_to_string("/proc/self/cgroup").is_ok()),
    ("use a key", Fate::Allowed, || vhsm_engine::mechanism::self_test().is_ok()),
    ("take ordinary memory", Fate::Allowed, || vec![1_u8; 64 << 20].iter().all(|byte| *byte == 1)),
    ("read a file", Fate::Refused, || std::fs::read("/etc/passwd").is_ok()),
    ("write a file", Fate::Killed, || std::fs::write("/dev/null", "x").is_ok()),
    ("make a socket", Fate::Killed, || std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
    ("run a program", Fate::Killed, || Command::new("/bin/true").status().is_ok()),
    ("start a thread", Fate::Killed, || std::thread::spawn(|| ()).join().is_ok()),
    ("lift a limit", Fate::Killed, || {
        rustix::process::setrlimit(
            rustix::process::Resource::Nproc,
            rustix::process::getrlimit(rustix::process::Resource::Nproc),
        )
        .is_ok()
    }),
    ("become dumpable", Fate::Killed, || {
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable).is_ok()
    }),
    ("choose its own processors", Fate::Allowed, || choose_processors(None)),
    ("choose another process's processors", Fate::Killed, || choose_processors(rustix::process::getppid())),
    ("change directory", Fate::Killed, || std::env::set_current_dir("/").is_ok()),
];

fn choose_processors(process: Option<rustix::process::Pid>) -> bool {
    let all = rustix::thread::sched_getaffinity(None).expect("reading is allowed");
    rustix::thread::sched_setaffinity(process, &all).is_ok()
}

const SIGSYS: i32 = 31;
const NOBODY: u32 = 65_534;

/// In the child: build the engine's surroundings, try, tell by the exit status.
fn child(caged: bool, attempt: usize) -> ! {
    vhsm_engine::memory::start(Some(4 << 20)).expect("secret memory");
    let root = rustix::process::geteuid().is_root();
    if caged {
        let warnings = vhsm_engine::sandbox::harden(root.then_some((NOBODY, NOBODY))).expect("a cage");
        let open = warnings.iter().any(|warning| warning.contains("no Landlock"));
        if open && ATTEMPTS[attempt].1 == Fate::Refused {
            exit(2);
        }
    }
    let (go, gone) = channel::<()>();
    let (tell, told) = channel();
    // On a thread that existed before: the cage must reach it.
    vhsm_engine::memory::spawn("attempt", 512 << 10, 0, move || {
        gone.recv().expect("the main thread says when");
        tell.send(ATTEMPTS[attempt].2()).expect("the main thread waits");
    })
    .expect("a thread");
    if caged {
        vhsm_engine::sandbox::confine().expect("a cage");
    }
    go.send(()).expect("the thread waits");
    exit(i32::from(!told.recv().expect("the thread tells")))
}

fn fate(caged: bool, attempt: usize) -> Fate {
    let status = Command::new(std::env::current_exe().expect("a path"))
        .args([if caged { "caged" } else { "free" }, &attempt.to_string()])
        .status()
        .expect("a child");
    match (status.code(), status.signal()) {
        (Some(0), _) => Fate::Allowed,
        (Some(1), _) => Fate::Refused,
        (Some(2), _) => Fate::NotOffered,
        (_, Some(SIGSYS)) => Fate::Killed,
        other => panic!("{}: ended by {other:?}", ATTEMPTS[attempt].0),
    }
}

/// What /proc says of a caged process: no dump, no capability, no new privileges, a filter.
fn status_of_a_caged_process() {
    let mut child = Command::new(std::env::current_exe().expect("a path"))
        .arg("wait")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("a child");
    let mut ready = [0];
    std::io::Read::read_exact(child.stdout.as_mut().expect("piped"), &mut ready).expect("the child says ready");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a status");
    for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line} in\n{status}");
    }
    if rustix::process::geteuid().is_root() {
        for line in ["CapBnd:\t0000000000000000", "Uid:\t65534\t65534\t65534\t65534", "Groups:\t \n"] {
            assert!(status.contains(line), "{line} in\n{status}");
        }
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    assert!(core.split_whitespace().skip(4).take(2).all(|limit| limit == "0"), "{core}");
    // Not dumpable: what lies in /proc/PID belongs to root.
    let owner =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(format!("/proc/{}/mem", child.id())).expect("a file"));
    assert_eq!(owner, 0, "not dumpable");
    drop(child.stdin.take());
    child.wait().expect("an end");
}

fn wait_caged() -> ! {
    let root = rustix::process::geteuid().is_root();
    vhsm_engine::sandbox::harden(root.then_some((NOBODY, NOBODY))).expect("a cage");
    vhsm_engine::sandbox::confine().expect("a cage");
    rustix::io::write(std::io::stdout(), b"r").expect("the parent reads");
    let _ = rustix::io::read(std::io::stdin(), &mut [0; 1]);
    exit(0)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["caged", attempt] => child(true, attempt.parse().expect("a number")),
        ["free", attempt] => child(false, attempt.parse().expect("a number")),
        ["wait"] => wait_caged(),
        _ => {}
    }
    for (at, (name, expected, _)) in ATTEMPTS.iter().enumerate() {
        assert_eq!(fate(false, at), Fate::Allowed, "control: free, {name}");
        let met = fate(true, at);
        assert!(met == *expected || met == Fate::NotOffered, "caged, {name}: {met:?}");
        println!("caged, to {name}: {met:?}");
    }
    status_of_a_caged_process();
}
