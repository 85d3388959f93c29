use std::cmp::Ordering;

use serde_json::Value;

use crate::Timestamp;
use crate::outline::Kind;

/// What a list is filtered and sorted by: a member that is no object and no array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Integer(i64),
    Real(f64),
    /// A string, or a boolean's name.
    Text(String),
}

impl Scalar {
    /// The scalar of a member whose JSON is this.
    pub(crate) fn of(json: &str, kind: &Kind) -> Self {
        match json.as_bytes() {
            b"true" | b"false" => Self::Text(json.to_owned()),
            [b'"', ..] => serde_json::from_str(json).map_or(Self::Null, |text: String| match kind {
                Kind::Time => {
                    text.parse().map_or(Self::Null, |time: Timestamp| Self::Integer(time.as_microseconds()))
                }
                _ => Self::Text(text),
            }),
            _ => Self::number(json).unwrap_or(Self::Null),
        }
    }

    /// The number that a text is.
    pub(crate) fn number(text: &str) -> Option<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Number(number)) => {
                number.as_i64().map(Self::Integer).or(number.as_f64().map(Self::Real))
            }
            _ => None,
        }
    }

    /// Its own JSON: that of a time is a number.
    #[cfg(feature = "sqlite")]
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(integer) => (*integer).into(),
            Self::Real(real) => (*real).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
        }
    }

    /// The order of SQLite: nothing, then numbers by their value, then texts by their bytes.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Integer(a), Self::Real(b)) => compare(*a, *b),
            (Self::Real(a), Self::Integer(b)) => compare(*b, *a).reverse(),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// Compares by value: a double near 2^63 does not tell its neighbours apart.
fn compare(integer: i64, real: f64) -> Ordering {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if real >= BEYOND {
        Ordering::Less
    } else if real < -BEYOND {
        Ordering::Greater
    } else {
        integer.cmp(&(real.trunc() as i64)).then(0.0_f64.total_cmp(&(real.fract() + 0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_their_value() {
        let order = |a: &str, b: &str| {
            let number = |text| Scalar::number(text).unwrap_or(Scalar::Null);
            number(a).order(&number(b))
        };
        assert_eq!(order("1", "1.5"), Ordering::Less);
        assert_eq!(order("-1", "-1.5"), Ordering::Greater);
        assert_eq!(order("40", "40.0"), Ordering::Equal);
        assert_eq!(order("0", "-0.0"), Ordering::Equal);
        assert_eq!(order("9007199254740993", "9007199254740992.0"), Ordering::Greater);
        assert_eq!(order("9223372036854775807", "9223372036854775808"), Ordering::Less);
        assert_eq!(order("-9223372036854775808", "-1e300"), Ordering::Greater);
    }
}
