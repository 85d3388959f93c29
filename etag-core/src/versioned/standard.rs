//! The forms of the standard library's types: those that `serde_json` sends for them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;

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

transparent!(&T, &mut T, Box<T>);

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
    array [const N: usize] [T; N];
    array [] Vec<T>;
    array [] VecDeque<T>;
    sorted [] BTreeSet<T>;
    set [S] HashSet<T, S>;
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
}
