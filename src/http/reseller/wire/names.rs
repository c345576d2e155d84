//! The fixed sets of texts that the dialect's fields take, for the documentation. Each is that of
//! the code which reads or writes it.

use crate::domain::reseller::retention::RetentionUnit;
use crate::domain::reseller::role::RoleKind;
use crate::http::openapi::schema::names;

names! {
    /// What a retention time is counted in.
    pub(crate) RetentionUnitName = RetentionUnit::ALL.map(RetentionUnit::name);
    /// What kind of role it is: the two basic ones, which every plan has, or one of its own.
    pub(crate) RoleKindName = RoleKind::ALL.map(RoleKind::name);
    /// Whose a role is.
    pub(crate) RoleHome = ["plan", "domain"];
}
