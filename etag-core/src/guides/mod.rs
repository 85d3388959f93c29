//! Longer answers than an item's documentation has room for.

#[cfg(feature = "axum")]
#[doc = include_str!("behind_a_proxy.md")]
pub mod behind_a_proxy {}

#[doc = include_str!("cost_of_a_tag.md")]
#[doc = ""] // what is HTML begins behind an empty line
#[doc = include_str!("cost_by_document_size.svg")]
#[doc = ""]
#[doc = include_str!("cost_by_collection_size.svg")]
pub mod cost_of_a_tag {}

#[doc = include_str!("deploys.md")]
pub mod deploys {}

#[doc = include_str!("keyed_tags.md")]
pub mod keyed_tags {}

#[cfg(all(feature = "axum", feature = "sqlite"))]
#[doc = include_str!("own_tables.md")]
pub mod own_tables {}

#[doc = include_str!("reading_the_expansion.md")]
pub mod reading_the_expansion {}

#[doc = include_str!("http_checklist.md")]
pub mod http_checklist {}
