//! Which codings of an answer a request accepts (RFC 9110 §12.5.3).

use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderName};

/// Whether a request accepts an answer in this coding. One that does not say is answered uncoded.
pub(crate) fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let weight = |name: &str| {
        members(headers, &ACCEPT_ENCODING).find_map(|member| {
            let (accepted, parameters) = member.split_once(';').unwrap_or((member, "q=1"));
            let weight = parameters.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
            is_same(name, accepted.trim()).then(|| weight.parse().unwrap_or(0.0))
        })
    };
    let weight: Option<f32> = weight(coding).or_else(|| weight("*"));
    weight.is_some_and(|weight| weight > 0.0)
}

/// The comma-separated members of a header whose members have no quotes.
pub(crate) fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

/// Codings are compared without case, and `x-gzip` is gzip (§8.4.1).
pub(crate) fn is_same(known: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    known == name.strip_prefix("x-").unwrap_or(&name)
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
            (&[], false),
            (&[""], false),
            (&["br, identity"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.000, *"], false),
            (&["*;q=0"], false),
            (&["gzip;q=much"], false),
        ] {
            let lines = values.iter().map(|value| (ACCEPT_ENCODING, HeaderValue::from_static(value)));
            assert_eq!(accepts(&lines.collect(), "gzip"), accepted, "{values:?}");
        }
    }
}
