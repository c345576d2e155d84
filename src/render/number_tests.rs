//! Numbers, as tables.

use super::*;
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
    for (bytes, down, up) in [
        (0, "0 B", "0 B"),
        (1, "1 B", "1 B"),
        (1023, "1,023 B", "1,023 B"),
        (KIB, "1 KiB", "1 KiB"),
        (KIB + 1, "1 KiB", "1.1 KiB"),
        (1536, "1.5 KiB", "1.5 KiB"),
        (MIB - 1, "1,023.9 KiB", "1 MiB"),
        (GIB + GIB / 2, "1.5 GiB", "1.5 GiB"),
        (100 * GIB, "100 GiB", "100 GiB"),
        (1024 * GIB - 1, "1,023.9 GiB", "1 TiB"),
        (TIB, "1 TiB", "1 TiB"),
        // Beyond what an f64 holds exactly.
        (9 * EIB + EIB / 10, "9 EiB", "9.1 EiB"),
        (u64::MAX, "15.9 EiB", "16 EiB"),
    ] {
        with_locale("en", |locale| {
            let size = |rounding| locale.meta.size(bytes, rounding).replace('\u{a0}', " ");
            assert_eq!(size(Rounding::Down), down, "{bytes}");
            assert_eq!(size(Rounding::Up), up, "{bytes}");
        });
    }
    with_locale("de", |locale| {
        assert_eq!(
            locale.meta.size(GIB + GIB / 2, Rounding::Down),
            "1,5\u{a0}GiB"
        );
        assert_eq!(
            locale.meta.size(1023 * GIB, Rounding::Down),
            "1.023\u{a0}GiB"
        );
    });
}

#[test]
fn a_quota_that_is_not_full_never_reads_as_full() {
    with_locale("en", |locale| {
        for quota in [
            1,
            2,
            1023,
            KIB,
            KIB + 1,
            10 * GIB,
            10 * GIB + 7,
            TIB,
            TIB + 1,
            u64::MAX,
        ] {
            let shown = |usage: u64| {
                let (usage_rounding, quota_rounding) = Rounding::of_pair(usage, quota);
                (
                    locale.meta.size(usage, usage_rounding),
                    locale.meta.size(quota, quota_rounding),
                )
            };
            let (usage, whole) = shown(quota - 1);
            assert_ne!(usage, whole, "{quota} - 1");
            assert_ne!(
                locale.percent(quota - 1, quota).unwrap().as_deref(),
                Some("100%")
            );
            let (usage, whole) = shown(quota);
            assert_eq!(usage, whole, "{quota}");
            assert_eq!(
                locale.percent(quota, quota).unwrap().as_deref(),
                Some("100%")
            );
            if let Some(over) = quota.checked_add(1) {
                let (usage, whole) = shown(over);
                assert_ne!(usage, whole, "{quota} + 1");
            }
        }
    });
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
        assert_eq!(locale.percent(1, 3).unwrap().as_deref(), Some("33%"));
        assert_eq!(
            locale.percent(u64::MAX, u64::MAX).unwrap().as_deref(),
            Some("100%")
        );
        assert!(locale.percent(u64::MAX, 1).unwrap().is_some());
        assert_eq!(locale.percent(1, 0).unwrap(), None);
    });
    with_locale("de", |locale| {
        assert_eq!(locale.percent(3, 2).unwrap().as_deref(), Some("150\u{a0}%"));
    });
}

#[test]
fn every_language_writes_numbers_its_own_way() {
    for (tag, size, integer, percent) in [
        ("en", "1.5~GiB", "1,234", "150%"),
        ("de", "1,5~GiB", "1.234", "150~%"),
        ("es", "1,5~GiB", "1234", "150~%"),
        ("fr", "1,5~Gio", "1^234", "150^%"),
        ("it", "1,5~GiB", "1.234", "150%"),
        ("ja", "1.5~GiB", "1,234", "150%"),
        ("pt-BR", "1,5~GiB", "1.234", "150%"),
        ("ru", "1,5~ГиБ", "1~234", "150~%"),
    ] {
        let expected = |text: &str| text.replace('~', "\u{a0}").replace('^', "\u{202f}");
        with_locale(tag, |locale| {
            let shown = locale.meta.size(3 * GIB / 2, Rounding::Down);
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
            assert_eq!(
                locale.date_time(Timestamp::from_secs(secs)).unwrap(),
                text,
                "{secs}"
            );
        });
    }
}
