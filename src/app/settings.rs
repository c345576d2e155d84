//! Maps the configuration to the settings of each part.

use std::net::SocketAddr;

use crate::config::{Config, Encryption, StoreChoice};
use crate::domain::contact::EmailAddress;
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::mail::RetryPolicy;
use crate::domain::quota::Item;
use crate::domain::time::Timestamp;
use crate::http::limits::Limits;
use crate::http::router::BodyLimits;
use crate::outbox::route::Deployment;
use crate::outbox::smtp;
use crate::usecases::Settings;
use crate::usecases::mail_limits::MailLimits;
use crate::usecases::nodes::{Node, Patience};

use super::AppError;

/// Where the service is reached: as configured, else where it really listens.
#[must_use]
pub(super) fn public_url(config: &Config, listen: SocketAddr) -> String {
    if config.main.public_url.is_none() && config.main.store != StoreChoice::Embedded {
        tracing::warn!(
            "public_url is not set (UPSELL_PUBLIC_URL): links lead to the node that made them; set the \
             same on all nodes of a store"
        );
    }
    let scheme = if config.tls.cert_file.is_some() {
        "https"
    } else {
        "http"
    };
    match &config.main.public_url {
        Some(url) => url.clone(),
        // The demo may listen on all addresses; `serve` refuses to without a public URL.
        None if listen.ip().is_unspecified() => format!("{scheme}://localhost:{}", listen.port()),
        None => format!("{scheme}://{listen}"),
    }
}

/// What use cases follow.
#[must_use]
pub(super) fn settings(config: &Config, public_url: String) -> Settings {
    Settings {
        public_url,
        quota: QuotaPolicy {
            soon: Item::ALL.map(|item| config.quota.soon_percent(item)),
            rearm_margin_percent_bytes: config.quota.rearm_margin_percent_bytes,
            rearm_margin_percent_counts: config.quota.rearm_margin_percent_counts,
        },
        usage_names: config.usage_names.clone(),
        without_buy_url: config.proposal.without_buy_url,
        link_profile: config.links.profile,
        link_lists: config.links.lists,
        smtp_allow_cidrs: config.smtp.allow_cidrs.clone(),
        buy_url_rules: config.links.buy_url_rules(),
        link_ttl: config.links.ttl,
        token_ttl: config.tokens.access_ttl,
        max_clock_skew: config.limits.max_clock_skew,
        group_wait: config.mail.group_wait,
        repeat_interval: config.mail.repeat_interval,
        retry: RetryPolicy {
            base: config.mail.retry_base,
            max: config.mail.retry_max,
            max_attempts: config.mail.max_attempts,
            max_age: config.mail.max_age,
        },
        mail_limits: MailLimits {
            address_per_day: config.mail.address_per_day,
            user_per_day: config.mail.user_per_day,
            tenant_per_day: config.mail.tenant_per_day,
        },
        mail_retention: config.mail.sent_retention,
        audit_retention: config.audit.retention,
    }
}

/// This node, as it makes itself known to the others.
#[must_use]
pub(super) fn node(config: &Config, listen: SocketAddr, now: Timestamp) -> Node {
    let patience = Patience {
        heartbeat_ttl: config.nodes.heartbeat_ttl,
        max_clock_skew: config.nodes.max_clock_skew,
    };
    Node::new(&listen.to_string(), now, patience)
}

/// What the HTTP server bounds.
#[must_use]
pub(super) fn limits(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits {
        url_bytes: limits.url_bytes,
        header_count: limits.header_count,
        header_bytes: limits.header_bytes,
        header_timeout: limits.header_timeout,
        body_timeout: limits.body_timeout,
        write_timeout: limits.write_timeout,
        keep_alive_idle: limits.idle_timeout,
        handshake_timeout: limits.handshake_timeout,
        min_rate_bytes_per_s: limits.min_rate_bytes_per_s,
        connections: limits.max_connections,
        requests_in_flight: limits.max_requests,
        body_memory_bytes: limits.body_memory_bytes,
        answer_memory_bytes: limits.answer_memory_bytes,
        share_per_address_percent: limits.share_per_address_percent,
        share_per_client_percent: limits.share_per_client_percent,
        drain: limits.drain_timeout,
        ..Limits::default()
    }
}

/// What routes take.
#[must_use]
pub(super) const fn body_limits(config: &Config) -> BodyLimits {
    BodyLimits {
        default_bytes: config.limits.body_bytes,
        public_bytes: config.limits.public_body_bytes,
        bulk_bytes: config.limits.bulk_usage_bytes,
        logo_bytes: config.limits.logo_bytes,
        partner_plan_bytes: config.limits.partner_plan_bytes,
    }
}

/// The host part of the public URL, where it can stand in mail.
fn mail_domain(public_url: &str) -> String {
    let url = url::Url::parse(public_url).ok();
    let host = url.and_then(|url| url.domain().map(str::to_owned));
    host.unwrap_or_else(|| "localhost".to_owned())
}

/// The deployment's way out for mail, and the domain of `Message-ID`s.
///
/// # Errors
/// The SMTP settings make no target.
pub(super) fn deployment(
    config: &Config,
    public_url: &str,
) -> Result<(Deployment, String), AppError> {
    let domain = mail_domain(public_url);
    let from = config
        .smtp
        .from
        .as_ref()
        .map(|mailbox| mailbox.email.to_string());
    let from: EmailAddress = from
        .unwrap_or_else(|| format!("upsell@{domain}"))
        .parse()
        .map_err(AppError::Sender)?;
    let server = config.smtp.server.as_ref();
    let target = server.map(|server| smtp_target(config, server));
    let target = target.transpose()?;
    let id_domain = from
        .as_str()
        .rsplit('@')
        .next()
        .unwrap_or("localhost")
        .to_owned();
    Ok((Deployment { target, from }, id_domain))
}

fn smtp_target(config: &Config, server: &str) -> Result<smtp::Target, AppError> {
    let encryption = match config.smtp.encryption {
        Encryption::Tls => smtp::Encryption::Tls,
        Encryption::StartTls => smtp::Encryption::StartTls,
        Encryption::None => smtp::Encryption::None,
    };
    let password = config.smtp.password.as_ref();
    let password = password.map_or("", |secret| secret.expose());
    let credentials = config
        .smtp
        .user
        .clone()
        .map(|user| smtp::Credentials::new(user, password.to_owned()))
        .transpose()?;
    let host = smtp::Host::parse(server).ok_or(smtp::InvalidTarget::Host)?;
    let port = config.smtp.effective_port();
    Ok(smtp::Target::new(
        host,
        port,
        encryption,
        credentials,
        smtp::Trust::Operator,
    )?)
}

/// How the mailer behaves.
///
/// # Errors
/// The certificate file cannot be read, or a name cannot be said in `EHLO`.
pub(super) fn mailer(config: &Config, public_url: &str) -> Result<smtp::Mailer, AppError> {
    let hello = config.smtp.hello_name.clone();
    let hello = hello.unwrap_or_else(|| mail_domain(public_url));
    let hello = smtp::Host::parse(&hello);
    let hello = hello.ok_or(AppError::HelloName(smtp::InvalidTarget::Host))?;
    let mut settings = smtp::Settings::new(hello);
    settings.connections_per_host = config.smtp.connections_per_host;
    settings.allow_cidrs.clone_from(&config.smtp.allow_cidrs);
    if let Some(path) = &config.smtp.ca_file {
        settings.roots.extra_pem = super::reload::read(path)?;
    }
    Ok(smtp::Mailer::new(settings)?)
}
