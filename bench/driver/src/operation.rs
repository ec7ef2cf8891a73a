//! What is measured: one function for each row of the table.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clap::ValueEnum;
use cryptoki_sys::{
    CK_MECHANISM_TYPE, CKA_LABEL, CKM_ECDSA, CKM_EDDSA, CKM_ML_DSA, CKM_SHA256_HMAC, CKM_SHA256_RSA_PKCS,
    CKR_OBJECT_HANDLE_INVALID,
};

use crate::{
    keys::{self, KeyIn},
    measure::{Figures, Plan},
    module::{Attribute, Module, Object, Refused, Session},
};

/// Longer than any of the signatures, tags and blocks that come on top of the data.
const OUT_LENGTH: usize = 4_096;

/// A row of the table.
#[derive(Clone, Copy, ValueEnum)]
pub enum Operation {
    /// `C_SignInit` and `C_Sign`, `CKM_SHA256_HMAC`.
    Hmac,
    /// `C_EncryptInit` and `C_Encrypt`, `CKM_AES_GCM`, a fresh IV each time.
    Gcm,
    /// `C_EncryptInit` and `C_Encrypt`, `CKM_AES_CBC`.
    Cbc,
    /// The same with `CKM_AES_CTR`.
    Ctr,
    /// `C_SignInit` and `C_Sign`, `CKM_ECDSA` by a P-256 key; the data is a digest.
    Ecdsa,
    /// `CKM_EDDSA`, pure Ed25519.
    Ed25519,
    /// `CKM_SHA256_RSA_PKCS` by a key of 2048 bits.
    Rsa,
    /// `CKM_ML_DSA`, ML-DSA-65.
    MlDsa,
    /// `C_GenerateRandom`.
    Random,
    /// `C_FindObjectsInit`, `C_FindObjects`, `C_FindObjectsFinal`: one object by its label.
    Find,
    /// `C_OpenSession` and `C_CloseSession`.
    Session,
    /// `C_Login` and `C_Logout`.
    Login,
}

impl Operation {
    /// The mechanism of an operation that signs.
    fn signs_by(self) -> Option<CK_MECHANISM_TYPE> {
        Some(match self {
            Self::Hmac => CKM_SHA256_HMAC,
            Self::Ecdsa => CKM_ECDSA,
            Self::Ed25519 => CKM_EDDSA,
            Self::Rsa => CKM_SHA256_RSA_PKCS,
            Self::MlDsa => CKM_ML_DSA,
            _ => return None,
        })
    }
}

/// How long many sessions took.
pub struct Held {
    pub opened: Duration,
    pub closed: Duration,
}

/// What one thread works with.
struct Worker {
    session: Session,
    key: Object,
    data: Vec<u8>,
    out: Vec<u8>,
    iv: [u8; 12],
    round: u64,
}

/// `bench/fill.py` writes the same labels.
pub fn object_label(number: u64) -> String {
    format!("object-{number:07}")
}

/// Measure one operation on the token with this label.
pub fn measure(
    module: &Module,
    token: &str,
    pin: &str,
    operation: Operation,
    key_in: KeyIn,
    size: u32,
    plan: &Plan,
) -> Result<Figures, Refused> {
    let slot = module.slot_of(token)?;
    let first = module.open_session(slot)?;
    let began = Instant::now();
    module.login(first, pin.as_bytes())?;
    let login = began.elapsed();
    let key = match operation {
        Operation::Login => module.logout(first).map(|()| 0)?,
        Operation::Random | Operation::Find | Operation::Session => 0,
        _ if key_in == KeyIn::Session => keys::make(module, first, operation, key_in)?,
        _ => keys::find(module, first, operation)?,
    };
    let sequence = AtomicU64::new(0);
    let prepare = |number: u32| {
        let mut iv = [0; 12];
        iv[..4].copy_from_slice(&number.to_be_bytes());
        Ok(Worker {
            session: module.open_session(slot)?,
            key,
            data: vec![0x61; size as usize],
            out: vec![0; size as usize + OUT_LENGTH],
            iv,
            round: u64::from(number),
        })
    };
    let mut figures = plan.run(prepare, |worker: &mut Worker| {
        worker.round += 1;
        if let Some(mechanism) = operation.signs_by() {
            return module.sign(worker.session, mechanism, key, &worker.data, &mut worker.out);
        }
        match operation {
            Operation::Cbc => module.encrypt_cbc(worker.session, key, [9; 16], &worker.data, &mut worker.out),
            Operation::Ctr => module.encrypt_ctr(worker.session, key, [9; 16], &worker.data, &mut worker.out),
            Operation::Gcm => {
                worker.iv[4..].copy_from_slice(&worker.round.to_be_bytes());
                module.encrypt_gcm(worker.session, worker.key, &worker.iv, &worker.data, &mut worker.out)
            }
            Operation::Random => module.random(worker.session, &mut worker.out[..size as usize]),
            Operation::Find => {
                let label = object_label(scattered(sequence.fetch_add(1, Ordering::Relaxed)) % u64::from(size));
                let found = module.find(worker.session, &[Attribute(CKA_LABEL, label.as_bytes())])?;
                found.map(|_| ()).ok_or(Refused { function: "C_FindObjects", rv: CKR_OBJECT_HANDLE_INVALID })
            }
            Operation::Session => module.close_session(module.open_session(slot)?),
            _ => {
                module.login(worker.session, pin.as_bytes())?;
                module.logout(worker.session)
            }
        }
    })?;
    figures.login = Some(login);
    Ok(figures)
}

/// Spread consecutive numbers, so that no cache of neighbours helps (Fibonacci hashing; Knuth 6.4).
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

/// Open `count` sessions, hold them all, close them.
pub fn hold(module: &Module, token: &str, count: u32) -> Result<Held, Refused> {
    let slot = module.slot_of(token)?;
    let began = Instant::now();
    let sessions = (0..count).map(|_| module.open_session(slot)).collect::<Result<Vec<_>, _>>()?;
    let opened = began.elapsed();
    let began = Instant::now();
    for session in sessions {
        module.close_session(session)?;
    }
    Ok(Held { opened, closed: began.elapsed() })
}
