//! Whatever surrounds the derive, its expansion compiles without a warning, and means what it means
//! elsewhere.

#![no_implicit_prelude]
#![deny(warnings)]
#![deny(unreachable_pub, unused_lifetimes, unused_qualifications, unused_results)]

extern crate etag_core as my_etag;

use ::etag_core::{Representation, Versioned, canonical};
use ::serde::Serialize;
use ::std::string::String;

/// The canonical form, if it is the one that serde's own derive leads to.
#[track_caller]
fn same_as_serde<T: Versioned + Serialize>(value: &T) -> String {
    let derived = text(value);
    ::core::assert_eq!(derived.as_bytes(), canonical::to_vec_serde(value).unwrap());
    derived
}

fn text<T: Versioned>(value: &T) -> String {
    String::from_utf8(canonical::to_vec(value).unwrap()).unwrap()
}

mod shadowed {
    #![allow(dead_code, non_camel_case_types, unused_macros)] // Nobody uses what only stands in the way.

    use ::core::convert::From;
    use ::etag_core::{Resource, Timestamp, Versioned};

    mod alloc {}
    mod core {}
    mod etag_core {}
    mod serde {}
    mod std {}
    struct Box;
    struct Database;
    struct Err;
    struct None;
    struct Ok;
    struct Option;
    struct Result;
    struct Some;
    struct String;
    struct Vec;
    struct bool;
    struct str;
    struct u64;
    struct usize;
    trait Clone {}
    trait Describe {}
    trait Fn {}
    trait Sized {}
    macro_rules! matches {
        () => {};
    }

    #[derive(Versioned)]
    #[versioned(store = ::etag_core::Database, query = "etag", create = "put", if_match = "optional")]
    struct Kept {
        #[versioned(id)]
        id: ::core::primitive::u64,
        #[versioned(id)]
        part: ::std::string::String,
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        status: ::core::option::Option<Status>,
        #[versioned(modified)]
        at: Timestamp,
        #[versioned(revision)]
        revision: ::core::primitive::u64,
    }

    #[derive(Versioned)]
    enum Status {
        Some,
        None,
    }

    #[test]
    fn the_names_of_the_prelude_and_of_crates_may_mean_something_else() {
        let at = Timestamp::from_microseconds(1);
        let status = ::core::option::Option::Some(Status::None);
        let part = ::std::string::String::from("a");
        let mut kept = Kept { id: 1, part, status, at, revision: 0 };
        kept.set_key(&(2, ::std::string::String::from("b")));
        kept.stamp(Timestamp::from_microseconds(7_000_000));
        ::core::assert_eq!(
            super::text(&kept),
            r#"{"at":"1970-01-01T00:00:07Z","id":2,"part":"b","revision":7000000,"status":"None"}"#
        );
        ::core::assert_eq!(Resource::key(&kept).map(|key| key.0), ::core::option::Option::Some(2));
        ::core::assert_eq!(Kept::QUERY, ::core::option::Option::Some("etag"));
    }
}

mod fields {
    use ::core::convert::From;
    use ::etag_core::{Resource, Timestamp, Versioned};
    use ::serde::Serialize;
    use ::std::string::String;

    #[derive(Serialize, Versioned)]
    #[versioned(store = ::etag_core::Database)]
    struct Type {
        r#type: u8,
        r#match: u8,
        #[versioned(id)]
        key: String,
        #[versioned(modified)]
        at: Timestamp,
        it: u8,
        this: u8,
        name: u8,
        get: u8,
        #[serde(skip_serializing_if = "r#type")]
        describe: u8,
    }

    fn r#type(describe: &u8) -> bool {
        *describe == 0
    }

    #[test]
    fn a_field_or_a_function_may_be_named_like_the_locals_of_the_expansion() {
        let at = Timestamp::from_microseconds(0);
        let key = String::from("a");
        let mut value = Type { r#type: 1, r#match: 2, key, at, it: 3, this: 4, name: 5, get: 6, describe: 0 };
        value.set_key(&String::from("b"));
        value.stamp(Timestamp::from_microseconds(1_000_000));
        let rest = r#""get":6,"it":3,"key":"b","match":2,"name":5,"this":4,"type":1}"#;
        let left_out = ::std::format!(r#"{{"at":"1970-01-01T00:00:01Z",{rest}"#);
        ::core::assert_eq!(super::same_as_serde(&value), left_out);
        value.describe = 7;
        let sent = ::std::format!(r#"{{"at":"1970-01-01T00:00:01Z","describe":7,{rest}"#);
        ::core::assert_eq!(super::same_as_serde(&value), sent);
    }

    #[derive(Serialize, Versioned)]
    struct Async(u8);
    #[derive(Serialize, Versioned)]
    struct Crate(u8);
    #[derive(Serialize, Versioned)]
    struct Gen(u8);
    #[derive(Serialize, Versioned)]
    struct HTTPServer2(u8);
    #[derive(Serialize, Versioned)]
    struct Super(u8);
    #[derive(Serialize, Versioned)]
    struct Größe(u8);
    #[derive(Serialize, Versioned)]
    struct _Underscored(u8);
    #[derive(Serialize, Versioned)]
    struct It(Async, Crate, Gen, HTTPServer2, Super, Größe, _Underscored);

    #[test]
    fn a_type_may_be_named_like_a_keyword() {
        let it = It(Async(1), Crate(2), Gen(3), HTTPServer2(4), Super(5), Größe(6), _Underscored(7));
        ::core::assert_eq!(super::same_as_serde(&it), "[1,2,3,4,5,6,7]");
    }
}

mod deprecated {
    use ::etag_core::Versioned;
    use ::serde::Serialize;

    #[derive(Serialize, Versioned)]
    struct Article {
        #[deprecated]
        headline: &'static str,
        #[deprecated]
        #[serde(skip_serializing_if = "str::is_empty")]
        subtitle: &'static str,
        status: Status,
    }

    #[derive(Serialize, Versioned)]
    enum Status {
        Active,
        #[deprecated]
        Hidden,
    }

    #[test]
    #[expect(deprecated)]
    fn what_is_deprecated_is_sent_without_a_warning() {
        let status = [Status::Active, Status::Hidden];
        ::core::assert_eq!(super::same_as_serde(&status), r#"["Active","Hidden"]"#);
        let [status, _] = status;
        let article = Article { headline: "h", subtitle: "", status };
        ::core::assert_eq!(super::same_as_serde(&article), r#"{"headline":"h","status":"Active"}"#);
    }
}

mod generic {
    use ::core::iter::Iterator;
    use ::core::marker::PhantomData;
    use ::core::option::Option::{self, None, Some};
    use ::core::{clone::Clone, cmp::PartialEq, convert::From, marker::Sized, result::Result};
    use ::etag_core::{Timestamp, Versioned};
    use ::serde::{Serialize, Serializer};
    use ::std::{boxed::Box, string::String, vec, vec::Vec};

    #[derive(Serialize, Versioned)]
    struct Page<'a, D: ?Sized, D2 = String, I = vec::IntoIter<u8>>
    where
        D2: Clone,
        I: Iterator,
        for<'b> &'b D2: PartialEq,
        D: 'a,
    {
        all: &'a D,
        second: Option<(D2, D2)>,
        item: I::Item,
        none: PhantomData<fn() -> I>,
    }

    #[test]
    fn a_parameter_may_be_named_like_the_reader_and_bounded_at_will() {
        let page: Page<'_, str> = Page {
            all: "all",
            second: Some((String::from("1"), String::from("2"))),
            item: 1,
            none: PhantomData,
        };
        let expected = r#"{"all":"all","item":1,"none":null,"second":["1","2"]}"#;
        ::core::assert_eq!(super::same_as_serde(&page), expected);
    }

    #[derive(Versioned)]
    struct Matrix<D, const ROWS: usize, const COLUMNS: usize = 2>([[D; COLUMNS]; ROWS]);

    #[test]
    fn a_parameter_may_be_a_constant() {
        ::core::assert_eq!(super::text(&Matrix([[1, 2], [3, 4], [5, 6]])), "[[1,2],[3,4],[5,6]]");
    }

    fn nothing<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }

    #[derive(Serialize, Versioned)]
    struct Row<R, M> {
        #[versioned(revision)]
        #[serde(serialize_with = "nothing")]
        revision: R,
        #[versioned(modified)]
        #[serde(serialize_with = "nothing")]
        modified: M,
    }

    #[test]
    fn a_revision_that_a_function_writes_may_be_a_parameter() {
        let row = Row { revision: 1_u64, modified: Timestamp::from_microseconds(1) };
        ::core::assert_eq!(super::same_as_serde(&row), r#"{"modified":null,"revision":null}"#);
    }

    #[derive(Serialize, Versioned)]
    struct Tree<T> {
        children: Vec<Self>,
        twin: Option<Box<Tree<T>>>,
        value: T,
    }

    #[derive(Serialize, Versioned)]
    struct Root {
        #[versioned(revision)]
        revision: u64,
        tree: Tree<Leaf>,
    }

    #[derive(Serialize, Versioned)]
    struct Leaf(Vec<Tree<Leaf>>);

    #[test]
    fn a_type_may_contain_itself() {
        let leaf = || Tree { children: vec![], twin: None, value: Leaf(vec![]) };
        let twin = Some(Box::new(leaf()));
        let root =
            Root { revision: 1, tree: Tree { children: vec![leaf()], twin, value: Leaf(vec![leaf()]) } };
        let leaf = r#"{"children":[],"twin":null,"value":[]}"#;
        let tree = ::std::format!(r#"{{"children":[{leaf}],"twin":{leaf},"value":[{leaf}]}}"#);
        let expected = ::std::format!(r#"{{"revision":1,"tree":{tree}}}"#);
        ::core::assert_eq!(super::same_as_serde(&root), expected);
        let representation = super::Representation::of(&root).unwrap();
        ::core::assert_eq!(representation.body(), expected.as_bytes(), "its shape is finite");
    }
}

mod hostile {
    #![allow(dead_code)] // Nobody calls what only stands in the way.

    use ::core::convert::From;
    use ::etag_core::{Resource, Timestamp, Versioned};
    use ::serde::Serialize;
    use ::std::string::String;

    /// Methods of the names that an expansion calls, on everything, in each way of taking `self`.
    trait Hostile {
        fn member(self)
        where
            Self: ::core::marker::Sized,
        {
        }
        fn id(&self) {}
        fn revision(&mut self) {}
        fn modified(&self) {}
        fn variant(&mut self) {}
        fn skip(&mut self) {}
        fn serde(&self) {}
        fn flatten(&mut self) {}
        fn embed(&mut self) {}
        fn epoch(&mut self) {}
        fn unit(&mut self) {}
        fn element(&mut self) {}
        fn transparent(&mut self) {}
        fn member_unless(&mut self) {}
        fn clone(&self) {}
        fn clone_from(&mut self) {}
        fn describe(&self) {}
    }

    impl<T: ?::core::marker::Sized> Hostile for T {}

    #[derive(Serialize, Versioned)]
    #[versioned(store = ::etag_core::Database, epoch = 2)]
    struct Stored {
        #[versioned(id)]
        id: String,
        #[versioned(revision)]
        revision: u64,
        #[versioned(modified)]
        modified: Timestamp,
        #[versioned(serde)]
        serde: Pair,
        #[serde(flatten)]
        flatten: Inner,
    }

    #[derive(Serialize, Versioned)]
    struct Inner {
        #[versioned(skip)]
        skip: Newtype,
        #[versioned(variant)]
        variant: Level,
        #[serde(skip_serializing_if = "::core::option::Option::is_none")]
        member: ::core::option::Option<Pair>,
    }

    #[derive(Serialize, Versioned)]
    struct Newtype(u8);

    #[derive(Serialize, Versioned)]
    struct Pair(u8, u8);

    #[derive(Serialize, Versioned)]
    enum Level {
        Low,
    }

    #[test]
    fn a_trait_may_give_everything_methods_of_the_same_names() {
        let none = ::core::option::Option::None;
        let mut stored = Stored {
            id: String::from("a"),
            revision: 0,
            modified: Timestamp::from_microseconds(0),
            serde: Pair(1, 2),
            flatten: Inner { skip: Newtype(3), variant: Level::Low, member: none },
        };
        Resource::set_key(&mut stored, &String::from("b"));
        Resource::stamp(&mut stored, Timestamp::from_microseconds(1_000_000));
        let expected = ::core::concat!(
            r#"{"id":"b","modified":"1970-01-01T00:00:01Z","revision":1000000,"#,
            r#""serde":[1,2],"skip":3,"variant":"Low"}"#
        );
        ::core::assert_eq!(super::same_as_serde(&stored), expected);
    }
}

mod written_by_a_macro {
    use ::etag_core::{Resource, Versioned};
    use ::serde::Serialize;

    macro_rules! stored {
        ($(#[$attribute:meta])* $name:ident<$parameter:ident>, $id:ident: $key:ty, $member:literal: $field:ident: $ty:ty, $epoch:expr, $store:ty) => {
            #[derive(Serialize, Versioned)]
            #[versioned(store = $store, epoch = $epoch)]
            $(#[$attribute])*
            struct $name {
                #[versioned(id)]
                $id: $key,
                #[serde(rename = $member)]
                $field: Inner<$ty>,
                #[cfg(any())]
                absent: Absent,
            }

            #[derive(Serialize, Versioned)]
            struct Inner<$parameter> {
                items: ::std::vec::Vec<$parameter>,
            }
        };
    }

    stored!(#[versioned(query = "etag")] Note<D>, id: u64, "Text": text: &'static str, 2, ::etag_core::Database);

    #[test]
    fn a_macro_may_write_the_type_and_its_attributes() {
        let note = Note { id: 1, text: Inner { items: ::std::vec!["a"] } };
        ::core::assert_eq!(super::same_as_serde(&note), r#"{"Text":{"items":["a"]},"id":1}"#);
        ::core::assert_eq!(Note::QUERY, ::core::option::Option::Some("etag"));
    }

    macro_rules! measured {
        ($name:ident<$parameter:ident>, $marker:ty, $value:ty, $key:ty) => {
            #[derive(Serialize, Versioned)]
            #[serde(transparent)]
            struct $name<$parameter> {
                unit: $marker,
                value: $value,
            }

            #[derive(Versioned)]
            #[versioned(store = ::etag_core::Database, key = $key)]
            struct Settings {
                value: $value,
            }
        };
    }

    measured!(Measure<U>, ::core::marker::PhantomData<U>, u8, ());

    /// It has no form, and needs none: nothing of it is sent.
    struct Meter;

    #[test]
    fn a_macro_may_be_given_the_types() {
        let _ = Meter;
        let measure = Measure::<Meter> { unit: ::core::marker::PhantomData, value: 1 };
        ::core::assert_eq!(super::same_as_serde(&measure), "1");
        ::core::assert_eq!(Resource::key(&Settings { value: 1 }), ::core::option::Option::Some(()));
    }
}

mod renamed {
    use ::my_etag::{self, Database, Resource, Timestamp, Versioned};
    use ::serde::Serialize;

    pub(crate) mod vendored {
        pub(crate) use ::my_etag::*;
    }

    #[derive(Serialize, Versioned)]
    #[versioned(crate = "my_etag")]
    struct Relative {
        text: &'static str,
    }

    use ::my_etag as D;

    /// As the reader is.
    #[derive(Serialize, Versioned)]
    #[versioned(crate = "D")]
    struct AsTheReader(Relative);

    #[derive(Serialize, Versioned)]
    #[versioned(crate = "::my_etag")]
    struct Absolute<T>(T);

    #[derive(Serialize, Versioned)]
    #[versioned(crate = "self::vendored")]
    struct InThisModule(u8, u8);

    #[derive(Serialize, Versioned)]
    #[versioned(crate = "super::renamed::vendored")]
    enum InTheModuleAbove {
        Low,
    }

    #[derive(Serialize, Versioned)]
    #[versioned(crate = "crate::renamed::vendored", store = Database, create = "put", if_match = "required")]
    struct InTheCrate {
        #[versioned(id)]
        id: u64,
        all: (Relative, Absolute<u8>, InThisModule, InTheModuleAbove),
        #[versioned(serde)]
        foreign: Absolute<InThisModule>,
        #[versioned(modified)]
        at: Timestamp,
    }

    #[test]
    fn the_crate_may_have_another_name() {
        let all = (Relative { text: "t" }, Absolute(1), InThisModule(2, 3), InTheModuleAbove::Low);
        let at = Timestamp::from_microseconds(0);
        let value = InTheCrate { id: 1, all, foreign: Absolute(InThisModule(4, 5)), at };
        let expected =
            r#"{"all":[{"text":"t"},1,[2,3],"Low"],"at":"1970-01-01T00:00:00Z","foreign":[4,5],"id":1}"#;
        ::core::assert_eq!(super::same_as_serde(&value), expected);
        ::core::assert_eq!(super::same_as_serde(&AsTheReader(Relative { text: "t" })), r#"{"text":"t"}"#);
        ::core::assert_eq!(InTheCrate::CREATE, ::my_etag::Creation::Put);
    }
}

mod elsewhere {
    /// The names that an expansion may use, none of which is the crate's own.
    mod imitation {
        pub(super) trait Versioned {
            fn describe<D: Describe<Self>>(it: &mut D);
        }
        pub(super) trait Describe<T: ?::core::marker::Sized> {
            fn modified<V: Modified>(&mut self, name: &'static str, get: impl ::core::ops::Fn(&T) -> &V);
            fn serde<V: Serialize>(&mut self, name: &'static str, get: impl ::core::ops::Fn(&T) -> &V);
        }
        pub(super) trait Resource {
            type Key;
            type Store;
            type Policy;
            const COLLECTION: &'static str;
            const PARAMETERS: &'static [&'static str];
            const MEMBERS: &'static [&'static str];
            const IF_MATCH: IfMatch;
            const CREATE: Creation;
            fn key(&self) -> ::core::option::Option<Self::Key>;
            fn set_key(&mut self, key: &Self::Key);
            fn stamp(&mut self, at: Timestamp);
        }
        pub(super) trait Modified {
            fn from_stamp(at: Timestamp) -> Self;
        }
        pub(super) trait Serialize {}
        pub(super) struct Anyone;
        #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
        pub(super) struct Timestamp(pub(super) u8);
        pub(super) enum IfMatch {
            Optional,
        }
        pub(super) enum Creation {
            Put,
        }
        impl Modified for Timestamp {
            fn from_stamp(at: Timestamp) -> Self {
                at
            }
        }
        impl Serialize for u8 {}
    }

    use self::imitation::{Creation, Describe, IfMatch, Modified, Resource, Serialize, Timestamp, Versioned};

    #[derive(::etag_core::Versioned)]
    #[versioned(crate = "self::imitation", store = (), key = u8, create = "put", if_match = "optional")]
    struct Stored {
        #[versioned(modified)]
        at: Timestamp,
        #[versioned(serde)]
        foreign: u8,
    }

    #[derive(::etag_core::Versioned)]
    #[versioned(crate = "self::imitation")]
    struct Generic<T, U> {
        #[versioned(serde)]
        foreign: T,
        #[serde(skip)]
        unsent: ::core::marker::PhantomData<U>,
    }

    struct Names(::std::vec::Vec<&'static str>);

    impl<T: ?::core::marker::Sized> Describe<T> for Names {
        fn modified<V: Modified>(&mut self, name: &'static str, _: impl ::core::ops::Fn(&T) -> &V) {
            self.0.push(name);
        }

        fn serde<V: Serialize>(&mut self, name: &'static str, _: impl ::core::ops::Fn(&T) -> &V) {
            self.0.push(name);
        }
    }

    fn names<T: Versioned>(_: &T) -> ::std::vec::Vec<&'static str> {
        let mut names = Names(::std::vec![]);
        T::describe(&mut names);
        names.0
    }

    #[test]
    fn nothing_of_the_crate_is_reached_but_by_the_name_it_was_given() {
        let mut stored = Stored { at: Timestamp(1), foreign: 2 };
        stored.stamp(Timestamp(3));
        stored.set_key(&4);
        ::core::assert_eq!(stored.key(), ::core::option::Option::None);
        ::core::assert_eq!(
            (Stored::COLLECTION, Stored::PARAMETERS.len(), Stored::MEMBERS.len()),
            ("Stored", 0, 0)
        );
        ::core::assert_eq!((&stored.at, stored.foreign), (&Timestamp(3), 2));
        ::core::assert_eq!(names(&stored), ["at", "foreign"]);
        ::core::assert!(::core::matches!(
            (Stored::IF_MATCH, Stored::CREATE),
            (IfMatch::Optional, Creation::Put)
        ));
        let generic: Generic<u8, ()> = Generic { foreign: 1, unsent: ::core::marker::PhantomData };
        ::core::assert_eq!((generic.foreign, generic.unsent), (1, ::core::marker::PhantomData));
        ::core::assert_eq!(names(&generic), ["foreign"]);
    }
}

mod lower_case {
    #![allow(non_camel_case_types, non_upper_case_globals)] // As a generated type has it.

    use ::etag_core::Versioned;
    use ::serde::Serialize;

    #[derive(Serialize, Versioned)]
    struct meters(f64);

    #[derive(Serialize, Versioned)]
    struct point(f64, meters);

    #[derive(Versioned)]
    struct Page<const page: usize>([u8; page]);

    #[test]
    fn a_tuple_struct_or_a_constant_may_be_named_like_the_argument_of_the_description() {
        ::core::assert_eq!(super::same_as_serde(&point(1.0, meters(2.5))), "[1,2.5]");
        ::core::assert_eq!(super::text(&Page([1, 2])), "[1,2]");
    }
}

mod deprecated_type {
    use ::etag_core::Versioned;

    #[deprecated]
    #[derive(Versioned)]
    #[versioned(store = ::etag_core::Database)]
    struct Old {
        #[versioned(id)]
        id: u64,
    }

    #[test]
    #[expect(deprecated)]
    fn a_deprecated_type_is_described_without_a_warning() {
        ::core::assert_eq!(super::text(&Old { id: 1 }), r#"{"id":1}"#);
    }
}
