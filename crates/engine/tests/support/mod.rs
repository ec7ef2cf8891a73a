//! The real engine in a process of its own, with the test as supervisor, as worker and as application.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod client;
pub mod worker;

use prost::Message;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;
use vhsm_wire::messages::*;

/// The container of every test.
pub const CONTAINER: [u8; 16] = [0xc0; 16];
/// The admin socket.
pub const ADMIN: [u8; 16] = [0xad; 16];
/// Rounds of every derivation.
pub const ROUNDS: u32 = 600_000;
/// The first administrator's password.
pub const ADMIN_PASSWORD: &[u8] = b"correct horse";

/// An engine, its supervisor's end and its directory.
pub struct Engine {
    child: Child,
    control: OwnedFd,
    directory: PathBuf,
}

fn socketpair() -> (OwnedFd, OwnedFd) {
    rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
}

/// One child at a time inherits descriptors.
static SPAWNING: Mutex<()> = Mutex::new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);

fn spawn(command: &mut Command, inherited: &[&OwnedFd]) -> Child {
    let _one = SPAWNING.lock().unwrap();
    for descriptor in inherited {
        fcntl_setfd(descriptor, FdFlags::empty()).unwrap();
    }
    let child = command.spawn().unwrap();
    for descriptor in inherited {
        fcntl_setfd(descriptor, FdFlags::CLOEXEC).unwrap();
    }
    child
}

fn engine_binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_vhsm-engine"))
}

/// The seal file's content and the administrator's row, made once by `vhsm-engine init`.
pub fn initialised() -> &'static (Vec<u8>, AuthenticationKey) {
    static MADE: OnceLock<(Vec<u8>, AuthenticationKey)> = OnceLock::new();
    MADE.get_or_init(|| {
        let directory = new_directory();
        let path = directory.join("seal");
        let seal: OwnedFd = File::options().read(true).write(true).create_new(true).open(&path).unwrap().into();
        let (password, password_in) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        File::from(password_in).write_all(ADMIN_PASSWORD).unwrap();
        let (row, row_in) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut command = engine_binary();
        command.args(["init", "--user-id", "1", "--rounds", &ROUNDS.to_string(), "--enrolment-id", &"ad".repeat(16)]);
        for (name, descriptor) in [("--seal-fd", &seal), ("--password-fd", &password), ("--output-fd", &row_in)] {
            command.arg(name).arg(descriptor.as_raw_fd().to_string());
        }
        let mut child = spawn(&mut command, &[&seal, &password, &row_in]);
        drop(row_in);
        let mut bytes = Vec::new();
        File::from(row).read_to_end(&mut bytes).unwrap();
        assert!(child.wait().unwrap().success());
        (std::fs::read(path).unwrap(), AuthenticationKey::decode(&bytes[..]).unwrap())
    })
}

fn new_directory() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("vhsm-engine-test-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

impl Engine {
    /// Start an engine with `quick` and `slow` workers that `world` plays.
    pub fn start(world: &worker::World, quick: usize, slow: usize) -> Self {
        let directory = new_directory();
        let path = directory.join("seal");
        std::fs::write(&path, &initialised().0).unwrap();
        let seal: OwnedFd = File::open(&path).unwrap().into();
        let (control, theirs) = socketpair();
        let mut command = engine_binary();
        command.args(["serve", "--secret-memory-bytes", "16777216"]).stdin(Stdio::null());
        command.arg("--control-fd").arg(theirs.as_raw_fd().to_string());
        command.arg("--seal-fd").arg(seal.as_raw_fd().to_string());
        let child = spawn(&mut command, &[&theirs, &seal]);
        drop(theirs);
        rustix::net::sockopt::set_socket_timeout(
            &control,
            rustix::net::sockopt::Timeout::Recv,
            Some(Duration::from_secs(30)),
        )
        .unwrap();
        let engine = Self { child, control, directory };
        engine.open_listener("vhsm.sock", ListenerKind::ListenerApplication, CONTAINER);
        engine.open_listener("admin.sock", ListenerKind::ListenerAdmin, ADMIN);
        for _ in 0..quick {
            engine.open_worker(world, WorkerClass::WorkerQuick);
        }
        for _ in 0..slow {
            engine.open_worker(world, WorkerClass::WorkerSlow);
        }
        engine.order(to_engine::Message::Start(Start {}), None);
        assert!(matches!(engine.report(), from_engine::Message::Ready(_)));
        engine
    }

    pub fn open_listener(&self, name: &str, kind: ListenerKind, enrolment_id: [u8; 16]) {
        let path = self.directory.join(name);
        let _ = std::fs::remove_file(&path);
        let socket: OwnedFd = UnixListener::bind(path).unwrap().into();
        let open = ListenerOpen { kind: kind.into(), enrolment_id: enrolment_id.to_vec() };
        self.order(to_engine::Message::ListenerOpen(open), Some(&socket));
    }

    pub fn open_worker(&self, world: &worker::World, class: WorkerClass) {
        let (ours, theirs) = socketpair();
        let open = WorkerOpen { class: class.into(), pid: world.next_pid() };
        self.order(to_engine::Message::WorkerOpen(open), Some(&theirs));
        let world = world.clone();
        std::thread::spawn(move || world.serve(&ours));
    }

    pub fn order(&self, message: to_engine::Message, descriptor: Option<&OwnedFd>) {
        let packet = ToEngine { message: Some(message) }.encode_to_vec();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let descriptors: Vec<_> = descriptor.iter().map(|descriptor| descriptor.as_fd()).collect();
        if !descriptors.is_empty() {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)));
        }
        rustix::net::sendmsg(&self.control, &[IoSlice::new(&packet)], &mut ancillary, SendFlags::empty()).unwrap();
    }

    /// The engine's next word to its supervisor.
    pub fn report(&self) -> from_engine::Message {
        let mut bytes = vec![0; 200_000];
        let (_, length) = rustix::net::recv(&self.control, &mut bytes[..], RecvFlags::empty()).unwrap();
        FromEngine::decode(&bytes[..length]).unwrap().message.unwrap()
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.join("vhsm.sock")
    }

    pub fn admin_socket(&self) -> PathBuf {
        self.directory.join("admin.sock")
    }

    /// An application that has said Hello.
    pub fn application(&self) -> client::Client {
        client::Client::hello(&self.socket())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the engine lives.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
