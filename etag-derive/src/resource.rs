//! Writes the impl of `Resource` for a stored type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::choices::Choice;
use crate::model::{Id, Key, Resource, ungrouped};

/// ```text
/// #[automatically_derived]
/// impl ::etag_core::Resource for Asset {
///     type Key = Uuid;
///     type Store = Database;
///     type Policy = ::etag_core::Anyone;
///     const COLLECTION: &'static ::core::primitive::str = "assets";
///     const PARAMETERS: &'static [&'static ::core::primitive::str] = &["id"];
///     const MEMBERS: &'static [&'static ::core::primitive::str] = &["id"];
///     fn key(&self) -> ... { ... }
///     fn set_key(&mut self, key: &Self::Key) { ... }
///     fn stamp(&mut self, at: ::etag_core::Timestamp) { ... }
/// }
/// ```
pub(crate) fn expand(ident: &Ident, resource: &Resource<'_>, krate: &TokenStream) -> TokenStream {
    let store = resource.store;
    let collection = &resource.collection;
    let policy = match resource.policy {
        Some(policy) => policy.to_token_stream(),
        None => quote!(#krate::Anyone),
    };
    let choices = choices(resource, krate);
    let key = key_type(&resource.key);
    let parameters = ids(&resource.key).iter().map(|id| &id.parameter);
    let members = ids(&resource.key).iter().map(|id| &id.name);
    let methods = [get_key(&resource.key), set_key(&resource.key), stamp(resource, krate)];
    quote! {
        #[automatically_derived]
        impl #krate::Resource for #ident {
            type Key = #key;
            type Store = #store;
            type Policy = #policy;
            const COLLECTION: &'static ::core::primitive::str = #collection;
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &[#(#parameters),*];
            const MEMBERS: &'static [&'static ::core::primitive::str] = &[#(#members),*];
            #choices
            #(#methods)*
        }
    }
}

/// The constants that differ from the trait's own.
fn choices(resource: &Resource<'_>, krate: &TokenStream) -> TokenStream {
    let query = resource.query.as_ref().map(|query| {
        quote! {
            const QUERY: ::core::option::Option<&'static ::core::primitive::str> =
                ::core::option::Option::Some(#query);
        }
    });
    let words = resource.choices.iter().map(|Choice { constant, ty, variant }| {
        let [constant, ty, variant] = [constant, ty, variant].map(|name| Ident::new(name, Span::call_site()));
        quote!(const #constant: #krate::#ty = #krate::#ty::#variant;)
    });
    let collection_tag = resource.collection_tag.then(|| {
        quote!(
            const COLLECTION_TAG: ::core::primitive::bool = true;
        )
    });
    quote!(#query #(#words)* #collection_tag)
}

/// `Uuid`, or `(Tenant, Uuid)` in the order of the fields.
pub(crate) fn key_type(key: &Key<'_>) -> TokenStream {
    match key {
        Key::Path(ty) => ty.to_token_stream(),
        Key::Fields(ids) => tuple(ids.iter().map(|id| id.ty.to_token_stream())),
    }
}

fn ids<'k, 'a>(key: &'k Key<'a>) -> &'k [Id<'a>] {
    match key {
        Key::Path(_) => &[],
        Key::Fields(ids) => ids,
    }
}

fn get_key(key: &Key<'_>) -> TokenStream {
    let key = match key {
        // A singleton has the one key that there is.
        Key::Path(ty) if is_unit(ty) => quote!(::core::option::Option::Some(())),
        Key::Path(_) => quote!(::core::option::Option::None),
        Key::Fields(ids) => {
            let clones =
                ids.iter().map(|Id { member, .. }| quote!(::core::clone::Clone::clone(&self.#member)));
            let key = tuple(clones);
            quote!(::core::option::Option::Some(#key))
        }
    };
    quote!(fn key(&self) -> ::core::option::Option<Self::Key> { #key })
}

fn is_unit(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

fn set_key(key: &Key<'_>) -> TokenStream {
    match key {
        Key::Path(_) => quote!(
            fn set_key(&mut self, _key: &Self::Key) {}
        ),
        Key::Fields(ids) => {
            let only = ids.len() == 1;
            let lines = ids.iter().enumerate().map(|(index, Id { member, .. })| {
                let index = syn::Index::from(index);
                let part = if only { quote!(key) } else { quote!(&key.#index) };
                quote!(::core::clone::Clone::clone_from(&mut self.#member, #part);)
            });
            quote!(fn set_key(&mut self, key: &Self::Key) { #(#lines)* })
        }
    }
}

fn stamp(resource: &Resource<'_>, krate: &TokenStream) -> TokenStream {
    let modified = resource.modified.as_ref();
    let modified = modified.map(|field| quote!(self.#field = #krate::Modified::from_stamp(at);));
    let revision = resource.revision.as_ref();
    let revision = revision.map(|field| quote!(self.#field = #krate::Revision::from_stamp(at);));
    if modified.is_none() && revision.is_none() {
        return quote!(fn stamp(&mut self, _at: #krate::Timestamp) {});
    }
    quote!(fn stamp(&mut self, at: #krate::Timestamp) { #modified #revision })
}

/// One is itself, several are a tuple.
fn tuple(parts: impl ExactSizeIterator<Item = TokenStream>) -> TokenStream {
    if parts.len() == 1 { quote!(#(#parts)*) } else { quote!((#(#parts),*)) }
}
