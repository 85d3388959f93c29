//! The rules by which serde renames fields and variants.

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;

/// One struct and two enums for each rule: on the fields, on the variants, and on all fields of all variants.
macro_rules! rules {
    ($($module:ident $rule:literal)*) => {
        $(#[allow(non_snake_case)] // Names that nobody should have.
        mod $module {
            use super::*;

            #[derive(Debug, Arbitrary, Serialize, Versioned)]
            #[serde(rename_all = $rule)]
            pub(super) struct Struct {
                two_words: u8,
                _leading: u8,
                double__under: u8,
                x1_y2: u8,
                r#type: u8,
                größe_über: u8,
                #[serde(rename = "kept_As-it Is")]
                kept: u8,
            }

            #[derive(Debug, Arbitrary, Serialize, Versioned)]
            #[serde(rename_all = $rule)]
            pub(super) enum Variants {
                Word,
                TwoWords,
                HTTPServer,
                X1Y2,
                GrößeÜber,
                #[serde(rename = "kept_As-it Is")]
                Kept,
                WithData(u8),
                #[serde(rename_all = $rule)]
                WithFields { two_words: u8 },
                WithOtherFields { two_words: u8 },
            }

            #[derive(Debug, Arbitrary, Serialize, Versioned)]
            #[serde(rename_all_fields = $rule)]
            pub(super) enum AllFields {
                TwoWords { two_words: u8, r#type: u8 },
                #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
                Otherwise { two_words: u8, #[serde(rename = "as_it_is")] other: u8 },
                Tuple(u8, u8),
            }
        })*

        pub fn shapes() -> Vec<Shape> {
            let mut shapes = vec![Shape::of::<OneWay>(), Shape::of::<OneWayInVariants>()];
            $(
                shapes.push(Shape::of::<$module::Struct>());
                shapes.push(Shape::of::<$module::Variants>());
                shapes.push(Shape::of::<$module::AllFields>());
            )*
            shapes
        }
    };
}

rules! {
    lower "lowercase"
    upper "UPPERCASE"
    pascal "PascalCase"
    camel "camelCase"
    snake "snake_case"
    screaming_snake "SCREAMING_SNAKE_CASE"
    kebab "kebab-case"
    screaming_kebab "SCREAMING-KEBAB-CASE"
}

/// Another name when it is sent than when it is read.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(rename_all(serialize = "camelCase", deserialize = "kebab-case"))]
struct OneWay {
    #[serde(rename(serialize = "zz", deserialize = "aa"))]
    first: u8,
    #[serde(rename(deserialize = "bb"))]
    second_one: u8,
    m: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(rename_all(serialize = "UPPERCASE"), rename_all_fields(serialize = "PascalCase"))]
enum OneWayInVariants {
    #[serde(rename(serialize = "1", deserialize = "2"))]
    First,
    #[serde(rename(deserialize = "3"), alias = "4")]
    Second(u8),
    Third {
        #[serde(rename(serialize = "zz"))]
        first_one: u8,
        second_one: u8,
    },
    #[serde(rename_all(deserialize = "UPPERCASE"))]
    Fourth { fourth_one: u8 },
}
