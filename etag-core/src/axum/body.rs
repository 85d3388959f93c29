//! A request's JSON body, whose members stay as they were sent until somebody asks for them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName};
use http::{HeaderValue, Method, StatusCode};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use super::form::Form;
use super::guard::lenient_tag;
use super::unique::{OtherForm, Unique, may_hide};
use crate::outline::{Kind, Outline, Stamp};
use crate::representation::Document;
use crate::{EntityTag, Key, Problem, Resource, Timestamp, canonical};

/// Reads a body of the media type that is wanted: 415, 413, or 400 where it breaks off.
pub(super) async fn read<A: Send + Sync>(
    request: Request,
    state: &A,
    wanted: MediaType,
) -> Result<Bytes, Problem> {
    let is_coded = |value: &HeaderValue| !value.as_bytes().eq_ignore_ascii_case(b"identity");
    if request.headers().get_all(CONTENT_ENCODING).iter().any(is_coded) {
        let problem =
            Problem::unsupported_media_type(wanted.0).detail("send the body without a content coding");
        return Err(problem.header(ACCEPT_ENCODING, HeaderValue::from_static("identity")));
    }
    if request.headers().contains_key(CONTENT_RANGE) {
        // RFC 9110 §14.5: else a part would be taken for the whole.
        return Err(Problem::malformed_request("`Content-Range` is not taken: send the whole body"));
    }
    if !wanted.is_that_of(request.headers()) {
        let problem = Problem::unsupported_media_type(wanted.0);
        return Err(match *request.method() {
            Method::PATCH => problem.header(ACCEPT_PATCH, HeaderValue::from_static(wanted.0)),
            _ => problem,
        });
    }
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::content_too_large(),
        _ => Problem::malformed_request(rejection.body_text()),
    })
}

/// RFC 5789 §3.1.
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

#[derive(Debug, Clone, Copy)]
pub(super) struct MediaType(&'static str);

impl MediaType {
    pub(super) const JSON: Self = Self("application/json");
    /// RFC 7396 §4.
    pub(super) const MERGE_PATCH: Self = Self("application/merge-patch+json");
    /// RFC 6902 §6.
    pub(super) const JSON_PATCH: Self = Self("application/json-patch+json");
    /// Either of them, as `Accept-Patch` lists them.
    pub(super) const PATCH: Self = Self("application/merge-patch+json, application/json-patch+json");

    /// `application/json` is any JSON, as in axum's `Json`: a suffix `+json` says so too, but not that it
    /// is a patch.
    pub(super) fn is_that_of(self, headers: &HeaderMap) -> bool {
        let sent =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()?.parse::<mime::Mime>().ok());
        sent.is_some_and(|sent| {
            let is_patch = sent.subtype().as_str().contains("patch");
            let is_json = sent.subtype() == mime::JSON || sent.suffix() == Some(mime::JSON);
            self.0.split(", ").any(|name| name == sent.essence_str())
                || self.0 == Self::JSON.0 && sent.type_() == mime::APPLICATION && is_json && !is_patch
        })
    }
}

/// A JSON value, of which only the outermost members have been told apart.
#[derive(Debug, Clone)]
pub(super) enum Json {
    Object(Members),
    Other(Box<RawValue>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Members(BTreeMap<String, Box<RawValue>>);

impl Json {
    /// 400 where it is no JSON, 422 where a member is there twice.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let parsed = match bytes.trim_ascii_start() {
            [] => return Err(Problem::malformed_request("the body is empty: expected JSON")),
            [b'{', ..] => serde_json::from_slice(bytes).map(Self::Object),
            _ => serde_json::from_slice(bytes).map(Self::Other),
        };
        parsed.map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                let message = without_position(&error);
                let twice =
                    message.strip_prefix("duplicate member `").and_then(|rest| rest.strip_suffix('`'));
                Problem::invalid_member(twice.unwrap_or_default(), &message)
            }
            _ => Problem::malformed_request(format!("the body is no JSON: {error}")),
        })
    }

    /// The entity tag in a member, which counts as `If-Match`; `null` counts as none.
    pub(super) fn tag(&self, name: &str) -> Option<Result<EntityTag, Problem>> {
        let Self::Object(members) = self else {
            return None;
        };
        let text = match serde_json::from_str(members.get(name)?.get()) {
            Ok(text) => text,
            Err(_) => return Some(Err(Problem::invalid_member(name, "expected an entity tag, as a string"))),
        };
        let text: Option<String> = text;
        text.map(|text| lenient_tag(name, &text))
    }

    /// Reads a value; 422 names the member that is wrong.
    pub(super) fn to<V: DeserializeOwned>(&self) -> Result<V, Problem> {
        self.to_member("")
    }

    /// Reads a value that stands in `member`.
    pub(super) fn to_member<V: DeserializeOwned>(&self, member: &str) -> Result<V, Problem> {
        read_text(&self.to_text(), member)
    }

    /// The whole, as JSON.
    pub(super) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Object(members) => members.to_text().into(),
            Self::Other(json) => json.get().into(),
        }
    }

    /// Reads a resource, with a stamp where it is of a variant that has one; 422 where something is sent in another
    /// form than it is shown in.
    pub(super) fn to_resource<T: Resource + DeserializeOwned>(&self, at: Timestamp) -> Result<T, Problem> {
        let outline = Outline::of::<T>();
        let Some(stamped) = self.stamped(outline, at)? else {
            return self.to_whole();
        };
        let stamped = match stamped.to_whole() {
            Ok(value) if is_stamped(&value)? => return Ok(value),
            stamped => stamped,
        };
        match (self.to_whole(), stamped) {
            (Ok(value), _) if !is_stamped(&value)? => Ok(value),
            // A stamp that does not belong there is nothing that was sent.
            (_, Err(problem)) if !names_stamp(&problem, outline) => Err(problem),
            (sent, _) => sent,
        }
    }

    /// The same with the stamps that only some variants have; `None` where there are none of these.
    fn stamped(&self, outline: &Outline, at: Timestamp) -> Result<Option<Self>, Problem> {
        let mut stamps = outline.stamps.iter().filter(|stamp| stamp.is_of_variant).peekable();
        match self {
            Self::Object(members) if stamps.peek().is_some() => {
                let mut stamped = members.clone();
                stamps.try_for_each(|stamp| stamped.stamp(stamp, at))?;
                Ok(Some(Self::Object(stamped)))
            }
            _ => Ok(None),
        }
    }

    /// Reads a resource from all that is said of it. (serde reads a struct from an array as well, and the name of an
    /// enum's variant from an object.)
    fn to_whole<T: Resource + DeserializeOwned>(&self) -> Result<T, Problem> {
        let text = self.to_text();
        let value: T = read_text(&text, "")?;
        check_form(&text, canonical::to_vec(&value), Outline::of::<T>())?;
        Ok(value)
    }

    /// Puts in what the server owns, so that a client need not send it: the key's members, and the stamps that each
    /// value has.
    ///
    /// What the body says of a part of the key that is known must be the same: else 422.
    pub(super) fn fill<T: Resource>(&mut self, known: &[String], at: Timestamp) -> Result<(), Problem> {
        self.fill_in(KeyMembers::of::<T>(), Outline::of::<T>(), known, at)
    }

    pub(super) fn fill_in(
        &mut self,
        key: KeyMembers,
        outline: &Outline,
        known: &[String],
        at: Timestamp,
    ) -> Result<(), Problem> {
        self.take_key(key, known)?;
        self.remove_tag(outline);
        let Self::Object(members) = self else {
            return Ok(());
        };
        for (index, name) in key.shown() {
            let json = known.get(index).and_then(|text| (key.to_json)(index, text));
            json.map_or(Ok(()), |json| members.set(name, json))?;
        }
        let mut stamps = outline.stamps.iter().filter(|stamp| !stamp.is_of_variant);
        stamps.try_for_each(|stamp| members.stamp(stamp, at))
    }

    /// Takes out what the server owns, so that a patch does not change it; 422 as [`fill`](Self::fill).
    pub(super) fn strip<T: Resource>(&mut self, key: &[String]) -> Result<(), Problem> {
        let outline = Outline::of::<T>();
        self.take_key(KeyMembers::of::<T>(), key)?;
        self.remove_tag(outline);
        if let Self::Object(members) = self {
            // In another variant than the one that is stamped, a member of that name is the client's.
            let stamps = outline.stamps.iter().filter(|stamp| !stamp.is_of_variant);
            stamps.for_each(|stamp| members.remove(stamp.name));
        }
        Ok(())
    }

    fn take_key(&mut self, key: KeyMembers, known: &[String]) -> Result<(), Problem> {
        let Self::Object(members) = self else {
            return Ok(());
        };
        for (index, name) in key.shown() {
            let (Some(text), Some(sent)) = (known.get(index), members.get(name)) else {
                continue;
            };
            if (key.from_json)(index, sent.get()).as_ref() != Some(text) {
                let detail = format!(
                    "`{name}` differs from the path, which says `{text}`: send that, or leave it out"
                );
                return Err(Problem::invalid_member(name, detail));
            }
            members.remove(name);
        }
        Ok(())
    }

    /// The text of each part of the key that a member shows; empty for the others.
    pub(super) fn parts_of(&self, key: KeyMembers) -> Vec<String> {
        let Self::Object(members) = self else {
            return Vec::new();
        };
        let part = |(index, name)| (key.from_json)(index, members.get(name)?.get());
        key.names.iter().copied().enumerate().map(|member| part(member).unwrap_or_default()).collect()
    }

    /// Takes out the embedded tag, which is no member of the type.
    pub(super) fn remove_tag(&mut self, outline: &Outline) {
        if let (Self::Object(members), Some(embed)) = (self, outline.embed) {
            members.remove(embed);
        }
    }
}

/// The members that show the parts of a key, and how these are read and written.
#[derive(Clone, Copy)]
pub(super) struct KeyMembers {
    /// Empty for a part that no member shows.
    names: &'static [&'static str],
    to_json: fn(usize, &str) -> Option<String>,
    from_json: fn(usize, &str) -> Option<String>,
}

impl KeyMembers {
    pub(super) fn of<T: Resource>() -> Self {
        Self { names: T::MEMBERS, to_json: T::Key::part_to_json, from_json: T::Key::part_from_json }
    }

    /// The members that show a part of the key, and which part.
    pub(super) fn shown(self) -> impl Iterator<Item = (usize, &'static str)> {
        self.names.iter().copied().enumerate().filter(|(_, name)| !name.is_empty())
    }
}

/// That a value is sent in the form in which it is shown: else 422.
fn check_form(
    sent: &str,
    shown: Result<Vec<u8>, canonical::Error>,
    outline: &Outline,
) -> Result<(), Problem> {
    // A type may show twice what it was sent twice: that is the client's mistake, and no error of the type's.
    let mistake = || read_text::<Unique>(sent, "").err();
    let or_mistake = |error| mistake().unwrap_or_else(|| Problem::internal_error(error));
    let shown = shown.map_err(|error| mistake().unwrap_or_else(|| error.into()))?;
    let mut form = Form::of(&shown).map_err(or_mistake)?;
    let unknown = outline.members.iter().filter(|member| member.kind == Kind::Unknown);
    form.open(unknown.map(|member| member.name.as_str()));
    let other = OtherForm::find(sent, &form).map_err(or_mistake)?;
    other.map_or(Ok(()), |other| Err(other.problem()))
}

/// Reads a value that stands in `member`; 422 names the member that is wrong.
pub(super) fn read_text<V: DeserializeOwned>(text: &str, member: &str) -> Result<V, Problem> {
    if may_hide(text)
        && let Err(error) = serde_json::from_str::<Unique>(text)
    {
        return Err(Problem::invalid_member(member, without_position(&error)));
    }
    // To keep the path to each member takes longer than to read it: that is done where one is wrong.
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| wrong_member(&error, member))
}

/// 422 for what can't be read of a value that stands in `member`.
fn wrong_member(error: &serde_path_to_error::Error<serde_json::Error>, member: &str) -> Problem {
    let message = without_position(error.inner());
    // A missing member is not on the path to itself.
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let outermost = (!member.is_empty()).then(|| member.to_owned());
    let names = outermost.into_iter().chain(names(error.path())).chain(missing.map(str::to_owned));
    match names.collect::<Vec<_>>().join(".").replace(".[", "[") {
        nothing if nothing.is_empty() => Problem::invalid_member("", message),
        member => Problem::invalid_member(&member, format!("`{member}`: {message}")),
    }
}

/// Whether a value is of a variant that has a stamp.
fn is_stamped<T: Resource>(value: &T) -> Result<bool, Problem> {
    let Document { revision, modified, .. } = Document::of(value)?;
    Ok(revision.is_some() || modified.is_some())
}

/// Whether a problem is about a stamp that only some variants have.
fn names_stamp(problem: &Problem, outline: &Outline) -> bool {
    let text = problem.to_string();
    let mut stamps = outline.stamps.iter().filter(|stamp| stamp.is_of_variant);
    stamps.any(|stamp| text.contains(&format!("`{}`", stamp.name)))
}

/// The names on a path: `[3]` for an element's.
fn names(path: &serde_path_to_error::Path) -> impl Iterator<Item = String> {
    path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    })
}

impl Members {
    pub(super) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.get(name).map(|json| &**json)
    }

    pub(super) fn set(&mut self, name: &str, json: String) -> Result<(), Problem> {
        self.insert(name.to_owned(), RawValue::from_string(json).map_err(Problem::internal_error)?);
        Ok(())
    }

    pub(super) fn insert(&mut self, name: String, json: Box<RawValue>) {
        self.0.insert(name, json);
    }

    fn stamp(&mut self, stamp: &Stamp, at: Timestamp) -> Result<(), Problem> {
        self.set(stamp.name, String::from_utf8_lossy(&(stamp.json)(at)?).into_owned())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Keeps the members of these names.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| is_kept(name));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, json)| (name.as_str(), &**json))
    }

    pub(super) fn to_text(&self) -> String {
        let length: usize = self.iter().map(|(name, json)| name.len() + json.get().len() + 4).sum();
        let mut text = String::with_capacity(length + 2);
        for (index, (name, json)) in self.iter().enumerate() {
            text.push(if index == 0 { '{' } else { ',' });
            canonical::push_string(&mut text, name);
            text.push(':');
            text.push_str(json.get());
        }
        text.push_str(if text.is_empty() { "{}" } else { "}" });
        text
    }

    pub(super) fn into_map(self) -> BTreeMap<String, Box<RawValue>> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, json)) = map.next_entry::<String, Box<RawValue>>()? {
            match members.entry(name) {
                Entry::Vacant(vacant) => vacant.insert(json),
                Entry::Occupied(twice) => {
                    return Err(A::Error::custom(format!("duplicate member `{}`", twice.key())));
                }
            };
        }
        Ok(Members(members))
    }
}

/// The message without line and column: the text that was read is not the text that was sent.
pub(super) fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(position) => message[..position].to_owned(),
        None => message,
    }
}
