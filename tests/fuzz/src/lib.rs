//! References: what an input means, read off the grammars of RFC 9110, and nothing else.

/// An entity tag as its octets tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Whether `W/` stands in front.
    pub weak: bool,
    /// What stands between the quotes.
    pub opaque: Vec<u8>,
}

/// What `If-Match` and `If-None-Match` hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`.
    Any,
    /// At least one tag.
    List(Vec<Tag>),
}

/// Reads an `entity-tag` (§8.8.3), octet by octet.
///
/// ```text
/// entity-tag = [ weak ] opaque-tag
/// weak       = %s"W/"
/// opaque-tag = DQUOTE *etagc DQUOTE
/// etagc      = %x21 / %x23-7E / obs-text   ; obs-text: %x80-FF
/// ```
pub fn entity_tag(text: &[u8]) -> Option<Tag> {
    let mut tag = Tag { weak: false, opaque: Vec::new() };
    let mut place = Place::Start;
    for octet in text {
        place = match (place, octet) {
            (Place::Start, b'W') => Place::Weak,
            (Place::Weak, b'/') => {
                tag.weak = true;
                Place::Slash
            }
            (Place::Start | Place::Slash, b'"') => Place::Opaque,
            (Place::Opaque, 0x21 | 0x23..=0x7e | 0x80..=0xff) => {
                tag.opaque.push(*octet);
                Place::Opaque
            }
            (Place::Opaque, b'"') => Place::End,
            _ => return None,
        };
    }
    matches!(place, Place::End).then_some(tag)
}

#[derive(Clone, Copy)]
enum Place {
    Start,
    Weak,
    Slash,
    Opaque,
    End,
}

/// Reads the lines of one header as `"*" / #entity-tag` (§13.1.1, §13.1.2).
///
/// They are one line, joined by a comma and a space (§5.3). Empty elements of a list are passed over, and a list of nothing
/// else is none: it demands nothing that could be evaluated (§5.6.1.2). `*` is no list: nothing stands beside it.
pub fn tags(lines: &[Vec<u8>]) -> Option<Tags> {
    let line = lines.join(b", ".as_slice());
    if without_ows(&line) == b"*" {
        return Some(Tags::Any);
    }
    let mut elements = elements(&line);
    elements.retain(|element| !element.is_empty());
    match elements.as_slice() {
        [] => None,
        elements => elements.iter().map(|element| entity_tag(element)).collect::<Option<_>>().map(Tags::List),
    }
}

/// `[ element ] *( OWS "," OWS [ element ] )` (§5.6.1.2), where a comma between quotes is none.
fn elements(line: &[u8]) -> Vec<&[u8]> {
    let mut quoted = false;
    let is_comma = |octet: &u8| {
        quoted ^= *octet == b'"';
        *octet == b',' && !quoted
    };
    line.split(is_comma).map(without_ows).collect()
}

/// `OWS = *( SP / HTAB )` (§5.6.3)
fn without_ows(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
