//! `EntityTag` reads what RFC 9110 §8.8.3 calls an entity-tag, and nothing else; its comparisons are those of §8.8.3.2.
//!
//! An input is one text a line: a line feed stands in no tag.

#![no_main]

use etag_core::EntityTag;
use fuzz::Tag;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut tags = Vec::new();
    for text in input.split(|octet| *octet == b'\n').take(4) {
        tags.extend(read(text));
        reads_what_it_quotes(text);
    }
    for a in &tags {
        for b in &tags {
            compares(a, b);
        }
    }
});

/// The tag, where the reference reads one too.
fn read(text: &[u8]) -> Option<(EntityTag, Tag)> {
    let expected = fuzz::entity_tag(text);
    let parsed = EntityTag::parse(text).ok();
    assert_eq!(parsed.is_some(), expected.is_some(), "{text:?}");
    if let Ok(text) = str::from_utf8(text) {
        assert_eq!(text.parse::<EntityTag>().ok(), parsed);
    }
    let (tag, expected) = (parsed?, expected?);
    assert_eq!((tag.is_weak(), tag.opaque()), (expected.weak, expected.opaque.as_slice()));
    shows_what_was_read(&tag, text);
    Some((tag, expected))
}

fn shows_what_was_read(tag: &EntityTag, text: &[u8]) {
    let value = tag.to_header_value();
    assert_eq!(value.as_bytes(), text);
    assert_eq!(EntityTag::try_from(&value).as_ref(), Ok(tag));
    assert_eq!(tag.to_string(), String::from_utf8_lossy(text));
    assert_eq!(tag.to_string(), format!("{tag:?}"));
}

/// A tag is made of any text that may stand between quotes.
fn reads_what_it_quotes(opaque: &[u8]) {
    let quoted = [b"\"", opaque, b"\""].concat();
    let weak = [b"W/", quoted.as_slice()].concat();
    let is_opaque = fuzz::entity_tag(&quoted).is_some();
    for (made, text) in [(EntityTag::strong(opaque), quoted), (EntityTag::weak(opaque), weak)] {
        assert_eq!(made.is_ok(), is_opaque, "{opaque:?}");
        assert_eq!(made, EntityTag::parse(&text));
    }
}

fn compares((a, a_expected): &(EntityTag, Tag), (b, b_expected): &(EntityTag, Tag)) {
    let same = a_expected.opaque == b_expected.opaque;
    let both_strong = !a_expected.weak && !b_expected.weak;
    assert_eq!(a.weak_eq(b), same);
    assert_eq!(a.strong_eq(b), same && both_strong);
    assert_eq!(a == b, a_expected == b_expected);
}
