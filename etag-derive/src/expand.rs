//! Writes the expansion, as a person would: one line per field, the verb being the attribute's key.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::bounds::Generics;
use crate::cases;
use crate::doc;
use crate::lines;
use crate::model::{Shape, Versioned};
use crate::names::Names;
use crate::resource;
use crate::scope::Scope;

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
    let Generics { parameters, arguments, where_clause } = Generics::new(model, krate);
    let names = Names::new(model);
    let doc = format!(" {}", doc::doc(&model.shape));
    let lines = TokenStream::from_iter(lines(model, &Scope::of_struct(&names, krate)));
    let Names { it, reader, .. } = &names;
    quote! {
        #[automatically_derived]
        impl #parameters #krate::Versioned for #ident #arguments #where_clause {
            #[doc = #doc]
            fn describe<#reader: #krate::Describe<Self>>(#it: &mut #reader) {
                #lines
            }
        }
    }
}

/// A name as a token of the expansion: rustc warns of what is deprecated where the user names it, not where a
/// derive does.
pub(crate) fn quiet(ident: &Ident) -> Ident {
    let mut quiet = ident.clone();
    quiet.set_span(Span::call_site().located_at(ident.span()));
    quiet
}

fn lines(model: &Versioned<'_>, scope: &Scope<'_>) -> Vec<TokenStream> {
    let it = scope.it();
    let mut lines = Vec::new();
    if let Some(epoch) = model.epoch {
        let epoch = proc_macro2::Literal::u64_unsuffixed(epoch);
        lines.push(quote!(#it.epoch(#epoch);));
    }
    lines.extend(model.cache_control.iter().map(|value| quote!(#it.cache_control(#value);)));
    lines.extend(model.vary.iter().map(|names| quote!(#it.vary(#names);)));
    if model.keyed {
        lines.push(quote!(#it.keyed();));
    }
    lines.extend(match &model.shape {
        Shape::Object(object) => lines::object(object, scope),
        Shape::Array(fields) => lines::array(fields, scope),
        Shape::Transparent(field) => vec![lines::bare("transparent", field, scope)],
        Shape::Null => vec![lines::null(scope)],
        Shape::Into(into) => vec![into_line(&into.ty, it)],
        Shape::Cases(cases) => cases::lines(cases, scope),
    });
    lines
}

/// ```text
/// asset.into(|asset| ::core::convert::Into::<Wire>::into(::core::clone::Clone::clone(asset)));
/// ```
fn into_line(ty: &Type, it: &Ident) -> TokenStream {
    let at_type = Span::mixed_site().located_at(ty.span());
    let verb = Ident::new("into", at_type);
    let convert = quote_spanned!(at_type=> ::core::convert::Into::<#ty>::into);
    quote!(#it.#verb(|#it| #convert(::core::clone::Clone::clone(#it)));)
}
