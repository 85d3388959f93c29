//! Writes the expansion, as a person would: one line per field, the verb being the attribute's key.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, LitStr};

use crate::bounds;
use crate::json_name;
use crate::model::{Field, Object, Place, Role, Shape, Unit, Versioned};
use crate::names::Names;
use crate::resource;
use crate::serde_attributes::member_name;

pub(crate) fn expand(model: &Versioned<'_>) -> TokenStream {
    let krate = krate(model);
    let versioned = expand_versioned(model, &krate);
    let resource = model.resource.as_ref();
    let resource = resource.map(|resource| resource::expand(&quiet(model.ident), resource, &krate));
    quote!(#versioned #resource)
}

/// `::etag_core`, or the path of `crate = "..."` as it was written.
pub(crate) fn krate(model: &Versioned<'_>) -> TokenStream {
    match model.krate {
        Some(krate) => krate.to_token_stream(),
        None => quote!(::etag_core),
    }
}

/// ```text
/// #[automatically_derived]
/// impl ::etag_core::Versioned for Article {
///     /// State: `id`, `title`.
///     fn describe<D: ::etag_core::Describe<Self>>(article: &mut D) {
///         article.id("id", |article| &article.id);
///         article.member("title", |article| &article.title);
///     }
/// }
/// ```
fn expand_versioned(model: &Versioned<'_>, krate: &TokenStream) -> TokenStream {
    let ident = quiet(model.ident);
    let (generics, arguments, _) = model.generics.split_for_impl();
    let where_clause = bounds::where_clause(model, krate);
    let Names { it, reader } = Names::new(model);
    let doc = format!(" {}", doc(&model.shape));
    let lines = lines(&model.shape, &it);
    quote! {
        #[automatically_derived]
        impl #generics #krate::Versioned for #ident #arguments #where_clause {
            #[doc = #doc]
            fn describe<#reader: #krate::Describe<Self>>(#it: &mut #reader) {
                #(#lines)*
            }
        }
    }
}

/// The type's name as a token of the expansion: rustc warns of what is deprecated where the user names it,
/// not where a derive does.
fn quiet(ident: &Ident) -> Ident {
    let mut quiet = ident.clone();
    quiet.set_span(Span::call_site().located_at(ident.span()));
    quiet
}

fn lines(shape: &Shape<'_>, it: &Ident) -> Vec<TokenStream> {
    match shape {
        Shape::Object(object) => object_lines(object, it),
        Shape::Array(fields) => {
            let sent = fields.iter().filter(|field| !field.is_unsent());
            sent.map(|field| bare_line("element", field, it)).collect()
        }
        Shape::Transparent(field) => vec![bare_line("transparent", field, it)],
        Shape::Units(units) => units.iter().map(|unit| unit_line(unit, it)).collect(),
    }
}

/// `epoch`, each `flatten`, the members in canonical order, what is not sent.
fn object_lines(object: &Object<'_>, it: &Ident) -> Vec<TokenStream> {
    let mut lines = Vec::new();
    if let Some(epoch) = object.epoch {
        let epoch = proc_macro2::Literal::u64_unsuffixed(epoch);
        lines.push(quote!(#it.epoch(#epoch);));
    }
    for field in &object.fields {
        if matches!(field.place, Place::Flattened) {
            let get = getter(field, it);
            lines.push(call(field, it, "flatten", &get));
        }
    }
    let mut members = member_lines(object, it);
    members.sort_by(|(left, _), (right, _)| json_name::compare(left, right));
    lines.extend(members.into_iter().map(|(_, line)| line));
    for role in [Role::Revision, Role::Modified] {
        for field in &object.fields {
            if field.is_unsent() && field.role == role {
                let verb = format!("unsent_{}", verb(role));
                lines.push(call(field, it, &verb, &getter(field, it)));
            }
        }
    }
    lines
}

/// Each member's name and line:
///
/// ```text
/// article.member("title", |article| &article.title);
/// article.variant_unless("author", |article| Option::is_none(&article.author), |article| &article.author);
/// article.embed("etag");
/// ```
fn member_lines<'o>(object: &'o Object<'_>, it: &Ident) -> Vec<(&'o str, TokenStream)> {
    let mut lines = Vec::new();
    if let Some(embed) = &object.embed {
        let name = literal(embed);
        lines.push((embed.as_str(), quote!(#it.embed(#name);)));
    }
    for field in &object.fields {
        let Place::Sent { name, unless } = &field.place else {
            continue;
        };
        let get = getter(field, it);
        let escaped = literal(name);
        let verb = verb(field.role);
        let line = match unless {
            None => call(field, it, verb, &quote!(#escaped, #get)),
            Some(path) => {
                let unless = left_out(path, field, it);
                let verb = format!("{verb}_unless");
                call(field, it, &verb, &quote!(#escaped, #unless, #get))
            }
        };
        lines.push((name, line));
    }
    lines
}

/// `|article| Option::is_none(&article.author)`, with the argument where the path is: a function
/// of another type is the attribute's mistake.
fn left_out(path: &ExprPath, field: &Field<'_>, it: &Ident) -> TokenStream {
    let member = &field.member;
    let at_path = Span::mixed_site().located_at(path.span());
    let mut located = it.clone();
    located.set_span(at_path);
    let argument = quote_spanned!(at_path=> &#located.#member);
    quote!(|#it| #path(#argument))
}

/// A line of a field without a name: `pair.element(|pair| &pair.0);`
fn bare_line(verb: &str, field: &Field<'_>, it: &Ident) -> TokenStream {
    let get = getter(field, it);
    match field.role {
        Role::Serde => call(field, it, &format!("serde_{verb}"), &get),
        _ => call(field, it, verb, &get),
    }
}

/// `status.unit("active", |status| ::core::matches!(status, Self::Active));`
fn unit_line(unit: &Unit<'_>, it: &Ident) -> TokenStream {
    let name = literal(&unit.name);
    let variant = unit.ident;
    quote!(#it.unit(#name, |#it| ::core::matches!(#it, Self::#variant));)
}

fn verb(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Serde => "serde",
        Role::Id => "id",
        Role::Revision => "revision",
        Role::Modified => "modified",
        Role::Variant => "variant",
        Role::Skip => "skip",
        Role::Items => "items",
    }
}

/// `article.verb(arguments);`
///
/// rustc puts its caret on the verb where the field's type has no canonical form. So the verb is
/// located at that type, which is what is wrong then.
fn call(field: &Field<'_>, it: &Ident, verb: &str, arguments: &TokenStream) -> TokenStream {
    let at_type = Span::mixed_site().located_at(field.ty.span());
    let verb = Ident::new(verb, at_type);
    quote!(#it.#verb(#arguments);)
}

/// `|article| &article.title`
fn getter(field: &Field<'_>, it: &Ident) -> TokenStream {
    let member = &field.member;
    quote!(|#it| &#it.#member)
}

/// A name as it stands between the quotes of canonical JSON.
fn literal(name: &str) -> LitStr {
    LitStr::new(&json_name::escape(name), Span::call_site())
}

/// What a reader of the expansion, and of the type's rustdoc, is told first.
fn doc(shape: &Shape<'_>) -> String {
    match shape {
        Shape::Object(object) => object_doc(object),
        Shape::Array(fields) => {
            let (unsent, sent) = fields.iter().partition::<Vec<_>, _>(|field| field.is_unsent());
            let sections = [("State", members(&sent)), ("Not sent", members(&unsent))];
            sentences(&sections)
        }
        Shape::Transparent(field) => sentences(&[("State", vec![member_name(&field.member)])]),
        Shape::Units(units) => {
            let names: Vec<_> = units.iter().map(|unit| quoted(&unit.name)).collect();
            format!("State: one of {}.", names.join(", "))
        }
    }
}

fn object_doc(object: &Object<'_>) -> String {
    let fields = || object.fields.iter();
    let unsent: Vec<_> = fields().filter(|field| field.is_unsent()).collect();
    let flattened = fields().filter(|field| matches!(field.place, Place::Flattened));
    sentences(&[
        ("State", sent(object, |role| !matches!(role, Role::Variant | Role::Skip))),
        ("Variant", sent(object, |role| role == Role::Variant)),
        ("In no tag", sent(object, |role| role == Role::Skip)),
        ("Flattened", members(&flattened.collect::<Vec<_>>())),
        ("Shows the tag", object.embed.iter().cloned().collect()),
        ("Not sent", members(&unsent)),
    ])
}

/// The names of the members whose role is asked for, in canonical order.
fn sent(object: &Object<'_>, is_asked: impl Fn(Role) -> bool) -> Vec<String> {
    let asked = object.fields.iter().filter(|field| is_asked(field.role));
    let mut names: Vec<_> = asked
        .filter_map(|field| match &field.place {
            Place::Sent { name, .. } => Some(name.clone()),
            Place::Flattened | Place::Unsent => None,
        })
        .collect();
    names.sort_by(|left, right| json_name::compare(left, right));
    names
}

fn members(fields: &[&Field<'_>]) -> Vec<String> {
    let names = fields.iter().map(|field| member_name(&field.member));
    names.collect()
}

/// ``State: `id`, `title`. Variant: `author`.``, without what is empty.
fn sentences(sections: &[(&str, Vec<String>)]) -> String {
    let present = sections.iter().filter(|(_, names)| !names.is_empty());
    let sentences = present.map(|(label, names)| {
        let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
        format!("{label}: {}.", names.join(", "))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}
