"""Mechanisms and attributes, from spec/pkcs11. Generated from spec/ by tools/generate.py; do not edit."""

from typing import Final

from vhsm.wire.table import CKK, CKO, AttributeRow, MechanismRow

CKM_AES_KEY_GEN: Final = 0x1080
CKM_GENERIC_SECRET_KEY_GEN: Final = 0x350
CKM_AES_GCM: Final = 0x1087
CKM_SHA_1: Final = 0x220
CKM_SHA_1_HMAC: Final = 0x221
CKM_SHA_1_HMAC_GENERAL: Final = 0x222
CKM_SHA224: Final = 0x255
CKM_SHA224_HMAC: Final = 0x256
CKM_SHA224_HMAC_GENERAL: Final = 0x257
CKM_SHA256: Final = 0x250
CKM_SHA256_HMAC: Final = 0x251
CKM_SHA256_HMAC_GENERAL: Final = 0x252
CKM_SHA384: Final = 0x260
CKM_SHA384_HMAC: Final = 0x261
CKM_SHA384_HMAC_GENERAL: Final = 0x262
CKM_SHA512: Final = 0x270
CKM_SHA512_HMAC: Final = 0x271
CKM_SHA512_HMAC_GENERAL: Final = 0x272
CKM_SHA512_224: Final = 0x48
CKM_SHA512_224_HMAC: Final = 0x49
CKM_SHA512_224_HMAC_GENERAL: Final = 0x4A
CKM_SHA512_256: Final = 0x4C
CKM_SHA512_256_HMAC: Final = 0x4D
CKM_SHA512_256_HMAC_GENERAL: Final = 0x4E
CKA_CLASS: Final = 0x0
CKA_TOKEN: Final = 0x1
CKA_PRIVATE: Final = 0x2
CKA_LABEL: Final = 0x3
CKA_UNIQUE_ID: Final = 0x4
CKA_APPLICATION: Final = 0x10
CKA_VALUE: Final = 0x11
CKA_OBJECT_ID: Final = 0x12
CKA_KEY_TYPE: Final = 0x100
CKA_ID: Final = 0x102
CKA_SENSITIVE: Final = 0x103
CKA_ENCRYPT: Final = 0x104
CKA_DECRYPT: Final = 0x105
CKA_WRAP: Final = 0x106
CKA_UNWRAP: Final = 0x107
CKA_SIGN: Final = 0x108
CKA_VERIFY: Final = 0x10A
CKA_DERIVE: Final = 0x10C
CKA_START_DATE: Final = 0x110
CKA_END_DATE: Final = 0x111
CKA_VALUE_LEN: Final = 0x161
CKA_EXTRACTABLE: Final = 0x162
CKA_LOCAL: Final = 0x163
CKA_NEVER_EXTRACTABLE: Final = 0x164
CKA_ALWAYS_SENSITIVE: Final = 0x165
CKA_KEY_GEN_MECHANISM: Final = 0x166
CKA_MODIFIABLE: Final = 0x170
CKA_COPYABLE: Final = 0x171
CKA_DESTROYABLE: Final = 0x172
CKA_TRUSTED: Final = 0x86
CKA_CHECK_VALUE: Final = 0x90
CKA_WRAP_WITH_TRUSTED: Final = 0x210
CKA_ALLOWED_MECHANISMS: Final = 0x40000600

MECHANISMS: Final[dict[int, MechanismRow]] = {
    CKM_AES_KEY_GEN: MechanismRow(
        "CKM_AES_KEY_GEN",
        CKM_AES_KEY_GEN,
        frozenset(["generate"]),
        frozenset({CKK.AES}),
        (16, 32),
        None,
        0,
        "none",
        "current",
    ),
    CKM_GENERIC_SECRET_KEY_GEN: MechanismRow(
        "CKM_GENERIC_SECRET_KEY_GEN",
        CKM_GENERIC_SECRET_KEY_GEN,
        frozenset(["generate"]),
        frozenset({CKK.GENERIC_SECRET}),
        (1, 512),
        None,
        0,
        "none",
        "current",
    ),
    CKM_AES_GCM: MechanismRow(
        "CKM_AES_GCM",
        CKM_AES_GCM,
        frozenset(["encrypt", "decrypt"]),
        frozenset({CKK.AES}),
        (16, 32),
        None,
        0,
        "gcm",
        "current",
    ),
    CKM_SHA_1: MechanismRow(
        "CKM_SHA_1", CKM_SHA_1, frozenset(["digest"]), frozenset({}), (0, 0), None, 20, "none", "current"
    ),
    CKM_SHA_1_HMAC: MechanismRow(
        "CKM_SHA_1_HMAC",
        CKM_SHA_1_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA_1_HMAC}),
        (1, 512),
        CKM_SHA_1,
        20,
        "none",
        "current",
    ),
    CKM_SHA_1_HMAC_GENERAL: MechanismRow(
        "CKM_SHA_1_HMAC_GENERAL",
        CKM_SHA_1_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA_1_HMAC}),
        (1, 512),
        CKM_SHA_1,
        20,
        "mac_length",
        "current",
    ),
    CKM_SHA224: MechanismRow(
        "CKM_SHA224", CKM_SHA224, frozenset(["digest"]), frozenset({}), (0, 0), None, 28, "none", "current"
    ),
    CKM_SHA224_HMAC: MechanismRow(
        "CKM_SHA224_HMAC",
        CKM_SHA224_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA224_HMAC}),
        (1, 512),
        CKM_SHA224,
        28,
        "none",
        "current",
    ),
    CKM_SHA224_HMAC_GENERAL: MechanismRow(
        "CKM_SHA224_HMAC_GENERAL",
        CKM_SHA224_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA224_HMAC}),
        (1, 512),
        CKM_SHA224,
        28,
        "mac_length",
        "current",
    ),
    CKM_SHA256: MechanismRow(
        "CKM_SHA256", CKM_SHA256, frozenset(["digest"]), frozenset({}), (0, 0), None, 32, "none", "current"
    ),
    CKM_SHA256_HMAC: MechanismRow(
        "CKM_SHA256_HMAC",
        CKM_SHA256_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA256_HMAC}),
        (1, 512),
        CKM_SHA256,
        32,
        "none",
        "current",
    ),
    CKM_SHA256_HMAC_GENERAL: MechanismRow(
        "CKM_SHA256_HMAC_GENERAL",
        CKM_SHA256_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA256_HMAC}),
        (1, 512),
        CKM_SHA256,
        32,
        "mac_length",
        "current",
    ),
    CKM_SHA384: MechanismRow(
        "CKM_SHA384", CKM_SHA384, frozenset(["digest"]), frozenset({}), (0, 0), None, 48, "none", "current"
    ),
    CKM_SHA384_HMAC: MechanismRow(
        "CKM_SHA384_HMAC",
        CKM_SHA384_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA384_HMAC}),
        (1, 512),
        CKM_SHA384,
        48,
        "none",
        "current",
    ),
    CKM_SHA384_HMAC_GENERAL: MechanismRow(
        "CKM_SHA384_HMAC_GENERAL",
        CKM_SHA384_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA384_HMAC}),
        (1, 512),
        CKM_SHA384,
        48,
        "mac_length",
        "current",
    ),
    CKM_SHA512: MechanismRow(
        "CKM_SHA512", CKM_SHA512, frozenset(["digest"]), frozenset({}), (0, 0), None, 64, "none", "current"
    ),
    CKM_SHA512_HMAC: MechanismRow(
        "CKM_SHA512_HMAC",
        CKM_SHA512_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA512_HMAC}),
        (1, 512),
        CKM_SHA512,
        64,
        "none",
        "current",
    ),
    CKM_SHA512_HMAC_GENERAL: MechanismRow(
        "CKM_SHA512_HMAC_GENERAL",
        CKM_SHA512_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA512_HMAC}),
        (1, 512),
        CKM_SHA512,
        64,
        "mac_length",
        "current",
    ),
    CKM_SHA512_224: MechanismRow(
        "CKM_SHA512_224", CKM_SHA512_224, frozenset(["digest"]), frozenset({}), (0, 0), None, 28, "none", "current"
    ),
    CKM_SHA512_224_HMAC: MechanismRow(
        "CKM_SHA512_224_HMAC",
        CKM_SHA512_224_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA512_224_HMAC}),
        (1, 512),
        CKM_SHA512_224,
        28,
        "none",
        "current",
    ),
    CKM_SHA512_224_HMAC_GENERAL: MechanismRow(
        "CKM_SHA512_224_HMAC_GENERAL",
        CKM_SHA512_224_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA512_224_HMAC}),
        (1, 512),
        CKM_SHA512_224,
        28,
        "mac_length",
        "current",
    ),
    CKM_SHA512_256: MechanismRow(
        "CKM_SHA512_256", CKM_SHA512_256, frozenset(["digest"]), frozenset({}), (0, 0), None, 32, "none", "current"
    ),
    CKM_SHA512_256_HMAC: MechanismRow(
        "CKM_SHA512_256_HMAC",
        CKM_SHA512_256_HMAC,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA512_256_HMAC}),
        (1, 512),
        CKM_SHA512_256,
        32,
        "none",
        "current",
    ),
    CKM_SHA512_256_HMAC_GENERAL: MechanismRow(
        "CKM_SHA512_256_HMAC_GENERAL",
        CKM_SHA512_256_HMAC_GENERAL,
        frozenset(["sign", "verify"]),
        frozenset({CKK.GENERIC_SECRET, CKK.SHA512_256_HMAC}),
        (1, 512),
        CKM_SHA512_256,
        32,
        "mac_length",
        "current",
    ),
}

ATTRIBUTES: Final[dict[int, AttributeRow]] = {
    CKA_CLASS: AttributeRow(
        "CKA_CLASS",
        CKA_CLASS,
        "number",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
    CKA_TOKEN: AttributeRow(
        "CKA_TOKEN",
        CKA_TOKEN,
        "boolean",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
    CKA_PRIVATE: AttributeRow(
        "CKA_PRIVATE",
        CKA_PRIVATE,
        "boolean",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
    CKA_LABEL: AttributeRow(
        "CKA_LABEL",
        CKA_LABEL,
        "text",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_UNIQUE_ID: AttributeRow(
        "CKA_UNIQUE_ID",
        CKA_UNIQUE_ID,
        "text",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_APPLICATION: AttributeRow(
        "CKA_APPLICATION", CKA_APPLICATION, "text", frozenset({CKO.DATA}), "template", "always", secret=False
    ),
    CKA_VALUE: AttributeRow(
        "CKA_VALUE",
        CKA_VALUE,
        "bytes",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=True,
    ),
    CKA_OBJECT_ID: AttributeRow(
        "CKA_OBJECT_ID", CKA_OBJECT_ID, "bytes", frozenset({CKO.DATA}), "template", "always", secret=False
    ),
    CKA_KEY_TYPE: AttributeRow(
        "CKA_KEY_TYPE",
        CKA_KEY_TYPE,
        "number",
        frozenset({CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
    CKA_ID: AttributeRow(
        "CKA_ID",
        CKA_ID,
        "bytes",
        frozenset({CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_SENSITIVE: AttributeRow(
        "CKA_SENSITIVE",
        CKA_SENSITIVE,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "up",
        secret=False,
    ),
    CKA_ENCRYPT: AttributeRow(
        "CKA_ENCRYPT",
        CKA_ENCRYPT,
        "boolean",
        frozenset({CKO.PUBLIC_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_DECRYPT: AttributeRow(
        "CKA_DECRYPT",
        CKA_DECRYPT,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_WRAP: AttributeRow(
        "CKA_WRAP", CKA_WRAP, "boolean", frozenset({CKO.PUBLIC_KEY, CKO.SECRET_KEY}), "template", "always", secret=False
    ),
    CKA_UNWRAP: AttributeRow(
        "CKA_UNWRAP",
        CKA_UNWRAP,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_SIGN: AttributeRow(
        "CKA_SIGN",
        CKA_SIGN,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_VERIFY: AttributeRow(
        "CKA_VERIFY",
        CKA_VERIFY,
        "boolean",
        frozenset({CKO.PUBLIC_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_DERIVE: AttributeRow(
        "CKA_DERIVE",
        CKA_DERIVE,
        "boolean",
        frozenset({CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_START_DATE: AttributeRow(
        "CKA_START_DATE",
        CKA_START_DATE,
        "date",
        frozenset({CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_END_DATE: AttributeRow(
        "CKA_END_DATE",
        CKA_END_DATE,
        "date",
        frozenset({CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "always",
        secret=False,
    ),
    CKA_VALUE_LEN: AttributeRow(
        "CKA_VALUE_LEN", CKA_VALUE_LEN, "number", frozenset({CKO.SECRET_KEY}), "template", "never", secret=False
    ),
    CKA_EXTRACTABLE: AttributeRow(
        "CKA_EXTRACTABLE",
        CKA_EXTRACTABLE,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "down",
        secret=False,
    ),
    CKA_LOCAL: AttributeRow(
        "CKA_LOCAL",
        CKA_LOCAL,
        "boolean",
        frozenset({CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_NEVER_EXTRACTABLE: AttributeRow(
        "CKA_NEVER_EXTRACTABLE",
        CKA_NEVER_EXTRACTABLE,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_ALWAYS_SENSITIVE: AttributeRow(
        "CKA_ALWAYS_SENSITIVE",
        CKA_ALWAYS_SENSITIVE,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_KEY_GEN_MECHANISM: AttributeRow(
        "CKA_KEY_GEN_MECHANISM",
        CKA_KEY_GEN_MECHANISM,
        "number",
        frozenset({CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_MODIFIABLE: AttributeRow(
        "CKA_MODIFIABLE",
        CKA_MODIFIABLE,
        "boolean",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
    CKA_COPYABLE: AttributeRow(
        "CKA_COPYABLE",
        CKA_COPYABLE,
        "boolean",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "down",
        secret=False,
    ),
    CKA_DESTROYABLE: AttributeRow(
        "CKA_DESTROYABLE",
        CKA_DESTROYABLE,
        "boolean",
        frozenset({CKO.DATA, CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
    CKA_TRUSTED: AttributeRow(
        "CKA_TRUSTED",
        CKA_TRUSTED,
        "boolean",
        frozenset({CKO.CERTIFICATE, CKO.PUBLIC_KEY, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_CHECK_VALUE: AttributeRow(
        "CKA_CHECK_VALUE",
        CKA_CHECK_VALUE,
        "bytes",
        frozenset({CKO.CERTIFICATE, CKO.SECRET_KEY}),
        "engine",
        "never",
        secret=False,
    ),
    CKA_WRAP_WITH_TRUSTED: AttributeRow(
        "CKA_WRAP_WITH_TRUSTED",
        CKA_WRAP_WITH_TRUSTED,
        "boolean",
        frozenset({CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "up",
        secret=False,
    ),
    CKA_ALLOWED_MECHANISMS: AttributeRow(
        "CKA_ALLOWED_MECHANISMS",
        CKA_ALLOWED_MECHANISMS,
        "mechanisms",
        frozenset({CKO.PUBLIC_KEY, CKO.PRIVATE_KEY, CKO.SECRET_KEY}),
        "template",
        "never",
        secret=False,
    ),
}
