use super::Preconditions;
#[cfg(feature = "axum")]
use crate::StateTag;
use crate::{Alteration, EntityTag, Tolerate, Validators};

/// Which altered tags are taken for what they were.
impl Preconditions {
    /// The same conditions, where a tag that an intermediary altered is taken for what it was.
    ///
    /// In `If-Match` it guards what it was the tag of. In `If-None-Match` it is that of a coding, such as `"S-gzip"`, which
    /// an intermediary makes of what is sent: where `Accept-Encoding` allows that coding, the client has what it would
    /// get again, and the 304 names the tag that it has (RFC 9110 §13.1.2, §15.4.5).
    ///
    /// ```
    /// use etag_core::{Outcome, Preconditions, StateTag, Tolerate, Validators, Version};
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// # #[derive(etag_core::Versioned)]
    /// # struct Asset { #[versioned(revision)] revision: u64 }
    /// let current = Version { state: StateTag::from_revision(7), modified: None }.validators::<Asset>();
    /// let weakened = format!("W/{}", current.etag.as_ref().unwrap()); // by nginx, say
    /// let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_str(&weakened)?)]);
    ///
    /// let strict = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// assert_eq!(strict.evaluate(Some(&current)), Outcome::PreconditionFailed);
    /// let tolerant = strict.tolerating(Tolerate::Intermediaries);
    /// assert_eq!(tolerant.evaluate(Some(&current)), Outcome::Proceed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn tolerating(self, tolerate: Tolerate) -> Self {
        Self { tolerate, ..self }
    }

    /// Whether a tag of the request satisfies `If-Match` for a representation tagged `current`.
    pub(crate) fn guards(&self, tag: &EntityTag, current: &EntityTag) -> bool {
        tag.guards(current)
            || self.tolerated(tag).is_some_and(|tag| current.is_of_state() && tag.guards(current))
    }

    /// The state that a tag of the request names.
    #[cfg(feature = "axum")]
    pub(crate) fn guarded_state(&self, tag: &EntityTag) -> Option<StateTag> {
        tag.guarded_state().or_else(|| self.tolerated(tag)?.guarded_state())
    }

    /// The tag of `If-None-Match` by which the client has a coding of the current representation, and not this itself.
    pub(crate) fn held(&self, current: Option<&Validators>) -> Option<&EntityTag> {
        let current = current?.etag.as_ref().filter(|etag| etag.is_of_state())?;
        let is_whole = |tag: &EntityTag| tag.weak_eq(current);
        if self.coded.is_empty() || self.if_none_match.as_ref()?.names(current) {
            return None;
        }
        self.coded.iter().find(|tag| self.tolerated(tag).as_ref().is_some_and(is_whole))
    }

    /// The tag as it was made, where it was altered and that is tolerated.
    fn tolerated(&self, tag: &EntityTag) -> Option<EntityTag> {
        match self.tolerate {
            Tolerate::Nothing => None,
            Tolerate::Intermediaries => Alteration::undo(tag).map(|(unaltered, _)| unaltered),
        }
    }
}
