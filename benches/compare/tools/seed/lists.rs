//! What stands beside the data: tokens with where they lead, readers, and the state of the peers.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use upsell::domain::ids::V1Id;
use upsell::domain::item_set::ItemSet;
use upsell::domain::link::{
    BuyLink, BuyUrl, BuyUrlRules, LinkProfile, ListStyle, Placement, listed,
};
use upsell::domain::meter::ItemStatus;
use upsell::domain::tenant::Tenant;
use upsell::domain::user::User;
use upsell::tracked_link::{LinkKey, Purpose, TrackedLink};
use upsell::usecases::initialize::FirstClient;

use super::accounts::buy_url;
use super::{Now, Wanted};
use crate::fleet::Fleet;

/// The tokens work for longer than any benchmark runs.
const TTL: Duration = Duration::from_secs(90 * 86_400);

/// A page of the console shows at most this many alerts to the readers of the lists.
const ALERTS_OF_READERS: u32 = 5;

/// A user with everything that a link or an alert is made of.
pub(super) struct Reader<'a> {
    /// Tenant and user, by number.
    pub(super) number: (u64, u64),
    pub(super) partner: u64,
    pub(super) user: &'a User,
    pub(super) tenant: &'a Tenant,
    pub(super) user_items: Vec<ItemStatus>,
    pub(super) tenant_items: Vec<ItemStatus>,
}

pub(super) struct Lists {
    dir: PathBuf,
    fleet: Fleet,
    key: (u8, LinkKey),
    now: Now,
    tokens_per_user: u64,
    tokens: Option<BufWriter<File>>,
    readers_left: u64,
    readers: BufWriter<File>,
    peers: Option<BufWriter<File>>,
    location_bytes: u64,
    locations: u64,
}

fn create(dir: &Path, name: &str) -> Result<BufWriter<File>, String> {
    let path = dir.join(name);
    let file = File::create(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(BufWriter::with_capacity(1 << 20, file))
}

impl Lists {
    pub(super) fn create(
        dir: &Path,
        fleet: Fleet,
        wanted: Wanted,
        key: (u8, LinkKey),
        now: Now,
    ) -> Result<Self, String> {
        let users = (fleet.tenants * fleet.users_per_tenant).max(1);
        let some = |wanted: bool, name| wanted.then(|| create(dir, name)).transpose();
        let mut lists = Self {
            dir: dir.to_owned(),
            fleet,
            key,
            now,
            tokens_per_user: wanted.tokens.div_ceil(users),
            tokens: some(wanted.tokens > 0, "tokens.tsv")?,
            readers_left: wanted.readers,
            readers: create(dir, "readers.txt")?,
            peers: some(wanted.peer_state, "peers.tsv")?,
            location_bytes: 0,
            locations: 0,
        };
        lists.brands()?;
        Ok(lists)
    }

    fn brands(&mut self) -> Result<(), String> {
        let Some(peers) = &mut self.peers else {
            return Ok(());
        };
        for partner in 0..self.fleet.partners() {
            writeln!(peers, "b:{partner}\t{}", buy_url(partner)).map_err(|why| why.to_string())?;
        }
        Ok(())
    }

    pub(super) fn add(&mut self, reader: &Reader<'_>) -> Result<(), String> {
        let written = self.add_links(reader).and_then(|()| {
            self.add_reader(reader)?;
            self.add_state(reader)
        });
        written.map_err(|why| why.to_string())
    }

    fn add_links(&mut self, reader: &Reader<'_>) -> std::io::Result<()> {
        let Some(tokens) = &mut self.tokens else {
            return Ok(());
        };
        let (user, tenant) = (reader.user, reader.tenant);
        let rules = BuyUrlRules::default();
        let url = BuyUrl::parse(&buy_url(reader.partner), rules).map_err(std::io::Error::other)?;
        let user_quota = listed_of(&reader.user_items);
        let tenant_quota = listed_of(&reader.tenant_items);
        for nth in 0..self.tokens_per_user {
            let places = Placement::ALL.len() as u64;
            let placement = Placement::ALL[((u64::from(user.v1_id.0) + nth) % places) as usize];
            // Links are not all made in the same second.
            let ttl = TTL + Duration::from_secs(nth);
            let purpose = Purpose::Quota(placement);
            let link = TrackedLink::new(purpose, user.v1_id, self.now, ttl);
            let location = BuyLink {
                placement,
                user_quota,
                tenant_quota,
                user_id: Some(user.v1_id),
                tenant_id: Some(tenant.v1_id),
                page: None,
            }
            .build(&url, LinkProfile::Default, ListStyle::Comma);
            self.location_bytes += location.len() as u64;
            self.locations += 1;
            writeln!(tokens, "{}\t{location}", link.sign(self.key.0, &self.key.1))?;
        }
        Ok(())
    }

    /// Users with five alerts, as the goals have it.
    fn add_reader(&mut self, reader: &Reader<'_>) -> std::io::Result<()> {
        let (tenant, user) = reader.number;
        let alerts = self.fleet.alerts_of(tenant, user);
        if self.readers_left == 0 || alerts != ALERTS_OF_READERS {
            return Ok(());
        }
        self.readers_left -= 1;
        writeln!(self.readers, "{}", reader.user.id)
    }

    /// What a script would keep of user and tenant to answer a click.
    fn add_state(&mut self, reader: &Reader<'_>) -> std::io::Result<()> {
        let Some(peers) = &mut self.peers else {
            return Ok(());
        };
        let (user, tenant) = (reader.user, reader.tenant);
        let (V1Id(tenant_number), V1Id(user_number)) = (tenant.v1_id, user.v1_id);
        let quotas = quotas_of(&reader.user_items);
        let facts = u8::from(user.enabled && user.is_company_admin() && user.buyer);
        writeln!(
            peers,
            "u:{user_number:08x}\t{tenant_number:08x};{user_number};{facts};{}{quotas}",
            reader.partner,
        )?;
        if reader.number.1 == 0 {
            let quotas = quotas_of(&reader.tenant_items);
            let enabled = u8::from(tenant.enabled);
            writeln!(
                peers,
                "t:{tenant_number:08x}\t{tenant_number};{enabled}{quotas}",
            )?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self, first: &FirstClient) -> Result<(), String> {
        let flushed = [
            self.tokens.as_mut(),
            self.peers.as_mut(),
            Some(&mut self.readers),
        ]
        .into_iter()
        .flatten()
        .try_for_each(Write::flush);
        flushed.map_err(|why| why.to_string())?;
        let mut key = String::new();
        for byte in self.key.1 {
            let _ = write!(key, "{byte:02x}");
        }
        let facts = json!({
            "client": super::credentials(first),
            "link_key": { "id": self.key.0, "hex": key },
            "locations": self.locations,
            "location_bytes": self.location_bytes / self.locations.max(1),
            "tenants": self.fleet.tenants,
            "users_per_tenant": self.fleet.users_per_tenant,
        });
        let path = self.dir.join("facts.json");
        std::fs::write(&path, facts.to_string()).map_err(|why| format!("{}: {why}", path.display()))
    }
}

fn listed_of(items: &[ItemStatus]) -> ItemSet {
    items
        .iter()
        .filter(|status| listed(status.item, status.state))
        .map(|status| status.item)
        .collect()
}

/// `;usage,quota` of each item.
fn quotas_of(items: &[ItemStatus]) -> String {
    let mut text = String::new();
    for status in items {
        let quota = status.quota.value.unwrap_or(u64::MAX);
        let _ = write!(text, ";{},{quota}", status.usage);
    }
    text
}
