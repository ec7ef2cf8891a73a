//! Derivations of TLS 1.2 (PKCS#11 v3.2, "TLS 1.2 mechanisms"): one call makes several keys, all of one template.

use crate::derivation::{Besides, DATA_LENGTH_MAX, Parsed};
use crate::ffi::{self, Input, KeyMaterial, Randoms, Version};
use crate::mechanism::{INVALID, bytes};
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::messages::mechanism::Parameters as Wire;
use vhsm_wire::messages::{Attribute, Template, TlsParameters, attribute::Content};
use vhsm_wire::table::CKK_GENERIC_SECRET;

/// Largest sizes of MAC keys and keys that any cipher suite has, in bits.
const SIZE_BITS_MAX: u64 = 512;

/// What CK_TLS12_KEY_MAT_PARAMS asks for.
pub struct Keys {
    mac_bytes: u64,
    key_bytes: u64,
    iv_bytes: usize,
    out: KeyMaterial,
}

pub fn parse_master<'a>(parameter: Input<'a>, has_version: bool) -> Result<Parsed<'a>> {
    let (prf, randoms, version) = ffi::tls_master(parameter)?;
    of(with_randoms(prf, randoms)?, version, has_version)
}

pub fn parse_extended_master<'a>(parameter: Input<'a>, has_version: bool) -> Result<Parsed<'a>> {
    let (prf, session_hash, version) = ffi::tls_extended_master(parameter)?;
    let session_hash = bytes(session_hash, DATA_LENGTH_MAX)?;
    of(TlsParameters { prf, session_hash, ..TlsParameters::default() }, version, has_version)
}

/// A premaster secret of Diffie-Hellman has no version.
fn of<'a>(sent: TlsParameters, version: Version, has_version: bool) -> Result<Parsed<'a>> {
    match (version, has_version) {
        (Some(_), false) => Err(INVALID),
        (Some(version), true) => Ok(Parsed::with(Wire::Tls(sent), Besides::Version(version))),
        (None, _) => Ok(Wire::Tls(sent).into()),
    }
}

pub fn parse_kdf<'a>(parameter: Input<'a>) -> Result<Parsed<'a>> {
    let (prf, label, randoms, context) = ffi::tls_kdf(parameter)?;
    let context = context.map(|context| bytes(context, DATA_LENGTH_MAX)).transpose()?;
    let label = bytes(label, DATA_LENGTH_MAX)?;
    Ok(Wire::Tls(TlsParameters { label, context, ..with_randoms(prf, randoms)? }).into())
}

pub fn parse_keys<'a>(parameter: Input<'a>, ivs: bool) -> Result<Parsed<'a>> {
    let (said, randoms, out) = ffi::tls_keys(parameter, ivs)?;
    let iv_bits = if ivs { said.ulIVSizeInBits } else { 0 };
    let sizes = [said.ulMacSizeInBits, said.ulKeySizeInBits, iv_bits];
    let formed = sizes.iter().all(|bits| bits % 8 == 0 && *bits <= SIZE_BITS_MAX);
    // Export ciphers ended with TLS 1.0.
    if !formed || sizes[..2] == [0, 0] || said.bIsExport != CK_FALSE {
        return Err(INVALID);
    }
    let [mac_bytes, key_bytes, iv_bytes] = sizes.map(|bits| bits / 8);
    let sent = TlsParameters { iv_length: iv_bytes as u32, ..with_randoms(said.prfHashMechanism, randoms)? };
    let keys = Keys { mac_bytes, key_bytes, iv_bytes: iv_bytes as usize, out };
    Ok(Parsed::with(Wire::Tls(sent), Besides::Keys(keys)))
}

fn with_randoms(prf: u64, (client, server): Randoms<'_>) -> Result<TlsParameters> {
    let (client_random, server_random) = (bytes(client, DATA_LENGTH_MAX)?, bytes(server, DATA_LENGTH_MAX)?);
    Ok(TlsParameters { prf, client_random, server_random, ..TlsParameters::default() })
}

impl Keys {
    /// The templates of all keys, from the one that the application gives. MAC keys are generic secrets that sign and
    /// verify; the others are of the type, and for the uses, that it names.
    ///
    /// # Errors
    /// CKR_TEMPLATE_INCONSISTENT for a length that is not the parameters'.
    pub fn templates(&self, said: &Template) -> Result<Vec<Template>> {
        let value =
            |wanted: u64| said.attributes.iter().find(|one| one.r#type == wanted).and_then(|one| one.content.clone());
        if value(CKA_VALUE_LEN).is_some_and(|length| length != number(self.key_bytes)) {
            return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        }
        let without = |kinds: &[u64]| {
            said.attributes.iter().filter(|one| !kinds.contains(&one.r#type)).cloned().collect::<Vec<_>>()
        };
        let mut mac = without(&[
            CKA_KEY_TYPE,
            CKA_VALUE_LEN,
            CKA_ENCRYPT,
            CKA_DECRYPT,
            CKA_WRAP,
            CKA_UNWRAP,
            CKA_SIGN,
            CKA_VERIFY,
        ]);
        mac.extend([
            attribute(CKA_KEY_TYPE, number(CKK_GENERIC_SECRET)),
            attribute(CKA_VALUE_LEN, number(self.mac_bytes)),
            attribute(CKA_SIGN, Content::Value(vec![1])),
            attribute(CKA_VERIFY, Content::Value(vec![1])),
        ]);
        let mut key = without(&[CKA_VALUE_LEN]);
        key.push(attribute(CKA_VALUE_LEN, number(self.key_bytes)));
        let both = |attributes: Vec<Attribute>, length: u64| {
            let count = if length == 0 { 0 } else { 2 };
            std::iter::repeat_n(Template { attributes }, count)
        };
        Ok(both(mac, self.mac_bytes).chain(both(key, self.key_bytes)).collect())
    }

    /// Hand out what was made.
    ///
    /// # Errors
    /// CKR_DEVICE_ERROR where it is not what was asked for.
    pub fn write(&self, made: &[u64], ivs: &[u8]) -> Result<()> {
        let mut made = made.iter().copied();
        let mut two = |length: u64| {
            if length == 0 { [CK_INVALID_HANDLE; 2] } else { [made.next(), made.next()].map(Option::unwrap_or_default) }
        };
        let ([client_mac, server_mac], [client, server]) = (two(self.mac_bytes), two(self.key_bytes));
        let (client_iv, server_iv) = ivs.split_at_checked(self.iv_bytes).ok_or(Rv(CKR_DEVICE_ERROR))?;
        if server_iv.len() != self.iv_bytes {
            return Err(Rv(CKR_DEVICE_ERROR));
        }
        self.out.write([client_mac, server_mac, client, server], [client_iv, server_iv]);
        Ok(())
    }
}

fn number(value: u64) -> Content {
    Content::Value(value.to_be_bytes().to_vec())
}

fn attribute(kind: u64, content: Content) -> Attribute {
    Attribute { r#type: kind, content: Some(content) }
}
