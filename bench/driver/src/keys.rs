//! The keys that the operations use: made once in the token, or for one run in a session.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use cryptoki_sys::{
    CK_FALSE, CK_TRUE, CK_ULONG, CKA_CLASS, CKA_DECRYPT, CKA_EC_PARAMS, CKA_ENCRYPT, CKA_EXTRACTABLE, CKA_KEY_TYPE,
    CKA_LABEL, CKA_MODULUS_BITS, CKA_PARAMETER_SET, CKA_PRIVATE, CKA_PUBLIC_EXPONENT, CKA_SENSITIVE, CKA_SIGN,
    CKA_TOKEN, CKA_VALUE, CKA_VERIFY, CKK_AES, CKK_GENERIC_SECRET, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN,
    CKM_ML_DSA_KEY_PAIR_GEN, CKM_RSA_PKCS_KEY_PAIR_GEN, CKO_SECRET_KEY, CKP_ML_DSA_65, CKR_OBJECT_HANDLE_INVALID,
};

use crate::library::RSA_BITS;
use crate::module::{Attribute, Module, Object, Refused, Session};
use crate::operation::{Operation, object_label};

/// Any 32 bytes do: speed does not hang on them.
const KEY_VALUE: [u8; 32] = *b"a key that only benchmarks know.";
/// DER of the curves' object identifiers.
const P256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const ED25519: &[u8] = b"\x06\x03\x2b\x65\x70";
const TRUE: &[u8] = &[CK_TRUE];
const FALSE: &[u8] = &[CK_FALSE];

/// Where the key of an operation lives.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyIn {
    /// A token object, as most programs use: SoftHSM2 looks at its file again at each use.
    Token,
    /// A session object, made before the clock starts.
    Session,
}

impl KeyIn {
    fn token(self) -> &'static [u8] {
        if self == Self::Token { TRUE } else { FALSE }
    }
}

/// Make the token keys, unless an earlier run did. A pair that the module does not offer is missing afterwards.
pub fn make_all(module: &Module, session: Session) -> Result<(), Refused> {
    for operation in [Operation::Hmac, Operation::Gcm] {
        if find(module, session, operation).is_err() {
            make(module, session, operation, KeyIn::Token)?;
        }
    }
    for operation in [Operation::Ecdsa, Operation::Ed25519, Operation::Rsa, Operation::MlDsa] {
        if find(module, session, operation).is_err() {
            let _ = make(module, session, operation, KeyIn::Token);
        }
    }
    Ok(())
}

/// Make the key of an operation.
pub fn make(module: &Module, session: Session, operation: Operation, key_in: KeyIn) -> Result<Object, Refused> {
    let (bits, set) = (CK_ULONG::from(RSA_BITS).to_ne_bytes(), CKP_ML_DSA_65.to_ne_bytes());
    let (mechanism, parameters) = match operation {
        Operation::Ecdsa => (CKM_EC_KEY_PAIR_GEN, vec![Attribute(CKA_EC_PARAMS, P256)]),
        Operation::Ed25519 => (CKM_EC_EDWARDS_KEY_PAIR_GEN, vec![Attribute(CKA_EC_PARAMS, ED25519)]),
        Operation::Rsa => (
            CKM_RSA_PKCS_KEY_PAIR_GEN,
            vec![Attribute(CKA_MODULUS_BITS, &bits), Attribute(CKA_PUBLIC_EXPONENT, &[1, 0, 1])],
        ),
        Operation::MlDsa => (CKM_ML_DSA_KEY_PAIR_GEN, vec![Attribute(CKA_PARAMETER_SET, &set)]),
        Operation::Gcm | Operation::Cbc | Operation::Ctr => {
            let usage = [Attribute(CKA_ENCRYPT, TRUE), Attribute(CKA_DECRYPT, TRUE)];
            return make_secret(module, session, label(operation), CKK_AES, key_in, &usage);
        }
        _ => {
            let usage = [Attribute(CKA_SIGN, TRUE), Attribute(CKA_VERIFY, TRUE)];
            return make_secret(module, session, label(operation), CKK_GENERIC_SECRET, key_in, &usage);
        }
    };
    let mut public = vec![Attribute(CKA_TOKEN, key_in.token()), Attribute(CKA_VERIFY, TRUE)];
    public.extend(parameters);
    let private = [
        Attribute(CKA_TOKEN, key_in.token()),
        Attribute(CKA_SIGN, TRUE),
        Attribute(CKA_SENSITIVE, TRUE),
        Attribute(CKA_LABEL, label(operation).as_bytes()),
    ];
    module.generate_pair(session, mechanism, &public, &private)
}

/// The token key of an operation.
pub fn find(module: &Module, session: Session, operation: Operation) -> Result<Object, Refused> {
    module
        .find(session, &[Attribute(CKA_LABEL, label(operation).as_bytes())])?
        .ok_or(Refused { function: "C_FindObjects", rv: CKR_OBJECT_HANDLE_INVALID })
}

fn label(operation: Operation) -> &'static str {
    match operation {
        Operation::Gcm | Operation::Cbc | Operation::Ctr => "bench-aes",
        Operation::Ecdsa => "bench-ecdsa",
        Operation::Ed25519 => "bench-ed25519",
        Operation::Rsa => "bench-rsa",
        Operation::MlDsa => "bench-ml-dsa",
        _ => "bench-hmac",
    }
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
        Attribute(CKA_TOKEN, key_in.token()),
        Attribute(CKA_SENSITIVE, TRUE),
        Attribute(CKA_EXTRACTABLE, FALSE),
        Attribute(CKA_LABEL, label.as_bytes()),
        Attribute(CKA_VALUE, &KEY_VALUE),
    ];
    template.extend(usage.iter().map(|Attribute(kind, value)| Attribute(*kind, value)));
    module.create(session, &template)
}
