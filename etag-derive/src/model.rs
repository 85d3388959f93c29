//! What is to be expanded: the type with every question answered.
//!
//! A model can be made of any input; where the input contradicts itself it follows the first thing
//! said. [`check`](crate::check) is what lets only those through that contradict nothing.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, ExprPath, Fields, Generics, Member, Path, Type, WherePredicate};

use crate::attributes::{self, Creation, IfMatch, Input, RoleKey};
use crate::rename::Rule;
use crate::serde_attributes::member_name;

pub(crate) struct Versioned<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where the traits are, if not in `::etag_core`.
    pub(crate) krate: Option<&'a Path>,
    /// The bounds that replace the inferred ones.
    pub(crate) bound: Option<Vec<&'a WherePredicate>>,
    pub(crate) shape: Shape<'a>,
    pub(crate) resource: Option<Resource<'a>>,
}

/// What a value looks like.
pub(crate) enum Shape<'a> {
    Object(Object<'a>),
    Array(Vec<Field<'a>>),
    Transparent(Field<'a>),
    Units(Vec<Unit<'a>>),
}

pub(crate) struct Object<'a> {
    pub(crate) epoch: Option<u64>,
    pub(crate) embed: Option<String>,
    /// In the order of the struct.
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) role: Role,
    pub(crate) place: Place<'a>,
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
pub(crate) enum Place<'a> {
    /// A member of this name, before JSON's escapes, left out where `unless` holds.
    Sent {
        name: String,
        unless: Option<&'a ExprPath>,
    },
    Flattened,
    Unsent,
}

/// A variant without data.
pub(crate) struct Unit<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
}

pub(crate) struct Resource<'a> {
    pub(crate) store: &'a Type,
    pub(crate) policy: Option<&'a Type>,
    pub(crate) collection: String,
    pub(crate) key: Key<'a>,
    pub(crate) if_match: Option<IfMatch>,
    pub(crate) query: Option<String>,
    pub(crate) create: Option<Creation>,
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
            shape: Shape::new(input),
            resource: Resource::new(input),
        }
    }
}

impl<'a> Shape<'a> {
    fn new(input: &'a Input<'_>) -> Self {
        let Data::Struct(data) = &input.item.data else {
            return Self::Units(units(input));
        };
        let rule = input.serde.rename_all;
        let each = input.fields.iter();
        let mut fields: Vec<_> = each.map(|field| Field::new(field, rule)).collect();
        let is_newtype = matches!(data.fields, Fields::Unnamed(_)) && fields.len() == 1;
        let only = if input.serde.transparent.is_some() {
            input.fields.iter().position(may_be_transparent)
        } else {
            fields.iter().position(|field| is_newtype && !field.is_unsent())
        };
        if let Some(only) = only {
            return Self::Transparent(fields.swap_remove(only));
        }
        match data.fields {
            Fields::Unnamed(_) => Self::Array(fields),
            Fields::Named(_) | Fields::Unit => Self::Object(Object {
                fields: if input.keys.store.is_none() { with_items(fields) } else { fields },
                epoch: input.keys.epoch.as_ref().map(|epoch| epoch.value),
                embed: input.keys.embed.as_ref().map(|embed| embed.value.value()),
            }),
        }
    }
}

fn with_items(mut fields: Vec<Field<'_>>) -> Vec<Field<'_>> {
    for field in &mut fields {
        let is_items = matches!(&field.place, Place::Sent { name, .. } if name == "items");
        if is_items && field.role == Role::Member {
            field.role = Role::Items;
        }
    }
    fields
}

impl<'a> Field<'a> {
    fn new(input: &'a attributes::Field<'_>, rule: Option<Rule>) -> Self {
        let serde = &input.serde;
        let place = if serde.skip.is_some() {
            Place::Unsent
        } else if serde.flatten.is_some() {
            Place::Flattened
        } else {
            Place::Sent {
                name: sent_name(input, rule),
                unless: serde.skip_if.as_ref().map(|skip_if| &skip_if.value),
            }
        };
        Self { member: input.member.clone(), ty: &input.item.ty, role: Role::of(&input.keys), place }
    }

    pub(crate) fn is_unsent(&self) -> bool {
        matches!(self.place, Place::Unsent)
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
            if_match: keys.if_match.as_ref().map(|if_match| if_match.value),
            query: keys.query.as_ref().map(|query| string(&query.value)),
            create: keys.create.as_ref().map(|create| create.value),
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

fn units<'a>(input: &'a Input<'_>) -> Vec<Unit<'a>> {
    let sent = input.variants.iter().filter(|variant| !variant.serde.skip);
    let rule = input.serde.rename_all;
    sent.map(|variant| Unit { ident: &variant.item.ident, name: unit_name(variant, rule) }).collect()
}

/// Whether this can be the one field of a transparent struct: serde passes over markers.
pub(crate) fn may_be_transparent(field: &attributes::Field<'_>) -> bool {
    let is_marker = match &field.item.ty {
        Type::Path(ty) => {
            let last = ty.path.segments.last();
            last.is_some_and(|segment| segment.ident == "PhantomData")
        }
        _ => false,
    };
    !is_marker && field.serde.skip.is_none()
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

pub(crate) fn unit_name(variant: &attributes::Variant<'_>, rule: Option<Rule>) -> String {
    let own = variant.item.ident.unraw().to_string();
    match (&variant.serde.rename, rule) {
        (Some(rename), _) => rename.value(),
        (None, Some(rule)) => rule.variant(&own),
        (None, None) => own,
    }
}
