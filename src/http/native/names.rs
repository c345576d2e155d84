//! The fixed sets of texts that the dialect's fields take, for the documentation. Each is that of
//! the code which reads or writes it.

use crate::domain::link::Placement;
use crate::domain::notification::{MailKind, MailState};
use crate::domain::plan::NothingToBuy;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Level, Scope, State, Unit};
use crate::domain::rules::Rule;
use crate::http::openapi::schema::names;
use crate::telemetry::metrics::{Label, NotTold};

names! {
    /// What a quota can be about.
    pub(super) ItemName = Item::ALL.map(Item::name);
    /// In which direction a language is written.
    pub(super) DirectionName = ["ltr", "rtl"];
    /// Whose quota: the user's own, or the tenant's.
    pub(super) QuotaScopeName = [Scope::User, Scope::Tenant].map(Scope::name);
    /// Where usage stands against a quota.
    pub(super) StateName =
        [State::Unlimited, State::Ok, State::Soon, State::Exceeded, State::HardExceeded]
            .map(State::name);
    /// Where usage stands that there is an alert about.
    pub(super) LevelName = Level::ALL.map(Level::name);
    /// How loud a console shows it.
    pub(super) SeverityName = Level::ALL.map(Level::severity);
    /// What an item's numbers count.
    pub(super) UnitName = [Unit::Bytes, Unit::Quantity].map(Unit::name);
    /// What a message offers its reader: one click to the shop, or whom to ask.
    pub(super) ProposalName = [Proposal::BuyNow, Proposal::ContactSales].map(Proposal::name);
    /// Where a link stood, as the Buy link names it.
    pub(super) PlacementName = Placement::ALL.map(Placement::name);
    /// What becomes of a mail: to be sent, accepted by a mail server, given up, or no longer true when it was to be sent.
    pub(super) MailStateName = MailState::ALL.map(MailState::name);
    /// Who made a change: an API client, a reader of a mail over a link in it, or the operator of the program.
    pub(super) ActorKind = ["client", "reader", "operator"];
    /// A rule of a decision on what a user is shown or sent.
    pub(super) RuleName = Rule::ALL.map(Rule::name);
    /// Why nothing is said of what to buy.
    pub(super) NothingToBuyName = NothingToBuy::ALL.map(NothingToBuy::name);
    /// Who set a threshold: the deployment, or the tenant for itself.
    pub(super) SoonFromName = ["deployment", "tenant"];
    /// Why somebody is not told by mail.
    pub(super) NotToldReason = NotTold::ALL.iter().map(Label::text);
    /// Why there is a mail.
    pub(super) MailKindName = MailKind::ALL.map(MailKind::name);
}
