//! How the variants of an enum are told apart.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, Fields, LitStr};

use crate::attributes::{Input, RoleKey};
use crate::check::fields::{flattened_field_has_a_name, newtype_is_sent, serde_stands_alone};
use crate::entries::Keyed;
use crate::errors::{Errors, Refusal};
use crate::model::{Content, Shape, Tagging, Versioned};

pub(super) fn check(input: &Input<'_>, model: &Versioned<'_>, errors: &mut Errors) {
    keys_are_for_an_enum(input, errors);
    if matches!(input.item.data, Data::Enum(_)) {
        keys_go_together(input, errors);
    }
    tag_has_a_place(model, errors);
    let owner = input.name();
    for variant in &input.variants {
        let name = variant.item.ident.unraw();
        for field in &variant.fields {
            has_no_role(field.keys.roles.as_slice(), &name, &owner, errors);
            flattened_field_has_a_name(field, field.item.ident.is_some(), errors);
            if let (Some(with), None) = (&variant.serde.with, &field.serde.with) {
                serde_stands_alone(field, &with.key, errors);
            }
        }
        if let (Fields::Unnamed(_), [only]) = (&variant.item.fields, &variant.fields[..]) {
            newtype_is_sent(only, &name, errors);
        }
    }
}

/// A struct has a `tag` too: a member that says its name.
fn keys_are_for_an_enum(input: &Input<'_>, errors: &mut Errors) {
    let (is_enum, has_members) = match &input.item.data {
        Data::Enum(_) => (true, false),
        Data::Struct(data) => {
            (false, matches!(data.fields, Fields::Named(_)) && input.serde.transparent.is_none())
        }
        Data::Union(_) => return,
    };
    let keys = &input.serde;
    let tag = keys.tag.as_ref().map(|tag| &tag.key).filter(|_| !has_members);
    let content = keys.content.as_ref().map(|content| &content.key);
    let of_fields = keys.rename_all_fields.as_ref().map(|rule| &rule.key);
    for key in [tag, content, keys.untagged.as_ref(), of_fields].into_iter().flatten().filter(|_| !is_enum) {
        let what = if key == "tag" { "an enum, or for a struct with named fields" } else { "an enum" };
        let help = if key == "rename_all_fields" { "write `rename_all`, or remove it" } else { "remove it" };
        errors.refuse(key, &Refusal::new(format!("`{key}` is for {what}")).help(help));
    }
    if let Some(transparent) = keys.transparent.as_ref().filter(|_| is_enum) {
        let refusal = Refusal::new("`transparent` is for a struct").help("write `untagged`, or remove it");
        errors.refuse(transparent, &refusal);
    }
}

fn keys_go_together(input: &Input<'_>, errors: &mut Errors) {
    let keys = &input.serde;
    match (&keys.untagged, &keys.tag, &keys.content) {
        (Some(untagged), Some(Keyed { key, .. }), _) | (Some(untagged), None, Some(Keyed { key, .. })) => {
            let refusal =
                Refusal::new(format!("`{untagged}` contradicts `{key}`")).help("remove one of the two");
            errors.refuse(untagged, &refusal);
        }
        (None, None, Some(content)) => {
            let refusal = Refusal::new("`content` needs a `tag` beside it")
                .help("add one: `#[serde(tag = \"type\", content = \"content\")]`");
            errors.refuse(&content.key, &refusal);
        }
        (None, Some(tag), Some(content)) if tag.value.value() == content.value.value() => {
            let headline = format!("`tag` and `content` are both called `{}`", content.value.value());
            errors.refuse(
                &content.value,
                &Refusal::new(headline).help("choose another name for one of the two"),
            );
        }
        _ => {}
    }
}

/// An array has no members, so a tag is none of them.
fn tag_has_a_place(model: &Versioned<'_>, errors: &mut Errors) {
    let Shape::Cases(cases) = &model.shape else {
        return;
    };
    for case in cases {
        if let (Tagging::Internal(tag), Content::Array(_)) = (case.tagging, &case.content) {
            errors.refuse(case.fields, &no_place(&case.ident.unraw(), tag));
        }
    }
}

fn no_place(variant: &Ident, tag: &LitStr) -> Refusal {
    Refusal::new(format!("`{variant}` is an array, which has no member `{}`", tag.value()))
        .help("give its fields names, or add a `content` beside the `tag`")
}

fn has_no_role(roles: &[Keyed<RoleKey>], variant: &Ident, owner: &Ident, errors: &mut Errors) {
    for Keyed { key, .. } in roles.iter().filter(|role| role.value != RoleKey::Serde) {
        let refusal =
            Refusal::new(format!("`{key}` needs a struct: `{variant}` is one variant of `{owner}`"))
                .help(format!("put what all variants have into a struct that flattens `{owner}`"));
        errors.refuse(key, &refusal);
    }
}
