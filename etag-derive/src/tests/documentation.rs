//! Below each example of the derive's documentation is what the derive makes of it.

use quote::ToTokens;
use syn::{Item, Stmt};

use super::{flat, tokens};
use crate::derive::derive;

#[test]
fn below_each_example_is_its_expansion() {
    let mut example = String::new();
    let mut count = 0;
    for block in blocks(include_str!("../lib.rs")) {
        match block.strip_prefix("text\n") {
            None => example = block,
            Some(lines) => {
                let expansion = flat(expanded(&example));
                let lines = flat(tokens(lines));
                assert!(expansion.contains(&lines), "{example}\n{lines}\nis not in\n{expansion}");
                count += 1;
            }
        }
    }
    let keys = include_str!("../lib.rs").matches("/// **`").count();
    assert!(count > keys, "{count} expansions of {keys} keys");
}

/// What stands between the fences of the documentation, without what hides a line.
fn blocks(source: &str) -> Vec<String> {
    let lines = source.lines().filter_map(|line| line.strip_prefix("///"));
    let text: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = text.join("\n");
    let inside = text.split("```").skip(1).step_by(2);
    inside.map(|block| block.replace("\n# ", "\n")).collect()
}

/// What the derive makes of the last type of an example.
fn expanded(example: &str) -> proc_macro2::TokenStream {
    let block: syn::Block = syn::parse_str(&format!("{{{example}}}")).unwrap();
    let is_derived = |item: &Item| match item {
        Item::Struct(item) => item.attrs.iter().any(|attribute| attribute.path().is_ident("derive")),
        Item::Enum(_) => true,
        _ => false,
    };
    let items = block.stmts.into_iter().filter_map(|statement| match statement {
        Stmt::Item(item) if is_derived(&item) => Some(item.to_token_stream()),
        _ => None,
    });
    let item = items.last().unwrap_or_else(|| panic!("no type in {example}")).to_string();
    let (_, item) = item.split_once(']').unwrap();
    derive(tokens(item))
}
