//! From tokens to tokens: what is read becomes a model, which is checked and only then written.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::attributes::Input;
use crate::errors::Errors;
use crate::model::Versioned;
use crate::{check, expand, fallback};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(item) => derive_item(&item),
        Err(error) => error.into_compile_error(),
    }
}

fn derive_item(item: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let input = Input::read(item, &mut errors);
    let model = Versioned::new(&input);
    check::check(&input, &model, &mut errors);
    match errors.finish() {
        Ok(()) => expand::expand(&model),
        Err(refusals) => {
            let refusals = refusals.into_compile_error();
            let fallback = fallback::fallback(&model);
            quote!(#refusals #fallback)
        }
    }
}

/// A panic of ours is no mistake of the user's, and is not reported as one.
pub(crate) fn caught(derive: impl FnOnce() -> TokenStream) -> TokenStream {
    catch_unwind(AssertUnwindSafe(derive)).unwrap_or_else(|_| {
        quote!(::core::compile_error! { "bug in etag-derive, please report it with this type" })
    })
}
