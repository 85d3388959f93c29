//! The types of the standard library, of `serde_json` and of other crates have the form that `serde_json` sends, as two
//! other implementations of RFC 8785 write it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, LinkedList};
use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZero, Saturating, Wrapping};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etag_core::{
    Database, LastModified, Matched, Modified, Revision, Select, Selected, Selection, Store, Timestamp,
    Versioned, Written, canonical,
};
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::on_each_database;

/// What RFC 8785 makes of what `serde_json` sends, as two others see it.
fn by_others<T: Serialize + ?Sized>(value: &T) -> String {
    let sent: Value = serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap();
    let one = serde_jcs::to_string(&sent).unwrap();
    let other = serde_json_canonicalizer::to_string(&sent).unwrap();
    assert_eq!(one, other, "two implementations differ");
    one
}

fn ours<T: Versioned + ?Sized>(value: &T) -> String {
    String::from_utf8(canonical::to_vec(value).unwrap()).unwrap()
}

#[track_caller]
fn assert_same<T: Versioned + Serialize + ?Sized>(value: &T) {
    assert_eq!(ours(value), by_others(value));
}

#[test]
fn pointers_and_wrappers_have_the_form_of_what_they_hold() {
    assert_same(&Rc::<str>::from("a"));
    assert_same(&Arc::new(vec![1, 2]));
    assert_same(&Box::<[u8]>::from([1, 2]));
    assert_same(&Cow::Borrowed("a"));
    assert_same::<Cow<'_, [i8]>>(&Cow::Owned(vec![-1]));
    assert_same(&Wrapping(-7));
    assert_same(&Saturating(7_u16));
    assert_same(&Reverse(Some("a")));
}

#[test]
fn integers_that_are_not_zero_are_integers() {
    assert_same(&NonZero::new(-7_i8));
    assert_same(&NonZero::new(7_u32).unwrap());
    assert_same(&NonZero::<i64>::new(0));
    assert_same(&NonZero::new(9_007_199_254_740_991_usize));
    assert_eq!(ours(&NonZero::new(u128::MAX).unwrap()), u128::MAX.to_string());
    assert_eq!(ours(&NonZero::new(i128::MIN).unwrap()), i128::MIN.to_string());
}

#[test]
fn sequences_and_long_tuples_are_arrays() {
    assert_same(&LinkedList::from([3, 1, 2]));
    assert_same(&BinaryHeap::from([1]));
    assert_same(&(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, "m"));
    assert_same(&(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, "m", 'n', 1.5, Some(false)));
}

#[test]
fn ranges_are_objects_of_their_bounds() {
    assert_same(&(1..3));
    assert_same(&('a'..='z'));
    assert_same(&(0.5..));
    assert_same(&(.."m"));
}

#[test]
fn results_bounds_and_alternatives_are_enums() {
    assert_same(&[Ok(1), Err("no")]);
    assert_same(&[Bound::Included(1), Bound::Excluded(2), Bound::Unbounded]);
    assert_same(&[either::Either::Left(1), either::Either::Right("r")]);
}

#[test]
fn texts_of_c_are_octets_and_those_of_the_system_are_as_serde_has_them() {
    assert_same(c"a\xff");
    assert_same(&c"a".to_owned());
    assert_same(OsStr::new("ä"));
    assert_same(&OsString::from("a"));
}

#[test]
fn addresses_and_paths_are_texts() {
    assert_same(&IpAddr::from([127, 0, 0, 1]));
    assert_same(&Ipv4Addr::BROADCAST);
    assert_same(&"2001:db8::1".parse::<Ipv6Addr>().unwrap());
    assert_same(&"[2001:db8::1]:443".parse::<SocketAddr>().unwrap());
    assert_same(Path::new("/srv/\"pumps\"/é"));
    assert_same(&PathBuf::new());
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_unicode_is_an_error() {
    use std::os::unix::ffi::OsStrExt;

    let path = Path::new(OsStr::from_bytes(b"\xff"));
    let error = canonical::to_vec(path).unwrap_err().to_string();
    assert_eq!(error, serde_json::to_string(path).unwrap_err().to_string());
}

#[test]
fn a_time_before_1970_is_an_error() {
    let time = UNIX_EPOCH - Duration::from_nanos(1);
    let error = canonical::to_vec(&time).unwrap_err().to_string();
    assert_eq!(error, serde_json::to_string(&time).unwrap_err().to_string());
}

/// Each digit of a raw value stays, and its members are sorted.
#[test]
fn json_that_is_not_read_has_its_canonical_form() {
    let raw: Box<RawValue> = serde_json::from_str(r#"{ "b": [1.50, null], "a": "\u0041" }"#).unwrap();
    assert_same(&raw);
    assert_eq!(ours(&*raw), r#"{"a":"A","b":[1.5,null]}"#);
    let wide: Box<RawValue> = serde_json::from_str("[12345678901234567890123, -0.0, 1e400]").unwrap();
    assert_eq!(ours(&wide), "[12345678901234567890123,0,1e+400]");
    let twice: Box<RawValue> = serde_json::from_str(r#"{"a":{"b":1,"\u0062":2}}"#).unwrap();
    assert_eq!(canonical::to_vec(&twice), Err(canonical::Error::Duplicate("b".to_owned())));
    let deep: Box<RawValue> = serde_json::from_str(&("[".repeat(100_000) + &"]".repeat(100_000))).unwrap();
    assert!(canonical::to_vec(&deep).unwrap_err().to_string().contains("too deep"));
}

/// A name is a string, of which RFC 8785 makes no number.
#[test]
fn a_key_that_is_a_number_is_the_text_that_serde_sends() {
    #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Versioned)]
    struct Half(i8);
    #[derive(PartialEq, Serialize, Versioned)]
    struct Float(f64);
    impl Eq for Float {}
    impl PartialOrd for Float {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Float {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.total_cmp(&other.0)
        }
    }
    assert_same(&BTreeMap::from([(Half(-1), 1.0), (Half(10), 2.5)]));
    let floats = [0.0, -0.0, 1.0, 1e21, 5e-324, 9_007_199_254_740_992.0, 0.1];
    assert_same(&floats.into_iter().map(|float| (Float(float), float)).collect::<BTreeMap<_, _>>());
    let infinite = BTreeMap::from([(Float(f64::INFINITY), 1)]);
    assert_eq!(canonical::to_vec(&infinite), Err(canonical::Error::Key));
}

#[test]
fn sequences_maps_and_texts_of_other_crates_have_the_form_that_serde_sends() {
    assert_same(&arrayvec::ArrayVec::<u8, 4>::from_iter([3, 1, 2]));
    assert_same(&arrayvec::ArrayString::<8>::from("a\"b").unwrap());
    assert_same(&bytes::Bytes::from_static(b"\x00\xff"));
    assert_same(&bytes::BytesMut::from(&b"ab"[..]));
    assert_same(&indexmap::IndexSet::<_>::from([3, 1, 2]));
    assert_same(&indexmap::IndexMap::<_, _>::from([("\u{fb33}", 1), ("\u{1f600}", 2), ("a", 3)]));
    assert_same(&smallvec::SmallVec::<[u16; 2]>::from_slice(&[3, 1, 2]));
    assert_same(&smol_str::SmolStr::new("a\n"));
    assert_same(&url::Url::parse("https://example.org/ä?b=c#d").unwrap());
    for decimal in ["0", "-1.50", "79228162514264337593543950335"] {
        assert_same(&decimal.parse::<rust_decimal::Decimal>().unwrap());
    }
}

proptest! {
    #[test]
    fn the_times_of_other_crates_have_the_form_that_serde_sends(microseconds in -62_000_000_000_000_000..253_000_000_000_000_000_i64) {
        let time = chrono::DateTime::from_timestamp_micros(microseconds).unwrap();
        prop_assert_eq!(ours(&time), by_others(&time));
        let elsewhere = time.with_timezone(&chrono::FixedOffset::east_opt(20_700).unwrap());
        prop_assert_eq!(ours(&elsewhere), by_others(&elsewhere));
        let naive = time.naive_utc();
        prop_assert_eq!(ours(&(naive, naive.date(), naive.time())), by_others(&(naive, naive.date(), naive.time())));
        let time = jiff::Timestamp::from_microsecond(microseconds).unwrap();
        prop_assert_eq!(ours(&time), by_others(&time));
        let zoned = time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(5)));
        let civil = zoned.datetime();
        let parts = (civil, civil.date(), civil.time());
        prop_assert_eq!(ours(&zoned), by_others(&zoned));
        prop_assert_eq!(ours(&parts), by_others(&parts));
        let time = time::UtcDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1000).unwrap();
        prop_assert_eq!(ours(&time), by_others(&time));
        let offset = time::UtcOffset::from_hms(5, 45, 0).unwrap();
        let elsewhere = time.to_offset(offset);
        prop_assert_eq!(ours(&elsewhere), by_others(&elsewhere));
        let parts = (elsewhere.date(), elsewhere.time(), offset, elsewhere.month(), elsewhere.weekday());
        prop_assert_eq!(ours(&parts), by_others(&parts));
        let local = time::PrimitiveDateTime::new(elsewhere.date(), elsewhere.time());
        prop_assert_eq!(ours(&local), by_others(&local));
        let duration = time::Duration::microseconds(microseconds);
        prop_assert_eq!(ours(&duration), by_others(&duration));
    }

    /// A stamp is read from the member that shows it, whatever type that is of.
    #[test]
    fn a_time_of_another_crate_keeps_a_stamp(microseconds in -62_000_000_000_000_000..253_000_000_000_000_000_i64) {
        let at = Timestamp::from_microseconds(microseconds);
        let of_chrono = <chrono::DateTime<chrono::Utc> as Modified>::from_stamp(at);
        prop_assert_eq!(Modified::modified(&of_chrono), at);
        let of_jiff = <jiff::Timestamp as Modified>::from_stamp(at);
        prop_assert_eq!(Modified::modified(&of_jiff), at);
        let of_time = <time::OffsetDateTime as Modified>::from_stamp(at);
        prop_assert_eq!(Modified::modified(&of_time), at);
        let of_time = <time::UtcDateTime as Modified>::from_stamp(at);
        prop_assert_eq!(Modified::modified(&of_time), at);
        let revision = <jiff::Timestamp as Revision>::from_stamp(at);
        prop_assert_eq!(Revision::revision(&revision), at.revision());
    }
}

/// A time is stamped in the form that the member has.
#[tokio::test]
async fn a_resource_may_be_dated_in_any_form() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, Versioned)]
    #[versioned(store = Database)]
    struct Pump {
        #[versioned(id)]
        id: u64,
        #[versioned(modified)]
        #[serde(with = "time::serde::timestamp::microseconds")]
        changed: time::OffsetDateTime,
    }

    on_each_database(async |database| {
        let pump = Pump { id: 1, changed: time::OffsetDateTime::UNIX_EPOCH };
        let written = database.replace(Matched::unconditional(1), pump).await.unwrap();
        let Written::Created(pump, version) = written else { panic!("{written:?}") };
        let stamp = Modified::modified(&pump.changed);
        assert_eq!(version.modified, Some(LastModified::strong(stamp)));
        let json = format!(r#"{{"changed":{},"id":1}}"#, stamp.as_microseconds());
        assert_eq!(ours(&pump), json);
        let loaded = database.get::<Pump>(&1).await.unwrap().unwrap();
        assert_eq!(loaded, pump);
        let again = database.replace(Matched::unconditional(1), pump).await.unwrap();
        assert!(matches!(&again, Written::Unchanged(pump, _) if pump.changed == loaded.changed), "{again:?}");
    })
    .await;
}

/// A date of chrono's is stamped, sent and listed by as one of ours.
#[tokio::test]
async fn a_resource_may_be_dated_by_another_crates_time() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, Versioned)]
    #[versioned(store = Database)]
    struct Pump {
        #[versioned(id)]
        id: u64,
        #[versioned(modified)]
        changed: chrono::DateTime<chrono::Utc>,
    }

    on_each_database(async |database| {
        for id in [2, 1, 3] {
            let pump = Pump { id, changed: chrono::DateTime::UNIX_EPOCH };
            let written = database.replace(Matched::unconditional(id), pump).await.unwrap();
            let Written::Created(pump, version) = written else { panic!("{written:?}") };
            let stamp = Timestamp::from_microseconds(pump.changed.timestamp_micros());
            assert_eq!(version.modified, Some(LastModified::strong(stamp)));
        }
        let ids = async |query: String| {
            let selection = Selection::parse::<Pump>(&query).unwrap();
            let (pumps, _): (Vec<Pump>, Selected<Pump>) =
                database.load_selected(&[], &selection).await.unwrap();
            pumps.iter().map(|pump| pump.id).collect::<Vec<_>>()
        };
        assert_eq!(ids("sort=-changed".to_owned()).await, [3, 1, 2]);
        let changed = database.get::<Pump>(&1).await.unwrap().unwrap().changed.to_rfc3339();
        assert_eq!(ids(format!("changed={}", changed.replace('+', "%2B"))).await, [1]);
    })
    .await;
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = proptest::prop_oneof![
        proptest::prelude::Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53)..1 << 53).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        proptest::prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..8).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_has_the_form_that_others_make_of_it(value in any_json()) {
        prop_assert_eq!(ours(&value), by_others(&value));
    }

    #[test]
    fn durations_and_times_are_objects_of_two_numbers(seconds in 0_u64..1 << 33, nanoseconds in 0_u32..1_000_000_000) {
        let duration = Duration::new(seconds, nanoseconds);
        prop_assert_eq!(ours(&duration), by_others(&duration));
        let time: SystemTime = UNIX_EPOCH + duration;
        prop_assert_eq!(ours(&time), by_others(&time));
    }

    #[test]
    fn a_member_of_each_of_these_types_is_a_member(texts: BTreeMap<String, (u8, String)>) {
        #[derive(Serialize, Versioned)]
        struct Pump<'a> {
            serial: Cow<'a, str>,
            litres: Reverse<Wrapping<u8>>,
            service: std::ops::Range<u8>,
            at: Rc<Path>,
            age: Duration,
            more: Value,
        }

        for (name, (number, text)) in texts {
            let pump = Pump {
                serial: Cow::Borrowed(&text),
                litres: Reverse(Wrapping(number)),
                service: 0..number,
                at: Path::new(&name).into(),
                age: Duration::from_secs(number.into()),
                more: json!({ &name: number }),
            };
            prop_assert_eq!(ours(&pump), by_others(&pump));
        }
    }
}
