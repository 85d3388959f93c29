//! A value, written once: the body, and the tags that were hashed on the way.

use crate::canonical::{self, Facts, Mark, Role, Value, Writer, buffer};
use crate::list::Items;
use crate::outline::Outline;
use crate::{EntityTag, LastModified, StateTag, TagKeys, Timestamp, Validators, Version, Versioned};

/// A representation that can be sent: canonical JSON and its validators.
///
/// ```
/// use etag_core::{Representation, Versioned};
///
/// #[derive(Versioned)]
/// #[versioned(embed = "etag")]
/// struct Pump {
///     name: &'static str,
/// }
///
/// let pump = Representation::of(&Pump { name: "north" })?;
/// let etag = pump.validators().etag.unwrap();
/// assert_eq!(pump.body(), format!(r#"{{"etag":"\"{}\"","name":"north"}}"#, etag.opaque().escape_ascii()).as_bytes());
/// # Ok::<(), etag_core::canonical::Error>(())
/// ```
#[derive(Debug)]
pub struct Representation {
    body: Vec<u8>,
    versions: Versions,
    etag: EntityTag,
}

impl Representation {
    /// Writes a value and makes its tags.
    ///
    /// ```
    /// use etag_core::{Representation, StateTag};
    /// use sha2::{Digest, Sha256};
    ///
    /// let numbers = Representation::of(&[1, 2])?;
    /// assert_eq!(numbers.body(), b"[1,2]");
    /// let hash = Sha256::digest(numbers.body()); // the tag of a plain value is that of its bytes
    /// assert_eq!(numbers.version().state, StateTag::from_hash(hash.into()));
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the value has no canonical JSON, or its type is keyed and there is no [key](crate::TagKeys).
    pub fn of<T: Versioned + ?Sized>(value: &T) -> Result<Self, canonical::Error> {
        Self::of_value(&value, Outline::of::<T>(), None)
    }

    /// Writes a value whose state is known: nothing is hashed for it.
    ///
    /// The state is taken at its word: see [`StateTag::of`].
    ///
    /// ```
    /// use etag_core::{Representation, StateTag};
    ///
    /// let known = Representation::in_state("text", StateTag::from_revision(7))?;
    /// assert_eq!(known.validators().etag.unwrap().to_string(), r#""7""#);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn in_state<T: Versioned + ?Sized>(value: &T, state: StateTag) -> Result<Self, canonical::Error> {
        Self::of_value(&value, Outline::of::<T>(), Some(state))
    }

    /// A list of resources whose states are known, and the list's.
    #[cfg(feature = "axum")]
    pub(crate) fn of_items(
        list: &dyn Value,
        outline: &Outline,
        items: Vec<StateTag>,
        state: StateTag,
    ) -> Result<Self, canonical::Error> {
        let mut writer = Writer::with_known(items);
        writer.outermost(list);
        let (body, facts) = writer.finish_with_facts()?;
        let versions = Versions::with_state(outline, &body, &facts, state);
        Self::tagged(body, &facts, versions)
    }

    /// Writes a value under a tag of yours, which is opaque.
    ///
    /// ```
    /// use etag_core::{EntityTag, Representation};
    ///
    /// let tagged = Representation::under("text", EntityTag::strong("v1.2")?)?;
    /// assert_eq!(tagged.validators().etag.unwrap().to_string(), r#""v1.2""#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn under<T: Versioned + ?Sized>(value: &T, etag: EntityTag) -> Result<Self, canonical::Error> {
        Self::of_value_under(&value, Outline::of::<T>(), etag)
    }

    pub(crate) fn of_value_under(
        value: &dyn Value,
        outline: &Outline,
        etag: EntityTag,
    ) -> Result<Self, canonical::Error> {
        let (body, facts) = write(value)?;
        let mut versions = Versions::of(outline, &body, 0, &facts);
        versions.opaque = Some(etag);
        Self::tagged(body, &facts, versions)
    }

    /// A value in the state that is known, or that is made here.
    #[inline(never)]
    pub(crate) fn of_value(
        value: &dyn Value,
        outline: &Outline,
        known: Option<StateTag>,
    ) -> Result<Self, canonical::Error> {
        let (body, facts) = write(value)?;
        let versions = match known {
            Some(state) => Versions::with_state(outline, &body, &facts, state),
            None => Versions::of(outline, &body, 0, &facts),
        };
        Self::tagged(body, &facts, versions)
    }

    /// Makes the tag, and fills the place that was left for it.
    fn tagged(mut body: Vec<u8>, facts: &Facts, versions: Versions) -> Result<Self, canonical::Error> {
        let etag = versions.etag()?;
        if let Some(place) = facts.embed {
            embed(&etag, &mut body, place);
        }
        Ok(Self { body: buffer::settle(body), versions, etag })
    }

    /// The canonical JSON, with the embedded tag where the type has one.
    ///
    /// ```
    /// use etag_core::{Representation, canonical};
    ///
    /// let text = Representation::of("hello")?;
    /// assert_eq!(text.body(), canonical::to_vec("hello")?);
    /// # Ok::<(), canonical::Error>(())
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The state, and the date as a weak validator.
    ///
    /// ```
    /// use etag_core::{LastModified, Representation, StateTag, Timestamp, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Pump {
    ///     #[versioned(modified)]
    ///     changed: Timestamp,
    /// }
    ///
    /// let pump = Pump { changed: "2026-03-01T12:00:00Z".parse()? };
    /// let version = Representation::of(&pump)?.version();
    /// assert_eq!(version.state, StateTag::of(&pump)?);
    /// assert_eq!(version.modified, Some(LastModified::from(pump.changed))); // which is weak
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn version(&self) -> Version {
        Version { state: self.versions.state, modified: self.versions.modified.map(LastModified::from) }
    }

    /// The entity tag, and the date as a weak validator.
    ///
    /// ```
    /// use etag_core::{EntityTag, Representation, StateTag};
    ///
    /// let state = StateTag::of("hello")?.to_string();
    /// let validators = Representation::of("hello")?.validators();
    /// assert_eq!(validators, EntityTag::strong(state)?.into()); // a text has no date
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn validators(&self) -> Validators {
        Validators { etag: Some(self.etag.clone()), last_modified: self.version().modified }
    }

    /// The canonical JSON, to be sent.
    ///
    /// ```
    /// use etag_core::Representation;
    ///
    /// assert_eq!(Representation::of(&[1, 2])?.into_body(), b"[1,2]".to_vec());
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The canonical JSON and the validators, to be sent.
    #[cfg(feature = "axum")]
    pub(crate) fn into_parts(self) -> (Vec<u8>, Validators) {
        let last_modified = self.version().modified;
        (self.body, Validators { etag: Some(self.etag), last_modified })
    }
}

/// The validators of a version whose value need not be at hand: its type has no members that are not in its state.
pub(crate) fn validators_of(outline: &Outline, version: &Version) -> Validators {
    let etag = tag_of(outline, version.state, outline.fixed_variant, outline.has_skip);
    Validators { etag, last_modified: version.modified }
}

/// The tag of a version, or none: where a key is missing, there is never one without it.
pub(crate) fn tag_of(
    outline: &Outline,
    state: StateTag,
    variant: Option<StateTag>,
    weak: bool,
) -> Option<EntityTag> {
    let keys = outline.tag_keys().inspect_err(|error| tracing::error!(%error, "a version has no tag"));
    Some(EntityTag::of_state(state, variant, weak, keys.ok()?))
}

/// The state of a value, which no key is needed for.
pub(crate) fn state_of<T: Versioned + ?Sized>(value: &T) -> Result<StateTag, canonical::Error> {
    state_of_value(&value)
}

#[inline(never)]
pub(crate) fn state_of_value(value: &dyn Value) -> Result<StateTag, canonical::Error> {
    let mut writer = Writer::for_a_store();
    writer.outermost(value);
    let (json, facts) = writer.finish_with_facts()?;
    let state = Versions::state_of(&json, 0, &facts);
    buffer::put_back(json);
    Ok(state)
}

/// What a store keeps of a value.
pub(crate) struct Document {
    /// The canonical JSON, without the embedded tag.
    pub(crate) json: Vec<u8>,
    pub(crate) state: StateTag,
    /// The hash without stamped members: equal where a write changes nothing.
    pub(crate) content: StateTag,
    /// The stamps that the value shows, its own or those of a flattened member.
    pub(crate) revision: Option<u64>,
    pub(crate) modified: Option<Timestamp>,
    /// Whether there are members that are in no state: `variant` and `skip`.
    pub(crate) shows_more: bool,
}

impl Document {
    pub(crate) fn of<T: Versioned>(value: &T) -> Result<Self, canonical::Error> {
        Self::of_value(&value, Outline::of::<T>())
    }

    #[inline(never)]
    fn of_value(value: &dyn Value, outline: &Outline) -> Result<Self, canonical::Error> {
        let mut writer = Writer::for_a_store();
        writer.outermost(value);
        let (json, facts) = writer.finish_with_facts()?;
        let versions = Versions::of(outline, &json, 0, &facts);
        let is_content = |role| matches!(role, Role::State | Role::Items);
        let content = if facts.marks.is_empty() && facts.revision.is_none() {
            versions.state
        } else {
            StateTag::hash(object(&json, 0, &facts.marks, is_content))
        };
        let has_variant = facts.items.as_ref().is_some_and(Items::has_variant);
        let shows_more = outline.has_variant || versions.weak || has_variant;
        let Facts { revision, modified, .. } = facts;
        let json = buffer::settle(json);
        Ok(Self { json, state: versions.state, content, revision, modified, shows_more })
    }
}

fn write(value: &dyn Value) -> Result<(Vec<u8>, Facts), canonical::Error> {
    let mut writer = Writer::new();
    writer.outermost(value);
    writer.finish_with_facts()
}

/// The parts of an entity tag.
#[derive(Debug)]
pub(crate) struct Versions {
    state: StateTag,
    variant: Option<StateTag>,
    weak: bool,
    is_keyed: bool,
    modified: Option<Timestamp>,
    /// A tag of the user's, which stands in the place of ours.
    opaque: Option<EntityTag>,
}

impl Versions {
    /// The versions of what was written at `start`.
    pub(crate) fn of(outline: &Outline, bytes: &[u8], start: usize, facts: &Facts) -> Self {
        Self::with_state(outline, bytes, facts, Self::state_of(bytes, start, facts))
    }

    /// The state of what was written at `start`.
    fn state_of(bytes: &[u8], start: usize, facts: &Facts) -> StateTag {
        let items = facts.items.as_ref().filter(|items| !items.is_plain());
        let is_envelope = facts.marks.iter().any(|mark| mark.role == Role::Items);
        match (facts.revision, items) {
            (Some(revision), _) => StateTag::from_revision(revision),
            (None, Some(items)) if is_envelope => {
                hash_state(bytes, start, facts, items.state().to_string().as_bytes())
            }
            (None, Some(items)) => items.state(),
            (None, None) => hash_state(bytes, start, facts, b""),
        }
    }

    /// Whether what was written is state as a whole, and its tag nothing but that.
    pub(crate) fn are_plain(outline: &Outline, facts: &Facts) -> bool {
        facts.is_plain() && outline.fixed_variant.is_none() && !outline.has_variant && !outline.has_skip
    }

    pub(crate) fn with_state(outline: &Outline, bytes: &[u8], facts: &Facts, state: StateTag) -> Self {
        let variants = facts.marks.iter().filter(|mark| mark.role == Role::Variant);
        let items = facts.items.as_ref();
        let variant = outline
            .variant(variants.map(|mark| &bytes[mark.start..mark.end]), items.and_then(Items::variant));
        let weak = outline.has_skip || items.is_some_and(Items::is_weak);
        let modified = facts.modified.filter(|_| !outline.has_variant);
        Self { state, variant, weak, is_keyed: outline.is_keyed, modified, opaque: None }
    }

    pub(crate) fn state(&self) -> StateTag {
        self.state
    }

    pub(crate) fn variant(&self) -> Option<StateTag> {
        self.variant
    }

    pub(crate) fn is_weak(&self) -> bool {
        self.weak
    }

    /// The tag, or that its key is missing.
    pub(crate) fn etag(&self) -> Result<EntityTag, canonical::Error> {
        match &self.opaque {
            Some(opaque) => Ok(opaque.clone()),
            None => {
                let keys = TagKeys::needed(self.is_keyed)?;
                Ok(EntityTag::of_state(self.state, self.variant, self.weak, keys))
            }
        }
    }

    /// The tag that it would have if its type were not keyed: not for an answer.
    pub(crate) fn unkeyed_etag(&self) -> EntityTag {
        EntityTag::of_state(self.state, self.variant, self.weak, None)
    }
}

/// Fills the place that was left for the tag: a member that is in no hash.
pub(crate) fn embed(etag: &EntityTag, bytes: &mut Vec<u8>, (at, name): (usize, &'static str)) {
    let etag = canonical::string(&etag.to_string());
    let is_first = bytes.get(at.wrapping_sub(1)) == Some(&b'{');
    let is_last = bytes.get(at) == Some(&b'}');
    let member = match (is_first, is_last) {
        (true, true) => format!("\"{name}\":{etag}"),
        (true, false) => format!("\"{name}\":{etag},"),
        (false, _) => format!(",\"{name}\":{etag}"),
    };
    bytes.splice(at..at, member.into_bytes());
}

/// The hash of those pieces of what was written at `start` that are its state, and of what else is.
pub(crate) fn hash_state(bytes: &[u8], start: usize, facts: &Facts, more: &[u8]) -> StateTag {
    let is_plain = facts.items.as_ref().is_none_or(Items::is_plain);
    let is_wanted = |role| is_state(role) || role == Role::Items && is_plain;
    match facts.marks.iter().all(|mark| is_wanted(mark.role)) {
        true => StateTag::hash([&bytes[start..], more]),
        false => StateTag::hash(object(bytes, start, &facts.marks, is_wanted).into_iter().chain([more])),
    }
}

fn is_state(role: Role) -> bool {
    matches!(role, Role::State | Role::Stamp)
}

/// The object that was written at `start`, with only the members whose roles are wanted.
fn object<'a>(
    bytes: &'a [u8],
    start: usize,
    marks: &'a [Mark],
    is_wanted: impl Fn(Role) -> bool,
) -> Vec<&'a [u8]> {
    let mut pieces: Vec<&[u8]> = vec![b"{"];
    let mut push = |piece: &'a [u8]| {
        if !piece.is_empty() {
            if pieces.len() > 1 {
                pieces.push(b",");
            }
            pieces.push(piece);
        }
    };
    let mut at = start + 1;
    for mark in marks.iter().filter(|mark| !is_wanted(mark.role)) {
        push(bytes.get(at..mark.start.saturating_sub(1)).unwrap_or_default());
        at = mark.end + 1;
    }
    push(bytes.get(at..bytes.len() - 1).unwrap_or_default());
    pieces.push(b"}");
    pieces
}
