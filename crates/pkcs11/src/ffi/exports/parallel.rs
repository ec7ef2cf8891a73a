//! PKCS#11 v3.2, 5.21 Parallel function management, which Cryptoki has given up.

use cryptoki_sys::*;

refused! {
    C_GetFunctionStatus(CK_SESSION_HANDLE) => CKR_FUNCTION_NOT_PARALLEL;
    C_CancelFunction(CK_SESSION_HANDLE) => CKR_FUNCTION_NOT_PARALLEL;
}
