//! Whole outputs against the files in `tests/snapshots/`, for people to read in a review.
//! `UPSELL_UPDATE_SNAPSHOTS=1 cargo test --test it snapshots` writes them anew.

use std::fs;
use std::path::Path;

use upsell::domain::quota::{Item, Quota, Scope};
use upsell::domain::time::Timestamp;
use upsell::render::{
    ActivationMailView, BrandView, HeaderView, Lang, Mail, Page, PageView, ProposalView, QuotaLine,
    QuotaMailView, Renderer,
};

use super::views::{brand, buy_now, href, line, several, soon};

fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(name);
    if std::env::var_os("UPSELL_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, actual).expect("the snapshot can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        actual == expected,
        "{name} has changed. If that is meant, run\n  UPSELL_UPDATE_SNAPSHOTS=1 cargo test --test it \
         snapshots\nand review the difference.\n--- now ---\n{actual}"
    );
}

fn check_mail(name: &str, mail: &Mail) {
    check(
        &format!("{name}.txt"),
        &format!("Subject: {}\n\n{}", mail.subject, mail.text),
    );
    check(&format!("{name}.html"), &mail.html);
}

fn lang(tag: &str) -> Lang {
    Lang::parse(tag).expect("a language")
}

#[test]
fn quota_mails() {
    let renderer = Renderer::new().expect("the templates compile");
    let (several, one): (Vec<QuotaLine>, _) = (several(), vec![soon()]);
    let buy = buy_now();
    let unsubscribe = href("https://upsell.example/u/AQIDBAUGBwgJ");
    for tag in ["en", "de"] {
        for (lines_name, lines) in [("one", &one), ("several", &several)] {
            for (offer_name, proposal) in [
                ("buy_now", Some(&buy)),
                ("contact_sales", Some(&ProposalView::ContactSales)),
                ("none", None),
            ] {
                let view = QuotaMailView {
                    others: &[],
                    recipient_name: "Jane Doe",
                    tenant_name: "Acme & Sons",
                    lines,
                    proposal,
                    brand: &brand(),
                    unsubscribe_url: Some(&unsubscribe),
                    reminder: false,
                    as_of: Some(Timestamp::from_secs(1_795_173_213)),
                };
                let mail = renderer.quota_mail(&view, &lang(tag)).expect("renders");
                check_mail(&format!("quota.{lines_name}.{offer_name}.{tag}"), &mail);
            }
        }
    }
}

/// The plain part of one mail in every further language, for people who speak it.
#[test]
fn quota_mails_in_every_language() {
    let renderer = Renderer::new().expect("the templates compile");
    let lines = several();
    for tag in renderer
        .languages()
        .filter(|tag| !["en", "de"].contains(tag))
    {
        let view = QuotaMailView {
            others: &[],
            recipient_name: "Jane Doe",
            tenant_name: "Acme & Sons",
            lines: &lines,
            proposal: Some(&ProposalView::ContactSales),
            brand: &brand(),
            unsubscribe_url: Some(&href("https://upsell.example/u/AQIDBAUGBwgJ")),
            reminder: true,
            as_of: Some(Timestamp::from_secs(1_795_173_213)),
        };
        let mail = renderer.quota_mail(&view, &lang(tag)).expect("renders");
        let plain = format!("Subject: {}\n\n{}", mail.subject, mail.text);
        check(&format!("quota.several.contact_sales.{tag}.txt"), &plain);
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
    check_mail("quota.reminder.neutral.en", &mail);
}

#[test]
fn activation_mails() {
    let renderer = Renderer::new().expect("the templates compile");
    let url = href("https://console.nordwind.example/activate?token=AQIDBAUGBwgJCgsM");
    for (name, activation_url) in [("link", Some(&url)), ("plain", None)] {
        for tag in ["en", "de"] {
            let view = ActivationMailView {
                recipient_name: "Jane",
                login: "jane.doe@acme.example",
                activation_url,
                brand: &brand(),
            };
            let mail = renderer
                .activation_mail(&view, &lang(tag))
                .expect("renders");
            check_mail(&format!("activation.{name}.{tag}"), &mail);
        }
    }
}

#[test]
fn pages() {
    let renderer = Renderer::new().expect("the templates compile");
    let address = "jane.doe@acme.example";
    for (name, page) in [
        ("contact_sales", Page::ContactSales),
        ("link_not_found", Page::LinkNotFound),
        ("link_expired", Page::LinkExpired),
        ("unsubscribe", Page::UnsubscribeConfirm { address }),
        ("unsubscribed", Page::Unsubscribed { address }),
        ("subscribed", Page::Subscribed { address }),
        (
            "error",
            Page::Error {
                request_id: "01JD7Q2Z5W",
            },
        ),
    ] {
        for tag in ["en", "de"] {
            let view = PageView {
                brand: &brand(),
                page,
            };
            let html = renderer.page(&view, &lang(tag)).expect("renders");
            check(&format!("page.{name}.{tag}.html"), &html);
        }
    }
    let view = PageView {
        brand: &BrandView::default(),
        page: Page::LinkNotFound,
    };
    let html = renderer.page(&view, &lang("en")).expect("renders");
    check("page.link_not_found.neutral.en.html", &html);
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
    for (name, proposal) in [
        ("buy_now", Some(&buy_now())),
        ("contact_sales", Some(&ProposalView::ContactSales)),
        ("none", None),
    ] {
        for tag in ["en", "de"] {
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
