//! Sessions: PKCS#11 v3.2, 5.6, and the login states that their rules speak of.

use crate::gate::limits::Held;
use crate::mechanism::{MessageCounter, Stream};
use crate::object::Uuid;
use vhsm_wire::messages::{Operation, Role};

/// `CKS_` values.
const CKS_RO_PUBLIC_SESSION: u64 = 0;
const CKS_RO_USER_FUNCTIONS: u64 = 1;
const CKS_RW_PUBLIC_SESSION: u64 = 2;
const CKS_RW_USER_FUNCTIONS: u64 = 3;
const CKS_RW_SO_FUNCTIONS: u64 = 4;

/// One session. There may be ten thousand in one process: keep it small.
pub struct Session {
    /// On which slot.
    pub slot_id: u64,
    /// The token in it.
    pub token: Uuid,
    /// CKF_RW_SESSION.
    pub read_write: bool,
    /// Whether it has made session objects: most never do, and close without looking for any.
    pub made_objects: bool,
    /// Operations in parts, at most one of each kind.
    pub running: Vec<Running>,
    /// The last use that was prepared of a key with CKA_ALWAYS_AUTHENTICATE.
    pub one_use: Option<OneUse>,
    /// How many IVs of its messages were made.
    pub message_counter: Option<MessageCounter>,
}

/// A use that needs a proof of the PIN of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneUse {
    /// Number of the key.
    pub object: u64,
    /// What was prepared.
    pub operation: Operation,
    /// Whether C_Login (CKU_CONTEXT_SPECIFIC) has succeeded since.
    pub proven: bool,
}

/// An operation in parts.
pub struct Running {
    /// Which kind.
    pub operation: Operation,
    /// Tells this operation from a later one of its kind.
    pub serial: u64,
    /// Its mechanism: C_DigestKey is allowed by the digest's.
    pub mechanism: u64,
    /// Whether it uses a private object: then logout ends it.
    pub private: bool,
    /// The stream; `None` while a thread works on it.
    pub stream: Option<Stream>,
    /// What the stream takes of the container's secret memory.
    pub left_secret: Held,
    /// What a decryption withholds, in ordinary memory.
    pub withheld: Held,
}

impl Session {
    /// The operation of a kind, if there is one.
    pub fn running(&mut self, operation: Operation) -> Option<&mut Running> {
        self.running.iter_mut().find(|running| running.operation == operation)
    }

    /// End the operation of a kind, if there is one.
    pub fn cancel(&mut self, operation: Operation) {
        self.running.retain(|running| running.operation != operation);
    }

    /// Spend the proof of the PIN for this use, if there is one.
    pub fn spend(&mut self, object: u64, operation: Operation) -> bool {
        let proven = OneUse { object, operation, proven: true };
        self.one_use.take_if(|use_| *use_ == proven).is_some()
    }

    /// The `CKS_` value under a login.
    #[must_use]
    pub fn state(&self, role: Role) -> u64 {
        match (role, self.read_write) {
            (Role::SecurityOfficer, _) => CKS_RW_SO_FUNCTIONS,
            (Role::User, true) => CKS_RW_USER_FUNCTIONS,
            (Role::User, false) => CKS_RO_USER_FUNCTIONS,
            (_, true) => CKS_RW_PUBLIC_SESSION,
            (_, false) => CKS_RO_PUBLIC_SESSION,
        }
    }
}
