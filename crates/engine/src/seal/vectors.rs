//! `spec/vectors`: what another implementation computed opens here.

use super::*;
use crate::memory;
use crate::object::Uuid;
use serde_json::Value;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::messages::{AuthenticationKey, DerivationParameters, KeyDerivation, SealedObject};

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../spec/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits")).collect()
}

fn uuid(value: &Value) -> Uuid {
    bytes(value).try_into().expect("16 bytes")
}

/// Canonical attributes are spelled as the vectors say, and only so.
#[test]
fn canonical_attributes_match_the_vectors() {
    let vectors = vectors("attributes.json");
    for vector in vectors["valid"].as_array().expect("a list") {
        let mut attributes = Attributes::default();
        for entry in vector["attributes"].as_array().expect("a list") {
            attributes.set(entry["type"].as_u64().expect("a number"), bytes(&entry["value"]));
        }
        assert_eq!(attributes.encode(), bytes(&vector["encoded"]), "{}", vector["name"]);
        assert_eq!(Attributes::parse(&bytes(&vector["encoded"])), Ok(attributes), "{}", vector["name"]);
    }
    for vector in vectors["malformed"].as_array().expect("a list") {
        assert!(Attributes::parse(&bytes(&vector["encoded"])).is_err(), "{}", vector["name"]);
    }
}

/// Rows that another implementation sealed open to what it sealed.
#[test]
fn sealed_rows_match_the_vectors() {
    memory::start(None).expect("secret memory");
    let vectors = vectors("sealed_objects.json");
    let seal = Seal::from_bytes(&bytes(&vectors["machine_seal"])).expect("room");
    let token = uuid(&vectors["token_uuid"]);
    for row in vectors["authentication_keys"].as_array().expect("a list") {
        let number = |name: &str| row[name].as_u64().expect("a number");
        let stored = AuthenticationKey {
            user_id: number("user_id"),
            role: number("role") as i32,
            token_uuid: bytes(&row["token_uuid"]),
            enrolment_id: bytes(&row["enrolment_id"]),
            derivation: Some(DerivationParameters {
                algorithm: KeyDerivation::Pbkdf2HmacSha256 as i32,
                salt: bytes(&row["salt"]),
                rounds: number("rounds") as u32,
                ..DerivationParameters::default()
            }),
            sealed_authentication_key: bytes(&row["sealed_authentication_key"]),
            sealed_token_key: bytes(&row["sealed_token_key"]),
            version: number("version"),
        };
        let (_, token_key) = derive_login(&seal, &stored, &bytes(&row["pin"])).expect("the right PIN");
        for vector in vectors["objects"].as_array().expect("a list") {
            let row = SealedObject {
                number: 0,
                uuid: uuid(&vectors["object_uuid"]).to_vec(),
                version: vector["version"].as_u64().expect("a number"),
                attributes: bytes(&vector["attributes"]),
                sealed: bytes(&vector["sealed"]),
            };
            let object = open_object(&seal, &token, token_key.as_ref(), &row).expect("opens");
            assert_eq!(&*object.secret, bytes(&vector["secret"]), "{}", vector["name"]);
            assert_eq!(object.attributes.encode(), row.attributes, "{}", vector["name"]);
        }
    }
}
