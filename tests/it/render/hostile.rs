//! Data that wants to be more than text: markup, template expressions, header injection,
//! direction tricks, endless names.

use proptest::prelude::*;
use upsell::domain::proposal::Proposal;
use upsell::render::{
    ActivationMailView, BrandView, Color, HeaderView, Href, Lang, Mail, Page, PageView,
    ProposalView, QuotaMailView, Renderer,
};

use super::views::{buy_now, several, soon};

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title></style><style>*{display:none}</style>",
    "--><script>alert(1)</script><!--",
    "{{greeting}} {{lines}} {{#if contact}} \\{{heading}} {{!-- {{~x~}}",
    "{\\",
    "{{lang}} {{{brand.name}}} {{#each lines}}{{/each}} {{> layout/mail}}",
    "{usage} {tenant} {figures}",
    "a\r\nBcc: victim@example.com\r\n\r\nbody",
    "a\nb\rc\0d\u{85}e\u{2028}f\u{2029}g\u{b}h\u{c}i",
    "\u{202e}gnp.exe\u{2066}x\u{2069}\u{200f}\u{feff}",
    "javascript:alert(1)",
    "=?utf-8?q?x?=",
    "&lt;b&gt; &amp;amp;",
];

/// Everything that can be rendered, with `text` in every place for text.
fn everything(renderer: &Renderer, text: &str) -> (Vec<Mail>, Vec<String>) {
    let lang = Lang::default();
    let brand = BrandView {
        service_name: text.to_owned(),
        company_name: text.to_owned(),
        color: Color::parse(text).unwrap_or_default(),
        logo_url: Href::parse(text),
        support_phone: text.to_owned(),
        support_url: Href::parse(text),
        terms_url: Href::parse(text),
        privacy_policy_url: Href::parse(text),
        home_url: Href::parse(text),
    };
    let mut mails = Vec::new();
    let mut html = Vec::new();
    for proposal in [Some(buy_now()), Some(ProposalView::ContactSales), None] {
        let proposal = proposal.as_ref();
        for lines in [several(), vec![soon()]] {
            let view = QuotaMailView {
                others: &[],
                recipient_name: text,
                tenant_name: text,
                lines: &lines,
                proposal,
                brand: &brand,
                unsubscribe_url: None,
                reminder: true,
                as_of: None,
            };
            mails.push(renderer.quota_mail(&view, &lang).expect("renders"));
        }
        let lines = several();
        let view = HeaderView {
            tenant_name: text,
            lines: &lines,
            proposal,
            brand: &brand,
        };
        html.push(renderer.header_html(&view, &lang).expect("renders"));
    }
    let view = ActivationMailView {
        recipient_name: text,
        login: text,
        activation_url: None,
        brand: &brand,
    };
    mails.push(renderer.activation_mail(&view, &lang).expect("renders"));
    for page in [
        Page::ContactSales,
        Page::UnsubscribeConfirm { address: text },
        Page::Unsubscribed { address: text },
        Page::Error { request_id: text },
    ] {
        html.push(
            renderer
                .page(
                    &PageView {
                        brand: &brand,
                        page,
                    },
                    &lang,
                )
                .expect("renders"),
        );
    }
    html.extend(mails.iter().map(|mail| mail.html.clone()));
    (mails, html)
}

/// The names of elements and attributes of a document, in order, without their values and text:
/// what the document *is*.
fn skeleton(html: &str) -> Vec<String> {
    let mut skeleton = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let mut name = String::new();
        let mut quote = None;
        let mut end = after.len();
        for (at, c) in after.char_indices() {
            match (quote, c) {
                (None, '>') => {
                    end = at;
                    break;
                }
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                (None, c) => name.push(c),
                (Some(_), _) => {}
            }
        }
        skeleton.push(name);
        rest = &after[end..];
    }
    skeleton
}

fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn no_data_changes_what_a_document_is() {
    let renderer = Renderer::new().expect("the templates compile");
    let (_, harmless) = everything(&renderer, "Harmless Name");
    for text in HOSTILE {
        let (_, hostile) = everything(&renderer, text);
        for (hostile, harmless) in hostile.iter().zip(&harmless) {
            assert_eq!(skeleton(hostile), skeleton(harmless), "{text:?}");
        }
    }
}

#[test]
fn no_data_breaks_a_line_or_turns_the_direction() {
    let renderer = Renderer::new().expect("the templates compile");
    for text in HOSTILE {
        let (mails, html) = everything(&renderer, text);
        for mail in &mails {
            assert!(
                !mail.subject.contains(char::is_control),
                "{:?}",
                mail.subject
            );
            assert!(!mail.subject.contains(is_forbidden), "{:?}", mail.subject);
            assert!(!mail.text.contains(is_forbidden), "{:?}", mail.text);
            assert!(!mail.text.contains("\nBcc:"), "{:?}", mail.text);
        }
        assert!(
            html.iter().all(|html| !html.contains(is_forbidden)),
            "{text:?}"
        );
    }
}

#[test]
fn template_expressions_and_placeholders_stay_text() {
    let renderer = Renderer::new().expect("the templates compile");
    let (mails, html) = everything(&renderer, "{{lang}}{tenant}");
    for mail in mails {
        assert!(mail.subject.contains("{{lang}}{tenant}") || mail.subject.starts_with("Activate"));
        assert!(mail.text.contains("{{lang}}{tenant}"));
    }
    assert!(html.iter().all(|html| html.contains("{{lang}}{tenant}")));
    let alert = renderer
        .alert(
            &several()[0],
            "{figures}{{x}}",
            Some(Proposal::BuyNow),
            &Lang::default(),
        )
        .expect("renders");
    assert!(
        alert
            .body
            .starts_with("The storage quota of {figures}{{x}} is used up: 1,3")
    );
    let edition = renderer
        .edition("a\r\n{edition}", None, &Lang::default())
        .expect("renders");
    assert_eq!(edition.title, "Upgrade to the a {edition} edition");
}

#[test]
fn endless_names_are_cut() {
    let renderer = Renderer::new().expect("the templates compile");
    let (mails, html) = everything(&renderer, &"Long name ".repeat(1000));
    for mail in mails {
        assert!(mail.subject.chars().count() <= 200, "{}", mail.subject);
        assert!(mail.text.len() < 4_000);
        for line in mail.text.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
    assert!(html.iter().all(|html| html.len() < 32_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_renders_to_the_same_skeleton(text in "\\PC{1,60}|[\\x00-\\x7f]{1,60}|.{1,60}") {
        let renderer = Renderer::new().expect("the templates compile");
        let visible = format!("n{text}");
        let (_, harmless) = everything(&renderer, "Harmless Name");
        let (mails, hostile) = everything(&renderer, &visible);
        for (hostile, harmless) in hostile.iter().zip(&harmless) {
            prop_assert_eq!(skeleton(hostile), skeleton(harmless));
        }
        for mail in mails {
            prop_assert!(!mail.subject.contains(char::is_control));
        }
    }
}
