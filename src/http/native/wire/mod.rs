//! The JSON of the native dialect.

pub(super) mod alert;
pub(super) mod audit;
pub(super) mod click;
pub(super) mod email;
pub(super) mod explain;
pub(super) mod names;
pub(super) mod plan;
pub(super) mod preview;
pub(super) mod quota;
pub(super) mod usage;
