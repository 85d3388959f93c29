//! Doubles in ECMAScript's form, written from the digits of the standard library; wide integers, in theirs.

use std::fmt::LowerExp;

use etag_core::canonical;
use proptest::prelude::{Rng, prop_assert_eq, proptest};
use proptest::test_runner::{Config, TestRunner};

use crate::is_long;

/// A hundred thousand doubles, or ten million under `ETAG_LONG=1`: any finite bits, each as likely as
/// another.
#[test]
fn a_double_has_the_form_that_ecmascript_lays_out_from_its_shortest_digits() {
    let mut random = TestRunner::new(Config::default()).new_rng();
    let count = if is_long() { 10_000_000 } else { 100_000 };
    let doubles = std::iter::repeat_with(|| f64::from_bits(random.next_u64())).filter(|it| it.is_finite());
    for double in doubles.take(count) {
        let form = canonical::to_vec(&double).unwrap();
        assert_eq!(String::from_utf8(form).unwrap(), number_to_string(double), "{:#x}", double.to_bits());
    }
    println!("{count} doubles");
}

proptest! {
    #[test]
    fn a_single_has_the_form_that_ecmascript_lays_out_from_its_shortest_digits(bits: u32) {
        let single = f32::from_bits(bits);
        let expected = if single.is_finite() { number_to_string(single) } else { "null".to_owned() };
        prop_assert_eq!(canonical::to_vec(&single).unwrap(), expected.as_bytes());
        prop_assert_eq!(canonical::to_vec_serde(&single).unwrap(), expected.as_bytes());
    }

    #[test]
    fn an_integer_has_all_its_digits(integer: (i64, u64, i128, u128)) {
        let (signed, unsigned, wide_signed, wide) = integer;
        let expected = format!("[{signed},{unsigned},{wide_signed},{wide}]");
        prop_assert_eq!(canonical::to_vec(&integer).unwrap(), expected.as_bytes());
        prop_assert_eq!(canonical::to_vec_serde(&integer).unwrap(), expected.as_bytes());
    }
}

#[test]
fn the_edges_between_ecmascripts_layouts() {
    for (number, form) in [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-1e-7, "-1e-7"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (123.456, "123.456"),
        (f64::from_bits(0x42b5_45c3_1098_6a50), "23389369571434.312"),
        (1e20, "100000000000000000000"),
        (123_456_789_012_345_680_000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (f64::MAX, "1.7976931348623157e+308"),
    ] {
        assert_eq!(number_to_string(number), form);
    }
}

/// ECMA-262 §6.1.6.1.20, Number::toString with radix 10, for a finite number: s × 10^(n − k), where `s`
/// has `k` digits.
fn number_to_string(number: impl LowerExp) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.trim_start_matches('-').split_once('e').unwrap();
    let s = nearest(digits.replace('.', ""), &number);
    if s == "0" {
        return s;
    }
    let (k, n) = (s.len() as i32, exponent.parse::<i32>().unwrap() + 1);
    let zeros = |count: i32| "0".repeat(count as usize);
    let form = match n {
        _ if k <= n && n <= 21 => s + &zeros(n - k),
        1..=21 => format!("{}.{}", &s[..n as usize], &s[n as usize..]),
        -5..=0 => format!("0.{}{s}", zeros(-n)),
        _ if k == 1 => format!("{s}e{:+}", n - 1),
        _ => format!("{}.{}e{:+}", &s[..1], &s[1..], n - 1),
    };
    let sign = if scientific.starts_with('-') { "-" } else { "" };
    format!("{sign}{form}")
}

/// The standard library's digits are the fewest that are read back as the number, and the nearest to it.
/// Where two are as near, it takes the greater; ECMAScript, and RFC 8785 §3.2.2.3 with it, takes the even
/// one (Note 2).
fn nearest(digits: String, number: &impl LowerExp) -> String {
    // No double is that near to the middle between two numbers of 17 digits without being there.
    let exact = format!("{number:.60e}").replace(['-', '.'], "");
    let (lesser, rest) = exact.split_at(digits.len());
    let is_in_the_middle = rest.split('e').next().unwrap().trim_end_matches('0') == "5";
    match lesser.parse::<u64>() {
        Ok(lesser) if is_in_the_middle => (lesser + lesser % 2).to_string(),
        _ => digits,
    }
}
