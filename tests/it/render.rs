//! What people read, from outside: whole mails, pages and headers against stored ones, hostile
//! data, and the contract of the languages.

#![allow(
    clippy::expect_used,
    reason = "helpers of tests are outside #[test] functions"
)]

mod buying;
mod figures;
mod hostile;
mod snapshots;
mod typography;
mod views;
mod wording;
