//! Every refusal but those of the attributes' syntax.

mod cases;
mod fields;
mod names;
mod stored;

use proc_macro2::{Ident, TokenTree};
use syn::{Data, Fields, Meta};

use crate::attributes::Input;
use crate::errors::{Errors, Refusal};
use crate::model::{Content, Place, Role, Shape, Versioned};

/// Refuses what can't have a canonical form, or would not mean what it says.
pub(crate) fn check(input: &Input<'_>, model: &Versioned<'_>, errors: &mut Errors) {
    is_no_union(input, errors);
    is_not_packed(input, errors);
    fields::check(input, errors);
    cases::check(input, model, errors);
    names::differ(input, model, errors);
    body_is_an_object(input, errors);
    tag_can_change(input, model, errors);
    stored::check(input, errors);
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

fn body_is_an_object(input: &Input<'_>, errors: &mut Errors) {
    let is_named = matches!(&input.item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
    if is_named && input.serde.transparent.is_none() && input.serde.into.is_none() {
        return;
    }
    if let Some(key) = written(input, "embed") {
        let refusal = Refusal::new("`embed` needs a struct with named fields")
            .help("remove it, or put it on the struct that this type is a member of");
        errors.refuse(key, &refusal);
    }
}

fn tag_can_change(input: &Input<'_>, model: &Versioned<'_>, errors: &mut Errors) {
    let can_change = match &model.shape {
        Shape::Object(object) => object.fields.iter().any(|field| match field.place {
            Place::Flattened => true,
            Place::Sent(_) => field.role != Role::Skip,
            Place::Unsent => field.role == Role::Revision,
        }),
        Shape::Array(fields) => fields.iter().any(|field| !field.is_unsent()),
        Shape::Transparent(_) | Shape::Into(_) => true,
        // What a variant or a member holds: that is there, or it is not.
        Shape::Null => ["store", "embed", "epoch"].iter().all(|key| written(input, key).is_none()),
        Shape::Cases(cases) => cases.iter().any(|case| !matches!(case.content, Content::Unsent)),
    };
    if can_change || matches!(input.item.data, Data::Union(_)) {
        return;
    }
    let owner = input.name();
    let (headline, part) = match input.item.data {
        Data::Enum(_) => (format!("`{owner}` has no variant to send"), "variant"),
        _ => (format!("the tag of `{owner}` would never change"), "field"),
    };
    let help = if input.fields.is_empty() && input.variants.is_empty() {
        format!("add a {part}, or do not derive `Versioned`")
    } else {
        "remove a `skip`, or do not derive `Versioned`".to_owned()
    };
    errors.refuse(&input.item.ident, &Refusal::new(headline).help(help));
}

/// The key of this name, even if its value could not be read: that has been reported already.
pub(super) fn written<'i>(input: &'i Input<'_>, name: &str) -> Option<&'i Ident> {
    input.keys.written.iter().find(|key| *key == name)
}
