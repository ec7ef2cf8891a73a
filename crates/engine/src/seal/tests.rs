//! Promises of the seal.

use super::*;
use crate::memory::{self, SecretBytes};
use crate::object::{Object, Uuid};
use crate::rv::*;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use vhsm_wire::attributes::Attributes;
use vhsm_wire::limits::{LOGIN_PBKDF2_ROUNDS_MAX, LOGIN_PBKDF2_ROUNDS_MIN};
use vhsm_wire::messages::{AuthenticationKey, DerivationParameters, KeyDerivation, Role, SealedObject};
use vhsm_wire::table::CKO_SECRET_KEY;
use vhsm_wire::tables::{CKA_CLASS, CKA_EXTRACTABLE, CKA_PRIVATE};

const TOKEN: Uuid = [7; 16];

fn seal() -> Seal {
    memory::start(None).expect("secret memory");
    Seal::generate().expect("room")
}

fn identity(role: Role) -> AuthenticationKey {
    AuthenticationKey {
        user_id: 42,
        role: role as i32,
        token_uuid: if role == Role::Administrator { vec![] } else { TOKEN.to_vec() },
        enrolment_id: vec![3; 16],
        derivation: Some(DerivationParameters {
            algorithm: KeyDerivation::Pbkdf2HmacSha256 as i32,
            rounds: LOGIN_PBKDF2_ROUNDS_MIN as u32,
            ..DerivationParameters::default()
        }),
        version: 1,
        ..AuthenticationKey::default()
    }
}

fn object(private: bool) -> Object {
    let mut attributes = Attributes::default();
    attributes.set_number(CKA_CLASS, CKO_SECRET_KEY);
    attributes.set_boolean(CKA_PRIVATE, private);
    attributes.set_boolean(CKA_EXTRACTABLE, false);
    Object { attributes, secret: SecretBytes::copy_of(b"the value").expect("room") }
}

fn user_key() -> TokenKey {
    TokenKey::from_bytes(&[9; 32], TokenKeyUse::Objects).expect("room")
}

/// A seal file reads back; a damaged, longer, shorter or foreign one is refused.
#[test]
fn a_seal_file_reads_back_and_damage_shows() {
    let original = seal();
    let mut file =
        std::fs::File::from(rustix::fs::memfd_create("seal", rustix::fs::MemfdFlags::CLOEXEC).expect("a file"));
    original.write(file.as_fd()).expect("written");
    file.seek(SeekFrom::Start(0)).expect("sought");
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut content).expect("read");
    let read = |content: &[u8]| {
        let mut copy =
            std::fs::File::from(rustix::fs::memfd_create("seal", rustix::fs::MemfdFlags::CLOEXEC).expect("a file"));
        copy.write_all(content).expect("written");
        copy.seek(SeekFrom::Start(0)).expect("sought");
        Seal::read(copy.into())
    };
    assert!(content.starts_with(b"vhsm-seal 1 file\n"));
    let again = read(&content).expect("the same seal");
    assert_eq!(*again.pepper().expect("room"), *original.pepper().expect("room"));
    for at in 0..content.len() {
        let mut damaged = content.clone();
        damaged[at] ^= 1;
        assert!(matches!(read(&damaged), Err(SealError::Foreign)), "byte {at}");
        assert!(matches!(read(&content[..at]), Err(SealError::Foreign)), "cut at {at}");
    }
    content.push(0);
    assert!(matches!(read(&content), Err(SealError::Foreign)));
}

/// The right PIN opens the row and its token key; a wrong one, another container, role, user, version or seal does
/// not, and all are told alike.
#[test]
fn only_the_right_pin_in_the_right_place_opens_a_login() {
    let seal = seal();
    let token_key = TokenKey::generate().expect("room");
    let row = derive_new(&seal, &identity(Role::User), b"1234", None, Some(&token_key)).expect("a row");
    let (_, opened) = derive_login(&seal, &row, b"1234").expect("the right PIN");
    assert_eq!(opened.expect("a token key").allowed(), TokenKeyUse::Objects);
    assert_eq!(derive_login(&seal, &row, b"1235").err(), Some(CKR_PIN_INCORRECT));
    let changes: [fn(&mut AuthenticationKey); 7] = [
        |row| row.enrolment_id[0] ^= 1,
        |row| row.user_id += 1,
        |row| row.role = Role::SecurityOfficer as i32,
        |row| row.token_uuid[0] ^= 1,
        |row| row.version += 1,
        |row| row.sealed_authentication_key[20] ^= 1,
        |row| row.sealed_token_key[20] ^= 1,
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut other = row.clone();
        change(&mut other);
        assert_eq!(derive_login(&seal, &other, b"1234").err(), Some(CKR_PIN_INCORRECT), "change {at}");
    }
    assert_eq!(derive_login(&Seal::generate().expect("room"), &row, b"1234").err(), Some(CKR_PIN_INCORRECT));
    assert_eq!(derive_absent(&seal, 1, b"1234"), CKR_PIN_INCORRECT);
}

/// Fewer rounds than the least, or more than the most, are refused before anything is derived (law 5).
#[test]
fn a_cheap_or_ruinous_derivation_is_refused() {
    let seal = seal();
    for rounds in [0, 1, LOGIN_PBKDF2_ROUNDS_MIN - 1, LOGIN_PBKDF2_ROUNDS_MAX + 1] {
        let mut cheap = identity(Role::User);
        cheap.derivation.as_mut().expect("set above").rounds = rounds as u32;
        assert_eq!(derive_new(&seal, &cheap, b"1234", None, None).err(), Some(CKR_DEVICE_ERROR));
        cheap.derivation.as_mut().expect("set above").salt = vec![0; 16];
        assert_eq!(derive_login(&seal, &cheap, b"1234").err(), Some(CKR_DEVICE_ERROR));
    }
    for algorithm in [KeyDerivation::None, KeyDerivation::Argon2id] {
        let mut other = identity(Role::User);
        other.derivation.as_mut().expect("set above").algorithm = algorithm as i32;
        assert_eq!(derive_new(&seal, &other, b"1234", None, None).err(), Some(CKR_DEVICE_ERROR));
    }
}

/// A new PIN keeps the keys; the old PIN opens the new row no more.
#[test]
fn a_password_change_keeps_the_keys() {
    let seal = seal();
    let token_key = TokenKey::generate().expect("room");
    let row = derive_new(&seal, &identity(Role::User), b"1234", None, Some(&token_key)).expect("a row");
    let (key, opened) = derive_login(&seal, &row, b"1234").expect("the right PIN");
    let stored = seal_object(&seal, &TOKEN, opened.as_ref(), [1; 16], 1, &object(true)).expect("a row");
    let mut next = identity(Role::User);
    next.version = 2;
    let changed = derive_new(&seal, &next, b"5678", Some(&key), opened.as_ref()).expect("a row");
    assert_eq!(derive_login(&seal, &changed, b"1234").err(), Some(CKR_PIN_INCORRECT));
    let (_, again) = derive_login(&seal, &changed, b"5678").expect("the new PIN");
    let object = open_object(&seal, &TOKEN, again.as_ref(), &stored).expect("opens");
    assert_eq!(&*object.secret, b"the value");
}

/// A security officer's login opens no object (law 6), nor does a token key that was only just made.
#[cfg(not(feature = "laws-off"))]
#[test]
fn a_security_officer_opens_no_object() {
    let seal = seal();
    let stored = seal_object(&seal, &TOKEN, Some(&user_key()), [1; 16], 1, &object(true)).expect("a row");
    let wrap_only = TokenKey::from_bytes(&[9; 32], TokenKeyUse::WrapOnly).expect("room");
    let row = derive_new(&seal, &identity(Role::SecurityOfficer), b"so", None, Some(&wrap_only)).expect("a row");
    let (_, officer) = derive_login(&seal, &row, b"so").expect("the right PIN");
    for key in [officer.as_ref(), Some(&wrap_only), None] {
        assert_eq!(open_object(&seal, &TOKEN, key, &stored).err(), Some(CKR_USER_NOT_LOGGED_IN));
        assert!(seal_object(&seal, &TOKEN, key, [1; 16], 1, &object(true)).is_err());
    }
}

/// An administrator has an authentication key and no token key.
#[test]
fn an_administrator_has_no_token_key() {
    let seal = seal();
    let row = derive_new(&seal, &identity(Role::Administrator), b"admin", None, None).expect("a row");
    let (_, token_key) = derive_login(&seal, &row, b"admin").expect("the right password");
    assert!(token_key.is_none());
    let mut with_token = identity(Role::Administrator);
    with_token.token_uuid = TOKEN.to_vec();
    assert_eq!(derive_new(&seal, &with_token, b"admin", None, None).err(), Some(CKR_DEVICE_ERROR));
}

/// A row that was changed anywhere, moved to another token, or given another identity does not open.
#[test]
fn a_changed_row_does_not_open() {
    let seal = seal();
    let key = user_key();
    for private in [true, false] {
        let row = seal_object(&seal, &TOKEN, Some(&key), [1; 16], 5, &object(private)).expect("a row");
        let opened = open_object(&seal, &TOKEN, Some(&key), &row).expect("as it was");
        assert_eq!((&*opened.secret, &opened.attributes), (&b"the value"[..], &object(private).attributes));
        let mut flipped = Vec::new();
        for at in 0..row.attributes.len() {
            let mut other = row.clone();
            other.attributes[at] ^= 1;
            flipped.push(other);
        }
        for at in 0..row.sealed.len() {
            let mut other = row.clone();
            other.sealed[at] ^= 1;
            flipped.push(other);
        }
        flipped.push(SealedObject { version: 4, ..row.clone() });
        flipped.push(SealedObject { uuid: vec![2; 16], ..row.clone() });
        flipped.push(SealedObject { uuid: vec![1; 15], ..row.clone() });
        flipped.push(SealedObject { sealed: row.sealed[..27].to_vec(), ..row.clone() });
        for other in &flipped {
            assert_eq!(open_object(&seal, &TOKEN, Some(&key), other).err(), Some(CKR_DEVICE_ERROR));
        }
        assert_eq!(open_object(&seal, &[8; 16], Some(&key), &row).err(), Some(CKR_DEVICE_ERROR));
    }
}

/// Public objects open without a login; private ones do not.
#[test]
fn public_objects_need_no_login() {
    let seal = seal();
    let public = seal_object(&seal, &TOKEN, None, [1; 16], 1, &object(false)).expect("a row");
    assert!(open_object(&seal, &TOKEN, None, &public).is_ok());
    assert_eq!(seal_object(&seal, &TOKEN, None, [1; 16], 1, &object(true)).err(), Some(CKR_USER_NOT_LOGGED_IN));
}

/// The same object sealed twice looks different each time.
#[test]
fn nonces_do_not_repeat() {
    let seal = seal();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..100 {
        let row = seal_object(&seal, &TOKEN, Some(&user_key()), [1; 16], 1, &object(true)).expect("a row");
        assert!(seen.insert(row.sealed[..12].to_vec()));
    }
}

/// A remembered PIN matches itself alone.
#[test]
fn a_remembered_pin_matches_itself_alone() {
    memory::start(None).expect("secret memory");
    let key = PinMacKey::generate().expect("room");
    let mac = |user, role, enrolment: &[u8], pin: &[u8]| key.mac(user, role, enrolment, pin).expect("room");
    let right = mac(1, 1, &[2; 16], b"1234");
    assert!(right == mac(1, 1, &[2; 16], b"1234"));
    for other in [
        mac(2, 1, &[2; 16], b"1234"),
        mac(1, 2, &[2; 16], b"1234"),
        mac(1, 1, &[3; 16], b"1234"),
        mac(1, 1, &[2; 16], b"1235"),
        PinMacKey::generate().expect("room").mac(1, 1, &[2; 16], b"1234").expect("room"),
    ] {
        assert!(right != other);
    }
}
