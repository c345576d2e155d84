//! Views for the tests of this module.

use super::view::{BrandView, QuotaLine};
use super::{Color, Href};
use crate::domain::quota::{Item, Quota, Scope, State};

pub(crate) const GIB: u64 = 1 << 30;

/// A line whose state follows from the domain's own rule, `soon` at 90 %.
pub(crate) fn line(scope: Scope, item: Item, usage: u64, quota: Quota) -> QuotaLine {
    QuotaLine {
        scope,
        item,
        state: quota.state(usage, crate::domain::quota::Percent::new(90)),
        usage,
        quota: quota.value,
        overage: quota.overage,
        to_buy: None,
    }
}

/// A line in `state`, with figures that fit it.
pub(crate) fn line_in(state: State, scope: Scope, item: Item) -> QuotaLine {
    let (usage, quota) = match state {
        State::Unlimited => (3, Quota::UNLIMITED),
        State::Ok => (3, Quota::soft(10)),
        State::Soon => (9, Quota::soft(10)),
        State::Exceeded => (12, Quota::hard(10, 5)),
        State::HardExceeded => (15, Quota::hard(10, 5)),
    };
    line(scope, item, usage, quota)
}

pub(crate) fn href(text: &str) -> Href {
    Href::parse(text).unwrap()
}

pub(crate) fn brand() -> BrandView {
    BrandView {
        service_name: "myservice".to_owned(),
        company_name: "FooBar".to_owned(),
        color: Color::parse("0b7285").unwrap(),
        logo_url: None,
        support_phone: "+1 1111 1111111".to_owned(),
        support_url: Some(href("https://foobar.example/support")),
        terms_url: Some(href("https://foobar.example/terms")),
        privacy_policy_url: Some(href("https://foobar.example/privacy")),
        home_url: Some(href("https://foobar.example/")),
    }
}
