//! Rules of PKCS#11 that are kept before a worker is asked: roles, read-only sessions, sizes of templates.

use super::request::Call;
use crate::grant::is_stored;
use crate::rv::{self, Rv};
use vhsm_wire::limits;
use vhsm_wire::messages::{ListenerKind, Login, Role, Template, attribute, request::Request as R};
use vhsm_wire::tables::CKA_TOKEN;

impl Call<'_> {
    /// Keep the rules that need no worker.
    pub(super) fn check_rules(&self, inner: &R) -> Result<(), Rv> {
        match inner {
            R::Login(asked) => self.check_login(asked),
            R::CreateObjects(asked) => {
                if asked.templates.is_empty() || asked.templates.len() as u64 > limits::OBJECT_OBJECTS_PER_REQUEST_MAX {
                    return Err(rv::CKR_ARGUMENTS_BAD);
                }
                asked.templates.iter().try_for_each(|template| self.check_new(template, false))
            }
            R::GenerateKey(asked) => self.check_new(&asked.template.clone().unwrap_or_default(), false),
            R::GenerateKeyPair(asked) => {
                self.check_new(&asked.public_template.clone().unwrap_or_default(), false)?;
                self.check_new(&asked.private_template.clone().unwrap_or_default(), false)
            }
            R::UnwrapKey(asked) => self.check_new(&asked.template.clone().unwrap_or_default(), false),
            R::DeriveKey(asked) => {
                let most = asked.further_keys.len().max(asked.further_templates.len());
                if most as u64 > limits::OBJECT_FURTHER_KEYS_MAX {
                    return Err(rv::CKR_ARGUMENTS_BAD);
                }
                asked.further_templates.iter().try_for_each(|template| self.check_new(template, false))?;
                self.check_new(&asked.template.clone().unwrap_or_default(), false)
            }
            R::EncapsulateKey(asked) => self.check_new(&asked.template.clone().unwrap_or_default(), false),
            R::DecapsulateKey(asked) => self.check_new(&asked.template.clone().unwrap_or_default(), false),
            R::CopyObject(asked) => {
                let stored = is_stored(self.application.object_name(asked.object).number);
                self.check_new(&asked.template.clone().unwrap_or_default(), stored)
            }
            R::SetAttributes(asked) => {
                check_template(&asked.template.clone().unwrap_or_default())?;
                self.check_change(asked.object)
            }
            R::DestroyObject(asked) => self.check_change(asked.object),
            R::SetPin(_) => self.require_read_write(),
            R::FindObjects(asked) => check_template(&asked.template.clone().unwrap_or_default()),
            _ => Ok(()),
        }
    }

    fn check_login(&self, asked: &Login) -> Result<(), Rv> {
        let role = Role::try_from(asked.role).map_err(|_| rv::CKR_USER_TYPE_INVALID)?;
        if self.application.listener.kind != ListenerKind::ListenerAdmin {
            if asked.for_one_use {
                return self.application.may_prove(self.session);
            }
            return self.application.may_log_in(self.session, role, &asked.user_name);
        }
        if role != Role::Administrator {
            return Err(rv::CKR_USER_TYPE_INVALID);
        }
        if self.application.lock().administrator.is_some() {
            return Err(rv::CKR_USER_ALREADY_LOGGED_IN);
        }
        Ok(())
    }

    /// CKA_TOKEN of a new object (`inherited` where the template is silent) asks for a read-write session.
    fn check_new(&self, template: &Template, inherited: bool) -> Result<(), Rv> {
        check_template(template)?;
        let token = template.attributes.iter().find(|wanted| wanted.r#type == CKA_TOKEN);
        let token = token.map_or(inherited, |wanted| wanted.content == Some(attribute::Content::Value(vec![1])));
        if token { self.require_read_write() } else { Ok(()) }
    }

    /// A session object may change in any session; the answer for a token object does not say whether it exists.
    fn check_change(&self, handle: u64) -> Result<(), Rv> {
        if is_stored(self.application.object_name(handle).number) { self.require_read_write() } else { Ok(()) }
    }

    fn require_read_write(&self) -> Result<(), Rv> {
        if self.application.lock().session(self.session)?.read_write { Ok(()) } else { Err(rv::CKR_SESSION_READ_ONLY) }
    }
}

/// A template has a bound.
///
/// # Errors
/// `CKR_TEMPLATE_INCONSISTENT`.
pub fn check_template(template: &Template) -> Result<(), Rv> {
    let few = template.attributes.len() as u64 <= limits::OBJECT_TEMPLATE_ATTRIBUTES_MAX;
    if few { Ok(()) } else { Err(rv::CKR_TEMPLATE_INCONSISTENT) }
}

/// Bytes of an application's own name that are kept.
const NAME_LENGTH_MAX: usize = 64;

/// Cut an application's own name to what is kept of it.
pub fn truncate(name: &mut String) {
    let end = (0..=NAME_LENGTH_MAX.min(name.len())).rev().find(|at| name.is_char_boundary(*at));
    name.truncate(end.unwrap_or(0));
}
