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
    SignRecover,
    Verify,
    /// C_VerifySignatureInit: the signature comes before the data.
    VerifySignature,
    VerifyRecover,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Encrypt,
        Self::Decrypt,
        Self::Digest,
        Self::Sign,
        Self::SignRecover,
        Self::Verify,
        Self::VerifySignature,
        Self::VerifyRecover,
    ];

    /// What the engine calls it. A session has one operation of each such name: kinds that share it exclude each other.
    pub fn wire(self) -> messages::Operation {
        match self {
            Self::Encrypt => messages::Operation::Encrypt,
            Self::Decrypt => messages::Operation::Decrypt,
            Self::Digest => messages::Operation::Digest,
            Self::Sign => messages::Operation::Sign,
            Self::SignRecover => messages::Operation::SignRecover,
            Self::Verify | Self::VerifySignature => messages::Operation::Verify,
            Self::VerifyRecover => messages::Operation::VerifyRecover,
        }
    }

    /// What a mechanism's row calls it.
    pub fn row(self) -> table::Operation {
        match self {
            Self::Encrypt => table::Operation::Encrypt,
            Self::Decrypt => table::Operation::Decrypt,
            Self::Digest => table::Operation::Digest,
            Self::Sign => table::Operation::Sign,
            Self::SignRecover => table::Operation::SignRecover,
            Self::Verify | Self::VerifySignature => table::Operation::Verify,
            Self::VerifyRecover => table::Operation::VerifyRecover,
        }
    }

    /// The flag that names it in C_SessionCancel.
    pub fn flag(self) -> CK_FLAGS {
        match self {
            Self::Encrypt => CKF_ENCRYPT,
            Self::Decrypt => CKF_DECRYPT,
            Self::Digest => CKF_DIGEST,
            Self::Sign => CKF_SIGN,
            Self::SignRecover => CKF_SIGN_RECOVER,
            Self::Verify | Self::VerifySignature => CKF_VERIFY,
            Self::VerifyRecover => CKF_VERIFY_RECOVER,
        }
    }
}
