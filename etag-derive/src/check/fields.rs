//! What the attributes of a field say together.

use proc_macro2::Ident;
use syn::{PathArguments, PathSegment, Type};

use crate::attributes::{Field, Input, RoleKey};
use crate::entries::Keyed;
use crate::errors::{Errors, Refusal};
use crate::model::{may_be_transparent, ungrouped};
use crate::serde_attributes::member_name;

pub(super) fn check(input: &Input<'_>, errors: &mut Errors) {
    let owner = &input.name();
    for field in input.all_fields() {
        has_one_role(field, errors);
        role_fits_serde(field, errors);
        serde_does_something(field, errors);
        can_be_left_out(field, errors);
    }
    for field in &input.fields {
        role_has_a_member(field, input, errors);
        stamp_has_a_type(field, errors);
        let is_member = field.item.ident.is_some() && input.serde.transparent.is_none();
        flattened_field_has_a_name(field, is_member, errors);
    }
    let is_newtype = input.fields.len() == 1 && input.fields.iter().all(|field| field.item.ident.is_none());
    if is_newtype || input.serde.transparent.is_some() {
        input.fields.iter().for_each(|field| newtype_is_sent(field, owner, errors));
    }
    transparent_has_one_field(input, errors);
    stamps_are_single(input, errors);
}

fn has_one_role(field: &Field<'_>, errors: &mut Errors) {
    let mut roles = field.keys.roles.iter();
    if let Some(first) = roles.next() {
        for second in roles {
            errors.refuse(&second.key, &contradiction(first, second));
        }
    }
}

/// The elements of an array, what a newtype wraps, and what is not described have no role of their own.
fn role_has_a_member(field: &Field<'_>, input: &Input<'_>, errors: &mut Errors) {
    let owner = input.name();
    for role in field.keys.roles.iter().filter(|role| role.value != RoleKey::Serde) {
        let key = &role.key;
        let help = if let Some(into) = &input.serde.into {
            let headline = format!("`{key}` contradicts `{}`: the field is not sent", into.key);
            let refusal = Refusal::new(headline).help("put it on a field of the type that is sent");
            errors.refuse(key, &refusal);
            continue;
        } else if field.item.ident.is_none() {
            format!("give the fields of `{owner}` names")
        } else if input.serde.transparent.is_some() {
            "remove `#[serde(transparent)]`, or derive the role on the type inside".to_owned()
        } else {
            continue;
        };
        errors.refuse(key, &Refusal::new(format!("`{key}` needs a member with a name")).help(help));
    }
}

/// Said here, and once: the compiler says it of each of the two impls that name the stamp of a stored type, as it does
/// where the type is another one.
fn stamp_has_a_type(field: &Field<'_>, errors: &mut Errors) {
    let [Keyed { value: role, .. }] = field.keys.roles[..] else {
        return;
    };
    let (what, wrong, help) = match role {
        RoleKey::Modified => ("a last-modified time", [&NO_STAMPS[..], &NUMBERS].concat(), TIMES),
        RoleKey::Revision => ("a revision", NO_STAMPS.to_vec(), REVISIONS),
        RoleKey::Id | RoleKey::Variant | RoleKey::Skip | RoleKey::Serde => return,
    };
    let ty = ungrouped(&field.item.ty);
    let refusal = match of_the_standard_library(ty) {
        Some(PathSegment { ident, arguments: PathArguments::AngleBracketed(_) }) if ident == "Option" => {
            Refusal::new(format!("an option cannot be {what}"))
                .help("remove the `Option`: a value that is stored has been stamped")
        }
        Some(PathSegment { ident, arguments: PathArguments::None }) if wrong.iter().any(|it| ident == it) => {
            Refusal::new(format!("`{ident}` cannot be {what}")).help(help)
        }
        _ => return,
    };
    errors.refuse(ty, &refusal);
}

/// The last word of `u64`, `Option<u64>` or `std::option::Option<u64>`.
fn of_the_standard_library(ty: &Type) -> Option<&PathSegment> {
    let Type::Path(ty) = ty else {
        return None;
    };
    let segments = &ty.path.segments;
    let is_there = |first: &PathSegment| ["std", "core", "alloc"].iter().any(|name| first.ident == name);
    segments.last().filter(|_| segments.len() == 1 || segments.first().is_some_and(is_there))
}

fn role_fits_serde(field: &Field<'_>, errors: &mut Errors) {
    let Some(Keyed { key, value: role }) = field.keys.roles.first() else {
        return;
    };
    let is_kept_out = matches!(role, RoleKey::Id | RoleKey::Revision | RoleKey::Modified);
    let (headline, note) = match (&field.serde.skip, &field.serde.flatten, &field.serde.with) {
        (Some(skip), ..) if !is_kept_out => {
            (format!("`{key}` contradicts `#[serde({skip})]`: the field is not sent"), None)
        }
        (Some(_), ..) => return,
        (None, Some(_), _) if *role != RoleKey::Serde => {
            let note = "the members of a flattened field keep the roles of their own type";
            (format!("`{key}` contradicts `#[serde(flatten)]`"), Some(note))
        }
        (None, None, Some(with)) if matches!(role, RoleKey::Variant | RoleKey::Skip) => {
            return errors.refuse(
                &with.key,
                &Refusal::new(format!("`{}` can't be combined with `{key}`", with.key)).help(
                    "put it on the field of a newtype, derive `Versioned` on that, and use the newtype here",
                ),
            );
        }
        _ => return,
    };
    let refusal = Refusal::new(headline).help("remove one of the two");
    let refusal = note.into_iter().fold(refusal, Refusal::note);
    errors.refuse(key, &refusal);
}

fn serde_does_something(field: &Field<'_>, errors: &mut Errors) {
    if let (None, Some(with)) = (&field.serde.skip, &field.serde.with) {
        serde_stands_alone(field, &with.key, errors);
    }
}

/// A function that writes the field, or the variant that it is in, leaves nothing to `Serialize`.
pub(super) fn serde_stands_alone(field: &Field<'_>, with: &Ident, errors: &mut Errors) {
    if let Some(Keyed { key, value: RoleKey::Serde }) = field.keys.roles.first() {
        let refusal = Refusal::new(format!("`{key}` does nothing beside `{with}`")).help("remove it");
        errors.refuse(key, &refusal);
    }
}

fn can_be_left_out(field: &Field<'_>, errors: &mut Errors) {
    let role = field.keys.roles.first();
    if let (Some(unless), Some(Keyed { key: role, value }), None) =
        (&field.serde.skip_if, role, &field.serde.skip)
        && matches!(value, RoleKey::Id | RoleKey::Revision | RoleKey::Modified)
    {
        let name = member_name(&field.member);
        let refusal = Refusal::new(format!("`{}` contradicts `{role}`: `{name}` is always sent", unless.key))
            .help("remove it, or keep the field out of the body with `#[serde(skip)]`");
        errors.refuse(&unless.key, &refusal);
    }
}

/// serde passes over it there.
pub(super) fn newtype_is_sent(field: &Field<'_>, owner: &Ident, errors: &mut Errors) {
    if let Some(unless) = field.serde.skip_if.as_ref().filter(|_| field.serde.skip.is_none()) {
        let refusal = Refusal::new(format!("`{}` does nothing here: `{owner}` is what it wraps", unless.key))
            .help("remove it, or put it on the members that hold the type");
        errors.refuse(&unless.key, &refusal);
    }
}

pub(super) fn flattened_field_has_a_name(field: &Field<'_>, is_member: bool, errors: &mut Errors) {
    if let Some(flatten) = field.serde.flatten.as_ref().filter(|_| !is_member) {
        let refusal = Refusal::new("`flatten` needs a struct with named fields")
            .help("remove it, or give the field a name");
        errors.refuse(flatten, &refusal);
    }
}

fn transparent_has_one_field(input: &Input<'_>, errors: &mut Errors) {
    let Some(transparent) = input.serde.transparent.as_ref().filter(|_| input.variants.is_empty()) else {
        return;
    };
    if let Some(into) = &input.serde.into {
        let refusal =
            Refusal::new(format!("`{transparent}` contradicts `{}`", into.key)).help("remove one of the two");
        errors.refuse(transparent, &refusal);
        return;
    }
    let candidates = input.fields.iter().filter(|field| may_be_transparent(field));
    if candidates.count() != 1 {
        let refusal = Refusal::new("`transparent` needs a struct with one field that is sent")
            .help("remove it, or mark the other fields `#[serde(skip)]`");
        errors.refuse(transparent, &refusal);
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
    Refusal::new(format!("`serde` can't be combined with `{role}`"))
        .help("wrap the type in a newtype with `#[versioned(serde)]` and derive `Versioned` on it")
}

fn stamps_are_single(input: &Input<'_>, errors: &mut Errors) {
    for stamp in [RoleKey::Revision, RoleKey::Modified] {
        let first_roles = input.fields.iter().filter_map(|field| field.keys.roles.first());
        for second in first_roles.filter(|role| role.value == stamp).skip(1) {
            let (key, owner) = (&second.key, input.name());
            let refusal =
                Refusal::new(format!("`{owner}` has two `{key}` fields")).help("remove one of the two");
            errors.refuse(key, &refusal);
        }
    }
}

const TIMES: &str = "use `etag_core::Timestamp`, or a time of `chrono`, `jiff` or `time` behind its feature";
const REVISIONS: &str = "use `u64`, `i64` or a time: it only grows, max(last + 1, now in µs)";

/// Numbers that are revisions, but no times.
const NUMBERS: [&str; 2] = ["u64", "i64"];

const NO_STAMPS: [&str; 15] = [
    "u8", "u16", "u32", "u128", "usize", "i8", "i16", "i32", "i128", "isize", "f32", "f64", "bool", "char",
    "String",
];
