//! PKCS#11 v3.2, 5.6: session management. Login is the application's: all of its sessions and threads share it.

use crate::ffi::{Input, Name, Place};
use crate::kind::Kind;
use crate::library::{self, library};
use crate::operation::Context;
use crate::rv::{Result, Rv};
use cryptoki_sys::*;
use vhsm_wire::limits;
use vhsm_wire::messages::{
    CloseAllSessions, CloseSession, InitPin, Login, Logout, OpenSession, Role, SessionInfo, SetPin,
};
use vhsm_wire::messages::{reply, request};

/// Longest user name of C_LoginUser, in bytes.
const USER_NAME_LENGTH_MAX: usize = 255;

pub fn open(slot_id: CK_SLOT_ID, flags: CK_FLAGS, session: Place<CK_SESSION_HANDLE>) -> Result<()> {
    let library = library()?;
    if flags & CKF_SERIAL_SESSION == 0 {
        return Err(Rv(CKR_SESSION_PARALLEL_NOT_SUPPORTED));
    }
    if flags & CKF_ASYNC_SESSION != 0 {
        return Err(Rv(CKR_SESSION_ASYNC_NOT_SUPPORTED));
    }
    session.check()?;
    let body = request::Request::OpenSession(OpenSession { slot_id, read_write: flags & CKF_RW_SESSION != 0 });
    let mut answer = library.ask(None, body, &[])?;
    let Some(reply::Reply::SessionOpened(opened)) = answer.body() else { return Err(Rv(CKR_DEVICE_ERROR)) };
    library.add_session(opened.session, slot_id, answer.application());
    session.write(opened.session)
}

pub fn close(session: CK_SESSION_HANDLE) -> Result<()> {
    let (library, session) = library::session(session)?;
    library.forget_session(session.handle);
    library.ask(Some(&session), request::Request::CloseSession(CloseSession {}), &[])?;
    Ok(())
}

pub fn close_all(slot_id: CK_SLOT_ID) -> Result<()> {
    let library = library()?;
    library.ask(None, request::Request::CloseAllSessions(CloseAllSessions { slot_id }), &[])?;
    library.forget_sessions_of(slot_id);
    Ok(())
}

pub fn info(session: CK_SESSION_HANDLE, info: Place<CK_SESSION_INFO>) -> Result<()> {
    let (library, session) = library::session(session)?;
    info.check()?;
    let mut answer = library.ask(Some(&session), request::Request::SessionInfo(SessionInfo {}), &[])?;
    let Some(reply::Reply::SessionState(state)) = answer.body() else { return Err(Rv(CKR_DEVICE_ERROR)) };
    let read_write = if state.read_write { CKF_RW_SESSION } else { 0 };
    info.write(CK_SESSION_INFO {
        slotID: state.slot_id,
        state: state.state,
        flags: CKF_SERIAL_SESSION | read_write,
        ulDeviceError: 0,
    })
}

/// C_SessionCancel: flags of what is not active are no error.
pub fn cancel(session: CK_SESSION_HANDLE, flags: CK_FLAGS) -> Result<()> {
    let (library, session) = library::session(session)?;
    let mut operations = session.operations();
    let context = Context { library, session: &session };
    for kind in Kind::ALL {
        if flags & kind.flag() != 0 {
            operations.cancel(&context, kind);
        }
    }
    if flags & CKF_FIND_OBJECTS != 0 {
        operations.search = None;
    }
    Ok(())
}

/// C_GetSessionValidationFlags (PKCS#11 v3.2, 5.6.11): nothing is validated, so no flag of any kind is set.
pub fn validation_flags(
    session: CK_SESSION_HANDLE,
    _kind: CK_SESSION_VALIDATION_FLAGS_TYPE,
    flags: Place<CK_FLAGS>,
) -> Result<()> {
    library::session(session)?;
    flags.write(0)
}

/// C_AsyncComplete and its like: no session is asynchronous (CKF_ASYNC_SESSION is refused), so what they ask for is
/// absent.
pub fn asynchronous(session: CK_SESSION_HANDLE, function: Name, absent: CK_RV) -> Result<()> {
    library::session(session)?;
    Err(Rv(if function.is_of_function() { absent } else { CKR_ARGUMENTS_BAD }))
}

/// C_Login, and C_LoginUser with a name.
pub fn login(session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: Input<'_>, name: Option<Input<'_>>) -> Result<()> {
    let (library, session) = library::session(session)?;
    let (role, for_one_use) = match user {
        CKU_USER => (Role::User, false),
        CKU_SO => (Role::SecurityOfficer, false),
        CKU_CONTEXT_SPECIFIC => (Role::User, true),
        _ => return Err(Rv(CKR_USER_TYPE_INVALID)),
    };
    let user_name = match name {
        None => String::new(),
        Some(name) => match std::str::from_utf8(name.bytes()?) {
            Ok(name) if name.len() <= USER_NAME_LENGTH_MAX => name.to_owned(),
            // The same as for a name that nobody has.
            _ => return Err(Rv(CKR_PIN_INCORRECT)),
        },
    };
    let pin = checked_pin(pin, CKR_PIN_INCORRECT)?;
    let body = Login { role: role as i32, user_name, for_one_use };
    let ask = || library.ask(Some(&session), request::Request::Login(body.clone()), &[pin]).map(drop);
    match ask() {
        Err(Rv(CKR_OPERATION_NOT_INITIALIZED)) if for_one_use => {
            session.operations().prepare_message(&Context { library, session: &session })?;
            ask()
        }
        outcome => outcome,
    }
}

pub fn logout(session: CK_SESSION_HANDLE) -> Result<()> {
    let (library, session) = library::session(session)?;
    library.ask(Some(&session), request::Request::Logout(Logout {}), &[])?;
    library.note_change();
    Ok(())
}

pub fn set_pin(session: CK_SESSION_HANDLE, old: Input<'_>, new: Input<'_>) -> Result<()> {
    let (library, session) = library::session(session)?;
    let old = checked_pin(old, CKR_PIN_INCORRECT)?;
    let new = checked_pin(new, CKR_PIN_LEN_RANGE)?;
    library.ask(Some(&session), request::Request::SetPin(SetPin {}), &[old, new])?;
    Ok(())
}

pub fn init_pin(session: CK_SESSION_HANDLE, pin: Input<'_>) -> Result<()> {
    let (library, session) = library::session(session)?;
    let pin = checked_pin(pin, CKR_PIN_LEN_RANGE)?;
    library.ask(Some(&session), request::Request::InitPin(InitPin {}), &[pin])?;
    Ok(())
}

/// A PIN of a length that one can have. There is no protected authentication path: a null PIN is a mistake.
pub fn checked_pin(pin: Input<'_>, otherwise: CK_RV) -> Result<&[u8]> {
    if pin.is_null() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    let pin = pin.bytes()?;
    let within = (1..=limits::LOGIN_PIN_LENGTH_MAX as usize).contains(&pin.len());
    if within { Ok(pin) } else { Err(Rv(otherwise)) }
}
