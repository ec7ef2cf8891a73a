//! `vhsm-engine serve`: memory first, then privileges, self-tests, the seal, threads, the cage; then Ready.

use crate::application::login::Logins;
use crate::gate::{self, Gate, buffer};
use crate::live::{Engine, Parts};
use crate::mechanism;
use crate::memory;
use crate::sandbox;
use crate::seal::Seal;
use crate::supervisor::{self, ControlError, Supervisor};
use parking_lot::{Condvar, Mutex};
use std::error::Error;
use std::os::fd::RawFd;
use std::sync::Arc;

/// Niceness of the threads that derive keys from passwords: nobody's signature waits for somebody's login.
const SLOW_NICE: i32 = 10;
/// Slow workers that are served at a time, at most.
const SLOW_THREADS_MAX: usize = 8;
/// Of the threads at the gate, at most one in so many waits for a deepest stack.
const WAITING_PART: usize = 3;
/// Stacks and first buffers take at most this part of secret memory.
const STACKS_PART: usize = 4;

/// What the command line says.
pub struct Options {
    /// The supervisor's socketpair.
    pub control: RawFd,
    /// The open seal file.
    pub seal: RawFd,
    /// Size of the arena; by default what may be locked.
    pub secret_memory_bytes: Option<usize>,
    /// Whom to become.
    pub uid_gid: Option<(u32, u32)>,
}

/// Serve until the supervisor goes.
///
/// # Errors
/// Whatever keeps the engine from serving; it is meant for the operator.
pub fn serve(options: &Options) -> Result<(), Box<dyn Error>> {
    let memory = memory::start(options.secret_memory_bytes)?;
    quiet_panics();
    let control = gate::kernel::inherited(options.control).map_err(|error| format!("--control-fd: {error}"))?;
    let seal = gate::kernel::inherited(options.seal).map_err(|error| format!("--seal-fd: {error}"))?;
    raise_descriptor_limit();
    mechanism::self_test()?;
    // The operator knows the file by its name, which the supervisor did not tell.
    let name = std::fs::read_link(format!("/proc/self/fd/{}", options.seal)).unwrap_or_default();
    let seal = Seal::read(seal).map_err(|error| format!("{}: {error}", name.display()))?;
    // This thread's stack is ordinary memory, and has seen what is derived from the seal.
    memory::wipe_stack();
    let warnings = sandbox::harden(options.uid_gid)?;
    gate::evidence::probe();
    let logins = Logins::new()?;
    let supervisor = Supervisor::new(control);
    let engine = Engine::new(Parts { seal, memory, warnings, gate: Gate::new()?, logins, supervisor });
    while !supervisor::follow(engine, engine.supervisor.receive()?)? {}
    let go = start_threads(engine)?;
    sandbox::confine()?;
    go.open();
    engine.supervisor.ready(engine.all_warnings());
    loop {
        match engine.supervisor.receive() {
            Ok(order) => {
                if let Err(error) = supervisor::follow(engine, order) {
                    eprintln!("vhsm-engine: {error}");
                }
            }
            Err(ControlError::Gone) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Threads wait here until the cage is closed.
#[derive(Default)]
struct Go(Mutex<bool>, Condvar);

impl Go {
    fn open(&self) {
        *self.0.lock() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let mut open = self.0.lock();
        while !*open {
            self.1.wait(&mut open);
        }
    }
}

fn start_threads(engine: &'static Engine) -> Result<Arc<Go>, memory::MemoryError> {
    let go = Arc::new(Go::default());
    let spawn = |name: &str, nice: i32, body: fn(&'static Engine)| {
        let go = Arc::clone(&go);
        memory::spawn(name, gate::STACK_LENGTH, nice, move || {
            go.wait();
            body(engine);
        })
    };
    let usage = memory::usage();
    let each = gate::STACK_LENGTH + buffer::FIRST_LENGTH;
    let gates = (usage.total / STACKS_PART / each).clamp(gate::THREADS_MIN, gate::THREADS_MAX);
    memory::limit_waiting(gates / WAITING_PART);
    for _ in 0..gates {
        spawn("gate", 0, gate::stand)?;
    }
    spawn("quick", 0, |engine| serve_pool(engine, false))?;
    for _ in 0..engine.channels.slow.workers().clamp(1, SLOW_THREADS_MAX) {
        spawn("slow", SLOW_NICE, |engine| serve_pool(engine, true))?;
    }
    spawn("housekeeping", 0, crate::housekeeping::keep)?;
    Ok(go)
}

/// Serve what waits: all of the slow Asks, and the quick ones that found no worker when they came.
fn serve_pool(engine: &'static Engine, slow: bool) {
    let pool = if slow { &engine.channels.slow } else { &engine.channels.quick };
    loop {
        gate::attend::serve_jobs(engine, Some(pool.wait()));
    }
}

/// A panic says where, and nothing of what: messages may hold values.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| match info.location() {
        Some(place) => eprintln!("vhsm-engine: bug at {}:{}", place.file(), place.line()),
        None => eprintln!("vhsm-engine: bug"),
    }));
}

/// As many descriptors as we may have: one for each connection, one for each application's process.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, connections beyond it wait in the listener's backlog.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
