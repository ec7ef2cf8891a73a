//! Mechanism parameters: what a program writes reaches the wire, and what makes no sense goes nowhere.

use super::module::{self, Module, call, mechanism};
use super::server::{EDWARDS, RSA, Server};
use cryptoki_sys::*;
use std::ptr::null_mut;
use vhsm_wire::messages::mechanism::Parameters;
use vhsm_wire::messages::{EddsaParameters, OaepParameters, PssParameters, request::Request};

const HASH: CK_MECHANISM_TYPE = CKM_SHA256;
const PSS: CK_RSA_PKCS_PSS_PARAMS = CK_RSA_PKCS_PSS_PARAMS { hashAlg: HASH, mgf: CKG_MGF1_SHA256, sLen: 32 };

fn oaep(source: CK_ULONG, label: &[u8]) -> CK_RSA_PKCS_OAEP_PARAMS {
    CK_RSA_PKCS_OAEP_PARAMS {
        hashAlg: HASH,
        mgf: CKG_MGF1_SHA1,
        source,
        pSourceData: if label.is_empty() { null_mut() } else { label.as_ptr().cast_mut().cast() },
        ulSourceDataLen: label.len() as CK_ULONG,
    }
}

fn eddsa(prehash: CK_BBOOL, context: &[u8]) -> CK_EDDSA_PARAMS {
    let pointer = if context.is_empty() { null_mut() } else { context.as_ptr().cast_mut() };
    CK_EDDSA_PARAMS { phFlag: prehash, ulContextDataLen: context.len() as CK_ULONG, pContextData: pointer }
}

fn sign_init(module: &Module, mut mechanism: CK_MECHANISM, key: CK_OBJECT_HANDLE) -> CK_RV {
    let session = module.open();
    let rv = call!(module.C_SignInit(session, &raw mut mechanism, key));
    assert_eq!(call!(module.C_SessionCancel(session, CKF_SIGN)), CKR_OK);
    rv
}

fn encrypt_init(module: &Module, mut mechanism: CK_MECHANISM) -> CK_RV {
    let session = module.open();
    let rv = call!(module.C_EncryptInit(session, &raw mut mechanism, RSA));
    assert_eq!(call!(module.C_SessionCancel(session, CKF_ENCRYPT)), CKR_OK);
    rv
}

/// The parameters of the last request, which is a Prepare. Each test's session was opened before it.
fn prepared(server: &Server) -> Option<Parameters> {
    match server.last().0 {
        Request::Prepare(prepare) => prepare.mechanism.expect("a mechanism").parameters,
        other => panic!("{other:?}"),
    }
}

#[test]
fn pss_parameters_reach_the_wire() {
    let (server, module) = module::started();
    for kind in [CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS] {
        assert_eq!(sign_init(&module, mechanism(kind, &PSS), RSA), CKR_OK);
        let expected = PssParameters { hash: HASH, mgf: CKG_MGF1_SHA256, salt_length: 32 };
        assert_eq!(prepared(&server), Some(Parameters::Pss(expected)));
    }
}

#[test]
fn oaep_parameters_reach_the_wire() {
    let (server, module) = module::started();
    for (source, label, hash) in
        [(0, &b""[..], CKM_SHA_1), (CKZ_DATA_SPECIFIED, b"", CKM_SHA256), (CKZ_DATA_SPECIFIED, b"a label", CKM_SHA384)]
    {
        let parameters = CK_RSA_PKCS_OAEP_PARAMS { hashAlg: hash, ..oaep(source, label) };
        assert_eq!(encrypt_init(&module, mechanism(CKM_RSA_PKCS_OAEP, &parameters)), CKR_OK);
        let expected = OaepParameters { hash, mgf: CKG_MGF1_SHA1, label: label.to_vec() };
        assert_eq!(prepared(&server), Some(Parameters::Oaep(expected)));
    }
}

#[test]
fn eddsa_parameters_may_be_absent() {
    let (server, module) = module::started();
    let absent = CK_MECHANISM { mechanism: CKM_EDDSA, pParameter: null_mut(), ulParameterLen: 0 };
    assert_eq!(sign_init(&module, absent, EDWARDS), CKR_OK);
    assert_eq!(prepared(&server), None);
    for (prehash, context) in [(CK_FALSE, &b"context"[..]), (CK_TRUE, b""), (CK_TRUE, &[9; 255])] {
        assert_eq!(sign_init(&module, mechanism(CKM_EDDSA, &eddsa(prehash, context)), EDWARDS), CKR_OK);
        let expected = EddsaParameters { prehash: prehash == CK_TRUE, context: context.to_vec() };
        assert_eq!(prepared(&server), Some(Parameters::Eddsa(expected)));
    }
}

/// An Init that failed before anything but its session was asked for.
fn assert_refused(server: &Server, rv: CK_RV) {
    assert_eq!(rv, CKR_MECHANISM_PARAM_INVALID);
    assert!(matches!(server.last().0, Request::OpenSession(_)), "{:?}", server.last());
}

/// Run an Init with the right structure one byte short, one byte long, and not there.
fn refuse_other_sizes(server: &Server, right: CK_MECHANISM, init: impl Fn(CK_MECHANISM) -> CK_RV) {
    for length in [right.ulParameterLen - 1, right.ulParameterLen + 1, CK_ULONG::MAX] {
        assert_refused(server, init(CK_MECHANISM { ulParameterLen: length, ..right }));
    }
    assert_refused(server, init(CK_MECHANISM { pParameter: null_mut(), ..right }));
}

#[test]
fn structures_of_another_size_are_refused_here() {
    let (server, module) = module::started();
    refuse_other_sizes(&server, mechanism(CKM_RSA_PKCS_PSS, &PSS), |wrong| sign_init(&module, wrong, RSA));
    refuse_other_sizes(&server, mechanism(CKM_EDDSA, &eddsa(CK_TRUE, b"")), |wrong| sign_init(&module, wrong, EDWARDS));
    let oaep = oaep(CKZ_DATA_SPECIFIED, b"label");
    refuse_other_sizes(&server, mechanism(CKM_RSA_PKCS_OAEP, &oaep), |wrong| encrypt_init(&module, wrong));
    let mut iv = [7; 12];
    let words = [iv.as_mut_ptr() as CK_ULONG, 12, 96, 0, 0, 128];
    refuse_other_sizes(&server, mechanism(CKM_AES_GCM, &words), |wrong| encrypt_init(&module, wrong));
    let words = [iv.as_mut_ptr() as CK_ULONG, 12, 0, 0, 128];
    refuse_other_sizes(&server, mechanism(CKM_AES_GCM, &words), |wrong| encrypt_init(&module, wrong));
}

#[test]
fn parameters_without_sense_are_refused_here() {
    let (server, module) = module::started();
    let specified = oaep(CKZ_DATA_SPECIFIED, b"label");
    for wrong in [
        oaep(0, b"label"),
        oaep(2, b""),
        CK_RSA_PKCS_OAEP_PARAMS { pSourceData: null_mut(), ..specified },
        CK_RSA_PKCS_OAEP_PARAMS { ulSourceDataLen: CK_ULONG::MAX, ..specified },
        CK_RSA_PKCS_OAEP_PARAMS { mgf: CK_ULONG::MAX, ..specified },
    ] {
        assert_refused(&server, encrypt_init(&module, mechanism(CKM_RSA_PKCS_OAEP, &wrong)));
    }
    for wrong in
        [CK_RSA_PKCS_PSS_PARAMS { sLen: 1_025, ..PSS }, CK_RSA_PKCS_PSS_PARAMS { hashAlg: CK_ULONG::MAX, ..PSS }]
    {
        assert_refused(&server, sign_init(&module, mechanism(CKM_RSA_PKCS_PSS, &wrong), RSA));
    }
    for wrong in [eddsa(CK_FALSE, &[9; 256]), CK_EDDSA_PARAMS { ulContextDataLen: 7, ..eddsa(CK_FALSE, b"") }] {
        assert_refused(&server, sign_init(&module, mechanism(CKM_EDDSA, &wrong), EDWARDS));
    }
    let absent = CK_MECHANISM { mechanism: CKM_RSA_PKCS_PSS, pParameter: null_mut(), ulParameterLen: 0 };
    assert_refused(&server, sign_init(&module, absent, RSA));
    assert_refused(&server, sign_init(&module, mechanism(CKM_SHA256_RSA_PKCS, &PSS), RSA));
}
