//! The rules of PKCS#11 on sessions and logins (v3.2, 5.6), which the engine keeps by itself.

use super::login::Login;
use super::session::Session;
use super::{Application, Bound, State};
use crate::object::{Uuid, is_private};
use crate::rv::{self, Rv};
use vhsm_wire::messages::{AskSession, Role, SessionState};

impl Application {
    /// C_OpenSession; returns the handle.
    ///
    /// # Errors
    /// `CKR_SLOT_ID_INVALID`, `CKR_SESSION_READ_WRITE_SO_EXISTS`, `CKR_SESSION_COUNT`.
    pub fn open_session(&self, slot_id: u64, read_write: bool) -> Result<u64, Rv> {
        let mut state = self.lock();
        if state.ended {
            return Err(rv::CKR_CRYPTOKI_NOT_INITIALIZED);
        }
        let slot = state.tokens.iter_mut().find(|(_, bound)| bound.slot_id == slot_id);
        let (token, bound) = slot.ok_or(rv::CKR_SLOT_ID_INVALID)?;
        if !read_write && bound.role() == Role::SecurityOfficer {
            return Err(rv::CKR_SESSION_READ_WRITE_SO_EXISTS);
        }
        if !self.listener.sessions.take(1) {
            return Err(rv::CKR_SESSION_COUNT);
        }
        bound.sessions += 1;
        bound.read_write_sessions += u64::from(read_write);
        let session = Session {
            slot_id,
            token: *token,
            read_write,
            made_objects: false,
            running: Vec::new(),
            one_use: None,
            message_counter: None,
        };
        let number = state.next_session();
        state.sessions.insert(number, session);
        Ok(self.session_handle(number))
    }

    /// C_CloseSession; the last session on a token takes its login with it.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`.
    pub fn close_session(&self, number: u64) -> Result<(), Rv> {
        let mut state = self.lock();
        let session = state.sessions.remove(&number).ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
        self.session_gone(&mut state, number, &session);
        Ok(())
    }

    /// C_CloseAllSessions.
    ///
    /// # Errors
    /// `CKR_SLOT_ID_INVALID`.
    pub fn close_all_sessions(&self, slot_id: u64) -> Result<(), Rv> {
        let mut state = self.lock();
        let slot = state.tokens.iter().find(|(_, bound)| bound.slot_id == slot_id);
        let token = *slot.ok_or(rv::CKR_SLOT_ID_INVALID)?.0;
        self.close_sessions_of(&mut state, token);
        Ok(())
    }

    /// Close every session on a token.
    pub fn close_sessions_of(&self, state: &mut State, token: Uuid) {
        let on_token = |session: &Session| session.token == token;
        let numbers: Vec<u64> =
            state.sessions.iter().filter(|(_, session)| on_token(session)).map(|(number, _)| *number).collect();
        for number in numbers {
            if let Some(session) = state.sessions.remove(&number) {
                self.session_gone(state, number, &session);
            }
        }
    }

    fn session_gone(&self, state: &mut State, number: u64, session: &Session) {
        self.listener.sessions.give_back(1);
        if session.made_objects {
            let State { objects, grants, .. } = state;
            objects.retain(|object, held| {
                let stays = held.session != number;
                if !stays {
                    grants.remove(*object);
                }
                stays
            });
            self.raise_facts_version();
        }
        let Some(bound) = state.tokens.get_mut(&session.token) else { return };
        bound.sessions = bound.sessions.saturating_sub(1);
        bound.read_write_sessions = bound.read_write_sessions.saturating_sub(u64::from(session.read_write));
        if bound.sessions == 0 && bound.login.is_some() {
            self.log_out_of(state, session.token);
        }
    }

    /// C_GetSessionInfo.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`.
    pub fn session_info(&self, number: u64) -> Result<SessionState, Rv> {
        let mut state = self.lock();
        let token = state.session(number)?.token;
        let role = state.role(&token);
        let session = state.session(number)?;
        Ok(SessionState { slot_id: session.slot_id, state: session.state(role), read_write: session.read_write })
    }

    /// C_Logout, for a session's token.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`, `CKR_USER_NOT_LOGGED_IN`.
    pub fn log_out(&self, number: u64) -> Result<(), Rv> {
        let mut state = self.lock();
        let token = state.session(number)?.token;
        if state.role(&token) == Role::None {
            return Err(rv::CKR_USER_NOT_LOGGED_IN);
        }
        self.log_out_of(&mut state, token);
        Ok(())
    }

    /// End the login to a token: private grants, private session objects and operations with private keys.
    pub fn log_out_of(&self, state: &mut State, token: Uuid) {
        if let Some(bound) = state.tokens.get_mut(&token) {
            bound.login = None;
        }
        state.grants.remove_if(|granted| granted.token == token && granted.private);
        state.objects.retain(|_, object| object.token != token || !is_private(&object.object.attributes));
        for session in state.sessions.values_mut().filter(|session| session.token == token) {
            session.running.retain(|running| !running.private);
            session.one_use = None;
        }
        self.raise_facts_version();
    }

    /// What C_Login asks before anything is derived.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`, `CKR_USER_TYPE_INVALID`, `CKR_USER_ALREADY_LOGGED_IN`,
    /// `CKR_USER_ANOTHER_ALREADY_LOGGED_IN`, `CKR_SESSION_READ_ONLY_EXISTS`.
    pub fn may_log_in(&self, number: u64, role: Role, user_name: &str) -> Result<(), Rv> {
        let mut state = self.lock();
        let token = state.session(number)?.token;
        let bound = state.tokens.get(&token).ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
        check_login(bound, role, user_name)
    }

    /// What C_Login with CKU_CONTEXT_SPECIFIC asks before anything is derived.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`, `CKR_OPERATION_NOT_INITIALIZED`.
    pub fn may_prove(&self, number: u64) -> Result<(), Rv> {
        let mut state = self.lock();
        state.session(number)?.one_use.map(drop).ok_or(rv::CKR_OPERATION_NOT_INITIALIZED)
    }

    /// The user of this number has proven the PIN for the use that the session has prepared.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`, `CKR_OPERATION_NOT_INITIALIZED`; `CKR_PIN_INCORRECT` if another is logged in.
    pub fn prove(&self, number: u64, user_id: u64) -> Result<(), Rv> {
        let mut state = self.lock();
        let token = state.session(number)?.token;
        let login = state.tokens.get(&token).and_then(|bound| bound.login.as_ref());
        if login.is_none_or(|login| login.role != Role::User || login.user_id != user_id) {
            return Err(rv::CKR_PIN_INCORRECT);
        }
        state.session(number)?.one_use.as_mut().ok_or(rv::CKR_OPERATION_NOT_INITIALIZED)?.proven = true;
        Ok(())
    }

    /// Log in, if the rules still allow it now that the PIN is proven.
    ///
    /// # Errors
    /// As [`Application::may_log_in`].
    pub fn log_in(&self, number: u64, login: Login) -> Result<(), Rv> {
        let mut state = self.lock();
        let token = state.session(number)?.token;
        let login_number = state.next_login();
        let bound = state.tokens.get_mut(&token).ok_or(rv::CKR_SESSION_HANDLE_INVALID)?;
        check_login(bound, login.role, &login.user_name)?;
        (bound.login, bound.login_number) = (Some(login), login_number);
        self.raise_facts_version();
        Ok(())
    }

    /// The session as an Ask describes it.
    ///
    /// # Errors
    /// `CKR_SESSION_HANDLE_INVALID`.
    pub fn ask_session(&self, number: u64) -> Result<AskSession, Rv> {
        let mut state = self.lock();
        let session = state.session(number)?;
        let (token, slot_id, read_write) = (session.token, session.slot_id, session.read_write);
        let login = state.tokens.get(&token).and_then(|bound| bound.login.as_ref());
        Ok(AskSession {
            slot_id,
            token_uuid: token.to_vec(),
            read_write,
            role: login.map_or(Role::None, |login| login.role).into(),
            user_id: login.map_or(0, |login| login.user_id),
        })
    }

    /// End everything: the process has ended, or its last connection has.
    pub fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        self.listener.sessions.give_back(state.sessions.len());
        state.sessions.clear();
        state.objects.clear();
        state.tokens.clear();
        state.grants.remove_if(|_| true);
        state.administrator = None;
    }
}

fn check_login(bound: &Bound, role: Role, user_name: &str) -> Result<(), Rv> {
    if !matches!(role, Role::User | Role::SecurityOfficer) {
        return Err(rv::CKR_USER_TYPE_INVALID);
    }
    if let Some(login) = &bound.login {
        // A token has one user of each role, whom C_Login means without a name.
        let unnamed = login.user_name.is_empty() || user_name.is_empty();
        let same = login.role == role && (unnamed || login.user_name == user_name);
        return Err(if same { rv::CKR_USER_ALREADY_LOGGED_IN } else { rv::CKR_USER_ANOTHER_ALREADY_LOGGED_IN });
    }
    if role == Role::SecurityOfficer && bound.sessions > bound.read_write_sessions {
        return Err(rv::CKR_SESSION_READ_ONLY_EXISTS);
    }
    Ok(())
}
