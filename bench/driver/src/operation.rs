//! What is measured: one function for each row of the table.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clap::ValueEnum;
use cryptoki_sys::{
    CK_FALSE, CK_TRUE, CK_ULONG, CKA_CLASS, CKA_DECRYPT, CKA_ENCRYPT, CKA_EXTRACTABLE, CKA_KEY_TYPE, CKA_LABEL,
    CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN, CKA_TOKEN, CKA_VALUE, CKA_VERIFY, CKK_AES, CKK_GENERIC_SECRET,
    CKM_SHA256_HMAC, CKO_SECRET_KEY, CKR_OBJECT_HANDLE_INVALID,
};

use crate::{
    measure::{Figures, Plan},
    module::{Attribute, Module, Object, Refused, Session},
};

const KEY_LABEL_HMAC: &str = "bench-hmac";
const KEY_LABEL_AES: &str = "bench-aes";
/// Any 32 bytes do: speed does not hang on them.
const KEY_VALUE: [u8; 32] = *b"a key that only benchmarks know.";
const TRUE: &[u8] = &[CK_TRUE];
const FALSE: &[u8] = &[CK_FALSE];

/// A row of the table.
#[derive(Clone, Copy, ValueEnum)]
pub enum Operation {
    /// `C_SignInit` and `C_Sign`, `CKM_SHA256_HMAC`.
    Hmac,
    /// `C_EncryptInit` and `C_Encrypt`, `CKM_AES_GCM`, a fresh IV each time.
    Gcm,
    /// `C_GenerateRandom`.
    Random,
    /// `C_FindObjectsInit`, `C_FindObjects`, `C_FindObjectsFinal`: one object by its label.
    Find,
    /// `C_OpenSession` and `C_CloseSession`.
    Session,
    /// `C_Login` and `C_Logout`.
    Login,
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

/// Where the key of an operation lives.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyIn {
    /// A token object, as most programs use: SoftHSM2 looks at its file again at each use.
    Token,
    /// A session object, made before the clock starts.
    Session,
}

/// Make the two token keys, unless an earlier run did.
pub fn make_keys(module: &Module, session: Session) -> Result<(), Refused> {
    for operation in [Operation::Hmac, Operation::Gcm] {
        if find_key(module, session, operation).is_err() {
            make_key(module, session, operation, KeyIn::Token)?;
        }
    }
    Ok(())
}

fn make_key(module: &Module, session: Session, operation: Operation, key_in: KeyIn) -> Result<Object, Refused> {
    match operation {
        Operation::Gcm => {
            let usage = [Attribute(CKA_ENCRYPT, TRUE), Attribute(CKA_DECRYPT, TRUE)];
            make_secret(module, session, KEY_LABEL_AES, CKK_AES, key_in, &usage)
        }
        _ => {
            let usage = [Attribute(CKA_SIGN, TRUE), Attribute(CKA_VERIFY, TRUE)];
            make_secret(module, session, KEY_LABEL_HMAC, CKK_GENERIC_SECRET, key_in, &usage)
        }
    }
}

fn find_key(module: &Module, session: Session, operation: Operation) -> Result<Object, Refused> {
    let label = if matches!(operation, Operation::Gcm) { KEY_LABEL_AES } else { KEY_LABEL_HMAC };
    module
        .find(session, &[Attribute(CKA_LABEL, label.as_bytes())])?
        .ok_or(Refused { function: "C_FindObjects", rv: CKR_OBJECT_HANDLE_INVALID })
}

/// Make `count` objects to be found, and say how long it took.
pub fn make_objects(module: &Module, session: Session, count: u32, public: bool) -> Result<Duration, Refused> {
    let began = Instant::now();
    for number in 0..count {
        let usage = [Attribute(CKA_SIGN, TRUE), Attribute(CKA_PRIVATE, if public { FALSE } else { TRUE })];
        make_secret(module, session, &object_label(number.into()), CKK_GENERIC_SECRET, KeyIn::Token, &usage)?;
    }
    Ok(began.elapsed())
}

fn make_secret(
    module: &Module,
    session: Session,
    label: &str,
    kind: CK_ULONG,
    key_in: KeyIn,
    usage: &[Attribute<'_>],
) -> Result<Object, Refused> {
    let (class, kind) = (CKO_SECRET_KEY.to_ne_bytes(), kind.to_ne_bytes());
    let mut template = vec![
        Attribute(CKA_CLASS, &class),
        Attribute(CKA_KEY_TYPE, &kind),
        Attribute(CKA_TOKEN, if key_in == KeyIn::Token { TRUE } else { FALSE }),
        Attribute(CKA_SENSITIVE, TRUE),
        Attribute(CKA_EXTRACTABLE, FALSE),
        Attribute(CKA_LABEL, label.as_bytes()),
        Attribute(CKA_VALUE, &KEY_VALUE),
    ];
    template.extend(usage.iter().map(|Attribute(kind, value)| Attribute(*kind, value)));
    module.create(session, &template)
}

/// `bench/fill.py` writes the same labels.
fn object_label(number: u64) -> String {
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
        Operation::Hmac | Operation::Gcm if key_in == KeyIn::Session => make_key(module, first, operation, key_in)?,
        Operation::Hmac | Operation::Gcm => find_key(module, first, operation)?,
        Operation::Login => module.logout(first).map(|()| 0)?,
        Operation::Random | Operation::Find | Operation::Session => 0,
    };
    let sequence = AtomicU64::new(0);
    let prepare = |number: u32| {
        let mut iv = [0; 12];
        iv[..4].copy_from_slice(&number.to_be_bytes());
        Ok(Worker {
            session: module.open_session(slot)?,
            key,
            data: vec![0x61; size as usize],
            out: vec![0; size as usize + 64],
            iv,
            round: u64::from(number),
        })
    };
    let mut figures = plan.run(prepare, |worker: &mut Worker| {
        worker.round += 1;
        match operation {
            Operation::Hmac => module.sign(worker.session, CKM_SHA256_HMAC, key, &worker.data, &mut worker.out),
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
            Operation::Login => {
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
