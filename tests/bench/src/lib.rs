//! What the benchmarks share: the models that are measured, and how two things are measured against each other.

pub mod apps;
pub mod models;
pub mod plain;
pub mod race;
pub mod table;
