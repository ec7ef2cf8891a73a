//! PKCS#11 v3.2, 5.4: general purpose functions.

use crate::ffi::{self, Arguments, Place};
use crate::library::library;
use crate::rv::{Result, Rv};
use crate::{config, slot_token};
use cryptoki_sys::*;

/// Start, or start again in a forked child. The server need not be there yet.
///
/// The caller's mutex functions are not needed: the operating system's locks are used whatever the flags say, and no
/// thread is created.
pub fn initialize(arguments: Arguments) -> Result<()> {
    if let Some(arguments) = arguments.read() {
        let given = [
            arguments.CreateMutex.is_some(),
            arguments.DestroyMutex.is_some(),
            arguments.LockMutex.is_some(),
            arguments.UnlockMutex.is_some(),
        ];
        if !arguments.pReserved.is_null() || (given.contains(&true) && given.contains(&false)) {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
    }
    if library().is_ok() {
        return Err(Rv(CKR_CRYPTOKI_ALREADY_INITIALIZED));
    }
    let config = config::load().map_err(|line| {
        eprintln!("{line}");
        Rv(CKR_GENERAL_ERROR)
    })?;
    ffi::install().start(config)
}

/// End. In a forked child, once, what it inherited: programs that start afresh call C_Finalize first (python-pkcs11's
/// `reinitialize`).
pub fn finalize(reserved_is_null: bool) -> Result<()> {
    let library = match library() {
        Err(_) if ffi::let_go_of_inherited() => return Ok(()),
        library => library?,
    };
    if !reserved_is_null {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    library.stop();
    Ok(())
}

pub fn info(info: Place<CK_INFO>) -> Result<()> {
    library()?;
    info.write(CK_INFO {
        cryptokiVersion: CK_VERSION { major: CRYPTOKI_VERSION_MAJOR, minor: CRYPTOKI_VERSION_MINOR },
        manufacturerID: slot_token::padded(slot_token::MANUFACTURER),
        flags: 0,
        libraryDescription: slot_token::padded("vhsm PKCS#11 module"),
        libraryVersion: slot_token::VERSION,
    })
}

/// Functions that are not offered; before C_Initialize nothing else is said.
pub fn refuse(rv: CK_RV) -> Result<()> {
    library()?;
    Err(Rv(rv))
}
