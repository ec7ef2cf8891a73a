//! What an Answer takes away from applications: grants, logins, sessions.

use super::exchange::Serving;
use crate::application::registry::Registry;
use crate::application::{Application, Bound};
use crate::object::Uuid;
use vhsm_wire::messages::{Answer, request};

/// Do it, before the reply leaves.
pub fn apply(serving: &Serving<'_>, answer: &Answer) {
    let engine = serving.engine;
    if !answer.touched_objects.is_empty() {
        engine.revoke_objects(&answer.touched_objects);
        if let Some(application) = &serving.work.application {
            application.raise_facts_version();
        }
    }
    // A password change leaves the application that made it logged in.
    let spared = match serving.work.asked() {
        Some(request::Request::SetPin(_)) => serving.work.application.as_deref(),
        _ => None,
    };
    for user_id in &answer.ended_users {
        engine.revocations.revoke_user(*user_id);
        engine.logins.forget(*user_id);
        end_user(&engine.applications, *user_id, spared);
    }
    for token in answer.ended_tokens.iter().filter_map(|token| token.as_slice().try_into().ok()) {
        engine.revoke_token(token);
        end_token(&engine.applications, token);
    }
    for token in answer.emptied_tokens.iter().filter_map(|token| token.as_slice().try_into().ok()) {
        engine.revoke_token(token);
        for application in engine.applications.all() {
            application.close_sessions_of(&mut application.lock(), token);
        }
    }
    for unbinding in &answer.unbound {
        if let Ok(token) = unbinding.token_uuid.as_slice().try_into() {
            engine.revocations.revoke_token(token);
            end_binding(&engine.applications, &unbinding.enrolment_id, token);
        }
    }
    if answer.reconcile_listeners {
        engine.supervisor.reconcile(answer.listeners.clone());
    }
}

fn end_user(applications: &Registry, user_id: u64, spared: Option<&Application>) {
    for application in applications.all() {
        if spared.is_some_and(|spared| spared.id == application.id) {
            continue;
        }
        end_logins(&application, user_id);
    }
}

/// End a user's logins in one application.
pub fn end_logins(application: &Application, user_id: u64) {
    let mut state = application.lock();
    let of_user = |bound: &Bound| bound.login.as_ref().is_some_and(|login| login.user_id == user_id);
    let tokens: Vec<Uuid> = state.tokens.iter().filter(|(_, bound)| of_user(bound)).map(|(token, _)| *token).collect();
    for token in tokens {
        application.log_out_of(&mut state, token);
    }
    if state.administrator.as_ref().is_some_and(|(administrator, _)| *administrator == user_id) {
        state.administrator = None;
    }
}

fn end_token(applications: &Registry, token: Uuid) {
    for application in applications.all() {
        end_token_of(&application, token);
    }
}

fn end_binding(applications: &Registry, enrolment_id: &[u8], token: Uuid) {
    for application in applications.all() {
        if application.listener.enrolment_id == enrolment_id {
            end_token_of(&application, token);
        }
    }
}

fn end_token_of(application: &Application, token: Uuid) {
    let mut state = application.lock();
    if state.tokens.contains_key(&token) {
        application.close_sessions_of(&mut state, token);
        state.tokens.remove(&token);
        state.grants.remove_if(|granted| granted.token == token);
        application.raise_facts_version();
    }
}
