//! The families of records, one for each kind. The compiler refuses two with the same byte.

/// Which bytes of a key decide where a divided store keeps its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The id that the key begins with: a list is where its owner is.
    First,
    /// The id that the key ends with: a record is where what it belongs to is.
    Last,
    /// All of them.
    Whole,
}

macro_rules! families {
    ($($family:ident = $byte:literal, $place:ident;)+) => {
        /// The kind of a record, which is the first byte of its key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(in crate::store) enum Family {
            $($family = $byte),+
        }

        impl Family {
            /// The family of a key.
            pub(in crate::store) const fn of(key: &[u8]) -> Option<Self> {
                match key {
                    $([$byte, ..] => Some(Self::$family),)+
                    _ => None,
                }
            }

            /// Where its records are.
            pub(super) const fn place(self) -> Place {
                match self {
                    $(Self::$family => Place::$place),+
                }
            }
        }
    };
}

families! {
    Tenant = b't', Last;
    User = b'u', Last;
    Brand = b'b', Last;
    Logo = b'l', Last;
    Client = b'c', Last;
    Snoozes = b's', Last;
    Meter = b'm', Last;
    OfferingItems = b'M', Last;
    LatestClicks = b'J', Last;
    Disabled = b'G', Last;
    PersonalTenant = b'P', Last;
    Customer = b'B', Last;
    CustomerId = b'D', Last;
    Tax = b'x', Last;
    Mail = b'o', Last;
    MailDue = b'd', Last;
    MailByState = b'q', Last;
    OpenMail = b'g', Last;
    Notice = b'n', Last;
    Recipient = b'r', Last;
    ReminderDue = b'R', Last;
    MailsCounted = b'Q', Last;
    MailsCountedUntil = b'z', Last;
    Presence = b'W', Last;
    Lease = b'O', Last;
    Child = b'C', First;
    ChildName = b'N', First;
    SubtreeTenant = b'S', First;
    SubtreeUser = b'U', First;
    SubtreeCustomer = b'K', First;
    TenantUser = b'T', First;
    TenantClient = b'A', First;
    TenantTax = b'1', First;
    CompanyAdmin = b'H', First;
    AuditListed = b'a', First;
    PartnerPlan = b'f', First;
    PlanTenant = b'F', First;
    PricePlan = b'p', First;
    Domain = b'w', First;
    ClosedDay = b'k', First;
    Login = b'L', Whole;
    Number = b'V', Whole;
    SearchText = b'X', Whole;
    RevokedToken = b'E', Whole;
    RevokedExpiry = b'e', Whole;
    Request = b'i', Whole;
    RequestExpiry = b'j', Whole;
    AuditEntry = b'h', Whole;
    Role = b'y', Whole;
    Ties = b'2', Whole;
    Counter = b'Z', Whole;
    Root = b'0', Whole;
    Format = b'v', Whole;
    ImportProgress = b'I', Whole;
    Keyring = b'Y', Whole;
}
