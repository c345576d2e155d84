use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

const MAX: &str = "9999999999999999999999999999";

#[test]
fn what_is_read_is_written_again() {
    for text in [
        "0",
        "0.00",
        "0.1",
        "19.95",
        "4.810",
        "60",
        "-1",
        "-0.5",
        "-19.950",
        MAX,
        "0.9999999999999999999999999999",
        "12345678901234.56789012345678",
        "0.0000000000000000000000000000",
        "0.0000000000000000000000000001",
        "1.000000000000000000000000000",
    ] {
        assert_eq!(number(text).to_string(), text);
    }
    assert_eq!(number("-0.00").to_string(), "0.00");
    assert!(!number("-0.00").is_negative());
    assert!(number("-0.01").is_negative());
    assert!(number("0.00").is_zero());
}

#[test]
fn what_is_no_number_is_refused() {
    for (error, texts) in [
        (
            DecimalError::Form,
            &[
                "", "-", "+1", "--1", ".5", "5.", "1.2.3", "01", "00", "-01.5", "1,5", "1_000",
                " 1", "1 ", "1\n", "0x10", "NaN", "Infinity", "e", "1e", "e5", "1.e5", "x.1e5",
                "\u{661}",
            ][..],
        ),
        (
            DecimalError::Exponent,
            &["1e5", "1E5", "1.5e+3", "-1.5E-3", "1e999999999999"],
        ),
        (
            DecimalError::OutOfRange,
            &[
                "10000000000000000000000000000",
                "1.0000000000000000000000000000",
                "0.00000000000000000000000000000",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(text.parse::<Decimal>(), Err(error), "{text:?}");
        }
    }
    let long = "9".repeat(100_000);
    assert_eq!(long.parse::<Decimal>(), Err(DecimalError::OutOfRange));
    let long = format!("0.{}", "0".repeat(100_000));
    assert_eq!(long.parse::<Decimal>(), Err(DecimalError::OutOfRange));
}

#[test]
fn sums_and_products_by_hand() {
    for (a, b, sum, product) in [
        ("0.1", "0.2", "0.3", "0.02"),
        ("0.95", "3", "3.95", "2.85"),
        ("4.810", "2", "6.810", "9.620"),
        ("19.95", "0.00", "19.95", "0.0000"),
        ("-1.5", "0.25", "-1.25", "-0.375"),
        ("12345678901234.5", "0", "12345678901234.5", "0.0"),
    ] {
        let (a, b) = (number(a), number(b));
        assert_eq!(a.checked_add(b).unwrap().to_string(), sum);
        assert_eq!(a.checked_mul(b).unwrap().to_string(), product);
    }
    assert_eq!(Decimal::from(u64::MAX).to_string(), u64::MAX.to_string());
}

#[test]
fn nothing_is_rounded() {
    let tiny = number("0.0000000000000000000000000001");
    for (a, b) in [(number(MAX), number("1")), (number(MAX), tiny)] {
        assert_eq!(a.checked_add(b), Err(DecimalError::OutOfRange), "{a} + {b}");
    }
    for (a, b) in [
        (number(MAX), number("2")),
        (number(MAX), number(MAX)),
        (tiny, number("0.1")),
        (tiny, tiny),
        // 28 digits after the point would hold it, but it has 29 digits in all.
        (number("10000000000000000000.0"), number("0.100000000")),
    ] {
        assert_eq!(a.checked_mul(b), Err(DecimalError::OutOfRange), "{a} * {b}");
    }
}

#[test]
fn values_compare_whatever_their_scale() {
    let sorted = [
        &format!("-{MAX}"),
        "-1.5",
        "-1.499",
        "-0.0000000000000000000000000001",
        "0",
        "0.1",
        "0.95",
        "1",
        "1.0000000000000000000000001",
        "4.81",
        "19.95",
        MAX,
    ];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            assert_eq!(number(a).compare(number(b)), i.cmp(&j), "{a} ? {b}");
        }
    }
    assert_eq!(number("1.0").compare(number("1.000")), Ordering::Equal);
    assert_ne!(number("1.0"), number("1.000"));
}

proptest! {
    #[test]
    fn every_number_survives_its_text(mantissa in -LIMIT + 1..LIMIT, scale in 0..=MAX_SCALE) {
        let number = Decimal { mantissa, scale };
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn any_text_is_read_or_refused_without_panic(text in "[-+0-9.eE]{0,40}") {
        if let Ok(number) = text.parse::<Decimal>() {
            let zero = number.is_zero() && text.starts_with('-');
            let shown = number.to_string();
            prop_assert_eq!(shown.as_str(), if zero { &text[1..] } else { &text });
        }
    }

    #[test]
    fn products_are_repeated_sums(cents in 0_i128..1_000_000_000, times in 0_u64..200) {
        let price = Decimal { mantissa: cents, scale: 2 };
        let mut sum = Decimal { mantissa: 0, scale: 2 };
        for _ in 0..times {
            sum = sum.checked_add(price)?;
        }
        prop_assert_eq!(price.checked_mul(Decimal::from(times)), Ok(sum));
    }
}
