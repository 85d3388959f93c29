//! What the user wrote: the type with the keys of `#[versioned(...)]`, each with its place.

use proc_macro2::Ident;
use syn::WherePredicate;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, LitInt, LitStr, Member, Path, Token, Type, Visibility};

use crate::choices::Choice;
use crate::entries::{Entry, Keyed, Value, entries};
use crate::errors::{Errors, Refusal};
use crate::serde_attributes;

/// A type as it was written. Nothing but the attributes' syntax has been checked.
pub(crate) struct Input<'a> {
    pub(crate) item: &'a DeriveInput,
    pub(crate) keys: TypeKeys,
    pub(crate) serde: serde_attributes::TypeKeys,
    /// Those of a struct.
    pub(crate) fields: Vec<Field<'a>>,
    /// Those of an enum.
    pub(crate) variants: Vec<Variant<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) item: &'a syn::Field,
    pub(crate) member: Member,
    pub(crate) keys: FieldKeys,
    pub(crate) serde: serde_attributes::FieldKeys,
}

pub(crate) struct Variant<'a> {
    pub(crate) item: &'a syn::Variant,
    pub(crate) serde: serde_attributes::VariantKeys,
    pub(crate) fields: Vec<Field<'a>>,
}

/// The keys of `#[versioned(...)]` on a type.
#[derive(Default)]
pub(crate) struct TypeKeys {
    pub(crate) store: Option<Keyed<Type>>,
    pub(crate) collection: Option<Keyed<LitStr>>,
    pub(crate) authorize: Option<Keyed<Type>>,
    pub(crate) key: Option<Keyed<Type>>,
    pub(crate) epoch: Option<Keyed<u64>>,
    pub(crate) query: Option<Keyed<LitStr>>,
    pub(crate) embed: Option<Keyed<LitStr>>,
    /// `if_match`, `wildcard`, `create`, `replay` and `tolerate`, in the order written.
    pub(crate) choices: Vec<Choice>,
    pub(crate) cache_control: Option<Keyed<LitStr>>,
    pub(crate) vary: Option<Keyed<LitStr>>,
    pub(crate) keyed: bool,
    pub(crate) collection_tag: bool,
    pub(crate) bound: Option<Keyed<Punctuated<WherePredicate, Token![,]>>>,
    pub(crate) krate: Option<Keyed<Path>>,
    /// Every key, also one whose value could not be read.
    pub(crate) written: Vec<Ident>,
    /// Whether a key is none: it may be the one that another check would miss.
    pub(crate) has_unknown: bool,
}

/// The keys of `#[versioned(...)]` on a field, in the order written.
#[derive(Default)]
pub(crate) struct FieldKeys {
    pub(crate) roles: Vec<Keyed<RoleKey>>,
    /// The path parameter of `id = "asset_id"`.
    pub(crate) parameter: Option<LitStr>,
    /// Whether a key is none: it may be the one that another check would miss.
    pub(crate) has_unknown: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoleKey {
    Id,
    Revision,
    Modified,
    Variant,
    Skip,
    Serde,
}

impl<'a> Input<'a> {
    pub(crate) fn read(item: &'a DeriveInput, errors: &mut Errors) -> Self {
        let keys = TypeKeys::read(item, errors);
        let serde = serde_attributes::TypeKeys::read(item, errors);
        let mut fields = Vec::new();
        let mut variants = Vec::new();
        match &item.data {
            Data::Struct(data) => {
                fields = Field::read_all(&data.fields, item, errors);
            }
            Data::Enum(data) => {
                let each = data.variants.iter();
                variants.extend(each.map(|variant| Variant::read(variant, item, errors)));
            }
            Data::Union(_) => {}
        }
        Self { item, keys, serde, fields, variants }
    }

    /// What the type is called, for a message.
    pub(crate) fn name(&self) -> Ident {
        self.item.ident.unraw()
    }

    /// Those of the struct, or of every variant.
    pub(crate) fn all_fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().chain(self.variants.iter().flat_map(|variant| &variant.fields))
    }
}

impl<'a> Field<'a> {
    fn read_all(fields: &'a Fields, owner: &DeriveInput, errors: &mut Errors) -> Vec<Self> {
        let each = fields.iter().zip(fields.members());
        each.map(|(field, member)| Self::read(field, member, owner, errors)).collect()
    }

    fn read(item: &'a syn::Field, member: Member, owner: &DeriveInput, errors: &mut Errors) -> Self {
        let keys = FieldKeys::read(&item.attrs, owner, errors);
        let serde = serde_attributes::FieldKeys::read(&item.attrs, &member, errors);
        Self { item, member, keys, serde }
    }
}

impl<'a> Variant<'a> {
    fn read(item: &'a syn::Variant, owner: &DeriveInput, errors: &mut Errors) -> Self {
        for attribute in versioned(&item.attrs) {
            has_no_key(attribute, &item.ident.unraw(), errors);
        }
        let serde = serde_attributes::VariantKeys::read(item, errors);
        let fields = Field::read_all(&item.fields, owner, errors);
        Self { item, serde, fields }
    }
}

impl TypeKeys {
    const NAMES: [&str; 18] = [
        "store",
        "collection",
        "authorize",
        "key",
        "epoch",
        "if_match",
        "wildcard",
        "query",
        "embed",
        "create",
        "replay",
        "tolerate",
        "collection_tag",
        "cache_control",
        "vary",
        "keyed",
        "bound",
        "crate",
    ];

    fn read(item: &DeriveInput, errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        for entry in versioned_entries(&item.attrs, errors) {
            if is_new(&entry.key, keys.written.iter(), errors) {
                keys.written.push(entry.key.clone());
                keys.add(&entry, item, errors);
            }
        }
        keys
    }

    fn add(&mut self, entry: &Entry, item: &DeriveInput, errors: &mut Errors) {
        let name = entry.key.to_string();
        match name.as_str() {
            "store" => self.store = keyed(entry, type_of(entry, "Database", errors)),
            "collection" => self.collection = keyed(entry, name_of(entry, "assets", errors)),
            "authorize" => self.authorize = keyed(entry, type_of(entry, "Owners", errors)),
            "key" => self.key = keyed(entry, type_of(entry, "Uuid", errors)),
            "epoch" => self.epoch = keyed(entry, integer(entry, errors)),
            "query" => self.query = keyed(entry, name_of(entry, "etag", errors)),
            "embed" => self.embed = keyed(entry, name_of(entry, "etag", errors)),
            "cache_control" => self.cache_control = keyed(entry, cache_control(entry, errors)),
            "vary" => self.vary = keyed(entry, vary(entry, errors)),
            "keyed" => self.keyed = flag(entry, errors),
            "collection_tag" => self.collection_tag = flag(entry, errors),
            "bound" => self.bound = keyed(entry, bound(entry, errors)),
            "crate" => self.krate = keyed(entry, krate(entry, errors)),
            key if Choice::is_of(key) => self.choices.extend(Choice::read(entry, errors)),
            name if serde_attributes::TypeKeys::NAMES.contains(&name) => of_serde(entry, errors),
            name => {
                self.has_unknown = true;
                errors.refuse(&entry.key, &Self::unknown(name, item));
            }
        }
    }

    fn unknown(name: &str, item: &DeriveInput) -> Refusal {
        let owner = item.ident.unraw();
        let which = match RoleKey::named(name) {
            None => return unknown(name, "type", &Self::NAMES),
            Some(RoleKey::Serde) => "whose type only implements `Serialize`".to_owned(),
            Some(_) if matches!(item.data, Data::Enum(_)) => return of_no_enum(name, &owner),
            Some(RoleKey::Id) => format!("that identifies `{owner}`"),
            Some(RoleKey::Revision) => format!("that is the revision of `{owner}`"),
            Some(RoleKey::Modified) => format!("that says when `{owner}` was last changed"),
            Some(RoleKey::Variant) => "that shows an included resource".to_owned(),
            Some(RoleKey::Skip) => "that is to be in no tag".to_owned(),
        };
        belongs_on_a_field(name).help(format!("put it on the field {which}"))
    }
}

impl FieldKeys {
    fn read(attributes: &[Attribute], owner: &DeriveInput, errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        for entry in versioned_entries(attributes, errors) {
            keys.add(entry, owner, errors);
        }
        keys
    }

    fn add(&mut self, entry: Entry, owner: &DeriveInput, errors: &mut Errors) {
        let name = entry.key.to_string();
        let Some(role) = RoleKey::named(&name) else {
            if serde_attributes::FieldKeys::NAMES.contains(&name.as_str()) {
                return of_serde(&entry, errors);
            }
            self.has_unknown = true;
            errors.refuse(&entry.key, &Self::unknown(&name, owner));
            return;
        };
        if !is_new(&entry.key, self.roles.iter().map(|role| &role.key), errors) {
            return;
        }
        match (role, &entry.value) {
            (RoleKey::Id, Value::Is { .. } | Value::List(_)) => self.parameter = parameter(&entry, errors),
            _ => {
                flag(&entry, errors);
            }
        }
        let key = entry.key;
        self.roles.push(Keyed { key, value: role });
    }

    fn unknown(name: &str, owner: &DeriveInput) -> Refusal {
        if !TypeKeys::NAMES.contains(&name) {
            return unknown(name, "field", &RoleKey::NAMES);
        }
        let item = if matches!(owner.data, Data::Enum(_)) { "enum" } else { "struct" };
        let (visibility, owner) = (visibility(&owner.vis), owner.ident.unraw());
        Refusal::new(format!("`{name}` belongs on the {item}, not on a field"))
            .help(format!("move it above `{visibility}{item} {owner}`"))
    }
}

impl RoleKey {
    const NAMES: [&str; 6] = ["id", "revision", "modified", "variant", "skip", "serde"];

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "revision" => Self::Revision,
            "modified" => Self::Modified,
            "variant" => Self::Variant,
            "skip" => Self::Skip,
            "serde" => Self::Serde,
            _ => return None,
        })
    }
}

/// A variant has no keys of ours: those that it may have are serde's.
fn has_no_key(attribute: &Attribute, variant: &Ident, errors: &mut Errors) {
    let is_serdes = |entry: &Entry| serde_attributes::VariantKeys::NAMES.iter().any(|name| entry.key == name);
    let entries = entries(attribute, errors).unwrap_or_default();
    if !entries.is_empty() && entries.iter().all(is_serdes) {
        return entries.iter().for_each(|entry| of_serde(entry, errors));
    }
    let refusal = Refusal::new(format!("`{variant}` is a variant, and has no role of its own"))
        .help("remove this `#[versioned]`");
    errors.refuse(attribute.path(), &refusal);
}

fn of_serde(entry: &Entry, errors: &mut Errors) {
    let refusal =
        Refusal::new(format!("`{}` is serde's", entry.key)).help(format!("write `{}`", entry.under_serde()));
    errors.refuse(&entry.key, &refusal);
}

fn of_no_enum(name: &str, owner: &Ident) -> Refusal {
    belongs_on_a_field(name).help(format!(
        "an enum has no field of its own: put what all variants have into a struct that flattens `{owner}`"
    ))
}

fn belongs_on_a_field(name: &str) -> Refusal {
    Refusal::new(format!("`{name}` belongs on a field"))
}

/// `pub `, `pub(crate) ` or nothing: what stands before an item.
fn visibility(visibility: &Visibility) -> String {
    match visibility {
        Visibility::Public(_) => "pub ".to_owned(),
        Visibility::Restricted(it) => {
            let within = if it.in_token.is_some() { "in " } else { "" };
            let path: Vec<_> = it.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            format!("pub({within}{}) ", path.join("::"))
        }
        Visibility::Inherited => String::new(),
    }
}

fn versioned(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    let is_ours = |attribute: &&Attribute| attribute.path().is_ident("versioned");
    attributes.iter().filter(is_ours)
}

fn versioned_entries(attributes: &[Attribute], errors: &mut Errors) -> Vec<Entry> {
    let mut all = Vec::new();
    for attribute in versioned(attributes) {
        if let Some(entries) = entries(attribute, errors) {
            all.extend(entries);
        } else if let syn::Meta::NameValue(value) = &attribute.meta {
            let refusal =
                Refusal::new("`#[versioned]` takes its keys in parentheses").help("write `#[versioned(id)]`");
            errors.refuse(value.eq_token, &refusal);
        } else {
            let refusal =
                Refusal::new("this empty `#[versioned]` does nothing").help("remove it, or name a key");
            errors.refuse(attribute.path(), &refusal);
        }
    }
    all
}

fn is_new<'k>(key: &Ident, mut others: impl Iterator<Item = &'k Ident>, errors: &mut Errors) -> bool {
    let is_new = others.all(|other| other != key);
    if !is_new {
        let refusal = Refusal::new(format!("duplicate key `{key}`")).help("remove it");
        errors.refuse(key, &refusal);
    }
    is_new
}

fn unknown(name: &str, owner: &str, known: &[&str]) -> Refusal {
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(nearness, _)| *nearness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right));
    let mut refusal = Refusal::new(format!("unknown key `{name}` in `#[versioned(...)]`"));
    if let Some((_, nearest)) = nearest {
        refusal = refusal.help(format!("did you mean `{nearest}`?"));
    }
    refusal.note(format!("the {owner} keys are {}", listed(known)))
}

/// `` `a`, `b`, `c` ``
pub(crate) fn listed(names: &[&str]) -> String {
    format!("`{}`", names.join("`, `"))
}

/// Whether a key stands alone, as one without a value has to.
fn flag(entry: &Entry, errors: &mut Errors) -> bool {
    let name = &entry.key;
    let refusal =
        Refusal::new(format!("`{name}` takes no value")).help(format!("write `#[versioned({name})]`"));
    match &entry.value {
        Value::Nothing => return true,
        Value::Is { equals, .. } => errors.refuse(equals, &refusal),
        Value::List(list) => errors.refuse(list, &refusal),
    }
    false
}

fn keyed<T>(entry: &Entry, value: Option<T>) -> Option<Keyed<T>> {
    let key = entry.key.clone();
    value.map(|value| Keyed { key, value })
}

fn type_of(entry: &Entry, example: &str, errors: &mut Errors) -> Option<Type> {
    let expected = format!("a type: `{} = {example}`", entry.key);
    if entry.literal().is_some() {
        return entry.parsed(&Refusal::new(format!("expected {expected}")), errors);
    }
    entry.value(&expected, errors)
}

fn name_of(entry: &Entry, example: &str, errors: &mut Errors) -> Option<LitStr> {
    let expected = format!("a name: `{} = \"{example}\"`", entry.key);
    let name: LitStr = entry.value(&expected, errors)?;
    if name.value().is_empty() {
        errors.refuse(&name, &Refusal::new(format!("expected {expected}")));
    }
    Some(name)
}

fn integer(entry: &Entry, errors: &mut Errors) -> Option<u64> {
    let expected = "an integer: `epoch = 2`";
    let integer: LitInt = entry.value(expected, errors)?;
    let value = integer.base10_parse().ok();
    if value.is_none() {
        let refusal = Refusal::new(format!("expected {expected}")).note("it is an unsigned 64-bit integer");
        errors.refuse(integer, &refusal);
    }
    value
}

/// The header's value, as it is sent.
fn cache_control(entry: &Entry, errors: &mut Errors) -> Option<LitStr> {
    let is_visible = |text: &str| text.chars().all(|char| char == ' ' || char.is_ascii_graphic());
    let value =
        entry.literal().filter(|value| !value.value().trim().is_empty() && is_visible(&value.value()));
    if value.is_none() {
        let expected = "expected the header's value: `cache_control = \"public, max-age=60\"`";
        errors.refuse(entry.wrong_part(), &Refusal::new(expected));
    }
    value
}

/// The names of header fields, with commas between them.
fn vary(entry: &Entry, errors: &mut Errors) -> Option<LitStr> {
    // RFC 9110 §5.6.2.
    let is_token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    let is_name = |name: &str| !name.trim().is_empty() && name.trim().chars().all(is_token);
    let value = entry.literal().filter(|value| value.value().split(',').all(is_name));
    if value.is_none() {
        let expected = "expected the names of header fields: `vary = \"Accept-Language\"`";
        errors.refuse(entry.wrong_part(), &Refusal::new(expected));
    }
    value
}

fn bound(entry: &Entry, errors: &mut Errors) -> Option<Punctuated<WherePredicate, Token![,]>> {
    let refusal = Refusal::new("`bound` needs where predicates such as `\"T: Foo\"`");
    let predicates =
        entry.literal().and_then(|literal| literal.parse_with(Punctuated::parse_terminated).ok());
    if predicates.is_none() {
        errors.refuse(entry.wrong_part(), &refusal);
    }
    predicates
}

fn krate(entry: &Entry, errors: &mut Errors) -> Option<Path> {
    let refusal = Refusal::new("`crate` needs a path such as `\"my_etag\"`");
    let path = entry.literal().and_then(|literal| literal.parse_with(Path::parse_mod_style).ok());
    if path.is_none() {
        errors.refuse(entry.wrong_part(), &refusal);
    }
    path
}

fn parameter(entry: &Entry, errors: &mut Errors) -> Option<LitStr> {
    let parameter = entry.literal().filter(|name| !name.value().is_empty());
    if parameter.is_none() {
        let refusal = Refusal::new("`id` takes the name of a path parameter")
            .help("write `id = \"asset_id\"`, or `id` alone");
        errors.refuse(entry.wrong_part(), &refusal);
    }
    parameter
}
