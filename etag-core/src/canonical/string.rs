//! Strings: the escapes of RFC 8785 §3.2.2.2 and the order of §3.2.3.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Writes `text` with its quotes.
#[inline(never)]
pub(super) fn write(bytes: &mut Vec<u8>, text: &str) {
    bytes.reserve(text.len() + 2);
    bytes.push(b'"');
    write_escaped(bytes, text);
    bytes.push(b'"');
}

/// Writes `text` as it stands between the quotes.
pub(super) fn write_escaped(bytes: &mut Vec<u8>, text: &str) {
    let source = text.as_bytes();
    let mut clean = 0;
    for (at, &byte) in source.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        bytes.extend_from_slice(&source[clean..at]);
        clean = at + 1;
        if escape == b'u' {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            bytes.extend_from_slice(b"\\u00");
            bytes.extend_from_slice(&digits);
        } else {
            bytes.extend_from_slice(&[b'\\', escape]);
        }
    }
    bytes.extend_from_slice(&source[clean..]);
}

/// The order of members: by the UTF-16 code units of their names.
///
/// It differs from the order of the bytes only beyond the basic plane: `"\u{e000}"` comes after
/// `"\u{1f600}"`.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// The text of a name that is written with escapes, as it stands between the quotes.
pub(crate) fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains('\\') {
        return Cow::Borrowed(name);
    }
    serde_json::from_str(&format!("\"{name}\"")).map_or(Cow::Borrowed(name), Cow::Owned)
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What follows the backslash for each byte; 0 where there is none, `u` for `\u00xx`.
static ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0a] = b'n';
    escapes[0x0c] = b'f';
    escapes[0x0d] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};
