//! A PKCS#11 module, loaded by path.
//!
//! Calls go through the module's function list, as every client's do. Each of the SAFETY lines leans on the
//! same two facts: the list belongs to a library that is never unloaded, and every pointer given is to memory
//! that outlives the call.
#![allow(unsafe_code)]

use std::{path::Path, ptr};

use cryptoki_sys::{
    CK_AES_CTR_PARAMS, CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_C_INITIALIZE_ARGS, CK_FUNCTION_LIST, CK_GCM_PARAMS,
    CK_MECHANISM, CK_MECHANISM_TYPE, CK_OBJECT_HANDLE, CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_TOKEN_INFO, CK_ULONG,
    CKF_OS_LOCKING_OK, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKM_AES_CBC, CKM_AES_CTR, CKM_AES_GCM, CKR_GENERAL_ERROR,
    CKR_OK, CKR_TOKEN_NOT_PRESENT, CKU_USER,
};
use libloading::Library;

/// A session's handle.
pub type Session = CK_SESSION_HANDLE;
/// An object's handle.
pub type Object = CK_OBJECT_HANDLE;

const GCM_TAG_BITS: CK_ULONG = 128;
const GCM_TAG_LENGTH: usize = 16;
const COUNTER_BITS: CK_ULONG = 128;

/// The module's answer to a call, when it is not `CKR_OK`.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{function} answered {rv:#x}")]
pub struct Refused {
    pub function: &'static str,
    pub rv: CK_RV,
}

/// A loaded module.
pub struct Module {
    functions: &'static CK_FUNCTION_LIST,
}

/// One attribute of a template.
pub struct Attribute<'a>(pub CK_ATTRIBUTE_TYPE, pub &'a [u8]);

macro_rules! call {
    ($self:ident . $function:ident ( $($argument:expr),* )) => {{
        // A module whose list lacks a function is broken; say which.
        let function = $self.functions.$function
            .ok_or(Refused { function: stringify!($function), rv: CKR_GENERAL_ERROR })?;
        // SAFETY: see the top of the file.
        match unsafe { function($($argument),*) } {
            CKR_OK => Ok(()),
            rv => Err(Refused { function: stringify!($function), rv }),
        }
    }};
}

impl Module {
    /// Load the library and take its function list.
    ///
    /// # Errors
    /// When it cannot be loaded or is no PKCS#11 module.
    pub fn load(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
        // SAFETY: the operator names a PKCS#11 module; running its constructors is the purpose.
        let library = Box::leak(Box::new(unsafe { Library::new(path)? }));
        // SAFETY: PKCS#11 gives this symbol this type.
        let entry = unsafe { library.get::<Entry>(b"C_GetFunctionList\0")? };
        let mut list = ptr::null_mut();
        // SAFETY: `list` is a place for one pointer.
        let rv = unsafe { entry(&raw mut list) };
        // SAFETY: a module that answers CKR_OK gives a list that lives as long as it is loaded: for ever, here.
        match unsafe { list.as_ref() } {
            Some(functions) if rv == CKR_OK => Ok(Self { functions }),
            _ => Err(format!("C_GetFunctionList answered {rv:#x}").into()),
        }
    }

    /// `C_Initialize` with the operating system's locks.
    pub fn initialize(self) -> Result<Self, Refused> {
        let mut arguments = CK_C_INITIALIZE_ARGS { flags: CKF_OS_LOCKING_OK, ..Default::default() };
        call!(self.C_Initialize((&raw mut arguments).cast()))?;
        Ok(self)
    }

    /// The slot whose token has this label.
    pub fn slot_of(&self, label: &str) -> Result<CK_SLOT_ID, Refused> {
        let mut slots = [0; 256];
        let mut count = slots.len() as CK_ULONG;
        call!(self.C_GetSlotList(1, slots.as_mut_ptr(), &raw mut count))?;
        for &slot in slots.iter().take(usize::try_from(count).unwrap_or(0)) {
            let mut info = CK_TOKEN_INFO::default();
            if call!(self.C_GetTokenInfo(slot, &raw mut info)).is_ok()
                && String::from_utf8_lossy(&info.label).trim_end() == label
            {
                return Ok(slot);
            }
        }
        Err(Refused { function: "C_GetTokenInfo", rv: CKR_TOKEN_NOT_PRESENT })
    }

    /// Open a read-write session.
    pub fn open_session(&self, slot: CK_SLOT_ID) -> Result<Session, Refused> {
        let mut session = 0;
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        call!(self.C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session))?;
        Ok(session)
    }

    /// `C_CloseSession`.
    pub fn close_session(&self, session: Session) -> Result<(), Refused> {
        call!(self.C_CloseSession(session))
    }

    /// Log in as the token's user.
    pub fn login(&self, session: Session, pin: &[u8]) -> Result<(), Refused> {
        call!(self.C_Login(session, CKU_USER, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG))
    }

    /// `C_Logout`.
    pub fn logout(&self, session: Session) -> Result<(), Refused> {
        call!(self.C_Logout(session))
    }

    /// `C_CreateObject`.
    pub fn create(&self, session: Session, template: &[Attribute<'_>]) -> Result<Object, Refused> {
        let mut template = raw(template);
        let mut object = 0;
        call!(self.C_CreateObject(session, template.as_mut_ptr(), template.len() as CK_ULONG, &raw mut object))?;
        Ok(object)
    }

    /// `C_GenerateKeyPair`, by a mechanism without parameter.
    pub fn generate_pair(
        &self,
        session: Session,
        mechanism: CK_MECHANISM_TYPE,
        public: &[Attribute<'_>],
        private: &[Attribute<'_>],
    ) -> Result<Object, Refused> {
        let (mut public, mut private) = (raw(public), raw(private));
        let mut mechanism = CK_MECHANISM { mechanism, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let mut objects = [0; 2];
        let [public_handle, private_handle] = &mut objects;
        call!(self.C_GenerateKeyPair(
            session,
            &raw mut mechanism,
            public.as_mut_ptr(),
            public.len() as CK_ULONG,
            private.as_mut_ptr(),
            private.len() as CK_ULONG,
            public_handle,
            private_handle
        ))?;
        Ok(objects[1])
    }

    /// The first object that matches: init, find and final, as a program that wants one object does it.
    pub fn find(&self, session: Session, template: &[Attribute<'_>]) -> Result<Option<Object>, Refused> {
        let mut template = raw(template);
        let mut object = 0;
        let mut count = 0;
        call!(self.C_FindObjectsInit(session, template.as_mut_ptr(), template.len() as CK_ULONG))?;
        call!(self.C_FindObjects(session, &raw mut object, 1, &raw mut count))?;
        call!(self.C_FindObjectsFinal(session))?;
        Ok((count == 1).then_some(object))
    }

    /// Sign in one part.
    pub fn sign(
        &self,
        session: Session,
        mechanism: CK_MECHANISM_TYPE,
        key: Object,
        data: &[u8],
        signature: &mut [u8],
    ) -> Result<(), Refused> {
        let mut mechanism = CK_MECHANISM { mechanism, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        let mut length = signature.len() as CK_ULONG;
        call!(self.C_SignInit(session, &raw mut mechanism, key))?;
        call!(self.C_Sign(
            session,
            data.as_ptr().cast_mut(),
            data.len() as CK_ULONG,
            signature.as_mut_ptr(),
            &raw mut length
        ))
    }

    /// Encrypt in one part by `CKM_AES_GCM`; `out` has room for the data and a 16-byte tag.
    pub fn encrypt_gcm(
        &self,
        session: Session,
        key: Object,
        iv: &[u8; 12],
        data: &[u8],
        out: &mut [u8],
    ) -> Result<(), Refused> {
        debug_assert!(out.len() >= data.len() + GCM_TAG_LENGTH);
        let mut parameters = CK_GCM_PARAMS {
            pIv: iv.as_ptr().cast_mut(),
            ulIvLen: 12,
            ulIvBits: 96,
            pAAD: ptr::null_mut(),
            ulAADLen: 0,
            ulTagBits: GCM_TAG_BITS,
        };
        self.encrypt(session, with(CKM_AES_GCM, &mut parameters), key, data, out)
    }

    /// Encrypt in one part by `CKM_AES_CBC`: whole blocks.
    pub fn encrypt_cbc(
        &self,
        session: Session,
        key: Object,
        mut iv: [u8; 16],
        data: &[u8],
        out: &mut [u8],
    ) -> Result<(), Refused> {
        self.encrypt(session, with(CKM_AES_CBC, &mut iv), key, data, out)
    }

    /// Encrypt in one part by `CKM_AES_CTR`.
    pub fn encrypt_ctr(
        &self,
        session: Session,
        key: Object,
        block: [u8; 16],
        data: &[u8],
        out: &mut [u8],
    ) -> Result<(), Refused> {
        let mut parameters = CK_AES_CTR_PARAMS { ulCounterBits: COUNTER_BITS, cb: block };
        self.encrypt(session, with(CKM_AES_CTR, &mut parameters), key, data, out)
    }

    fn encrypt(
        &self,
        session: Session,
        mut mechanism: CK_MECHANISM,
        key: Object,
        data: &[u8],
        out: &mut [u8],
    ) -> Result<(), Refused> {
        let mut length = out.len() as CK_ULONG;
        call!(self.C_EncryptInit(session, &raw mut mechanism, key))?;
        call!(self.C_Encrypt(
            session,
            data.as_ptr().cast_mut(),
            data.len() as CK_ULONG,
            out.as_mut_ptr(),
            &raw mut length
        ))
    }

    /// Fill `out` with random bytes.
    pub fn random(&self, session: Session, out: &mut [u8]) -> Result<(), Refused> {
        call!(self.C_GenerateRandom(session, out.as_mut_ptr(), out.len() as CK_ULONG))
    }
}

/// A mechanism with its parameter, which must outlive it.
fn with<T>(mechanism: CK_MECHANISM_TYPE, parameter: &mut T) -> CK_MECHANISM {
    let pointer: *mut T = parameter;
    CK_MECHANISM { mechanism, pParameter: pointer.cast(), ulParameterLen: size_of::<T>() as CK_ULONG }
}

fn raw(template: &[Attribute<'_>]) -> Vec<CK_ATTRIBUTE> {
    template
        .iter()
        .map(|Attribute(kind, value)| CK_ATTRIBUTE {
            type_: *kind,
            pValue: value.as_ptr().cast_mut().cast(),
            ulValueLen: value.len() as CK_ULONG,
        })
        .collect()
}
