//! `upsell link`: the Buy link for given states, without a store.

use std::io::Write;

use super::CliError;
use super::args::LinkArgs;
use crate::domain::ids::V1Id;
use crate::domain::link::{BuyLink, BuyUrl, BuyUrlRules};

pub(super) fn run(args: &LinkArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let rules = BuyUrlRules {
        allow_http: args.allow_http,
        allow_ip_hosts: args.allow_ip_hosts,
    };
    let url = BuyUrl::parse(&args.buy_url, rules)?;
    let link = BuyLink {
        placement: args.placement,
        user_quota: args.user_quota.iter().copied().collect(),
        tenant_quota: args.tenant_quota.iter().copied().collect(),
        user_id: args.user_id.map(V1Id),
        tenant_id: args.tenant_id.map(V1Id),
        page: args.page.as_deref(),
    };
    writeln!(out, "{}", link.build(&url, args.profile, args.lists))?;
    Ok(())
}
