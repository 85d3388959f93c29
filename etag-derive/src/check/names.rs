//! What the members are called on the wire, whatever they are called in Rust.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::LitStr;

use crate::attributes::{Field, Input};
use crate::errors::{Errors, Refusal};
use crate::model::{Content, Shape, Tagging, Versioned, field_rule, sent_name};
use crate::rename::Rule;

pub(super) fn differ(input: &Input<'_>, model: &Versioned<'_>, errors: &mut Errors) {
    if matches!(model.shape, Shape::Object(_)) {
        let tag = input.serde.tag.as_ref().map(|tag| &tag.value);
        let names = members_differ(&input.fields, input.serde.rename_all, tag, errors);
        embedded_tag_differs(input, &names, errors);
    }
    let Shape::Cases(cases) = &model.shape else {
        return;
    };
    for (variant, case) in input.variants.iter().zip(cases) {
        let tag = match case.tagging {
            Tagging::Internal(tag) => Some(tag),
            _ => None,
        };
        if matches!(case.content, Content::Object(_)) {
            members_differ(&variant.fields, field_rule(input, variant), tag, errors);
        }
    }
}

/// Says the names too.
fn members_differ(
    fields: &[Field<'_>],
    rule: Option<Rule>,
    tag: Option<&LitStr>,
    errors: &mut Errors,
) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = tag.iter().map(|tag| tag.value()).collect();
    for field in fields {
        let name = sent_name(field, rule);
        let is_member = field.serde.skip.is_none() && field.serde.flatten.is_none();
        if is_member && !seen.insert(name.clone()) {
            let rename = field.serde.rename.to_token_stream();
            errors.refuse(first_of(rename, &field.item.ident), &named_twice(&name));
        }
    }
    seen
}

fn embedded_tag_differs(input: &Input<'_>, names: &BTreeSet<String>, errors: &mut Errors) {
    if let Some(embed) = input.keys.embed.as_ref().filter(|it| names.contains(&it.value.value())) {
        let headline = format!("`{}` has a member `{}` already", input.name(), embed.value.value());
        let help = "choose another name, or remove the field: the tag is shown without one";
        errors.refuse(&embed.value, &Refusal::new(headline).help(help));
    }
}

fn named_twice(name: &str) -> Refusal {
    Refusal::new(format!("two members are called `{name}`"))
        .help("rename one of the two: `#[serde(rename = \"...\")]`")
}

fn first_of(first: TokenStream, second: &impl ToTokens) -> TokenStream {
    if first.is_empty() {
        return second.to_token_stream();
    }
    first
}
