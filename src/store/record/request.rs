//! Stored form of requests that a caller may send again.

use serde::{Deserialize, Serialize};

use super::Stored;
use crate::domain::time::Timestamp;

/// A request that was begun, and its answer once there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// What was asked: a hash of method, path, query and body.
    pub fingerprint: [u8; 32],
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// The answer, sealed: it may hold a secret. `None`: none was kept, or none yet.
    pub sealed_answer: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub struct KeptRequestForm {
    fingerprint: [u8; 32],
    expires_us: i64,
    sealed_answer: Option<String>,
}

impl From<KeptRequest> for KeptRequestForm {
    fn from(request: KeptRequest) -> Self {
        Self {
            fingerprint: request.fingerprint,
            expires_us: request.expires_at.micros(),
            sealed_answer: request.sealed_answer,
        }
    }
}

impl Stored for KeptRequest {
    const NAME: &'static str = "kept request";
    const SECRETS: &'static [&'static str] = &["sealed_answer"];
    type Form = KeptRequestForm;

    fn from_form(form: KeptRequestForm) -> Result<Self, String> {
        Ok(Self {
            fingerprint: form.fingerprint,
            expires_at: Timestamp::from_micros(form.expires_us),
            sealed_answer: form.sealed_answer,
        })
    }
}
