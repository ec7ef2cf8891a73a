//! Ordinary work on a token by the cryptoki crate. What the token gives is printed, for the caller to check.
//!
//! Usage: conformance MODULE LABEL PIN

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const MESSAGE: &[u8] = b"a message for the token";
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const VALUE: [u8; 32] = [7; 32];

fn main() -> Result<()> {
    let [_, module, label, pin] = std::env::args().collect::<Vec<_>>().try_into().map_err(|_| "MODULE LABEL PIN")?;
    let token = Pkcs11::new(module)?;
    token.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    let slots = token.get_slots_with_token()?;
    let slot = slots.into_iter().find(|slot| token.get_token_info(*slot).is_ok_and(|info| info.label() == label));
    let session = token.open_rw_session(slot.ok_or("no such token")?)?;
    let wrong = session.login(UserType::User, Some(&AuthPin::new("wrong".into())));
    assert!(matches!(wrong, Err(Error::Pkcs11(RvError::PinIncorrect, _))), "{wrong:?}");
    session.login(UserType::User, Some(&AuthPin::new(pin.into())))?;
    rsa(&session)?;
    ec(&session)?;
    secret_keys(&session)?;
    session.logout()?;
    Ok(())
}

fn show(name: &str, bytes: &[u8]) {
    println!("{name} {}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
}

fn bytes_of(session: &Session, object: ObjectHandle, kind: AttributeType) -> Result<Vec<u8>> {
    match session.get_attributes(object, &[kind])?.pop() {
        Some(Attribute::Modulus(bytes) | Attribute::EcPoint(bytes)) => Ok(bytes),
        other => Err(format!("{kind}: {other:?}").into()),
    }
}

fn rsa(session: &Session) -> Result<()> {
    let public = [
        Attribute::Token(true),
        Attribute::Label("rust".into()),
        Attribute::ModulusBits(2048.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
        Attribute::Encrypt(true),
        Attribute::Verify(true),
    ];
    let private =
        [Attribute::Token(true), Attribute::Label("rust".into()), Attribute::Sign(true), Attribute::Decrypt(true)];
    session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
    let found = |class| -> Result<ObjectHandle> {
        let found = session.find_objects(&[Attribute::Label("rust".into()), Attribute::Class(class)])?;
        found.first().copied().ok_or_else(|| "not found".into())
    };
    let (public, private) = (found(ObjectClass::PUBLIC_KEY)?, found(ObjectClass::PRIVATE_KEY)?);
    show("rsa-modulus", &bytes_of(session, public, AttributeType::Modulus)?);
    show("rsa-pkcs", &session.sign(&Mechanism::Sha256RsaPkcs, private, MESSAGE)?);
    let pss = PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() };
    let signature = session.sign(&Mechanism::Sha256RsaPkcsPss(pss), private, MESSAGE)?;
    show("rsa-pss", &signature);
    session.verify(&Mechanism::Sha256RsaPkcsPss(pss), public, MESSAGE, &signature)?;
    let forged = session.verify(&Mechanism::Sha256RsaPkcsPss(pss), public, b"another", &signature);
    assert!(matches!(forged, Err(Error::Pkcs11(RvError::SignatureInvalid, _))), "{forged:?}");
    let oaep = || {
        Mechanism::RsaPkcsOaep(PkcsOaepParams::new(
            MechanismType::SHA256,
            PkcsMgfType::MGF1_SHA256,
            PkcsOaepSource::empty(),
        ))
    };
    let sealed = session.encrypt(&oaep(), public, MESSAGE)?;
    assert_eq!(session.decrypt(&oaep(), private, &sealed)?, MESSAGE);
    session.destroy_object(public)?;
    session.destroy_object(private)?;
    Ok(())
}

fn ec(session: &Session) -> Result<()> {
    let public = [Attribute::EcParams(P256.to_vec()), Attribute::Verify(true)];
    let (public, private) =
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &[Attribute::Sign(true), Attribute::Private(true)])?;
    show("ec-point", &bytes_of(session, public, AttributeType::EcPoint)?);
    show("ecdsa", &session.sign(&Mechanism::EcdsaSha256, private, MESSAGE)?);
    Ok(())
}

fn secret_keys(session: &Session) -> Result<()> {
    let key = |kind, uses: [Attribute; 2]| -> Result<ObjectHandle> {
        let template = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(kind), Attribute::Value(VALUE.into())];
        Ok(session.create_object(&[&template[..], &uses].concat())?)
    };
    let aes = key(KeyType::AES, [Attribute::Encrypt(true), Attribute::Decrypt(true)])?;
    let mut nonce = [2; 12];
    let gcm = Mechanism::AesGcm(GcmParams::new(&mut nonce, b"aad", 128.into())?);
    let sealed = session.encrypt(&gcm, aes, MESSAGE)?;
    show("aes-gcm", &sealed);
    assert_eq!(session.decrypt(&gcm, aes, &sealed)?, MESSAGE);
    let mac = key(KeyType::GENERIC_SECRET, [Attribute::Sign(true), Attribute::Verify(true)])?;
    show("hmac", &session.sign(&Mechanism::Sha256Hmac, mac, MESSAGE)?);
    show("digest", &session.digest(&Mechanism::Sha256, MESSAGE)?);
    assert_ne!(session.generate_random_vec(64)?, [0; 64]);
    Ok(())
}
