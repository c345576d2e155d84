//! The account management dialect, `/api/2` (seeds 000 and 001).

pub mod error;
