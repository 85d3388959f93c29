//! The forms of the standard library's types: those that `serde_json` sends for them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZero, Saturating, Wrapping};
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::canonical::Error;
use crate::{Describe, Versioned};

/// Leaves: the kind that stands in a type's shape, and how the value is written.
macro_rules! leaves {
    ($($kind:literal, $($type:ty)*: |$value:ident, $writer:ident| $write:expr;)*) => {$($(
        impl Versioned for $type {
            #[inline]
            fn describe<D: Describe<Self>>(leaf: &mut D) {
                leaf.leaf($kind, |$value, $writer| $write);
            }
        }
    )*)*};
}

leaves! {
    "boolean", bool: |value, writer| writer.boolean(*value);
    "integer", i8 i16 i32: |value, writer| writer.signed(i64::from(*value));
    "integer", i64: |value, writer| writer.signed(*value);
    "integer", u8 u16 u32: |value, writer| writer.unsigned(u64::from(*value));
    "integer", u64: |value, writer| writer.unsigned(*value);
    "integer", isize: |value, writer| writer.signed(*value as i64);
    "integer", usize: |value, writer| writer.unsigned(*value as u64);
    "wide integer", i128: |value, writer| writer.signed_wide(*value);
    "wide integer", u128: |value, writer| writer.unsigned_wide(*value);
    "double", f64: |value, writer| writer.float(*value);
    "single", f32: |value, writer| writer.float_single(*value);
    "string", str String: |value, writer| writer.string(value);
    "character", char: |value, writer| writer.string(value.encode_utf8(&mut [0; 4]));
    "null", (): |_value, writer| writer.null();
    "integer", NonZero<i8> NonZero<i16> NonZero<i32>: |value, writer| writer.signed(i64::from(value.get()));
    "integer", NonZero<i64>: |value, writer| writer.signed(value.get());
    "integer", NonZero<u8> NonZero<u16> NonZero<u32>: |value, writer| writer.unsigned(u64::from(value.get()));
    "integer", NonZero<u64>: |value, writer| writer.unsigned(value.get());
    "integer", NonZero<isize>: |value, writer| writer.signed(value.get() as i64);
    "integer", NonZero<usize>: |value, writer| writer.unsigned(value.get() as u64);
    "wide integer", NonZero<i128>: |value, writer| writer.signed_wide(value.get());
    "wide integer", NonZero<u128>: |value, writer| writer.unsigned_wide(value.get());
    "address", IpAddr Ipv4Addr Ipv6Addr SocketAddr SocketAddrV4 SocketAddrV6: |value, writer| writer.display(value);
    "path", Path PathBuf: |value, writer| writer.path(value);
}

/// Another type's form, unchanged.
macro_rules! transparent {
    ($($type:ty),*) => {$(
        impl<T: Versioned + ?Sized> Versioned for $type {
            #[inline]
            fn describe<D: Describe<Self>>(it: &mut D) {
                it.transparent(|it| &**it);
            }
        }
    )*};
}

transparent!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Versioned + ToOwned + ?Sized> Versioned for Cow<'_, T> {
    #[inline]
    fn describe<D: Describe<Self>>(it: &mut D) {
        it.transparent(|it| &**it);
    }
}

/// A wrapper's form is that of what it wraps.
macro_rules! wrappers {
    ($($type:ident)*) => {$(
        impl<T: Versioned> Versioned for $type<T> {
            #[inline]
            fn describe<D: Describe<Self>>(it: &mut D) {
                it.transparent(|it| &it.0);
            }
        }
    )*};
}

wrappers!(Reverse Saturating Wrapping);

/// Ranges, as objects of their bounds.
macro_rules! ranges {
    ($($type:ident { $($name:literal $range:ident => $bound:expr),* })*) => {$(
        impl<T: Versioned> Versioned for $type<T> {
            fn describe<D: Describe<Self>>(range: &mut D) {
                $(range.member($name, |$range| $bound);)*
            }
        }
    )*};
}

ranges! {
    Range { "end" range => &range.end, "start" range => &range.start }
    RangeInclusive { "end" range => range.end(), "start" range => range.start() }
    RangeFrom { "start" range => &range.start }
    RangeTo { "end" range => &range.end }
}

impl<T: ?Sized> Versioned for PhantomData<T> {
    fn describe<D: Describe<Self>>(marker: &mut D) {
        marker.leaf("null", |_, writer| writer.null());
    }
}

impl<T: Versioned> Versioned for Option<T> {
    #[inline]
    fn describe<D: Describe<Self>>(option: &mut D) {
        option.option(Option::as_ref);
    }
}

impl<T: Versioned, E: Versioned> Versioned for Result<T, E> {
    fn describe<D: Describe<Self>>(result: &mut D) {
        result.case_member("Ok", |result| result.as_ref().ok());
        result.case_member("Err", |result| result.as_ref().err());
    }
}

impl<T: Versioned> Versioned for Bound<T> {
    fn describe<D: Describe<Self>>(bound: &mut D) {
        bound.unit("Unbounded", |bound| matches!(bound, Self::Unbounded));
        bound.case_member("Included", |bound| match bound {
            Self::Included(value) => Some(value),
            _ => None,
        });
        bound.case_member("Excluded", |bound| match bound {
            Self::Excluded(value) => Some(value),
            _ => None,
        });
    }
}

/// Octets without the NUL that ends them.
macro_rules! octets {
    ($($type:ty)*) => {$(
        impl Versioned for $type {
            fn describe<D: Describe<Self>>(octets: &mut D) {
                octets.array(|octets, elements| octets.to_bytes().iter().for_each(|octet| elements.element(octet)));
            }
        }
    )*};
}

octets!(CStr CString);

impl Versioned for Duration {
    fn describe<D: Describe<Self>>(duration: &mut D) {
        duration.into(|duration| Elapsed { nanos: duration.subsec_nanos(), secs: duration.as_secs() });
    }
}

struct Elapsed {
    nanos: u32,
    secs: u64,
}

impl Versioned for Elapsed {
    fn describe<D: Describe<Self>>(elapsed: &mut D) {
        elapsed.member("nanos", |elapsed| &elapsed.nanos);
        elapsed.member("secs", |elapsed| &elapsed.secs);
    }
}

/// What has passed since 1970, as in `serde`; a time before has no form.
impl Versioned for SystemTime {
    fn describe<D: Describe<Self>>(time: &mut D) {
        time.into(|time| {
            let since = time.duration_since(UNIX_EPOCH).ok();
            let nanos = since.map(|since| u64::from(since.subsec_nanos()));
            SinceEpoch { nanos: Part(nanos), secs: Part(since.map(|since| since.as_secs())) }
        });
    }
}

struct SinceEpoch {
    nanos: Part,
    secs: Part,
}

impl Versioned for SinceEpoch {
    fn describe<D: Describe<Self>>(since: &mut D) {
        since.member("nanos_since_epoch", |since| &since.nanos);
        since.member("secs_since_epoch", |since| &since.secs);
    }
}

struct Part(Option<u64>);

impl Versioned for Part {
    fn describe<D: Describe<Self>>(part: &mut D) {
        part.leaf("integer", |part, writer| match part.0 {
            Some(number) => writer.unsigned(number),
            None => writer.fail(Error::Custom("SystemTime must be later than UNIX_EPOCH".to_owned())),
        });
    }
}

/// Texts of the system, whose form is another one on each of them.
macro_rules! system_texts {
    ($($type:ty)*) => {$(
        impl Versioned for $type {
            fn describe<D: Describe<Self>>(text: &mut D) {
                text.serde_transparent(|text| text);
            }
        }
    )*};
}

system_texts!(OsStr OsString);

/// Sequences, in their own order or sorted by their elements' canonical bytes.
macro_rules! sequences {
    ($($verb:ident [$($generics:tt)*] $type:ty;)*) => {$(
        impl<T: Versioned, $($generics)*> Versioned for $type {
            fn describe<D: Describe<Self>>(sequence: &mut D) {
                sequence.$verb(|sequence, elements| sequence.iter().for_each(|element| elements.element(element)));
            }
        }
    )*};
}

sequences! {
    array [] [T];
    array [] Vec<T>;
    array [] VecDeque<T>;
    array [] LinkedList<T>;
    array [] BinaryHeap<T>;
    sorted [] BTreeSet<T>;
    set [S] HashSet<T, S>;
}

impl<T: Versioned, const N: usize> Versioned for [T; N] {
    fn describe<D: Describe<Self>>(array: &mut D) {
        array.length(N);
        array.array(|array, elements| array.iter().for_each(|element| elements.element(element)));
    }
}

/// Objects, whose members are sorted by their names.
macro_rules! maps {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<K: Versioned, V: Versioned, $($generics)*> Versioned for $type {
            fn describe<D: Describe<Self>>(map: &mut D) {
                map.map(|map, entries| map.iter().for_each(|(key, value)| entries.entry(key, value)));
            }
        }
    )*};
}

maps! {
    [] BTreeMap<K, V>;
    [S] HashMap<K, V, S>;
}

/// Arrays of fixed length.
macro_rules! tuples {
    ($(($($type:ident $index:tt)+))*) => {$(
        impl<$($type: Versioned),+> Versioned for ($($type,)+) {
            fn describe<Describer: Describe<Self>>(tuple: &mut Describer) {
                $(tuple.element(|tuple| &tuple.$index);)+
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15)
}
