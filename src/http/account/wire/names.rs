//! The fixed sets of texts that the dialect's fields take, for the documentation. Each is that of
//! the code which reads it.

use crate::domain::brand::BrandEncryption;
use crate::domain::client::ApiScope;
use crate::domain::meter::{MeasurementUnit, OfferingType};
use crate::domain::tenant::TenantKind;
use crate::domain::user::BUYER;
use crate::domain::user::{NOTIFICATION_KINDS, ROLES};
use crate::http::openapi::schema::names;

names! {
    /// What a tenant is for.
    pub(crate) TenantKindName = TenantKind::ALL.map(TenantKind::name);
    /// A scope of API clients.
    pub(crate) ScopeName = ApiScope::ALL.map(ApiScope::name);
    /// Whether a client is in use.
    pub(crate) ClientStatus = ["enabled", "disabled"];
    /// The kind of a client: there is one, with two names.
    pub(crate) ClientKind = ["agent", "api_client"];
    /// How the connection to a mail server is protected: not, by TLS from the first byte, or as the
    /// port has it (465: from the first byte; else STARTTLS, which must then succeed).
    pub(crate) Encryption =
        [BrandEncryption::None, BrandEncryption::Ssl, BrandEncryption::Tls]
            .map(BrandEncryption::name);
    /// What the numbers of an offering item count.
    pub(crate) MeasurementUnitName =
        [MeasurementUnit::Bytes, MeasurementUnit::Quantity, MeasurementUnit::NotApplicable]
            .map(MeasurementUnit::name);
    /// How the vendor classes an offering item.
    pub(crate) OfferingTypeName =
        [OfferingType::Count, OfferingType::Feature, OfferingType::Infra].map(OfferingType::name);
    /// A role of users on tenants. `company_admin` on the user's own tenant makes the Company
    /// Administrator.
    pub(crate) RoleName = ROLES;
    /// The only business type of users.
    pub(crate) BusinessType = [BUYER];
    /// What a person may want mail about.
    pub(crate) NotificationKind = NOTIFICATION_KINDS;
    /// What a search can find.
    pub(crate) ObjectType = ["tenant", "user"];
}
