//! Every living application, by number and by ticket.

use super::{Application, Ticket};
use crate::gate::evidence::ProcessName;
use crate::gate::listener::Listener;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Default)]
struct Tables {
    by_id: HashMap<u64, Arc<Application>>,
    by_ticket: HashMap<Ticket, u64>,
}

/// Every living application.
#[derive(Default)]
pub struct Registry(RwLock<Tables>);

impl Registry {
    /// Enter an application.
    pub fn insert(&self, application: &Arc<Application>) {
        let mut tables = self.0.write();
        tables.by_ticket.insert(application.ticket, application.id);
        tables.by_id.insert(application.id, Arc::clone(application));
    }

    /// Strike an application out.
    pub fn remove(&self, application: &Application) {
        let mut tables = self.0.write();
        tables.by_ticket.remove(&application.ticket);
        tables.by_id.remove(&application.id);
    }

    /// The application of a number.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<Arc<Application>> {
        self.0.read().by_id.get(&id).cloned()
    }

    /// The application that a further connection belongs to: its ticket, through the same listener, from the same
    /// process.
    #[must_use]
    pub fn attach(
        &self,
        ticket: &[u8],
        listener: &Arc<Listener>,
        process: ProcessName,
        connection: u64,
    ) -> Option<Arc<Application>> {
        let ticket: Ticket = ticket.try_into().ok()?;
        let application = {
            let tables = self.0.read();
            Arc::clone(tables.by_id.get(tables.by_ticket.get(&ticket)?)?)
        };
        if !Arc::ptr_eq(&application.listener, listener) || application.process != process {
            return None;
        }
        let mut state = application.lock();
        if state.ended {
            return None;
        }
        state.connections.push(connection);
        drop(state);
        Some(application)
    }

    /// All of them, as of now.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Application>> {
        self.0.read().by_id.values().cloned().collect()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.read().by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
