//! Makes jobs for the writer, and queues them (`commit_queued`): of changes, whose limits it checks,
//! or of an update.

use std::sync::Arc;

use super::EmbeddedEngine;
use super::writer::{Outcomes, Work};
use crate::store::engine::{Changes, Update};
use crate::store::limits::{MAX_CHANGE_BYTES, checked_size};

/// What a record that is to be replaced takes while it waits, about: its name and what it is
/// replaced by.
const UPDATED_BYTES: usize = 200;

impl EmbeddedEngine {
    /// Sends changes to the writer in jobs that keep to the limits of one change.
    pub(super) async fn commit_many(&self, changes: Vec<Changes>) -> Outcomes {
        let mut outcomes: Outcomes = Vec::with_capacity(changes.len());
        let (mut job, mut job_bytes, mut places) = (Vec::new(), 0, Vec::new());
        for change in changes {
            match checked_size(&change) {
                // Its outcome, if it is refused; its place, until its job is done.
                Err(error) => outcomes.push(Err(error.into())),
                Ok(bytes) => {
                    if job_bytes + bytes > MAX_CHANGE_BYTES {
                        let full = std::mem::take(&mut job);
                        self.commit_job(full, job_bytes, &mut places, &mut outcomes)
                            .await;
                        job_bytes = 0;
                    }
                    job_bytes += bytes;
                    job.push(change);
                    places.push(outcomes.len());
                    outcomes.push(Ok(()));
                }
            }
        }
        self.commit_job(job, job_bytes, &mut places, &mut outcomes)
            .await;
        outcomes
    }

    pub(super) async fn update_queued(&self, update: Arc<dyn Update>) -> Outcomes {
        let count = update.keys().len();
        let work = Work::Update(update);
        let done = self.commit_queued(work, count * UPDATED_BYTES).await;
        done.unwrap_or_else(|error| vec![Err(error.into()); count])
    }

    async fn commit_job(
        &self,
        job: Vec<Changes>,
        job_bytes: usize,
        places: &mut Vec<usize>,
        outcomes: &mut Outcomes,
    ) {
        if job.is_empty() {
            return;
        }
        let done = self.commit_queued(Work::Changes(job), job_bytes).await;
        let done = done.unwrap_or_else(|error| vec![Err(error.into()); places.len()]);
        for (place, outcome) in places.drain(..).zip(done) {
            if let Some(answer) = outcomes.get_mut(place) {
                *answer = outcome;
            }
        }
    }
}
