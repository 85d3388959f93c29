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

/// Writes `text` with its quotes, to the end of JSON that is text already.
#[cfg(feature = "axum")]
pub(crate) fn push(json: &mut String, text: &str) {
    match first_escape(text.as_bytes()) {
        None => json.extend(["\"", text, "\""]),
        Some(_) => json.push_str(&super::string(text)),
    }
}

/// Writes `text` as it stands between the quotes.
pub(super) fn write_escaped(bytes: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    while let Some(at) = first_escape(rest) {
        bytes.extend_from_slice(&rest[..at]);
        let byte = rest[at];
        match ESCAPES[usize::from(byte)] {
            b'u' => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                bytes.extend_from_slice(b"\\u00");
                bytes.extend_from_slice(&digits);
            }
            escape => bytes.extend_from_slice(&[b'\\', escape]),
        }
        rest = &rest[at + 1..];
    }
    bytes.extend_from_slice(rest);
}

/// Where the first byte is that is written as an escape.
fn first_escape(text: &[u8]) -> Option<usize> {
    let (chunks, tail) = text.as_chunks::<16>();
    let clean = chunks.iter().take_while(|chunk| !has_escape::<16>(chunk)).count();
    let is_clean = clean == chunks.len()
        && !match (text.last_chunk::<16>(), tail.first_chunk::<8>(), tail.last_chunk::<8>()) {
            // What the last chunk has in common with the one before is clean.
            (Some(last), _, _) => has_escape(last),
            (None, Some(first), Some(last)) => has_escape(first) || has_escape(last),
            _ => tail.iter().any(|byte| is_escaped(*byte)),
        };
    if is_clean {
        return None;
    }
    let at = text[clean * 16..].iter().position(|byte| is_escaped(*byte))?;
    Some(clean * 16 + at)
}

/// Comparisons without a branch between them are few instructions of a vector unit.
fn has_escape<const LENGTH: usize>(chunk: &[u8; LENGTH]) -> bool {
    chunk.iter().fold(false, |found, byte| found | is_escaped(*byte))
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The order of members: by the UTF-16 code units of their names.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    utf16_order_of_utf8(a.as_bytes(), b.as_bytes())
}

/// The same of texts in UTF-8.
///
/// It differs from the order of the bytes only beyond the basic plane: `"\u{e000}"` comes after
/// `"\u{1f600}"`, whose first unit is a surrogate.
pub(super) fn utf16_order_of_utf8(a: &[u8], b: &[u8]) -> Ordering {
    // The characters from U+E000 to U+FFFF begin with 0xee or 0xef, those beyond with 0xf0 to 0xf4.
    let rank = |byte: u8| if matches!(byte, 0xee | 0xef) { byte + 0x10 } else { byte };
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((a, b)) => rank(*a).cmp(&rank(*b)),
        None => a.len().cmp(&b.len()),
    }
}

/// The text of a name that is written with escapes, as it stands between the quotes.
pub(crate) fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains('\\') {
        return Cow::Borrowed(name);
    }
    serde_json::from_str(&format!("\"{name}\"")).map_or(Cow::Borrowed(name), Cow::Owned)
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What follows the backslash for each byte that is escaped; `u` for `\u00xx`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_found_wherever_it_stands() {
        for length in 1..70 {
            for at in 0..length {
                for (escaped, escape) in [(b'"', "\\\""), (b'\\', "\\\\"), (0x1f, "\\u001f"), (b'\n', "\\n")]
                {
                    let mut text = vec![b' '; length];
                    text[at] = escaped;
                    let mut written = Vec::new();
                    write_escaped(&mut written, std::str::from_utf8(&text).unwrap());
                    let expected = format!("{}{escape}{}", " ".repeat(at), " ".repeat(length - at - 1));
                    assert_eq!(written, expected.as_bytes(), "{at} of {length}");
                    #[cfg(feature = "axum")]
                    {
                        let mut json = "[".to_owned();
                        push(&mut json, std::str::from_utf8(&text).unwrap());
                        assert_eq!(json, format!("[\"{expected}\""), "{at} of {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_in_the_order_of_their_utf16_code_units() {
        let names =
            ["", "a", "aa", "b", "é", "€", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}"];
        for (a, b) in names.iter().flat_map(|a| names.map(|b| (*a, b))) {
            for (a, b) in [(a.to_owned(), b.to_owned()), (format!("x{a}y"), format!("x{b}y"))] {
                assert_eq!(utf16_order(&a, &b), a.encode_utf16().cmp(b.encode_utf16()), "{a} {b}");
            }
        }
    }
}
