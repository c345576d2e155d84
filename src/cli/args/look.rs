//! The arguments of `demo` and `preview`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::{Args, ValueEnum};

use super::{items, named};
use crate::domain::quota::{Item, State};

/// Help of `demo`, for its `after_help`.
pub const DEMO_EXAMPLES: &str = "\
Examples:
  upsell demo
  upsell demo --open
  upsell demo --listen 127.0.0.1:9000";

/// Help of `preview`, for its `after_help`.
pub const PREVIEW_EXAMPLES: &str = "\
Examples:
  upsell preview --what mail --item storage_size --state exceeded --lang de > mail.html
  upsell preview --what mail --format eml > mail.eml
  upsell preview --what reminder --item storage_size --item virtual_machines > reminder.html
  upsell preview --what activation --brand brand.json > activation.html
  upsell preview --what alert --item virtual_machines --contact-sales
  upsell preview --what mail --plan-currency EUR --lang fr > mail.html
  upsell preview --what header --state soon --plain > header.html";

/// Of `demo`: a throw-away service with a small living fleet.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Where to serve; port 0 takes any free one. Else 127.0.0.1:8080, or a free port where that
    /// is taken.
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Open the start page in the browser.
    #[arg(long)]
    pub open: bool,
}

/// What `preview` renders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreviewKind {
    /// The e-mail about quotas: subject, text and HTML.
    Mail,
    /// The same, sent again where nothing has changed.
    Reminder,
    /// The e-mail that invites a new user; it is about no quota.
    Activation,
    /// The console's alert.
    Alert,
    /// The header of the management portal.
    Header,
}

/// How `preview` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreviewFormat {
    /// For a browser: mail and header.
    Html,
    /// For the eye: mail and alert.
    Text,
    /// A whole message for a mail program.
    Eml,
}

/// Of `preview`: a message as its reader would see it, without a store.
#[derive(Debug, Clone, Args)]
pub struct PreviewArgs {
    /// What to render.
    #[arg(long, value_enum)]
    pub what: PreviewKind,
    /// An item that the message is about; give it again for several.
    #[arg(long = "item", value_parser = items(), default_value = "storage_size")]
    pub items: Vec<Item>,
    /// How far their quotas are used up.
    #[arg(long, value_parser = states(), default_value = "exceeded")]
    pub state: State,
    /// The reader's language.
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub lang: String,
    /// As a buyer who is no company admin sees it.
    #[arg(long, conflicts_with = "plain")]
    pub contact_sales: bool,
    /// As somebody who may not buy sees it.
    #[arg(long)]
    pub plain: bool,
    /// With the partner plan of an example, priced in this currency: the message says what to buy.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["contact_sales", "plain"])]
    pub plan_currency: Option<String>,
    /// With this brand instead of an example's: a JSON file as `PUT /tenants/{id}/brand` takes it and
    /// GET answers it. An uploaded logo is not shown.
    #[arg(long, value_name = "FILE")]
    pub brand: Option<PathBuf>,
    /// How it is written; else html, and text for alerts.
    #[arg(long, value_enum)]
    pub format: Option<PreviewFormat>,
}

fn states() -> impl TypedValueParser<Value = State> {
    let alerts = [State::Soon, State::Exceeded, State::HardExceeded];
    named(alerts, State::name)
}
