//! The types of other crates that have features of their own.

use arrayvec::{ArrayString, ArrayVec};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use either::Either;
use etag_core::{Timestamp, Versioned};
use indexmap::{IndexMap, IndexSet};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest_derive::Arbitrary;
use rust_decimal::Decimal;
use serde::Serialize;
use smallvec::SmallVec;
use smol_str::SmolStr;
use time::{OffsetDateTime, UtcOffset};
use url::Url;
use uuid::Uuid;

use crate::shape::Shape;
use crate::values::{Double, Name, Text, few, texts};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<OfArrayvec>(),
        Shape::of::<OfBytes>(),
        Shape::of::<OfChrono>(),
        Shape::of::<OfEither>(),
        Shape::of::<OfIndexmap>(),
        Shape::of::<OfJiff>(),
        Shape::of::<OfRustDecimal>(),
        Shape::of::<OfSmallvec>(),
        Shape::of::<OfTexts>(),
        Shape::of::<OfTime>(),
        Shape::of::<OfUuid>(),
        Shape::of::<Own>(),
        Shape::of::<Flattened>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfArrayvec {
    #[proptest(strategy = "few::<Text, _>()")]
    list: ArrayVec<Text, 4>,
    #[proptest(strategy = "short_texts()")]
    text: ArrayString<8>,
}

fn short_texts() -> impl Strategy<Value = ArrayString<8>> {
    select(&["", "é\"", "\n"][..]).prop_map(|text| ArrayString::from(text).unwrap())
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfBytes {
    #[proptest(strategy = "few()")]
    bytes: Bytes,
    #[proptest(strategy = "few::<u8, _>()")]
    growing: BytesMut,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfChrono {
    #[proptest(strategy = "times()")]
    time: DateTime<Utc>,
    #[proptest(strategy = "times_elsewhere()")]
    elsewhere: DateTime<FixedOffset>,
    #[proptest(strategy = "times().prop_map(|time| time.naive_utc())")]
    naive: NaiveDateTime,
    #[proptest(strategy = "times().prop_map(|time| time.date_naive())")]
    date: NaiveDate,
    #[proptest(strategy = "times().prop_map(|time| time.time())")]
    clock: NaiveTime,
    #[proptest(strategy = "(1..=12_u8).prop_map(|month| month.try_into().unwrap())")]
    month: chrono::Month,
    #[proptest(strategy = "(0..7_u8).prop_map(|day| day.try_into().unwrap())")]
    weekday: chrono::Weekday,
}

/// Times of any year that chrono has, in whole seconds or not.
fn times() -> impl Strategy<Value = DateTime<Utc>> {
    let (first, last) = (DateTime::<Utc>::MIN_UTC.timestamp(), DateTime::<Utc>::MAX_UTC.timestamp());
    let seconds = prop_oneof![1 => first + 86_400..last - 86_400, 3 => 0..4_000_000_000_i64];
    let nanoseconds = prop_oneof![Just(0), 0..1_000_000_000_u32, Just(1_000_000)];
    (seconds, nanoseconds)
        .prop_map(|(seconds, nanoseconds)| DateTime::from_timestamp(seconds, nanoseconds).unwrap())
}

fn times_elsewhere() -> impl Strategy<Value = DateTime<FixedOffset>> {
    let east = (-86_399..86_400).prop_map(|east| FixedOffset::east_opt(east).unwrap());
    (times(), east).prop_map(|(time, east)| time.with_timezone(&east))
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfEither {
    #[proptest(strategy = "any::<Result<Text, u8>>().prop_map(either)")]
    either: Either<u8, Text>,
    #[serde(flatten)]
    #[proptest(strategy = "any::<Result<u8, Double>>().prop_map(either)")]
    flattened: Either<Double, u8>,
    #[serde(rename = "M")]
    m: u8,
}

fn either<L, R>(result: Result<R, L>) -> Either<L, R> {
    result.map_or_else(Either::Left, Either::Right)
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfIndexmap {
    #[proptest(strategy = "few()")]
    map: IndexMap<Name, Double>,
    #[proptest(strategy = "few()")]
    numbered: IndexMap<u8, Text>,
    #[proptest(strategy = "few()")]
    set: IndexSet<Text>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfJiff {
    #[proptest(strategy = "jiffies()")]
    time: jiff::Timestamp,
    #[proptest(strategy = "jiffies().prop_map(zoned)")]
    zoned: jiff::Zoned,
    #[proptest(strategy = "jiffies().prop_map(civil)")]
    civil: jiff::civil::DateTime,
    #[proptest(strategy = "jiffies().prop_map(|time| civil(time).date())")]
    date: jiff::civil::Date,
    #[proptest(strategy = "jiffies().prop_map(|time| civil(time).time())")]
    clock: jiff::civil::Time,
}

fn jiffies() -> impl Strategy<Value = jiff::Timestamp> {
    let seconds = jiff::Timestamp::MIN.as_second() + 86_400..jiff::Timestamp::MAX.as_second() - 86_400;
    (seconds, 0..1_000_000_000_i32)
        .prop_map(|(seconds, nanoseconds)| jiff::Timestamp::new(seconds, nanoseconds).unwrap())
}

fn zoned(time: jiff::Timestamp) -> jiff::Zoned {
    time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(-7)))
}

fn civil(time: jiff::Timestamp) -> jiff::civil::DateTime {
    time.to_zoned(jiff::tz::TimeZone::UTC).datetime()
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfRustDecimal {
    #[proptest(strategy = "decimals()")]
    wide: Decimal,
    #[proptest(strategy = "short_decimals()")]
    short: Decimal,
}

fn decimals() -> impl Strategy<Value = Decimal> {
    let digits = -(1_i128 << 96) + 1..1 << 96;
    (digits, 0..29_u32).prop_map(|(digits, scale)| Decimal::from_i128_with_scale(digits, scale))
}

fn short_decimals() -> impl Strategy<Value = Decimal> {
    (any::<i16>(), 0..29_u32).prop_map(|(digits, scale)| Decimal::new(digits.into(), scale))
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfSmallvec {
    #[proptest(strategy = "few()")]
    list: SmallVec<[Text; 2]>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfTexts {
    #[proptest(strategy = "texts().prop_map(SmolStr::from)")]
    small: SmolStr,
    #[proptest(strategy = "urls()")]
    url: Url,
}

fn urls() -> impl Strategy<Value = Url> {
    let base = Url::parse("https://example.org/ä?b").unwrap();
    texts().prop_map(move |text| base.join(&text).unwrap_or_else(|_| base.clone()))
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfTime {
    #[proptest(strategy = "moments()")]
    time: OffsetDateTime,
    #[proptest(strategy = "(moments(), offsets()).prop_map(|(time, offset)| time.to_offset(offset))")]
    elsewhere: OffsetDateTime,
    #[proptest(strategy = "moments().prop_map(Into::into)")]
    utc: time::UtcDateTime,
    #[proptest(
        strategy = "moments().prop_map(|time| time::PrimitiveDateTime::new(time.date(), time.time()))"
    )]
    naive: time::PrimitiveDateTime,
    #[proptest(
        strategy = "moments().prop_map(|time| (time.date(), time.time(), time.month(), time.weekday()))"
    )]
    parts: (time::Date, time::Time, time::Month, time::Weekday),
    #[proptest(strategy = "offsets()")]
    offset: UtcOffset,
    #[proptest(strategy = "durations()")]
    duration: time::Duration,
}

/// Times between the years 1 and 9998, whatever the offset.
fn moments() -> impl Strategy<Value = OffsetDateTime> {
    (-62_100_000_000..253_300_000_000_i64, prop_oneof![Just(0), 0..1_000_000_000_u32]).prop_map(
        |(seconds, nanoseconds)| {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            time.replace_nanosecond(nanoseconds).unwrap()
        },
    )
}

fn offsets() -> impl Strategy<Value = UtcOffset> {
    (-86_399..86_400).prop_map(|east| UtcOffset::from_whole_seconds(east).unwrap())
}

fn durations() -> impl Strategy<Value = time::Duration> {
    any::<(i32, i32)>().prop_map(|(seconds, nanos)| time::Duration::new(seconds.into(), nanos))
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OfUuid {
    #[proptest(strategy = "uuids()")]
    id: Uuid,
    #[proptest(strategy = "proptest::collection::btree_map(uuids(), any::<u8>(), 0..3)")]
    map: std::collections::BTreeMap<Uuid, u8>,
}

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Own {
    #[proptest(strategy = "timestamps()")]
    at: Timestamp,
}

fn timestamps() -> impl Strategy<Value = Timestamp> {
    (-62_000_000_000_000_000..253_000_000_000_000_000_i64).prop_map(Timestamp::from_microseconds)
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Flattened {
    #[serde(flatten)]
    #[proptest(strategy = "few()")]
    map: IndexMap<Name, u8>,
    c: u8,
}
