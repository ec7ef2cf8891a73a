//! PKCS#11 v3.2, 5.17: two operations of one session that go on at once.
//!
//! The data that is not secret to the caller goes from one to the other here. A buffer that is too small leaves both
//! untouched; any other error ends both.

use crate::encryption::{decrypt_part, encrypt_part};
use crate::ffi::{Input, Output};
use crate::gather::Gathered;
use crate::kind::Kind;
use crate::library;
use crate::operation::{After, Context, Operation};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;

type Part = fn(&mut Operation, &Context<'_>, &[u8], &Output) -> Result<After>;

/// C_DigestEncryptUpdate and C_SignEncryptUpdate: `reader` takes the plaintext that is encrypted.
pub fn encrypt_update(session: CK_SESSION_HANDLE, reader: Kind, data: Input<'_>, output: Output) -> Result<()> {
    update(session, [Kind::Encrypt, reader], data, output, encrypt_part)
}

/// C_DecryptDigestUpdate and C_DecryptVerifyUpdate: `reader` takes the plaintext that is decrypted.
pub fn decrypt_update(session: CK_SESSION_HANDLE, reader: Kind, data: Input<'_>, output: Output) -> Result<()> {
    update(session, [Kind::Decrypt, reader], data, output, decrypt_part)
}

fn update(
    session: CK_SESSION_HANDLE,
    [cipher, reader]: [Kind; 2],
    data: Input<'_>,
    output: Output,
    part: Part,
) -> Result<()> {
    let (library, session) = library::session(session)?;
    let context = Context { library, session: &session };
    let mut operations = session.operations();
    operations.find(cipher)?;
    operations.find(reader)?;
    let mut both = || {
        let data = data.bytes()?;
        // Taken before: what comes out may be written over it.
        let mut plaintext = Gathered::default();
        if cipher == Kind::Encrypt {
            plaintext.push(data);
        }
        operations.run(&context, cipher, |operation, context| part(operation, context, data, &output))?;
        let Some(written) = output.written()? else { return Ok(()) };
        if cipher == Kind::Decrypt {
            plaintext.push(written);
        }
        operations.run(&context, reader, |operation, context| {
            operation.in_parts = true;
            operation.feed(context, plaintext.bytes())?;
            Ok(After::Continues)
        })
    };
    let outcome = both();
    if outcome.is_err_and(|rv| rv != Rv(CKR_BUFFER_TOO_SMALL)) {
        operations.cancel(&context, cipher);
        operations.cancel(&context, reader);
    }
    outcome
}
