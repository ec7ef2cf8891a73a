//! Housekeeping: what has to happen at some time, on one thread: late replies, deadlines, counts, lingering PINs.

use crate::channel::Worker;
use crate::channel::outcome::{self, Done};
use crate::channel::work::Work;
use crate::gate::attend;
use crate::live::Engine;
use crate::operation::TICK;
use parking_lot::{Condvar, Mutex};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often deadlines are looked at.
const SWEEP: Duration = Duration::from_millis(250);
/// Uses are reported every so many sweeps.
const SWEEPS_PER_BATCH: u32 = 12;

/// Late replies by when they are due; the number tells two of one moment apart.
#[derive(Default)]
struct Late {
    last: u64,
    replies: BTreeMap<(Instant, u64), (Box<Work>, Done)>,
}

/// Replies that are kept back: the price of a wrong PIN.
#[derive(Default)]
pub struct Timers {
    late: Mutex<Late>,
    earlier: Condvar,
}

impl Timers {
    /// Keep a reply back. There are never more of them than connections, which say one thing at a time.
    pub fn add(&self, delay: Duration, work: Box<Work>, done: Done) {
        let mut late = self.late.lock();
        late.last += 1;
        let key = (Instant::now() + delay, late.last);
        late.replies.insert(key, (work, done));
        self.earlier.notify_one();
    }

    /// Wait for the next reply that is due, until `until`.
    fn next(&self, until: Instant) -> Option<(Box<Work>, Done)> {
        let mut late = self.late.lock();
        loop {
            let now = Instant::now();
            let due = late.replies.keys().next().map(|(due, _)| *due);
            match due {
                Some(due) if due <= now => return late.replies.pop_first().map(|(_, reply)| reply),
                _ if until <= now => return None,
                _ => {
                    let wake = due.map_or(until, |due| due.min(until));
                    self.earlier.wait_until(&mut late, wake);
                }
            }
        }
    }
}

/// What the housekeeping thread does for the life of the process.
pub fn keep(engine: &'static Engine) {
    let mut next_sweep = Instant::now() + SWEEP;
    let mut sweeps: u32 = 0;
    loop {
        while let Some((work, done)) = engine.timers.next(next_sweep) {
            attend::finish(engine, *work, done);
        }
        next_sweep += SWEEP;
        sweeps = sweeps.wrapping_add(1);
        TICK.fetch_add(1, Ordering::Relaxed);
        sweep(engine);
        if sweeps % SWEEPS_PER_BATCH == 0 {
            crate::counts::report(engine);
        }
    }
}

fn sweep(engine: &'static Engine) {
    let now = Instant::now();
    for pool in [&engine.channels.quick, &engine.channels.slow] {
        for mut work in pool.overdue(now) {
            let done = outcome::unanswered(engine, &mut work);
            attend::finish(engine, *work, done);
        }
        for worker in pool.dead(is_dead) {
            engine.supervisor.kill_worker(worker.pid);
        }
    }
    engine.logins.sweep(now);
    for connection in engine.gate.connections.all() {
        if connection.is_overdue(now) {
            connection.shut_down();
        }
    }
    engine.gate.arm_listeners();
}

/// An idle worker that has hung up, or that speaks without being asked.
fn is_dead(worker: &Worker) -> bool {
    let mut entry = [PollFd::new(&worker.socket, PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    !matches!(poll(&mut entry, Some(&now)), Ok(0))
}
