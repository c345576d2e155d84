//! Values that several examples share.

/// A customer tenant.
pub(super) const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";
