//! Generated from spec/ by tools/generate.py; do not edit.

use crate::table::*;

/// CKM_AES_KEY_GEN
pub const CKM_AES_KEY_GEN: u64 = 0x1080;
/// CKM_GENERIC_SECRET_KEY_GEN
pub const CKM_GENERIC_SECRET_KEY_GEN: u64 = 0x350;
/// CKM_AES_GCM
pub const CKM_AES_GCM: u64 = 0x1087;
/// CKM_SHA_1
pub const CKM_SHA_1: u64 = 0x220;
/// CKM_SHA_1_HMAC
pub const CKM_SHA_1_HMAC: u64 = 0x221;
/// CKM_SHA_1_HMAC_GENERAL
pub const CKM_SHA_1_HMAC_GENERAL: u64 = 0x222;
/// CKM_SHA224
pub const CKM_SHA224: u64 = 0x255;
/// CKM_SHA224_HMAC
pub const CKM_SHA224_HMAC: u64 = 0x256;
/// CKM_SHA224_HMAC_GENERAL
pub const CKM_SHA224_HMAC_GENERAL: u64 = 0x257;
/// CKM_SHA256
pub const CKM_SHA256: u64 = 0x250;
/// CKM_SHA256_HMAC
pub const CKM_SHA256_HMAC: u64 = 0x251;
/// CKM_SHA256_HMAC_GENERAL
pub const CKM_SHA256_HMAC_GENERAL: u64 = 0x252;
/// CKM_SHA384
pub const CKM_SHA384: u64 = 0x260;
/// CKM_SHA384_HMAC
pub const CKM_SHA384_HMAC: u64 = 0x261;
/// CKM_SHA384_HMAC_GENERAL
pub const CKM_SHA384_HMAC_GENERAL: u64 = 0x262;
/// CKM_SHA512
pub const CKM_SHA512: u64 = 0x270;
/// CKM_SHA512_HMAC
pub const CKM_SHA512_HMAC: u64 = 0x271;
/// CKM_SHA512_HMAC_GENERAL
pub const CKM_SHA512_HMAC_GENERAL: u64 = 0x272;
/// CKM_SHA512_224
pub const CKM_SHA512_224: u64 = 0x48;
/// CKM_SHA512_224_HMAC
pub const CKM_SHA512_224_HMAC: u64 = 0x49;
/// CKM_SHA512_224_HMAC_GENERAL
pub const CKM_SHA512_224_HMAC_GENERAL: u64 = 0x4a;
/// CKM_SHA512_256
pub const CKM_SHA512_256: u64 = 0x4c;
/// CKM_SHA512_256_HMAC
pub const CKM_SHA512_256_HMAC: u64 = 0x4d;
/// CKM_SHA512_256_HMAC_GENERAL
pub const CKM_SHA512_256_HMAC_GENERAL: u64 = 0x4e;
/// CKA_CLASS
pub const CKA_CLASS: u64 = 0x0;
/// CKA_TOKEN
pub const CKA_TOKEN: u64 = 0x1;
/// CKA_PRIVATE
pub const CKA_PRIVATE: u64 = 0x2;
/// CKA_LABEL
pub const CKA_LABEL: u64 = 0x3;
/// CKA_UNIQUE_ID
pub const CKA_UNIQUE_ID: u64 = 0x4;
/// CKA_APPLICATION
pub const CKA_APPLICATION: u64 = 0x10;
/// CKA_VALUE
pub const CKA_VALUE: u64 = 0x11;
/// CKA_OBJECT_ID
pub const CKA_OBJECT_ID: u64 = 0x12;
/// CKA_KEY_TYPE
pub const CKA_KEY_TYPE: u64 = 0x100;
/// CKA_ID
pub const CKA_ID: u64 = 0x102;
/// CKA_SENSITIVE
pub const CKA_SENSITIVE: u64 = 0x103;
/// CKA_ENCRYPT
pub const CKA_ENCRYPT: u64 = 0x104;
/// CKA_DECRYPT
pub const CKA_DECRYPT: u64 = 0x105;
/// CKA_WRAP
pub const CKA_WRAP: u64 = 0x106;
/// CKA_UNWRAP
pub const CKA_UNWRAP: u64 = 0x107;
/// CKA_SIGN
pub const CKA_SIGN: u64 = 0x108;
/// CKA_VERIFY
pub const CKA_VERIFY: u64 = 0x10a;
/// CKA_DERIVE
pub const CKA_DERIVE: u64 = 0x10c;
/// CKA_START_DATE
pub const CKA_START_DATE: u64 = 0x110;
/// CKA_END_DATE
pub const CKA_END_DATE: u64 = 0x111;
/// CKA_VALUE_LEN
pub const CKA_VALUE_LEN: u64 = 0x161;
/// CKA_EXTRACTABLE
pub const CKA_EXTRACTABLE: u64 = 0x162;
/// CKA_LOCAL
pub const CKA_LOCAL: u64 = 0x163;
/// CKA_NEVER_EXTRACTABLE
pub const CKA_NEVER_EXTRACTABLE: u64 = 0x164;
/// CKA_ALWAYS_SENSITIVE
pub const CKA_ALWAYS_SENSITIVE: u64 = 0x165;
/// CKA_KEY_GEN_MECHANISM
pub const CKA_KEY_GEN_MECHANISM: u64 = 0x166;
/// CKA_MODIFIABLE
pub const CKA_MODIFIABLE: u64 = 0x170;
/// CKA_COPYABLE
pub const CKA_COPYABLE: u64 = 0x171;
/// CKA_DESTROYABLE
pub const CKA_DESTROYABLE: u64 = 0x172;
/// CKA_TRUSTED
pub const CKA_TRUSTED: u64 = 0x86;
/// CKA_CHECK_VALUE
pub const CKA_CHECK_VALUE: u64 = 0x90;
/// CKA_WRAP_WITH_TRUSTED
pub const CKA_WRAP_WITH_TRUSTED: u64 = 0x210;
/// CKA_ALLOWED_MECHANISMS
pub const CKA_ALLOWED_MECHANISMS: u64 = 0x40000600;

/// spec/pkcs11/mechanisms.toml, sorted by value.
pub const MECHANISMS: &[MechanismRow] = &[
    MechanismRow {
        name: "CKM_SHA512_224",
        value: CKM_SHA512_224,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_224_HMAC",
        value: CKM_SHA512_224_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_224_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA512_224),
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_224_HMAC_GENERAL",
        value: CKM_SHA512_224_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_224_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA512_224),
        output: 28,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_256",
        value: CKM_SHA512_256,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_256_HMAC",
        value: CKM_SHA512_256_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_256_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA512_256),
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_256_HMAC_GENERAL",
        value: CKM_SHA512_256_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_256_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA512_256),
        output: 32,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA_1",
        value: CKM_SHA_1,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 20,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA_1_HMAC",
        value: CKM_SHA_1_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA_1_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA_1),
        output: 20,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA_1_HMAC_GENERAL",
        value: CKM_SHA_1_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA_1_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA_1),
        output: 20,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA256",
        value: CKM_SHA256,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA256_HMAC",
        value: CKM_SHA256_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA256_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA256),
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA256_HMAC_GENERAL",
        value: CKM_SHA256_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA256_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA256),
        output: 32,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA224",
        value: CKM_SHA224,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA224_HMAC",
        value: CKM_SHA224_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA224_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA224),
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA224_HMAC_GENERAL",
        value: CKM_SHA224_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA224_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA224),
        output: 28,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA384",
        value: CKM_SHA384,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 48,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA384_HMAC",
        value: CKM_SHA384_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA384_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA384),
        output: 48,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA384_HMAC_GENERAL",
        value: CKM_SHA384_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA384_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA384),
        output: 48,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512",
        value: CKM_SHA512,
        operations: &[Operation::Digest],
        key_types: &[],
        key_bytes: (0, 0),
        hash: None,
        output: 64,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_HMAC",
        value: CKM_SHA512_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA512),
        output: 64,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_SHA512_HMAC_GENERAL",
        value: CKM_SHA512_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_HMAC],
        key_bytes: (1, 512),
        hash: Some(CKM_SHA512),
        output: 64,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_GENERIC_SECRET_KEY_GEN",
        value: CKM_GENERIC_SECRET_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_GENERIC_SECRET],
        key_bytes: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_AES_KEY_GEN",
        value: CKM_AES_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_AES],
        key_bytes: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
    },
    MechanismRow {
        name: "CKM_AES_GCM",
        value: CKM_AES_GCM,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_AES],
        key_bytes: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Gcm,
        policy: PolicyClass::Current,
    },
];

/// spec/pkcs11/attributes.toml, sorted by value.
pub const ATTRIBUTES: &[AttributeRow] = &[
    AttributeRow {
        name: "CKA_CLASS",
        value: CKA_CLASS,
        kind: AttributeKind::Number,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_TOKEN",
        value: CKA_TOKEN,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_PRIVATE",
        value: CKA_PRIVATE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_LABEL",
        value: CKA_LABEL,
        kind: AttributeKind::Text,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_UNIQUE_ID",
        value: CKA_UNIQUE_ID,
        kind: AttributeKind::Text,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_APPLICATION",
        value: CKA_APPLICATION,
        kind: AttributeKind::Text,
        classes: &[CKO_DATA],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_VALUE",
        value: CKA_VALUE,
        kind: AttributeKind::Bytes,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: true,
    },
    AttributeRow {
        name: "CKA_OBJECT_ID",
        value: CKA_OBJECT_ID,
        kind: AttributeKind::Bytes,
        classes: &[CKO_DATA],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_TRUSTED",
        value: CKA_TRUSTED,
        kind: AttributeKind::Boolean,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_CHECK_VALUE",
        value: CKA_CHECK_VALUE,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_KEY_TYPE",
        value: CKA_KEY_TYPE,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_ID",
        value: CKA_ID,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_SENSITIVE",
        value: CKA_SENSITIVE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Up,
        secret: false,
    },
    AttributeRow {
        name: "CKA_ENCRYPT",
        value: CKA_ENCRYPT,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_DECRYPT",
        value: CKA_DECRYPT,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_WRAP",
        value: CKA_WRAP,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_UNWRAP",
        value: CKA_UNWRAP,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_SIGN",
        value: CKA_SIGN,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_VERIFY",
        value: CKA_VERIFY,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_DERIVE",
        value: CKA_DERIVE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_START_DATE",
        value: CKA_START_DATE,
        kind: AttributeKind::Date,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_END_DATE",
        value: CKA_END_DATE,
        kind: AttributeKind::Date,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        secret: false,
    },
    AttributeRow {
        name: "CKA_VALUE_LEN",
        value: CKA_VALUE_LEN,
        kind: AttributeKind::Number,
        classes: &[CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_EXTRACTABLE",
        value: CKA_EXTRACTABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Down,
        secret: false,
    },
    AttributeRow {
        name: "CKA_LOCAL",
        value: CKA_LOCAL,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_NEVER_EXTRACTABLE",
        value: CKA_NEVER_EXTRACTABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_ALWAYS_SENSITIVE",
        value: CKA_ALWAYS_SENSITIVE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_KEY_GEN_MECHANISM",
        value: CKA_KEY_GEN_MECHANISM,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_MODIFIABLE",
        value: CKA_MODIFIABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_COPYABLE",
        value: CKA_COPYABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Down,
        secret: false,
    },
    AttributeRow {
        name: "CKA_DESTROYABLE",
        value: CKA_DESTROYABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
    AttributeRow {
        name: "CKA_WRAP_WITH_TRUSTED",
        value: CKA_WRAP_WITH_TRUSTED,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Up,
        secret: false,
    },
    AttributeRow {
        name: "CKA_ALLOWED_MECHANISMS",
        value: CKA_ALLOWED_MECHANISMS,
        kind: AttributeKind::Mechanisms,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        secret: false,
    },
];
