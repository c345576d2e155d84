//! What comes in to be committed: checked, and sent to the writer in jobs.

use super::writer::Outcomes;
use super::{EmbeddedEngine, MAX_CHANGE_BYTES, MAX_CHANGE_WRITES, MAX_VALUE_BYTES};
use crate::store::engine::{Changes, CommitError, Key, MAX_KEY_BYTES, StoreError, Write};

impl EmbeddedEngine {
    pub(super) async fn commit_one(&self, changes: Changes) -> Result<(), CommitError> {
        let change_bytes = checked_size(&changes)?;
        let outcomes = self.commit_queued(vec![changes], change_bytes).await?;
        let lost = || Err(StoreError::Unavailable("the writer gave no answer".to_owned()).into());
        outcomes.into_iter().next().unwrap_or_else(lost)
    }

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
        let done = self.commit_queued(job, job_bytes).await;
        let done = done.unwrap_or_else(|error| vec![Err(error.into()); places.len()]);
        for (place, outcome) in places.drain(..).zip(done) {
            outcomes[place] = outcome;
        }
    }
}

/// The bytes of a change, if it keeps to the limits.
fn checked_size(changes: &Changes) -> Result<usize, StoreError> {
    let Changes {
        expectations,
        writes,
    } = changes;
    if writes.len() > MAX_CHANGE_WRITES || expectations.len() > MAX_CHANGE_WRITES {
        let most = writes.len().max(expectations.len());
        return Err(refused(format!(
            "{most} writes; at most {MAX_CHANGE_WRITES} are allowed"
        )));
    }
    let mut total: usize = 0;
    for (key, _) in expectations {
        total = total.saturating_add(checked_key(key)?);
    }
    for write in writes {
        let bytes = match write {
            Write::Delete(key) => checked_key(key)?,
            Write::Put(key, body) if body.len() > MAX_VALUE_BYTES => {
                checked_key(key)?;
                let found = body.len();
                return Err(refused(format!(
                    "a value of {found} bytes; {MAX_VALUE_BYTES} is most"
                )));
            }
            Write::Put(key, body) => checked_key(key)? + body.len(),
        };
        total = total.saturating_add(bytes);
    }
    if total > MAX_CHANGE_BYTES {
        return Err(refused(format!(
            "{total} bytes in one change; {MAX_CHANGE_BYTES} is most"
        )));
    }
    Ok(total)
}

fn checked_key(key: &Key) -> Result<usize, StoreError> {
    match key.0.len() {
        0 => Err(refused("an empty key".to_owned())),
        found if found > MAX_KEY_BYTES => Err(refused(format!(
            "a key of {found} bytes; {MAX_KEY_BYTES} is most"
        ))),
        found => Ok(found),
    }
}

fn refused(why: String) -> StoreError {
    StoreError::Refused(why)
}
