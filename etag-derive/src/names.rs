//! The names that an expansion makes up: none may be one that the user's tokens mean.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::model::Versioned;
use crate::serde_attributes::member_name;

pub(crate) struct Names {
    /// `article` for an `Article`, read as a word in each line.
    pub(crate) it: Ident,
    /// `D`, the reader's type.
    pub(crate) reader: Ident,
    /// What a function that writes a field is handed.
    pub(crate) serializer: Ident,
    used: BTreeSet<String>,
}

impl Names {
    pub(crate) fn new(model: &Versioned<'_>) -> Self {
        let mut used = BTreeSet::new();
        collect(model.generics.to_token_stream(), &mut used);
        collect(model.paths(), &mut used);
        let mut fields: BTreeSet<_> = model.shape.members().iter().map(member_name).collect();
        let it = parameter(model.ident, &used);
        fields.insert(it.to_string());
        let serializer = free("serializer", &fields);
        let mut types = used.clone();
        collect(model.krate.to_token_stream(), &mut types);
        Self { it, reader: reader(&types), serializer, used }
    }

    /// Whether the user's tokens mean something else by that name.
    pub(crate) fn is_used(&self, name: &Ident) -> bool {
        self.used.contains(&name.to_string())
    }
}

/// The type's name in snake case, which no field, no local of the user's can be: `mixed_site`
/// resolves it where the derive is defined. But a tuple struct and a constant parameter of that name
/// are what a pattern of that name means.
fn parameter(ty: &Ident, used: &BTreeSet<String>) -> Ident {
    let own = ty.unraw().to_string();
    let name = snake_case(&own);
    let span = Span::mixed_site();
    if name == own || used.contains(&name) {
        Ident::new("it", span)
    } else if name != "gen" && syn::parse_str::<Ident>(&name).is_ok() {
        Ident::new(&name, span)
    } else if can_be_raw(&name) {
        Ident::new_raw(&name, span)
    } else {
        Ident::new("it", span)
    }
}

/// Whether `r#name` is an identifier: of the keywords, all but those that paths start with.
fn can_be_raw(name: &str) -> bool {
    !matches!(name, "" | "self" | "crate" | "super") && syn::parse_str::<Ident>(&format!("r#{name}")).is_ok()
}

/// `HTMLPage` to `html_page`, without the underscores in front: clippy takes them for "unused".
fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.trim_start_matches('_').chars().collect();
    let mut snake = String::new();
    for (index, character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| characters.get(index));
        let after = characters.get(index + 1);
        let starts_word = character.is_uppercase()
            && before.is_some_and(|before| {
                *before != '_' && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

/// `D`, or the first of `D2`, `D3`, ... that neither the generics nor a path mention, the crate's among them.
fn reader(used: &BTreeSet<String>) -> Ident {
    let mut reader = free("D", used);
    reader.set_span(Span::call_site());
    reader
}

/// The name, or the first of `name2`, `name3`, ... that is not used.
fn free(name: &str, used: &BTreeSet<String>) -> Ident {
    let mut free = name.to_owned();
    let mut number = 1;
    while used.contains(&free) {
        number += 1;
        free = format!("{name}{number}");
    }
    Ident::new(&free, Span::mixed_site())
}

fn collect(tokens: TokenStream, used: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                used.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), used),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
