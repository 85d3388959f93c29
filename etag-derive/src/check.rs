//! Every refusal but those of the attributes' syntax.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Data, Fields, Meta};

use crate::attributes::{Input, RoleKey};
use crate::entries::Keyed;
use crate::errors::{Errors, Refusal};
use crate::model::{Place, Role, Shape, Versioned, may_be_transparent, sent_name, unit_name};
use crate::serde_attributes::member_name;

/// Refuses what can't have a canonical form, or would not mean what it says.
pub(crate) fn check(input: &Input<'_>, model: &Versioned<'_>, errors: &mut Errors) {
    is_no_union(input, errors);
    is_not_packed(input, errors);
    variants_carry_no_data(input, errors);
    fields_have_one_role(input, errors);
    roles_have_named_fields(input, errors);
    roles_fit_serde(input, errors);
    members_can_be_left_out(input, errors);
    flattened_fields_have_names(input, errors);
    transparent_has_one_field(input, errors);
    stamps_are_single(input, errors);
    names_differ(input, errors);
    body_is_an_object(input, errors);
    tag_can_change(input, model, errors);
    store_is_named(input, errors);
    stored_type_has_a_key(input, errors);
    stored_type_is_concrete(input, errors);
    stored_type_shows_what_it_stores(input, errors);
}

fn is_no_union(input: &Input<'_>, errors: &mut Errors) {
    if let Data::Union(data) = &input.item.data {
        let refusal =
            Refusal::new("a union cannot be versioned: which field is live is not known").help("use an enum");
        errors.refuse(data.union_token, &refusal);
    }
}

fn is_not_packed(input: &Input<'_>, errors: &mut Errors) {
    for attribute in &input.item.attrs {
        let Meta::List(list) = &attribute.meta else {
            continue;
        };
        let is_packed = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "packed");
        let packed = list.tokens.clone().into_iter().find(is_packed);
        if let Some(packed) = packed.filter(|_| list.path.is_ident("repr")) {
            let refusal = Refusal::new("a packed struct cannot be tagged by reference")
                .help("remove `packed`, or derive `Versioned` on a struct that this one is copied into")
                .note("fields of a packed struct may be unaligned");
            errors.refuse(packed, &refusal);
        }
    }
}

fn variants_carry_no_data(input: &Input<'_>, errors: &mut Errors) {
    for variant in &input.variants {
        if !matches!(variant.item.fields, Fields::Unit) && !variant.serde.skip {
            let name = &variant.item.ident;
            let headline = format!("`{name}` carries data: only variants without data have a canonical form");
            let help = format!(
                "remove `#[derive(Versioned)]`, and mark the fields that hold a `{}` with `#[versioned(serde)]`",
                input.item.ident
            );
            let refusal = Refusal::new(headline).help(help);
            errors.refuse(&variant.item.fields, &refusal);
        }
    }
}

fn fields_have_one_role(input: &Input<'_>, errors: &mut Errors) {
    for field in &input.fields {
        let mut roles = field.keys.roles.iter();
        if let Some(first) = roles.next() {
            for second in roles {
                errors.refuse(&second.key, &contradiction(first, second));
            }
        }
    }
}

fn contradiction(first: &Keyed<RoleKey>, second: &Keyed<RoleKey>) -> Refusal {
    let (first_key, second_key) = (&first.key, &second.key);
    let headline = format!("`{second_key}` contradicts `{first_key}` on the same field");
    let reason = match (first.value, second.value) {
        (RoleKey::Serde, _) => return not_with_serde(second_key),
        (_, RoleKey::Serde) => return not_with_serde(first_key),
        (RoleKey::Revision, RoleKey::Modified) | (RoleKey::Modified, RoleKey::Revision) => {
            return Refusal::new(headline)
                .help("remove `modified`: a revision on a time is the modification time too");
        }
        (RoleKey::Id, _) => "an id names the resource",
        (RoleKey::Revision, _) => "a revision is the state",
        (RoleKey::Modified, _) => "a modification time is part of the state",
        (RoleKey::Variant, _) => "a variant is in the tag, but not in its state",
        (RoleKey::Skip, _) => "a skipped field is in no tag",
    };
    Refusal::new(headline).help(format!("{reason}; remove one of the two"))
}

fn not_with_serde(role: &Ident) -> Refusal {
    Refusal::new(format!("`serde` can't be combined with `{role}` yet"))
        .help("wrap the type in a newtype with `#[versioned(serde)]` and derive `Versioned` on it")
}

/// The elements of an array, and what a newtype wraps, have no role of their own.
fn roles_have_named_fields(input: &Input<'_>, errors: &mut Errors) {
    let is_transparent = input.serde.transparent.is_some();
    for field in &input.fields {
        for role in &field.keys.roles {
            let key = &role.key;
            let help = if field.item.ident.is_none() {
                format!("give the fields of `{}` names", input.item.ident)
            } else {
                "remove `#[serde(transparent)]`, or derive the role on the type inside".to_owned()
            };
            let is_nameless = field.item.ident.is_none() || is_transparent;
            if is_nameless && role.value != RoleKey::Serde {
                let headline = format!("`{key}` needs a member with a name");
                errors.refuse(key, &Refusal::new(headline).help(help));
            }
        }
    }
}

fn roles_fit_serde(input: &Input<'_>, errors: &mut Errors) {
    for field in &input.fields {
        if let Some(role) = field.keys.roles.first() {
            let key = &role.key;
            let is_kept_out = matches!(role.value, RoleKey::Id | RoleKey::Revision | RoleKey::Modified);
            if let Some(skip) = field.serde.skip.as_ref().filter(|_| !is_kept_out) {
                let headline = format!("`{key}` contradicts `#[serde({skip})]`: the field is not sent");
                errors.refuse(key, &Refusal::new(headline).help("remove one of the two"));
            } else if field.serde.flatten.is_some() && field.serde.skip.is_none() {
                let headline = format!("`{key}` contradicts `#[serde(flatten)]`");
                let refusal = Refusal::new(headline)
                    .help("remove one of the two")
                    .note("the members of a flattened field keep the roles of their own type");
                errors.refuse(key, &refusal);
            }
        }
    }
}

fn members_can_be_left_out(input: &Input<'_>, errors: &mut Errors) {
    for field in &input.fields {
        let Some(Keyed { key, .. }) = &field.serde.skip_if else {
            continue;
        };
        let role = field.keys.roles.first();
        let name = member_name(&field.member);
        let refusal = match role.map(|role| (role.value, &role.key)) {
            _ if field.serde.skip.is_some() => continue,
            Some((RoleKey::Id | RoleKey::Revision | RoleKey::Modified, role)) => {
                Refusal::new(format!("`{key}` contradicts `{role}`: `{name}` is always sent"))
                    .help("remove it, or keep the field out of the body with `#[serde(skip)]`")
            }
            _ if field.serde.flatten.is_some() => {
                Refusal::new(format!("`{key}` can't leave out what is flattened"))
                    .help("remove it, or put it on the fields of the type inside")
            }
            _ if field.item.ident.is_none() || input.serde.transparent.is_some() => {
                Refusal::new(format!("`{key}` needs a member with a name"))
                    .help(format!("remove it, or give the fields of `{}` names", input.item.ident))
            }
            _ => continue,
        };
        errors.refuse(key, &refusal);
    }
}

fn flattened_fields_have_names(input: &Input<'_>, errors: &mut Errors) {
    for field in &input.fields {
        let is_member = field.item.ident.is_some() && input.serde.transparent.is_none();
        if let Some(flatten) = field.serde.flatten.as_ref().filter(|_| !is_member) {
            let refusal = Refusal::new("`flatten` needs a struct with named fields")
                .help("remove it, or give the field a name");
            errors.refuse(flatten, &refusal);
        }
    }
}

fn transparent_has_one_field(input: &Input<'_>, errors: &mut Errors) {
    let Some(transparent) = &input.serde.transparent else {
        return;
    };
    let candidates = input.fields.iter().filter(|field| may_be_transparent(field));
    if candidates.count() != 1 {
        let refusal = Refusal::new("`transparent` needs a struct with one field that is sent")
            .help("remove it, or mark the other fields `#[serde(skip)]`");
        errors.refuse(transparent, &refusal);
    }
}

fn stamps_are_single(input: &Input<'_>, errors: &mut Errors) {
    for stamp in [RoleKey::Revision, RoleKey::Modified] {
        let first_roles = input.fields.iter().filter_map(|field| field.keys.roles.first());
        for second in first_roles.filter(|role| role.value == stamp).skip(1) {
            let (key, owner) = (&second.key, &input.item.ident);
            let refusal =
                Refusal::new(format!("`{owner}` has two `{key}` fields")).help("remove one of the two");
            errors.refuse(key, &refusal);
        }
    }
}

/// Whatever the members are called in Rust: what counts is what they are called on the wire.
fn names_differ(input: &Input<'_>, errors: &mut Errors) {
    let rule = input.serde.rename_all;
    let mut seen = BTreeSet::new();
    let is_object = matches!(&input.item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
    for field in input.fields.iter().filter(|_| is_object) {
        let name = sent_name(field, rule);
        let is_member = field.serde.skip.is_none() && field.serde.flatten.is_none();
        if is_member && !seen.insert(name.clone()) {
            let rename = field.serde.rename.to_token_stream();
            errors.refuse(first_of(rename, &field.item.ident), &named_twice("members", &name));
        }
    }
    if let Some(embed) = input.keys.embed.as_ref().filter(|it| seen.contains(&it.value.value())) {
        let headline = format!("`{}` has a member `{}` already", input.item.ident, embed.value.value());
        let help = "choose another name, or remove the field: the tag is shown without one";
        errors.refuse(&embed.value, &Refusal::new(headline).help(help));
    }
    let mut seen = BTreeSet::new();
    for variant in input.variants.iter().filter(|variant| !variant.serde.skip) {
        let name = unit_name(variant, rule);
        if !seen.insert(name.clone()) {
            let rename = variant.serde.rename.to_token_stream();
            errors.refuse(first_of(rename, &variant.item.ident), &named_twice("variants", &name));
        }
    }
}

fn named_twice(what: &str, name: &str) -> Refusal {
    Refusal::new(format!("two {what} are called `{name}`"))
        .help("rename one of the two: `#[serde(rename = \"...\")]`")
}

fn first_of(first: TokenStream, second: &impl ToTokens) -> TokenStream {
    if first.is_empty() {
        return second.to_token_stream();
    }
    first
}

fn body_is_an_object(input: &Input<'_>, errors: &mut Errors) {
    let is_named = matches!(&input.item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
    if is_named && input.serde.transparent.is_none() {
        return;
    }
    for name in ["epoch", "embed"] {
        if let Some(key) = written(input, name) {
            let refusal = Refusal::new(format!("`{name}` needs a struct with named fields"))
                .help("remove it, or put it on the struct that this type is a member of");
            errors.refuse(key, &refusal);
        }
    }
}

fn tag_can_change(input: &Input<'_>, model: &Versioned<'_>, errors: &mut Errors) {
    let can_change = match &model.shape {
        Shape::Object(object) => object.fields.iter().any(|field| match field.place {
            Place::Flattened => true,
            Place::Sent { .. } => field.role != Role::Skip,
            Place::Unsent => field.role == Role::Revision,
        }),
        Shape::Array(fields) => fields.iter().any(|field| !field.is_unsent()),
        Shape::Transparent(_) => true,
        Shape::Units(units) => !units.is_empty(),
    };
    if can_change || matches!(input.item.data, Data::Union(_)) {
        return;
    }
    let owner = &input.item.ident;
    let (headline, part) = match input.item.data {
        Data::Enum(_) => (format!("`{owner}` has no variant to send"), "variant"),
        _ => (format!("the tag of `{owner}` would never change"), "field"),
    };
    let help = if input.fields.is_empty() && input.variants.is_empty() {
        format!("add a {part}, or do not derive `Versioned`")
    } else {
        "remove a `skip`, or do not derive `Versioned`".to_owned()
    };
    errors.refuse(owner, &Refusal::new(headline).help(help));
}

fn store_is_named(input: &Input<'_>, errors: &mut Errors) {
    if written(input, "store").is_some() || input.keys.has_unknown {
        return;
    }
    for name in ["collection", "authorize", "key", "if_match", "query", "create"] {
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
            let refusal = Refusal::new("a stored type needs a key").help(
                "mark the field that identifies it with `#[versioned(id)]`, or write `key = ...` for one that is only in the path",
            );
            errors.refuse(store, &refusal);
        }
        Some(key) if has_id => {
            let refusal = Refusal::new("`key` contradicts the field that is marked `id`")
                .help("remove one of the two: the key is the `id` field, or only in the path");
            errors.refuse(key, &refusal);
        }
        _ => {}
    }
}

fn stored_type_is_concrete(input: &Input<'_>, errors: &mut Errors) {
    let owner = &input.item.ident;
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
                input.item.ident
            );
            errors.refuse(key, &Refusal::new(headline).help(help));
        }
    }
}

/// The key of this name, even if its value could not be read: that has been reported already.
fn written<'i>(input: &'i Input<'_>, name: &str) -> Option<&'i Ident> {
    input.keys.written.iter().find(|key| *key == name)
}
