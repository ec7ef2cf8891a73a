//! What a call answers when it is not `CKR_OK`.

use cryptoki_sys::CK_RV;

/// A `CKR_` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rv(pub CK_RV);

/// The result of an inner function; the exported one turns it into a `CK_RV`.
pub type Result<T> = std::result::Result<T, Rv>;
