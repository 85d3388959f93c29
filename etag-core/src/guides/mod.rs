//! Longer answers than an item's documentation has room for.

#[doc = include_str!("keyed_tags.md")]
pub mod keyed_tags {}

#[doc = include_str!("reading_the_expansion.md")]
pub mod reading_the_expansion {}
