//! The kinds of operations that an Init begins, and what each is called elsewhere.

use cryptoki_sys::*;
use vhsm_wire::messages;
use vhsm_wire::table;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Encrypt,
    Decrypt,
    Digest,
    Sign,
    Verify,
    /// C_VerifySignatureInit: the signature comes before the data.
    VerifySignature,
}

impl Kind {
    pub const ALL: [Self; 6] =
        [Self::Encrypt, Self::Decrypt, Self::Digest, Self::Sign, Self::Verify, Self::VerifySignature];

    /// What the engine calls it. A session has one operation of each such name: kinds that share it exclude each other.
    pub fn wire(self) -> messages::Operation {
        match self {
            Self::Encrypt => messages::Operation::Encrypt,
            Self::Decrypt => messages::Operation::Decrypt,
            Self::Digest => messages::Operation::Digest,
            Self::Sign => messages::Operation::Sign,
            Self::Verify | Self::VerifySignature => messages::Operation::Verify,
        }
    }

    /// What a mechanism's row calls it.
    pub fn row(self) -> table::Operation {
        match self {
            Self::Encrypt => table::Operation::Encrypt,
            Self::Decrypt => table::Operation::Decrypt,
            Self::Digest => table::Operation::Digest,
            Self::Sign => table::Operation::Sign,
            Self::Verify | Self::VerifySignature => table::Operation::Verify,
        }
    }

    /// The flag that names it in C_SessionCancel.
    pub fn flag(self) -> CK_FLAGS {
        match self {
            Self::Encrypt => CKF_ENCRYPT,
            Self::Decrypt => CKF_DECRYPT,
            Self::Digest => CKF_DIGEST,
            Self::Sign => CKF_SIGN,
            Self::Verify | Self::VerifySignature => CKF_VERIFY,
        }
    }
}
