use http::header::{HeaderMap, IF_RANGE, RANGE};
use http::request::Parts;
use http::{HeaderValue, Request};

use crate::Preconditions;

/// `Range` and `If-Range` of a request whose handler is to answer with the whole, unless it reads its [`Preconditions`].
///
/// A handler that does not know the tag of `If-Range` can't judge it, and many do not look at it: the 206 would be a part
/// of another version than the one that the client has (RFC 9110 §13.1.5). The whole is always right (§14.2).
#[derive(Debug, Clone)]
pub(super) struct WithheldRange(HeaderMap);

impl WithheldRange {
    /// Takes a range that stands under a tag off a request, and keeps it in an extension.
    pub(super) fn take<A>(request: &mut Request<A>) {
        if !request.headers().get_all(IF_RANGE).iter().any(is_tag) {
            return;
        }
        let mut withheld = HeaderMap::new();
        for name in [RANGE, IF_RANGE] {
            let lines = request.headers().get_all(&name).iter().cloned();
            withheld.extend(lines.map(|line| (name.clone(), line)));
            request.headers_mut().remove(name);
        }
        request.extensions_mut().insert(Self(withheld));
    }

    /// The conditions of a request, with the range that was taken off it.
    pub(super) fn restore(parts: &Parts, conditions: Preconditions) -> Preconditions {
        match parts.extensions.get() {
            Some(Self(withheld)) => conditions.with_range_of(&parts.method, withheld),
            None => conditions,
        }
    }
}

/// Whether a line of `If-Range` is a tag and no date: it has a double quote among its first three octets (§13.1.5).
fn is_tag(line: &HeaderValue) -> bool {
    line.as_bytes().iter().take(3).any(|octet| *octet == b'"')
}
