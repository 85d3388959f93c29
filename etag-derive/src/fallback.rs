//! The impls that are emitted beside errors: whoever uses the type sees those errors, and not
//! another one that says it is not `Versioned`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::expand::krate;
use crate::model::{Key, Role, Shape, Versioned};
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
    if !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let Some(Stored { key, store, policy }) = stored(model, krate) else {
        return TokenStream::new();
    };
    let ident = model.ident;
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

struct Stored {
    key: TokenStream,
    store: TokenStream,
    policy: TokenStream,
}

/// What is known of a stored type, or of one whose `store` may be the key that is not known.
fn stored(model: &Versioned<'_>, krate: &TokenStream) -> Option<Stored> {
    let anyone = quote!(#krate::Anyone);
    let Some(resource) = &model.resource else {
        let key = key_of(&model.shape).filter(|_| model.may_be_stored)?;
        return Some(Stored { key, store: quote!(#krate::Database), policy: anyone });
    };
    let key = match &resource.key {
        Key::Fields(ids) if ids.is_empty() => quote!(()),
        key => key_type(key),
    };
    let policy = resource.policy.map_or(anyone, ToTokens::to_token_stream);
    Some(Stored { key, store: resource.store.to_token_stream(), policy })
}

/// `Uuid`, or `(Tenant, Uuid)`; `None` where no field is marked `id`.
fn key_of(shape: &Shape<'_>) -> Option<TokenStream> {
    let Shape::Object(object) = shape else {
        return None;
    };
    let ids = object.fields.iter().filter(|field| field.role == Role::Id);
    match ids.map(|id| id.ty).collect::<Vec<_>>()[..] {
        [] => None,
        [id] => Some(id.to_token_stream()),
        ref ids => Some(quote!((#(#ids),*))),
    }
}
