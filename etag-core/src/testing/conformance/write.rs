use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A request that changes a resource: its method, its body, and headers that are no conditions.
///
/// ```
/// use etag_core::testing::conformance::Write;
///
/// let write = Write::put("application/json", r#"{"litres":40}"#).header("x-tenant", "7");
/// assert!(format!("{write:?}").contains("PUT"));
/// ```
#[derive(Debug, Clone)]
pub struct Write {
    pub(in crate::testing) method: Method,
    pub(in crate::testing) headers: HeaderMap,
    pub(in crate::testing) content: Bytes,
}

impl Write {
    /// A PUT of a whole representation.
    ///
    /// ```
    /// use etag_core::testing::conformance::Write;
    ///
    /// let write = format!("{:?}", Write::put("application/json", r#"{"litres":40}"#));
    /// assert!(write.contains("method: PUT"));
    /// assert!(write.contains(r#""content-type": "application/json""#));
    /// ```
    ///
    /// # Panics
    ///
    /// Where the media type can't stand in a header.
    pub fn put(media_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PUT, media_type, body)
    }

    /// A PATCH.
    ///
    /// ```
    /// use etag_core::testing::conformance::Write;
    ///
    /// let write = Write::patch("application/merge-patch+json", r#"{"litres":40}"#);
    /// let write = format!("{write:?}");
    /// assert!(write.contains("method: PATCH"));
    /// assert!(write.contains(r#""content-type": "application/merge-patch+json""#));
    /// ```
    ///
    /// # Panics
    ///
    /// Where the media type can't stand in a header.
    pub fn patch(media_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PATCH, media_type, body)
    }

    /// A POST.
    ///
    /// ```
    /// use etag_core::testing::conformance::Write;
    ///
    /// let write = format!("{:?}", Write::post("text/plain", "a note"));
    /// assert!(write.contains("method: POST"));
    /// assert!(write.contains(r#""content-type": "text/plain""#));
    /// ```
    ///
    /// # Panics
    ///
    /// Where the media type can't stand in a header.
    pub fn post(media_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, media_type, body)
    }

    fn new(method: Method, media_type: &str, body: impl Into<Bytes>) -> Self {
        let write = Self { method, headers: HeaderMap::new(), content: body.into() };
        write.header(CONTENT_TYPE.as_str(), media_type)
    }

    /// The same with another header.
    ///
    /// ```
    /// use etag_core::testing::conformance::Write;
    ///
    /// // Of one name, the last value holds: that of `Content-Type` as well.
    /// let write = Write::put("text/plain", "be kind").header("content-type", "text/markdown");
    /// let write = format!("{write:?}");
    /// assert!(write.contains("text/markdown") && !write.contains("text/plain"));
    /// ```
    ///
    /// # Panics
    ///
    /// Where the name or the value can't stand in a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("the name of a header");
        self.headers.insert(name, HeaderValue::from_str(value).expect("the value of a header"));
        self
    }
}

/// The writes that a kit was given.
#[derive(Clone)]
pub(super) enum Writes {
    None,
    /// The number of a write is its place in the list, which begins again at its end.
    InTurns(Vec<Write>),
    Made(Arc<dyn Fn(usize) -> Write + Send + Sync>),
}

impl Writes {
    pub(super) fn made(write: impl Fn(usize) -> Write + Send + Sync + 'static) -> Self {
        Self::Made(Arc::new(write))
    }

    /// The write of a number, where there is one.
    pub(super) fn get(&self, number: usize) -> Option<Write> {
        match self {
            Self::None => None,
            Self::InTurns(writes) => writes.get(number % writes.len()).cloned(),
            Self::Made(make) => Some(make(number)),
        }
    }

    /// The numbers of `count` writes, none of which makes the state that write `current` made.
    pub(super) fn others(&self, current: usize, count: usize) -> Vec<usize> {
        match self {
            Self::None => Vec::new(),
            Self::InTurns(writes) => {
                (0..count).map(|index| current + 1 + index % (writes.len() - 1)).collect()
            }
            Self::Made(_) => (0..count).map(|index| current + 1 + index).collect(),
        }
    }

    /// Whether [`others`](Self::others) are also others than each other.
    pub(super) fn are_distinct(&self, count: usize) -> bool {
        match self {
            Self::None => false,
            Self::InTurns(writes) => writes.len() > count,
            Self::Made(_) => true,
        }
    }
}
