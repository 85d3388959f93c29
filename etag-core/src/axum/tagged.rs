use std::ops::Deref;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LOCATION, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::rendered::Rendered;
use crate::canonical::Value;
use crate::outline::Outline;
use crate::preconditions::Asked;
use crate::representation::state_of_value;
use crate::{
    Algorithm, EntityTag, LastModified, Problem, Representation, Resource, Selected, StateTag, Validators,
    Version, Versioned,
};

/// An answer with a version: canonical JSON, `ETag`, `Last-Modified` where it is known, and `Cache-Control:
/// private, no-cache`, which a layer or the handler can replace.
///
/// ```
/// use axum::response::IntoResponse;
/// use etag_core::axum::Tagged;
/// use etag_core::{StateTag, Versioned};
///
/// #[derive(Versioned)]
/// struct Motd {
///     text: &'static str,
/// }
///
/// let state = StateTag::of(&Motd { text: "be kind" })?;
/// let answer = Tagged::new(Motd { text: "be kind" }).into_response();
/// assert_eq!(answer.headers()["etag"], format!("\"{state}\""));
/// # Ok::<(), etag_core::canonical::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Tagged<T> {
    value: T,
    answer: Answer,
}

/// All of an answer but its value.
#[derive(Debug)]
struct Answer {
    state: Option<StateTag>,
    /// The states of a list's items, where `state` is that of a list.
    items: Option<Vec<StateTag>>,
    etag: Option<EntityTag>,
    /// Whether a tag is sent, where there is one.
    shows_tag: bool,
    last_modified: Option<LastModified>,
    status: StatusCode,
    headers: HeaderMap,
    asked: Option<Asked>,
    digest: Option<Algorithm>,
    /// The content of a PUT, where the answer depends on whether it was stored as it was sent.
    sent: Option<Bytes>,
}

impl<T: Versioned> Tagged<T> {
    /// An answer whose tag is made from the value.
    ///
    /// ```
    /// # use axum::response::IntoResponse;
    /// # use etag_core::Versioned;
    /// # use etag_core::axum::Tagged;
    /// #[derive(Versioned)]
    /// struct Motd {
    ///     text: &'static str,
    /// }
    ///
    /// let etag = |text| Tagged::new(Motd { text }).into_response().headers().get("etag").cloned();
    /// assert_eq!(etag("be kind"), etag("be kind"));
    /// assert_ne!(etag("be kind"), etag("be brave"));
    /// ```
    pub fn new(value: T) -> Self {
        Self { value, answer: Answer::new() }
    }

    /// An answer whose version a store knows: nothing is hashed for it.
    pub(super) fn stored(value: T, version: Version) -> Self {
        Self { value, answer: Answer::of(version) }
    }

    /// The same answer with these headers.
    pub(super) fn with(mut self, headers: HeaderMap) -> Self {
        self.answer.headers.extend(headers);
        self
    }

    /// The same answer in the form that the request asks for: a part, a digest, or no body.
    pub(super) fn asked(mut self, asked: &Asked) -> Self {
        self.answer.asked = Some(asked.clone());
        self
    }

    /// The same answer without a tag: what it would name is not known.
    pub(super) fn without_tag(mut self) -> Self {
        self.answer.shows_tag = false;
        self
    }

    /// The same answer to a PUT of this content.
    pub(super) fn put(mut self, sent: Option<Bytes>) -> Self {
        self.answer.sent = sent;
        self
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// The same answer with the digest of its body, whether or not the request wants one (`Repr-Digest`, RFC 9530
    /// §3).
    ///
    /// Without this, an answer has one where the request says `Want-Repr-Digest`.
    ///
    /// ```
    /// use axum::response::IntoResponse;
    /// use etag_core::axum::Tagged;
    /// use etag_core::{Algorithm, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Motd {
    ///     text: &'static str,
    /// }
    ///
    /// let answer = Tagged::new(Motd { text: "be kind" }).with_digest(Algorithm::Sha256).into_response();
    /// assert!(answer.headers()["repr-digest"].to_str()?.starts_with("sha-256=:"));
    /// # Ok::<(), http::header::ToStrError>(())
    /// ```
    pub fn with_digest(mut self, algorithm: Algorithm) -> Self {
        self.answer.digest = Some(algorithm);
        self
    }

    /// The same answer under a tag of yours, which is opaque: it is compared whole.
    ///
    /// ```
    /// # use axum::response::IntoResponse;
    /// # use etag_core::{EntityTag, Versioned};
    /// # use etag_core::axum::Tagged;
    /// #[derive(Versioned)]
    /// struct Motd {
    ///     text: &'static str,
    /// }
    ///
    /// let release = EntityTag::strong("release-7")?;
    /// let answer = Tagged::new(Motd { text: "be kind" }).with_etag(release).into_response();
    /// assert_eq!(answer.headers()["etag"], r#""release-7""#);
    /// # Ok::<(), etag_core::InvalidEntityTag>(())
    /// ```
    pub fn with_etag(mut self, etag: EntityTag) -> Self {
        self.answer.etag = Some(etag);
        self
    }

    /// The same answer with a date, such as that of the stored value that a view is made of.
    ///
    /// A view with a `variant` member sends none: the date would miss a change of what is included.
    ///
    /// ```
    /// use axum::response::IntoResponse;
    /// use etag_core::axum::Tagged;
    /// use etag_core::{LastModified, Timestamp, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Plain {
    ///     title: &'static str,
    /// }
    ///
    /// #[derive(Versioned)]
    /// struct Expanded {
    ///     title: &'static str,
    ///     #[versioned(variant)]
    ///     author: &'static str,
    /// }
    ///
    /// let date = LastModified::strong(Timestamp::now());
    /// let plain = Tagged::new(Plain { title: "t" }).with_last_modified(date).into_response();
    /// assert!(plain.headers().contains_key("last-modified"));
    /// let expanded = Tagged::new(Expanded { title: "t", author: "a" }).with_last_modified(date).into_response();
    /// assert!(!expanded.headers().contains_key("last-modified"));
    /// ```
    pub fn with_last_modified(mut self, date: impl Into<Option<LastModified>>) -> Self {
        self.answer.last_modified = date.into();
        self
    }

    /// Says of which resource this is the representation, where that is not the request's target
    /// (`Content-Location`, RFC 9110 §8.7).
    ///
    /// A location that can't stand in a header is left out.
    ///
    /// ```
    /// # use axum::response::IntoResponse;
    /// # use etag_core::Versioned;
    /// # use etag_core::axum::Tagged;
    /// #[derive(Versioned)]
    /// struct Motd {
    ///     text: &'static str,
    /// }
    ///
    /// let motd = || Tagged::new(Motd { text: "be kind" });
    /// let answer = motd().with_content_location("/motds/7").into_response();
    /// assert_eq!(answer.headers()["content-location"], "/motds/7");
    /// let answer = motd().with_content_location("/motds/\n").into_response();
    /// assert!(!answer.headers().contains_key("content-location"));
    /// ```
    pub fn with_content_location(self, uri: impl AsRef<str>) -> Self {
        self.at(HeaderValue::from_str(uri.as_ref()).ok())
    }

    /// 201 for what was created, at `location` where that is known (RFC 9110 §15.3.2).
    pub(super) fn created(mut self, location: Option<HeaderValue>) -> Self {
        self.answer.create(location);
        self
    }

    /// Says that this is the representation of what is at `location`, where that is known.
    pub(super) fn at(mut self, location: Option<HeaderValue>) -> Self {
        self.answer.place(location);
        self
    }

    /// The value.
    ///
    /// ```
    /// # use etag_core::Versioned;
    /// # use etag_core::axum::Tagged;
    /// #[derive(Debug, PartialEq, Versioned)]
    /// struct Motd {
    ///     text: &'static str,
    /// }
    ///
    /// assert_eq!(Tagged::new(Motd { text: "be kind" }).into_inner(), Motd { text: "be kind" });
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Writes the body once, and its tags.
    pub(super) fn render(self) -> Result<Rendered, Problem> {
        self.answer.render(&&self.value, Outline::of::<T>())
    }
}

impl<T: Resource> Tagged<Vec<T>> {
    /// A list whose items' versions a store knows: nothing is hashed for them.
    pub(super) fn listed(values: Vec<T>, selected: &Selected<T>) -> Self {
        let mut list = Self::new(values);
        if selected.is_of_collection() {
            list.answer.etag = selected.validators().etag;
        } else {
            list.answer.items = Some(selected.items().iter().map(|(_, version)| version.state).collect());
            list.answer.state = Some(selected.state());
        }
        list
    }
}

impl Answer {
    fn new() -> Self {
        Self {
            state: None,
            items: None,
            etag: None,
            shows_tag: true,
            last_modified: None,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            asked: None,
            digest: None,
            sent: None,
        }
    }

    fn of(version: Version) -> Self {
        Self { state: Some(version.state), last_modified: version.modified, ..Self::new() }
    }

    fn create(&mut self, location: Option<HeaderValue>) {
        self.status = StatusCode::CREATED;
        if let Some(location) = &location {
            self.headers.insert(LOCATION, location.clone());
        }
        self.place(location);
    }

    fn place(&mut self, location: Option<HeaderValue>) {
        if let Some(location) = location {
            self.headers.insert(CONTENT_LOCATION, location);
        }
    }

    fn render(self, value: &dyn Value, outline: &'static Outline) -> Result<Rendered, Problem> {
        let representation = match (self.etag, self.state, self.items) {
            (Some(etag), _, _) => Representation::of_value_under(value, outline, etag)?,
            (None, Some(state), Some(items)) => Representation::of_items(value, outline, items, state)?,
            (None, Some(state), None) => known(value, outline, state)?,
            (None, None, _) => Representation::of_value(value, outline, None)?,
        };
        let (body, Validators { etag, last_modified }) = representation.into_parts();
        let etag = etag.filter(|_| self.shows_tag);
        let last_modified = self.last_modified.or(last_modified).filter(|_| !outline.has_variant);
        Ok(Rendered {
            outline,
            validators: Validators { etag, last_modified },
            status: self.status,
            headers: self.headers,
            asked: self.asked,
            digest: self.digest,
            sent: self.sent,
            body,
        })
    }
}

/// In builds with debug assertions, the state is made from the value as well.
fn known(value: &dyn Value, outline: &Outline, state: StateTag) -> Result<Representation, Problem> {
    if cfg!(debug_assertions) {
        let made = state_of_value(value)?;
        if made != state {
            return Err(Problem::internal_error(format!("the store says `{state}`, and the value `{made}`")));
        }
    }
    Ok(Representation::of_value(value, outline, Some(state))?)
}

impl<T: Versioned> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        match self.render() {
            Ok(rendered) => rendered.into_response(),
            Err(problem) => problem.into_response(),
        }
    }
}

impl<T: Versioned> Deref for Tagged<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
