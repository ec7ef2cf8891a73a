//! Handles become numbers: workers see numbers only, applications handles only.

use super::request::Call;
use crate::application::name::Name;
use crate::rv::{self, Rv};
use vhsm_wire::messages::request::Request as R;

impl Call<'_> {
    /// The request with the numbers of what it names.
    pub(super) fn numbered(&self, mut inner: R) -> Result<R, Rv> {
        let number = |handle: &mut u64, dead: Rv| -> Result<(), Rv> {
            *handle = self.number(self.application.object_name(*handle), dead)?;
            Ok(())
        };
        match &mut inner {
            R::CopyObject(asked) => number(&mut asked.object, rv::CKR_OBJECT_HANDLE_INVALID)?,
            R::DestroyObject(asked) => number(&mut asked.object, rv::CKR_OBJECT_HANDLE_INVALID)?,
            R::ReadAttributes(asked) => number(&mut asked.object, rv::CKR_OBJECT_HANDLE_INVALID)?,
            R::SetAttributes(asked) => number(&mut asked.object, rv::CKR_OBJECT_HANDLE_INVALID)?,
            R::WrapKey(asked) => {
                number(&mut asked.wrapping_key, rv::CKR_WRAPPING_KEY_HANDLE_INVALID)?;
                number(&mut asked.key, rv::CKR_KEY_HANDLE_INVALID)?;
            }
            R::UnwrapKey(asked) => number(&mut asked.unwrapping_key, rv::CKR_UNWRAPPING_KEY_HANDLE_INVALID)?,
            R::DeriveKey(asked) => {
                for handle in std::iter::once(&mut asked.base_key).chain(&mut asked.further_keys) {
                    number(handle, rv::CKR_KEY_HANDLE_INVALID)?;
                }
            }
            R::EncapsulateKey(asked) => number(&mut asked.public_key, rv::CKR_KEY_HANDLE_INVALID)?,
            R::DecapsulateKey(asked) => number(&mut asked.private_key, rv::CKR_KEY_HANDLE_INVALID)?,
            // Prepare was translated when its grant was looked up.
            _ => {}
        }
        Ok(inner)
    }

    /// The number of what is named, unless the login that it ends with is over.
    pub(super) fn number(&self, name: Name, dead: Rv) -> Result<u64, Rv> {
        let mut state = self.application.lock();
        let token = state.session(self.session)?.token;
        if state.is_alive(name, &token) { Ok(name.number) } else { Err(dead) }
    }
}
