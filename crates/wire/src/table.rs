//! Row types of the generated tables, and the PKCS#11 constants that they name.

#![allow(missing_docs, reason = "PKCS#11 v3.2 names")]

pub const CKO_DATA: u64 = 0;
pub const CKO_CERTIFICATE: u64 = 1;
pub const CKO_PUBLIC_KEY: u64 = 2;
pub const CKO_PRIVATE_KEY: u64 = 3;
pub const CKO_SECRET_KEY: u64 = 4;

pub const CKK_RSA: u64 = 0x0;
pub const CKK_EC: u64 = 0x3;
pub const CKK_GENERIC_SECRET: u64 = 0x10;
pub const CKK_DES2: u64 = 0x14;
pub const CKK_DES3: u64 = 0x15;
pub const CKK_AES: u64 = 0x1f;
pub const CKK_SHA_1_HMAC: u64 = 0x28;
pub const CKK_SHA256_HMAC: u64 = 0x2b;
pub const CKK_SHA384_HMAC: u64 = 0x2c;
pub const CKK_SHA512_HMAC: u64 = 0x2d;
pub const CKK_SHA224_HMAC: u64 = 0x2e;
pub const CKK_CHACHA20: u64 = 0x33;
pub const CKK_AES_XTS: u64 = 0x35;
pub const CKK_SHA3_224_HMAC: u64 = 0x36;
pub const CKK_SHA3_256_HMAC: u64 = 0x37;
pub const CKK_SHA3_384_HMAC: u64 = 0x38;
pub const CKK_SHA3_512_HMAC: u64 = 0x39;
pub const CKK_SHA512_224_HMAC: u64 = 0x43;
pub const CKK_SHA512_256_HMAC: u64 = 0x44;
pub const CKK_EC_EDWARDS: u64 = 0x40;
pub const CKK_HKDF: u64 = 0x42;
pub const CKK_EC_MONTGOMERY: u64 = 0x41;
pub const CKK_HSS: u64 = 0x46;
pub const CKK_XMSS: u64 = 0x47;
pub const CKK_XMSSMT: u64 = 0x48;
pub const CKK_ML_KEM: u64 = 0x49;
pub const CKK_ML_DSA: u64 = 0x4a;
pub const CKK_SLH_DSA: u64 = 0x4b;

/// Types of keys that come in pairs.
pub const PAIRED: [u64; 10] = [
    CKK_RSA,
    CKK_EC,
    CKK_EC_EDWARDS,
    CKK_EC_MONTGOMERY,
    CKK_ML_DSA,
    CKK_ML_KEM,
    CKK_SLH_DSA,
    CKK_HSS,
    CKK_XMSS,
    CKK_XMSSMT,
];

/// What a mechanism can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Generate,
    GenerateKeyPair,
    Encrypt,
    Decrypt,
    Sign,
    Verify,
    Digest,
    SignRecover,
    VerifyRecover,
    Wrap,
    Unwrap,
    Derive,
    Encapsulate,
    Decapsulate,
}

/// The parameter a mechanism takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    None,
    Gcm,
    MacLength,
    Iv,
    Ctr,
    Pss,
    Oaep,
    Eddsa,
    Ecdh,
    Hkdf,
    Data,
    CbcData,
    FurtherKey,
    FirstBit,
    Pbkdf2,
    CounterKdf,
    FeedbackKdf,
    DoublePipelineKdf,
    TlsMaster,
    TlsExtendedMaster,
    TlsKeys,
    TlsKdf,
    SignContext,
    HashSignContext,
    DigestBits,
    KeyWrap,
    RsaAesKeyWrap,
    Ccm,
    ChachaPoly,
}

/// The class that policies switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyClass {
    Current,
    Legacy,
    Weak,
}

impl PolicyClass {
    /// Whether a token under this policy (compatible, standard or strict) offers what is of this class.
    #[must_use]
    pub fn offered(self, policy: &str) -> bool {
        match self {
            Self::Current => true,
            Self::Legacy => policy == "compatible",
            Self::Weak => policy != "strict",
        }
    }
}

/// One row of `spec/pkcs11/mechanisms.toml`.
#[derive(Debug)]
pub struct MechanismRow {
    pub name: &'static str,
    pub value: u64,
    pub operations: &'static [Operation],
    /// `CKK_` values; empty for a digest.
    pub key_types: &'static [u64],
    /// Least and greatest key size: bits of an RSA or EC key, bytes of a secret key and of the public key of all others.
    pub key_size: (u64, u64),
    pub hash: Option<u64>,
    /// Length of the MAC or digest, in bytes; 0 where it depends on the data.
    pub output: u64,
    pub parameters: Parameters,
    pub policy: PolicyClass,
    /// The class of single operations, where it is another.
    pub operation_policy: &'static [(Operation, PolicyClass)],
}

impl MechanismRow {
    /// The operations that a token under this policy (compatible, standard or strict) offers with the mechanism.
    pub fn offered(&self, policy: &str) -> impl Iterator<Item = Operation> {
        self.operations.iter().copied().filter(move |operation| {
            let own = self.operation_policy.iter().find(|(named, _)| named == operation);
            own.map_or(self.policy, |(_, class)| *class).offered(policy)
        })
    }
}

impl MechanismRow {
    /// Length of the IV, where that is the parameter, in bytes: a block, and 96 bits of GMAC's.
    #[must_use]
    pub fn iv_bytes(&self) -> usize {
        if self.value == crate::tables::CKM_AES_GMAC { 12 } else { self.block_bytes() }
    }

    /// Length of the blocks of the mechanism's cipher, in bytes.
    #[must_use]
    pub fn block_bytes(&self) -> usize {
        if self.key_types.contains(&CKK_DES3) { 8 } else { 16 }
    }
}

/// How an attribute's value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    Boolean,
    Number,
    Bytes,
    Text,
    Date,
    Mechanisms,
    Template,
}

/// Who gives an attribute its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    Template,
    Engine,
}

/// How an attribute may change after creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Never,
    Always,
    /// From false to true only.
    Up,
    /// From true to false only.
    Down,
}

/// How an object comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    Create,
    Generate,
}

/// One row of `spec/pkcs11/attributes.toml`.
#[derive(Debug)]
pub struct AttributeRow {
    pub name: &'static str,
    pub value: u64,
    pub kind: AttributeKind,
    /// `CKO_` values of the classes that have it.
    pub classes: &'static [u64],
    /// `CKK_` values of the keys that have it; empty for all.
    pub key_types: &'static [u64],
    /// The same of public keys.
    pub public_key_types: &'static [u64],
    /// When a template must name it.
    pub required: &'static [Making],
    pub set_by: SetBy,
    pub change: Change,
    pub secret: bool,
}

/// One row of `spec/pkcs11/curves.toml`.
#[derive(Debug, PartialEq, Eq)]
pub struct CurveRow {
    pub name: &'static str,
    /// `CKK_` value of its keys.
    pub key_type: u64,
    /// The content of its OBJECT IDENTIFIER.
    pub oid: &'static [u8],
    /// Whether a PrintableString of the name stands for it as well.
    pub printed: bool,
    /// Size of the field, in bits.
    pub bits: u64,
    pub policy: PolicyClass,
}
