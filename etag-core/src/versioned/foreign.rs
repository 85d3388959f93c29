//! The forms of this crate's own types, and of other crates' behind their features.

use crate::{Describe, Timestamp, Versioned};

impl Versioned for Timestamp {
    fn describe<D: Describe<Self>>(timestamp: &mut D) {
        timestamp.leaf("timestamp", |timestamp, writer| writer.display(timestamp));
    }
}

#[cfg(feature = "uuid")]
impl Versioned for uuid::Uuid {
    fn describe<D: Describe<Self>>(uuid: &mut D) {
        uuid.leaf("uuid", |uuid, writer| {
            writer.string(uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
        });
    }
}
