//! Whatever surrounds the derive on an enum, its expansion compiles without a warning, and means what it means
//! elsewhere.

#![no_implicit_prelude]
#![deny(warnings)]
#![deny(unreachable_pub, unused_lifetimes, unused_qualifications, unused_results)]

extern crate etag_core as my_etag;

use ::etag_core::{Versioned, canonical};
use ::serde::Serialize;
use ::std::string::String;

/// The canonical form, if it is the one that serde's own derive leads to.
#[track_caller]
fn same_as_serde<T: Versioned + Serialize>(value: &T) -> String {
    let derived = canonical::to_vec(value).unwrap();
    ::core::assert_eq!(derived, canonical::to_vec_serde(value).unwrap());
    String::from_utf8(derived).unwrap()
}

fn text<T: Versioned>(value: &T) -> String {
    String::from_utf8(canonical::to_vec(value).unwrap()).unwrap()
}

/// A module for `with`.
mod doubled {
    use ::core::result::Result;
    use ::serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(number * 2)
    }

    pub(crate) fn pair<S: Serializer>(one: &u8, other: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(one * 2 + other)
    }

    pub(crate) fn is_zero(number: &u8) -> bool {
        *number == 0
    }
}

mod shadowed {
    #![allow(dead_code, unused_macros)] // Nobody uses what only stands in the way.

    use ::etag_core::Versioned;

    mod alloc {}
    mod core {}
    mod etag_core {}
    mod serde {}
    mod std {}
    struct Box;
    struct Clone;
    struct Err;
    struct Into;
    struct None;
    struct Ok;
    struct Option;
    struct Result;
    struct Some;
    struct String;
    trait Describe {}
    trait Fn {}
    trait Serialize {}
    trait Sized {}
    macro_rules! matches {
        () => {};
    }

    #[derive(::core::clone::Clone, Versioned)]
    #[serde(tag = "type")]
    enum Either {
        None,
        Some(Inner),
        Ok {
            #[serde(with = "super::doubled")]
            number: u8,
            #[serde(skip_serializing_if = "super::doubled::is_zero")]
            left_out: u8,
            #[versioned(serde)]
            foreign: u8,
        },
        #[serde(untagged)]
        Err(u8, u8),
    }

    #[derive(::core::clone::Clone, Versioned)]
    struct Inner {
        n: u8,
    }

    #[derive(::core::clone::Clone, Versioned)]
    #[serde(into = "Inner")]
    struct Other(u8);

    impl ::core::convert::From<Other> for Inner {
        fn from(other: Other) -> Self {
            Self { n: other.0 }
        }
    }

    #[test]
    fn the_names_of_the_prelude_and_of_crates_may_mean_something_else() {
        let all = [
            Either::None,
            Either::Some(Inner { n: 1 }),
            Either::Ok { number: 2, left_out: 0, foreign: 3 },
            Either::Err(1, 2),
        ];
        let expected =
            r#"[{"type":"None"},{"n":1,"type":"Some"},{"foreign":3,"number":4,"type":"Ok"},[1,2]]"#;
        ::core::assert_eq!(super::text(&all), expected);
        ::core::assert_eq!(super::text(&Other(1)), r#"{"n":1}"#);
    }
}

mod fields {
    use ::serde::Serialize;

    use ::etag_core::Versioned;

    #[derive(Serialize, Versioned)]
    enum Event {
        Fields {
            event: u8,
            it: u8,
            it_0: u8,
            serializer: u8,
            writer: u8,
            r#type: u8,
        },
        #[serde(rename = "values")]
        Serializer {
            #[serde(with = "super::doubled")]
            serializer: u8,
            #[serde(with = "super::doubled", skip_serializing_if = "super::doubled::is_zero")]
            it: u8,
            #[serde(skip_serializing_if = "super::doubled::is_zero")]
            event: u8,
        },
        #[serde(serialize_with = "super::doubled::pair")]
        Both(u8, u8),
        r#Match,
    }

    #[test]
    fn a_field_may_be_named_like_the_locals_of_the_expansion() {
        let fields = Event::Fields { event: 1, it: 2, it_0: 3, serializer: 4, writer: 5, r#type: 6 };
        let expected = r#"{"Fields":{"event":1,"it":2,"it_0":3,"serializer":4,"type":6,"writer":5}}"#;
        ::core::assert_eq!(super::same_as_serde(&fields), expected);
        let values = Event::Serializer { serializer: 1, it: 2, event: 3 };
        let expected = r#"{"values":{"event":3,"it":4,"serializer":2}}"#;
        ::core::assert_eq!(super::same_as_serde(&values), expected);
        let left_out = Event::Serializer { serializer: 1, it: 0, event: 0 };
        ::core::assert_eq!(super::same_as_serde(&left_out), r#"{"values":{"serializer":2}}"#);
        ::core::assert_eq!(super::same_as_serde(&Event::Both(1, 2)), r#"{"Both":4}"#);
        ::core::assert_eq!(super::same_as_serde(&Event::r#Match), r#""Match""#);
    }

    /// Nothing else has fields of these names.
    #[derive(Serialize, Versioned)]
    enum Whole {
        #[serde(serialize_with = "super::doubled::pair")]
        Named {
            serializer: u8,
            whole: u8,
        },
        Nothing,
    }

    #[test]
    fn a_field_of_a_variant_that_a_function_writes_may_be_named_like_the_locals() {
        let named = Whole::Named { serializer: 1, whole: 2 };
        ::core::assert_eq!(super::same_as_serde(&named), r#"{"Named":4}"#);
        ::core::assert_eq!(super::same_as_serde(&Whole::Nothing), r#""Nothing""#);
    }

    #[derive(Serialize, Versioned)]
    struct Serializer {
        #[serde(with = "super::doubled")]
        number: u8,
    }

    #[test]
    fn a_type_may_be_named_like_the_serializer() {
        ::core::assert_eq!(super::same_as_serde(&Serializer { number: 1 }), r#"{"number":2}"#);
    }
}

mod deprecated {
    use ::etag_core::Versioned;
    use ::serde::Serialize;

    #[derive(Serialize, Versioned)]
    #[serde(untagged)]
    enum Event {
        #[deprecated]
        Old(u8),
        #[deprecated]
        Older {
            #[deprecated]
            number: u8,
            #[deprecated]
            #[serde(with = "super::doubled")]
            twice: u8,
        },
        Oldest {
            #[deprecated]
            #[serde(skip_serializing_if = "super::doubled::is_zero")]
            left_out: u8,
        },
    }

    #[test]
    #[expect(deprecated)]
    fn what_is_deprecated_is_sent_without_a_warning() {
        let all = [Event::Old(1), Event::Older { number: 2, twice: 3 }, Event::Oldest { left_out: 0 }];
        ::core::assert_eq!(super::same_as_serde(&all), r#"[1,{"number":2,"twice":6},{}]"#);
    }
}

mod generic {
    use ::core::{clone::Clone, marker::PhantomData};
    use ::etag_core::Versioned;
    use ::serde::Serialize;
    use ::std::{boxed::Box, vec, vec::Vec};

    #[derive(Serialize, Versioned)]
    #[serde(bound(serialize = "T: Serialize, U: Serialize"))]
    enum Tree<'a, T: Clone, U = u8, const N: usize = 1>
    where
        U: 'a,
    {
        Leaf(&'a T),
        Twins {
            left: Box<Self>,
            right: Box<Tree<'a, T, U, N>>,
        },
        Many(Vec<Tree<'a, T, U, N>>, PhantomData<[(); N]>),
        Other {
            #[versioned(serde)]
            foreign: &'a U,
        },
    }

    #[test]
    fn an_enum_may_contain_itself_and_have_any_parameters() {
        let leaf = |value: &'static u8| Tree::<'_, u8, u8, 2>::Leaf(value);
        let twins = Tree::Twins { left: Box::new(leaf(&1)), right: Box::new(leaf(&2)) };
        let expected = r#"{"Twins":{"left":{"Leaf":1},"right":{"Leaf":2}}}"#;
        ::core::assert_eq!(super::same_as_serde(&twins), expected);
        let many = Tree::Many(vec![leaf(&1), Tree::Other { foreign: &3 }], PhantomData);
        let expected = r#"{"Many":[[{"Leaf":1},{"Other":{"foreign":3}}],null]}"#;
        ::core::assert_eq!(super::same_as_serde(&many), expected);
    }
}

mod reader {
    use ::core::{clone::Clone, convert::From, marker::PhantomData, result::Result};
    use ::etag_core::Versioned;
    use ::serde::{Serialize, Serializer};

    /// Named like the parameter of the description.
    #[derive(Serialize, Versioned)]
    struct D(u8);

    impl D {
        fn twice<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_u8(number * 2)
        }
    }

    #[derive(Clone, Serialize, Versioned)]
    #[serde(into = "D")]
    struct Source(u8);

    impl From<Source> for D {
        fn from(source: Source) -> Self {
            Self(source.0 + 1)
        }
    }

    #[derive(Serialize, Versioned)]
    enum Event {
        #[serde(serialize_with = "D::twice")]
        Number(u8),
        Nothing,
    }

    #[test]
    fn a_type_of_the_attributes_may_be_named_like_the_reader() {
        ::core::assert_eq!(super::same_as_serde(&Source(1)), "2");
        let all = [Event::Number(1), Event::Nothing];
        ::core::assert_eq!(super::same_as_serde(&all), r#"[{"Number":2},"Nothing"]"#);
    }

    struct Longer<'a>(PhantomData<&'a u8>);

    impl<'a> Longer<'a> {
        fn one_more<S: Serializer>(number: &&'a u8, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_u8(**number + 1)
        }
    }

    #[derive(Serialize, Versioned)]
    enum Borrowed<'a> {
        #[serde(serialize_with = "Longer::<'a>::one_more")]
        Number(&'a u8),
        Nothing,
    }

    #[test]
    fn a_lifetime_may_be_named_by_the_function_of_a_variant() {
        let _ = Longer(PhantomData);
        let all = [Borrowed::Number(&1), Borrowed::Nothing];
        ::core::assert_eq!(super::same_as_serde(&all), r#"[{"Number":2},"Nothing"]"#);
    }
}

mod hostile {
    #![allow(dead_code)] // Nobody calls what only stands in the way.

    use ::etag_core::Versioned;

    /// Methods of the names that an expansion calls, on everything, in each way of taking `self`.
    trait Hostile {
        fn into(self)
        where
            Self: ::core::marker::Sized,
        {
        }
        fn when(self)
        where
            Self: ::core::marker::Sized,
        {
        }
        fn case_member(&self) {}
        fn case_member_unless(&mut self) {}
        fn case_element(&mut self) {}
        fn case_flatten(&self) {}
        fn case_newtype(&self) {}
        fn case_transparent(&mut self) {}
        fn content(&mut self) {}
        fn empty_array(&mut self) {}
        fn empty_object(&self) {}
        fn leaf(&mut self) {}
        fn null(&mut self) {}
        fn tag(&mut self) {}
        fn unsent(&mut self) {}
        fn with(&mut self) {}
        fn with_element(&mut self) {}
        fn with_flatten(&mut self) {}
        fn with_newtype(&mut self) {}
        fn with_transparent(&mut self) {}
        fn with_unless(&mut self) {}
        fn serialize(&self) {}
    }

    impl<T: ?::core::marker::Sized> Hostile for T {}

    #[derive(::core::clone::Clone, Versioned)]
    #[serde(tag = "t")]
    enum Inner {
        Empty {},
        Newtype(Other),
        Members {
            #[serde(with = "super::doubled")]
            number: u8,
            #[serde(skip_serializing_if = "super::doubled::is_zero")]
            left_out: u8,
        },
        #[serde(skip)]
        Unsent,
        #[serde(untagged)]
        Array(u8, #[versioned(serde)] u8),
        #[serde(untagged)]
        Null,
        #[serde(untagged)]
        Nothing(),
        #[serde(untagged)]
        EmptyObject {},
    }

    #[derive(::core::clone::Clone, Versioned)]
    #[serde(into = "Third")]
    struct Other(u8);

    #[derive(Versioned)]
    struct Third {
        n: u8,
    }

    impl ::core::convert::From<Other> for Third {
        fn from(other: Other) -> Self {
            Self { n: other.0 }
        }
    }

    #[test]
    fn a_trait_may_give_everything_methods_of_the_same_names() {
        let all = [
            Inner::Empty {},
            Inner::Newtype(Other(1)),
            Inner::Members { number: 2, left_out: 0 },
            Inner::Array(1, 2),
            Inner::Null,
            Inner::Nothing(),
            Inner::EmptyObject {},
        ];
        let expected = r#"[{"t":"Empty"},{"n":1,"t":"Newtype"},{"number":4,"t":"Members"},[1,2],null,[],{}]"#;
        ::core::assert_eq!(super::text(&all), expected);
    }
}

mod written_by_a_macro {
    use ::etag_core::Versioned;
    use ::serde::Serialize;

    macro_rules! event {
        ($name:ident { $($variant:ident { $field:ident: $type:ty as $member:literal },)* }) => {
            #[derive(Serialize, Versioned)]
            enum $name {
                $($variant { #[serde(rename = $member, with = "super::doubled")] $field: $type, own: u8 },)*
                Own(u8),
            }
        };
    }

    event!(Event { Started { at: u8 as "At" }, Ended { at: u8 as "Until" }, });

    #[test]
    fn a_macro_may_write_the_type_and_its_attributes() {
        let all = [Event::Started { at: 1, own: 2 }, Event::Ended { at: 3, own: 4 }, Event::Own(5)];
        let expected = r#"[{"Started":{"At":2,"own":2}},{"Ended":{"Until":6,"own":4}},{"Own":5}]"#;
        ::core::assert_eq!(super::same_as_serde(&all), expected);
    }
}

mod renamed {
    use ::my_etag::{self, Versioned};
    use ::serde::Serialize;

    #[derive(Serialize, Versioned)]
    #[versioned(crate = "my_etag")]
    enum Event {
        Known {
            #[versioned(serde)]
            at: u8,
        },
        Other(#[versioned(serde)] u8),
    }

    #[test]
    fn the_crate_may_have_another_name() {
        let all = [Event::Known { at: 1 }, Event::Other(2)];
        ::core::assert_eq!(super::same_as_serde(&all), r#"[{"Known":{"at":1}},{"Other":2}]"#);
    }
}

mod lower_case {
    #![allow(non_upper_case_globals)] // As a generated type has it.

    use ::etag_core::Versioned;

    #[derive(Versioned)]
    enum Page<const value: usize> {
        One { value: [u8; value] },
        Two { value: u8, other: u8 },
    }

    #[derive(Versioned)]
    enum Both<const value: usize, const other: usize> {
        #[serde(serialize_with = "super::doubled::pair")]
        Named { value: u8, other: u8 },
    }

    #[test]
    fn a_field_may_be_named_like_a_constant_parameter() {
        ::core::assert_eq!(super::text(&Page::One { value: [1, 2] }), r#"{"One":{"value":[1,2]}}"#);
        let two = Page::<1>::Two { value: 1, other: 2 };
        ::core::assert_eq!(super::text(&two), r#"{"Two":{"other":2,"value":1}}"#);
        let both = Both::<1, 2>::Named { value: 1, other: 2 };
        ::core::assert_eq!(super::text(&both), r#"{"Named":4}"#);
    }
}
