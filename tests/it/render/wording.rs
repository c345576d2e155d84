//! The words that others rely on: the seeds' titles and labels, and sentences that are true.

use upsell::domain::proposal::Proposal;
use upsell::domain::quota::{Item, Quota, Scope, State};
use upsell::render::{Lang, QuotaLine, QuotaMailView, RenderError, Renderer};

use super::views::{GIB, assert_every_language, brand, buy_now, lang, line, several, soon};

fn alert(line: &QuotaLine, tag: &str) -> (String, String) {
    let renderer = Renderer::new().expect("the templates compile");
    let text = renderer
        .alert(line, "Acme", None, &lang(tag))
        .expect("renders");
    assert_eq!(text.label, None);
    (text.title, text.body.replace('\u{a0}', " "))
}

/// Rule `alert-titles`, to the letter.
#[test]
fn the_six_alert_titles_are_the_seeds() {
    for (item, state, title) in [
        (
            Item::StorageSize,
            State::Exceeded,
            "Storage quota has been exceeded",
        ),
        (
            Item::StorageSize,
            State::Soon,
            "Storage quota will be exceeded soon",
        ),
        (
            Item::PhysicalMachines,
            State::Exceeded,
            "Physical machine quota has been exceeded",
        ),
        (
            Item::PhysicalServers,
            State::Exceeded,
            "Physical servers quota has been exceeded",
        ),
        (
            Item::VirtualMachines,
            State::Exceeded,
            "Virtual machines quota has been exceeded",
        ),
        (
            Item::MobileDevices,
            State::Exceeded,
            "Mobile Devices quota has been exceeded",
        ),
        (
            Item::MobileDevices,
            State::Soon,
            "Mobile Devices quota will be exceeded soon",
        ),
        (
            Item::StorageSize,
            State::HardExceeded,
            "Storage quota has been exceeded",
        ),
    ] {
        let line = QuotaLine {
            state,
            ..line(Scope::User, item, 9, Quota::soft(10))
        };
        assert_eq!(alert(&line, "en").0, title);
    }
}

/// Rule `who-may-buy`: the table of what the user will see.
#[test]
fn the_proposal_labels_are_the_seeds() {
    let renderer = Renderer::new().expect("the templates compile");
    for (proposal, tag, label) in [
        (Proposal::BuyNow, "en", "Buy now"),
        (
            Proposal::ContactSales,
            "en",
            "Contact your sales representative",
        ),
        (Proposal::BuyNow, "de", "Jetzt kaufen"),
        (
            Proposal::ContactSales,
            "de",
            "Wenden Sie sich an Ihren Vertriebskontakt",
        ),
    ] {
        let text = renderer
            .alert(&soon(), "", Some(proposal), &lang(tag))
            .expect("renders");
        assert_eq!(text.label.as_deref(), Some(label));
        let text = renderer
            .edition("Advanced", Some(proposal), &lang(tag))
            .expect("renders");
        assert_eq!(text.label.as_deref(), Some(label));
    }
}

#[test]
fn bodies_say_whose_quota_how_much_and_what_follows() {
    let storage = |scope, usage, quota| line(scope, Item::StorageSize, usage, quota);
    let machines = |usage, quota| line(Scope::Tenant, Item::VirtualMachines, usage, quota);
    for (line, tag, body) in [
        (
            soon(),
            "en",
            "Your storage quota is almost used up: 94.5 GiB of 100 GiB (94.5%) in use.",
        ),
        (
            storage(Scope::Tenant, 3 * GIB / 2, Quota::hard(GIB, GIB)),
            "en",
            "The storage quota of Acme is used up: 1.5 GiB of 1 GiB (150%), 0.5 GiB over. At \
             2 GiB the service stops accepting new data.",
        ),
        (
            storage(Scope::User, 2 * GIB, Quota::hard(GIB, GIB)),
            "en",
            "Your storage quota is used up: 2 GiB of 1 GiB (200%), 1 GiB over. The service has stopped \
             accepting new data. It resumes when the quota is raised or usage goes down.",
        ),
        (
            storage(Scope::User, GIB, Quota::soft(0)),
            "en",
            "Your storage quota is used up: 1 GiB of 0 GiB, 1 GiB over.",
        ),
        (
            machines(1200, Quota::soft(1000)),
            "de",
            "Das Kontingent für virtuelle Maschinen von Acme ist ausgeschöpft, genutzt: 1.200 von \
             1.000 virtuellen Maschinen (120 %), 200 zu viel.",
        ),
        (
            machines(1, Quota::soft(1)),
            "en",
            "The virtual machines quota of Acme is used up: 1 of 1 virtual machine (100%).",
        ),
    ] {
        assert_eq!(alert(&line, tag).1, body);
    }
}

#[test]
fn the_plain_part_says_what_the_html_part_says_in_lines_that_fit() {
    let renderer = Renderer::new().expect("the templates compile");
    let lines = several();
    let buy = buy_now();
    for tag in renderer.languages() {
        let view = QuotaMailView {
            others: &[],
            recipient_name: "Jane",
            tenant_name: "Acme",
            lines: &lines,
            proposal: Some(&buy),
            brand: &brand(),
            unsubscribe_url: None,
            reminder: false,
            as_of: None,
        };
        let mail = renderer.quota_mail(&view, &lang(tag)).expect("renders");
        for line in mail.text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 76, "{tag}: {line}");
        }
        let flat = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let visible = visible_text(&mail.html);
        for said in ["Jane", "Acme", "94", "126", "120", "100", "Nordwind GmbH"] {
            assert!(
                flat.contains(said) && visible.contains(said),
                "{tag}: {said}"
            );
        }
        assert!(mail.html.contains("https://upsell.example/r/AQ"));
        assert!(mail.text.contains("https://upsell.example/r/AQ"));
        assert!(mail.html.contains(&format!("<html lang=\"{tag}\" dir=\"")));
    }
}

fn visible_text(html: &str) -> String {
    let body = html.split("<body").nth(1).expect("has a body");
    body.split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn lines_that_are_no_alert_are_not_mailed() {
    let renderer = Renderer::new().expect("the templates compile");
    let fine = line(Scope::User, Item::MobileDevices, 1, Quota::soft(5));
    let brand = brand();
    let mail = |lines: &[QuotaLine]| {
        let view = QuotaMailView {
            others: &[],
            recipient_name: "",
            tenant_name: "",
            lines,
            proposal: None,
            brand: &brand,
            unsubscribe_url: None,
            reminder: false,
            as_of: None,
        };
        renderer.quota_mail(&view, &Lang::default())
    };
    let sent = mail(&[fine, soon()]).expect("renders");
    assert_eq!(
        sent.subject,
        "Storage quota will be exceeded soon – Nordwind Backup"
    );
    assert!(!sent.text.contains("Mobile"));
    assert!(matches!(mail(&[fine]), Err(RenderError::NothingToSay)));
}

/// A full quota and a service that has stopped must not look alike in a mailbox.
#[test]
fn a_stopped_service_has_a_subject_of_its_own_in_every_language() {
    let renderer = Renderer::new().expect("the templates compile");
    let stopped = line(
        Scope::User,
        Item::StorageSize,
        2 * GIB,
        Quota::hard(GIB, GIB),
    );
    let full = line(Scope::User, Item::StorageSize, GIB, Quota::hard(GIB, GIB));
    let subject = |lines: &[QuotaLine], tag: &str, reminder| {
        let view = QuotaMailView {
            lines,
            reminder,
            recipient_name: "",
            tenant_name: "Acme",
            others: &[],
            brand: &brand(),
            proposal: None,
            as_of: None,
            unsubscribe_url: None,
        };
        renderer
            .quota_mail(&view, &lang(tag))
            .expect("renders")
            .subject
    };
    let languages = [
        ("en", "Service stopped"),
        ("de", "Dienst angehalten"),
        ("es", "Servicio detenido"),
        ("fr", "Service arrêté"),
        ("it", "Servizio fermo"),
        ("ja", "サービス停止"),
        ("pt-BR", "Serviço parado"),
        ("ru", "Служба остановлена"),
    ];
    assert_every_language(languages.map(|(tag, _)| tag));
    for (tag, word) in languages {
        for reminder in [false, true] {
            let shown = subject(&[stopped, full], tag, reminder);
            assert!(shown.contains(word), "{shown}");
            let shown = subject(&[stopped], tag, reminder);
            assert!(shown.contains(word), "{shown}");
            let other = subject(&[full], tag, reminder);
            assert!(!other.contains(word), "{other}");
        }
    }
}
