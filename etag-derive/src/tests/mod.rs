//! The pipeline from tokens to tokens. That what it prints compiles, and where the carets are, is
//! tested by the workspace's test suite.

mod documentation;
mod expansions;
mod refusals;
mod snapshots;

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

fn tokens(text: &str) -> TokenStream {
    TokenStream::from_str(text).unwrap()
}

/// The tokens without their spacing, which quoted and parsed ones differ in, strings by value, and no comma
/// after the last of several things, where only `rustfmt` puts one.
fn flat(tokens: TokenStream) -> String {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if matches!(tokens.last(), Some(TokenTree::Punct(comma)) if comma.as_char() == ',') {
        tokens.pop();
    }
    let texts = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => {
            let inner = flat(group.stream());
            match group.delimiter() {
                Delimiter::Parenthesis => format!("( {inner} )"),
                Delimiter::Brace => format!("{{ {inner} }}"),
                Delimiter::Bracket => format!("[ {inner} ]"),
                Delimiter::None => inner,
            }
        }
        TokenTree::Literal(literal) => match syn::Lit::new(literal) {
            syn::Lit::Str(text) => format!("{:?}", text.value()),
            other => other.to_token_stream().to_string(),
        },
        other => other.to_string(),
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// The message of each `compile_error!`, in order.
fn messages(expansion: TokenStream) -> Vec<String> {
    let mut messages = Vec::new();
    let mut is_error = false;
    for token in expansion {
        match token {
            TokenTree::Ident(ident) => is_error = ident == "compile_error",
            TokenTree::Group(group) if is_error => {
                let message: syn::LitStr = syn::parse2(group.stream()).unwrap();
                messages.push(message.value());
                is_error = false;
            }
            _ => {}
        }
    }
    messages
}
