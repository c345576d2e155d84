//! Converts between the JSON of the billing dialect and the values of the use cases.

pub(super) mod customer;
pub(super) mod tax;
