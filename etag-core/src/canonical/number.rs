//! Numbers: ECMAScript's form (RFC 8785 §3.2.2.3), and all digits where a double can't hold them.

/// Writes a double; one that is not finite is `null`, as in `serde_json`.
#[inline(never)]
pub(super) fn write_f64(bytes: &mut Vec<u8>, number: f64) {
    write_float(bytes, number, number.is_finite());
}

/// Writes a single: its own shortest digits, which is what `serde_json` sends.
#[inline(never)]
pub(super) fn write_f32(bytes: &mut Vec<u8>, number: f32) {
    write_float(bytes, number, number.is_finite());
}

/// The digits are `zmij`'s, for there is one shortest text that is closest to a number; how they are laid out is
/// ECMAScript's.
fn write_float<F: zmij::Float>(bytes: &mut Vec<u8>, number: F, finite: bool) {
    if !finite {
        return bytes.extend_from_slice(b"null");
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(number);
    // A loop without an end in between is few instructions of a vector unit.
    let has_exponent = text.bytes().fold(false, |found, byte| found | (byte == b'e'));
    match text.strip_suffix(".0") {
        _ if has_exponent => Decimal::parse(text).write(bytes),
        Some("-0") => bytes.push(b'0'),
        Some(whole) => bytes.extend_from_slice(whole.as_bytes()),
        None => bytes.extend_from_slice(text.as_bytes()),
    }
}

/// Writes a number that is given as JSON text, such as one of `serde_json`'s arbitrary precision.
///
/// An integer keeps its digits; anything else is a double where a double holds it.
pub(super) fn write_decimal(bytes: &mut Vec<u8>, text: &str) {
    let decimal = Decimal::parse(text);
    if decimal.is_zero() {
        bytes.push(b'0');
    } else if !text.contains(['.', 'e', 'E']) {
        bytes.extend_from_slice(text.as_bytes());
    } else {
        match text.parse::<f64>() {
            Ok(double) if double.is_finite() && double != 0.0 && decimal.fits_a_double() => {
                write_f64(bytes, double);
            }
            _ => decimal.write(bytes),
        }
    }
}

/// Whether two numbers, given as JSON text, have one value: `1`, `1.0` and `10e-1` do.
#[cfg(feature = "axum")]
pub(crate) fn are_equal(first: &str, second: &str) -> bool {
    let (first, second) = (Decimal::parse(first), Decimal::parse(second));
    first == second || first.is_zero() && second.is_zero()
}

/// A decimal number: `0.DIGITS × 10^point`, its digits without zeros at either end.
#[derive(PartialEq)]
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    point: i64,
}

impl Decimal {
    fn parse(text: &str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|digit| **digit == b'0').count();
        let mut digits = all[leading..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        // An exponent beyond 64 bits is beyond any memory too: it saturates.
        let saturated = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
        let exponent = exponent.parse::<i64>().unwrap_or(saturated).clamp(i64::MIN / 4, i64::MAX / 4);
        // Where it does, the written exponent does: that is read back as it stands.
        let point = whole.len() as i64 - leading as i64 + exponent;
        let point = point.clamp(i64::MIN / 4 + 1, i64::MAX / 4 + 1);
        Self { negative, digits, point }
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// No double needs more than 17 digits; a number with more of them says more than a double can.
    fn fits_a_double(&self) -> bool {
        self.digits.len() <= 17
    }

    /// ECMAScript's Number::toString, steps 6 to 10, over these digits.
    fn write(&self, bytes: &mut Vec<u8>) {
        let (digits, k, n) = (&self.digits, self.digits.len() as i64, self.point);
        if self.negative {
            bytes.push(b'-');
        }
        if k <= n && n <= 21 {
            bytes.extend_from_slice(digits);
            bytes.extend(std::iter::repeat_n(b'0', (n - k) as usize));
        } else if 0 < n && n <= 21 {
            bytes.extend_from_slice(&digits[..n as usize]);
            bytes.push(b'.');
            bytes.extend_from_slice(&digits[n as usize..]);
        } else if -6 < n && n <= 0 {
            bytes.extend_from_slice(b"0.");
            bytes.extend(std::iter::repeat_n(b'0', -n as usize));
            bytes.extend_from_slice(digits);
        } else {
            bytes.push(digits[0]);
            if k > 1 {
                bytes.push(b'.');
                bytes.extend_from_slice(&digits[1..]);
            }
            bytes.extend_from_slice(if n > 0 { b"e+" } else { b"e-" });
            bytes.extend_from_slice(itoa::Buffer::new().format((n - 1).abs()).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{write_decimal, write_f32, write_f64};

    fn canonical(text: &str) -> String {
        let mut bytes = Vec::new();
        write_decimal(&mut bytes, text);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn floats_are_laid_out_as_in_ecmascript() {
        for (number, form) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-40.25, "-40.25"),
            (1e-5, "0.00001"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (1e15, "1000000000000000"),
            (1e16, "10000000000000000"),
            (123456789012345680000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (f64::MAX, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::NAN, "null"),
        ] {
            let mut bytes = Vec::new();
            write_f64(&mut bytes, number);
            assert_eq!(String::from_utf8(bytes).unwrap(), form);
        }
        let mut bytes = Vec::new();
        write_f32(&mut bytes, 1e-5);
        write_f32(&mut bytes, 16_777_216.0);
        assert_eq!(bytes, b"0.0000116777216");
    }

    #[test]
    fn a_decimal_is_a_double_where_a_double_holds_it() {
        for (text, form) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.0e7", "0"),
            ("1E30", "1e+30"),
            ("4.50", "4.5"),
            ("333333333.33333329", "333333333.3333333"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1e-7", "1e-7"),
        ] {
            assert_eq!(canonical(text), form, "{text}");
        }
    }

    #[test]
    fn a_decimal_keeps_the_digits_that_a_double_would_lose() {
        for (text, form) in [
            ("12345678901234567890123", "12345678901234567890123"),
            ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
            ("1234567890.12345678901234567890", "1234567890.1234567890123456789"),
            ("1e400", "1e+400"),
            ("-12.5e-400", "-1.25e-399"),
            ("0.00000010000000000000000000001", "1.0000000000000000000001e-7"),
            ("1e99999999999999999999", "1e+2305843009213693951"),
            // What is written is read back as it stands.
            ("12e99999999999999999999", "1.2e+2305843009213693951"),
            ("1.2e+2305843009213693951", "1.2e+2305843009213693951"),
        ] {
            assert_eq!(canonical(text), form, "{text}");
        }
    }
}
