//! Generated from spec/ by tools/generate.py; do not edit.

use crate::table::*;

/// CKM_AES_KEY_GEN
pub const CKM_AES_KEY_GEN: u64 = 0x1080;
/// CKM_GENERIC_SECRET_KEY_GEN
pub const CKM_GENERIC_SECRET_KEY_GEN: u64 = 0x350;
/// CKM_AES_ECB
pub const CKM_AES_ECB: u64 = 0x1081;
/// CKM_AES_CBC
pub const CKM_AES_CBC: u64 = 0x1082;
/// CKM_AES_CBC_PAD
pub const CKM_AES_CBC_PAD: u64 = 0x1085;
/// CKM_AES_CTR
pub const CKM_AES_CTR: u64 = 0x1086;
/// CKM_AES_GCM
pub const CKM_AES_GCM: u64 = 0x1087;
/// CKM_AES_CCM
pub const CKM_AES_CCM: u64 = 0x1088;
/// CKM_AES_GMAC
pub const CKM_AES_GMAC: u64 = 0x108e;
/// CKM_AES_CTS
pub const CKM_AES_CTS: u64 = 0x1089;
/// CKM_AES_XTS_KEY_GEN
pub const CKM_AES_XTS_KEY_GEN: u64 = 0x1072;
/// CKM_AES_XTS
pub const CKM_AES_XTS: u64 = 0x1071;
/// CKM_CHACHA20_KEY_GEN
pub const CKM_CHACHA20_KEY_GEN: u64 = 0x1225;
/// CKM_CHACHA20_POLY1305
pub const CKM_CHACHA20_POLY1305: u64 = 0x4021;
/// CKM_DES2_KEY_GEN
pub const CKM_DES2_KEY_GEN: u64 = 0x130;
/// CKM_DES3_KEY_GEN
pub const CKM_DES3_KEY_GEN: u64 = 0x131;
/// CKM_DES3_ECB
pub const CKM_DES3_ECB: u64 = 0x132;
/// CKM_DES3_CBC
pub const CKM_DES3_CBC: u64 = 0x133;
/// CKM_DES3_CBC_PAD
pub const CKM_DES3_CBC_PAD: u64 = 0x136;
/// CKM_MD5
pub const CKM_MD5: u64 = 0x210;
/// CKM_MD5_HMAC
pub const CKM_MD5_HMAC: u64 = 0x211;
/// CKM_MD5_HMAC_GENERAL
pub const CKM_MD5_HMAC_GENERAL: u64 = 0x212;
/// CKM_AES_KEY_WRAP
pub const CKM_AES_KEY_WRAP: u64 = 0x2109;
/// CKM_AES_KEY_WRAP_PAD
pub const CKM_AES_KEY_WRAP_PAD: u64 = 0x210a;
/// CKM_AES_KEY_WRAP_KWP
pub const CKM_AES_KEY_WRAP_KWP: u64 = 0x210b;
/// CKM_AES_CMAC
pub const CKM_AES_CMAC: u64 = 0x108a;
/// CKM_AES_CMAC_GENERAL
pub const CKM_AES_CMAC_GENERAL: u64 = 0x108b;
/// CKM_SHA_1
pub const CKM_SHA_1: u64 = 0x220;
/// CKM_SHA_1_HMAC
pub const CKM_SHA_1_HMAC: u64 = 0x221;
/// CKM_SHA_1_HMAC_GENERAL
pub const CKM_SHA_1_HMAC_GENERAL: u64 = 0x222;
/// CKM_SHA_1_KEY_GEN
pub const CKM_SHA_1_KEY_GEN: u64 = 0x4003;
/// CKM_SHA224
pub const CKM_SHA224: u64 = 0x255;
/// CKM_SHA224_HMAC
pub const CKM_SHA224_HMAC: u64 = 0x256;
/// CKM_SHA224_HMAC_GENERAL
pub const CKM_SHA224_HMAC_GENERAL: u64 = 0x257;
/// CKM_SHA224_KEY_GEN
pub const CKM_SHA224_KEY_GEN: u64 = 0x4004;
/// CKM_SHA256
pub const CKM_SHA256: u64 = 0x250;
/// CKM_SHA256_HMAC
pub const CKM_SHA256_HMAC: u64 = 0x251;
/// CKM_SHA256_HMAC_GENERAL
pub const CKM_SHA256_HMAC_GENERAL: u64 = 0x252;
/// CKM_SHA256_KEY_GEN
pub const CKM_SHA256_KEY_GEN: u64 = 0x4005;
/// CKM_SHA384
pub const CKM_SHA384: u64 = 0x260;
/// CKM_SHA384_HMAC
pub const CKM_SHA384_HMAC: u64 = 0x261;
/// CKM_SHA384_HMAC_GENERAL
pub const CKM_SHA384_HMAC_GENERAL: u64 = 0x262;
/// CKM_SHA384_KEY_GEN
pub const CKM_SHA384_KEY_GEN: u64 = 0x4006;
/// CKM_SHA512
pub const CKM_SHA512: u64 = 0x270;
/// CKM_SHA512_HMAC
pub const CKM_SHA512_HMAC: u64 = 0x271;
/// CKM_SHA512_HMAC_GENERAL
pub const CKM_SHA512_HMAC_GENERAL: u64 = 0x272;
/// CKM_SHA512_KEY_GEN
pub const CKM_SHA512_KEY_GEN: u64 = 0x4007;
/// CKM_SHA512_224
pub const CKM_SHA512_224: u64 = 0x48;
/// CKM_SHA512_224_HMAC
pub const CKM_SHA512_224_HMAC: u64 = 0x49;
/// CKM_SHA512_224_HMAC_GENERAL
pub const CKM_SHA512_224_HMAC_GENERAL: u64 = 0x4a;
/// CKM_SHA512_224_KEY_GEN
pub const CKM_SHA512_224_KEY_GEN: u64 = 0x4008;
/// CKM_SHA512_256
pub const CKM_SHA512_256: u64 = 0x4c;
/// CKM_SHA512_256_HMAC
pub const CKM_SHA512_256_HMAC: u64 = 0x4d;
/// CKM_SHA512_256_HMAC_GENERAL
pub const CKM_SHA512_256_HMAC_GENERAL: u64 = 0x4e;
/// CKM_SHA512_256_KEY_GEN
pub const CKM_SHA512_256_KEY_GEN: u64 = 0x4009;
/// CKM_SHA512_T
pub const CKM_SHA512_T: u64 = 0x50;
/// CKM_SHA3_224
pub const CKM_SHA3_224: u64 = 0x2b5;
/// CKM_SHA3_224_HMAC
pub const CKM_SHA3_224_HMAC: u64 = 0x2b6;
/// CKM_SHA3_224_HMAC_GENERAL
pub const CKM_SHA3_224_HMAC_GENERAL: u64 = 0x2b7;
/// CKM_SHA3_224_KEY_GEN
pub const CKM_SHA3_224_KEY_GEN: u64 = 0x2b8;
/// CKM_SHA3_256
pub const CKM_SHA3_256: u64 = 0x2b0;
/// CKM_SHA3_256_HMAC
pub const CKM_SHA3_256_HMAC: u64 = 0x2b1;
/// CKM_SHA3_256_HMAC_GENERAL
pub const CKM_SHA3_256_HMAC_GENERAL: u64 = 0x2b2;
/// CKM_SHA3_256_KEY_GEN
pub const CKM_SHA3_256_KEY_GEN: u64 = 0x2b3;
/// CKM_SHA3_384
pub const CKM_SHA3_384: u64 = 0x2c0;
/// CKM_SHA3_384_HMAC
pub const CKM_SHA3_384_HMAC: u64 = 0x2c1;
/// CKM_SHA3_384_HMAC_GENERAL
pub const CKM_SHA3_384_HMAC_GENERAL: u64 = 0x2c2;
/// CKM_SHA3_384_KEY_GEN
pub const CKM_SHA3_384_KEY_GEN: u64 = 0x2c3;
/// CKM_SHA3_512
pub const CKM_SHA3_512: u64 = 0x2d0;
/// CKM_SHA3_512_HMAC
pub const CKM_SHA3_512_HMAC: u64 = 0x2d1;
/// CKM_SHA3_512_HMAC_GENERAL
pub const CKM_SHA3_512_HMAC_GENERAL: u64 = 0x2d2;
/// CKM_SHA3_512_KEY_GEN
pub const CKM_SHA3_512_KEY_GEN: u64 = 0x2d3;
/// CKM_ML_DSA_KEY_PAIR_GEN
pub const CKM_ML_DSA_KEY_PAIR_GEN: u64 = 0x1c;
/// CKM_ML_DSA
pub const CKM_ML_DSA: u64 = 0x1d;
/// CKM_HASH_ML_DSA
pub const CKM_HASH_ML_DSA: u64 = 0x1f;
/// CKM_HASH_ML_DSA_SHA224
pub const CKM_HASH_ML_DSA_SHA224: u64 = 0x23;
/// CKM_HASH_ML_DSA_SHA256
pub const CKM_HASH_ML_DSA_SHA256: u64 = 0x24;
/// CKM_HASH_ML_DSA_SHA384
pub const CKM_HASH_ML_DSA_SHA384: u64 = 0x25;
/// CKM_HASH_ML_DSA_SHA512
pub const CKM_HASH_ML_DSA_SHA512: u64 = 0x26;
/// CKM_HASH_ML_DSA_SHA3_224
pub const CKM_HASH_ML_DSA_SHA3_224: u64 = 0x27;
/// CKM_HASH_ML_DSA_SHA3_256
pub const CKM_HASH_ML_DSA_SHA3_256: u64 = 0x28;
/// CKM_HASH_ML_DSA_SHA3_384
pub const CKM_HASH_ML_DSA_SHA3_384: u64 = 0x29;
/// CKM_HASH_ML_DSA_SHA3_512
pub const CKM_HASH_ML_DSA_SHA3_512: u64 = 0x2a;
/// CKM_HASH_ML_DSA_SHAKE128
pub const CKM_HASH_ML_DSA_SHAKE128: u64 = 0x2b;
/// CKM_HASH_ML_DSA_SHAKE256
pub const CKM_HASH_ML_DSA_SHAKE256: u64 = 0x2c;
/// CKM_SLH_DSA_KEY_PAIR_GEN
pub const CKM_SLH_DSA_KEY_PAIR_GEN: u64 = 0x2d;
/// CKM_SLH_DSA
pub const CKM_SLH_DSA: u64 = 0x2e;
/// CKM_HASH_SLH_DSA
pub const CKM_HASH_SLH_DSA: u64 = 0x34;
/// CKM_HASH_SLH_DSA_SHA224
pub const CKM_HASH_SLH_DSA_SHA224: u64 = 0x36;
/// CKM_HASH_SLH_DSA_SHA256
pub const CKM_HASH_SLH_DSA_SHA256: u64 = 0x37;
/// CKM_HASH_SLH_DSA_SHA384
pub const CKM_HASH_SLH_DSA_SHA384: u64 = 0x38;
/// CKM_HASH_SLH_DSA_SHA512
pub const CKM_HASH_SLH_DSA_SHA512: u64 = 0x39;
/// CKM_HASH_SLH_DSA_SHA3_224
pub const CKM_HASH_SLH_DSA_SHA3_224: u64 = 0x3a;
/// CKM_HASH_SLH_DSA_SHA3_256
pub const CKM_HASH_SLH_DSA_SHA3_256: u64 = 0x3b;
/// CKM_HASH_SLH_DSA_SHA3_384
pub const CKM_HASH_SLH_DSA_SHA3_384: u64 = 0x3c;
/// CKM_HASH_SLH_DSA_SHA3_512
pub const CKM_HASH_SLH_DSA_SHA3_512: u64 = 0x3d;
/// CKM_HASH_SLH_DSA_SHAKE128
pub const CKM_HASH_SLH_DSA_SHAKE128: u64 = 0x3e;
/// CKM_HASH_SLH_DSA_SHAKE256
pub const CKM_HASH_SLH_DSA_SHAKE256: u64 = 0x3f;
/// CKM_HSS
pub const CKM_HSS: u64 = 0x4033;
/// CKM_XMSS
pub const CKM_XMSS: u64 = 0x4036;
/// CKM_XMSSMT
pub const CKM_XMSSMT: u64 = 0x4037;
/// CKM_ML_KEM_KEY_PAIR_GEN
pub const CKM_ML_KEM_KEY_PAIR_GEN: u64 = 0xf;
/// CKM_ML_KEM
pub const CKM_ML_KEM: u64 = 0x17;
/// CKM_RSA_PKCS_KEY_PAIR_GEN
pub const CKM_RSA_PKCS_KEY_PAIR_GEN: u64 = 0x0;
/// CKM_RSA_PKCS
pub const CKM_RSA_PKCS: u64 = 0x1;
/// CKM_RSA_AES_KEY_WRAP
pub const CKM_RSA_AES_KEY_WRAP: u64 = 0x1054;
/// CKM_RSA_X_509
pub const CKM_RSA_X_509: u64 = 0x3;
/// CKM_SHA1_RSA_PKCS
pub const CKM_SHA1_RSA_PKCS: u64 = 0x6;
/// CKM_SHA224_RSA_PKCS
pub const CKM_SHA224_RSA_PKCS: u64 = 0x46;
/// CKM_SHA256_RSA_PKCS
pub const CKM_SHA256_RSA_PKCS: u64 = 0x40;
/// CKM_SHA384_RSA_PKCS
pub const CKM_SHA384_RSA_PKCS: u64 = 0x41;
/// CKM_SHA512_RSA_PKCS
pub const CKM_SHA512_RSA_PKCS: u64 = 0x42;
/// CKM_SHA3_224_RSA_PKCS
pub const CKM_SHA3_224_RSA_PKCS: u64 = 0x66;
/// CKM_SHA3_256_RSA_PKCS
pub const CKM_SHA3_256_RSA_PKCS: u64 = 0x60;
/// CKM_SHA3_384_RSA_PKCS
pub const CKM_SHA3_384_RSA_PKCS: u64 = 0x61;
/// CKM_SHA3_512_RSA_PKCS
pub const CKM_SHA3_512_RSA_PKCS: u64 = 0x62;
/// CKM_RSA_PKCS_OAEP
pub const CKM_RSA_PKCS_OAEP: u64 = 0x9;
/// CKM_RSA_PKCS_PSS
pub const CKM_RSA_PKCS_PSS: u64 = 0xd;
/// CKM_SHA1_RSA_PKCS_PSS
pub const CKM_SHA1_RSA_PKCS_PSS: u64 = 0xe;
/// CKM_SHA224_RSA_PKCS_PSS
pub const CKM_SHA224_RSA_PKCS_PSS: u64 = 0x47;
/// CKM_SHA256_RSA_PKCS_PSS
pub const CKM_SHA256_RSA_PKCS_PSS: u64 = 0x43;
/// CKM_SHA384_RSA_PKCS_PSS
pub const CKM_SHA384_RSA_PKCS_PSS: u64 = 0x44;
/// CKM_SHA512_RSA_PKCS_PSS
pub const CKM_SHA512_RSA_PKCS_PSS: u64 = 0x45;
/// CKM_SHA3_224_RSA_PKCS_PSS
pub const CKM_SHA3_224_RSA_PKCS_PSS: u64 = 0x67;
/// CKM_SHA3_256_RSA_PKCS_PSS
pub const CKM_SHA3_256_RSA_PKCS_PSS: u64 = 0x63;
/// CKM_SHA3_384_RSA_PKCS_PSS
pub const CKM_SHA3_384_RSA_PKCS_PSS: u64 = 0x64;
/// CKM_SHA3_512_RSA_PKCS_PSS
pub const CKM_SHA3_512_RSA_PKCS_PSS: u64 = 0x65;
/// CKM_EC_KEY_PAIR_GEN
pub const CKM_EC_KEY_PAIR_GEN: u64 = 0x1040;
/// CKM_ECDSA
pub const CKM_ECDSA: u64 = 0x1041;
/// CKM_ECDSA_SHA1
pub const CKM_ECDSA_SHA1: u64 = 0x1042;
/// CKM_ECDSA_SHA224
pub const CKM_ECDSA_SHA224: u64 = 0x1043;
/// CKM_ECDSA_SHA256
pub const CKM_ECDSA_SHA256: u64 = 0x1044;
/// CKM_ECDSA_SHA384
pub const CKM_ECDSA_SHA384: u64 = 0x1045;
/// CKM_ECDSA_SHA512
pub const CKM_ECDSA_SHA512: u64 = 0x1046;
/// CKM_ECDSA_SHA3_224
pub const CKM_ECDSA_SHA3_224: u64 = 0x1047;
/// CKM_ECDSA_SHA3_256
pub const CKM_ECDSA_SHA3_256: u64 = 0x1048;
/// CKM_ECDSA_SHA3_384
pub const CKM_ECDSA_SHA3_384: u64 = 0x1049;
/// CKM_ECDSA_SHA3_512
pub const CKM_ECDSA_SHA3_512: u64 = 0x104a;
/// CKM_EC_EDWARDS_KEY_PAIR_GEN
pub const CKM_EC_EDWARDS_KEY_PAIR_GEN: u64 = 0x1055;
/// CKM_EC_MONTGOMERY_KEY_PAIR_GEN
pub const CKM_EC_MONTGOMERY_KEY_PAIR_GEN: u64 = 0x1056;
/// CKM_EDDSA
pub const CKM_EDDSA: u64 = 0x1057;
/// CKM_ECDH1_DERIVE
pub const CKM_ECDH1_DERIVE: u64 = 0x1050;
/// CKM_ECDH1_COFACTOR_DERIVE
pub const CKM_ECDH1_COFACTOR_DERIVE: u64 = 0x1051;
/// CKM_HKDF_DERIVE
pub const CKM_HKDF_DERIVE: u64 = 0x402a;
/// CKM_HKDF_DATA
pub const CKM_HKDF_DATA: u64 = 0x402b;
/// CKM_HKDF_KEY_GEN
pub const CKM_HKDF_KEY_GEN: u64 = 0x402c;
/// CKM_AES_ECB_ENCRYPT_DATA
pub const CKM_AES_ECB_ENCRYPT_DATA: u64 = 0x1104;
/// CKM_AES_CBC_ENCRYPT_DATA
pub const CKM_AES_CBC_ENCRYPT_DATA: u64 = 0x1105;
/// CKM_SHA1_KEY_DERIVATION
pub const CKM_SHA1_KEY_DERIVATION: u64 = 0x392;
/// CKM_SHA224_KEY_DERIVATION
pub const CKM_SHA224_KEY_DERIVATION: u64 = 0x396;
/// CKM_SHA256_KEY_DERIVATION
pub const CKM_SHA256_KEY_DERIVATION: u64 = 0x393;
/// CKM_SHA384_KEY_DERIVATION
pub const CKM_SHA384_KEY_DERIVATION: u64 = 0x394;
/// CKM_SHA512_KEY_DERIVATION
pub const CKM_SHA512_KEY_DERIVATION: u64 = 0x395;
/// CKM_SHA512_224_KEY_DERIVATION
pub const CKM_SHA512_224_KEY_DERIVATION: u64 = 0x4b;
/// CKM_SHA512_256_KEY_DERIVATION
pub const CKM_SHA512_256_KEY_DERIVATION: u64 = 0x4f;
/// CKM_PKCS5_PBKD2
pub const CKM_PKCS5_PBKD2: u64 = 0x3b0;
/// CKM_CONCATENATE_BASE_AND_KEY
pub const CKM_CONCATENATE_BASE_AND_KEY: u64 = 0x360;
/// CKM_CONCATENATE_BASE_AND_DATA
pub const CKM_CONCATENATE_BASE_AND_DATA: u64 = 0x362;
/// CKM_CONCATENATE_DATA_AND_BASE
pub const CKM_CONCATENATE_DATA_AND_BASE: u64 = 0x363;
/// CKM_XOR_BASE_AND_DATA
pub const CKM_XOR_BASE_AND_DATA: u64 = 0x364;
/// CKM_EXTRACT_KEY_FROM_KEY
pub const CKM_EXTRACT_KEY_FROM_KEY: u64 = 0x365;
/// CKM_SHA3_224_KEY_DERIVATION
pub const CKM_SHA3_224_KEY_DERIVATION: u64 = 0x398;
/// CKM_SHA3_256_KEY_DERIVATION
pub const CKM_SHA3_256_KEY_DERIVATION: u64 = 0x397;
/// CKM_SHA3_384_KEY_DERIVATION
pub const CKM_SHA3_384_KEY_DERIVATION: u64 = 0x399;
/// CKM_SHA3_512_KEY_DERIVATION
pub const CKM_SHA3_512_KEY_DERIVATION: u64 = 0x39a;
/// CKM_SP800_108_COUNTER_KDF
pub const CKM_SP800_108_COUNTER_KDF: u64 = 0x3ac;
/// CKM_SP800_108_FEEDBACK_KDF
pub const CKM_SP800_108_FEEDBACK_KDF: u64 = 0x3ad;
/// CKM_SP800_108_DOUBLE_PIPELINE_KDF
pub const CKM_SP800_108_DOUBLE_PIPELINE_KDF: u64 = 0x3ae;
/// CKM_TLS12_MASTER_KEY_DERIVE
pub const CKM_TLS12_MASTER_KEY_DERIVE: u64 = 0x3e0;
/// CKM_TLS12_MASTER_KEY_DERIVE_DH
pub const CKM_TLS12_MASTER_KEY_DERIVE_DH: u64 = 0x3e2;
/// CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE
pub const CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE: u64 = 0x56;
/// CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH
pub const CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH: u64 = 0x57;
/// CKM_TLS12_KEY_AND_MAC_DERIVE
pub const CKM_TLS12_KEY_AND_MAC_DERIVE: u64 = 0x3e1;
/// CKM_TLS12_KEY_SAFE_DERIVE
pub const CKM_TLS12_KEY_SAFE_DERIVE: u64 = 0x3e3;
/// CKM_TLS12_KDF
pub const CKM_TLS12_KDF: u64 = 0x3d9;
/// CKM_TLS_KDF
pub const CKM_TLS_KDF: u64 = 0x3e5;
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
/// CKA_WRAP_TEMPLATE
pub const CKA_WRAP_TEMPLATE: u64 = 0x40000211;
/// CKA_UNWRAP_TEMPLATE
pub const CKA_UNWRAP_TEMPLATE: u64 = 0x40000212;
/// CKA_DERIVE_TEMPLATE
pub const CKA_DERIVE_TEMPLATE: u64 = 0x40000213;
/// CKA_ENCAPSULATE_TEMPLATE
pub const CKA_ENCAPSULATE_TEMPLATE: u64 = 0x62a;
/// CKA_DECAPSULATE_TEMPLATE
pub const CKA_DECAPSULATE_TEMPLATE: u64 = 0x62b;
/// CKA_ALLOWED_MECHANISMS
pub const CKA_ALLOWED_MECHANISMS: u64 = 0x40000600;
/// CKA_CERTIFICATE_TYPE
pub const CKA_CERTIFICATE_TYPE: u64 = 0x80;
/// CKA_ISSUER
pub const CKA_ISSUER: u64 = 0x81;
/// CKA_SERIAL_NUMBER
pub const CKA_SERIAL_NUMBER: u64 = 0x82;
/// CKA_CERTIFICATE_CATEGORY
pub const CKA_CERTIFICATE_CATEGORY: u64 = 0x87;
/// CKA_JAVA_MIDP_SECURITY_DOMAIN
pub const CKA_JAVA_MIDP_SECURITY_DOMAIN: u64 = 0x88;
/// CKA_URL
pub const CKA_URL: u64 = 0x89;
/// CKA_HASH_OF_SUBJECT_PUBLIC_KEY
pub const CKA_HASH_OF_SUBJECT_PUBLIC_KEY: u64 = 0x8a;
/// CKA_HASH_OF_ISSUER_PUBLIC_KEY
pub const CKA_HASH_OF_ISSUER_PUBLIC_KEY: u64 = 0x8b;
/// CKA_NAME_HASH_ALGORITHM
pub const CKA_NAME_HASH_ALGORITHM: u64 = 0x8c;
/// CKA_SUBJECT
pub const CKA_SUBJECT: u64 = 0x101;
/// CKA_SIGN_RECOVER
pub const CKA_SIGN_RECOVER: u64 = 0x109;
/// CKA_VERIFY_RECOVER
pub const CKA_VERIFY_RECOVER: u64 = 0x10b;
/// CKA_MODULUS
pub const CKA_MODULUS: u64 = 0x120;
/// CKA_MODULUS_BITS
pub const CKA_MODULUS_BITS: u64 = 0x121;
/// CKA_PUBLIC_EXPONENT
pub const CKA_PUBLIC_EXPONENT: u64 = 0x122;
/// CKA_PRIVATE_EXPONENT
pub const CKA_PRIVATE_EXPONENT: u64 = 0x123;
/// CKA_PRIME_1
pub const CKA_PRIME_1: u64 = 0x124;
/// CKA_PRIME_2
pub const CKA_PRIME_2: u64 = 0x125;
/// CKA_EXPONENT_1
pub const CKA_EXPONENT_1: u64 = 0x126;
/// CKA_EXPONENT_2
pub const CKA_EXPONENT_2: u64 = 0x127;
/// CKA_COEFFICIENT
pub const CKA_COEFFICIENT: u64 = 0x128;
/// CKA_PUBLIC_KEY_INFO
pub const CKA_PUBLIC_KEY_INFO: u64 = 0x129;
/// CKA_EC_PARAMS
pub const CKA_EC_PARAMS: u64 = 0x180;
/// CKA_EC_POINT
pub const CKA_EC_POINT: u64 = 0x181;
/// CKA_ALWAYS_AUTHENTICATE
pub const CKA_ALWAYS_AUTHENTICATE: u64 = 0x202;
/// CKA_ENCAPSULATE
pub const CKA_ENCAPSULATE: u64 = 0x633;
/// CKA_DECAPSULATE
pub const CKA_DECAPSULATE: u64 = 0x634;
/// CKA_HSS_LEVELS
pub const CKA_HSS_LEVELS: u64 = 0x617;
/// CKA_HSS_LMS_TYPE
pub const CKA_HSS_LMS_TYPE: u64 = 0x618;
/// CKA_HSS_LMOTS_TYPE
pub const CKA_HSS_LMOTS_TYPE: u64 = 0x619;
/// CKA_PARAMETER_SET
pub const CKA_PARAMETER_SET: u64 = 0x61d;
/// CKA_SEED
pub const CKA_SEED: u64 = 0x637;

/// spec/pkcs11/mechanisms.toml, sorted by value.
pub const MECHANISMS: &[MechanismRow] = &[
    MechanismRow {
        name: "CKM_RSA_PKCS_KEY_PAIR_GEN",
        value: CKM_RSA_PKCS_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_RSA_PKCS",
        value: CKM_RSA_PKCS,
        operations: &[
            Operation::Encrypt,
            Operation::Decrypt,
            Operation::Sign,
            Operation::Verify,
            Operation::SignRecover,
            Operation::VerifyRecover,
            Operation::Wrap,
            Operation::Unwrap,
        ],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[
            (Operation::Encrypt, PolicyClass::Weak),
            (Operation::Decrypt, PolicyClass::Weak),
            (Operation::Wrap, PolicyClass::Legacy),
            (Operation::Unwrap, PolicyClass::Legacy),
        ],
    },
    MechanismRow {
        name: "CKM_RSA_X_509",
        value: CKM_RSA_X_509,
        operations: &[
            Operation::Encrypt,
            Operation::Decrypt,
            Operation::Sign,
            Operation::Verify,
            Operation::SignRecover,
            Operation::VerifyRecover,
        ],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA1_RSA_PKCS",
        value: CKM_SHA1_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA_1),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Weak,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_RSA_PKCS_OAEP",
        value: CKM_RSA_PKCS_OAEP,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: None,
        output: 0,
        parameters: Parameters::Oaep,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_RSA_PKCS_PSS",
        value: CKM_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: None,
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA1_RSA_PKCS_PSS",
        value: CKM_SHA1_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA_1),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Weak,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ML_KEM_KEY_PAIR_GEN",
        value: CKM_ML_KEM_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_ML_KEM],
        key_size: (800, 1568),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ML_KEM",
        value: CKM_ML_KEM,
        operations: &[Operation::Encapsulate, Operation::Decapsulate],
        key_types: &[CKK_ML_KEM],
        key_size: (800, 1568),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ML_DSA_KEY_PAIR_GEN",
        value: CKM_ML_DSA_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ML_DSA",
        value: CKM_ML_DSA,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: None,
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA",
        value: CKM_HASH_ML_DSA,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: None,
        output: 0,
        parameters: Parameters::HashSignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA224",
        value: CKM_HASH_ML_DSA_SHA224,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA224),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA256",
        value: CKM_HASH_ML_DSA_SHA256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA256),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA384",
        value: CKM_HASH_ML_DSA_SHA384,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA384),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA512",
        value: CKM_HASH_ML_DSA_SHA512,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA512),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA3_224",
        value: CKM_HASH_ML_DSA_SHA3_224,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA3_224),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA3_256",
        value: CKM_HASH_ML_DSA_SHA3_256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA3_256),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA3_384",
        value: CKM_HASH_ML_DSA_SHA3_384,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA3_384),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHA3_512",
        value: CKM_HASH_ML_DSA_SHA3_512,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: Some(CKM_SHA3_512),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHAKE128",
        value: CKM_HASH_ML_DSA_SHAKE128,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: None,
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_ML_DSA_SHAKE256",
        value: CKM_HASH_ML_DSA_SHAKE256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_ML_DSA],
        key_size: (1312, 2592),
        hash: None,
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SLH_DSA_KEY_PAIR_GEN",
        value: CKM_SLH_DSA_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SLH_DSA",
        value: CKM_SLH_DSA,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA",
        value: CKM_HASH_SLH_DSA,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::HashSignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA224",
        value: CKM_HASH_SLH_DSA_SHA224,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA224),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA256",
        value: CKM_HASH_SLH_DSA_SHA256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA256),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA384",
        value: CKM_HASH_SLH_DSA_SHA384,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA384),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA512",
        value: CKM_HASH_SLH_DSA_SHA512,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA512),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA3_224",
        value: CKM_HASH_SLH_DSA_SHA3_224,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA3_224),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA3_256",
        value: CKM_HASH_SLH_DSA_SHA3_256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA3_256),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA3_384",
        value: CKM_HASH_SLH_DSA_SHA3_384,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA3_384),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHA3_512",
        value: CKM_HASH_SLH_DSA_SHA3_512,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: Some(CKM_SHA3_512),
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHAKE128",
        value: CKM_HASH_SLH_DSA_SHAKE128,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HASH_SLH_DSA_SHAKE256",
        value: CKM_HASH_SLH_DSA_SHAKE256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_SLH_DSA],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::SignContext,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256_RSA_PKCS",
        value: CKM_SHA256_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384_RSA_PKCS",
        value: CKM_SHA384_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA384),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_RSA_PKCS",
        value: CKM_SHA512_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA512),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256_RSA_PKCS_PSS",
        value: CKM_SHA256_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA256),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384_RSA_PKCS_PSS",
        value: CKM_SHA384_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA384),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_RSA_PKCS_PSS",
        value: CKM_SHA512_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA512),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224_RSA_PKCS",
        value: CKM_SHA224_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224_RSA_PKCS_PSS",
        value: CKM_SHA224_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA224),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_224",
        value: CKM_SHA512_224,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_224_HMAC",
        value: CKM_SHA512_224_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_224_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA512_224),
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_224_HMAC_GENERAL",
        value: CKM_SHA512_224_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_224_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA512_224),
        output: 28,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_224_KEY_DERIVATION",
        value: CKM_SHA512_224_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA512_224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_256",
        value: CKM_SHA512_256,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_256_HMAC",
        value: CKM_SHA512_256_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_256_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA512_256),
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_256_HMAC_GENERAL",
        value: CKM_SHA512_256_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_256_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA512_256),
        output: 32,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_256_KEY_DERIVATION",
        value: CKM_SHA512_256_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA512_256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_T",
        value: CKM_SHA512_T,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 0,
        parameters: Parameters::DigestBits,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE",
        value: CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (48, 48),
        hash: None,
        output: 0,
        parameters: Parameters::TlsExtendedMaster,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH",
        value: CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::TlsExtendedMaster,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256_RSA_PKCS",
        value: CKM_SHA3_256_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384_RSA_PKCS",
        value: CKM_SHA3_384_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_384),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512_RSA_PKCS",
        value: CKM_SHA3_512_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_512),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256_RSA_PKCS_PSS",
        value: CKM_SHA3_256_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_256),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384_RSA_PKCS_PSS",
        value: CKM_SHA3_384_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_384),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512_RSA_PKCS_PSS",
        value: CKM_SHA3_512_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_512),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224_RSA_PKCS",
        value: CKM_SHA3_224_RSA_PKCS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224_RSA_PKCS_PSS",
        value: CKM_SHA3_224_RSA_PKCS_PSS,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: Some(CKM_SHA3_224),
        output: 0,
        parameters: Parameters::Pss,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_DES2_KEY_GEN",
        value: CKM_DES2_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_DES2],
        key_size: (16, 16),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_DES3_KEY_GEN",
        value: CKM_DES3_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_DES3],
        key_size: (24, 24),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_DES3_ECB",
        value: CKM_DES3_ECB,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_DES2, CKK_DES3],
        key_size: (16, 24),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_DES3_CBC",
        value: CKM_DES3_CBC,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_DES2, CKK_DES3],
        key_size: (16, 24),
        hash: None,
        output: 0,
        parameters: Parameters::Iv,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_DES3_CBC_PAD",
        value: CKM_DES3_CBC_PAD,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_DES2, CKK_DES3],
        key_size: (16, 24),
        hash: None,
        output: 0,
        parameters: Parameters::Iv,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_MD5",
        value: CKM_MD5,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 16,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_MD5_HMAC",
        value: CKM_MD5_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: Some(CKM_MD5),
        output: 16,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_MD5_HMAC_GENERAL",
        value: CKM_MD5_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: Some(CKM_MD5),
        output: 16,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA_1",
        value: CKM_SHA_1,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 20,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA_1_HMAC",
        value: CKM_SHA_1_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA_1_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA_1),
        output: 20,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA_1_HMAC_GENERAL",
        value: CKM_SHA_1_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA_1_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA_1),
        output: 20,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256",
        value: CKM_SHA256,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256_HMAC",
        value: CKM_SHA256_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA256_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA256),
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256_HMAC_GENERAL",
        value: CKM_SHA256_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA256_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA256),
        output: 32,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224",
        value: CKM_SHA224,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224_HMAC",
        value: CKM_SHA224_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA224_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA224),
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224_HMAC_GENERAL",
        value: CKM_SHA224_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA224_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA224),
        output: 28,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384",
        value: CKM_SHA384,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 48,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384_HMAC",
        value: CKM_SHA384_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA384_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA384),
        output: 48,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384_HMAC_GENERAL",
        value: CKM_SHA384_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA384_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA384),
        output: 48,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512",
        value: CKM_SHA512,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 64,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_HMAC",
        value: CKM_SHA512_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA512),
        output: 64,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_HMAC_GENERAL",
        value: CKM_SHA512_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA512_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA512),
        output: 64,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256",
        value: CKM_SHA3_256,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256_HMAC",
        value: CKM_SHA3_256_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_256_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_256),
        output: 32,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256_HMAC_GENERAL",
        value: CKM_SHA3_256_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_256_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_256),
        output: 32,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256_KEY_GEN",
        value: CKM_SHA3_256_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA3_256_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224",
        value: CKM_SHA3_224,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224_HMAC",
        value: CKM_SHA3_224_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_224_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_224),
        output: 28,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224_HMAC_GENERAL",
        value: CKM_SHA3_224_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_224_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_224),
        output: 28,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224_KEY_GEN",
        value: CKM_SHA3_224_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA3_224_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384",
        value: CKM_SHA3_384,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 48,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384_HMAC",
        value: CKM_SHA3_384_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_384_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_384),
        output: 48,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384_HMAC_GENERAL",
        value: CKM_SHA3_384_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_384_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_384),
        output: 48,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384_KEY_GEN",
        value: CKM_SHA3_384_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA3_384_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512",
        value: CKM_SHA3_512,
        operations: &[Operation::Digest],
        key_types: &[],
        key_size: (0, 0),
        hash: None,
        output: 64,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512_HMAC",
        value: CKM_SHA3_512_HMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_512_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_512),
        output: 64,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512_HMAC_GENERAL",
        value: CKM_SHA3_512_HMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_GENERIC_SECRET, CKK_SHA3_512_HMAC],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_512),
        output: 64,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512_KEY_GEN",
        value: CKM_SHA3_512_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA3_512_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_GENERIC_SECRET_KEY_GEN",
        value: CKM_GENERIC_SECRET_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_CONCATENATE_BASE_AND_KEY",
        value: CKM_CONCATENATE_BASE_AND_KEY,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::FurtherKey,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_CONCATENATE_BASE_AND_DATA",
        value: CKM_CONCATENATE_BASE_AND_DATA,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::Data,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_CONCATENATE_DATA_AND_BASE",
        value: CKM_CONCATENATE_DATA_AND_BASE,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::Data,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_XOR_BASE_AND_DATA",
        value: CKM_XOR_BASE_AND_DATA,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::Data,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_EXTRACT_KEY_FROM_KEY",
        value: CKM_EXTRACT_KEY_FROM_KEY,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::FirstBit,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA1_KEY_DERIVATION",
        value: CKM_SHA1_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA_1),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256_KEY_DERIVATION",
        value: CKM_SHA256_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384_KEY_DERIVATION",
        value: CKM_SHA384_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA384),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_KEY_DERIVATION",
        value: CKM_SHA512_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA512),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224_KEY_DERIVATION",
        value: CKM_SHA224_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_256_KEY_DERIVATION",
        value: CKM_SHA3_256_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_224_KEY_DERIVATION",
        value: CKM_SHA3_224_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_384_KEY_DERIVATION",
        value: CKM_SHA3_384_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_384),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA3_512_KEY_DERIVATION",
        value: CKM_SHA3_512_KEY_DERIVATION,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: Some(CKM_SHA3_512),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SP800_108_COUNTER_KDF",
        value: CKM_SP800_108_COUNTER_KDF,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::CounterKdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SP800_108_FEEDBACK_KDF",
        value: CKM_SP800_108_FEEDBACK_KDF,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::FeedbackKdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SP800_108_DOUBLE_PIPELINE_KDF",
        value: CKM_SP800_108_DOUBLE_PIPELINE_KDF,
        operations: &[Operation::Derive],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::DoublePipelineKdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_PKCS5_PBKD2",
        value: CKM_PKCS5_PBKD2,
        operations: &[Operation::Generate],
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_HKDF,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
        ],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::Pbkdf2,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_KDF",
        value: CKM_TLS12_KDF,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::TlsKdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_MASTER_KEY_DERIVE",
        value: CKM_TLS12_MASTER_KEY_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (48, 48),
        hash: None,
        output: 0,
        parameters: Parameters::TlsMaster,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_KEY_AND_MAC_DERIVE",
        value: CKM_TLS12_KEY_AND_MAC_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (48, 48),
        hash: None,
        output: 0,
        parameters: Parameters::TlsKeys,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_MASTER_KEY_DERIVE_DH",
        value: CKM_TLS12_MASTER_KEY_DERIVE_DH,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::TlsMaster,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS12_KEY_SAFE_DERIVE",
        value: CKM_TLS12_KEY_SAFE_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (48, 48),
        hash: None,
        output: 0,
        parameters: Parameters::TlsKeys,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_TLS_KDF",
        value: CKM_TLS_KDF,
        operations: &[Operation::Derive],
        key_types: &[CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::TlsKdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_EC_KEY_PAIR_GEN",
        value: CKM_EC_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA",
        value: CKM_ECDSA,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA1",
        value: CKM_ECDSA_SHA1,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA_1),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Weak,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA224",
        value: CKM_ECDSA_SHA224,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA256",
        value: CKM_ECDSA_SHA256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA384",
        value: CKM_ECDSA_SHA384,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA384),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA512",
        value: CKM_ECDSA_SHA512,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA512),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA3_224",
        value: CKM_ECDSA_SHA3_224,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA3_224),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA3_256",
        value: CKM_ECDSA_SHA3_256,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA3_256),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA3_384",
        value: CKM_ECDSA_SHA3_384,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA3_384),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDSA_SHA3_512",
        value: CKM_ECDSA_SHA3_512,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: Some(CKM_SHA3_512),
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDH1_DERIVE",
        value: CKM_ECDH1_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_EC, CKK_EC_MONTGOMERY],
        key_size: (192, 521),
        hash: None,
        output: 0,
        parameters: Parameters::Ecdh,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_ECDH1_COFACTOR_DERIVE",
        value: CKM_ECDH1_COFACTOR_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_EC],
        key_size: (192, 521),
        hash: None,
        output: 0,
        parameters: Parameters::Ecdh,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_RSA_AES_KEY_WRAP",
        value: CKM_RSA_AES_KEY_WRAP,
        operations: &[Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_RSA],
        key_size: (512, 8192),
        hash: None,
        output: 0,
        parameters: Parameters::RsaAesKeyWrap,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_EC_EDWARDS_KEY_PAIR_GEN",
        value: CKM_EC_EDWARDS_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_EC_EDWARDS],
        key_size: (255, 448),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_EC_MONTGOMERY_KEY_PAIR_GEN",
        value: CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
        operations: &[Operation::GenerateKeyPair],
        key_types: &[CKK_EC_MONTGOMERY],
        key_size: (255, 448),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_EDDSA",
        value: CKM_EDDSA,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_EC_EDWARDS],
        key_size: (255, 448),
        hash: None,
        output: 0,
        parameters: Parameters::Eddsa,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_XTS",
        value: CKM_AES_XTS,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_AES_XTS],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::Iv,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_XTS_KEY_GEN",
        value: CKM_AES_XTS_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_AES_XTS],
        key_size: (32, 64),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_KEY_GEN",
        value: CKM_AES_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_ECB",
        value: CKM_AES_ECB,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Weak,
        operation_policy: &[(Operation::Wrap, PolicyClass::Legacy), (Operation::Unwrap, PolicyClass::Legacy)],
    },
    MechanismRow {
        name: "CKM_AES_CBC",
        value: CKM_AES_CBC,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Iv,
        policy: PolicyClass::Current,
        operation_policy: &[(Operation::Wrap, PolicyClass::Legacy), (Operation::Unwrap, PolicyClass::Legacy)],
    },
    MechanismRow {
        name: "CKM_AES_CBC_PAD",
        value: CKM_AES_CBC_PAD,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Iv,
        policy: PolicyClass::Current,
        operation_policy: &[(Operation::Wrap, PolicyClass::Legacy), (Operation::Unwrap, PolicyClass::Legacy)],
    },
    MechanismRow {
        name: "CKM_AES_CTR",
        value: CKM_AES_CTR,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Ctr,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_GCM",
        value: CKM_AES_GCM,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Gcm,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_CCM",
        value: CKM_AES_CCM,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Ccm,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_CTS",
        value: CKM_AES_CTS,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Iv,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_CMAC",
        value: CKM_AES_CMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 16,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_CMAC_GENERAL",
        value: CKM_AES_CMAC_GENERAL,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 16,
        parameters: Parameters::MacLength,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_GMAC",
        value: CKM_AES_GMAC,
        operations: &[Operation::Sign, Operation::Verify],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 16,
        parameters: Parameters::Iv,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_ECB_ENCRYPT_DATA",
        value: CKM_AES_ECB_ENCRYPT_DATA,
        operations: &[Operation::Derive],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::Data,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_CBC_ENCRYPT_DATA",
        value: CKM_AES_CBC_ENCRYPT_DATA,
        operations: &[Operation::Derive],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::CbcData,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_CHACHA20_KEY_GEN",
        value: CKM_CHACHA20_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_CHACHA20],
        key_size: (32, 32),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_KEY_WRAP",
        value: CKM_AES_KEY_WRAP,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::KeyWrap,
        policy: PolicyClass::Legacy,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_KEY_WRAP_PAD",
        value: CKM_AES_KEY_WRAP_PAD,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::KeyWrap,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_AES_KEY_WRAP_KWP",
        value: CKM_AES_KEY_WRAP_KWP,
        operations: &[Operation::Encrypt, Operation::Decrypt, Operation::Wrap, Operation::Unwrap],
        key_types: &[CKK_AES],
        key_size: (16, 32),
        hash: None,
        output: 0,
        parameters: Parameters::KeyWrap,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA_1_KEY_GEN",
        value: CKM_SHA_1_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA_1_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA224_KEY_GEN",
        value: CKM_SHA224_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA224_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA256_KEY_GEN",
        value: CKM_SHA256_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA256_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA384_KEY_GEN",
        value: CKM_SHA384_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA384_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_KEY_GEN",
        value: CKM_SHA512_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA512_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_224_KEY_GEN",
        value: CKM_SHA512_224_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA512_224_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_SHA512_256_KEY_GEN",
        value: CKM_SHA512_256_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_SHA512_256_HMAC],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_CHACHA20_POLY1305",
        value: CKM_CHACHA20_POLY1305,
        operations: &[Operation::Encrypt, Operation::Decrypt],
        key_types: &[CKK_CHACHA20],
        key_size: (32, 32),
        hash: None,
        output: 16,
        parameters: Parameters::ChachaPoly,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HKDF_DERIVE",
        value: CKM_HKDF_DERIVE,
        operations: &[Operation::Derive],
        key_types: &[CKK_HKDF, CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::Hkdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HKDF_DATA",
        value: CKM_HKDF_DATA,
        operations: &[Operation::Derive],
        key_types: &[CKK_HKDF, CKK_GENERIC_SECRET],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::Hkdf,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HKDF_KEY_GEN",
        value: CKM_HKDF_KEY_GEN,
        operations: &[Operation::Generate],
        key_types: &[CKK_HKDF],
        key_size: (1, 512),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_HSS",
        value: CKM_HSS,
        operations: &[Operation::Verify],
        key_types: &[CKK_HSS],
        key_size: (0, 0),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_XMSS",
        value: CKM_XMSS,
        operations: &[Operation::Verify],
        key_types: &[CKK_XMSS],
        key_size: (0, 0),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
    },
    MechanismRow {
        name: "CKM_XMSSMT",
        value: CKM_XMSSMT,
        operations: &[Operation::Verify],
        key_types: &[CKK_XMSSMT],
        key_size: (0, 0),
        hash: None,
        output: 0,
        parameters: Parameters::None,
        policy: PolicyClass::Current,
        operation_policy: &[],
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
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_TOKEN",
        value: CKA_TOKEN,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_PRIVATE",
        value: CKA_PRIVATE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_LABEL",
        value: CKA_LABEL,
        kind: AttributeKind::Text,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_UNIQUE_ID",
        value: CKA_UNIQUE_ID,
        kind: AttributeKind::Text,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_APPLICATION",
        value: CKA_APPLICATION,
        kind: AttributeKind::Text,
        classes: &[CKO_DATA],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_VALUE",
        value: CKA_VALUE,
        kind: AttributeKind::Bytes,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[
            CKK_GENERIC_SECRET,
            CKK_AES,
            CKK_SHA_1_HMAC,
            CKK_SHA224_HMAC,
            CKK_SHA256_HMAC,
            CKK_SHA384_HMAC,
            CKK_SHA512_HMAC,
            CKK_SHA512_224_HMAC,
            CKK_SHA512_256_HMAC,
            CKK_SHA3_224_HMAC,
            CKK_SHA3_256_HMAC,
            CKK_SHA3_384_HMAC,
            CKK_SHA3_512_HMAC,
            CKK_AES_XTS,
            CKK_CHACHA20,
            CKK_DES2,
            CKK_DES3,
            CKK_HKDF,
            CKK_EC,
            CKK_EC_EDWARDS,
            CKK_EC_MONTGOMERY,
            CKK_ML_DSA,
            CKK_ML_KEM,
            CKK_SLH_DSA,
            CKK_HSS,
            CKK_XMSS,
            CKK_XMSSMT,
        ],
        public_key_types: &[CKK_ML_DSA, CKK_ML_KEM, CKK_SLH_DSA, CKK_HSS, CKK_XMSS, CKK_XMSSMT],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_OBJECT_ID",
        value: CKA_OBJECT_ID,
        kind: AttributeKind::Bytes,
        classes: &[CKO_DATA],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_CERTIFICATE_TYPE",
        value: CKA_CERTIFICATE_TYPE,
        kind: AttributeKind::Number,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[Making::Create],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ISSUER",
        value: CKA_ISSUER,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_SERIAL_NUMBER",
        value: CKA_SERIAL_NUMBER,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_TRUSTED",
        value: CKA_TRUSTED,
        kind: AttributeKind::Boolean,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_CERTIFICATE_CATEGORY",
        value: CKA_CERTIFICATE_CATEGORY,
        kind: AttributeKind::Number,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_JAVA_MIDP_SECURITY_DOMAIN",
        value: CKA_JAVA_MIDP_SECURITY_DOMAIN,
        kind: AttributeKind::Number,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_URL",
        value: CKA_URL,
        kind: AttributeKind::Text,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_HASH_OF_SUBJECT_PUBLIC_KEY",
        value: CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_HASH_OF_ISSUER_PUBLIC_KEY",
        value: CKA_HASH_OF_ISSUER_PUBLIC_KEY,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_NAME_HASH_ALGORITHM",
        value: CKA_NAME_HASH_ALGORITHM,
        kind: AttributeKind::Number,
        classes: &[CKO_CERTIFICATE],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_CHECK_VALUE",
        value: CKA_CHECK_VALUE,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Down,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_KEY_TYPE",
        value: CKA_KEY_TYPE,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_SUBJECT",
        value: CKA_SUBJECT,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ID",
        value: CKA_ID,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_SENSITIVE",
        value: CKA_SENSITIVE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Up,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ENCRYPT",
        value: CKA_ENCRYPT,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_DECRYPT",
        value: CKA_DECRYPT,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_WRAP",
        value: CKA_WRAP,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_UNWRAP",
        value: CKA_UNWRAP,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_SIGN",
        value: CKA_SIGN,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_SIGN_RECOVER",
        value: CKA_SIGN_RECOVER,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_VERIFY",
        value: CKA_VERIFY,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_VERIFY_RECOVER",
        value: CKA_VERIFY_RECOVER,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_DERIVE",
        value: CKA_DERIVE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_START_DATE",
        value: CKA_START_DATE,
        kind: AttributeKind::Date,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_END_DATE",
        value: CKA_END_DATE,
        kind: AttributeKind::Date,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_MODULUS",
        value: CKA_MODULUS,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[Making::Create],
        secret: false,
    },
    AttributeRow {
        name: "CKA_MODULUS_BITS",
        value: CKA_MODULUS_BITS,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[Making::Generate],
        secret: false,
    },
    AttributeRow {
        name: "CKA_PUBLIC_EXPONENT",
        value: CKA_PUBLIC_EXPONENT,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[Making::Create],
        secret: false,
    },
    AttributeRow {
        name: "CKA_PRIVATE_EXPONENT",
        value: CKA_PRIVATE_EXPONENT,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[Making::Create],
        secret: true,
    },
    AttributeRow {
        name: "CKA_PRIME_1",
        value: CKA_PRIME_1,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_PRIME_2",
        value: CKA_PRIME_2,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_EXPONENT_1",
        value: CKA_EXPONENT_1,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_EXPONENT_2",
        value: CKA_EXPONENT_2,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_COEFFICIENT",
        value: CKA_COEFFICIENT,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_RSA],
        public_key_types: &[CKK_RSA],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_PUBLIC_KEY_INFO",
        value: CKA_PUBLIC_KEY_INFO,
        kind: AttributeKind::Bytes,
        classes: &[CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_VALUE_LEN",
        value: CKA_VALUE_LEN,
        kind: AttributeKind::Number,
        classes: &[CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_EXTRACTABLE",
        value: CKA_EXTRACTABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Down,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_LOCAL",
        value: CKA_LOCAL,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_NEVER_EXTRACTABLE",
        value: CKA_NEVER_EXTRACTABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ALWAYS_SENSITIVE",
        value: CKA_ALWAYS_SENSITIVE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_KEY_GEN_MECHANISM",
        value: CKA_KEY_GEN_MECHANISM,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_MODIFIABLE",
        value: CKA_MODIFIABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_COPYABLE",
        value: CKA_COPYABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Down,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_DESTROYABLE",
        value: CKA_DESTROYABLE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_EC_PARAMS",
        value: CKA_EC_PARAMS,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY],
        public_key_types: &[CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY],
        required: &[Making::Create, Making::Generate],
        secret: false,
    },
    AttributeRow {
        name: "CKA_EC_POINT",
        value: CKA_EC_POINT,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY],
        public_key_types: &[CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY],
        required: &[Making::Create],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ALWAYS_AUTHENTICATE",
        value: CKA_ALWAYS_AUTHENTICATE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_WRAP_WITH_TRUSTED",
        value: CKA_WRAP_WITH_TRUSTED,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Up,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_HSS_LEVELS",
        value: CKA_HSS_LEVELS,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[CKK_HSS],
        public_key_types: &[CKK_HSS],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_HSS_LMS_TYPE",
        value: CKA_HSS_LMS_TYPE,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[CKK_HSS],
        public_key_types: &[CKK_HSS],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_HSS_LMOTS_TYPE",
        value: CKA_HSS_LMOTS_TYPE,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Engine,
        change: Change::Never,
        key_types: &[CKK_HSS],
        public_key_types: &[CKK_HSS],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_PARAMETER_SET",
        value: CKA_PARAMETER_SET,
        kind: AttributeKind::Number,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_ML_DSA, CKK_ML_KEM, CKK_SLH_DSA, CKK_XMSS, CKK_XMSSMT],
        public_key_types: &[CKK_ML_DSA, CKK_ML_KEM, CKK_SLH_DSA, CKK_XMSS, CKK_XMSSMT],
        required: &[Making::Create, Making::Generate],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ENCAPSULATE_TEMPLATE",
        value: CKA_ENCAPSULATE_TEMPLATE,
        kind: AttributeKind::Template,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_DECAPSULATE_TEMPLATE",
        value: CKA_DECAPSULATE_TEMPLATE,
        kind: AttributeKind::Template,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ENCAPSULATE",
        value: CKA_ENCAPSULATE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PUBLIC_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_DECAPSULATE",
        value: CKA_DECAPSULATE,
        kind: AttributeKind::Boolean,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Always,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_SEED",
        value: CKA_SEED,
        kind: AttributeKind::Bytes,
        classes: &[CKO_PRIVATE_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[CKK_ML_DSA, CKK_ML_KEM],
        public_key_types: &[CKK_ML_DSA, CKK_ML_KEM],
        required: &[],
        secret: true,
    },
    AttributeRow {
        name: "CKA_WRAP_TEMPLATE",
        value: CKA_WRAP_TEMPLATE,
        kind: AttributeKind::Template,
        classes: &[CKO_PUBLIC_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_UNWRAP_TEMPLATE",
        value: CKA_UNWRAP_TEMPLATE,
        kind: AttributeKind::Template,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_DERIVE_TEMPLATE",
        value: CKA_DERIVE_TEMPLATE,
        kind: AttributeKind::Template,
        classes: &[CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
    AttributeRow {
        name: "CKA_ALLOWED_MECHANISMS",
        value: CKA_ALLOWED_MECHANISMS,
        kind: AttributeKind::Mechanisms,
        classes: &[CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY],
        set_by: SetBy::Template,
        change: Change::Never,
        key_types: &[],
        public_key_types: &[],
        required: &[],
        secret: false,
    },
];

/// secp192r1 (SEC 2, 2.2.2)
pub const CURVE_SECP192R1: CurveRow = CurveRow {
    name: "secp192r1",
    key_type: CKK_EC,
    oid: &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01],
    printed: false,
    bits: 192,
    policy: PolicyClass::Legacy,
};
/// secp224r1 (SEC 2, 2.3.2)
pub const CURVE_SECP224R1: CurveRow = CurveRow {
    name: "secp224r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x81, 0x04, 0x00, 0x21],
    printed: false,
    bits: 224,
    policy: PolicyClass::Current,
};
/// secp256r1 (SEC 2, 2.4.2)
pub const CURVE_SECP256R1: CurveRow = CurveRow {
    name: "secp256r1",
    key_type: CKK_EC,
    oid: &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    printed: false,
    bits: 256,
    policy: PolicyClass::Current,
};
/// secp384r1 (SEC 2, 2.5.1)
pub const CURVE_SECP384R1: CurveRow = CurveRow {
    name: "secp384r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x81, 0x04, 0x00, 0x22],
    printed: false,
    bits: 384,
    policy: PolicyClass::Current,
};
/// secp521r1 (SEC 2, 2.6.1)
pub const CURVE_SECP521R1: CurveRow = CurveRow {
    name: "secp521r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x81, 0x04, 0x00, 0x23],
    printed: false,
    bits: 521,
    policy: PolicyClass::Current,
};
/// secp256k1 (SEC 2, 2.4.1)
pub const CURVE_SECP256K1: CurveRow = CurveRow {
    name: "secp256k1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x81, 0x04, 0x00, 0x0a],
    printed: false,
    bits: 256,
    policy: PolicyClass::Current,
};
/// brainpoolP224r1 (RFC 5639, 3.3)
pub const CURVE_BRAINPOOLP224R1: CurveRow = CurveRow {
    name: "brainpoolP224r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05],
    printed: false,
    bits: 224,
    policy: PolicyClass::Current,
};
/// brainpoolP256r1 (RFC 5639, 3.4)
pub const CURVE_BRAINPOOLP256R1: CurveRow = CurveRow {
    name: "brainpoolP256r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
    printed: false,
    bits: 256,
    policy: PolicyClass::Current,
};
/// brainpoolP320r1 (RFC 5639, 3.5)
pub const CURVE_BRAINPOOLP320R1: CurveRow = CurveRow {
    name: "brainpoolP320r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09],
    printed: false,
    bits: 320,
    policy: PolicyClass::Current,
};
/// brainpoolP384r1 (RFC 5639, 3.6)
pub const CURVE_BRAINPOOLP384R1: CurveRow = CurveRow {
    name: "brainpoolP384r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b],
    printed: false,
    bits: 384,
    policy: PolicyClass::Current,
};
/// brainpoolP512r1 (RFC 5639, 3.7)
pub const CURVE_BRAINPOOLP512R1: CurveRow = CurveRow {
    name: "brainpoolP512r1",
    key_type: CKK_EC,
    oid: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d],
    printed: false,
    bits: 512,
    policy: PolicyClass::Current,
};
/// edwards25519 (RFC 8032, 5.1; RFC 8410, 3)
pub const CURVE_EDWARDS25519: CurveRow = CurveRow {
    name: "edwards25519",
    key_type: CKK_EC_EDWARDS,
    oid: &[0x2b, 0x65, 0x70],
    printed: true,
    bits: 255,
    policy: PolicyClass::Current,
};
/// edwards448 (RFC 8032, 5.2; RFC 8410, 3)
pub const CURVE_EDWARDS448: CurveRow = CurveRow {
    name: "edwards448",
    key_type: CKK_EC_EDWARDS,
    oid: &[0x2b, 0x65, 0x71],
    printed: true,
    bits: 448,
    policy: PolicyClass::Current,
};
/// curve25519 (RFC 7748, 5; RFC 8410, 3)
pub const CURVE_CURVE25519: CurveRow = CurveRow {
    name: "curve25519",
    key_type: CKK_EC_MONTGOMERY,
    oid: &[0x2b, 0x65, 0x6e],
    printed: true,
    bits: 255,
    policy: PolicyClass::Current,
};
/// curve448 (RFC 7748, 5; RFC 8410, 3)
pub const CURVE_CURVE448: CurveRow = CurveRow {
    name: "curve448",
    key_type: CKK_EC_MONTGOMERY,
    oid: &[0x2b, 0x65, 0x6f],
    printed: true,
    bits: 448,
    policy: PolicyClass::Current,
};

/// spec/pkcs11/curves.toml.
pub const CURVES: &[CurveRow] = &[
    CURVE_SECP192R1,
    CURVE_SECP224R1,
    CURVE_SECP256R1,
    CURVE_SECP384R1,
    CURVE_SECP521R1,
    CURVE_SECP256K1,
    CURVE_BRAINPOOLP224R1,
    CURVE_BRAINPOOLP256R1,
    CURVE_BRAINPOOLP320R1,
    CURVE_BRAINPOOLP384R1,
    CURVE_BRAINPOOLP512R1,
    CURVE_EDWARDS25519,
    CURVE_EDWARDS448,
    CURVE_CURVE25519,
    CURVE_CURVE448,
];
