// Ordinary work on a token by graphene-pk11 and by pkcs11js; what the token gives is checked by Node's own crypto.
//
// Usage: node ordinary.js MODULE LABEL PIN
"use strict";

const assert = require("node:assert");
const crypto = require("node:crypto");
const graphene = require("graphene-pk11");
const pkcs11 = require("pkcs11js");

const [module_path, label, pin] = process.argv.slice(2);
const MESSAGE = Buffer.from("a message for the token");
const VALUE = Buffer.alloc(32, 7);
const P256 = graphene.NamedCurve.getByName("secp256r1").value;

function withGraphene() {
  const library = graphene.Module.load(module_path, "tested");
  library.initialize();
  try {
    const slots = library.getSlots(true);
    const slot = Array.from({ length: slots.length }, (_, at) => slots.items(at)).find(
      (each) => each.getToken().label === label,
    );
    assert(slot.getMechanisms().length > 0);
    const session = slot.open(graphene.SessionFlag.RW_SESSION | graphene.SessionFlag.SERIAL_SESSION);
    session.login(pin);
    random(session);
    rsa(session);
    ec(session);
    aes(session);
    imported(session);
    objects(session);
    session.logout();
    session.close();
  } finally {
    library.finalize();
  }
  console.log("graphene");
}

function random(session) {
  assert.notDeepStrictEqual(session.generateRandom(64), Buffer.alloc(64));
  const digest = session.createDigest("sha256");
  digest.update(MESSAGE);
  assert.deepStrictEqual(digest.final(), crypto.createHash("sha256").update(MESSAGE).digest());
}

function rsa(session) {
  const pair = session.generateKeyPair(
    graphene.KeyGenMechanism.RSA,
    { modulusBits: 2048, publicExponent: Buffer.from([1, 0, 1]), verify: true, encrypt: true, token: false },
    { sign: true, decrypt: true, token: false },
  );
  const { modulus, publicExponent } = pair.publicKey.getAttribute({ modulus: null, publicExponent: null });
  const key = crypto.createPublicKey({
    key: { kty: "RSA", n: modulus.toString("base64url"), e: publicExponent.toString("base64url") },
    format: "jwk",
  });
  for (const hash of ["SHA256", "SHA384", "SHA512"]) {
    const signing = session.createSign(`${hash}_RSA_PKCS`, pair.privateKey);
    signing.update(MESSAGE);
    const signature = signing.final();
    assert(crypto.verify(hash, MESSAGE, key, signature));
    const verifying = session.createVerify(`${hash}_RSA_PKCS`, pair.publicKey);
    verifying.update(MESSAGE);
    assert(verifying.final(signature));
    assert(!session.createVerify(`${hash}_RSA_PKCS`, pair.publicKey).once(Buffer.from("another"), signature));
  }
  const pss = {
    name: "SHA256_RSA_PKCS_PSS",
    params: new graphene.RsaPssParams(graphene.MechanismEnum.SHA256, graphene.RsaMgf.MGF1_SHA256, 32),
  };
  const options = { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  assert(crypto.verify("SHA256", MESSAGE, options, session.createSign(pss, pair.privateKey).once(MESSAGE)));
  const oaep = {
    name: "RSA_PKCS_OAEP",
    params: new graphene.RsaOaepParams(graphene.MechanismEnum.SHA256, graphene.RsaMgf.MGF1_SHA256),
  };
  const sealed = crypto.publicEncrypt({ key, oaepHash: "sha256" }, MESSAGE);
  assert.deepStrictEqual(session.createDecipher(oaep, pair.privateKey).once(sealed, Buffer.alloc(256)), MESSAGE);
}

function ec(session) {
  const pair = session.generateKeyPair(
    graphene.KeyGenMechanism.ECDSA,
    { paramsEC: P256, verify: true, token: false },
    { sign: true, token: false },
  );
  const point = pair.publicKey.getAttribute({ pointEC: null }).pointEC.subarray(-64);
  const key = crypto.createPublicKey({
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(0, 32).toString("base64url"),
      y: point.subarray(32).toString("base64url"),
    },
    format: "jwk",
  });
  const digest = crypto.createHash("sha256").update(MESSAGE).digest();
  const signature = session.createSign("ECDSA", pair.privateKey).once(digest);
  assert(crypto.verify("SHA256", MESSAGE, { key, dsaEncoding: "ieee-p1363" }, signature));
}

function aes(session) {
  const key = session.generateKey(graphene.KeyGenMechanism.AES, {
    valueLen: 32, encrypt: true, decrypt: true, token: false,
  });
  const iv = Buffer.alloc(16, 1);
  const cbc = { name: "AES_CBC_PAD", params: iv };
  const cipher = session.createCipher(cbc, key);
  const sealed = Buffer.concat([cipher.update(MESSAGE), cipher.final()]);
  const decipher = session.createDecipher(cbc, key);
  assert.deepStrictEqual(Buffer.concat([decipher.update(sealed), decipher.final()]), MESSAGE);
}

function imported(session) {
  const key = session
    .create({
      class: graphene.ObjectClass.SECRET_KEY, keyType: graphene.KeyType.AES, value: VALUE, token: false,
      encrypt: true, decrypt: true,
    })
    .toType();
  const iv = Buffer.alloc(12, 2);
  const gcm = { name: "AES_GCM", params: new graphene.AesGcm240Params(iv, Buffer.from("aad"), 128) };
  const own = crypto.createCipheriv("aes-256-gcm", VALUE, iv).setAAD(Buffer.from("aad"));
  const expected = Buffer.concat([own.update(MESSAGE), own.final(), own.getAuthTag()]);
  assert.deepStrictEqual(session.createCipher(gcm, key).once(MESSAGE, Buffer.alloc(100)), expected);
  const mac = session
    .create({
      class: graphene.ObjectClass.SECRET_KEY, keyType: graphene.KeyType.GENERIC_SECRET, value: VALUE, token: false,
      sign: true,
    })
    .toType();
  const hmac = crypto.createHmac("sha256", VALUE).update(MESSAGE).digest();
  assert.deepStrictEqual(session.createSign("SHA256_HMAC", mac).once(MESSAGE), hmac);
}

function objects(session) {
  const data = session.create({
    class: graphene.ObjectClass.DATA, application: "node", label: "node-data", token: true, private: false,
    modifiable: true, value: MESSAGE,
  });
  data.setAttribute({ label: "node-renamed" });
  const found = session.find({ label: "node-renamed" });
  assert.strictEqual(found.length, 1);
  assert.deepStrictEqual(found.items(0).getAttribute({ value: null }).value, MESSAGE);
  found.items(0).destroy();
  assert.strictEqual(session.find({ label: "node-renamed" }).length, 0);
}

function withPkcs11js() {
  const token = new pkcs11.PKCS11();
  token.load(module_path);
  token.C_Initialize();
  try {
    const slot = token.C_GetSlotList(true).find((each) => token.C_GetTokenInfo(each).label.trim() === label);
    const session = token.C_OpenSession(slot, pkcs11.CKF_RW_SESSION | pkcs11.CKF_SERIAL_SESSION);
    assert.throws(
      () => token.C_Login(session, pkcs11.CKU_USER, "wrong"),
      (error) => error.code === pkcs11.CKR_PIN_INCORRECT,
    );
    token.C_Login(session, pkcs11.CKU_USER, pin);
    const key = token.C_CreateObject(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
      { type: pkcs11.CKA_VALUE, value: VALUE },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_ENCRYPT, value: true },
    ]);
    assert.throws(
      () => token.C_GetAttributeValue(session, key, [{ type: pkcs11.CKA_VALUE }]),
      (error) => error.code === pkcs11.CKR_ATTRIBUTE_SENSITIVE,
    );
    const iv = Buffer.alloc(16, 3);
    token.C_EncryptInit(session, { mechanism: pkcs11.CKM_AES_CBC, parameter: iv }, key);
    const own = crypto.createCipheriv("aes-256-cbc", VALUE, iv).setAutoPadding(false);
    assert.deepStrictEqual(token.C_Encrypt(session, Buffer.alloc(64), Buffer.alloc(80)), own.update(Buffer.alloc(64)));
    token.C_Logout(session);
    token.C_CloseSession(session);
  } finally {
    token.C_Finalize();
  }
  console.log("pkcs11js");
}

withGraphene();
withPkcs11js();
