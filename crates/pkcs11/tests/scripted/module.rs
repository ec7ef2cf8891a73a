//! The shared library, loaded from a copy of its own: each test has its own state of the module.

use super::server::{MAC_LENGTH, Server};
use cryptoki_sys::*;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// C_Initialize reads the environment, of which the process has one.
static ENVIRONMENT: Mutex<()> = Mutex::new(());
static COUNT: AtomicUsize = AtomicUsize::new(0);

pub struct Module {
    pub functions: &'static CK_FUNCTION_LIST_3_2,
    library: *mut std::ffi::c_void,
    path: PathBuf,
}

// SAFETY: the function list is immutable, and the library's handle is used by `drop` alone.
unsafe impl Sync for Module {}

/// A mechanism with a parameter, which must live as long as it is used.
pub fn mechanism<T>(kind: CK_MECHANISM_TYPE, parameter: &T) -> CK_MECHANISM {
    let length = size_of::<T>() as CK_ULONG;
    CK_MECHANISM {
        mechanism: kind,
        pParameter: std::ptr::from_ref(parameter).cast_mut().cast(),
        ulParameterLen: length,
    }
}

/// An attribute that is the bytes of `value`, which must live as long as it is used.
pub fn attribute(kind: CK_ATTRIBUTE_TYPE, value: &[u8]) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE { type_: kind, pValue: value.as_ptr().cast_mut().cast(), ulValueLen: value.len() as CK_ULONG }
}

/// Call a function of the newest list.
macro_rules! call {
    ($module:ident.$function:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: the tests give valid pointers, null, or lengths that the module must refuse before it reads.
        unsafe { ($module.functions.$function.unwrap())($($argument),*) }
    };
}
pub(crate) use call;

/// A scripted server, and the module initialised for it.
pub fn started() -> (Server, Module) {
    let name = format!("vhsm-module-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    let directory = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&directory).unwrap();
    let server = Server::start(&directory, 1);
    let module = Module::load(&directory);
    let turn = environment(&server);
    assert_eq!(call!(module.C_Initialize(null_mut())), CKR_OK);
    drop(turn);
    (server, module)
}

/// Make the environment name this server for as long as the guard lives.
pub fn environment(server: &Server) -> MutexGuard<'static, ()> {
    let turn = ENVIRONMENT.lock().unwrap();
    // SAFETY: the lock keeps other tests from reading the environment meanwhile.
    unsafe { std::env::set_var("VHSM_SOCKET", &server.socket) };
    turn
}

impl Module {
    fn load(directory: &Path) -> Self {
        let built = std::env::current_exe().unwrap().with_file_name("libvhsm_pkcs11.so");
        let path = directory.join("libvhsm_pkcs11.so");
        std::fs::copy(built, &path).unwrap();
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        let mut interface: *mut CK_INTERFACE = null_mut();
        // SAFETY: the library is ours, and C_GetInterface has the type that the standard gives it.
        unsafe {
            let library = libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            assert!(!library.is_null());
            let symbol = libc::dlsym(library, c"C_GetInterface".as_ptr());
            assert!(!symbol.is_null());
            let interface_of = std::mem::transmute::<*mut std::ffi::c_void, CK_C_GetInterface>(symbol).unwrap();
            assert_eq!(interface_of(null_mut(), null_mut(), &raw mut interface, 0), CKR_OK);
            let functions = &*(*interface).pFunctionList.cast::<CK_FUNCTION_LIST_3_2>();
            assert_eq!((functions.version.major, functions.version.minor), (3, 2));
            Self { functions, library, path }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap()
    }

    pub fn open(&self) -> CK_SESSION_HANDLE {
        let mut session = 0;
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        assert_eq!(call!(self.C_OpenSession(1, flags, null_mut(), None, &raw mut session)), CKR_OK);
        session
    }

    pub fn sign_init(&self, session: CK_SESSION_HANDLE, key: CK_OBJECT_HANDLE) {
        let mut mechanism = CK_MECHANISM { mechanism: CKM_SHA256_HMAC, pParameter: null_mut(), ulParameterLen: 0 };
        assert_eq!(call!(self.C_SignInit(session, &raw mut mechanism, key)), CKR_OK);
    }

    pub fn sign(&self, session: CK_SESSION_HANDLE, data: &[u8]) -> Vec<u8> {
        let (mut out, mut length) = (vec![0; MAC_LENGTH], MAC_LENGTH as CK_ULONG);
        let (pointer, data_length) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let rv = call!(self.C_Sign(session, pointer, data_length, out.as_mut_ptr(), &raw mut length));
        assert_eq!((rv, length), (CKR_OK, MAC_LENGTH as CK_ULONG));
        out
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: nothing of the library is used after this.
        unsafe { libc::dlclose(self.library) };
        drop(std::fs::remove_dir_all(self.directory()));
    }
}

/// Run something in a forked child, and return its exit status: 0 if it did not panic.
pub fn in_child(body: impl FnOnce()) -> i32 {
    // SAFETY: the child runs `body` on the only thread that it has, and leaves without running anything else.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            libc::_exit(i32::from(ended.is_err()));
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        status
    }
}
