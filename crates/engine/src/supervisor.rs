//! The supervisor's end: listeners and workers come in by descriptor, wishes go out. Its end is our end.

use crate::channel::Worker;
use crate::gate::listener::Listener;
use crate::live::Engine;
use prost::Message;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, recvmsg, send};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::Duration;
use thiserror::Error;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    FromEngine, KillWorker, ListenerKind, ListenerRow, Ready, ReconcileListeners, ToEngine, WorkerClass, from_engine,
    to_engine,
};

/// How often a read from a worker looks at its deadline.
const WORKER_WAKE: Duration = Duration::from_millis(500);

/// The control socket.
pub struct Supervisor(OwnedFd);

/// Why the control socket cannot be used any more.
#[derive(Debug, Error)]
pub enum ControlError {
    /// The supervisor is gone.
    #[error("the supervisor has gone")]
    Gone,
    /// It sent something else than the contract.
    #[error("the supervisor sent {0}")]
    Foreign(&'static str),
    /// The system refused.
    #[error("control socket: {0}")]
    System(#[from] Errno),
}

/// A message and its descriptor.
pub type Order = (to_engine::Message, Option<OwnedFd>);

impl Supervisor {
    /// Take the control socket over.
    #[must_use]
    pub fn new(control: OwnedFd) -> Self {
        Self(control)
    }

    /// Wait for the next order.
    ///
    /// # Errors
    /// [`ControlError`].
    pub fn receive(&self) -> Result<Order, ControlError> {
        let mut bytes = vec![0; limits::WORKER_PACKET_LENGTH_MAX as usize];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            match recvmsg(&self.0, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(Errno::INTR) => {}
                outcome => break outcome?,
            }
        };
        if received.bytes == 0 {
            return Err(ControlError::Gone);
        }
        let mut descriptors = Vec::new();
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                descriptors.extend(rights);
            }
        }
        if descriptors.len() > 1 {
            return Err(ControlError::Foreign("too many descriptors"));
        }
        let order = ToEngine::decode(&bytes[..received.bytes]).map_err(|_| ControlError::Foreign("no message"))?;
        let order = order.message.ok_or(ControlError::Foreign("an unknown message"))?;
        Ok((order, descriptors.pop()))
    }

    /// Self-tests passed, sandbox closed, serving.
    pub fn ready(&self, warnings: Vec<String>) {
        self.send(from_engine::Message::Ready(Ready { warnings }));
    }

    /// A worker is of no use any more.
    pub fn kill_worker(&self, pid: u32) {
        self.send(from_engine::Message::KillWorker(KillWorker { pid }));
    }

    /// The set of containers has changed.
    pub fn reconcile(&self, listeners: Vec<ListenerRow>) {
        self.send(from_engine::Message::ReconcileListeners(ReconcileListeners { listeners }));
    }

    fn send(&self, message: from_engine::Message) {
        let packet = FromEngine { message: Some(message) }.encode_to_vec();
        // A supervisor that is gone is noticed by `receive`, which ends the engine.
        let _ = send(&self.0, &packet, SendFlags::NOSIGNAL);
    }
}

/// Follow one order of the supervisor. True for the order to start.
///
/// # Errors
/// [`ControlError`].
pub fn follow(engine: &'static Engine, order: Order) -> Result<bool, ControlError> {
    match order {
        (to_engine::Message::ListenerOpen(open), Some(socket)) => {
            let kind = ListenerKind::try_from(open.kind).map_err(|_| ControlError::Foreign("an unknown kind"))?;
            let enrolment_id =
                open.enrolment_id.as_slice().try_into().map_err(|_| ControlError::Foreign("no enrolment id"))?;
            engine.gate.open(Listener::new(kind, enrolment_id, socket))?;
        }
        (to_engine::Message::ListenerClose(close), _) => {
            let enrolment_id =
                close.enrolment_id.as_slice().try_into().map_err(|_| ControlError::Foreign("no enrolment id"))?;
            engine.gate.close(enrolment_id);
        }
        (to_engine::Message::WorkerOpen(open), Some(socket)) => {
            let class = WorkerClass::try_from(open.class).map_err(|_| ControlError::Foreign("an unknown class"))?;
            set_socket_timeout(&socket, Timeout::Recv, Some(WORKER_WAKE))?;
            set_socket_timeout(&socket, Timeout::Send, Some(WORKER_WAKE))?;
            engine.channels.pool(class).add(Worker::new(class, open.pid, socket));
        }
        (to_engine::Message::Start(_), _) => return Ok(true),
        (_, None) => return Err(ControlError::Foreign("no descriptor")),
    }
    Ok(false)
}
