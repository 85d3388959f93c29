//! What a reader of the expansion, and of the type's rustdoc, is told first.

use syn::ext::IdentExt;

use crate::json_name;
use crate::model::{Case, Content, Field, Object, Place, Role, Shape, Tagging};
use crate::serde_attributes::member_name;

/// ``State: `id`, `title`. Variant: `author`.``
pub(crate) fn doc(shape: &Shape<'_>) -> String {
    match shape {
        Shape::Object(object) => object_doc(object),
        Shape::Array(fields) => {
            let (unsent, sent) = fields.iter().partition::<Vec<_>, _>(|field| field.is_unsent());
            let sections = [("State", members(&sent)), ("Not sent", members(&unsent))];
            sentences(&sections)
        }
        Shape::Transparent(field) => sentences(&[("State", vec![member_name(&field.member)])]),
        Shape::Null => "State: none.".to_owned(),
        Shape::Into(into) => format!("State: that of the `{}` it is converted into.", into.text),
        Shape::Cases(cases) => cases_doc(cases),
    }
}

/// ``State: one of `started`, `failed`, by `type`. Untagged: `other`. Not sent: `internal`.``
fn cases_doc(cases: &[Case<'_>]) -> String {
    let is_unsent = |case: &&Case<'_>| matches!(case.content, Content::Unsent);
    let is_untagged = |case: &&Case<'_>| matches!(case.tagging, Tagging::Untagged);
    let (unsent, sent): (Vec<_>, Vec<_>) = cases.iter().partition(is_unsent);
    let (untagged, tagged): (Vec<_>, Vec<_>) = sent.into_iter().partition(is_untagged);
    let names = |cases: &[&Case<'_>]| cases.iter().map(|case| case.name.clone()).collect::<Vec<_>>();
    let by = tagged.iter().find_map(|case| match case.tagging {
        Tagging::Internal(tag) | Tagging::Adjacent { tag, .. } => Some(tag.value()),
        Tagging::External | Tagging::Untagged => None,
    });
    let state = if tagged.is_empty() { &untagged } else { &tagged };
    let how = match by {
        Some(tag) => format!(", by {}", quoted(&tag)),
        None if tagged.is_empty() => ", untagged".to_owned(),
        None => String::new(),
    };
    let more = [
        ("Untagged", if tagged.is_empty() { Vec::new() } else { names(&untagged) }),
        ("Not sent", unsent.iter().map(|case| case.ident.unraw().to_string()).collect()),
    ];
    let text = format!("State: one of {}{how}. {}", listed(&names(state)), sentences(&more));
    text.trim_end().to_owned()
}

fn object_doc(object: &Object<'_>) -> String {
    let fields = || object.fields.iter();
    let unsent: Vec<_> = fields().filter(|field| field.is_unsent()).collect();
    let flattened = fields().filter(|field| matches!(field.place, Place::Flattened));
    let mut state = sent(object, |role| !matches!(role, Role::Variant | Role::Skip));
    state.extend(object.tag.iter().map(|(name, _)| name.clone()));
    state.sort_by(|left, right| json_name::compare(left, right));
    sentences(&[
        ("State", state),
        ("Variant", sent(object, |role| role == Role::Variant)),
        ("In no tag", sent(object, |role| role == Role::Skip)),
        ("Flattened", members(&flattened.collect::<Vec<_>>())),
        ("Shows the tag", object.embed.iter().cloned().collect()),
        ("Not sent", members(&unsent)),
    ])
}

/// The names of the members whose role is asked for, in canonical order.
fn sent(object: &Object<'_>, is_asked: impl Fn(Role) -> bool) -> Vec<String> {
    let asked = object.fields.iter().filter(|field| is_asked(field.role));
    let mut names: Vec<_> = asked
        .filter_map(|field| match &field.place {
            Place::Sent(name) => Some(name.clone()),
            Place::Flattened | Place::Unsent => None,
        })
        .collect();
    names.sort_by(|left, right| json_name::compare(left, right));
    names
}

fn members(fields: &[&Field<'_>]) -> Vec<String> {
    let names = fields.iter().map(|field| member_name(&field.member));
    names.collect()
}

/// ``State: `id`, `title`. Variant: `author`.``, without what is empty.
fn sentences(sections: &[(&str, Vec<String>)]) -> String {
    let present = sections.iter().filter(|(_, names)| !names.is_empty());
    let sentences = present.map(|(label, names)| format!("{label}: {}.", listed(names)));
    sentences.collect::<Vec<_>>().join(" ")
}

fn listed(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}
