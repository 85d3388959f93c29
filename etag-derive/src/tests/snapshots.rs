//! The derive prints, word for word, the ideal expansions: those of `tests/expand`, which the workspace's test
//! suite compiles in the derive's place.

use std::fs;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, ItemMod};

use super::{flat, tokens};
use crate::derive::derive;

#[test]
fn each_ideal_expansion_is_what_the_derive_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for path in files.filter(|path| !path.ends_with("mod.rs")) {
        let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        let expansion = module(&file, "derived").into_iter().filter_map(expand).collect::<TokenStream>();
        let pasted = module(&file, "pasted").into_iter().filter(is_derived);
        let pasted = pasted.map(|item| item.to_token_stream()).collect::<TokenStream>();
        assert_eq!(
            flat(expansion.clone()),
            flat(tokens(&pasted.to_string())),
            "{}:\n{expansion}",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

fn module(file: &syn::File, name: &str) -> Vec<Item> {
    let is_named = |item: &&Item| matches!(item, Item::Mod(module) if module.ident == name);
    match file.items.iter().find(is_named) {
        Some(Item::Mod(ItemMod { content: Some((_, items)), .. })) => items.clone(),
        _ => panic!("no module `{name}`"),
    }
}

/// What the derive makes of a type that has it.
fn expand(mut item: Item) -> Option<TokenStream> {
    let attributes = match &mut item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        _ => return None,
    };
    let before = attributes.len();
    attributes.retain(|attribute| !derives(attribute, "Versioned"));
    // serde's own derive may stand beside it.
    let is_versioned = attributes.len() < before;
    attributes.retain(|attribute| !attribute.path().is_ident("derive"));
    is_versioned.then(|| derive(quote!(#item)))
}

fn derives(attribute: &Attribute, name: &str) -> bool {
    let list = attribute.meta.require_list();
    attribute.path().is_ident("derive") && list.is_ok_and(|list| list.tokens.to_string().contains(name))
}

fn is_derived(item: &Item) -> bool {
    match item {
        Item::Impl(item) => {
            item.attrs.iter().any(|attribute| attribute.path().is_ident("automatically_derived"))
        }
        _ => false,
    }
}
