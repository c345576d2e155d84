//! Templates and languages as a whole.

use super::fixtures::{brand, href, line_in};
use super::*;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Scope, State};
use crate::domain::time::Timestamp;

fn sources_of_html() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sources = templates::SOURCES.iter().copied();
    sources.filter(|(name, _)| name.ends_with(".html"))
}

#[test]
fn an_address_is_an_href() {
    // The names that an `Href` has in templates. The two style sheets of a page are our own paths, made from a
    // hash and a checked colour.
    let checked = ["logo", "stylesheet", "brand_stylesheet"];
    for (template, source) in sources_of_html() {
        for attribute in [
            "href=",
            "src=",
            "action=",
            "formaction=",
            "srcset=",
            "background=",
        ] {
            for (at, _) in source.match_indices(attribute) {
                let value = &source[at + attribute.len()..];
                let name = value
                    .strip_prefix("\"{{")
                    .and_then(|value| value.split_once("}}\""))
                    .and_then(|(path, _)| path.split('.').next_back());
                assert!(
                    name.is_some_and(|name| name.ends_with("href") || checked.contains(&name)),
                    "{template}: {attribute}{value:.40}"
                );
            }
        }
    }
}

#[test]
fn pages_and_header_need_no_inline_style_or_script() {
    let is_of_mail = |name: &str| name.starts_with("email/") || name.starts_with("layout/");
    for (name, source) in sources_of_html().filter(|(name, _)| !is_of_mail(name)) {
        for inline in [
            "style=",
            "<style",
            "<script",
            "javascript",
            " onclick",
            " onload",
            " on{{",
        ] {
            assert!(!source.contains(inline), "{name}: {inline}");
        }
    }
}

#[test]
fn templates_never_lead_back_to_themselves() {
    for (name, source) in templates::SOURCES {
        let mut included = source
            .match_indices("{{>")
            .chain(source.match_indices("{{#>"));
        assert!(
            included.all(|(at, _)| {
                let included = source[at..].trim_start_matches(['{', '#', '>', ' ']);
                let is_body = included.starts_with("@partial-block");
                is_body || (included.starts_with("layout/") && !name.starts_with("layout/"))
            }),
            "{name} includes what is no layout, or is one itself"
        );
    }
}

fn every_lang(renderer: &Renderer) -> Vec<Lang> {
    renderer
        .languages()
        .map(|tag| Lang::parse(tag).unwrap())
        .collect()
}

#[test]
fn every_alert_renders_in_every_language() {
    let renderer = Renderer::new().unwrap();
    for lang in every_lang(&renderer) {
        for scope in [Scope::User, Scope::Tenant] {
            let both = |item| State::ALL.map(|state| (item, state));
            for (item, state) in Item::ALL.into_iter().flat_map(both) {
                let line = line_in(state, scope, item);
                for proposal in [None, Some(Proposal::BuyNow), Some(Proposal::ContactSales)] {
                    renderer.alert(&line, "Acme", proposal, &lang).unwrap();
                    renderer.alert(&line, "", proposal, &lang).unwrap();
                    renderer.edition("Advanced", proposal, &lang).unwrap();
                }
            }
        }
    }
}

#[test]
fn every_mail_and_header_renders_in_every_language() {
    let renderer = Renderer::new().unwrap();
    let buy_now = ProposalView::BuyNow {
        href: href("https://u.example/r/x"),
    };
    let proposals = [None, Some(&ProposalView::ContactSales), Some(&buy_now)];
    let lines = State::ALL.map(|state| line_in(state, Scope::Tenant, Item::VirtualMachines));
    let unsubscribe = href("https://u.example/u/x");
    let with_logo = BrandView {
        logo_url: Some(href("https://u.example/logo.png")),
        ..brand()
    };
    for lang in every_lang(&renderer) {
        for brand in &[brand(), with_logo.clone(), BrandView::default()] {
            for proposal in proposals {
                let header = HeaderView {
                    tenant_name: "",
                    lines: &lines,
                    proposal,
                    brand,
                };
                renderer.header_html(&header, &lang).unwrap();
                let mut view = quota_mail(&lines, brand);
                view.proposal = proposal;
                view.reminder = true;
                view.as_of = Some(Timestamp::from_secs(0));
                renderer.quota_mail(&view, &lang).unwrap();
                view.lines = &lines[2..3];
                view.as_of = Some(Timestamp::from_micros(i64::MIN));
                view.unsubscribe_url = Some(&unsubscribe);
                renderer.quota_mail(&view, &lang).unwrap();
            }
            for url in [None, Some(&href("https://u.example/a"))] {
                let view = ActivationMailView {
                    recipient_name: "Ada",
                    login: "ada",
                    activation_url: url,
                    brand,
                };
                renderer.activation_mail(&view, &lang).unwrap();
            }
        }
    }
}

#[test]
fn every_page_renders_in_every_language() {
    let renderer = Renderer::new().unwrap();
    for lang in every_lang(&renderer) {
        for brand in &[brand(), BrandView::default()] {
            for page in [
                Page::ContactSales,
                Page::LinkNotFound,
                Page::LinkExpired,
                Page::UnsubscribeConfirm { address: "" },
                Page::UnsubscribeConfirm {
                    address: "a@b.example",
                },
                Page::Subscribed { address: "" },
                Page::Subscribed {
                    address: "jan@example.com",
                },
                Page::Unsubscribed { address: "" },
                Page::Unsubscribed {
                    address: "a@b.example",
                },
                Page::Error { request_id: "" },
                Page::Error { request_id: "01JD" },
            ] {
                renderer.page(&PageView { brand, page }, &lang).unwrap();
            }
        }
    }
}

fn quota_mail<'a>(lines: &'a [QuotaLine], brand: &'a BrandView) -> QuotaMailView<'a> {
    QuotaMailView {
        others: &[],
        recipient_name: "",
        tenant_name: "",
        lines,
        proposal: None,
        brand,
        unsubscribe_url: None,
        reminder: false,
        as_of: None,
    }
}

#[test]
fn the_languages_of_the_product_are_spoken() {
    let renderer = Renderer::new().unwrap();
    let tags: Vec<_> = renderer.languages().collect();
    assert_eq!(tags, ["en", "de", "es", "fr", "it", "ja", "pt-BR", "ru"]);
    assert_eq!(renderer.language_names().count(), tags.len());
}

#[test]
fn languages_fall_back_to_english() {
    let renderer = Renderer::new().unwrap();
    for (asked, found) in [
        ("de-AT", "de"),
        ("en-GB", "en"),
        ("tlh", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
    ] {
        let locale = renderer.locale(&Lang::parse(asked).unwrap()).unwrap();
        assert_eq!(locale.tag, found);
    }
    let negotiated = |header| renderer.negotiate(header).to_string();
    assert_eq!(negotiated("tlh, de-CH;q=0.5, en;q=0.4"), "de-CH");
    assert_eq!(negotiated("*"), "en");
}

#[test]
fn assets_are_found_by_path_only() {
    let renderer = Renderer::new().unwrap();
    let path = renderer.stylesheet_path().to_owned();
    let css = renderer.asset(&path).unwrap();
    assert_eq!(css.content_type, "text/css; charset=utf-8");
    assert!(css.bytes.starts_with(b"/*"));
    let path = renderer.brand_stylesheet_path(Color::parse("ffcc00").unwrap());
    let css = renderer.asset(&path).unwrap();
    let css = String::from_utf8(css.bytes.into()).unwrap();
    assert!(css.contains("#ffcc00"));
    for unknown in [
        "",
        "/assets/",
        "/assets/brand-.css",
        "/assets/brand-FFCC00-v1.css",
        "/assets/brand-zzzzzz-v1.css",
        "/assets/../x",
    ] {
        assert_eq!(renderer.asset(unknown), None, "{unknown}");
    }
}
