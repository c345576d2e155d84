//! Billing data of customers: invoicing, service and taxes (rule `billing-information`).

mod tax;
mod values;

pub use tax::{BadTaxRate, Tax, TaxRate};
pub use values::{BankAccount, Bounded, VatNumber};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contact::EmailAddress;
use super::ids::{CountryId, CustomerId, LanguageId, StateId, TaxId, TenantId};
use super::time::Timestamp;

/// Days until an invoice is to be paid. A year is more than any terms in use.
pub type PaymentTermsDays = Bounded<365>;
/// Days off in a year, which may be a leap year.
pub type DaysOffPerYear = Bounded<366>;
/// Minutes that registered time is rounded up to; a day at most.
pub type RoundupMinutes = Bounded<1440>;
/// Per cent of occupancy from which somebody is notified.
pub type OccupancyPercent = Bounded<100>;

/// The billing information of a tenant: the customer object. A tenant has one at
/// most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its own id, another than the tenant's.
    pub id: CustomerId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The name on invoices.
    pub name: String,
    /// What its partner calls it.
    pub alias: String,
    /// The language of its invoices.
    pub language: LanguageId,
    /// Where it is.
    pub address: Address,
    /// How it is reached.
    pub reach: Reach,
    /// How it is billed.
    pub invoicing: Invoicing,
    /// How its time is registered and its tickets are worked on.
    pub service: Service,
    /// Whether it tries or pays.
    pub account: Account,
    /// By it the directory of the customer is matched.
    pub directory_sync_id: Uuid,
    /// Grows by one with each change.
    pub version: u64,
}

/// Where a customer is. Texts may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    /// The country.
    pub country: Option<CountryId>,
    /// A state of that country.
    pub state: Option<StateId>,
    /// Without the number.
    pub street: String,
    /// The number of the house.
    pub house_no: String,
    /// What follows the number: `B`, `2nd floor`.
    pub house_no_add: String,
    /// The name of the building.
    pub building_name: Option<String>,
    /// Postal code.
    pub zipcode: String,
    /// City.
    pub city: String,
}

/// How a customer is reached. Texts may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reach {
    /// Its host name on the internet.
    pub domain: String,
    /// Where mail for it goes.
    pub email: Option<EmailAddress>,
    /// Telephone.
    pub phone: String,
    /// Telefax.
    pub fax: String,
    /// The login of its first person.
    pub login: String,
}

/// How a customer is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoicing {
    /// Its number in the partner's bookkeeping.
    pub debtor_code: Option<String>,
    /// It pays no sales tax.
    pub tax_exempt: bool,
    /// The sales tax it pays; there must be one unless it is exempt.
    pub tax: Option<TaxId>,
    /// Its number for value added tax.
    pub vat_number: Option<VatNumber>,
    /// Where its money comes from.
    pub bank_account: Option<BankAccount>,
    /// How long it may take to pay.
    #[serde(rename = "payment_terms_days")]
    pub payment_terms: PaymentTermsDays,
    /// Its invoices are drawn from its account.
    pub direct_debit: bool,
    /// Its invoices go by mail.
    pub send_by_email: bool,
    /// Where invoices go that have no other recipient.
    pub fallback_email: Option<EmailAddress>,
    /// Its invoices have subtotals.
    pub subtotals: bool,
    /// Its invoices are put together into one.
    pub consolidate: bool,
    /// Stands on each of its invoices.
    pub notes: String,
}

/// How a customer's time is registered and its tickets are worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The legal form of the company; `-` where it is not known.
    pub company_type: String,
    /// Registered time is rounded up to this.
    #[serde(rename = "roundup_minutes")]
    pub roundup: RoundupMinutes,
    /// Its days off.
    pub days_off: DaysOffPerYear,
    /// Whether each ticket must be answered; `None`: as its partner has it.
    pub ticket_update_mandatory: Option<bool>,
    /// Whether tickets pause by themselves; `None`: as its partner has it.
    pub auto_pause: Option<bool>,
    /// Its people are shown.
    pub show_persons: bool,
    /// What engineers should know of it.
    pub documentation: String,
    /// Somebody is notified from this occupancy on.
    #[serde(rename = "occupancy_threshold_percent")]
    pub occupancy_threshold: OccupancyPercent,
}

/// Whether a customer tries or pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// It tries.
    pub trial: bool,
    /// The end of the trial.
    #[serde(rename = "trial_expires_us")]
    pub trial_expires_at: Option<Timestamp>,
    /// It pays; `None`: whoever does not try does.
    pub paid: Option<bool>,
}

impl Account {
    /// Whether it pays.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.paid.unwrap_or(!self.trial)
    }

    /// Whether its trial is over.
    #[must_use]
    pub fn is_trial_over(&self, now: Timestamp) -> bool {
        self.trial && self.trial_expires_at.is_some_and(|end| end <= now)
    }
}

/// What holds where a request is silent (rule `billing-information`).
impl Default for Invoicing {
    fn default() -> Self {
        Self {
            debtor_code: None,
            tax_exempt: false,
            tax: None,
            vat_number: None,
            bank_account: None,
            payment_terms: PaymentTermsDays::constant::<14>(),
            direct_debit: false,
            send_by_email: false,
            fallback_email: None,
            subtotals: false,
            consolidate: false,
            notes: String::new(),
        }
    }
}

/// What holds where a request is silent (rule `billing-information`).
impl Default for Service {
    fn default() -> Self {
        Self {
            company_type: "-".to_owned(),
            roundup: RoundupMinutes::constant::<10>(),
            days_off: DaysOffPerYear::constant::<15>(),
            ticket_update_mandatory: None,
            auto_pause: None,
            show_persons: true,
            documentation: String::new(),
            occupancy_threshold: OccupancyPercent::constant::<85>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_try_pays_and_trials_end() {
        let now = Timestamp::from_secs(100);
        let mut account = Account::default();
        assert!(account.is_paid() && !account.is_trial_over(now));
        account.trial = true;
        assert!(!account.is_paid() && !account.is_trial_over(now));
        account.trial_expires_at = Some(Timestamp::from_secs(101));
        assert!(!account.is_trial_over(now));
        account.trial_expires_at = Some(now);
        assert!(account.is_trial_over(now));
        account.paid = Some(true);
        assert!(account.is_paid());
    }
}
