//! Input of the renderer: plain values, independent of how they are stored or sent. Names and texts
//! may be anything; they come out as harmless text of bounded length.

use super::color::Color;
use super::href::Href;
use super::text;
use crate::domain::plan::Purchase;
use crate::domain::quota::{Item, Scope, State};
use crate::domain::time::Timestamp;

/// Longest telephone number that is shown, in characters.
const PHONE_MAX_CHARS: usize = 40;

/// Where one item stands against one quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaLine {
    /// Whose quota.
    pub scope: Scope,
    /// Of what.
    pub item: Item,
    /// The state that the domain decided.
    pub state: State,
    /// Bytes or pieces in use.
    pub usage: u64,
    /// Bytes or pieces allowed; `None` is unlimited.
    pub quota: Option<u64>,
    /// Overage allowance in bytes or pieces; `None` is a soft quota.
    pub overage: Option<u64>,
    /// What covers the overage, for a reader who may buy it.
    pub to_buy: Option<Purchase>,
}

/// The look and the contacts of the nearest enabled brand. [`Default`] is the neutral one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrandView {
    /// What the service is called; empty: no name is shown.
    pub service_name: String,
    /// Who runs it; empty: no name is shown.
    pub company_name: String,
    /// The colour of buttons and accents.
    pub color: Color,
    /// A PNG or JPEG, `http` or `https`.
    pub logo_url: Option<Href>,
    /// As people write it; empty: none.
    pub support_phone: String,
    /// Where help is.
    pub support_url: Option<Href>,
    /// Terms of service.
    pub terms_url: Option<Href>,
    /// Privacy policy.
    pub privacy_policy_url: Option<Href>,
    /// The service's own page.
    pub home_url: Option<Href>,
}

/// A telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// As people write it, cleaned.
    pub shown: String,
    /// `tel:` and the number, where `shown` is one.
    pub href: Option<Href>,
}

/// Where a reader reaches the sales representative: at least one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesContact {
    /// The brand's support phone.
    pub phone: Option<Phone>,
    /// The brand's support page.
    pub url: Option<Href>,
}

impl BrandView {
    /// The brand's telephone number; `None` where it has none.
    #[must_use]
    pub fn phone(&self) -> Option<Phone> {
        let shown = text::short(&self.support_phone, PHONE_MAX_CHARS);
        let href = Href::phone(&shown);
        (!shown.is_empty()).then_some(Phone { shown, href })
    }

    /// Where the sales representative is reached; `None` where the brand does not say.
    #[must_use]
    pub fn sales_contact(&self) -> Option<SalesContact> {
        let (phone, url) = (self.phone(), self.support_url.clone());
        (phone.is_some() || url.is_some()).then_some(SalesContact { phone, url })
    }
}

/// What a message offers its reader: [`crate::domain::proposal::Proposal`] with its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalView {
    /// A button to the shop.
    BuyNow {
        /// The tracked link.
        href: Href,
    },
    /// The advice to contact the sales representative, with the brand's contacts.
    ContactSales,
}

/// The text of an alert in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertText {
    /// One line; for six alerts to the letter (rule `alert-titles`).
    pub title: String,
    /// One to three sentences with the figures.
    pub body: String,
    /// The proposal's label: "Buy now", "Contact your sales representative"; `None` where
    /// nothing is proposed.
    pub label: Option<String>,
    /// What covers the overage and its price, in one sentence; `None` where nothing is to be bought.
    pub to_buy: Option<String>,
}

/// A mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line without control characters, not yet encoded (RFC 2047 is the mailer's).
    pub subject: String,
    /// The plain part; lines end with `\n` and are at most 76 columns, links excepted.
    pub text: String,
    /// The HTML part, as complete as the plain one.
    pub html: String,
}

/// Where one item of another user stands, for a reader who looks after that user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherLine<'a> {
    /// What the user is called; lines of one user stand together.
    pub owner: &'a str,
    /// How the item stands.
    pub line: QuotaLine,
}

/// A mail about quotas: everything of both levels in one.
#[derive(Debug, Clone, Copy)]
pub struct QuotaMailView<'a> {
    /// The first name or full name; empty: a greeting without name.
    pub recipient_name: &'a str,
    /// The tenant whose quotas the [`Scope::Tenant`] lines are.
    pub tenant_name: &'a str,
    /// Worst first; the order is kept within each scope. Lines that are no alert are left out.
    pub lines: &'a [QuotaLine],
    /// The same of other users, for a company admin.
    pub others: &'a [OtherLine<'a>],
    /// What the recipient is offered.
    pub proposal: Option<&'a ProposalView>,
    /// Whose mail it is.
    pub brand: &'a BrandView,
    /// The page on which the recipient can stop these mails.
    pub unsubscribe_url: Option<&'a Href>,
    /// The recipient was notified before, and nothing has changed.
    pub reminder: bool,
    /// When the figures were true.
    pub as_of: Option<Timestamp>,
}

/// The mail with which a new user is invited to activate the account.
#[derive(Debug, Clone, Copy)]
pub struct ActivationMailView<'a> {
    /// The first name or full name; empty: a greeting without name.
    pub recipient_name: &'a str,
    /// The name to log in with.
    pub login: &'a str,
    /// Where the account is activated; without it the mail says whom to ask.
    pub activation_url: Option<&'a Href>,
    /// Whose mail it is.
    pub brand: &'a BrandView,
}

/// The header of the management portal: usage and quota of both levels, one proposal.
#[derive(Debug, Clone, Copy)]
pub struct HeaderView<'a> {
    /// The tenant whose quotas the [`Scope::Tenant`] lines are.
    pub tenant_name: &'a str,
    /// Worst first; the order is kept within each scope.
    pub lines: &'a [QuotaLine],
    /// What the reader is offered.
    pub proposal: Option<&'a ProposalView>,
    /// Whose contacts the advice to contact sales shows.
    pub brand: &'a BrandView,
}

/// The words of one line of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLine {
    /// Whose quotas: "Your quotas", "Quotas of Foobar".
    pub group: String,
    /// The item.
    pub title: String,
    /// The state.
    pub label: String,
    /// "9.2 GiB of 10 GiB"; without a quota, the usage alone.
    pub figures: String,
    /// "92%"; `None` without a quota.
    pub percent: Option<String>,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// The language tag.
    pub lang: &'static str,
    /// `ltr` or `rtl`, as HTML's `dir` has it.
    pub dir: &'static str,
}

/// A page that is reached by a link.
#[derive(Debug, Clone, Copy)]
pub struct PageView<'a> {
    /// Whose page it is.
    pub brand: &'a BrandView,
    /// Which page.
    pub page: Page<'a>,
}

/// The pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page<'a> {
    /// The link is valid, but its reader is to talk to the sales representative.
    ContactSales,
    /// The link is unknown, incomplete or was changed: 404.
    LinkNotFound,
    /// The link was good once: 410.
    LinkExpired,
    /// Asks before unsubscribing: a form that posts to the address of the page itself.
    UnsubscribeConfirm {
        /// Whose mails stop; empty: not said.
        address: &'a str,
    },
    /// Mails are sent again.
    Subscribed {
        /// Who gets them; empty: not said.
        address: &'a str,
    },
    /// Unsubscribing is done: with a form that subscribes again.
    Unsubscribed {
        /// Whose mails have stopped; empty: not said.
        address: &'a str,
    },
    /// Anything else went wrong.
    Error {
        /// Stands in the log line too; empty: none.
        request_id: &'a str,
    },
}
