//! Which writes the conditions of a request let through, and what the store must find.

use std::time::SystemTime;

use http::header::ETAG;

use super::content_coding::uncoded;
use super::rules::Rules;
use super::ticket::Guard;
use super::{Refusal, altered};
use crate::outline::Outline;
use crate::{
    Creation, EntityTag, IfMatch, Preconditions, Problem, Required, Resource, Store, TagList, Validators,
    Version, Wildcard,
};

/// The conditions of a write: those of its headers, and the tags that its query string and its body name.
#[derive(Debug)]
pub(super) struct Conditions {
    preconditions: Preconditions,
    /// Where each further tag was found, and the tag.
    tags: Vec<(String, Result<EntityTag, Problem>)>,
}

impl Conditions {
    /// Conditions with the tags of the query string's parameter that the type names by `query = "…"`.
    pub(super) fn new(preconditions: Preconditions, query: Option<&str>, parameter: Option<&str>) -> Self {
        let parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let named = parameters.filter(|(name, _)| Some(name.as_ref()) == parameter);
        let tags = named.map(|(name, text)| (format!("`?{name}=`"), lenient_tag(&name, &text))).collect();
        Self { preconditions, tags }
    }

    /// The same with the tag of the body, where the type says `embed = "…"`.
    pub(super) fn with_body_tag(mut self, member: &str, tag: Option<Result<EntityTag, Problem>>) -> Self {
        self.tags.extend(tag.map(|tag| (format!("the body's `{member}`"), tag)));
        self
    }

    /// One `If-Match`, or 400 where the request names the state twice and differently.
    pub(super) fn into_preconditions(self) -> Result<Preconditions, Problem> {
        let mut preconditions = self.preconditions;
        if let Some(malformed) = preconditions.malformed() {
            return Err(Problem::malformed_precondition(malformed.to_string()));
        }
        let mut first = "`If-Match`".to_owned();
        for (place, tag) in self.tags {
            let tags = TagList::Tags(vec![tag?]);
            match preconditions.if_match() {
                None => {
                    preconditions = preconditions.with_if_match(tags);
                    first = place;
                }
                Some(before) if altered::are_one(before, &tags) => {}
                Some(_) => {
                    let detail = format!("{first} and {place} name different states; send one of them");
                    return Err(Problem::contradicting_preconditions(detail));
                }
            }
        }
        Ok(preconditions)
    }
}

/// A tag outside of a header, where no layer takes its coding off: with or without its quotes.
pub(super) fn lenient_tag(name: &str, text: &str) -> Result<EntityTag, Problem> {
    let read = |text: &str| match text {
        "" | "*" => None,
        quoted if quoted.contains('"') => quoted.parse().ok(),
        opaque => EntityTag::strong(opaque).ok(),
    };
    // A `+` that was not encoded is a space in a query string.
    let coded: Option<EntityTag> = read(&text.replace(' ', "+"));
    let plain = coded.and_then(|tag| Some(uncoded(&tag)?.0)).filter(EntityTag::has_our_form);
    plain.or_else(|| read(text)).ok_or_else(|| {
        Problem::malformed_precondition(format!("`{name}` is malformed: expected one entity tag"))
    })
}

/// That the tags of a type can be made: 500 before anything is read or written, where it is keyed and there is no key.
pub(super) fn has_tags<T: Resource>() -> Result<(), Problem> {
    Outline::of::<T>().tag_keys()?;
    Ok(())
}

/// What a write that lost a race is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Race {
    /// 412: the request named the state that it requires.
    Stale,
    /// 409: it did not (RFC 5789 §2.2).
    Conflict,
}

/// Lets a write of an existing resource through, or not: 400, 412 or 428.
pub(super) fn admit(
    rules: &Rules,
    preconditions: &Preconditions,
    version: &Version,
) -> Result<Race, Refusal> {
    preconditions.check(Some(&rules.declared.validators(version)))?;
    match (guard(rules, preconditions, version), rules.if_match) {
        (Some(race), _) => Ok(race),
        (None, IfMatch::Required) => Err(required_tag(rules, preconditions).into()),
        (None, IfMatch::Optional | IfMatch::Report) => Ok(Race::Conflict),
    }
}

/// As [`admit`], once for each request: what is let through without a guard is reported, where the rules say so.
pub(super) fn admit_and_report(
    rules: &Rules,
    preconditions: &Preconditions,
    version: &Version,
) -> Result<Race, Refusal> {
    let race = admit(rules, preconditions, version)?;
    if guard(rules, preconditions, version).is_none() {
        rules.report();
    }
    Ok(race)
}

/// What a lost race is answered with, by what guards the write; `None` where nothing does.
fn guard(rules: &Rules, preconditions: &Preconditions, version: &Version) -> Option<Race> {
    let has_date = version.modified.is_some() && preconditions.if_unmodified_since().is_some();
    match preconditions.if_match() {
        Some(TagList::Tags(_)) => Some(Race::Stale),
        Some(TagList::Any) => (rules.wildcard == Wildcard::Overwrite).then_some(Race::Conflict),
        None => has_date.then_some(Race::Stale),
    }
}

/// The conditions of a write of a whole new value. What can't be read is answered 400 where the resource
/// exists or may be created; else 404, as without conditions (RFC 9110 §13.2.1).
pub(super) async fn preconditions_or_not_found<T: Resource, S: Store<T>>(
    conditions: Conditions,
    store: &S,
    key: &T::Key,
) -> Result<Preconditions, Problem> {
    match conditions.into_preconditions() {
        Err(_) if T::CREATE == Creation::Never && store.version(key).await.map_err(Into::into)?.is_none() => {
            Err(Problem::not_found())
        }
        conditions => conditions,
    }
}

/// What the store must find for a whole new value. It is read first only where the conditions are more than
/// one tag or `*`, or where a refusal, or a report, depends on what exists.
pub(super) async fn plan<T: Resource, S: Store<T>>(
    rules: &Rules,
    preconditions: &Preconditions,
    store: &S,
    key: &T::Key,
) -> Result<Plan, Refusal> {
    let unread = plan_without_reading(rules, preconditions);
    if let Some(required) = unread.filter(|_| !rules.may_report(preconditions)) {
        return Ok(Plan { required, guard: Guard::Unread });
    }
    match (store.version(key).await.map_err(Into::into)?, unread) {
        (version, Some(required)) => {
            // It is carried out as any other: what was read is only reported.
            let _ = version.map(|version| admit_and_report(rules, preconditions, &version));
            Ok(Plan { required, guard: Guard::Unread })
        }
        (Some(version), None) => plan_for(rules, preconditions, &version),
        (None, None) => Ok(Plan { required: plan_for_absent(rules, preconditions)?, guard: Guard::Unread }),
    }
}

/// What the store must find, and whether it was read for that.
pub(super) struct Plan {
    pub(super) required: Required,
    pub(super) guard: Guard,
}

fn plan_for(rules: &Rules, preconditions: &Preconditions, version: &Version) -> Result<Plan, Refusal> {
    match admit_and_report(rules, preconditions, version) {
        Ok(race) => Ok(Plan { required: Required::State(version.state), guard: Guard::Read(race) }),
        // What it would make is compared once it is made.
        Err(refusal) => match rules.replayed(preconditions).next() {
            Some(state) => Ok(Plan { required: Required::State(state), guard: Guard::Unread }),
            None => Err(refusal),
        },
    }
}

fn plan_without_reading(rules: &Rules, preconditions: &Preconditions) -> Option<Required> {
    let (date, create) = (preconditions.if_unmodified_since(), rules.declared.create);
    match (preconditions.if_match(), preconditions.if_none_match()) {
        // A keyed tag does not say which state it is of.
        (Some(TagList::Tags(_)), None) if rules.declared.outline.is_keyed => None,
        (Some(TagList::Tags(tags)), None) => match tags.as_slice() {
            [tag] => preconditions.guarded_state(tag).map(|state| match create {
                Creation::PutIgnoreIfMatch => Required::StateOrNew(state),
                Creation::Put | Creation::Never => Required::State(state),
            }),
            _ => None,
        },
        (Some(TagList::Any), None) if !rules.refuse_wildcard() => Some(match create {
            Creation::PutIgnoreIfMatch => Required::ExistsOrNew,
            Creation::Put | Creation::Never => Required::Exists,
        }),
        (None, Some(TagList::Any)) if date.is_none() && create != Creation::Never => Some(Required::Absent),
        (None, None) if date.is_none() => match (create, rules.if_match) {
            (Creation::Never, IfMatch::Required) => None,
            (Creation::Never, IfMatch::Optional | IfMatch::Report) => Some(Required::Exists),
            (_, IfMatch::Required) => Some(Required::Absent),
            (_, IfMatch::Optional | IfMatch::Report) => Some(Required::Unconditional),
        },
        _ => None,
    }
}

fn plan_for_absent(rules: &Rules, preconditions: &Preconditions) -> Result<Required, Problem> {
    let requires_state = preconditions.if_match().is_some() || preconditions.if_unmodified_since().is_some();
    match (rules.declared.create, requires_state) {
        (Creation::Never, _) => Err(Problem::not_found()),
        (Creation::Put, true) => Err(failed(preconditions, None)),
        (Creation::PutIgnoreIfMatch, true) => Ok(Required::New),
        (_, false) => Ok(Required::Absent),
    }
}

/// What became of a whole new value whose required state the store did not find.
pub(super) fn missed(
    rules: &Rules,
    preconditions: &Preconditions,
    required: Required,
    found: Option<Version>,
) -> Problem {
    let validators = found.as_ref().map(|found| rules.declared.validators(found));
    let names_no_state = preconditions.if_match().is_none()
        && preconditions.if_none_match() != Some(&TagList::Any)
        && preconditions.if_unmodified_since().is_none();
    match (required, validators) {
        (Required::Absent, Some(_)) if names_no_state => match rules.if_match {
            IfMatch::Required => required_tag(rules, preconditions),
            IfMatch::Optional | IfMatch::Report => Problem::conflict(),
        },
        (Required::State(_) | Required::Exists, None) if rules.declared.create == Creation::Never => {
            Problem::not_found()
        }
        (_, validators) => failed(preconditions, validators.as_ref()),
    }
}

/// 428, with the way to resubmit (RFC 6585 §3).
fn required_tag(rules: &Rules, preconditions: &Preconditions) -> Problem {
    let also = rules.declared.query.map(|name| format!(", or in `?{name}=`")).unwrap_or_default();
    Problem::precondition_required(format!(
        "{}this write needs the tag of the state that it changes: GET the resource, and send its `ETag` in `If-Match`{also}",
        refused_wildcard(preconditions)
    ))
}

/// The beginning of a 428's detail where `*` was sent.
pub(super) fn refused_wildcard(preconditions: &Preconditions) -> &'static str {
    match preconditions.if_match() {
        Some(TagList::Any) => "`If-Match: *` is not taken here: ",
        _ => "",
    }
}

/// 412, with the reason and the current tag.
pub(super) fn failed(preconditions: &Preconditions, current: Option<&Validators>) -> Problem {
    let problem = altered::refusal(preconditions, current).unwrap_or_else(|| {
        let (reason, detail) = reason(preconditions, current);
        Problem::precondition_failed(reason, detail)
    });
    match current.and_then(|current| current.etag.as_ref()) {
        Some(etag) => problem.member("etag", etag.to_string()).header(ETAG, etag.to_header_value()),
        None => problem,
    }
}

const EXISTS: (&str, &str) = (
    "exists",
    "the resource is there, or in a state, that the request asks for it not to be in (`If-None-Match`)",
);

pub(super) const STALE: &str = "the resource has changed since the state that the request names: \
    GET it, apply the change again, and send its current `ETag` in `If-Match`";

fn reason(preconditions: &Preconditions, current: Option<&Validators>) -> (&'static str, &'static str) {
    let is_weak = |tag: &EntityTag| {
        let names_no_state = preconditions.guarded_state(tag).is_none();
        names_no_state && (tag.is_weak() || tag.opaque().ends_with(b"~"))
    };
    match (preconditions.if_match(), current) {
        (_, None) => ("absent", "the resource that the request requires does not exist"),
        // If-Match holds: it is If-None-Match that does not.
        (Some(tags), Some(_)) if tags.matches(current, |tag, current| preconditions.guards(tag, current)) => {
            EXISTS
        }
        (Some(TagList::Tags(tags)), Some(_)) if tags.iter().all(is_weak) => (
            "weak",
            "`If-Match` compares strongly, and a weak tag never matches: GET the resource itself, not a view of it, and send its strong tag",
        ),
        (Some(_), Some(_)) => ("stale", STALE),
        (None, Some(Validators { last_modified: Some(date), .. }))
            if preconditions.if_unmodified_since().is_some_and(|since| date.is_not_after(since))
                && !date.is_strong_at(SystemTime::now()) =>
        {
            (
                "weak-date",
                "the resource changed more than once in this second, or may still: send its `ETag` in `If-Match` instead",
            )
        }
        (None, _) if preconditions.if_none_match().is_some() => EXISTS,
        (None, _) => ("stale", STALE),
    }
}
