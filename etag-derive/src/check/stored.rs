//! What a stored type needs, and what only a stored type has.

use syn::{Data, Fields};

use crate::attributes::{Input, RoleKey};
use crate::check::written;
use crate::entries::Keyed;
use crate::errors::{Errors, Refusal};
use crate::serde_attributes::member_name;

pub(super) fn check(input: &Input<'_>, errors: &mut Errors) {
    store_is_named(input, errors);
    stored_type_has_a_key(input, errors);
    stored_type_is_concrete(input, errors);
    stored_type_is_what_it_sends(input, errors);
    stored_type_shows_what_it_stores(input, errors);
    key_has_one_form(input, errors);
}

fn store_is_named(input: &Input<'_>, errors: &mut Errors) {
    if written(input, "store").is_some() || input.keys.has_unknown {
        return;
    }
    let of_stored_types = [
        "collection",
        "authorize",
        "key",
        "if_match",
        "wildcard",
        "query",
        "create",
        "replay",
        "tolerate",
        "collection_tag",
    ];
    for name in of_stored_types {
        if let Some(key) = written(input, name) {
            let refusal = Refusal::new(format!("`{name}` is for a stored type"))
                .help("add `store = Database`, or remove it");
            errors.refuse(key, &refusal);
        }
    }
}

fn stored_type_has_a_key(input: &Input<'_>, errors: &mut Errors) {
    let Some(store) = written(input, "store") else {
        return;
    };
    let mut roles = input.fields.iter().flat_map(|field| &field.keys.roles);
    let has_id = roles.any(|role| role.value == RoleKey::Id);
    let has_unknown = input.keys.has_unknown || input.fields.iter().any(|field| field.keys.has_unknown);
    match written(input, "key") {
        None if !has_id && !has_unknown => {
            errors.refuse(store, &Refusal::new("a stored type needs a key").help(way_to_a_key(input)));
        }
        Some(key) if has_id => {
            let refusal = Refusal::new("`key` contradicts the field that is marked `id`")
                .help("remove one of the two: the key is the `id` field, or only in the path");
            errors.refuse(key, &refusal);
        }
        _ => {}
    }
}

fn way_to_a_key(input: &Input<'_>) -> String {
    match &input.item.data {
        Data::Enum(_) => {
            "write `key = ...`: an enum has no field to mark, so its key is only in the path".to_owned()
        }
        Data::Struct(data) if matches!(data.fields, Fields::Unnamed(_)) => format!(
            "write `key = ...` for one that is only in the path, or give the fields of `{}` names and mark one with `#[versioned(id)]`",
            input.name()
        ),
        _ => "mark the field that identifies it with `#[versioned(id)]`, or write `key = ...` for one that is only in the path".to_owned(),
    }
}

fn stored_type_is_concrete(input: &Input<'_>, errors: &mut Errors) {
    let owner = input.name();
    if let Some(store) = written(input, "store")
        && !input.item.generics.params.is_empty()
    {
        let refusal = Refusal::new(format!("`{owner}` has parameters: a stored type is one type"))
            .help(format!("remove `store`, and put it on a struct that flattens `{owner}`"));
        errors.refuse(store, &refusal);
    }
}

fn stored_type_shows_what_it_stores(input: &Input<'_>, errors: &mut Errors) {
    if written(input, "store").is_none() {
        return;
    }
    for field in &input.fields {
        let role = field.keys.roles.first().filter(|_| field.serde.skip.is_none());
        if let Some(Keyed { key, value: RoleKey::Variant | RoleKey::Skip }) = role {
            let name = member_name(&field.member);
            let headline = format!("a stored type cannot show what it does not store: `{name}`");
            let help = format!(
                "move it to a view that flattens `{}`, or keep it out of the body with `#[serde(skip)]`",
                input.name()
            );
            errors.refuse(key, &Refusal::new(headline).help(help));
        }
    }
}

/// In the path and in the body.
fn key_has_one_form(input: &Input<'_>, errors: &mut Errors) {
    if written(input, "store").is_none() {
        return;
    }
    for field in input.fields.iter().filter(|field| field.serde.skip.is_none()) {
        if let (Some(Keyed { key, value: RoleKey::Id }), Some(with)) =
            (field.keys.roles.first(), &field.serde.with)
        {
            let refusal = Refusal::new(format!("`{}` can't be combined with `{key}`", with.key))
                .help("put it on the field of a newtype that is the key, and derive `Versioned` on that");
            errors.refuse(&with.key, &refusal);
        }
    }
}

fn stored_type_is_what_it_sends(input: &Input<'_>, errors: &mut Errors) {
    if let Some(into) = input.serde.into.as_ref().filter(|_| written(input, "store").is_some()) {
        let owner = input.name();
        let refusal =
            Refusal::new(format!("`into` contradicts `store`: what is stored is what `{owner}` becomes"))
                .help("put `store` on the type that it is converted into");
        errors.refuse(&into.key, &refusal);
    }
}
