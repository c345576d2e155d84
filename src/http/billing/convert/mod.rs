//! Between the wire and the use cases.

pub(super) mod customer;
pub(super) mod tax;
