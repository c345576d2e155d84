//! The command line: what each command takes, and its help.

mod look;
mod moving;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Override;
use crate::domain::ids::{ClientId, TenantId};
use crate::domain::link::{LinkProfile, ListStyle, Placement};
use crate::domain::quota::Item;
pub use look::{
    DEMO_EXAMPLES, DemoArgs, PREVIEW_EXAMPLES, PreviewArgs, PreviewFormat, PreviewKind,
};
pub use moving::{EXPORT_HELP, ExportArgs, IMPORT_HELP, ImportArgs, is_standard};

/// Quota upsell for backup clouds: tells the right person that a quota is full, and takes the
/// one who may buy to the shop.
#[derive(Debug, Parser)]
#[command(name = "upsell", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the Buy link that a shop would be given.
    #[command(after_help = LINK_EXAMPLES)]
    Link(LinkArgs),
    /// Make the store, its keys, the root tenant and the first client; refuses an existing store.
    Init(InitArgs),
    /// Try it: the service with a small living fleet, a mailbox and a shop, to be thrown away.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Run the service; at the first start it makes what `init` makes.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArgs),
    /// Make, list or delete API clients while the service is stopped.
    #[command(after_help = CLIENT_EXAMPLES)]
    Client(ClientArgs),
    /// Rotate or list the keys of links, stored secrets and tokens.
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(KeysArgs),
    /// Write all data of a stopped service into one file.
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArgs),
    /// Read all data from such a file into an empty store.
    #[command(after_help = IMPORT_HELP)]
    Import(ImportArgs),
    /// Show a mail, an alert or a header as its reader would see it.
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(PreviewArgs),
    /// Show every setting with its value and source, and what is wrong with any of them.
    #[command(after_help = CHECK_CONFIG_EXAMPLES)]
    CheckConfig(CheckConfigArgs),
}

const LINK_EXAMPLES: &str = "\
Examples:
  upsell link --buy-url https://shop.example.com/buy --placement Alert_on_Storage --user-quota storage_size
  upsell link --buy-url 'https://shop.example.com/?campaign=7' --placement email_notification \\
      --tenant-quota storage_size,virtual_machines --user-id 17 --tenant-id 4 --profile acronis";

const CHECK_CONFIG_EXAMPLES: &str = "\
Examples:
  upsell check-config --config /etc/upsell/upsell.toml
  UPSELL_SMTP_PORT=465 upsell check-config --set smtp.encryption=tls
  upsell check-config --list";

/// Help of `serve`, for its `after_help`.
pub const SERVE_EXAMPLES: &str = "\
Examples:
  upsell serve
  upsell serve --data /var/lib/upsell --config /etc/upsell/upsell.toml
  upsell serve --listen 0.0.0.0:8080 --set public_url=https://upsell.example.com
  upsell serve --set log.format=json --set mail.group_wait=0";

/// Help of `client`, for its `after_help`.
pub const CLIENT_EXAMPLES: &str = "\
Examples:
  upsell client create --tenant ede9f834-70b3-476c-83d9-736f9f8c7dae --scope 'account_read usage_write'
  upsell client list
  upsell client delete 1c234e69-5469-424a-a6d1-ff5658b387a6";

/// Help of `keys`, for its `after_help`.
pub const KEYS_EXAMPLES: &str = "\
Examples:
  upsell keys list --data /var/lib/upsell
  upsell keys rotate link --data /var/lib/upsell && systemctl reload upsell
  upsell keys retire link 1 --data /var/lib/upsell && systemctl reload upsell";

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArgs {
    /// The configuration file (TOML); else the one that `UPSELL_CONFIG` names, else
    /// /etc/upsell/upsell.toml where there is one.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Any setting, over file and environment; may be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<Override>,
    /// The directory of the embedded store.
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

impl ConfigArgs {
    /// The settings given as flags, the strongest last.
    #[must_use]
    pub fn flags(&self) -> Vec<Override> {
        let mut flags = self.overrides.clone();
        if let Some(data) = &self.data {
            flags.push(flag("data", data.display().to_string()));
        }
        flags
    }
}

fn flag(path: &str, value: String) -> Override {
    Override {
        path: path.to_owned(),
        value,
        flag: format!("--{}", path.replace('_', "-")),
    }
}

fn parse_override(text: &str) -> Result<Override, String> {
    let (path, value) = text
        .split_once('=')
        .ok_or("write a setting and its value, such as smtp.port=465")?;
    Ok(Override::set(path, value))
}

/// Of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Where to serve the APIs, the redirects and the pages.
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where to serve `/metrics`, `/livez` and `/readyz`.
    #[arg(long, value_name = "ADDR:PORT")]
    pub ops_listen: Option<SocketAddr>,
}

impl ServeArgs {
    /// The settings given as flags, the strongest last.
    #[must_use]
    pub fn flags(&self) -> Vec<Override> {
        let mut flags = self.config.flags();
        let addresses = [("listen", self.listen), ("ops_listen", self.ops_listen)];
        let given = addresses
            .iter()
            .filter_map(|(path, address)| address.map(|address| flag(path, address.to_string())));
        flags.extend(given);
        flags
    }
}

/// How a command writes its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// For scripts: JSON on one line.
    Json,
}

/// Of `init`: make the store, its keys and the first client.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// How the first client's id and secret are written; the secret is shown only this once.
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// Of `link`.
#[derive(Debug, Clone, Args)]
pub struct LinkArgs {
    /// The Buy URL, as the brand has it.
    #[arg(long, value_name = "URL")]
    pub buy_url: String,
    /// Where the link is followed.
    #[arg(long, value_name = "PLACEMENT", value_parser = named(Placement::ALL, Placement::name))]
    pub placement: Placement,
    /// The items whose user-level quota is exceeded, separated by commas.
    #[arg(long, value_name = "ITEMS", value_delimiter = ',', value_parser = items())]
    pub user_quota: Vec<Item>,
    /// The items whose tenant quota is exceeded, separated by commas.
    #[arg(long, value_name = "ITEMS", value_delimiter = ',', value_parser = items())]
    pub tenant_quota: Vec<Item>,
    /// API v1 id of the user that follows the link.
    #[arg(long, value_name = "N")]
    pub user_id: Option<u32>,
    /// API v1 id of the tenant whose quota is exceeded.
    #[arg(long, value_name = "N")]
    pub tenant_id: Option<u32>,
    /// The page from where the link is followed.
    #[arg(long, value_name = "TEXT")]
    pub page: Option<String>,
    /// The names of the parameters.
    #[arg(long, value_parser = named(LinkProfile::ALL, LinkProfile::name), default_value = "default")]
    pub profile: LinkProfile,
    /// How several items are written.
    #[arg(long, value_parser = list_styles(), default_value = "comma")]
    pub lists: ListStyle,
    /// Take a Buy URL that begins with http://, as `links.allow_http` does.
    #[arg(long)]
    pub allow_http: bool,
    /// Take a Buy URL with an IP address, as `links.allow_ip_hosts` does.
    #[arg(long)]
    pub allow_ip_hosts: bool,
}

/// Of `check-config`.
#[derive(Debug, Clone, Args)]
pub struct CheckConfigArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Only list the names of all settings and what they take.
    #[arg(long)]
    pub list: bool,
}

/// Of `client`.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: OutputFormat,
    /// What to do.
    #[command(subcommand)]
    pub action: ClientAction,
}

/// What can be done with API clients.
#[derive(Debug, Clone, Subcommand)]
pub enum ClientAction {
    /// Make a client; its secret is shown only this once.
    Create {
        /// The tenant that the client acts for.
        #[arg(long, value_name = "UUID")]
        tenant: TenantId,
        /// What it may do, separated by spaces.
        #[arg(long)]
        scope: String,
    },
    /// List the clients, without secrets.
    List,
    /// Delete a client; its tokens end with it.
    Delete {
        /// The client.
        client: ClientId,
    },
}

/// Of `keys`.
#[derive(Debug, Clone, Args)]
pub struct KeysArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// What to do.
    #[command(subcommand)]
    pub action: KeysAction,
}

/// Which keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeysOf {
    /// Of tracked links.
    Link,
    /// Of stored secrets.
    Seal,
    /// Of access tokens.
    Token,
}

/// What can be done with keys. A running service reads them again on SIGHUP.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysAction {
    /// Make a new key, which signs from now on; the old ones go on verifying.
    Rotate {
        /// Which keys.
        kind: KeysOf,
    },
    /// Remove an old key; what it signed or sealed is worth nothing from then on.
    Retire {
        /// Which keys.
        kind: KeysOf,
        /// The key's id, as `list` shows it.
        id: String,
        /// Also where links, tokens or stored secrets may still need it.
        #[arg(long)]
        force: bool,
    },
    /// List the keys, the newest last: kind, id, when each was made, and until when an old one may be
    /// needed. Never the keys themselves.
    List,
}

/// One of the values `all`, by its name.
fn named<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.map(name)).try_map(move |given| {
        let found = all.into_iter().find(|one| name(*one) == given);
        found.ok_or("unknown name")
    })
}

fn items() -> impl TypedValueParser<Value = Item> {
    named(Item::ALL, Item::name)
}

fn list_styles() -> impl TypedValueParser<Value = ListStyle> {
    PossibleValuesParser::new(["comma", "repeated"]).map(|name| match name.as_str() {
        "repeated" => ListStyle::Repeated,
        _ => ListStyle::Comma,
    })
}
