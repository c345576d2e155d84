//! The common part of all Buy links of one Buy URL, computed once and cached.

use super::query::QueryWriter;
use super::{BuyLink, BuyUrl, LinkProfile, ListStyle, clean_page};
use crate::item_set::ItemSet;

/// The room that the parameters of a link take, but for its page.
const PARAMETER_BYTES: usize = 256;

/// A Buy URL, ready for the parameters of one click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTemplate {
    /// Up to where the parameters are added.
    before: String,
    /// Where the query begins in it, after the `?`.
    query_at: usize,
    fragment: String,
    profile: LinkProfile,
    style: ListStyle,
}

impl LinkTemplate {
    /// The template of `url`: its path, query and fragment as they are. Parameters that have one
    /// of the profile's names go, so that a shop never takes them for the service's.
    #[must_use]
    pub fn new(url: &BuyUrl, profile: LinkProfile, style: ListStyle) -> Self {
        let mut query = QueryWriter::new(url.before_query().to_owned());
        query.copy_without(url.query(), &profile.parameters());
        let (before, query_at) = query.into_parts();
        Self {
            before,
            query_at,
            fragment: url.fragment().to_owned(),
            profile,
            style,
        }
    }

    /// The link: the URL with these parameters added at the end of its query.
    #[must_use]
    pub fn build(&self, added: &BuyLink<'_>) -> String {
        let [
            placement,
            user_quota,
            tenant_quota,
            user_id,
            tenant_id,
            page_name,
        ] = self.profile.parameters();
        let page = added.page.map(clean_page).unwrap_or_default();
        // Most bytes of a page are written as three.
        let room = self.before.len() + PARAMETER_BYTES + page.len() * 3 + self.fragment.len();
        let mut link = String::with_capacity(room);
        link.push_str(&self.before);
        let mut query = QueryWriter::resume(link, self.query_at);
        query.add_plain(placement, added.placement.name());
        self.add_items(&mut query, user_quota, added.user_quota);
        self.add_items(&mut query, tenant_quota, added.tenant_quota);
        for (name, id) in [(user_id, added.user_id), (tenant_id, added.tenant_id)] {
            if let Some(id) = id {
                query.add_number(name, u64::from(id.0));
            }
        }
        if !page.is_empty() {
            query.add(page_name, &page);
        }
        query.finish(&self.fragment)
    }

    fn add_items(&self, query: &mut QueryWriter, name: &str, items: ItemSet) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 && self.style == ListStyle::Comma {
                query.extend_list(item.name());
            } else {
                query.add_plain(name, item.name());
            }
        }
    }
}
