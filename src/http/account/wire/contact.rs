//! The contact block of tenants and users (seed 000).

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
pub(in super::super) struct ContactOut {
    pub(in super::super) address1: String,
    pub(in super::super) address2: String,
    pub(in super::super) city: String,
    pub(in super::super) country: String,
    pub(in super::super) email: String,
    pub(in super::super) firstname: String,
    pub(in super::super) lastname: String,
    pub(in super::super) phone: String,
    pub(in super::super) state: String,
    pub(in super::super) zipcode: String,
}

#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct ContactIn {
    pub(in super::super) address1: Option<String>,
    pub(in super::super) address2: Option<String>,
    pub(in super::super) city: Option<String>,
    pub(in super::super) country: Option<String>,
    pub(in super::super) email: Option<String>,
    pub(in super::super) firstname: Option<String>,
    pub(in super::super) lastname: Option<String>,
    pub(in super::super) phone: Option<String>,
    pub(in super::super) state: Option<String>,
    pub(in super::super) zipcode: Option<String>,
}
