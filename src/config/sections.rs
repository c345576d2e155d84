//! Every section and setting: name, kind, default, meaning, unit.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use ipnet::IpNet;
use lettre::message::Mailbox;
use tracing_subscriber::filter::Targets;

use super::kinds::{
    BOOL, Choice, LEVEL, LINE, List, MAILBOX, Optional, PATH, SOCKET, SOON, SecretText, StoreText,
    bytes, simple, span, span_or_zero, whole,
};
use super::setting::section;
use super::values::{
    self, Encryption, LogFormat, Secret, StoreChoice, host_name, name_prefix, network, web_origin,
};
use crate::domain::link::{BuyUrlRules, LinkProfile, ListStyle};
use crate::domain::proposal::WithoutBuyUrl;
use crate::domain::quota::{Item, Percent};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const YEAR: Duration = Duration::from_secs(366 * 86_400);
const TEN_YEARS: Duration = Duration::from_secs(3_660 * 86_400);
const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

section! {
    /// Above the first table: where the service keeps its data and where it is reached.
    Main = "" {
        /// The directory of the keys and of the embedded store, made at the first start.
        data: PathBuf = PATH, "upsell-data";
        /// Where everything else is kept: in the data directory of one machine, or on servers that
        /// any number of nodes share. User and password may stand before the host.
        store: StoreChoice = StoreText, "embedded";
        /// Where the APIs, the redirects and the pages are served.
        listen: SocketAddr = SOCKET, "127.0.0.1:8080";
        /// Threads that answer requests at `listen`, each on a listener of its own. 0: one for each
        /// core. What takes long is done by other threads, one for each core.
        http_threads: usize = whole(0, 256), "0";
        /// Where `/metrics`, `/livez` and `/readyz` are served; keep it off the internet.
        ops_listen: SocketAddr = SOCKET, "127.0.0.1:9464";
        /// How people reach the service; it begins every tracked link. Empty: derived from `listen`,
        /// which must then be a loopback address.
        public_url: Option<String> =
            Optional(simple("http or https URL", values::public_url)), "";
    }
}

section! {
    /// The store on Redis or Valkey, where `store` names one.
    Redis = "redis" {
        /// The ACL user to log in as, where the URL names none. Empty: the default user.
        user: Option<String> = Optional(LINE), "";
        /// The password to log in with, where the URL has none.
        password: Option<Secret> = Optional(SecretText), "";
        /// What all names in Redis begin with, so that several deployments can share servers.
        prefix: String = simple("1 to 32 letters, digits, `-` or `_`", name_prefix), "upsell";
        /// A PEM file of certificate authorities to trust in place of those of the system.
        ca_file: Option<PathBuf> = Optional(PATH), "";
        /// How long a server may take for an answer. A call to the store is given up after twice this,
        /// and the request that made it is answered with 503.
        command_timeout: Duration = span(Duration::from_millis(10), MINUTE), "2s";
        /// How many replicas must have a change before it is acknowledged. 0: what the server alone
        /// had may be lost when it fails, although it was acknowledged.
        wait_replicas: u32 = whole(0, 16), "0";
        /// How long they may take, less than `command_timeout`; after this the change is refused,
        /// although it may be made.
        wait_timeout: Duration = span(MILLISECOND, MINUTE), "1s";
        /// For how long at most a node goes on with what another node has changed, where the word
        /// of it is lost. Usually it is there in milliseconds.
        cache_ttl: Duration = span(Duration::from_millis(100), HOUR), "5s";
    }
}

section! {
    /// The nodes that share a store on Redis or Valkey.
    Nodes = "nodes" {
        /// After this long without a heartbeat of a node the others send the mails that it had taken. A
        /// node writes its heartbeat to the store four times as often; while it cannot, it begins no
        /// mail.
        heartbeat_ttl: Duration = span(SECOND, HOUR), "20s";
        /// How far the clocks of two nodes may be apart: the others wait this much longer.
        max_clock_skew: Duration = span_or_zero(MILLISECOND, MINUTE), "5s";
    }
}

section! {
    /// The deployment's mail server, for every brand without a server of its own.
    Smtp = "smtp" {
        /// Its host. Empty: mail waits in the outbox.
        server: Option<String> = Optional(simple("host name", host_name)), "";
        /// Its port. Empty: 465 for `tls`, 587 for `starttls`, 25 for `none`.
        port: Option<u16> = Optional(whole(1, u16::MAX)), "";
        /// How the connection is protected. With `starttls`, a server that offers no TLS is not
        /// used.
        encryption: Encryption = Choice(&[
            ("tls", Encryption::Tls),
            ("starttls", Encryption::StartTls),
            ("none", Encryption::None),
        ]), "starttls";
        /// The user name to log in with. Empty: no login.
        user: Option<String> = Optional(LINE), "";
        /// The password to log in with.
        password: Option<Secret> = Optional(SecretText), "";
        /// The sender. Empty: `upsell@` and the host of the public URL.
        from: Option<Mailbox> = Optional(MAILBOX), "";
        /// Networks in which a brand's own mail server may be although they are private,
        /// loopback or otherwise not on the internet. The deployment's server may be anywhere.
        allow_cidrs: Vec<IpNet> = List(simple("network such as 10.0.0.0/8", network)), "";
        /// A PEM file of certificate authorities to trust besides those of the system.
        ca_file: Option<PathBuf> = Optional(PATH), "";
        /// How many connections to one mail server are open at once, at most.
        connections_per_host: usize = whole(1, 100), "10";
        /// The name said in `EHLO`. Empty: the host of the public URL.
        hello_name: Option<String> = Optional(simple("host name", host_name)), "";
    }
}

section! {
    /// When notifications are sent, repeated and given up.
    Mail = "mail" {
        /// How long a mail waits for more items of the same recipient, to carry them together.
        group_wait: Duration = span_or_zero(MILLISECOND, DAY), "30s";
        /// After how long a standing alert is told again, counted from the last mail sent; 0 is
        /// never.
        repeat_interval: Duration = span_or_zero(MINUTE, YEAR), "7d";
        /// The wait after the first failed attempt; it doubles with each further one.
        retry_base: Duration = span(MILLISECOND, DAY), "30s";
        /// The longest wait between two attempts.
        retry_max: Duration = span(MILLISECOND, DAY), "1h";
        /// After how many attempts a mail becomes a dead letter.
        max_attempts: u32 = whole(1, 10_000), "150";
        /// How old a mail may get before it becomes a dead letter (RFC 5321 §4.5.4.1: four to
        /// five days).
        max_age: Duration = span(SECOND, YEAR), "5d";
        /// How many mails a day calls of the API can have sent to one e-mail address, whoever has it: 429
        /// above it. All of them at once, then one whenever its share of the day has passed.
        address_per_day: u32 = whole(1, 1_000_000), "10";
        /// The same for one user, whatever the address. Quota mails, which nobody asks for one by one, are
        /// counted on their own: above it they are not refused but wait, and carry more.
        user_per_day: u32 = whole(1, 1_000_000), "20";
        /// The same for the users of one tenant together.
        tenant_per_day: u32 = whole(1, 1_000_000), "1000";
        /// How long mails that were sent stay in the list for operators.
        sent_retention: Duration = span_or_zero(MINUTE, YEAR), "30d";
    }
}

section! {
    /// From which usage on people are told, and when they are told again.
    Quota = "quota" {
        /// From which percentage of its quota on storage is "exceeded soon".
        soon_percent_storage_size: Option<Percent> = SOON, "90";
        /// The same for workstations.
        soon_percent_physical_machines: Option<Percent> = SOON, "off";
        /// The same for servers.
        soon_percent_physical_servers: Option<Percent> = SOON, "off";
        /// The same for virtual machines.
        soon_percent_virtual_machines: Option<Percent> = SOON, "off";
        /// The same for mobile devices.
        soon_percent_mobile_devices: Option<Percent> = SOON, "off";
        /// How far usage in bytes must fall below a level, in percent of its threshold, before
        /// entering that level is told again.
        rearm_margin_percent_bytes: u8 = whole(0, 50), "5";
        /// The same for counted items.
        rearm_margin_percent_counts: u8 = whole(0, 50), "0";
    }
}

section! {
    /// What messages offer.
    Proposal = "proposal" {
        /// What a company admin who is a buyer is offered where no brand with a Buy URL is enabled.
        without_buy_url: WithoutBuyUrl = Choice(&[
            ("none", WithoutBuyUrl::Nothing),
            ("contact_sales", WithoutBuyUrl::ContactSales),
        ]), "none";
    }
}

section! {
    /// Tracked links and Buy links.
    Links = "links" {
        /// How long a tracked link works.
        ttl: Duration = span(MINUTE, YEAR), "90d";
        /// The names of the Buy link's parameters, where the brand does not choose.
        profile: LinkProfile = Choice(&[
            ("default", LinkProfile::Default),
            ("acronis", LinkProfile::Acronis),
        ]), "default";
        /// How several items stand in one Buy link: `a=x,y`, or `a=x&a=y`.
        lists: ListStyle = Choice(&[
            ("comma", ListStyle::Comma),
            ("repeated", ListStyle::Repeated),
        ]), "comma";
        /// Whether a Buy URL may be `http`.
        allow_http: bool = BOOL, "false";
        /// Whether a Buy URL may have an IP address or `localhost` for a host.
        allow_ip_hosts: bool = BOOL, "false";
        /// The status of the redirect to the shop. Permanent ones are not offered: browsers
        /// keep them for ever.
        redirect_status: StatusCode = Choice(&[
            ("302", StatusCode::FOUND),
            ("307", StatusCode::TEMPORARY_REDIRECT),
        ]), "302";
    }
}

section! {
    /// The listener of the APIs, the redirects and the pages.
    Http = "http" {
        /// Networks of proxies that may name the client in `Forwarded` or `X-Forwarded-For`. Let
        /// them write one of the two headers and remove the other one.
        trusted_proxies: Vec<IpNet> = List(simple("network such as 10.0.0.0/8", network)), "";
    }
}

section! {
    /// Bounds of what a client may send and take.
    Limits = "limits" {
        /// The longest URL (path and query): 414 above it.
        url_bytes: usize = bytes(KIB, 64 * KIB), "8KiB";
        /// The most header fields: 431 above it.
        header_count: usize = whole(10, 1_000), "100";
        /// The size of all header fields together: 431 above it.
        header_bytes: usize = bytes(4 * KIB, MIB), "32KiB";
        /// The longest body where nothing else is said: 413 above it.
        body_bytes: usize = bytes(KIB, GIB), "1MiB";
        /// The longest body where no token is needed, as for asking for a token.
        public_body_bytes: usize = bytes(KIB, MIB), "8KiB";
        /// The longest body of a bulk usage report.
        bulk_usage_bytes: usize = bytes(KIB, GIB), "32MiB";
        /// The longest logo.
        logo_bytes: usize = bytes(KIB, 16 * MIB), "256KiB";
        /// The longest partner plan.
        partner_plan_bytes: usize = bytes(KIB, MIB), "64KiB";
        /// How far a collector's clock may be ahead: a usage report whose `observed_at` is later is
        /// refused. A stored time that is further ahead, left by a clock that ran ahead once, gives
        /// way to the present.
        max_clock_skew: Duration = span_or_zero(SECOND, DAY), "5m";
        /// With Redis or Valkey: accounts that are remembered for links, at some 40 bytes each. Those
        /// remembered longest go first, 256 neighbours at a time. The embedded store has them all.
        cached_accounts: usize = whole(1_000, 100_000_000), "4000000";
        /// The size of all answers for consoles and portals that are remembered, each until
        /// something in it changes, for a minute at most.
        cached_answer_bytes: usize = bytes(0, 64 * GIB), "128MiB";
        /// How long a client may take to send the header of a request; the first one is counted from
        /// the accept, TLS handshake included.
        header_timeout: Duration = span(MILLISECOND, HOUR), "10s";
        /// How long a client may take to send the body of a request.
        body_timeout: Duration = span(MILLISECOND, HOUR), "30s";
        /// How long a client may take to read an answer.
        write_timeout: Duration = span(MILLISECOND, HOUR), "30s";
        /// The slowest transfer, in bytes per second, that is given the body and write timeouts
        /// again and again; a slower one is cut.
        min_rate_bytes_per_s: u32 = whole(1, 1_000_000_000), "65536";
        /// How long a connection may sit between two requests.
        idle_timeout: Duration = span(MILLISECOND, HOUR), "60s";
        /// How long a client may take for the TLS handshake.
        handshake_timeout: Duration = span(MILLISECOND, HOUR), "10s";
        /// The most connections at once; those beyond it are closed at once.
        max_connections: usize = whole(1, 1_000_000), "10000";
        /// The most requests being answered at once: 503 above it.
        max_requests: usize = whole(1, 1_000_000), "4096";
        /// The most request bodies held at once, in bytes: 503 above it.
        body_memory_bytes: usize = bytes(MIB, 64 * GIB), "256MiB";
        /// The most answers that wait to be read at once, in bytes, not counting files and answers
        /// that are in memory anyway: reads get 503 above it.
        answer_memory_bytes: usize = bytes(MIB, 64 * GIB), "256MiB";
        /// How much of the four above one address (IPv6: one /64) may have at one time, in percent:
        /// of the connections, and of all that goes without a client's own token. The connections of
        /// a trusted proxy (`http.trusted_proxies`) are not counted.
        share_per_address_percent: u8 = whole(1, 100), "25";
        /// How much of the last three one client may have at one time, in percent. One body and one
        /// answer always fit.
        share_per_client_percent: u8 = whole(1, 100), "50";
        /// How long requests in flight may take to finish after SIGTERM.
        drain_timeout: Duration = span_or_zero(MILLISECOND, HOUR), "10s";
    }
}

section! {
    /// How many requests one node takes from one sender ([`limits.md`](limits.md)).
    RateLimits = "rate_limits" {
        /// Requests a second of one address (IPv6: one /64), but for tracked links. 0: any number.
        address_per_s: u32 = whole(0, 1_000_000), "2000";
        /// How many of them at once, after a pause.
        address_burst: u32 = whole(1, 10_000_000), "20000";
        /// Requests a second of one API client, or of one user with a token. 0: any number.
        client_per_s: u32 = whole(0, 1_000_000), "2000";
        /// How many of them at once, after a pause.
        client_burst: u32 = whole(1, 10_000_000), "20000";
        /// Requests a second of all API clients of one tenant together. 0: any number.
        tenant_per_s: u32 = whole(0, 1_000_000), "4000";
        /// How many of them at once, after a pause.
        tenant_burst: u32 = whole(1, 10_000_000), "40000";
        /// Tracked links (`/r/…`) a second of one address. 0: any number.
        redirect_per_s: u32 = whole(0, 1_000_000), "0";
        /// How many of them at once, after a pause.
        redirect_burst: u32 = whole(1, 10_000_000), "200";
        /// Wrong secrets of a client that one address may send before it must wait. 0: any number.
        failed_log_ins: u32 = whole(0, 1_000), "5";
        /// The longest such wait.
        failed_log_in_max_wait: Duration = span(SECOND, DAY), "5m";
    }
}

section! {
    /// TLS on the main listener. Both empty: plain HTTP, for a proxy in front.
    Tls = "tls" {
        /// A PEM file with the certificate and its chain.
        cert_file: Option<PathBuf> = Optional(PATH), "";
        /// A PEM file with the private key.
        key_file: Option<PathBuf> = Optional(PATH), "";
    }
}

section! {
    /// Log lines, on standard error.
    Log = "log" {
        /// For people (`text`) or one JSON object per line (`json`).
        format: LogFormat = Choice(&[("text", LogFormat::Text), ("json", LogFormat::Json)]), "text";
        /// The least severe level that is written; a module may have its own.
        level: Targets = LEVEL, "info,fjall=warn,lsm_tree=warn";
    }
}

section! {
    /// Counting of clicks.
    Clicks = "clicks" {
        /// How often clicks are written to disk; a crash loses at most this much.
        flush_interval: Duration = span(MILLISECOND, MINUTE), "500ms";
    }
}

section! {
    /// Who changed what.
    Audit = "audit" {
        /// How long entries are kept.
        retention: Duration = span(DAY, TEN_YEARS), "400d";
    }
}

section! {
    /// Access tokens.
    Tokens = "tokens" {
        /// How long an access token is good for.
        access_ttl: Duration = span(MINUTE, WEEK), "2h";
    }
}

section! {
    /// Where the alerts and the header may be embedded.
    Console = "console" {
        /// Origins whose scripts may call the native API.
        cors_origins: Vec<String> = List(simple("web origin", web_origin)), "";
    }
}

impl Smtp {
    /// The port to connect to.
    #[must_use]
    pub fn effective_port(&self) -> u16 {
        self.port.unwrap_or(self.encryption.default_port())
    }
}

impl Quota {
    /// From which percentage on `item` is "exceeded soon"; `None` where it never is.
    #[must_use]
    pub const fn soon_percent(&self, item: Item) -> Option<Percent> {
        match item {
            Item::StorageSize => self.soon_percent_storage_size,
            Item::PhysicalMachines => self.soon_percent_physical_machines,
            Item::PhysicalServers => self.soon_percent_physical_servers,
            Item::VirtualMachines => self.soon_percent_virtual_machines,
            Item::MobileDevices => self.soon_percent_mobile_devices,
        }
    }
}

impl Links {
    /// Which Buy URLs this deployment takes.
    #[must_use]
    pub const fn buy_url_rules(&self) -> BuyUrlRules {
        BuyUrlRules {
            allow_http: self.allow_http,
            allow_ip_hosts: self.allow_ip_hosts,
        }
    }
}
