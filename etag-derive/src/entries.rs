//! An attribute's list, `#[versioned(key, key = value, key(list))]`, entry by entry.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::Parse;
use syn::{Attribute, LitStr, Meta};

use crate::errors::{Errors, Refusal};

/// One entry between two commas.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows an entry's key.
pub(crate) enum Value {
    Nothing,
    Is { equals: Punct, value: TokenStream },
    List(Group),
}

/// An entry whose value was read.
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// The entries of an attribute; `None` if there is no list, or nothing in it.
pub(crate) fn entries(attribute: &Attribute, errors: &mut Errors) -> Option<Vec<Entry>> {
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => Some(list_entries(list.tokens.clone(), errors)),
        _ => None,
    }
}

/// The entries of `tokens`: one that can't be read is reported and left out, the others are kept.
pub(crate) fn list_entries(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    split(tokens, errors)
        .into_iter()
        .filter_map(|tokens| match Entry::read(tokens) {
            Ok(entry) => Some(entry),
            Err(unexpected) => {
                let help = "write `key`, `key = value` or `key(...)`, with commas between them";
                let refusal = Refusal::new(format!("unexpected `{unexpected}` in an attribute"));
                errors.refuse(unexpected, &refusal.help(help));
                None
            }
        })
        .collect()
}

impl Entry {
    fn read(tokens: Vec<TokenTree>) -> Result<Self, TokenTree> {
        let mut tokens = tokens.into_iter();
        let key = match tokens.next() {
            Some(TokenTree::Ident(key)) => key.unraw(),
            Some(unexpected) => return Err(unexpected),
            None => return Err(TokenTree::Punct(Punct::new(',', Spacing::Alone))),
        };
        let value = match tokens.next() {
            None => Value::Nothing,
            Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
                let value = tokens.by_ref().collect();
                Value::Is { equals, value }
            }
            Some(TokenTree::Group(list)) => Value::List(list),
            Some(unexpected) => return Err(unexpected),
        };
        tokens.next().map_or(Ok(Self { key, value }), Err)
    }

    /// The entry's value as a `T`; `expected` says what it should have been, as in
    /// "an integer: `epoch = 2`".
    pub(crate) fn value<T: Parse>(&self, expected: &str, errors: &mut Errors) -> Option<T> {
        if let Value::Is { value, .. } = &self.value
            && let Ok(value) = syn::parse2(value.clone())
        {
            return Some(value);
        }
        let refusal = Refusal::new(format!("expected {expected}"));
        errors.refuse(self.wrong_part(), &refusal);
        None
    }

    /// The value of `key = "..."`, parsed as a `T`; `refusal` is what is said of another one.
    pub(crate) fn parsed<T: Parse>(&self, refusal: &Refusal, errors: &mut Errors) -> Option<T> {
        let parsed = self.literal().and_then(|literal| literal.parse().ok());
        if parsed.is_none() {
            errors.refuse(self.wrong_part(), refusal);
        }
        parsed
    }

    pub(crate) fn literal(&self) -> Option<LitStr> {
        match &self.value {
            Value::Is { value, .. } => syn::parse2(value.clone()).ok(),
            Value::Nothing | Value::List(_) => None,
        }
    }

    /// The attribute that this would be an entry of if it were serde's: `#[serde(rename = "title")]`.
    pub(crate) fn under_serde(&self) -> String {
        let key = &self.key;
        match &self.value {
            Value::Nothing => format!("#[serde({key})]"),
            Value::Is { .. } | Value::List(_) => {
                let value = self.literal().map_or_else(|| "...".to_owned(), |literal| literal.value());
                format!("#[serde({key} = {value:?})]")
            }
        }
    }

    /// Where the caret goes if the value is not what it should be: the smallest wrong thing.
    pub(crate) fn wrong_part(&self) -> TokenStream {
        match &self.value {
            Value::Nothing => self.key.to_token_stream(),
            Value::Is { equals, value } if value.is_empty() => quote!(#equals),
            Value::Is { value, .. } => value.clone(),
            Value::List(list) => quote!(#list),
        }
    }
}

/// Splits at commas, but not at those of `Database<Key, Value>`; a `;` in the place of one is reported.
fn split(tokens: TokenStream, errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut depth = 0_usize;
    let mut arrow = false;
    for token in tokens.into_iter().flat_map(ungrouped) {
        let punct = match &token {
            TokenTree::Punct(punct) => Some(punct.as_char()),
            _ => None,
        };
        match punct {
            Some('<') => depth += 1,
            Some('>') if !arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        arrow = punct == Some('-');
        if punct == Some(';') {
            errors.refuse(&token, &Refusal::new("expected `,`"));
        }
        if punct == Some(';') || punct == Some(',') && depth == 0 {
            depth = 0;
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(token);
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// What a macro hands over as one thing stands in a group without delimiters.
fn ungrouped(token: TokenTree) -> Vec<TokenTree> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            group.stream().into_iter().flat_map(ungrouped).collect()
        }
        token => vec![token],
    }
}
