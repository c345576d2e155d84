//! The numbers that are shown together, as tables. What readers work out from the texts of every
//! language is a property of `tests/it/render/figures.rs`.

use super::*;
use crate::render::fixtures::GIB;
use crate::render::{Lang, Renderer};

const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;

/// The sizes as English has them.
fn shown(sizes: impl IntoIterator<Item = Size>) -> String {
    let renderer = Renderer::new().unwrap();
    let locale = renderer.locale(&Lang::parse("en").unwrap()).unwrap();
    let texts = sizes.into_iter().map(|size| locale.meta.size(size));
    let texts: Vec<String> = texts.map(|text| text.replace('\u{a0}', " ")).collect();
    texts.join(" / ")
}

fn check(usage: u64, quota: u64, limit: Option<u64>, expected: &str) {
    let bytes = Bytes {
        usage,
        quota,
        limit,
        to_buy: None,
    };
    let found = bytes.shown();
    let all = [
        Some(found.usage),
        Some(found.quota),
        found.over,
        found.limit,
    ];
    let all = all.into_iter().flatten();
    assert_eq!(shown(all), expected, "{usage} of {quota}");
}

/// What is shown of usage, quota and their difference.
#[test]
fn numbers_agree() {
    for (usage, quota, expected) in [
        // The difference is seen.
        (4130 * GIB, 4 * TIB, "4,130 GiB / 4,096 GiB / 34 GiB"),
        (2130 * GIB, 2 * TIB, "2,130 GiB / 2,048 GiB / 82 GiB"),
        (104 * GIB, 100 * GIB, "104 GiB / 100 GiB / 4 GiB"),
        (3 * GIB / 2, GIB, "1.5 GiB / 1 GiB / 0.5 GiB"),
        (5 * TIB, 10 * GIB, "5,120 GiB / 10 GiB / 5,110 GiB"),
        (TIB + 5 * MIB, TIB, "1,048,581 MiB / 1,048,576 MiB / 5 MiB"),
        (GIB + 1, GIB, "1,073,741,825 B / 1,073,741,824 B / 1 B"),
        (GIB, 0, "1 GiB / 0 GiB / 1 GiB"),
        // Each has its own unit within the quota.
        (1885 * GIB, 2 * TIB, "1.84 TiB / 2 TiB"),
        (3 * GIB, 4 * TIB, "3 GiB / 4 TiB"),
        (900 * GIB, TIB, "900 GiB / 1 TiB"),
        (3620 * GIB, 4 * TIB, "3,620 GiB / 4,096 GiB"),
        (94 * GIB + GIB / 2, 100 * GIB, "94.5 GiB / 100 GiB"),
        (0, 100 * GIB, "0 B / 100 GiB"),
        (0, 0, "0 B / 0 B"),
        // Full is not over, and nearly full is not full.
        (4 * TIB, 4 * TIB, "4 TiB / 4 TiB"),
        (10 * GIB + 7, 10 * GIB + 7, "10 GiB / 10 GiB"),
        (
            100 * GIB - 1,
            100 * GIB,
            "107,374,182,399 B / 107,374,182,400 B",
        ),
        // Beyond what an f64 holds exactly.
        (
            u64::MAX,
            u64::MAX - 1,
            "18,446,744,073,709,551,615 B / 18,446,744,073,709,551,614 B / 1 B",
        ),
        (
            u64::MAX,
            1,
            "18,446,744,073,709,551,615 B / 1 B / 18,446,744,073,709,551,614 B",
        ),
    ] {
        check(usage, quota, None, expected);
    }
}

#[test]
fn where_the_service_stops_is_not_reached_yet() {
    for (usage, expected) in [
        (3 * GIB / 2, "1.5 GiB / 1 GiB / 0.5 GiB / 2 GiB"),
        (
            2 * GIB - MIB,
            "2,047 MiB / 1,024 MiB / 1,023 MiB / 2,048 MiB",
        ),
    ] {
        check(usage, GIB, Some(2 * GIB), expected);
    }
}

/// 34 GiB over are covered by one block of 34.2 GiB, and 34.3 GiB are not: nor do they read so.
#[test]
fn the_difference_has_the_digits_that_the_blocks_need() {
    let block = 34 * GIB + GIB / 5;
    for (over, count, expected) in [
        (34 * GIB + GIB / 10, 1, "34 GiB"),
        (34 * GIB + GIB / 4, 2, "34.25 GiB"),
    ] {
        let price: crate::domain::decimal::Decimal = "1".parse().unwrap();
        let bytes = Bytes {
            usage: 100 * GIB + over,
            quota: 100 * GIB,
            limit: None,
            to_buy: Some(Purchase {
                goods: Goods::Blocks {
                    bytes_each: block,
                    computers_bytes: 0,
                },
                count,
                unit_price: price,
                total: price,
                currency: None,
            }),
        };
        assert_eq!(shown(bytes.shown().over), expected);
    }
}
