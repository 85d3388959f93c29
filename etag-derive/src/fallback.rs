//! The impls that are emitted beside errors: whoever uses the type sees those errors, and not
//! another one that says it is not `Versioned`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::expand::krate;
use crate::model::{Key, Versioned};
use crate::names::Names;
use crate::resource::key_type;

/// ```text
/// #[automatically_derived]
/// impl ::etag_core::Versioned for Article {
///     fn describe<D: ::etag_core::Describe<Self>>(_: &mut D) {}
/// }
/// ```
pub(crate) fn fallback(model: &Versioned<'_>) -> TokenStream {
    let ident = model.ident;
    let krate = krate(model);
    let (generics, arguments, where_clause) = model.generics.split_for_impl();
    let Names { reader, .. } = Names::new(model);
    let resource = resource(model, &krate);
    quote! {
        #[automatically_derived]
        impl #generics #krate::Versioned for #ident #arguments #where_clause {
            fn describe<#reader: #krate::Describe<Self>>(_: &mut #reader) {}
        }
        #resource
    }
}

fn resource(model: &Versioned<'_>, krate: &TokenStream) -> TokenStream {
    // With parameters it would need bounds that are not known: another error, not one less.
    let is_concrete = model.generics.params.is_empty();
    let Some(resource) = model.resource.as_ref().filter(|_| is_concrete) else {
        return TokenStream::new();
    };
    let ident = model.ident;
    let store = resource.store;
    let key = match &resource.key {
        Key::Fields(ids) if ids.is_empty() => quote!(()),
        key => key_type(key),
    };
    let policy = match resource.policy {
        Some(policy) => policy.to_token_stream(),
        None => quote!(#krate::Anyone),
    };
    quote! {
        #[automatically_derived]
        impl #krate::Resource for #ident {
            type Key = #key;
            type Store = #store;
            type Policy = #policy;
            const COLLECTION: &'static ::core::primitive::str = "";
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &[];
            const MEMBERS: &'static [&'static ::core::primitive::str] = &[];
            fn key(&self) -> ::core::option::Option<Self::Key> { ::core::option::Option::None }
            fn set_key(&mut self, _: &Self::Key) {}
            fn stamp(&mut self, _: #krate::Timestamp) {}
        }
    }
}
