//! The `#[serde(...)]` attributes, as far as they say what a value looks like.
//!
//! One that would change the output and is not known here is refused at its key: the canonical
//! form is what serde would send, or it is not made.

use std::fmt::Display;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, ExprPath, LitStr, Member, Type};

use crate::attributes::listed;
use crate::entries::{Entry, Keyed, Value, entries, list_entries};
use crate::errors::{Errors, Refusal};
use crate::rename::Rule;

#[derive(Default)]
pub(crate) struct TypeKeys {
    pub(crate) rename: Option<LitStr>,
    pub(crate) rename_all: Option<Rule>,
    pub(crate) rename_all_fields: Option<Keyed<Rule>>,
    pub(crate) transparent: Option<Ident>,
    pub(crate) tag: Option<Keyed<LitStr>>,
    pub(crate) content: Option<Keyed<LitStr>>,
    pub(crate) untagged: Option<Ident>,
    pub(crate) into: Option<Keyed<Into>>,
}

/// The type that a value is converted into.
pub(crate) struct Into {
    pub(crate) ty: Type,
    /// As it was written.
    pub(crate) text: String,
}

#[derive(Default)]
pub(crate) struct FieldKeys {
    pub(crate) rename: Option<LitStr>,
    /// `skip` or `skip_serializing`.
    pub(crate) skip: Option<Ident>,
    pub(crate) skip_if: Option<Keyed<ExprPath>>,
    pub(crate) flatten: Option<Ident>,
    /// The function of `serialize_with`, or that of the module of `with`.
    pub(crate) with: Option<Keyed<ExprPath>>,
}

#[derive(Default)]
pub(crate) struct VariantKeys {
    pub(crate) rename: Option<LitStr>,
    pub(crate) rename_all: Option<Rule>,
    pub(crate) skip: bool,
    pub(crate) untagged: bool,
    pub(crate) with: Option<Keyed<ExprPath>>,
}

impl TypeKeys {
    /// The keys that are serde's, and none of ours.
    pub(crate) const NAMES: [&str; 16] = [
        "rename",
        "rename_all",
        "rename_all_fields",
        "transparent",
        "tag",
        "content",
        "untagged",
        "into",
        "remote",
        "deny_unknown_fields",
        "default",
        "expecting",
        "from",
        "try_from",
        "field_identifier",
        "variant_identifier",
    ];

    pub(crate) fn read(item: &DeriveInput, errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        for entry in serde_entries(&item.attrs, errors) {
            match entry.key.to_string().as_str() {
                "rename" => keys.rename = serialized(&entry, "name", errors),
                "rename_all" => keys.rename_all = rule(&entry, errors),
                "rename_all_fields" => keys.rename_all_fields = keyed_rule(entry, errors),
                "transparent" => keys.transparent = Some(entry.key),
                "tag" => keys.tag = name(entry, errors),
                "content" => keys.content = name(entry, errors),
                "untagged" => keys.untagged = Some(entry.key),
                "into" => keys.into = into(entry, errors),
                "remote" => errors.refuse(&entry.key, &remote(&item.ident.unraw())),
                // These say how a value is read, or for which types serde's own impl is.
                "deny_unknown_fields"
                | "default"
                | "bound"
                | "crate"
                | "expecting"
                | "from"
                | "try_from"
                | "field_identifier"
                | "variant_identifier" => {}
                _ => {
                    let name = item.ident.unraw();
                    let help = format!(
                        "remove `#[derive(Versioned)]`, and mark the fields that hold `{name}` with `#[versioned(serde)]`"
                    );
                    errors.refuse(&entry.key, &unsupported(&entry.key, &name).help(help));
                }
            }
        }
        keys
    }
}

impl FieldKeys {
    /// The keys that are serde's, and none of ours.
    pub(crate) const NAMES: [&str; 12] = [
        "rename",
        "skip_serializing",
        "skip_serializing_if",
        "flatten",
        "serialize_with",
        "with",
        "alias",
        "default",
        "skip_deserializing",
        "borrow",
        "deserialize_with",
        "getter",
    ];

    pub(crate) fn read(attributes: &[Attribute], member: &Member, errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        for entry in serde_entries(attributes, errors) {
            match entry.key.to_string().as_str() {
                "rename" => keys.rename = serialized(&entry, "name", errors),
                "skip" | "skip_serializing" => keys.skip = Some(entry.key),
                "skip_serializing_if" => keys.skip_if = function(entry, "Option::is_none", errors),
                "flatten" => keys.flatten = Some(entry.key),
                "serialize_with" => keys.with = function(entry, "hex::serialize", errors),
                "with" => keys.with = module(entry, errors),
                // These say how a field is read.
                "alias" | "default" | "skip_deserializing" | "borrow" | "deserialize_with" | "bound"
                | "getter" => {}
                _ => {
                    let name = member_name(member);
                    let help = format!(
                        "wrap the type of `{name}` in a newtype that implements `Serialize` with it, and mark the field `#[versioned(serde)]`"
                    );
                    errors.refuse(&entry.key, &unsupported(&entry.key, &name).help(help));
                }
            }
        }
        keys
    }
}

impl VariantKeys {
    /// The keys that are serde's, and none of ours.
    pub(crate) const NAMES: [&str; 11] = [
        "rename",
        "rename_all",
        "skip_serializing",
        "untagged",
        "serialize_with",
        "with",
        "alias",
        "skip_deserializing",
        "deserialize_with",
        "borrow",
        "other",
    ];

    pub(crate) fn read(item: &syn::Variant, errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        for entry in serde_entries(&item.attrs, errors) {
            match entry.key.to_string().as_str() {
                "rename" => keys.rename = serialized(&entry, "name", errors),
                "rename_all" => keys.rename_all = rule(&entry, errors),
                "skip" | "skip_serializing" => keys.skip = true,
                "untagged" => keys.untagged = true,
                "serialize_with" => keys.with = function(entry, "hex::serialize", errors),
                "with" => keys.with = module(entry, errors),
                // These say how a variant is read.
                "alias" | "skip_deserializing" | "deserialize_with" | "borrow" | "bound" | "other" => {}
                _ => {
                    let help = "remove it, or mark the fields that hold the enum with `#[versioned(serde)]` instead of deriving `Versioned` on it";
                    let name = item.ident.unraw();
                    errors.refuse(&entry.key, &unsupported(&entry.key, &name).help(help));
                }
            }
        }
        keys
    }
}

/// A member's name in Rust: `title`, or `0`.
pub(crate) fn member_name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

fn serde_entries(attributes: &[Attribute], errors: &mut Errors) -> Vec<Entry> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .filter_map(|attribute| entries(attribute, errors))
        .flatten()
        .collect()
}

fn unsupported(key: &Ident, name: &impl Display) -> Refusal {
    Refusal::new(format!("`{key}` could change what `{name}` looks like, and is not supported here"))
}

fn remote(name: &Ident) -> Refusal {
    Refusal::new(format!("`remote` makes `{name}` a description of another type, which is never sent"))
        .help(format!(
            "remove `#[derive(Versioned)]`: a field with `#[serde(with = \"{name}\")]` has its form without it"
        ))
}

fn rule(entry: &Entry, errors: &mut Errors) -> Option<Rule> {
    let name = serialized(entry, "camelCase", errors)?;
    let rule = Rule::named(&name.value());
    if rule.is_none() {
        let refusal = Refusal::new(format!("unknown rename rule `{}`", name.value()))
            .help(format!("the rules are {}", listed(&Rule::NAMES)));
        errors.refuse(name, &refusal);
    }
    rule
}

fn keyed_rule(entry: Entry, errors: &mut Errors) -> Option<Keyed<Rule>> {
    let value = rule(&entry, errors)?;
    let key = entry.key;
    Some(Keyed { key, value })
}

/// The string of `key = "..."` or of `key(serialize = "...", deserialize = "...")`.
fn serialized(entry: &Entry, example: &str, errors: &mut Errors) -> Option<LitStr> {
    if let Value::List(list) = &entry.value {
        let expected = format!("a string: `serialize = \"{example}\"`");
        return list_entries(list.stream(), errors)
            .iter()
            .find(|entry| entry.key == "serialize")
            .and_then(|entry| entry.value(&expected, errors));
    }
    let expected = format!("a string: `{} = \"{example}\"`", entry.key);
    entry.value(&expected, errors)
}

fn name(entry: Entry, errors: &mut Errors) -> Option<Keyed<LitStr>> {
    let value = entry.value(&format!("a string: `{} = \"name\"`", entry.key), errors)?;
    let key = entry.key;
    Some(Keyed { key, value })
}

fn into(entry: Entry, errors: &mut Errors) -> Option<Keyed<Into>> {
    let refusal = Refusal::new("`into` needs a type such as `\"Wire\"`");
    let ty = entry.parsed(&refusal, errors)?;
    let text = entry.literal()?.value().trim().to_owned();
    let key = entry.key;
    Some(Keyed { key, value: Into { ty, text } })
}

fn function(entry: Entry, example: &str, errors: &mut Errors) -> Option<Keyed<ExprPath>> {
    let refusal =
        Refusal::new(format!("`{}` needs the path of a function such as `\"{example}\"`", entry.key));
    let value = entry.parsed(&refusal, errors)?;
    let key = entry.key;
    Some(Keyed { key, value })
}

/// The function that a module for `with` has: its `serialize`.
fn module(entry: Entry, errors: &mut Errors) -> Option<Keyed<ExprPath>> {
    let refusal = Refusal::new("`with` needs the path of a module such as `\"hex\"`");
    let mut value: ExprPath = entry.parsed(&refusal, errors)?;
    let serialize = Ident::new("serialize", value.span());
    value.path.segments.push(serialize.into());
    let key = entry.key;
    Some(Keyed { key, value })
}
