//! The forms of this crate's own types, of `serde_json`'s, and of other crates' behind their features.

use crate::{Describe, Timestamp, Versioned};

impl Versioned for Timestamp {
    fn describe<D: Describe<Self>>(timestamp: &mut D) {
        timestamp.leaf("timestamp", |timestamp, writer| writer.display(timestamp));
    }
}

/// What only `serde` knows the form of: the inner shape of these is not known here.
macro_rules! foreign {
    ($($(#[$cfg:meta])* $type:ty)*) => {$(
        $(#[$cfg])*
        impl Versioned for $type {
            fn describe<D: Describe<Self>>(it: &mut D) {
                it.serde_transparent(|it| it);
            }
        }
    )*};
}

foreign! {
    serde_json::Value
    serde_json::Map<String, serde_json::Value>
    serde_json::Number
    serde_json::value::RawValue
}

#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> Versioned for chrono::DateTime<Zone> {
    fn describe<D: Describe<Self>>(time: &mut D) {
        time.leaf("date-time with an offset", |time, writer| writer.serde(time));
    }
}

/// Texts that only `serde` knows the form of, and the kind that stands in a type's shape.
macro_rules! foreign_texts {
    ($($feature:literal $kind:literal $type:ty;)*) => {$(
        #[cfg(feature = $feature)]
        impl Versioned for $type {
            fn describe<D: Describe<Self>>(text: &mut D) {
                text.leaf($kind, |text, writer| writer.serde(text));
            }
        }
    )*};
}

foreign_texts! {
    "chrono" "date" chrono::NaiveDate;
    "chrono" "date-time" chrono::NaiveDateTime;
    "chrono" "time" chrono::NaiveTime;
    "chrono" "month" chrono::Month;
    "chrono" "weekday" chrono::Weekday;
    "time" "a date" time::Date;
    "time" "a duration" time::Duration;
    "time" "a month" time::Month;
    "time" "a date-time with an offset" time::OffsetDateTime;
    "time" "a date-time" time::PrimitiveDateTime;
    "time" "a time" time::Time;
    "time" "a date-time in UTC" time::UtcDateTime;
    "time" "an offset" time::UtcOffset;
    "time" "a weekday" time::Weekday;
}

/// Texts: the kind that stands in a type's shape, and how the value is written.
macro_rules! texts {
    ($($feature:literal $kind:literal $type:ty: |$value:ident, $writer:ident| $write:expr;)*) => {$(
        #[cfg(feature = $feature)]
        impl Versioned for $type {
            #[inline]
            fn describe<D: Describe<Self>>(text: &mut D) {
                text.leaf($kind, |$value, $writer| $write);
            }
        }
    )*};
}

texts! {
    "jiff" "timestamp" jiff::Timestamp: |time, writer| writer.display(time);
    "jiff" "date" jiff::civil::Date: |date, writer| writer.display(date);
    "jiff" "time" jiff::civil::Time: |time, writer| writer.display(time);
    "jiff" "date-time" jiff::civil::DateTime: |time, writer| writer.display(time);
    "jiff" "zoned time" jiff::Zoned: |time, writer| writer.display(time);
    "rust_decimal" "decimal" rust_decimal::Decimal: |decimal, writer| writer.display(decimal);
    "smol_str" "string" smol_str::SmolStr: |text, writer| writer.string(text);
    "url" "string" url::Url: |url, writer| writer.string(url.as_str());
}

#[cfg(feature = "either")]
impl<L: Versioned, R: Versioned> Versioned for either::Either<L, R> {
    fn describe<D: Describe<Self>>(either: &mut D) {
        either.case_member("Left", |either| either.as_ref().left());
        either.case_member("Right", |either| either.as_ref().right());
    }
}

#[cfg(feature = "arrayvec")]
impl<const N: usize> Versioned for arrayvec::ArrayString<N> {
    #[inline]
    fn describe<D: Describe<Self>>(text: &mut D) {
        text.leaf("string", |text, writer| writer.string(text));
    }
}

/// Sequences: each in its own order.
macro_rules! sequences {
    ($($feature:literal [$($generics:tt)*] $type:ty, $element:ty;)*) => {$(
        #[cfg(feature = $feature)]
        impl<$($generics)*> Versioned for $type {
            fn describe<D: Describe<Self>>(sequence: &mut D) {
                sequence.array::<$element>(|sequence, elements| {
                    sequence.iter().for_each(|element| elements.element(element));
                });
            }
        }
    )*};
}

sequences! {
    "arrayvec" [T: Versioned, const N: usize] arrayvec::ArrayVec<T, N>, T;
    "bytes" [] bytes::Bytes, u8;
    "bytes" [] bytes::BytesMut, u8;
    "indexmap" [T: Versioned, S] indexmap::IndexSet<T, S>, T;
    "smallvec" [A: smallvec::Array<Item: Versioned>] smallvec::SmallVec<A>, A::Item;
}

#[cfg(feature = "indexmap")]
impl<K: Versioned, V: Versioned, S> Versioned for indexmap::IndexMap<K, V, S> {
    fn describe<D: Describe<Self>>(map: &mut D) {
        map.map(|map, entries| map.iter().for_each(|(key, value)| entries.entry(key, value)));
    }
}

#[cfg(feature = "uuid")]
impl Versioned for uuid::Uuid {
    fn describe<D: Describe<Self>>(uuid: &mut D) {
        uuid.leaf("uuid", |uuid, writer| {
            writer.string(uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
        });
    }
}
