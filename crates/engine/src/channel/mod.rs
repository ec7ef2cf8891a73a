//! Workers: an idle one takes an Ask at once; else the Ask waits in a bounded queue, on nobody's thread.
//!
//! Quick and slow workers have queues of their own, so that nobody's signature waits for somebody's login. The
//! thread that frees a worker takes the next waiting Ask.

mod derive;
pub mod effects;
mod encapsulation;
pub mod exchange;
pub mod granted;
pub mod keys;
pub mod logins;
pub mod objects;
pub mod outcome;
pub mod work;
mod wrapping;
pub mod writer;

use crate::gate::limits::Place;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::time::Instant;
use vhsm_wire::limits;
use vhsm_wire::messages::WorkerClass;
use work::Work;

/// The engine's end of a worker's channel.
pub struct Worker {
    /// Quick or slow.
    pub class: WorkerClass,
    /// What the supervisor knows it by.
    pub pid: u32,
    /// The socket.
    pub socket: OwnedFd,
    /// Where its messages are read to: one byte longer than the limit.
    pub buffer: Vec<u8>,
    /// The id of its last Ask.
    pub last_id: u64,
}

impl Worker {
    /// Take a channel over.
    #[must_use]
    pub fn new(class: WorkerClass, pid: u32, socket: OwnedFd) -> Self {
        Self { class, pid, socket, buffer: vec![0; limits::WORKER_PACKET_LENGTH_MAX as usize + 1], last_id: 0 }
    }
}

/// A worker and what it serves.
pub type Job = (Worker, Box<Work>);

#[derive(Default)]
struct Waiting {
    idle: Vec<Worker>,
    queue: VecDeque<Box<Work>>,
    workers: usize,
}

/// The workers of one class.
#[derive(Default)]
pub struct Pool {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

/// What became of an Ask that was handed in.
pub enum Submitted {
    /// A worker is free: serve it now.
    Now(Job),
    /// It waits.
    Queued,
    /// There is no room for it.
    Busy(Box<Work>),
}

impl Pool {
    /// Add a worker.
    pub fn add(&self, worker: Worker) {
        let mut waiting = self.waiting.lock();
        waiting.workers += 1;
        waiting.idle.push(worker);
        self.changed.notify_all();
    }

    /// How many workers live.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.waiting.lock().workers
    }

    /// Hand an Ask in. With `now` the caller's thread serves it if a worker is free.
    #[must_use]
    pub fn submit(&self, mut work: Box<Work>, now: bool) -> Submitted {
        let mut waiting = self.waiting.lock();
        if now && waiting.queue.is_empty() {
            if let Some(worker) = waiting.idle.pop() {
                return Submitted::Now((worker, work));
            }
        }
        let container = work.listener.as_ref().map(|listener| Place::take(&listener.waiting));
        let application = work.application.as_ref().map(|application| Place::take(&application.waiting));
        for place in [container, application].into_iter().flatten() {
            match place {
                Some(place) => work.waiting.push(place),
                None => {
                    work.waiting.clear();
                    return Submitted::Busy(work);
                }
            }
        }
        waiting.queue.push_back(work);
        self.changed.notify_one();
        Submitted::Queued
    }

    /// Give a worker back; the caller takes what waits.
    #[must_use]
    pub fn release(&self, worker: Worker) -> Option<Job> {
        let mut waiting = self.waiting.lock();
        waiting.idle.push(worker);
        waiting.next()
    }

    /// A worker is gone; its Ask, if it is to be asked again, is the next.
    #[must_use]
    pub fn lost(&self, again: Option<Box<Work>>) -> Option<Job> {
        let mut waiting = self.waiting.lock();
        waiting.workers = waiting.workers.saturating_sub(1);
        if let Some(work) = again {
            waiting.queue.push_front(work);
        }
        waiting.next()
    }

    /// Wait until there is an Ask and a worker for it.
    #[must_use]
    pub fn wait(&self) -> Job {
        let mut waiting = self.waiting.lock();
        loop {
            if let Some(job) = waiting.next() {
                return job;
            }
            self.changed.wait(&mut waiting);
        }
    }

    /// Take out what has waited too long.
    #[must_use]
    pub fn overdue(&self, now: Instant) -> Vec<Box<Work>> {
        let mut waiting = self.waiting.lock();
        let (overdue, rest): (Vec<_>, Vec<_>) = waiting.queue.drain(..).partition(|work| work.deadline <= now);
        waiting.queue.extend(rest);
        overdue
    }

    /// Take out idle workers that have died.
    #[must_use]
    pub fn dead(&self, is_dead: impl Fn(&Worker) -> bool) -> Vec<Worker> {
        let mut waiting = self.waiting.lock();
        let (dead, idle): (Vec<_>, Vec<_>) = waiting.idle.drain(..).partition(is_dead);
        waiting.idle = idle;
        waiting.workers = waiting.workers.saturating_sub(dead.len());
        dead
    }
}

impl Waiting {
    fn next(&mut self) -> Option<Job> {
        if self.idle.is_empty() {
            return None;
        }
        let mut work = self.queue.pop_front()?;
        work.waiting.clear();
        Some((self.idle.pop()?, work))
    }
}

/// Both classes.
#[derive(Default)]
pub struct Channels {
    /// Quick workers: whatever waits for nobody.
    pub quick: Pool,
    /// Slow workers: password derivations.
    pub slow: Pool,
}

impl Channels {
    /// The pool of a class.
    #[must_use]
    pub fn pool(&self, class: WorkerClass) -> &Pool {
        match class {
            WorkerClass::WorkerQuick => &self.quick,
            WorkerClass::WorkerSlow => &self.slow,
        }
    }
}
