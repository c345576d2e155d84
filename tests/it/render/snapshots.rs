//! Rendered mails, pages, headers and stylesheets against the files in `tests/snapshots/`, for
//! people to read in a review. The files are chosen pairwise: each pair of kind, proposal, language
//! and format is in at least one of them.
//! `UPDATE_DOCS=1 cargo test --test it snapshots` writes them anew.

use upsell::domain::quota::{Item, Quota, Scope};
use upsell::domain::time::Timestamp;
use upsell::render::{
    ActivationMailView, BrandView, HeaderView, Mail, Page, PageView, ProposalView, QuotaMailView,
    Renderer,
};

use super::views::{brand, buy_now, href, lang, line, several, soon};
use crate::support::pages::assert_up_to_date;

fn check(name: &str, actual: &str) {
    assert_up_to_date(&format!("tests/snapshots/{name}"), actual, "snapshots");
}

/// The part of the mail that the ending of `name` says.
fn check_mail(name: &str, mail: &Mail) {
    match name.ends_with(".html") {
        true => check(name, &mail.html),
        false => check(name, &format!("Subject: {}\n\n{}", mail.subject, mail.text)),
    }
}

/// English and German as a first mail; every further language as a reminder.
#[test]
fn quota_mails() {
    let renderer = Renderer::new().expect("the templates compile");
    let (one, several) = (vec![soon()], several());
    let buy = buy_now();
    let unsubscribe = href("https://upsell.example/u/AQIDBAUGBwgJ");
    let is_further = |tag: &str| !["en", "de"].contains(&tag);
    let mut names = vec![
        "one.buy_now.en.html".to_owned(),
        "one.contact_sales.de.txt".to_owned(),
        "one.none.de.html".to_owned(),
        "several.buy_now.de.txt".to_owned(),
        "several.contact_sales.en.html".to_owned(),
        "several.none.en.txt".to_owned(),
    ];
    let further = renderer.languages().filter(|tag| is_further(tag));
    names.extend(further.map(|tag| format!("several.contact_sales.{tag}.txt")));
    for name in names {
        let parts: Vec<&str> = name.split('.').collect();
        let view = QuotaMailView {
            others: &[],
            recipient_name: "Jane Doe",
            tenant_name: "Acme & Sons",
            lines: if parts[0] == "one" { &one } else { &several },
            proposal: match parts[1] {
                "buy_now" => Some(&buy),
                "contact_sales" => Some(&ProposalView::ContactSales),
                _ => None,
            },
            brand: &brand(),
            unsubscribe_url: Some(&unsubscribe),
            reminder: is_further(parts[2]),
            as_of: Some(Timestamp::from_secs(1_795_173_213)),
        };
        let mail = renderer.quota_mail(&view, &lang(parts[2]));
        check_mail(&format!("quota.{name}"), &mail.expect("renders"));
    }
}

#[test]
fn a_reminder_of_the_neutral_brand() {
    let renderer = Renderer::new().expect("the templates compile");
    let view = QuotaMailView {
        others: &[],
        recipient_name: "",
        tenant_name: "",
        lines: &[line(
            Scope::Tenant,
            Item::PhysicalServers,
            3,
            Quota::hard(3, 0),
        )],
        proposal: Some(&buy_now()),
        brand: &BrandView::default(),
        unsubscribe_url: None,
        reminder: true,
        as_of: None,
    };
    let mail = renderer.quota_mail(&view, &lang("en")).expect("renders");
    check_mail("quota.reminder.neutral.en.html", &mail);
    check_mail("quota.reminder.neutral.en.txt", &mail);
}

#[test]
fn activation_mails() {
    let renderer = Renderer::new().expect("the templates compile");
    let url = href("https://console.nordwind.example/activate?token=AQIDBAUGBwgJCgsM");
    for (activation_url, tag, name) in [
        (Some(&url), "en", "activation.link.en.html"),
        (Some(&url), "de", "activation.link.de.txt"),
        (None, "de", "activation.plain.de.html"),
        (None, "en", "activation.plain.en.txt"),
    ] {
        let view = ActivationMailView {
            recipient_name: "Jane",
            login: "jane.doe@acme.example",
            activation_url,
            brand: &brand(),
        };
        let mail = renderer.activation_mail(&view, &lang(tag));
        check_mail(name, &mail.expect("renders"));
    }
}

#[test]
fn pages() {
    let renderer = Renderer::new().expect("the templates compile");
    let address = "jane.doe@acme.example";
    let request_id = "01JD7Q2Z5W";
    let (own, neutral) = (brand(), BrandView::default());
    for (page, brand, name, tag) in [
        (Page::ContactSales, &own, "contact_sales", "en"),
        (Page::LinkNotFound, &own, "link_not_found", "de"),
        (Page::LinkNotFound, &neutral, "link_not_found.neutral", "en"),
        (Page::LinkExpired, &own, "link_expired", "en"),
        (
            Page::UnsubscribeConfirm { address },
            &own,
            "unsubscribe",
            "de",
        ),
        (Page::Unsubscribed { address }, &own, "unsubscribed", "en"),
        (Page::Subscribed { address }, &own, "subscribed", "de"),
        (Page::Error { request_id }, &own, "error", "en"),
    ] {
        let html = renderer.page(&PageView { brand, page }, &lang(tag));
        check(&format!("page.{name}.{tag}.html"), &html.expect("renders"));
    }
}

#[test]
fn headers() {
    let renderer = Renderer::new().expect("the templates compile");
    let mut lines = several();
    lines.push(line(Scope::User, Item::PhysicalMachines, 2, Quota::soft(5)));
    lines.push(line(
        Scope::Tenant,
        Item::PhysicalServers,
        7,
        Quota::UNLIMITED,
    ));
    for (proposal, name, tag) in [
        (Some(&buy_now()), "buy_now", "en"),
        (Some(&ProposalView::ContactSales), "contact_sales", "de"),
        (None, "none", "en"),
    ] {
        let view = HeaderView {
            tenant_name: "Acme & Sons",
            lines: &lines,
            proposal,
            brand: &brand(),
        };
        let html = renderer.header_html(&view, &lang(tag)).expect("renders");
        check(&format!("header.{name}.{tag}.html"), &html);
    }
}

#[test]
fn the_stylesheets() {
    let renderer = Renderer::new().expect("the templates compile");
    let sheet = renderer
        .asset(renderer.stylesheet_path())
        .expect("is served");
    check("upsell.css", &String::from_utf8_lossy(&sheet.bytes));
    let brand = renderer
        .asset("/assets/brand-0b7285-v1.css")
        .expect("is served");
    check(
        "brand-0b7285-v1.css",
        &String::from_utf8_lossy(&brand.bytes),
    );
}
