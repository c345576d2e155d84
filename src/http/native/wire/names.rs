//! The fixed sets of texts that the dialect's fields take, for the documentation. Each is that of
//! the code which reads or writes it.

use crate::domain::link::Placement;
use crate::domain::mail::{MailKind, MailState};
use crate::domain::plan::NothingToBuy;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Level, Scope, State, Unit};
use crate::domain::rules::Rule;
use crate::http::openapi::schema::names;
use crate::telemetry::metrics::{Label, NotTold};

names! {
    /// What a quota can be about.
    pub(crate) ItemName = Item::ALL.map(Item::name);
    /// In which direction a language is written.
    pub(crate) DirectionName = ["ltr", "rtl"];
    /// Whose quota: the user's own, or the tenant's.
    pub(crate) QuotaScopeName = [Scope::User, Scope::Tenant].map(Scope::name);
    /// Where usage stands against a quota.
    pub(crate) StateName =
        [State::Unlimited, State::Ok, State::Soon, State::Exceeded, State::HardExceeded]
            .map(State::name);
    /// Where usage stands that there is an alert about.
    pub(crate) LevelName = Level::ALL.map(Level::name);
    /// How loud a console shows it.
    pub(crate) SeverityName = Level::ALL.map(Level::severity);
    /// What an item's numbers count.
    pub(crate) UnitName = [Unit::Bytes, Unit::Quantity].map(Unit::name);
    /// What a message offers its reader: one click to the shop, or whom to ask.
    pub(crate) ProposalName = [Proposal::BuyNow, Proposal::ContactSales].map(Proposal::name);
    /// Where a link stood, as the Buy link names it.
    pub(crate) PlacementName = Placement::ALL.map(Placement::name);
    /// What becomes of a mail: to be sent, accepted by a mail server, given up, or no longer true when it was to be sent.
    pub(crate) MailStateName = MailState::ALL.map(MailState::name);
    /// Who made a change: an API client, a reader of a mail over a link in it, or the operator of the program.
    pub(crate) ActorKind = ["client", "reader", "operator"];
    /// A rule of a decision on what a user is shown or sent.
    pub(crate) RuleName = Rule::ALL.map(Rule::name);
    /// Why nothing is said of what to buy.
    pub(crate) NothingToBuyName = NothingToBuy::ALL.map(NothingToBuy::name);
    /// Who set a threshold: the deployment, or the tenant for itself.
    pub(crate) SoonFromName = ["deployment", "tenant"];
    /// Why somebody is not told by mail.
    pub(crate) NotToldReason = NotTold::ALL.iter().map(Label::text);
    /// Why there is a mail.
    pub(crate) MailKindName = MailKind::ALL.map(MailKind::name);
}
