//! The numbers that are shown together, as tables. What readers work out from the texts of every
//! language is a property of `tests/it/render/figures.rs`.

use super::*;
use crate::render::fixtures::GIB;
use crate::render::{Lang, Renderer};

const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;

fn shown(usage: u64, quota: u64, limit: Option<u64>) -> [String; 4] {
    let renderer = Renderer::new().unwrap();
    let locale = renderer.locale(&Lang::parse("en").unwrap()).unwrap();
    let bytes = Bytes {
        usage,
        quota,
        limit,
        to_buy: None,
    };
    let shown = bytes.shown();
    let text = |size: Option<Size>| size.map_or(String::new(), |size| locale.meta.size(size));
    let all = [
        Some(shown.usage),
        Some(shown.quota),
        shown.over,
        shown.limit,
    ];
    all.map(|size| text(size).replace('\u{a0}', " "))
}

/// Usage, quota, where the service stops; what is shown of them and of the difference.
type Row = (u64, u64, Option<u64>, [&'static str; 4]);

fn check(rows: &[Row]) {
    for &(usage, quota, limit, expected) in rows {
        assert_eq!(shown(usage, quota, limit), expected, "{usage} of {quota}");
    }
}

#[test]
fn the_difference_is_seen() {
    check(&[
        (
            4130 * GIB,
            4 * TIB,
            None,
            ["4,130 GiB", "4,096 GiB", "34 GiB", ""],
        ),
        (
            2130 * GIB,
            2 * TIB,
            None,
            ["2,130 GiB", "2,048 GiB", "82 GiB", ""],
        ),
        (
            104 * GIB,
            100 * GIB,
            None,
            ["104 GiB", "100 GiB", "4 GiB", ""],
        ),
        (
            3 * GIB / 2,
            GIB,
            Some(2 * GIB),
            ["1.5 GiB", "1 GiB", "0.5 GiB", "2 GiB"],
        ),
        (
            5 * TIB,
            10 * GIB,
            None,
            ["5,120 GiB", "10 GiB", "5,110 GiB", ""],
        ),
        (
            TIB + 5 * MIB,
            TIB,
            None,
            ["1,048,581 MiB", "1,048,576 MiB", "5 MiB", ""],
        ),
        (
            GIB + 1,
            GIB,
            None,
            ["1,073,741,825 B", "1,073,741,824 B", "1 B", ""],
        ),
        (GIB, 0, None, ["1 GiB", "0 GiB", "1 GiB", ""]),
    ]);
}

#[test]
fn each_has_its_own_unit_within_the_quota() {
    check(&[
        (1885 * GIB, 2 * TIB, None, ["1.84 TiB", "2 TiB", "", ""]),
        (3 * GIB, 4 * TIB, None, ["3 GiB", "4 TiB", "", ""]),
        (900 * GIB, TIB, None, ["900 GiB", "1 TiB", "", ""]),
        (
            3620 * GIB,
            4 * TIB,
            None,
            ["3,620 GiB", "4,096 GiB", "", ""],
        ),
        (
            94 * GIB + GIB / 2,
            100 * GIB,
            None,
            ["94.5 GiB", "100 GiB", "", ""],
        ),
        (0, 100 * GIB, None, ["0 B", "100 GiB", "", ""]),
        (0, 0, None, ["0 B", "0 B", "", ""]),
    ]);
}

#[test]
fn full_is_not_over_and_nearly_full_is_not_full() {
    check(&[
        (4 * TIB, 4 * TIB, None, ["4 TiB", "4 TiB", "", ""]),
        (
            10 * GIB + 7,
            10 * GIB + 7,
            None,
            ["10 GiB", "10 GiB", "", ""],
        ),
        (
            100 * GIB - 1,
            100 * GIB,
            None,
            ["107,374,182,399 B", "107,374,182,400 B", "", ""],
        ),
    ]);
}

#[test]
fn where_the_service_stops_is_not_reached_yet() {
    check(&[(
        2 * GIB - MIB,
        GIB,
        Some(2 * GIB),
        ["2,047 MiB", "1,024 MiB", "1,023 MiB", "2,048 MiB"],
    )]);
}

#[test]
fn beyond_what_an_f64_holds_exactly() {
    check(&[
        (
            u64::MAX,
            u64::MAX - 1,
            None,
            [
                "18,446,744,073,709,551,615 B",
                "18,446,744,073,709,551,614 B",
                "1 B",
                "",
            ],
        ),
        (
            u64::MAX,
            1,
            None,
            [
                "18,446,744,073,709,551,615 B",
                "1 B",
                "18,446,744,073,709,551,614 B",
                "",
            ],
        ),
    ]);
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
        let renderer = Renderer::new().unwrap();
        let locale = renderer.locale(&Lang::parse("en").unwrap()).unwrap();
        let over = bytes.shown().over.unwrap();
        assert_eq!(locale.meta.size(over), expected.replace(' ', "\u{a0}"));
    }
}
