//! What is to be expanded: the type with every question answered.
//!
//! A model can be made of any input; where the input contradicts itself it follows the first thing
//! said. [`check`](crate::check) is what lets only those through that contradict nothing.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, ExprPath, Fields, Generics, LitStr, Member, Path, Type, WherePredicate};

use crate::attributes::{self, Input, RoleKey};
use crate::choices::Choice;
use crate::rename::Rule;
use crate::serde_attributes::{self, member_name};

pub(crate) struct Versioned<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where the traits are, if not in `::etag_core`.
    pub(crate) krate: Option<&'a Path>,
    /// The bounds that replace the inferred ones.
    pub(crate) bound: Option<Vec<&'a WherePredicate>>,
    pub(crate) epoch: Option<u64>,
    pub(crate) cache_control: Option<String>,
    pub(crate) vary: Option<String>,
    pub(crate) keyed: bool,
    pub(crate) shape: Shape<'a>,
    pub(crate) resource: Option<Resource<'a>>,
    /// Whether a key is none that is known: it may have been meant to be `store`.
    pub(crate) may_be_stored: bool,
}

/// What a value looks like.
pub(crate) enum Shape<'a> {
    Object(Object<'a>),
    Array(Vec<Field<'a>>),
    Transparent(Field<'a>),
    /// A unit struct.
    Null,
    /// What the value is converted into.
    Into(&'a serde_attributes::Into),
    /// The variants of an enum.
    Cases(Vec<Case<'a>>),
}

pub(crate) struct Object<'a> {
    pub(crate) embed: Option<String>,
    /// The member that says which struct this is, and what it says.
    pub(crate) tag: Option<(String, String)>,
    /// In the order of the struct.
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) role: Role,
    pub(crate) place: Place,
    /// Where `unless` holds it is left out.
    pub(crate) unless: Option<&'a ExprPath>,
    /// The function that writes it, where the type itself does not.
    pub(crate) with: Option<&'a ExprPath>,
}

/// What a field is for: one thing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Member,
    Serde,
    Id,
    Revision,
    Modified,
    Variant,
    Skip,
    /// The list of an envelope: a member `items` of a type that is answered with, and not stored.
    Items,
}

/// Where a field is in the body.
pub(crate) enum Place {
    /// A member of this name, before JSON's escapes.
    Sent(String),
    Flattened,
    Unsent,
}

/// A variant of an enum.
pub(crate) struct Case<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) fields: &'a Fields,
    pub(crate) name: String,
    pub(crate) tagging: Tagging<'a>,
    pub(crate) content: Content<'a>,
}

/// How a variant is told from the others, in serde's words.
#[derive(Clone, Copy)]
pub(crate) enum Tagging<'a> {
    External,
    Internal(&'a LitStr),
    Adjacent { tag: &'a LitStr, content: &'a LitStr },
    Untagged,
}

/// What a variant holds.
pub(crate) enum Content<'a> {
    /// It is never sent.
    Unsent,
    Nothing,
    Newtype(Field<'a>),
    Array(Vec<Field<'a>>),
    Object(Vec<Field<'a>>),
    /// What a function writes.
    With(&'a ExprPath),
}

pub(crate) struct Resource<'a> {
    pub(crate) store: &'a Type,
    pub(crate) policy: Option<&'a Type>,
    pub(crate) collection: String,
    pub(crate) key: Key<'a>,
    pub(crate) query: Option<String>,
    pub(crate) collection_tag: bool,
    pub(crate) choices: &'a [Choice],
    /// The fields that hold the time of the version.
    pub(crate) modified: Option<Member>,
    pub(crate) revision: Option<Member>,
}

/// What identifies a stored value.
pub(crate) enum Key<'a> {
    /// Only the path does.
    Path(&'a Type),
    Fields(Vec<Id<'a>>),
}

pub(crate) struct Id<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) parameter: String,
    /// The member that shows it; empty where it is not sent.
    pub(crate) name: String,
}

impl<'a> Versioned<'a> {
    pub(crate) fn new(input: &'a Input<'_>) -> Self {
        let keys = &input.keys;
        Self {
            ident: &input.item.ident,
            generics: &input.item.generics,
            krate: keys.krate.as_ref().map(|krate| &krate.value),
            bound: keys.bound.as_ref().map(|bound| bound.value.iter().collect()),
            epoch: keys.epoch.as_ref().map(|epoch| epoch.value),
            cache_control: keys.cache_control.as_ref().map(|value| value.value.value()),
            vary: keys.vary.as_ref().map(|value| value.value.value()),
            keyed: keys.keyed,
            shape: Shape::new(input),
            resource: Resource::new(input),
            may_be_stored: keys.has_unknown,
        }
    }

    /// What the attributes name and the description repeats: functions, and the type that `into` leads to.
    pub(crate) fn paths(&self) -> TokenStream {
        let mut paths = TokenStream::new();
        match &self.shape {
            Shape::Into(into) => into.ty.to_tokens(&mut paths),
            Shape::Cases(cases) => cases.iter().for_each(|case| case.content.with().to_tokens(&mut paths)),
            Shape::Object(_) | Shape::Array(_) | Shape::Transparent(_) | Shape::Null => {}
        }
        for field in self.shape.fields() {
            field.unless.to_tokens(&mut paths);
            field.with.to_tokens(&mut paths);
        }
        paths
    }
}

impl<'a> Shape<'a> {
    fn new(input: &'a Input<'_>) -> Self {
        if let Some(into) = &input.serde.into {
            return Self::Into(&into.value);
        }
        let Data::Struct(data) = &input.item.data else {
            return Self::Cases(cases(input));
        };
        let mut fields = Field::all(&input.fields, input.serde.rename_all);
        if let Some(only) = transparent(input, &data.fields) {
            return Self::Transparent(fields.swap_remove(only));
        }
        match data.fields {
            Fields::Unnamed(_) => Self::Array(fields),
            Fields::Unit => Self::Null,
            Fields::Named(_) => Self::Object(Object {
                fields: if input.keys.store.is_none() { with_items(fields) } else { fields },
                embed: input.keys.embed.as_ref().map(|embed| embed.value.value()),
                tag: input.serde.tag.as_ref().map(|tag| (tag.value.value(), type_name(input))),
            }),
        }
    }
}

impl<'a> Shape<'a> {
    /// The fields that are described, those of the variants too.
    pub(crate) fn fields(&self) -> Vec<&Field<'a>> {
        match self {
            Self::Object(object) => object.fields.iter().collect(),
            Self::Array(fields) => fields.iter().collect(),
            Self::Transparent(field) => vec![field],
            Self::Null | Self::Into(_) => Vec::new(),
            Self::Cases(cases) => cases.iter().flat_map(|case| case.content.fields()).collect(),
        }
    }

    /// What the fields are called in Rust, also those of a variant that a function writes as a whole.
    pub(crate) fn members(&self) -> Vec<Member> {
        match self {
            Self::Cases(cases) => cases.iter().flat_map(|case| case.fields.members()).collect(),
            _ => self.fields().into_iter().map(|field| field.member.clone()).collect(),
        }
    }
}

impl<'a> Content<'a> {
    fn fields(&self) -> &[Field<'a>] {
        match self {
            Self::Newtype(field) => std::slice::from_ref(field),
            Self::Array(fields) | Self::Object(fields) => fields,
            Self::Unsent | Self::Nothing | Self::With(_) => &[],
        }
    }

    fn with(&self) -> Option<&'a ExprPath> {
        match self {
            Self::With(with) => Some(with),
            _ => None,
        }
    }
}

/// The one field whose form is the struct's.
fn transparent(input: &Input<'_>, fields: &Fields) -> Option<usize> {
    if input.serde.transparent.is_some() {
        return input.fields.iter().position(may_be_transparent);
    }
    match (fields, &input.fields[..]) {
        (Fields::Unnamed(_), [only]) if only.serde.skip.is_none() => Some(0),
        _ => None,
    }
}

fn with_items(mut fields: Vec<Field<'_>>) -> Vec<Field<'_>> {
    for field in &mut fields {
        let is_items = matches!(&field.place, Place::Sent(name) if name == "items");
        if is_items && field.role == Role::Member {
            field.role = Role::Items;
        }
    }
    fields
}

impl<'a> Field<'a> {
    fn all(fields: &'a [attributes::Field<'_>], rule: Option<Rule>) -> Vec<Self> {
        fields.iter().map(|field| Self::new(field, rule)).collect()
    }

    fn new(input: &'a attributes::Field<'_>, rule: Option<Rule>) -> Self {
        let serde = &input.serde;
        let place = if serde.skip.is_some() {
            Place::Unsent
        } else if serde.flatten.is_some() {
            Place::Flattened
        } else {
            Place::Sent(sent_name(input, rule))
        };
        Self {
            member: input.member.clone(),
            ty: &input.item.ty,
            role: Role::of(&input.keys),
            place,
            unless: serde.skip_if.as_ref().map(|unless| &unless.value),
            with: serde.with.as_ref().map(|with| &with.value),
        }
    }

    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.place, Place::Unsent)
    }
}

impl<'a> Content<'a> {
    fn new(input: &'a attributes::Variant<'_>, rule: Option<Rule>) -> Self {
        if input.serde.skip {
            return Self::Unsent;
        }
        if let Some(with) = &input.serde.with {
            return Self::With(&with.value);
        }
        let mut fields = Field::all(&input.fields, rule);
        match (&input.item.fields, &fields[..]) {
            (Fields::Unit, _) => Self::Nothing,
            (Fields::Named(_), _) => Self::Object(fields),
            (Fields::Unnamed(_), [only]) if only.is_unsent() => Self::Nothing,
            (Fields::Unnamed(_), [_]) => Self::Newtype(fields.swap_remove(0)),
            (Fields::Unnamed(_), _) => Self::Array(fields),
        }
    }
}

impl Role {
    fn of(keys: &attributes::FieldKeys) -> Self {
        match keys.roles.first().map(|role| role.value) {
            None => Self::Member,
            Some(RoleKey::Serde) => Self::Serde,
            Some(RoleKey::Id) => Self::Id,
            Some(RoleKey::Revision) => Self::Revision,
            Some(RoleKey::Modified) => Self::Modified,
            Some(RoleKey::Variant) => Self::Variant,
            Some(RoleKey::Skip) => Self::Skip,
        }
    }
}

impl<'a> Resource<'a> {
    fn new(input: &'a Input<'_>) -> Option<Self> {
        let keys = &input.keys;
        let string = |name: &syn::LitStr| name.value();
        let collection = keys.collection.as_ref().map(|name| string(&name.value));
        let with = |role| {
            let mut fields = input.fields.iter();
            let field = fields.find(|field| Role::of(&field.keys) == role)?;
            Some(field.member.clone())
        };
        Some(Self {
            store: &keys.store.as_ref()?.value,
            policy: keys.authorize.as_ref().map(|policy| &policy.value),
            collection: collection.unwrap_or_else(|| input.item.ident.unraw().to_string()),
            key: Key::new(input),
            query: keys.query.as_ref().map(|query| string(&query.value)),
            collection_tag: keys.collection_tag,
            choices: &keys.choices,
            modified: with(Role::Modified),
            revision: with(Role::Revision),
        })
    }
}

impl<'a> Key<'a> {
    fn new(input: &'a Input<'_>) -> Self {
        if let Some(key) = &input.keys.key {
            return Self::Path(&key.value);
        }
        let fields = input.fields.iter();
        let ids = fields.filter(|field| Role::of(&field.keys) == Role::Id);
        Self::Fields(ids.map(|id| Id::new(id, input.serde.rename_all)).collect())
    }
}

impl<'a> Id<'a> {
    fn new(field: &'a attributes::Field<'_>, rule: Option<Rule>) -> Self {
        let parameter = field.keys.parameter.as_ref().map(syn::LitStr::value);
        let is_sent = field.serde.skip.is_none();
        Self {
            member: field.member.clone(),
            ty: &field.item.ty,
            parameter: parameter.unwrap_or_else(|| member_name(&field.member)),
            name: if is_sent { sent_name(field, rule) } else { String::new() },
        }
    }
}

fn cases<'a>(input: &'a Input<'_>) -> Vec<Case<'a>> {
    let keys = &input.serde;
    let tagging = match (&keys.untagged, &keys.tag, &keys.content) {
        (Some(_), ..) => Tagging::Untagged,
        (None, Some(tag), Some(content)) => Tagging::Adjacent { tag: &tag.value, content: &content.value },
        (None, Some(tag), None) => Tagging::Internal(&tag.value),
        (None, None, _) => Tagging::External,
    };
    let each = input.variants.iter().map(|variant| Case {
        ident: &variant.item.ident,
        fields: &variant.item.fields,
        name: variant_name(variant, keys.rename_all),
        tagging: if variant.serde.untagged { Tagging::Untagged } else { tagging },
        content: Content::new(variant, field_rule(input, variant)),
    });
    each.collect()
}

/// The rule for the names of a variant's fields.
pub(crate) fn field_rule(input: &Input<'_>, variant: &attributes::Variant<'_>) -> Option<Rule> {
    let of_all = input.serde.rename_all_fields.as_ref().map(|rule| rule.value);
    variant.serde.rename_all.or(of_all)
}

/// The name that serde gives the type itself, which a struct's `tag` shows.
fn type_name(input: &Input<'_>) -> String {
    match &input.serde.rename {
        Some(rename) => rename.value(),
        None => input.item.ident.unraw().to_string(),
    }
}

/// Whether this can be the one field of a transparent struct: serde passes over markers.
pub(crate) fn may_be_transparent(field: &attributes::Field<'_>) -> bool {
    let is_marker = match ungrouped(&field.item.ty) {
        Type::Path(ty) => {
            let last = ty.path.segments.last();
            last.is_some_and(|segment| segment.ident == "PhantomData")
        }
        _ => false,
    };
    !is_marker && field.serde.skip.is_none()
}

/// A type as it was written, where a macro was given it.
pub(crate) fn ungrouped(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// The name that serde gives a field: `rename`, else what `rename_all` makes of its own.
pub(crate) fn sent_name(field: &attributes::Field<'_>, rule: Option<Rule>) -> String {
    let own = member_name(&field.member);
    match (&field.serde.rename, rule) {
        (Some(rename), _) => rename.value(),
        (None, Some(rule)) => rule.field(&own),
        (None, None) => own,
    }
}

fn variant_name(variant: &attributes::Variant<'_>, rule: Option<Rule>) -> String {
    let own = variant.item.ident.unraw().to_string();
    match (&variant.serde.rename, rule) {
        (Some(rename), _) => rename.value(),
        (None, Some(rule)) => rule.variant(&own),
        (None, None) => own,
    }
}
