//! Where state lives: an engine of keyed records, and the typed store above it.

pub mod embedded;
pub mod engine;
