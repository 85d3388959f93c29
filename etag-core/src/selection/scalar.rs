use serde_json::value::RawValue;

use crate::Timestamp;
use crate::outline::Kind;

/// What a list is filtered and sorted by: a member that is no object and no array, in a form whose order is that of the
/// values in every database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    Null,
    /// An integer, the microseconds of a time, or what stands for a double.
    Integer(i64),
    /// A string, a boolean's name, or what stands for a number with more digits than a double keeps.
    Text(String),
}

impl Scalar {
    /// The scalar of a member whose JSON is this.
    pub(crate) fn of(json: &str, kind: &Kind) -> Self {
        match json.as_bytes() {
            b"true" | b"false" => Self::text(json, kind),
            [b'"', ..] => match (serde_json::from_str::<String>(json), kind) {
                (Ok(text), Kind::Time) => Self::time(&text).unwrap_or(Self::Null),
                (Ok(text), kind) => Self::text(&text, kind),
                (Err(_), _) => Self::Null,
            },
            _ => Self::number(json, kind).unwrap_or(Self::Null),
        }
    }

    /// A string, or the name of a boolean. Where numbers are texts as well, it comes after them.
    pub(crate) fn text(text: &str, kind: &Kind) -> Self {
        Self::Text(if *kind == Kind::Unknown { format!("3{text}") } else { text.to_owned() })
    }

    /// The number that a text is, for a member of that kind.
    pub(crate) fn number(text: &str, kind: &Kind) -> Option<Self> {
        // A number of JSON, and not all that Rust reads: `inf`, or `+1`.
        let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && serde_json::from_str::<&RawValue>(text).is_ok_and(|json| json.get() == text);
        match kind {
            _ if !is_number => None,
            Kind::Integer => text.parse().ok().map(Self::Integer).or_else(|| wide(text)),
            Kind::Wide => wide(text),
            // An integer may have more digits than a double; a fraction is one, which is known by its shortest digits.
            Kind::Unknown if is_integer(text) => Some(Self::Text(decimal(text))),
            Kind::Unknown => Some(Self::Text(decimal(&format!("{:e}", finite(text)?)))),
            _ => finite(text).map(|double| Self::Integer(ordered(double))),
        }
    }

    pub(crate) fn time(text: &str) -> Option<Self> {
        text.parse().ok().map(|time: Timestamp| Self::Integer(time.as_microseconds()))
    }

    /// Its own JSON, which a database reads as it stands: without a decimal that it could round.
    #[cfg(feature = "sqlite")]
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Integer(integer) => (*integer).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }

    /// What [`to_json`](Self::to_json) has written.
    #[cfg(feature = "sqlite")]
    pub(crate) fn from_json(json: &serde_json::Value) -> Self {
        match (json.as_i64(), json.as_str()) {
            (Some(integer), _) => Self::Integer(integer),
            (None, Some(text)) => Self::Text(text.to_owned()),
            (None, None) => Self::Null,
        }
    }

    /// What [`to_bytes`](Self::to_bytes) has written.
    #[cfg(feature = "postgres")]
    pub(crate) fn from_bytes(bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some([1, integer @ ..]) => integer.try_into().map_or(Self::Null, |bytes| {
                Self::Integer((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
            }),
            Some([2, text @ ..]) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            _ => Self::Null,
        }
    }

    /// Bytes in the same order: integers before texts. Null has none.
    #[cfg(feature = "postgres")]
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Null => None,
            // Without its sign, the least integer is zero.
            Self::Integer(integer) => {
                Some([&[1], &(integer.cast_unsigned() ^ (1 << 63)).to_be_bytes()[..]].concat())
            }
            Self::Text(text) => Some([&[2], text.as_bytes()].concat()),
        }
    }
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|double: &f64| double.is_finite())
}

/// An integer that may have more than 64 bits.
fn wide(text: &str) -> Option<Scalar> {
    is_integer(text).then(|| Scalar::Text(decimal(text)))
}

fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// A text in the place of a number, with all of its digits: equal where that is equal, and less where it is less.
///
/// `0.12` × 10³ is `2`, then 500003, then `12`; of what is negative, exponent and digits count downwards.
fn decimal(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (is_negative, mantissa) =
        mantissa.strip_prefix('-').map_or((false, mantissa), |mantissa| (true, mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    let leading = i64::try_from(whole.len()).unwrap_or(LIMIT)
        - i64::try_from(all.len() - digits.len()).unwrap_or(LIMIT);
    let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { -LIMIT } else { LIMIT });
    let exponent = exponent.saturating_add(leading).clamp(-LIMIT, LIMIT);
    let digits = digits.trim_end_matches('0');
    match (digits, is_negative) {
        ("", _) => "1".to_owned(),
        (digits, false) => format!("2{:06}{digits}", LIMIT + 1 + exponent),
        (digits, true) => {
            let complement: String = digits.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect();
            format!("0{:06}{complement}~", LIMIT + 1 - exponent)
        }
    }
}

/// The greatest exponent that is told from a greater one.
const LIMIT: i64 = 400_000;

/// An integer in the place of a double: equal where that is equal, and less where it is less.
fn ordered(double: f64) -> i64 {
    // Without the sign of zero.
    let bits = (double + 0.0).to_bits().cast_signed();
    // Of a negative double, all bits but the sign count downwards.
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_scalars_is_that_of_their_numbers() {
        let doubles =
            ["-1e300", "-1.5", "-1", "-5e-324", "0", "5e-324", "1", "1.5", "2", "9007199254740992", "1e300"];
        let scalars = doubles.map(|double| Scalar::of(double, &Kind::Double));
        assert!(scalars.is_sorted_by(|a, b| a < b), "{scalars:?}");
        let (min, max, more) = (i64::MIN.to_string(), i64::MAX.to_string(), u64::MAX.to_string());
        let integers = [&*min, "-1", "0", &max, "9223372036854775808", &more];
        for kind in [Kind::Integer, Kind::Wide] {
            let scalars = integers.map(|integer| Scalar::of(integer, &kind));
            assert!(scalars.is_sorted_by(|a, b| a < b), "{scalars:?}");
        }
        let numbers = [
            "-1e300", "-123", "-12.5", "-12", "-0.5", "-1e-9", "0", "1e-9", "0.5", "0.51", "9", "10", "12",
            "12.01", "1e300",
        ];
        let scalars = numbers.map(|number| Scalar::of(number, &Kind::Unknown));
        assert!(scalars.is_sorted_by(|a, b| a < b), "{scalars:?}");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn the_order_of_bytes_is_that_of_their_scalars() {
        let integers = [i64::MIN, -256, -1, 0, 1, 255, 256, i64::MAX].map(Scalar::Integer);
        let texts = ["", "\0", "a", "a\0", "aa", "b", "\u{e9}", "\u{ffff}", "\u{10000}"];
        let scalars =
            [vec![Scalar::Null], integers.into(), texts.map(|text| Scalar::Text(text.to_owned())).into()];
        let scalars = scalars.concat();
        assert!(scalars.is_sorted_by(|a, b| a < b && a.to_bytes() < b.to_bytes()), "{scalars:?}");
        assert!(scalars.iter().all(|scalar| Scalar::from_bytes(scalar.to_bytes().as_deref()) == *scalar));
        #[cfg(feature = "sqlite")]
        assert!(scalars.iter().all(|scalar| Scalar::from_json(&scalar.to_json()) == *scalar));
    }

    #[test]
    fn a_number_has_one_scalar_in_each_notation() {
        let double = |text| Scalar::number(text, &Kind::Double);
        let unknown = |text| Scalar::number(text, &Kind::Unknown);
        for same in ["40", "4e1", "40.0", "0.40e+2", "400E-1"] {
            assert_eq!((unknown(same), double(same)), (unknown("40"), double("40")), "{same}");
        }
        assert_eq!((unknown("1e20"), double("-0.0")), (unknown("100000000000000000000"), double("0")));
        let integer = |text| Scalar::number(text, &Kind::Integer);
        for text in ["", "inf", "NaN", "+1", "0x1", "1_0", " ", "1 ", "-", "--1", "1e", "007", "true"] {
            assert_eq!((double(text), integer(text), unknown(text)), (None, None, None), "{text}");
        }
        assert_eq!((integer("1.0"), integer("1e3")), (None, None));
    }
}
