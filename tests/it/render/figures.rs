//! What readers work out from the numbers that they are shown, in every language: which is larger,
//! the percentage, the difference, how many blocks. It is never anything else than what is true.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use upsell::domain::plan::{Goods, Purchase};
use upsell::domain::quota::{Item, Quota, Scope, State, utilization};
use upsell::render::{BrandView, HeaderView, Lang, QuotaLine, Renderer};

use super::views::{GIB, assert_every_language, line};

/// A number in a text, in hundredths, and what follows it: a unit in bytes, or `%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Size(u128),
    Percent(u128),
    Number(u128),
}

const UNITS: [[&str; 3]; 7] = [
    ["B", "o", "Б"],
    ["KiB", "Kio", "КиБ"],
    ["MiB", "Mio", "МиБ"],
    ["GiB", "Gio", "ГиБ"],
    ["TiB", "Tio", "ТиБ"],
    ["PiB", "Pio", "ПиБ"],
    ["EiB", "Eio", "ЭиБ"],
];

/// The numbers of `text` in their order. Groups are parted by a no-break space or by that of `,` and
/// `.` which `decimal` is not.
fn numbers(text: &str, decimal: char) -> Vec<Read> {
    let is_group = |c: char| c != decimal && ".,\u{a0}\u{202f}".contains(c);
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[start..];
        let (mut value, mut decimals) = (0_u128, None);
        let mut chars = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            let digit_follows = chars.peek().is_some_and(|(_, c)| c.is_ascii_digit());
            if let Some(digit) = c.to_digit(10) {
                value = value * 10 + u128::from(digit);
                decimals = decimals.map(|count: u32| count + 1);
            } else if c == decimal && digit_follows && decimals.is_none() {
                decimals = Some(0);
            } else if !(is_group(c) && digit_follows) {
                end = at;
                break;
            }
        }
        value *= 10_u128.pow(2 - decimals.unwrap_or(0));
        rest = &rest[end..];
        let after = rest.trim_start_matches(['\u{a0}', '\u{202f}']);
        let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
        let unit = UNITS
            .iter()
            .position(|names| names.contains(&word.as_str()));
        found.push(match unit {
            Some(power) => Read::Size(value << (10 * power)),
            None if after.starts_with('%') => Read::Percent(value),
            None => Read::Number(value),
        });
    }
    found
}

/// What a reader makes of the numbers of an item: usage, quota, percent, over, limit.
fn check(line: &QuotaLine, read: &[Read], what: &str) -> Result<Option<u128>, TestCaseError> {
    let size = |at: usize| match read.get(at) {
        Some(Read::Size(value) | Read::Number(value)) => Some(*value),
        _ => None,
    };
    let percent = read.iter().find_map(|one| match one {
        Read::Percent(value) => Some(*value),
        _ => None,
    });
    let (true_usage, true_quota) = (line.usage, line.quota.unwrap_or_default());
    let (usage, quota) = (size(0).unwrap_or_default(), size(1).unwrap_or_default());
    prop_assert_eq!(usage.cmp(&quota), true_usage.cmp(&true_quota), "{}", what);
    prop_assert_eq!(usage == 0, true_usage == 0, "{}", what);
    let is_exceeded = line.state >= State::Exceeded;
    prop_assert_eq!(usage >= quota, is_exceeded, "{}", what);
    if let Some(percent) = percent {
        // One decimal, rounded down: what the shown numbers give, and what the API says.
        prop_assert_eq!(percent / 10, usage * 1000 / quota, "{}", what);
        let api = utilization(true_usage, line.quota).unwrap_or_default();
        prop_assert_eq!(
            format!("{}.{}", percent / 100, percent / 10 % 10),
            api,
            "{}",
            what
        );
        prop_assert_eq!(percent >= 10_000, is_exceeded, "{}", what);
        prop_assert_eq!(percent >= 90_00, line.state >= State::Soon, "{}", what);
    }
    prop_assert_eq!(percent.is_some(), true_quota > 0, "{}", what);
    let next = if percent.is_some() { 3 } else { 2 };
    if true_usage <= true_quota {
        return Ok(size(next));
    }
    prop_assert_eq!(size(next), Some(usage - quota), "{}", what);
    Ok(size(next + 1))
}

/// The blocks that are said to cover what is shown as over the quota do, and one fewer does not.
fn check_blocks(over: u128, text: &str, decimal: char) -> Result<(), TestCaseError> {
    let read = numbers(text, decimal);
    let count = read.iter().find_map(|one| match one {
        Read::Number(value) => Some(value / 100),
        _ => None,
    });
    let size = read.iter().find_map(|one| match one {
        Read::Size(value) => Some(*value),
        _ => None,
    });
    let (count, size) = (count.unwrap_or_default(), size.unwrap_or_default());
    prop_assert!(count * size >= over, "{}: {} over", text, over);
    prop_assert!((count - 1) * size < over, "{}: {} over", text, over);
    Ok(())
}

/// The numbers of a sentence about `tag`'s figures, usage first; Japanese has the quota first.
fn figures(text: &str, (tag, decimal): (&str, char)) -> Vec<Read> {
    let mut read = numbers(text, decimal);
    if tag == "ja" && read.len() > 1 {
        read.swap(0, 1);
    }
    read
}

fn purchase(over: u64, bytes_each: u64) -> Purchase {
    let price = "7".parse().expect("a price");
    Purchase {
        goods: Goods::Blocks {
            bytes_each,
            computers_bytes: 0,
        },
        count: over.div_ceil(bytes_each),
        unit_price: price,
        total: price,
        currency: None,
    }
}

const LANGUAGES: [(&str, char); 8] = [
    ("en", '.'),
    ("de", ','),
    ("es", ','),
    ("fr", ','),
    ("it", ','),
    ("ja", '.'),
    ("pt-BR", ','),
    ("ru", ','),
];

/// A size as people set it, or any.
fn a_size() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (1_u64..=2000, 20_u32..=40).prop_map(|(count, shift)| count << shift),
        1 => 1_u64..=5000,
        1 => (0_u32..63).prop_flat_map(|shift| 0..(2_u64 << shift)),
    ]
}

/// Usage near the quota, or anywhere.
fn usage_of(quota: u64) -> impl Strategy<Value = u64> {
    let near = (1_u64..=2000, 0_u32..40, any::<bool>());
    prop_oneof![
        2 => (0_u64..=3000).prop_map(move |permille| {
            u64::try_from(u128::from(quota) * u128::from(permille) / 1000).unwrap_or(u64::MAX)
        }),
        4 => near.prop_map(move |(count, shift, above)| match above {
            true => quota.saturating_add(count << shift),
            false => quota.saturating_sub(count << shift),
        }),
        1 => a_size(),
        1 => Just(quota),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn readers_never_work_out_what_is_not_true(
        (quota, usage) in a_size().prop_flat_map(|quota| (Just(quota), usage_of(quota))),
        overage in proptest::option::of(a_size()),
        block in a_size().prop_map(|size| size.max(1)),
        language in 0_usize..LANGUAGES.len(),
    ) {
        let renderer = Renderer::new().expect("the templates compile");
        let (tag, decimal) = LANGUAGES[language];
        let lang = Lang::parse(tag).expect("a language");
        let quota = Quota { value: Some(quota), overage };
        let mut line = line(Scope::Tenant, Item::StorageSize, usage, quota);
        let over = usage.saturating_sub(quota.value.unwrap_or_default());
        line.to_buy = (over > 0).then(|| purchase(over, block));

        let text = renderer.alert(&line, "Acme", None, &lang).expect("renders");
        let read = figures(&text.body, (tag, decimal));
        let limit = check(&line, &read, &text.body)?;
        let usage = match read.first() {
            Some(Read::Size(usage)) => *usage,
            other => return Err(TestCaseError::fail(format!("{}: {other:?}", text.body))),
        };
        if line.state == State::Exceeded && overage.is_some() {
            prop_assert!(limit.is_some_and(|limit| limit > usage || line.usage == u64::MAX), "{}", text.body);
        }
        if let Some(to_buy) = &text.to_buy {
            let over = if read.iter().any(|one| matches!(one, Read::Percent(_))) { 3 } else { 2 };
            let Some(Read::Size(over)) = read.get(over) else {
                return Err(TestCaseError::fail(text.body.clone()));
            };
            check_blocks(*over, to_buy, decimal)?;
        }
        // The header shows the same.
        let view = HeaderView {
            tenant_name: "Acme",
            lines: &[line],
            proposal: None,
            brand: &BrandView::default(),
        };
        let html = renderer.header_html(&view, &lang).expect("renders");
        let (_, shown) = html.split_once("upsell-figures\">").expect("figures");
        let (shown, after) = shown.split_once('<').expect("an end");
        let same = read.iter().filter(|one| !matches!(one, Read::Percent(_)));
        let in_header = figures(shown, (tag, decimal));
        let count = in_header.len();
        prop_assert!(same.take(count).eq(in_header.iter()), "{}: {}", shown, text.body);
        let percent = after.split_once("upsell-percent\">").and_then(|(_, rest)| rest.split_once('<'));
        let percent = percent.map(|(percent, _)| numbers(percent, decimal));
        let in_body = read.iter().find(|one| matches!(one, Read::Percent(_)));
        prop_assert_eq!(percent.as_deref().and_then(<[_]>::first), in_body);
    }

    #[test]
    fn counted_items_say_how_many_are_over(quota in 0_u64..3000, usage in 0_u64..4000, language in 0_usize..LANGUAGES.len()) {
        let renderer = Renderer::new().expect("the templates compile");
        let (tag, decimal) = LANGUAGES[language];
        let line = line(Scope::Tenant, Item::VirtualMachines, usage, Quota::soft(quota));
        let text = renderer.alert(&line, "Acme", None, &Lang::parse(tag).expect("a language"));
        let body = text.expect("renders").body;
        check(&line, &figures(&body, (tag, decimal)), &body)?;
    }
}

#[test]
fn every_language_is_among_them() {
    assert_every_language(LANGUAGES.map(|(tag, _)| tag));
}

#[test]
fn numbers_are_read_as_they_are_written() {
    let read = numbers("4,130\u{a0}GiB of 4.5\u{a0}TiB (91.7%), 12", '.');
    let (gib, tib) = (u128::from(GIB), u128::from(GIB) << 10);
    let expected = [
        Read::Size(413_000 * gib),
        Read::Size(450 * tib),
        Read::Percent(9170),
        Read::Number(1200),
    ];
    assert_eq!(read, expected);
    let read = numbers("4\u{202f}130,25\u{a0}Gio", ',');
    assert_eq!(read, [Read::Size(413_025 * gib)]);
}
