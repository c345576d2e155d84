//! The pure core: values and decisions. No I/O, no clock, no serde, no async.

pub mod ids;
pub mod link;
pub mod proposal;
pub mod quota;
pub mod time;
