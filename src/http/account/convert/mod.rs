//! Between the dialect's JSON and the use cases' values.

pub(super) mod accounts;
pub(super) mod brand;
pub(super) mod meters;
