//! `vhsm-engine init`: makes the machine seal, and the first administrator's authentication key.

use crate::gate::kernel::inherited;
use crate::memory::{self, SecretBytes};
use crate::sandbox;
use crate::seal::{self, Seal};
use crate::{mechanism, rv};
use prost::Message;
use std::error::Error;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use vhsm_wire::limits;
use vhsm_wire::messages::{AuthenticationKey, DerivationParameters, KeyDerivation, Role};

/// What the command line says.
pub struct Options {
    /// The new seal file.
    pub seal: RawFd,
    /// The password, to its end.
    pub password: RawFd,
    /// Where the serialised `AuthenticationKey` goes.
    pub output: RawFd,
    /// The admin socket's.
    pub enrolment_id: [u8; 16],
    /// The administrator's number.
    pub user_id: u64,
    /// PBKDF2 iterations.
    pub rounds: u32,
}

/// Make seal and administrator.
///
/// # Errors
/// Whatever keeps us from it; it is meant for the operator.
pub fn init(options: &Options) -> Result<(), Box<dyn Error>> {
    memory::start(None)?;
    let seal_file = inherited(options.seal).map_err(|error| format!("--seal-fd: {error}"))?;
    let password = inherited(options.password).map_err(|error| format!("--password-fd: {error}"))?;
    let output = inherited(options.output).map_err(|error| format!("--output-fd: {error}"))?;
    mechanism::self_test()?;
    sandbox::harden(None)?;
    let (password, length) = read_password(password.as_fd())?;
    let seal = Seal::generate()?;
    let identity = AuthenticationKey {
        user_id: options.user_id,
        role: Role::Administrator.into(),
        enrolment_id: options.enrolment_id.to_vec(),
        derivation: Some(DerivationParameters {
            algorithm: KeyDerivation::Pbkdf2HmacSha256.into(),
            rounds: options.rounds,
            ..DerivationParameters::default()
        }),
        version: 1,
        ..AuthenticationKey::default()
    };
    let row = seal::derive_new(&seal, &identity, &password[..length], None, None).map_err(|refused| match refused {
        rv::CKR_DEVICE_ERROR => format!(
            "--rounds must lie between {} and {}",
            limits::LOGIN_PBKDF2_ROUNDS_MIN,
            limits::LOGIN_PBKDF2_ROUNDS_MAX
        ),
        other => other.to_string(),
    })?;
    write_all(output.as_fd(), &row.encode_to_vec())?;
    seal.write(seal_file.as_fd())?;
    Ok(())
}

fn read_password(from: BorrowedFd<'_>) -> Result<(SecretBytes, usize), Box<dyn Error>> {
    let mut password = SecretBytes::zeroed(limits::LOGIN_PIN_LENGTH_MAX as usize + 1)?;
    let mut length = 0;
    while length < password.len() {
        match rustix::io::read(from, &mut password[length..])? {
            0 => break,
            more => length += more,
        }
    }
    let allowed = limits::LOGIN_PIN_LENGTH_MIN..=limits::LOGIN_PIN_LENGTH_MAX;
    if !allowed.contains(&(length as u64)) {
        return Err(format!("the password must have {} to {} bytes", allowed.start(), allowed.end()).into());
    }
    Ok((password, length))
}

fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), rustix::io::Errno> {
    while !bytes.is_empty() {
        let written = rustix::io::write(to, bytes)?;
        bytes = &bytes[written..];
    }
    Ok(())
}
