//! Numbers, as tables.

use super::*;
use crate::domain::quota::utilization;
use crate::render::Lang;
use crate::render::Renderer;
use crate::render::fixtures::GIB;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;
const EIB: u64 = 1 << 60;

fn with_locale(tag: &str, test: impl FnOnce(&Locale)) {
    let renderer = Renderer::new().unwrap();
    test(renderer.locale(&Lang::parse(tag).unwrap()).unwrap());
}

#[test]
fn sizes() {
    for (bytes, short, exact) in [
        (0, "0 B", "0 B"),
        (1, "1 B", "1 B"),
        (1023, "1,023 B", "1,023 B"),
        (KIB, "1 KiB", "1 KiB"),
        (KIB + 1, "1 KiB", "1,025 B"),
        (1536, "1.5 KiB", "1.5 KiB"),
        (MIB - 1, "1,024 KiB", "1,048,575 B"),
        (5 * GIB / 4, "1.25 GiB", "1.25 GiB"),
        (9 * GIB / 8, "1.13 GiB", "1,152 MiB"),
        (100 * GIB, "100 GiB", "100 GiB"),
        (500 * GIB, "500 GiB", "500 GiB"),
        (TIB, "1 TiB", "1 TiB"),
        // Beyond what an f64 holds exactly.
        (9 * EIB + EIB / 4, "9.25 EiB", "9.25 EiB"),
        (u64::MAX, "16 EiB", "18,446,744,073,709,551,615 B"),
    ] {
        with_locale("en", |locale| {
            let shown = |size| locale.meta.size(size).replace('\u{a0}', " ");
            assert_eq!(shown(Size::short(bytes)), short, "{bytes}");
            assert_eq!(shown(Size::exact(bytes)), exact, "{bytes}");
        });
    }
}

#[test]
fn integers_and_percentages() {
    with_locale("en", |locale| {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(locale.meta.integer(number), text);
        }
        assert_eq!(locale.meta.integer(u64::MAX), "18,446,744,073,709,551,615");
        for (usage, quota, text) in [
            (1, 3, "33.3%"),
            (u64::MAX, u64::MAX, "100%"),
            (u64::MAX, 1, "1,844,674,407,370,955,161,500%"),
        ] {
            assert_eq!(locale.percent(usage, quota).unwrap().unwrap(), text);
        }
        for (usage, quota) in [(1, 3), (9_999, 10_000), (10_001, 10_000), (1_042, 1_000)] {
            let number = utilization(usage, Some(quota)).unwrap();
            let percent = locale.percent(usage, quota).unwrap().unwrap();
            assert_eq!(percent, format!("{}%", number.trim_end_matches(".0")));
        }
        assert_eq!(locale.percent(1, 0).unwrap(), None);
    });
    with_locale("de", |locale| {
        assert_eq!(locale.percent(3, 2).unwrap().as_deref(), Some("150\u{a0}%"));
    });
}

#[test]
fn every_language_writes_numbers_its_own_way() {
    let languages = [
        ("en", "1.5~GiB", "1,234", "150%"),
        ("de", "1,5~GiB", "1.234", "150~%"),
        ("es", "1,5~GiB", "1234", "150~%"),
        ("fr", "1,5~Gio", "1^234", "150^%"),
        ("it", "1,5~GiB", "1.234", "150%"),
        ("ja", "1.5~GiB", "1,234", "150%"),
        ("pt-BR", "1,5~GiB", "1.234", "150%"),
        ("ru", "1,5~ГиБ", "1~234", "150~%"),
    ];
    let renderer = Renderer::new().unwrap();
    let spoken: Vec<&str> = renderer.languages().collect();
    assert_eq!(languages.map(|(tag, ..)| tag).as_slice(), spoken);
    for (tag, size, integer, percent) in languages {
        let expected = |text: &str| text.replace('~', "\u{a0}").replace('^', "\u{202f}");
        with_locale(tag, |locale| {
            let shown = locale.meta.size(Size::exact(3 * GIB / 2));
            assert_eq!(shown, expected(size), "{tag}");
            assert_eq!(locale.meta.integer(1234), expected(integer), "{tag}");
            let shown = locale.percent(3, 2).unwrap();
            assert_eq!(shown, Some(expected(percent)), "{tag}");
        });
    }
}

#[test]
fn dates() {
    for (tag, secs, text) in [
        ("en", 0, "1 January 1970, 00:00 UTC"),
        ("en", 1_795_259_613, "21 November 2026, 11:13 UTC"),
        ("de", 1_795_259_613, "21. November 2026, 11:13 UTC"),
        ("es", 1_795_259_613, "21 de noviembre de 2026, 11:13 UTC"),
        ("ja", 1_795_259_613, "2026年11月21日 11:13 UTC"),
        ("en", i64::MAX, ""),
        ("en", -100_000_000_000_000, ""),
    ] {
        with_locale(tag, |locale| {
            let shown = locale.date_time(Timestamp::from_secs(secs)).unwrap();
            assert_eq!(shown, text, "{secs}");
        });
    }
}
