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
    MessageEncrypt,
    MessageDecrypt,
    MessageSign,
    MessageVerify,
}

impl Kind {
    pub const ALL: [Self; 12] = [
        Self::Encrypt,
        Self::Decrypt,
        Self::Digest,
        Self::Sign,
        Self::SignRecover,
        Self::Verify,
        Self::VerifySignature,
        Self::VerifyRecover,
        Self::MessageEncrypt,
        Self::MessageDecrypt,
        Self::MessageSign,
        Self::MessageVerify,
    ];

    /// What the engine calls it. A session has one operation of each such name: kinds that share it exclude each other.
    pub fn wire(self) -> messages::Operation {
        match self {
            Self::Encrypt | Self::MessageEncrypt => messages::Operation::Encrypt,
            Self::Decrypt | Self::MessageDecrypt => messages::Operation::Decrypt,
            Self::Digest => messages::Operation::Digest,
            Self::Sign | Self::MessageSign => messages::Operation::Sign,
            Self::SignRecover => messages::Operation::SignRecover,
            Self::Verify | Self::VerifySignature | Self::MessageVerify => messages::Operation::Verify,
            Self::VerifyRecover => messages::Operation::VerifyRecover,
        }
    }

    /// What a mechanism's row calls it.
    pub fn row(self) -> table::Operation {
        match self {
            Self::Encrypt | Self::MessageEncrypt => table::Operation::Encrypt,
            Self::Decrypt | Self::MessageDecrypt => table::Operation::Decrypt,
            Self::Digest => table::Operation::Digest,
            Self::Sign | Self::MessageSign => table::Operation::Sign,
            Self::SignRecover => table::Operation::SignRecover,
            Self::Verify | Self::VerifySignature | Self::MessageVerify => table::Operation::Verify,
            Self::VerifyRecover => table::Operation::VerifyRecover,
        }
    }

    /// Whether its state can be saved (operation_state.rs): all of it is mechanism, key and data.
    pub fn is_savable(self) -> bool {
        matches!(self, Self::Encrypt | Self::Decrypt | Self::Digest | Self::Sign | Self::Verify)
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
            Self::MessageEncrypt => CKF_MESSAGE_ENCRYPT,
            Self::MessageDecrypt => CKF_MESSAGE_DECRYPT,
            Self::MessageSign => CKF_MESSAGE_SIGN,
            Self::MessageVerify => CKF_MESSAGE_VERIFY,
        }
    }
}
