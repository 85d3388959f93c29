use crate::Timestamp;
use crate::outline::Kind;

/// What a list is filtered and sorted by: a member that is no object and no array, in a form whose order is that of the
/// values in every database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    Null,
    /// An integer, the microseconds of a time, or what stands for a double.
    Integer(i64),
    /// A string, a boolean's name, or an integer of more than 64 bits.
    Text(String),
}

impl Scalar {
    /// The scalar of a member whose JSON is this.
    pub(crate) fn of(json: &str, kind: &Kind) -> Self {
        match json.as_bytes() {
            b"true" | b"false" => Self::Text(json.to_owned()),
            [b'"', ..] => match (serde_json::from_str::<String>(json), kind) {
                (Ok(text), Kind::Time) => Self::time(&text).unwrap_or(Self::Null),
                (Ok(text), _) => Self::Text(text),
                (Err(_), _) => Self::Null,
            },
            _ => Self::number(json, kind).unwrap_or(Self::Null),
        }
    }

    /// The number that a text is, for a member of that kind.
    pub(crate) fn number(text: &str, kind: &Kind) -> Option<Self> {
        if *kind == Kind::Integer {
            return Self::integer(text);
        }
        // A number of JSON, and not all that Rust reads: `inf`, or `+1`.
        let double: f64 = serde_json::from_str(text).ok().filter(|_| text.trim() == text)?;
        Some(Self::Integer(ordered(double)))
    }

    pub(crate) fn time(text: &str) -> Option<Self> {
        text.parse().ok().map(|time: Timestamp| Self::Integer(time.as_microseconds()))
    }

    fn integer(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_integer = digits.bytes().all(|digit| digit.is_ascii_digit())
            && (digits == "0" || !digits.is_empty() && !digits.starts_with('0'));
        match text.parse() {
            _ if !is_integer => None,
            Ok(integer) => Some(Self::Integer(integer)),
            // The longer one is the greater.
            Err(_) => Some(Self::Text(format!("{:03} {text}", digits.len()))),
        }
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
}

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
        let integers = [
            "-9223372036854775808",
            "-1",
            "0",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
        ];
        let scalars = integers.map(|integer| Scalar::of(integer, &Kind::Integer));
        assert!(scalars.is_sorted_by(|a, b| a < b), "{scalars:?}");
    }

    #[test]
    fn a_number_has_one_scalar_in_each_notation() {
        let double = |text| Scalar::number(text, &Kind::Double);
        assert_eq!(double("40"), double("4.00e1"));
        assert_eq!(double("-0.0"), double("0"));
        for text in ["", "inf", "NaN", "+1", "0x1", "1_0", " "] {
            assert_eq!((double(text), Scalar::number(text, &Kind::Integer)), (None, None), "{text}");
        }
        for text in ["1.0", "1e3", "007", "-"] {
            assert_eq!(Scalar::number(text, &Kind::Integer), None, "{text}");
        }
    }
}
