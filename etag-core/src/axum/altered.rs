//! What a write is answered whose tag an intermediary altered.

use super::guard::STALE;
use crate::{Alteration, EntityTag, Preconditions, Problem, TagList, Validators};

/// Whether two lists name the same tags, but for what happened to them on their way.
pub(super) fn are_one(one: &TagList, other: &TagList) -> bool {
    match (one, other) {
        (TagList::Tags(one), TagList::Tags(other)) => {
            one.iter().map(unaltered).eq(other.iter().map(unaltered))
        }
        (one, other) => one == other,
    }
}

fn unaltered(tag: &EntityTag) -> EntityTag {
    Alteration::undo(tag).map_or_else(|| tag.clone(), |(unaltered, _)| unaltered)
}

/// 412 for a tag that was altered; `None` where `If-Match` fails for another reason, or holds.
///
/// A hop is at fault only where the tag as it was made would have matched; else the state is stale all the same.
pub(super) fn refusal(preconditions: &Preconditions, current: Option<&Validators>) -> Option<Problem> {
    let (Some(TagList::Tags(tags)), Some(etag)) = (preconditions.if_match(), current?.etag.as_ref()) else {
        return None;
    };
    if !etag.is_of_state() || tags.iter().any(|tag| preconditions.guards(tag, etag)) {
        return None;
    }
    if let Some(alteration) = of_current(tags, etag) {
        return Some(problem(alteration));
    }
    let is_tolerated = |tag| preconditions.guarded_state(tag).is_some();
    let (_, alteration) = tags.iter().filter(|tag| !is_tolerated(tag)).find_map(Alteration::undo)?;
    let detail = format!("{STALE}. Its tag would not match either: {}", explanation(alteration));
    Some(Problem::precondition_failed("stale", detail).member("alteration", alteration.to_string()))
}

/// What became of the tag among these that is the current one's.
pub(super) fn of_current(tags: &[EntityTag], current: &EntityTag) -> Option<Alteration> {
    let mut undone = tags.iter().filter_map(Alteration::undo);
    undone.find(|(unaltered, _)| unaltered.guards(current)).map(|(_, alteration)| alteration)
}

/// 412 where nothing but the alteration is wrong.
pub(super) fn problem(alteration: Alteration) -> Problem {
    let detail =
        format!("the resource is in the state that the request names, but {}", explanation(alteration));
    Problem::precondition_failed("altered", detail).member("alteration", alteration.to_string())
}

fn explanation(alteration: Alteration) -> String {
    let (what, hop) = match alteration {
        Alteration::Weakened => (
            "weakened the tag (`W/`), and `If-Match` compares strongly".to_owned(),
            "nginx: `gzip off` for these routes",
        ),
        Alteration::Suffixed(suffix) | Alteration::WeakenedAndSuffixed(suffix) => {
            let weakened = if suffix == alteration.to_string() { "" } else { " and weakened it" };
            let hop = match suffix {
                "-gz" => "Varnish: `set beresp.do_gzip = false`",
                "-br" => "Apache httpd: `BrotliAlterETag NoChange`",
                "-gzip" => "Apache httpd: `DeflateAlterETag NoChange`",
                _ => "compress these routes nowhere but there",
            };
            (format!("gave the tag the suffix `{suffix}`{weakened}"), hop)
        }
    };
    format!(
        "a proxy on the way {what}. The service accepts such tags with `tolerate = \"intermediaries\"`, or below \
         `.layer(Extension(Tolerate::Intermediaries))`; or keep the proxy from it, by compressing in the service itself \
         (`EtagLayer` around the compressor), or ({hop})"
    )
}
