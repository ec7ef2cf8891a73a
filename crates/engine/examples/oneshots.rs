//! What one operation costs inside the engine, without any transport: nanoseconds, on one thread and on eight.

use std::sync::Arc;
use std::time::Instant;
use vhsm_engine::mechanism::{ReadyKey, random};
use vhsm_engine::memory::{self, SecretBytes, wipe_stack};
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{GcmParameters, Mechanism, Operation};
use vhsm_wire::table::{CKK_AES, CKK_GENERIC_SECRET, CKO_SECRET_KEY};
use vhsm_wire::tables::{CKA_CLASS, CKA_KEY_TYPE, CKM_AES_GCM, CKM_SHA256_HMAC};

const ROUNDS: u32 = 200_000;

fn key(key_type: u64) -> Arc<ReadyKey> {
    let mut attributes = Attributes::default();
    attributes.set_number(CKA_CLASS, CKO_SECRET_KEY);
    attributes.set_number(CKA_KEY_TYPE, key_type);
    let value = SecretBytes::copy_of(&[7; 32]).expect("room");
    Arc::new(ReadyKey::new(&attributes, value).expect("a key"))
}

fn measure(name: &str, threads: u32, operation: impl Fn(&mut Vec<u8>) + Sync) {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut out = Vec::with_capacity(70_000);
                for _ in 0..ROUNDS {
                    out.clear();
                    operation(&mut out);
                }
            });
        }
    });
    let each = start.elapsed().as_nanos() / u128::from(ROUNDS);
    println!("{name:32} {threads} threads {each:6} ns ({} ns of wall clock an operation)", each / u128::from(threads));
}

fn main() {
    let report = memory::start(None).expect("secret memory");
    println!("{}, {:?}", report.kind, memory::usage());
    let (hmac, aes) = (key(CKK_GENERIC_SECRET), key(CKK_AES));
    let sign = Mechanism { r#type: CKM_SHA256_HMAC, parameters: None };
    let parameters = GcmParameters { iv: vec![1; 12], aad: vec![], tag_bits: 128 };
    let encrypt = Mechanism { r#type: CKM_AES_GCM, parameters: Some(Parameters::Gcm(parameters)) };
    for threads in [1, 8] {
        for length in [64, 4096] {
            let data = vec![0x42; length];
            measure(&format!("HMAC-SHA256 {length} B"), threads, |out| {
                hmac.complete(Operation::Sign, &sign, &data, None, out).expect("a MAC");
            });
            measure(&format!("AES-256-GCM {length} B"), threads, |out| {
                aes.complete(Operation::Encrypt, &encrypt, &data, None, out).expect("ciphertext");
            });
        }
        measure("random 32 B", threads, |out| {
            out.resize(32, 0);
            random(out);
        });
        measure("wipe_stack", threads, |_| wipe_stack());
    }
    println!("{:?}", memory::usage());
}
