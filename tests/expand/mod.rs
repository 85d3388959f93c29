//! In each module a type with its derive, and the same type with the expansion pasted in its place.

#![no_implicit_prelude]
#![deny(warnings, unused_lifetimes, unused_qualifications, unused_results)]
#![deny(clippy::all, clippy::nursery, clippy::pedantic)]

pub mod article_view;
pub mod asset;
pub mod celsius;
pub mod either;
pub mod event;
pub mod file;
pub mod meters;
pub mod page;
pub mod payment;
pub mod reading;
pub mod shape;
pub mod status;
