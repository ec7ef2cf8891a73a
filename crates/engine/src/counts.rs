//! Use counts: reads and uses are counted here and handed to a worker in batches.

use crate::application::Application;
use crate::channel::exchange;
use crate::channel::work::{self, Plan, Work};
use crate::gate::attend;
use crate::grant::{Counts, OPERATIONS};
use crate::live::Engine;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Instant;
use vhsm_wire::frame::Lane;
use vhsm_wire::messages::UseCount;

/// Rows of one batch: far below a packet's limit.
const BATCH_ROWS_MAX: usize = 1_000;
/// Rows that wait for a worker; beyond, the rest stays with its grants.
const PENDING_ROWS_MAX: usize = 200_000;

/// Counts of applications that have ended, and of batches that no worker took.
#[derive(Default)]
pub struct Pending(Mutex<Vec<UseCount>>);

impl Pending {
    /// Take over what an application has counted.
    pub fn collect(&self, application: &Application) {
        let mut pending = self.0.lock();
        if pending.len() > PENDING_ROWS_MAX {
            return;
        }
        let enrolment_id = application.listener.enrolment_id;
        let taken = application.lock().grants.take_counts();
        for (token, object, counts) in taken {
            pending.extend(rows(&enrolment_id, &token, object, &counts));
        }
    }

    /// Put a batch back.
    pub fn restore(&self, work: Work) {
        if let Plan::Counts(rows) = work.plan {
            self.0.lock().extend(rows);
        }
    }

    fn batch(&self) -> Vec<UseCount> {
        let mut pending = self.0.lock();
        let from = pending.len().saturating_sub(BATCH_ROWS_MAX);
        pending.split_off(from)
    }
}

fn rows<'a>(
    enrolment_id: &'a [u8],
    token: &'a [u8],
    object: u64,
    counts: &'a Counts,
) -> impl Iterator<Item = UseCount> + 'a {
    (0..OPERATIONS).filter(|at| counts.done[*at] > 0 || counts.refused[*at] > 0).map(move |at| UseCount {
        enrolment_id: enrolment_id.to_vec(),
        token_uuid: token.to_vec(),
        object,
        operation: at as i32,
        count: counts.done[at].into(),
        refused: counts.refused[at].into(),
    })
}

/// Hand everything that was counted to quick workers, batch by batch.
pub fn report(engine: &'static Engine) {
    for application in engine.applications.all() {
        engine.counts.collect(&application);
    }
    loop {
        let batch = engine.counts.batch();
        let last = batch.len() < BATCH_ROWS_MAX;
        if batch.is_empty() {
            return;
        }
        match exchange::submit(engine, counts_work(engine, batch)) {
            Ok(job) => attend::serve_jobs(engine, job),
            Err(work) => return engine.counts.restore(*work),
        }
        if last {
            return;
        }
    }
}

/// A batch of counts, for which nobody waits.
fn counts_work(engine: &'static Engine, counts: Vec<UseCount>) -> Box<Work> {
    Box::new(Work {
        connection: None,
        lane: Lane::Control,
        application: None,
        listener: None,
        request: None,
        session: 0,
        ask_session: None,
        secrets: None,
        held: None,
        plan: Plan::Counts(counts),
        deadline: Instant::now() + work::time_allowed(false),
        slow: false,
        writes: false,
        asked_before: false,
        uuids: HashMap::new(),
        encapsulated: None,
        waiting: Vec::new(),
        began: engine.revocations.begin(),
    })
}
