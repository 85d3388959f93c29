//! Which codings of an answer a request accepts (RFC 9110 §12.5.3).

use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderName};

/// The codings that a tag can name, and that a server codes answers with.
pub(crate) const CODINGS: [&str; 7] = ["br", "compress", "dcb", "dcz", "deflate", "gzip", "zstd"];

/// Which of the [known codings](CODINGS) a request accepts an answer in: `Accept-Encoding`, read once however many tags
/// are asked about.
#[derive(Debug, Default)]
pub(crate) struct AcceptedCodings {
    /// What the first member that names it says of each.
    named: [Option<bool>; CODINGS.len()],
    /// What the first `*` says of all others.
    others: Option<bool>,
}

impl AcceptedCodings {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        for member in members(headers, &ACCEPT_ENCODING) {
            let (name, parameters) = member.split_once(';').unwrap_or((member, "q=1"));
            let name = name.trim();
            let verdict = match CODINGS.iter().position(|known| is_same(known, name)) {
                Some(known) => &mut accepted.named[known],
                None if name == "*" => &mut accepted.others,
                None => continue,
            };
            verdict.get_or_insert_with(|| has_weight(parameters));
        }
        accepted
    }

    /// Whether the request accepts an answer in this coding. One that does not say is answered uncoded.
    pub(crate) fn accepts(&self, coding: &str) -> bool {
        let named =
            CODINGS.iter().zip(self.named).find_map(|(known, says)| says.filter(|_| *known == coding));
        named.or(self.others).unwrap_or(false)
    }
}

/// The comma-separated members of a header whose members have no quotes.
pub(crate) fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

/// Codings are compared without case, and `x-gzip` is gzip (§8.4.1).
pub(crate) fn is_same(known: &str, name: &str) -> bool {
    let (prefix, rest) = name.split_at_checked(2).unwrap_or(("", name));
    known.eq_ignore_ascii_case(if prefix.eq_ignore_ascii_case("x-") { rest } else { name })
}

/// Whether `q=0.5` says more than 0 (§12.4.2).
fn has_weight(parameters: &str) -> bool {
    let weight = parameters.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
    weight.parse().is_ok_and(|weight: f32| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_coding_is_accepted_where_the_request_says_so() {
        for (values, accepted) in [
            (&["gzip"][..], true),
            (&["br, GZIP;q=0.5"], true),
            (&["br", "X-gzip"], true),
            (&["*"], true),
            (&["*;q=0, gzip"], true),
            (&["gzip ; q=1.0"], true),
            (&["gzip, gzip;q=0"], true),
            (&["*, *;q=0"], true),
            (&[], false),
            (&[""], false),
            (&["br, identity"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0, x-gzip"], false),
            (&["gzip;q=0.000, *"], false),
            (&["*;q=0"], false),
            (&["*;q=0", "*"], false),
            (&["gzip;q=much"], false),
            (&["x-", "x", "x-x-gzip"], false),
        ] {
            let lines = values.iter().map(|value| (ACCEPT_ENCODING, HeaderValue::from_static(value)));
            assert_eq!(AcceptedCodings::of(&lines.collect()).accepts("gzip"), accepted, "{values:?}");
        }
    }

    #[test]
    fn each_coding_has_a_verdict_of_its_own() {
        for coding in CODINGS {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(coding))]);
            let accepted = AcceptedCodings::of(&headers);
            assert_eq!(CODINGS.map(|other| accepted.accepts(other)), CODINGS.map(|other| other == coding));
        }
    }
}
