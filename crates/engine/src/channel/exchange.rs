//! One Ask and its Answer: strict half-duplex on the worker's channel, Calls in between.
//!
//! Whatever a worker sends that is not what is expected counts as its death: the channel closes and the
//! supervisor is asked to kill it.

use super::outcome::{self, Done};
use super::work::{Work, time_allowed};
use super::{Job, Submitted, Worker, keys, logins, objects, wrapping};
use crate::live::Engine;
use crate::rv::{self, Rv};
use prost::Message;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::time::Instant;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    Answer, Call, CallResult, FromWorker, KeysDerived, ObjectsMade, ToWorker, WorkerClass, call, call_result,
    from_worker, request, to_worker,
};

/// Calls that one Ask may make: each object of the largest request three times over, and some.
const CALLS_MAX: u32 = 2_048;

/// What an Ask may use while it is served; all of it ends with the Ask.
pub struct Serving<'a> {
    /// The engine.
    pub engine: &'static Engine,
    /// The Ask.
    pub work: &'a mut Work,
    /// When the worker must have answered.
    pub deadline: Instant,
    /// What its calls have prepared; applied when a valid Answer says OK.
    pub staged: outcome::Staged,
    /// Its turns.
    pub turns: logins::Turns,
}

enum Ended {
    Answered(Box<Done>),
    /// Nothing reached the worker.
    Unsent,
    /// The worker died or broke the protocol.
    Died,
    /// The deadline passed.
    Overdue,
}

/// Serve one Ask with a worker. Returns what to reply (nothing if it is asked again), and the next Ask that waits.
pub fn serve(
    engine: &'static Engine,
    mut worker: Worker,
    mut work: Box<Work>,
) -> (Option<(Box<Work>, Done)>, Option<Job>) {
    let pool = engine.channels.pool(worker.class);
    let ended = converse(engine, &mut worker, &mut work);
    if let Ended::Answered(done) = ended {
        return (Some((work, *done)), pool.release(worker));
    }
    let again = match ended {
        Ended::Unsent => true,
        Ended::Died => !std::mem::replace(&mut work.asked_before, true),
        _ => false,
    };
    engine.supervisor.kill_worker(worker.pid);
    drop(worker);
    if again && Instant::now() < work.deadline {
        return (None, pool.lost(Some(work)));
    }
    let done = outcome::unanswered(engine, &mut work);
    (Some((work, done)), pool.lost(None))
}

/// Hand an Ask in from a thread that may serve it; `Err` when there is no room.
pub fn submit(engine: &'static Engine, work: Box<Work>) -> Result<Option<Job>, Box<Work>> {
    let pool = engine.channels.pool(if work.slow { WorkerClass::WorkerSlow } else { WorkerClass::WorkerQuick });
    // Counts wait for the thread of the queue: whoever serves one Ask goes on with what waits, and housekeeping must not.
    let now = !work.slow && work.connection.is_some();
    match pool.submit(work, now) {
        Submitted::Now(job) => Ok(Some(job)),
        Submitted::Queued => Ok(None),
        Submitted::Busy(work) => Err(work),
    }
}

fn converse(engine: &'static Engine, worker: &mut Worker, work: &mut Work) -> Ended {
    let deadline = Instant::now() + time_allowed(work.slow);
    worker.last_id += 1;
    let id = worker.last_id;
    let status = matches!(work.asked(), Some(request::Request::ServerStatus(_))).then(|| engine.status());
    let ask = ToWorker { id, message: Some(to_worker::Message::Ask(work.ask(status))) };
    let packet = ask.encode_to_vec();
    if packet.len() > limits::WORKER_PACKET_LENGTH_MAX as usize {
        return Ended::Answered(Box::new(Done::refused(rv::CKR_DEVICE_MEMORY)));
    }
    if send(&worker.socket, &packet, SendFlags::NOSIGNAL).is_err() {
        return Ended::Unsent;
    }
    let mut serving =
        Serving { engine, work, deadline, staged: outcome::Staged::default(), turns: logins::Turns::default() };
    for _ in 0..CALLS_MAX {
        let message = match receive(worker, deadline) {
            Ok(message) if message.id == id => message.message,
            Ok(_) => return Ended::Died,
            Err(ended) => return ended,
        };
        match message {
            Some(from_worker::Message::Call(call)) => {
                if send(&worker.socket, &told(id, serving.call(call)), SendFlags::NOSIGNAL).is_err() {
                    return Ended::Died;
                }
            }
            Some(from_worker::Message::Answer(answer)) => return conclude(serving, answer),
            None => return Ended::Died,
        }
    }
    Ended::Died
}

fn conclude(serving: Serving<'_>, answer: Answer) -> Ended {
    match outcome::conclude(serving, answer) {
        Ok(done) => Ended::Answered(Box::new(done)),
        Err(outcome::Malformed) => Ended::Died,
    }
}

/// Receive one packet, whole, before the deadline. The socket's own timeout wakes us to look at the clock.
fn receive(worker: &mut Worker, deadline: Instant) -> Result<FromWorker, Ended> {
    loop {
        match recv(&worker.socket, &mut worker.buffer[..], RecvFlags::TRUNC) {
            Ok((_, 0)) => return Err(Ended::Died),
            Ok((_, length)) if length > limits::WORKER_PACKET_LENGTH_MAX as usize => return Err(Ended::Died),
            Ok((_, length)) => return FromWorker::decode(&worker.buffer[..length]).map_err(|_| Ended::Died),
            Err(Errno::AGAIN | Errno::INTR) if Instant::now() < deadline => {}
            Err(Errno::AGAIN | Errno::INTR) => return Err(Ended::Overdue),
            Err(_) => return Err(Ended::Died),
        }
    }
}

impl Serving<'_> {
    fn call(&mut self, call: Call) -> CallResult {
        let Some(call) = call.call else { return failed(rv::CKR_ARGUMENTS_BAD) };
        let result = match call {
            call::Call::OpenObject(message) => objects::open(self, message).map(|()| None),
            call::Call::CreateObject(message) => objects::create(self, &message).map(made),
            call::Call::GenerateKey(message) => objects::generate(self, &message).map(made),
            call::Call::GenerateKeyPair(message) => {
                objects::generate_pair(self, &message).map(|pair| Some(call_result::Result::KeyPairMade(pair)))
            }
            call::Call::WrapKey(message) => wrapping::wrap(self, message).map(|()| None),
            call::Call::MakeFromKey(message) => {
                let made = keys::make(self, message);
                made.map(|objects| Some(call_result::Result::ObjectsMade(ObjectsMade { objects })))
            }
            call::Call::CopyObject(message) => objects::copy(self, message).map(made),
            call::Call::ResealObject(message) => objects::reseal(self, message).map(made),
            call::Call::RevealObject(message) => objects::reveal(self, message).map(|()| None),
            call::Call::DestroySessionObject(message) => objects::destroy(self, message.number).map(|()| None),
            call::Call::BeginLogin(message) => {
                logins::begin(self, &message).map(|begun| Some(call_result::Result::LoginBegun(begun)))
            }
            call::Call::DeriveLogin(message) => logins::derive(self, &message).map(|()| None),
            call::Call::DeriveNew(message) => {
                let derived = logins::derive_new(self, &message);
                derived.map(|key| Some(call_result::Result::KeysDerived(KeysDerived { key: Some(key) })))
            }
            call::Call::BeginWrite(_) => self.begin_write().map(|()| None),
            call::Call::EndWrite(_) => {
                self.turns.write = None;
                Ok(None)
            }
        };
        match result {
            Ok(result) => CallResult { rv: rv::CKR_OK.0, result },
            Err(rv) => failed(rv),
        }
    }

    fn begin_write(&mut self) -> Result<(), Rv> {
        if self.turns.write.is_none() {
            self.turns.write = self.engine.writer.turn(self.deadline);
        }
        self.turns.write.as_ref().map(|_| ()).ok_or(rv::CKR_DEVICE_ERROR)
    }
}

/// A result as it travels. One that is longer than a packet, as of keys of which their base key says much, is none: what
/// is staged comes to nothing where the worker does not say OK.
fn told(id: u64, result: CallResult) -> Vec<u8> {
    let packet = |result| ToWorker { id, message: Some(to_worker::Message::Result(result)) }.encode_to_vec();
    let told = packet(result);
    if told.len() as u64 <= limits::WORKER_PACKET_LENGTH_MAX { told } else { packet(failed(rv::CKR_DEVICE_MEMORY)) }
}

fn failed(rv: Rv) -> CallResult {
    CallResult { rv: rv.0, result: None }
}

fn made(object: vhsm_wire::messages::ObjectMade) -> Option<call_result::Result> {
    Some(call_result::Result::ObjectMade(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vhsm_wire::messages::SealedObject;

    #[test]
    fn a_result_that_no_packet_holds_is_a_failure() {
        let told_of = |objects| {
            let object = |_| SealedObject { attributes: vec![1; 60_000], ..SealedObject::default() };
            let objects = (0..objects).map(object).collect();
            let result = Some(call_result::Result::ObjectsMade(ObjectsMade { objects }));
            let packet = told(7, CallResult { rv: rv::CKR_OK.0, result });
            assert!(packet.len() as u64 <= limits::WORKER_PACKET_LENGTH_MAX);
            match ToWorker::decode(&packet[..]).expect("a message").message {
                Some(to_worker::Message::Result(result)) => (Rv(result.rv), result.result.is_some()),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(told_of(3), (rv::CKR_OK, true));
        assert_eq!(told_of(4), (rv::CKR_DEVICE_MEMORY, false));
    }
}
