//! Converts between the JSON of the native dialect and the values of the use cases.

pub(super) mod alert;
pub(super) mod audit;
pub(super) mod click;
pub(super) mod email;
pub(super) mod explain;
pub(super) mod preview;
pub(super) mod quota;
pub(super) mod usage;
