//! Parameters of SP 800-108 and of TLS 1.2 (PKCS#11 v3.2, chapter 6): structures that point at structures.

use super::memory::{Input, Place, Template};
use super::parameters::INVALID;
use crate::rv::Result;
use cryptoki_sys::*;

/// Most data fields of a derivation.
const FIELDS_MAX: u64 = 64;

/// What CK_SP800_108_KDF_PARAMS and CK_SP800_108_FEEDBACK_KDF_PARAMS say.
pub struct Kdf<'a> {
    pub prf: u64,
    /// CK_SP800_108_ type and content of each data field.
    pub fields: Vec<(u64, Input<'a>)>,
    pub iv: Input<'a>,
    /// Of the keys that are made besides.
    pub keys: Vec<(Template<'a>, Place<CK_OBJECT_HANDLE>)>,
}

/// Read CK_SP800_108_KDF_PARAMS, or for feedback mode CK_SP800_108_FEEDBACK_KDF_PARAMS.
pub fn kdf_parameters<'a>(parameter: Input<'a>, feedback: bool, keys_max: u64) -> Result<Kdf<'a>> {
    let kdf: CK_SP800_108_FEEDBACK_KDF_PARAMS = if feedback {
        // SAFETY: numbers and raw pointers.
        unsafe { parameter.structure() }.ok_or(INVALID)?
    } else {
        // SAFETY: numbers and raw pointers.
        let plain: CK_SP800_108_KDF_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
        CK_SP800_108_FEEDBACK_KDF_PARAMS {
            prfType: plain.prfType,
            ulNumberOfDataParams: plain.ulNumberOfDataParams,
            pDataParams: plain.pDataParams,
            ulIVLen: 0,
            pIV: std::ptr::null_mut(),
            ulAdditionalDerivedKeys: plain.ulAdditionalDerivedKeys,
            pAdditionalDerivedKeys: plain.pAdditionalDerivedKeys,
        }
    };
    // SAFETY: PKCS#11 makes the caller promise that both arrays are null or as long as the numbers beside them.
    let (fields, keys) = unsafe {
        (
            array(kdf.pDataParams, kdf.ulNumberOfDataParams, FIELDS_MAX)?,
            array(kdf.pAdditionalDerivedKeys, kdf.ulAdditionalDerivedKeys, keys_max)?,
        )
    };
    // SAFETY: PKCS#11 makes the caller promise that what the structures point at is null or valid for its length.
    unsafe {
        let input = |field: &CK_PRF_DATA_PARAM| (field.type_, Input::new(field.pValue.cast(), field.ulValueLen));
        let place = |key: &CK_DERIVED_KEY| (Template::new(key.pTemplate, key.ulAttributeCount), Place::new(key.phKey));
        Ok(Kdf {
            prf: kdf.prfType,
            fields: fields.iter().map(input).collect(),
            iv: Input::new(kdf.pIV, kdf.ulIVLen),
            keys: keys.iter().map(place).collect(),
        })
    }
}

/// Copy an array of the caller's.
///
/// # Safety
/// `items` is null, or holds `count` readable items; every bit pattern is a `T`.
unsafe fn array<T: Copy>(items: *const T, count: u64, most: u64) -> Result<Vec<T>> {
    if count > most || (items.is_null() && count > 0) {
        return Err(INVALID);
    }
    // SAFETY: not null where there is an item, hence readable by the contract.
    Ok((0..count as usize).map(|at| unsafe { items.add(at).read_unaligned() }).collect())
}

/// Read CK_SP800_108_COUNTER_FORMAT: whether it is little-endian, and its width in bits.
pub fn counter_format(field: Input<'_>) -> Result<(bool, u64)> {
    // SAFETY: numbers.
    let format: CK_SP800_108_COUNTER_FORMAT = unsafe { field.structure() }.ok_or(INVALID)?;
    Ok((format.bLittleEndian != CK_FALSE, format.ulWidthInBits))
}

/// Read CK_SP800_108_DKM_LENGTH_FORMAT: the method, whether it is little-endian, and its width in bits.
pub fn length_format(field: Input<'_>) -> Result<(u64, bool, u64)> {
    // SAFETY: numbers.
    let format: CK_SP800_108_DKM_LENGTH_FORMAT = unsafe { field.structure() }.ok_or(INVALID)?;
    Ok((format.dkmLengthMethod, format.bLittleEndian != CK_FALSE, format.ulWidthInBits))
}

/// The random data of client and server.
pub type Randoms<'a> = (Input<'a>, Input<'a>);

fn randoms<'a>(random: &CK_SSL3_RANDOM_DATA) -> Randoms<'a> {
    // SAFETY: PKCS#11 makes the caller promise that both are null or valid for their lengths.
    unsafe {
        (
            Input::new(random.pClientRandom, random.ulClientRandomLen),
            Input::new(random.pServerRandom, random.ulServerRandomLen),
        )
    }
}

/// Where a version goes; `None` for a null pointer.
pub type Version = Option<Place<CK_VERSION>>;

fn version(pointer: *mut CK_VERSION) -> Version {
    // SAFETY: PKCS#11 makes the caller promise that it is null or writable.
    (!pointer.is_null()).then(|| unsafe { Place::new(pointer) })
}

/// Read CK_TLS12_MASTER_KEY_DERIVE_PARAMS: the hash, random data, and the place of the version.
pub fn tls_master<'a>(parameter: Input<'a>) -> Result<(u64, Randoms<'a>, Version)> {
    // SAFETY: numbers and raw pointers.
    let master: CK_TLS12_MASTER_KEY_DERIVE_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    Ok((master.prfHashMechanism, randoms(&master.RandomInfo), version(master.pVersion)))
}

/// Read CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS: the hash, the session's hash, and the place of the version.
pub fn tls_extended_master<'a>(parameter: Input<'a>) -> Result<(u64, Input<'a>, Version)> {
    // SAFETY: numbers and raw pointers.
    let master: CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that it is null or valid for its length.
    let session_hash = unsafe { Input::new(master.pSessionHash, master.ulSessionHashLen) };
    Ok((master.prfHashMechanism, session_hash, version(master.pVersion)))
}

/// Read CK_TLS_KDF_PARAMS: the hash, label, random data and context; a null context is none.
pub fn tls_kdf<'a>(parameter: Input<'a>) -> Result<(u64, Input<'a>, Randoms<'a>, Option<Input<'a>>)> {
    // SAFETY: numbers and raw pointers.
    let kdf: CK_TLS_KDF_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    // SAFETY: PKCS#11 makes the caller promise that both are null or valid for their lengths.
    let (label, context) =
        unsafe { (Input::new(kdf.pLabel, kdf.ulLabelLength), Input::new(kdf.pContextData, kdf.ulContextDataLength)) };
    let context = (!context.is_null() || !context.is_empty()).then_some(context);
    Ok((kdf.prfMechanism, label, randoms(&kdf.RandomInfo), context))
}

/// Where keys and IVs of TLS go: CK_SSL3_KEY_MAT_OUT.
pub struct KeyMaterial(*mut CK_SSL3_KEY_MAT_OUT);

impl KeyMaterial {
    /// Write the handles, in the structure's order, and the IVs where the caller wants them.
    pub fn write(&self, handles: [CK_OBJECT_HANDLE; 4], ivs: [&[u8]; 2]) {
        // SAFETY: `tls_keys` refused null, and null pointers for IVs that are not empty; PKCS#11 makes the caller
        // promise that the structure is writable, and the IVs' places as long as the parameters say.
        unsafe {
            let mut out = self.0.read_unaligned();
            [out.hClientMacSecret, out.hServerMacSecret, out.hClientKey, out.hServerKey] = handles;
            for (place, iv) in [(out.pIVClient, ivs[0]), (out.pIVServer, ivs[1])] {
                if !iv.is_empty() {
                    std::ptr::copy_nonoverlapping(iv.as_ptr(), place, iv.len());
                }
            }
            self.0.write_unaligned(out);
        }
    }
}

/// Read CK_TLS12_KEY_MAT_PARAMS: it, the random data, and where the results go. Without `ivs` none are asked for.
pub fn tls_keys<'a>(parameter: Input<'a>, ivs: bool) -> Result<(CK_TLS12_KEY_MAT_PARAMS, Randoms<'a>, KeyMaterial)> {
    // SAFETY: numbers and raw pointers.
    let keys: CK_TLS12_KEY_MAT_PARAMS = unsafe { parameter.structure() }.ok_or(INVALID)?;
    if keys.pReturnedKeyMaterial.is_null() {
        return Err(INVALID);
    }
    // SAFETY: not null, hence readable by the caller's promise.
    let out = unsafe { keys.pReturnedKeyMaterial.read_unaligned() };
    if ivs && keys.ulIVSizeInBits > 0 && (out.pIVClient.is_null() || out.pIVServer.is_null()) {
        return Err(INVALID);
    }
    Ok((keys, randoms(&keys.RandomInfo), KeyMaterial(keys.pReturnedKeyMaterial)))
}
