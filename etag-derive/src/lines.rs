//! One line per field: of a struct, or of one variant of an enum.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::quote;
use syn::LitStr;
use syn::spanned::Spanned;

use crate::json_name;
use crate::model::{Field, Object, Place, Role};
use crate::scope::Scope;

/// Each `flatten`, the members in canonical order, what is not sent.
pub(crate) fn object(object: &Object<'_>, scope: &Scope<'_>) -> Vec<TokenStream> {
    let it = scope.it();
    let mut others = Vec::new();
    if let Some(embed) = &object.embed {
        let name = literal(embed);
        others.push((embed.clone(), quote!(#it.embed(#name);)));
    }
    if let Some((name, value)) = &object.tag {
        others.push((name.clone(), tag(name, value, it)));
    }
    let mut lines = members(&object.fields, others, scope);
    for role in [Role::Revision, Role::Modified] {
        for field in &object.fields {
            if field.is_unsent() && field.role == role {
                let verb = format!("unsent_{}", verb(role));
                lines.push(call(field, it, &verb, scope.get(field)));
            }
        }
    }
    lines
}

/// The lines of an object with these fields, and with other members of these names:
///
/// ```text
/// article.flatten(|article| &article.inner);
/// article.member("title", |article| &article.title);
/// article.tag("type", "Article");
/// ```
pub(crate) fn members(
    fields: &[Field<'_>],
    others: Vec<(String, TokenStream)>,
    scope: &Scope<'_>,
) -> Vec<TokenStream> {
    let mut named = others;
    let mut lines = Vec::new();
    let mut opens = !named.is_empty();
    for field in fields {
        match &field.place {
            Place::Unsent => {}
            Place::Flattened => {
                opens |= field.unless.is_none();
                lines.push(optional(field, bare("flatten", field, scope), scope));
            }
            Place::Sent(name) => {
                opens = true;
                named.push((name.clone(), member(name, field, scope)));
            }
        }
    }
    if !opens {
        let it = scope.it();
        lines.insert(0, quote!(#it.empty_object();));
    }
    named.sort_by(|(left, _), (right, _)| json_name::compare(left, right));
    lines.extend(named.into_iter().map(|(_, line)| line));
    lines
}

/// ```text
/// point.element(|point| &point.0);
/// point.when(|point| !Vec::is_empty(&point.1), |point| { point.element(|point| &point.1); });
/// ```
pub(crate) fn array(fields: &[Field<'_>], scope: &Scope<'_>) -> Vec<TokenStream> {
    let sent = || fields.iter().filter(|field| !field.is_unsent());
    let mut lines: Vec<_> =
        sent().map(|field| optional(field, bare("element", field, scope), scope)).collect();
    if sent().all(|field| field.unless.is_some()) {
        let it = scope.it();
        lines.insert(0, quote!(#it.empty_array();));
    }
    lines
}

/// The line of what holds nothing: `nothing.leaf("null", |_, writer| writer.null());`
pub(crate) fn null(scope: &Scope<'_>) -> TokenStream {
    let it = scope.it();
    quote!(#it.leaf("null", |_, writer| writer.null());)
}

/// A line of a field without a name: `pair.element(|pair| &pair.0);`
pub(crate) fn bare(verb: &str, field: &Field<'_>, scope: &Scope<'_>) -> TokenStream {
    let it = scope.it();
    if let Some(write) = scope.write(field) {
        return call(field, it, &format!("with_{verb}"), write);
    }
    let verb = match field.role {
        Role::Serde => format!("serde_{verb}"),
        _ => scope.verb(verb),
    };
    call(field, it, &verb, scope.get(field))
}

/// A member's line:
///
/// ```text
/// article.member("title", |article| &article.title);
/// article.variant_unless("author", |article| Option::is_none(&article.author), |article| &article.author);
/// article.with("place", |article, serializer| geo::serialize(&article.place, serializer));
/// article.with_modified("at", |article| &article.at, |at, serializer| unix::serialize(at, serializer));
/// ```
pub(crate) fn member(name: &str, field: &Field<'_>, scope: &Scope<'_>) -> TokenStream {
    let it = scope.it();
    let name = literal(name);
    let unless = field.unless.map(|path| scope.left_out(field, path));
    if let (Role::Revision | Role::Modified, Some(with)) = (field.role, field.with) {
        let (get, write) = (scope.get(field), scope.write_value(field, with));
        return call(field, it, &format!("with_{}", verb(field.role)), quote!(#name, #get, #write));
    }
    match (scope.write(field), unless) {
        (Some(write), None) => call(field, it, "with", quote!(#name, #write)),
        (Some(write), Some(unless)) => call(field, it, "with_unless", quote!(#name, #unless, #write)),
        (None, None) => {
            let get = scope.get(field);
            call(field, it, &scope.verb(verb(field.role)), quote!(#name, #get))
        }
        (None, Some(_)) if scope.is_case() => {
            let get = scope.get_unless(field);
            call(field, it, "case_member_unless", quote!(#name, #get))
        }
        (None, Some(unless)) => {
            let get = scope.get(field);
            let verb = format!("{}_unless", verb(field.role));
            call(field, it, &verb, quote!(#name, #unless, #get))
        }
    }
}

/// `article.tag("type", "Article");`
pub(crate) fn tag(name: &str, value: &str, it: &Ident) -> TokenStream {
    let (name, value) = (literal(name), literal(value));
    quote!(#it.tag(#name, #value);)
}

/// A name as it stands between the quotes of canonical JSON.
pub(crate) fn literal(name: &str) -> LitStr {
    LitStr::new(&json_name::escape(name), Span::call_site())
}

/// ```text
/// article.when(|article| !HashMap::is_empty(&article.more), |article| { article.flatten(...); });
/// ```
fn optional(field: &Field<'_>, line: TokenStream, scope: &Scope<'_>) -> TokenStream {
    let Some(unless) = field.unless else {
        return line;
    };
    let it = scope.it();
    let sent = scope.sent(field, unless);
    quote!(#it.when(#sent, |#it| { #line });)
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
fn call(field: &Field<'_>, it: &Ident, verb: &str, arguments: TokenStream) -> TokenStream {
    let at_type = Span::mixed_site().located_at(field.ty.span());
    let verb = Ident::new(verb, at_type);
    let arguments = Group::new(Delimiter::Parenthesis, arguments);
    quote!(#it.#verb #arguments;)
}
