//! What to buy, in every language: exact digits, plurals, sizes.

use upsell::domain::plan::{Currency, Goods, Purchase};
use upsell::render::{Lang, Renderer};

use super::views::{GIB, assert_every_language};

fn blocks(count: u64, unit_price: &str, currency: Option<&str>) -> Purchase {
    let unit_price = unit_price.parse().unwrap();
    Purchase {
        goods: Goods::Blocks {
            bytes_each: 5 * GIB / 2,
            computers_bytes: 0,
        },
        count,
        unit_price,
        total: unit_price.checked_mul(count.into()).unwrap(),
        currency: currency.and_then(Currency::from_code),
    }
}

fn told(purchase: &Purchase, tag: &str) -> String {
    let text = Renderer::new()
        .unwrap()
        .to_buy(purchase, &Lang::parse(tag).unwrap());
    text.unwrap().replace(['\u{a0}', '\u{202f}'], "_")
}

#[test]
fn money_is_written_as_the_language_has_it_with_all_digits() {
    let purchase = blocks(2, "1234567.890", Some("EUR"));
    let languages = [
        ("en", "EUR_2,469,135.780 (2_×_EUR_1,234,567.890)", "2.5_GiB"),
        ("de", "2.469.135,780_EUR (2_×_1.234.567,890_EUR)", "2,5_GiB"),
        ("es", "2.469.135,780_EUR (2_×_1.234.567,890_EUR)", "2,5_GiB"),
        ("fr", "2_469_135,780_EUR (2_×_1_234_567,890_EUR)", "2,5_Gio"),
        ("it", "2.469.135,780_EUR (2_×_1.234.567,890_EUR)", "2,5_GiB"),
        (
            "ja",
            "EUR_2,469,135.780（2_×_EUR_1,234,567.890）",
            "2.5_GiB",
        ),
        (
            "pt-BR",
            "EUR_2.469.135,780 (2_×_EUR_1.234.567,890)",
            "2,5_GiB",
        ),
        ("ru", "2_469_135,780_EUR (2_×_1_234_567,890_EUR)", "2,5_ГиБ"),
    ];
    assert_every_language(languages.map(|(tag, ..)| tag));
    for (tag, price, size) in languages {
        let text = told(&purchase, tag);
        assert!(text.contains(price), "{tag}: {text}");
        assert!(text.contains(size), "{tag}: {text}");
    }
    let bare = told(&blocks(3, "0.00", None), "en");
    assert!(
        bare.ends_with("Price per month: 0.00 (3_×_0.00)."),
        "{bare}"
    );
    let long = told(&blocks(1, "9999999999999999999999999999", None), "de");
    assert!(
        long.contains("9.999.999.999.999.999.999.999.999.999"),
        "{long}"
    );
}

#[test]
fn plurals_follow_the_language() {
    for (tag, count, part) in [
        ("en", 1, "1 extra block of 2.5_GiB covers what"),
        ("en", 2, "2 extra blocks of 2.5_GiB cover what"),
        ("de", 1, "1 Zusatzblock von 2,5_GiB deckt"),
        ("de", 1000, "1.000 Zusatzblöcke von je 2,5_GiB decken"),
        ("fr", 2, "2 blocs supplémentaires"),
        ("ru", 1, "1 дополнительный блок"),
        ("ru", 3, "3 дополнительных блока"),
        ("ru", 5, "5 дополнительных блоков"),
        ("ru", 21, "21 дополнительный блок"),
        ("ja", 1, "追加ブロック 1 個"),
    ] {
        let text = told(&blocks(count, "0.95", None), tag);
        assert!(text.contains(part), "{tag} {count}: {text}");
    }
}

#[test]
fn every_language_says_what_the_computers_bring() {
    let renderer = Renderer::new().unwrap();
    let beside = Purchase {
        goods: Goods::Blocks {
            bytes_each: GIB,
            computers_bytes: 10 * GIB,
        },
        ..blocks(7, "0.95", None)
    };
    let computers = Purchase {
        goods: Goods::Computers,
        ..beside
    };
    for tag in renderer.languages() {
        let text = told(&beside, tag);
        assert!(text.contains("10_") && text.contains('7'), "{tag}: {text}");
        let text = told(&computers, tag);
        assert!(text.contains('7') && !text.contains("10_"), "{tag}: {text}");
    }
}
