//! The views that the tests share.

use upsell::domain::quota::{Item, Percent, Quota, Scope};
use upsell::render::{BrandView, Color, Href, Lang, ProposalView, QuotaLine, Renderer};

pub(crate) const GIB: u64 = 1 << 30;

pub(crate) fn href(text: &str) -> Href {
    Href::parse(text).expect("a safe address")
}

pub(crate) fn lang(tag: &str) -> Lang {
    Lang::parse(tag).expect("a language")
}

/// Fails where a table of a test has not one row for each language, in the order of the renderer.
#[track_caller]
pub(crate) fn assert_every_language<'a>(tags: impl IntoIterator<Item = &'a str>) {
    let renderer = Renderer::new().expect("the templates compile");
    let tags: Vec<&str> = tags.into_iter().collect();
    assert_eq!(tags, renderer.languages().collect::<Vec<_>>());
}

/// A line whose state the domain decides, `soon` at 90 %.
pub(crate) fn line(scope: Scope, item: Item, usage: u64, quota: Quota) -> QuotaLine {
    QuotaLine {
        scope,
        item,
        state: quota.state(usage, Percent::new(90)),
        usage,
        quota: quota.value,
        overage: quota.overage,
        to_buy: None,
    }
}

/// Storage that is almost used up.
pub(crate) fn soon() -> QuotaLine {
    line(
        Scope::User,
        Item::StorageSize,
        94 * GIB + GIB / 2,
        Quota::soft(100 * GIB),
    )
}

/// Both levels, every state that is an alert, worst first.
pub(crate) fn several() -> Vec<QuotaLine> {
    vec![
        line(
            Scope::Tenant,
            Item::StorageSize,
            1300 * GIB,
            Quota::hard(1024 * GIB, 200 * GIB),
        ),
        line(Scope::Tenant, Item::VirtualMachines, 12, Quota::hard(10, 5)),
        line(Scope::Tenant, Item::MobileDevices, 1, Quota::soft(1)),
        soon(),
    ]
}

pub(crate) fn buy_now() -> ProposalView {
    ProposalView::BuyNow {
        href: href("https://upsell.example/r/AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"),
    }
}

/// A brand with everything set.
pub(crate) fn brand() -> BrandView {
    BrandView {
        service_name: "Nordwind Backup".to_owned(),
        company_name: "Nordwind GmbH".to_owned(),
        color: Color::parse("0b7285").expect("a colour"),
        logo_url: None,
        support_phone: "+49 89 1234567".to_owned(),
        support_url: Some(href("https://nordwind.example/support")),
        terms_url: Some(href("https://nordwind.example/terms")),
        privacy_policy_url: Some(href("https://nordwind.example/privacy")),
        home_url: Some(href("https://nordwind.example/")),
    }
}
